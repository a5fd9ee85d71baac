//! The report as a plot: time and memory by each of the sizes, all of them on logarithmic axes.

use std::fmt::Write as _;

use crate::report::Report;
use crate::{AXES, Axis, Size, sizes};

const WIDTH: f64 = 980.0;
const PANEL: f64 = 190.0;
const HEIGHT: f64 = 170.0;
/// Room for the numbers of the vertical axis.
const LEFT: f64 = 62.0;
const GAP: f64 = 36.0;
const TOP: f64 = 78.0;
/// Below a row of panels: the numbers and the name of its axis.
const BELOW: f64 = 64.0;

/// Colours that hold 3:1 on both themes; a picture in a page follows the reader's system.
const STYLE: &str = "
  svg { background: #ffffff; font-family: system-ui, sans-serif; font-size: 12px; }
  text { fill: #1c1c1c; } .small { fill: #555555; } .head { font-weight: 600; font-size: 14px; }
  .grid { stroke: #dddddd; } .line { fill: none; stroke: #0b6e99; stroke-width: 2; } .dot { fill: #0b6e99; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c; } text { fill: #ececec; } .small { fill: #b0b0b0; }
    .grid { stroke: #33373d; } .line { stroke: #4bb3dd; } .dot { fill: #4bb3dd; }
  }";

/// A quantity that is drawn: its title, its value, and the numbers of its axis.
struct Quantity {
    title: &'static str,
    of: fn(&Report, Size) -> Option<f64>,
    ticks: [f64; 4],
    decimals: usize,
}

const QUANTITIES: [Quantity; 2] = [
    Quantity {
        title: "Microseconds a row",
        of: |report, size| Some(report.micros(size)),
        ticks: [0.3, 1.0, 3.0, 10.0],
        decimals: 2,
    },
    Quantity { title: "Peak memory, MB", of: Report::megabytes, ticks: [10.0, 30.0, 100.0, 300.0], decimals: 0 },
];

/// The plot as an SVG file.
pub fn svg(report: &Report) -> String {
    let mut body = String::new();
    text(&mut body, (16.0, 26.0), "head", "A training step of ESMM by the size of the log");
    text(&mut body, (16.0, 45.0), "small", &report.circumstances());
    let mut top = TOP;
    for quantity in &QUANTITIES {
        text(&mut body, (16.0, top - 8.0), "head", quantity.title);
        top += 8.0;
        for (index, axis) in AXES.iter().enumerate() {
            let left = LEFT + index as f64 * (PANEL + GAP);
            draw(&mut body, report, quantity, axis, (left, top), index == 0);
        }
        top += HEIGHT + BELOW;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" width=\"{WIDTH}\" height=\"{top}\" role=\"img\">\n\
         <title>Time and memory of a training step by rows, fields and embedded values</title>\n\
         <style>{STYLE}\n</style>\n{body}</svg>\n"
    )
}

/// Draws one panel.
fn draw(body: &mut String, report: &Report, quantity: &Quantity, axis: &Axis, (left, top): (f64, f64), is_first: bool) {
    let values = || AXES.iter().flat_map(sizes).filter_map(|size| (quantity.of)(report, size));
    let low = values().fold(quantity.ticks[0], f64::min).ln();
    let high = values().fold(quantity.ticks[3], f64::max).ln();
    let y_of = |value: f64| top + HEIGHT * (1.0 - (value.ln() - low) / (high - low));
    for tick in quantity.ticks {
        let y = y_of(tick);
        let _ = writeln!(
            body,
            "<line class=\"grid\" x1=\"{left:.1}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
            left + PANEL
        );
        if is_first {
            anchored(body, (left - 8.0, y + 4.0), "end", &tick.to_string());
        }
    }
    let numbers: Vec<usize> = sizes(axis).map(axis.of).collect();
    let (first, last) = ((numbers[0] as f64).ln(), (numbers[numbers.len() - 1] as f64).ln());
    let x_of = |number: usize| left + PANEL * ((number as f64).ln() - first) / (last - first);
    let mut points = Vec::new();
    for (size, number) in sizes(axis).zip(numbers) {
        let x = x_of(number);
        anchored(body, (x, top + HEIGHT + 18.0), "middle", &short(number));
        if let Some(value) = (quantity.of)(report, size) {
            let y = y_of(value);
            points.push(format!("{x:.1},{y:.1}"));
            let _ = writeln!(body, "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
            // Lines rise to the right: to the left of a point there is room.
            let (shift, anchor) = if points.len() == 1 { (0.0, "middle") } else { (6.0, "end") };
            let decimals = quantity.decimals;
            anchored(body, (x - shift, y - 7.0), anchor, &format!("{value:.decimals$}"));
        }
    }
    let _ = writeln!(body, "<polyline class=\"line\" points=\"{}\"/>", points.join(" "));
    anchored(body, (left + PANEL / 2.0, top + HEIGHT + 36.0), "middle", axis.name);
}

/// `20k`, `5M`.
fn short(number: usize) -> String {
    match number {
        1_000_000.. => format!("{}M", number / 1_000_000),
        1_000.. => format!("{}k", number / 1_000),
        _ => number.to_string(),
    }
}

fn text(body: &mut String, (x, y): (f64, f64), class: &str, words: &str) {
    let _ = writeln!(body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>");
}

fn anchored(body: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ = writeln!(body, "<text class=\"small\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>");
}
