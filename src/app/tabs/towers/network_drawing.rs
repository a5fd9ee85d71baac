//! The network as the papers draw it, SEM → DPM → SCM: activations as lines, gradients as bands.

use super::network_bands::{bands_to_tables, bands_to_towers, key};
use super::network_layer::{self, BODY, CELL};
use super::network_layout::{BEYOND_LABEL, Column, HEAD_LINE, Layout, NARROW, WIDE, column_title, wire};
use super::network_parts::{HeadPart, NetworkParts, TowerPart, sentence, term_name};
use super::slow_motion::Phase;
use crate::app::charts::scale::px;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, group, path, rect, svg, text};
use crate::domain::report::TermFlow;

const MOST_FIELDS: usize = 12;

/// The drawing; with a phase, that of one batch in slow motion.
pub fn drawing(parts: &NetworkParts, phase: Option<Phase>) -> Drawing {
    let said = sentence(parts);
    let wide = drawn(parts, WIDE, phase, &said).class("network-wide");
    let narrow = drawn(parts, NARROW, phase, &said).class("network-narrow");
    let mut body = vec![wide, narrow];
    body.extend(key(parts));
    Drawing {
        name: "network".to_owned(),
        title: text!(network::title).to_owned(),
        sentence: said,
        body,
        table: table(parts),
    }
}

fn drawn(parts: &NetworkParts, layout: Layout, phase: Option<Phase>, said: &str) -> Mark {
    let towers = parts.towers.len() as f64;
    let bottom_of_towers = layout.top + towers * layout.lane;
    let n_fields = parts.flow.map_or(0, |flow| flow.fields.len().min(MOST_FIELDS + 1) + usize::from(flow.n_dense > 0));
    let heads_height = if layout.is_wide { 0.0 } else { 30.0 + parts.heads.len() as f64 * HEAD_LINE };
    let wide_height = layout.top + (n_fields as f64 * 22.0).max(parts.heads.len() as f64 * HEAD_LINE);
    let height = (bottom_of_towers + heads_height).max(if layout.is_wide { wide_height } else { 0.0 });
    let class = |of: Phase| phase.map_or("", |now| now.class_of(of));
    let centre = |tower: usize| layout.top + tower as f64 * layout.lane + 20.0 + BODY / 2.0;
    let table = Column { top: layout.top + 12.0, bottom: bottom_of_towers - 16.0 };

    let mut look_up = group(class(Phase::LookUp)).key("look-up");
    let mut towers_up = group(class(Phase::Towers)).key("towers");
    let mut product = group(class(Phase::Product)).key("product");
    let mut loss = group(class(Phase::Loss)).key("loss");
    let mut back = group(class(Phase::Back)).key("back");

    look_up = look_up.children(column_title(layout.table.0 - if layout.is_wide { 106.0 } else { 4.0 }, "SEM"));
    look_up = look_up.children(tables(parts, layout, &table));
    if layout.is_wide {
        look_up = look_up.children(fields(parts, layout, &table));
    }
    towers_up = towers_up.children(column_title(layout.tower, "DPM"));
    for (index, tower) in parts.towers.iter().enumerate() {
        let y = centre(index);
        let line = wire((layout.table.0 + layout.table.1, table.spread(index, parts.towers.len())), (layout.tower, y));
        towers_up = towers_up.child(path("wire", line)).child(tower_mark(tower, layout, y - BODY / 2.0));
    }
    let scm_top = if layout.is_wide { layout.top + 8.0 } else { bottom_of_towers + 30.0 };
    let room = bottom_of_towers - scm_top;
    let heads = parts.heads.len() as f64;
    let step = if layout.is_wide { (room / heads.max(1.0)).max(HEAD_LINE) } else { HEAD_LINE };
    product = product.children(column_title(layout.scm.max(4.0), "SCM").map(|mark| {
        if layout.is_wide {
            mark
        } else {
            mark.attr("transform", format!("translate(0 {})", px(bottom_of_towers - 2.0)))
        }
    }));
    for (index, head) in parts.heads.iter().enumerate() {
        let y = scm_top + (index as f64 + 0.5) * step;
        if layout.is_wide {
            for &tower in &head.towers {
                product = product
                    .child(path("wire", wire((layout.head + BEYOND_LABEL, centre(tower)), (layout.scm - 8.0, y))));
            }
        }
        product = product.child(head_mark(head, layout, y));
        loss = loss.children(loss_marks(parts, head, layout, y));
        if layout.is_wide {
            back = back.children(bands_to_towers(parts, head, layout, y, &centre));
        }
    }
    back = back.children(bands_to_tables(parts, layout, &table, &centre));
    let svg = svg(layout.width, height, said).class("network-drawing").flag("data-slow", phase.is_some());
    svg.child(back).child(look_up).child(towers_up).child(product).child(loss)
}

/// The tables: one block, or one a tower.
fn tables(parts: &NetworkParts, layout: Layout, column: &Column) -> Vec<Mark> {
    let (x, width) = layout.table;
    let n = parts.towers.len();
    if parts.is_shared {
        return vec![rect("table-block", x, column.top, width, column.bottom - column.top)];
    }
    let height = (column.bottom - column.top) / n.max(1) as f64;
    (0..n).map(|index| rect("table-block", x, column.top + index as f64 * height + 3.0, width, height - 6.0)).collect()
}

fn fields(parts: &NetworkParts, layout: Layout, column: &Column) -> Vec<Mark> {
    let Some(flow) = parts.flow else {
        return vec![text(
            "network-note end",
            layout.fields_right,
            (column.top + column.bottom) / 2.0,
            text!(network::features),
        )];
    };
    let mut names: Vec<(String, Option<usize>)> = flow
        .fields
        .iter()
        .take(MOST_FIELDS)
        .enumerate()
        .map(|(index, field)| (field.name.clone(), Some(index)))
        .collect();
    if flow.fields.len() > MOST_FIELDS {
        names.push((text!(network::more_fields, fields = (flow.fields.len() - MOST_FIELDS).to_string()), None));
    }
    if flow.n_dense > 0 {
        names.push((text!(network::numbers, number = flow.n_dense, numbers = flow.n_dense.to_string()), None));
    }
    let n = names.len();
    let of_field = |field: usize| -> f64 {
        let through =
            |term: &TermFlow| term.through.iter().filter_map(|fields| fields.get(field)).map(|x| x * x).sum::<f64>();
        flow.terms.iter().map(through).sum::<f64>().sqrt()
    };
    let largest = (0..flow.fields.len()).map(of_field).fold(0.0, f64::max);
    let mut marks = Vec::new();
    for (index, (name, field)) in names.into_iter().enumerate() {
        let y = column.spread(index, n);
        let shown = shortened(&name, 18);
        let mut label = text("network-field end", layout.fields_right, y + 4.0, shown);
        if let Some(field) = field {
            let FieldNumbers { vocabulary, looked_up } = numbers_of(parts, field);
            label = label.tip(text!(
                network::field,
                name = name,
                vocabulary = vocabulary,
                looked_up = looked_up,
                norm = format::significant(of_field(field), 2)
            ));
            if largest > 0.0 {
                let thick = (of_field(field) / largest).sqrt() * 8.0;
                let line = wire(
                    (layout.fields_right + 8.0, y),
                    (layout.table.0, y.clamp(column.top + 6.0, column.bottom - 6.0)),
                );
                marks.push(path("field-flow", line).attr("stroke-width", thick.max(0.75)));
            }
        } else {
            let line = wire((layout.fields_right + 8.0, y), (layout.table.0, y));
            marks.push(path("wire", line));
        }
        marks.push(label);
    }
    marks
}

struct FieldNumbers {
    vocabulary: String,
    looked_up: String,
}

fn numbers_of(parts: &NetworkParts, field: usize) -> FieldNumbers {
    let field = parts.flow.and_then(|flow| flow.fields.get(field));
    let words = |count: Option<usize>| count.map_or_else(String::new, format::count);
    FieldNumbers {
        vocabulary: words(field.map(|field| field.vocabulary)),
        looked_up: words(field.map(|field| field.looked_up)),
    }
}

fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let start: String = name.chars().take(most - 1).collect();
    format!("{start}…")
}

fn tower_mark(tower: &TowerPart, layout: Layout, top: f64) -> Mark {
    let name = text("network-tower", layout.tower, top - 7.0, tower.symbol.as_str());
    let asks = Mark::new("tspan").class("network-asks").text(format!("\u{2002}{}", tower.asks));
    let mut mark = group("tower").key(&tower.symbol).child(name.child(asks));
    let room = layout.head - 24.0 - layout.tower;
    let columns: usize = tower.layers.iter().map(network_layer::columns).sum();
    let gap = 16.0;
    let gaps = gap * tower.layers.len().saturating_sub(1) as f64;
    let cell = ((room - gaps) / columns.max(1) as f64).min(CELL);
    let mut x = layout.tower;
    for layer in &tower.layers {
        mark = mark.children(network_layer::cells(layer, x, top, cell));
        let width = network_layer::columns(layer) as f64 * cell;
        mark = mark.child(
            text("network-width", x, top + BODY + 13.0, network_layer::words(layer)).tip(network_layer::tip(layer)),
        );
        x += width + gap;
    }
    let y = top + BODY / 2.0;
    let head = layout.head - 8.0;
    mark = mark.child(path("wire", format!("M{} {}H{}", px(x - gap + 3.0), px(y), px(head))));
    mark = mark.child(path("head-dot", format!("M{} {}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", px(head), px(y))));
    if let Some(p) = tower.mean_p {
        let p = format::percent(p);
        let words = if layout.is_wide { text!(network::mean, p = p) } else { p };
        let at = if layout.is_wide { (layout.head + 8.0, y + 4.0) } else { (layout.head + 6.0, y + 4.0) };
        mark = mark.child(text("network-value", at.0, at.1, words));
    }
    mark
}

fn head_mark(head: &HeadPart, layout: Layout, y: f64) -> Mark {
    let x = layout.scm.max(4.0);
    let equation =
        if head.written.is_empty() { head.symbol.clone() } else { format!("{} = {}", head.symbol, head.written) };
    let mut mark = group("head").key(&head.name).child(text("network-head", x, y - 3.0, equation));
    if let Some(p) = head.p {
        mark = mark.child(text("network-value", x, y + 13.0, text!(network::mean, p = format::percent(p))));
    }
    mark
}

/// A head's losses, with their values.
fn loss_marks(parts: &NetworkParts, head: &HeadPart, layout: Layout, y: f64) -> Vec<Mark> {
    let x = if layout.is_wide { layout.width - 8.0 } else { layout.width - 6.0 };
    if !head.is_supervised {
        return vec![text("network-none end", x, y + 13.0, text!(network::no_loss))];
    }
    let mut marks = Vec::new();
    let dot = |y: f64| {
        path("loss-dot", format!("M{} {}l5 5l-5 5l-5 -5Z", px(x - 5.0), px(y - 17.0))).class(head.stage.class())
    };
    marks.push(dot(y));
    let terms = parts.flow.map_or(&[][..], |flow| &flow.terms);
    let losses = head.terms.iter().filter_map(|&index| terms.get(index));
    let words: Vec<String> =
        losses.map(|term| text!(network::loss_is, loss = format::significant(term.loss, 3))).collect();
    let words = if words.is_empty() { text!(network::loss).to_owned() } else { words.join(", ") };
    marks.push(text("network-loss end", x, y + 13.0, words));
    marks
}

fn table(parts: &NetworkParts) -> Table {
    let mut heads = [text!(network::table::tower), text!(network::table::mean), text!(network::table::units)]
        .map(str::to_owned)
        .to_vec();
    let terms = parts.flow.map_or(&[][..], |flow| &flow.terms);
    for term in terms {
        heads.push(text!(network::table::weights, loss = term_name(parts.tree, &term.name)));
        heads.push(text!(network::table::embeddings, loss = term_name(parts.tree, &term.name)));
    }
    let mut table = Table::new(text!(network::table::caption), &heads.iter().map(String::as_str).collect::<Vec<_>>());
    for (index, tower) in parts.towers.iter().enumerate() {
        let layers = tower.layers.iter().map(|layer| match layer.dead_share {
            Some(dead) => format!("{} ({})", layer.width, format::rounded(dead * layer.width as f64)),
            None => layer.width.to_string(),
        });
        let mut row = vec![
            Cell::words(&tower.symbol),
            Cell::or_reason(tower.mean_p.map(format::percent), text!(network::table::not_measured)),
            Cell::words(layers.collect::<Vec<_>>().join(", ")),
        ];
        for term in terms {
            row.push(Cell::number(
                term.towers.get(index).map_or_else(String::new, |norm| format::significant(*norm, 2)),
            ));
            row.push(Cell::number(format::significant(term.through_tower(index), 2)));
        }
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::network_bands::{THICKEST, thickness};
    use super::super::network_parts::tests::reading;
    use super::*;
    use crate::domain::spec::{NetworkSpec, model_preset};

    #[test]
    fn a_band_goes_back_from_every_loss_that_reaches_a_tower() {
        let model = model_preset("esm2").unwrap();
        let flow = reading(&model);
        let drawn = drawing(&NetworkParts::new(&model, &NetworkSpec::default(), Some(&flow)), None);
        let wide = &drawn.body[0];
        // Three losses reach four towers, and through each of them the embeddings.
        assert_eq!(wide.with_class("band").len(), 24);
        assert_eq!(wide.with_class("stage-purchase").len(), 8 + 1, "and the mark of the loss");
        assert_eq!(drawn.table.rows.len(), 4);
        assert_eq!(drawn.table.rows[0].len(), drawn.table.heads.len());
        assert!(drawn.sentence.contains("120 with click"), "{}", drawn.sentence);
    }

    #[test]
    fn before_training_the_network_is_drawn_without_numbers() {
        for name in ["naive", "esmm", "esm2", "division", "dcmt"] {
            let model = model_preset(name).unwrap();
            let drawn = drawing(&NetworkParts::new(&model, &NetworkSpec::default(), None), None);
            assert!(drawn.body[0].with_class("band").is_empty());
            assert!(drawn.sentence.contains("Not trained yet"), "{}", drawn.sentence);
        }
    }

    #[test]
    fn thickness_is_the_square_root_of_the_norm() {
        let model = model_preset("esmm").unwrap();
        let mut flow = reading(&model);
        flow.terms[1].towers[1] = 1.2;
        let parts = NetworkParts::new(&model, &NetworkSpec::default(), Some(&flow));
        assert_eq!(thickness(&parts, 1.2), THICKEST);
        assert_eq!(thickness(&parts, 0.3), THICKEST / 2.0);
    }
}
