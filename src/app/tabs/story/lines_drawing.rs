//! The drawing of one line a model over a few equal parts of the impressions.

use crate::app::charts::names;
use crate::app::charts::scale::{Linear, line_path, px, spread, ticks};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, path, svg, text};
use crate::app::models::display_name;

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    pub name: String,
    pub title: String,
    pub sentence: String,
    /// Names of the parts, in order.
    pub parts: Vec<String>,
    pub x_axis: String,
    pub y_axis: String,
    /// A model's name and its value in each part.
    pub lines: Vec<(String, Vec<f64>)>,
    /// The truth's value, and what it is.
    pub truth: (f64, String),
    /// What a constant rate has in each part; empty when it is not known.
    pub constant: Vec<f64>,
}

const WIDTH: f64 = 520.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 430.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 212.0;
const HEIGHT: f64 = 256.0;

/// The drawing.
pub fn drawing(drawn: &Lines) -> Drawing {
    Drawing {
        name: drawn.name.clone(),
        title: drawn.title.clone(),
        sentence: drawn.sentence.clone(),
        body: vec![svg(WIDTH, HEIGHT, &drawn.sentence).class("lines").children(marks(drawn))],
        table: table(drawn),
    }
}

fn marks(drawn: &Lines) -> Vec<Mark> {
    let values = drawn.lines.iter().flat_map(|line| line.1.iter().copied()).chain([drawn.truth.0]);
    let values = values.chain(drawn.constant.iter().copied());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let margin = ((high - low) * 0.08).max(1e-6);
    let y = Linear::new((low - margin, high + margin), (BOTTOM, TOP));
    let last = drawn.parts.len().saturating_sub(1).max(1) as f64;
    let x = |index: usize| LEFT + 20.0 + (RIGHT - LEFT - 40.0) * index as f64 / last;
    let mut marks = Vec::new();
    for tick in ticks(y.domain.0, y.domain.1, 4) {
        marks.push(path("grid-line", format!("M{LEFT} {}H{RIGHT}", px(y.at(tick)))));
        marks.push(text("axis-label end", LEFT - 6.0, y.at(tick) + 4.0, format::tick_percent(tick).replace('-', "−")));
    }
    for (index, part) in drawn.parts.iter().enumerate() {
        marks.push(text("axis-label middle", x(index), BOTTOM + 17.0, part));
    }
    marks.push(path("truth-line", format!("M{LEFT} {}H{RIGHT}", px(y.at(drawn.truth.0)))));
    let constant = drawn.constant.iter().enumerate().map(|(index, value)| (x(index), y.at(*value)));
    marks.push(path("constant-line", line_path(constant)));
    for (model, values) in &drawn.lines {
        let points = || values.iter().enumerate().map(|(index, value)| (x(index), y.at(*value)));
        let dots = points().map(|(x, y)| circle("line-dot", x, y, 3.0));
        let line = path("model-line", line_path(points()));
        marks.push(Mark::new("g").class(names::hue_class(model)).key(model).child(line).children(dots));
    }
    marks.extend(labels(drawn, &y));
    marks.push(text("axis-title start", 0.0, 12.0, &drawn.y_axis));
    marks.push(text("axis-title start", 0.0, BOTTOM + 38.0, &drawn.x_axis));
    marks
}

fn labels(drawn: &Lines, y: &Linear) -> Vec<Mark> {
    let mut ends: Vec<(String, String, f64)> = drawn
        .lines
        .iter()
        .filter_map(|(model, values)| {
            let class = format!("line-label {}", names::hue_class(model));
            Some((display_name(model).to_owned(), class, *values.last()?))
        })
        .collect();
    ends.push((drawn.truth.1.clone(), "line-label truth-label".to_owned(), drawn.truth.0));
    let constant = text!(metrics::constant::label);
    ends.extend(drawn.constant.last().map(|last| (constant.to_owned(), "line-label constant-label".to_owned(), *last)));
    let wanted: Vec<f64> = ends.iter().map(|end| y.at(end.2)).collect();
    let placed = spread(&wanted, 15.0, (TOP + 4.0, BOTTOM));
    ends.into_iter().zip(placed).map(|((name, class, _), at)| text(class, RIGHT + 4.0, at + 4.0, name)).collect()
}

fn table(drawn: &Lines) -> Table {
    let mut heads = vec![text!(charts::lines::part)];
    heads.extend(drawn.lines.iter().map(|line| display_name(&line.0)));
    heads.extend((!drawn.constant.is_empty()).then_some(text!(metrics::constant::name)));
    let mut table = Table::new(drawn.y_axis.clone(), &heads);
    for (index, part) in drawn.parts.iter().enumerate() {
        let values =
            drawn.lines.iter().map(|line| Cell::or_reason(line.1.get(index).map(|v| format::percent(*v)), "–"));
        let constant = drawn.constant.get(index).map(|value| Cell::number(format::percent(*value)));
        // The axis names its ends alone.
        let name = match part.is_empty() {
            true => text!(charts::lines::nth, place = (index + 1).to_string(), all = drawn.parts.len().to_string()),
            false => part.clone(),
        };
        table.row([Cell::words(name)].into_iter().chain(values).chain(constant));
    }
    table
}
