//! Preview of a generated log: rates, and click and purchase probabilities.

use super::scale::extent;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, path, svg, text};
use crate::domain::synth::{PREVIEW_SIDE, Preview};

/// One surface's side.
const SIZE: f64 = 120.0;
const GAP: f64 = 16.0;
const TOP: f64 = 18.0;
/// Number of shades, as in the style sheet.
const LEVELS: usize = 6;

/// Both surfaces under the rates.
pub fn drawing(preview: &Preview) -> Drawing {
    let of = |p: f64| format::frequency(p * format::NATURAL);
    let sentence = text!(
        charts::preview::sentence,
        all = format::natural(),
        clicked = of(preview.ctr),
        bought = of(preview.ctcvr),
        over_clicks = format::percent(preview.cvr_clicked),
        over_all = format::percent(preview.cvr_all),
    );
    let width = 2.0 * SIZE + GAP;
    let said = format!("{sentence} {}", text!(charts::preview::cells));
    let surfaces = [
        (text!(charts::preview::click_surface), &preview.click, 0.0),
        (text!(charts::preview::purchase_surface), &preview.purchase, SIZE + GAP),
    ];
    let body = svg(width, TOP + SIZE + 16.0, &said)
        .class("surface")
        .children(surfaces.into_iter().flat_map(|(title, values, left)| surface(title, values, left)));
    Drawing {
        name: "generator-preview".into(),
        title: text!(charts::preview::title).into(),
        sentence,
        body: vec![body, Mark::new("p").class("hint").text(text!(charts::preview::hint))],
        table: table(preview),
    }
}

fn surface(title: &'static str, values: &[f64], left: f64) -> Vec<Mark> {
    let (low, high) = extent(values.iter().copied()).unwrap_or((0.0, 1.0));
    let side = SIZE / PREVIEW_SIDE as f64;
    let mut cells = vec![String::new(); LEVELS];
    for (index, value) in values.iter().enumerate() {
        let level = ((value - low) / (high - low).max(f64::MIN_POSITIVE) * LEVELS as f64) as usize;
        let (x, y) = ((index % PREVIEW_SIDE) as f64, (index / PREVIEW_SIDE) as f64);
        let cell = &mut cells[level.min(LEVELS - 1)];
        *cell += &format!("M{} {}h{side}v{side}h-{side}Z", left + x * side, TOP + y * side);
    }
    let mut marks = vec![text("axis-label start", left, TOP - 6.0, title)];
    marks.extend(cells.into_iter().enumerate().map(|(level, cells)| path(format!("density-{level}"), cells)));
    let span = text!(charts::range, low = format::percent(low), high = format::percent(high));
    marks.push(text("axis-label start", left, TOP + SIZE + 13.0, span));
    marks
}

fn table(preview: &Preview) -> Table {
    let mut table = Table::new(
        text!(charts::preview::title),
        &[
            text!(charts::preview::probability),
            text!(charts::preview::mean),
            text!(charts::preview::lowest),
            text!(charts::preview::highest),
        ],
    );
    let mut row = |name: &'static str, mean: f64, values: Option<&[f64]>| {
        let (low, high) = values.and_then(|values| extent(values.iter().copied())).unzip();
        let cell = |value: Option<f64>| Cell::or_reason(value.map(format::percent), text!(charts::preview::not_shown));
        table.row([Cell::words(name), Cell::number(format::percent(mean)), cell(low), cell(high)]);
    };
    row(text!(charts::preview::click), preview.ctr, Some(&preview.click));
    row(text!(charts::preview::action), preview.action_rate, None);
    row(text!(charts::preview::purchase), preview.cvr_clicked, None);
    row(text!(charts::preview::purchase_all), preview.cvr_all, Some(&preview.purchase));
    row(text!(charts::preview::both), preview.ctcvr, None);
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::Element;
    use crate::domain::synth::{SynthSpec, preview};

    #[test]
    fn every_cell_of_both_surfaces_is_drawn_once() {
        let drawing = drawing(&preview(&SynthSpec::default()));
        let paths: Vec<&Element> = (0..LEVELS)
            .flat_map(|level| {
                drawing.body[0]
                    .with_class(["density-0", "density-1", "density-2", "density-3", "density-4", "density-5"][level])
            })
            .collect();
        let cells: usize = paths.iter().filter_map(|mark| mark.get("d")).map(|d| d.matches('Z').count()).sum();
        assert_eq!(cells, 2 * PREVIEW_SIDE * PREVIEW_SIDE);
        assert!(
            drawing.sentence.starts_with("Of 10\u{202f}000 impressions 600 will be clicked and "),
            "{}",
            drawing.sentence
        );
    }
}
