//! The drawing of one metric of several models: a dot and its interval each, the seeds as small dots, before as ghosts.

use super::constant::score;
use super::intervals::Interval;
use super::names;
use super::scale::{Linear, px, ticks};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, group, path, svg, text};
use crate::app::numbers::decimal;

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    pub name: String,
    pub title: String,
    /// The axis in words.
    pub axis: String,
    /// What the experiment before was; empty when nothing that matters differs.
    pub before: String,
    /// A value to compare with, and what it is.
    pub reference: Option<(f64, String)>,
    /// What a constant rate scores.
    pub constant: Option<f64>,
    pub rows: Vec<Interval>,
}

const WIDTH: f64 = 520.0;
const LEFT: f64 = 108.0;
const RIGHT: f64 = 500.0;
const TOP: f64 = 22.0;
const ROW: f64 = 34.0;
/// Between the middles of two words above the rows.
const LABEL: f64 = 76.0;

/// The drawing; nothing without rows.
pub fn drawing(drawn: &Intervals) -> Option<Drawing> {
    if drawn.rows.is_empty() {
        return None;
    }
    let mut sentence = said(drawn, false);
    let before = said(drawn, true);
    if !before.is_empty() {
        sentence = match drawn.before.is_empty() {
            true => text!(charts::intervals::before, sentence = sentence, before = before),
            false => {
                text!(charts::intervals::before_with, sentence = sentence, what = drawn.before, before = before)
            }
        };
    }
    if let Some(constant) = drawn.constant {
        let value = score(constant);
        sentence = text!(charts::intervals::with_constant, sentence = sentence, value = value);
    }
    let bottom = TOP + ROW * current(drawn).count() as f64;
    let chart = svg(WIDTH, bottom + 44.0, &sentence).class("intervals").children(marks(drawn, bottom));
    Some(Drawing {
        name: drawn.name.clone(),
        title: drawn.title.clone(),
        sentence,
        body: vec![chart],
        table: table(drawn),
    })
}

fn current(drawn: &Intervals) -> impl Iterator<Item = &Interval> {
    drawn.rows.iter().filter(|row| !row.is_before)
}

fn said(drawn: &Intervals, is_before: bool) -> String {
    let of = drawn.rows.iter().filter(|row| row.is_before == is_before);
    let parts: Vec<String> = of.map(|row| format!("{} {}", row.label, value(row))).collect();
    if parts.is_empty() { String::new() } else { format!("{}.", format::listed(&parts)) }
}

fn value(row: &Interval) -> String {
    let is_known = row.high > row.low;
    if is_known { format::by_interval(row.value, row.low, row.high) } else { format::significant(row.value, 3) }
}

fn marks(drawn: &Intervals, bottom: f64) -> Vec<Mark> {
    let x = scale(drawn);
    let step = ticks(x.domain.0, x.domain.1, 5);
    let width = step.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
    let decimals = (-width.log10().floor()).clamp(0.0, 6.0) as usize;
    let mut marks = Vec::new();
    for tick in step {
        marks.push(path("grid-line", format!("M{} {TOP}V{}", px(x.at(tick)), px(bottom))));
        marks.push(text(
            "axis-label middle",
            x.at(tick),
            bottom + 16.0,
            decimal(format!("{tick:.decimals$}")).replace('-', "−"),
        ));
    }
    if let Some((at, words)) = &drawn.reference {
        marks.push(path("truth-line", format!("M{} {}V{}", px(x.at(*at)), px(TOP - 4.0), px(bottom))));
        marks.push(text("axis-label middle truth-label", x.at(*at), TOP - 9.0, words));
    }
    if let Some(constant) = drawn.constant {
        let at = x.at(constant);
        // Beside the other line's words, where the two are close.
        let beside = drawn.reference.as_ref().map(|reference| x.at(reference.0) + LABEL);
        marks.push(path("constant-line", format!("M{} {}V{}", px(at), px(TOP - 4.0), px(bottom))));
        let words = text!(metrics::constant::name);
        let place = beside.map_or(at, |beside| at.max(beside)).min(RIGHT - LABEL / 4.0);
        marks.push(text("axis-label middle constant-label", place, TOP - 9.0, words));
    }
    for (index, row) in current(drawn).enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5);
        let ghost = drawn.rows.iter().find(|other| other.is_before && other.model == row.model);
        marks.push(row_mark(row, ghost, &x, y).key(&row.model));
    }
    marks.push(text("axis-title", (LEFT + RIGHT) / 2.0, bottom + 36.0, &drawn.axis));
    marks
}

fn row_mark(row: &Interval, ghost: Option<&Interval>, x: &Linear, y: f64) -> Mark {
    let line = |low: f64, high: f64| format!("M{} {}H{}", px(x.at(low)), px(y), px(x.at(high)));
    let before = ghost.map(|ghost| {
        group("ghost").key("before").child(path("interval-line", line(ghost.low, ghost.high))).child(circle(
            "interval-dot",
            x.at(ghost.value),
            y,
            4.5,
        ))
    });
    let seeds = row.seeds.iter().filter(|_| row.seeds.len() > 1);
    group(names::hue_class(&row.model))
        .child(text("line-label end", LEFT - 14.0, y + 4.0, &row.label))
        .maybe(before)
        .child(path("interval-line", line(row.low, row.high)))
        .child(circle("interval-dot", x.at(row.value), y, 5.0))
        .children(seeds.map(|seed| circle("seed-dot", x.at(*seed), y + 9.0, 2.0)))
}

fn scale(drawn: &Intervals) -> Linear {
    let ends =
        drawn.rows.iter().flat_map(|row| [row.low, row.high, row.value].into_iter().chain(row.seeds.iter().copied()));
    let all = ends.chain(drawn.reference.iter().map(|reference| reference.0)).chain(drawn.constant);
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
    let margin = ((high - low) * 0.06).max(1e-6);
    Linear::new((low - margin, high + margin), (LEFT, RIGHT))
}

fn table(drawn: &Intervals) -> Table {
    let mut table = Table::new(
        drawn.axis.clone(),
        &[
            text!(charts::heads::model),
            text!(charts::intervals::when),
            text!(charts::intervals::value),
            text!(charts::intervals::interval),
            text!(charts::intervals::seeds),
        ],
    );
    for row in &drawn.rows {
        let between = (row.high > row.low).then(|| format::interval(row.low, row.high));
        table.row([
            Cell::words(&row.label),
            Cell::words(if row.is_before { text!(charts::intervals::was) } else { text!(charts::intervals::now) }),
            Cell::number(value(row)),
            Cell::or_reason(between, text!(charts::intervals::later)),
            Cell::number(row.seeds.len()),
        ]);
    }
    if let Some(constant) = drawn.constant {
        table.row([
            Cell::words(text!(metrics::constant::name)),
            Cell::words(text!(charts::intervals::now)),
            Cell::number(score(constant)),
            Cell::words("–"),
            Cell::words("–"),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str, value: f64, is_before: bool) -> Interval {
        let (low, high) = (value - 0.02, value + 0.02);
        Interval {
            model: model.into(),
            label: model.into(),
            value,
            low,
            high,
            seeds: vec![value],
            untold: None,
            is_before,
        }
    }

    #[test]
    fn before_is_a_ghost_of_the_same_row_and_is_said() {
        let drawn = Intervals {
            name: "auc".into(),
            title: "AUC".into(),
            axis: "AUC".into(),
            before: "correlation 0.6".into(),
            reference: Some((0.5, "truth".into())),
            constant: Some(0.91),
            rows: vec![row("a", 0.7, false), row("b", 0.8, false), row("a", 0.6, true)],
        };
        let drawing = drawing(&drawn).unwrap();
        assert!(drawing.sentence.contains("Before (correlation 0.6): a 0.6"), "{}", drawing.sentence);
        let body = &drawing.body[0];
        assert_eq!(body.with_class("ghost").len(), 1);
        assert_eq!(body.with_class("interval-dot").len(), 3);
        assert_eq!(drawing.table.rows.len(), 4);
        assert!(drawing.sentence.contains("0.91"), "{}", drawing.sentence);
        assert_eq!(body.with_class("constant-line").len(), 1);
    }
}
