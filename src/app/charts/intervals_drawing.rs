//! The drawing of one metric of several models: a dot with its interval each, small dots for seeds, the run before pale.

use super::axis::{Axis, Unit};
use super::constant::score;
use super::frame::{Area, Frame, Reference};
use super::intervals::Interval;
use super::names;
use super::scale::{domain_of, px};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, group, path, text};

#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    pub name: String,
    pub title: String,
    /// Title of the axis.
    pub axis: String,
    /// Settings of the experiment before; empty without relevant differences.
    pub before: String,
    /// A reference value and its name.
    pub reference: Option<(f64, String)>,
    /// Score of a constant rate.
    pub constant: Option<f64>,
    pub rows: Vec<Interval>,
}

/// Area without rows; each adds to its height.
const AREA: Area = Area { width: 520.0, left: 108.0, right: 500.0, top: 26.0, bottom: 26.0 };
const ROW: f64 = 34.0;

/// The drawing; `None` without rows.
pub fn drawing(drawn: &Intervals) -> Option<Drawing> {
    if drawn.rows.is_empty() {
        return None;
    }
    let mut sentence = values_sentence(drawn, false);
    let before = values_sentence(drawn, true);
    if !before.is_empty() {
        sentence = if drawn.before.is_empty() {
            text!(charts::intervals::before, sentence = sentence, before = before)
        } else {
            text!(charts::intervals::before_with, sentence = sentence, what = drawn.before, before = before)
        };
    }
    if let Some(constant) = drawn.constant {
        let value = score(constant);
        sentence = text!(charts::intervals::with_constant, sentence = sentence, value = value);
    }
    let chart = chart(drawn, &sentence);
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

fn values_sentence(drawn: &Intervals, is_before: bool) -> String {
    let of = drawn.rows.iter().filter(|row| row.is_before == is_before);
    let parts: Vec<String> = of.map(|row| format!("{} {}", row.label, value(row))).collect();
    if parts.is_empty() { String::new() } else { format!("{}.", format::listed(&parts)) }
}

fn value(row: &Interval) -> String {
    let is_known = row.high > row.low;
    if is_known { format::by_interval(row.value, row.low, row.high) } else { format::significant(row.value, 3) }
}

fn chart(drawn: &Intervals, sentence: &str) -> Mark {
    let n_rows = current(drawn).count();
    let area = Area { bottom: AREA.bottom + ROW * n_rows as f64, ..AREA };
    let ends =
        drawn.rows.iter().flat_map(|row| [row.low, row.high, row.value].into_iter().chain(row.seeds.iter().copied()));
    let all = ends.chain(drawn.reference.iter().map(|reference| reference.0)).chain(drawn.constant);
    let x = Axis::linear(&drawn.axis, domain_of(all, 0.06), Unit::Number).with_ticks(5);
    let frame = Frame::new(area, x, Axis::categories("", vec![String::new(); n_rows]));
    let truth = drawn.reference.iter().map(|(x, words)| Reference { class: "truth", x: *x, words: words.clone() });
    let words = text!(metrics::constant::name);
    let constant = drawn.constant.map(|x| Reference { class: "constant", x, words: words.to_owned() });
    let rows = current(drawn).enumerate().map(|(index, row)| {
        let ghost = drawn.rows.iter().find(|other| other.is_before && other.model == row.model);
        row_mark(row, ghost, &frame, frame.y.at(index as f64)).key(&row.model)
    });
    frame.svg(sentence).child(frame.axes()).child(frame.references(truth.chain(constant).collect())).children(rows)
}

fn row_mark(row: &Interval, ghost: Option<&Interval>, frame: &Frame, y: f64) -> Mark {
    let interval = |row: &Interval, radius: f64| {
        let line = format!("M{} {}H{}", px(frame.x.at(row.low)), px(y), px(frame.x.at(row.high)));
        [path("interval-line", line), circle("interval-dot", frame.x.at(row.value), y, radius)]
    };
    let before = ghost.map(|ghost| group("ghost").key("before").children(interval(ghost, 4.5)));
    let seeds = row.seeds.iter().filter(|_| row.seeds.len() > 1);
    group(names::hue_class(&row.model))
        .child(text("line-label end", frame.area.left - 14.0, y + 4.0, &row.label))
        .maybe(before)
        .children(interval(row, 5.0))
        .children(seeds.map(|seed| circle("seed-dot", frame.x.at(*seed), y + 9.0, 2.0)))
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
