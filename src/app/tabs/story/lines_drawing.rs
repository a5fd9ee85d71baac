//! The drawing of a line per model over a few equal parts of the impressions.

use crate::app::charts::axis::{Axis, Unit};
use crate::app::charts::frame::{Area, Frame, Label};
use crate::app::charts::names;
use crate::app::charts::scale::domain_of;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, group};
use crate::app::models::display_name;

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
    /// The truth's value, and its name.
    pub truth: (f64, String),
    /// A constant rate's value in each part; empty if unknown.
    pub constant: Vec<f64>,
}

const AREA: Area = Area { width: 520.0, left: 60.0, right: 426.0, top: 26.0, bottom: 212.0 };

pub fn drawing(drawn: &Lines) -> Drawing {
    let values = drawn.lines.iter().flat_map(|line| &line.1).chain(&drawn.constant).chain([&drawn.truth.0]);
    let y = Axis::linear(&drawn.y_axis, domain_of(values.copied(), 0.08), Unit::Share);
    let frame = Frame::new(AREA, Axis::categories(&drawn.x_axis, drawn.parts.clone()), y);
    let chart = frame
        .svg(&drawn.sentence)
        .child(frame.axes())
        .child(frame.across("truth-line", drawn.truth.0))
        .child(frame.line("constant-line", points(&drawn.constant)))
        .children(drawn.lines.iter().map(|(model, values)| line_mark(model, values, &frame)))
        .child(labels(drawn, &frame));
    Drawing {
        name: drawn.name.clone(),
        title: drawn.title.clone(),
        sentence: drawn.sentence.clone(),
        body: vec![chart],
        table: table(drawn),
    }
}

/// Points at the parts' indices.
fn points(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    values.iter().enumerate().map(|(part, value)| (part as f64, *value))
}

fn line_mark(model: &str, values: &[f64], frame: &Frame) -> Mark {
    let dots = points(values).map(|point| {
        let (x, y) = frame.point(point);
        circle("line-dot", x, y, 3.0)
    });
    group(names::hue_class(model)).key(model).child(frame.line("model-line", points(values))).children(dots)
}

fn labels(drawn: &Lines, frame: &Frame) -> Mark {
    let of_model = |(model, values): &(String, Vec<f64>)| {
        Some(Label::of_model(model, display_name(model), frame.y.at(*values.last()?)))
    };
    let mut labels: Vec<Label> = drawn.lines.iter().filter_map(of_model).collect();
    labels.push(Label::of_reference("truth", &drawn.truth.1, frame.y.at(drawn.truth.0)));
    let constant = |last: &f64| Label::of_reference("constant", text!(metrics::constant::label), frame.y.at(*last));
    labels.extend(drawn.constant.last().map(constant));
    frame.labels(labels)
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
        // The axis names its ends only.
        let name = if part.is_empty() {
            text!(charts::lines::nth, place = (index + 1).to_string(), all = drawn.parts.len().to_string())
        } else {
            part.clone()
        };
        table.row([Cell::words(name)].into_iter().chain(values).chain(constant));
    }
    table
}
