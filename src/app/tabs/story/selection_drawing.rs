//! The drawing of selection bias: mean pCVR by tenth of true CTR, shaded by where the clicks are.

use super::tenths::Selection;
use crate::app::charts::names;
use crate::app::charts::scale::{Linear, line_path, px, spread, ticks};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, path, rect, svg, text};
use crate::app::models::display_name;

const TOP: f64 = 26.0;
const BOTTOM: f64 = 268.0;
const HEIGHT: f64 = 316.0;

/// Sizes for a wide place and for a phone; the style sheet shows the one that fits.
#[derive(Clone, Copy)]
struct Frame {
    class: &'static str,
    width: f64,
    left: f64,
    right: f64,
    /// Every n-th tenth has a label.
    label_every: usize,
}

const WIDE: Frame = Frame { class: "chart-wide", width: 640.0, left: 46.0, right: 556.0, label_every: 1 };
const NARROW: Frame = Frame { class: "chart-narrow", width: 358.0, left: 40.0, right: 288.0, label_every: 3 };

/// Mean pCVR by tenth of true CTR: the truth in ink, every model in its hue.
pub fn drawing(figure: &Selection) -> Drawing {
    let sentence = figure.sentence();
    let said = text!(metrics::selection::label, sentence = sentence);
    let chart = |frame: Frame| svg(frame.width, HEIGHT, &said).class(frame.class).children(marks(figure, frame));
    Drawing {
        name: "selection-bias".to_owned(),
        title: text!(metrics::selection::title).to_owned(),
        sentence,
        body: vec![chart(WIDE), chart(NARROW)],
        table: table(figure),
    }
}

fn marks(figure: &Selection, frame: Frame) -> Vec<Mark> {
    let Frame { left, right, label_every, .. } = frame;
    let step = (right - left) / figure.tenths.len() as f64;
    let x = |index: usize| left + (index as f64 + 0.5) * step;
    let y = Linear::new((0.0, figure.top), (BOTTOM, TOP));
    let most = figure.tenths.iter().map(|t| t.click_share).fold(1e-9, f64::max);
    let mut marks = Vec::new();
    for (index, tenth) in figure.tenths.iter().enumerate() {
        let height = (BOTTOM - TOP) * tenth.click_share / most;
        marks.push(rect("click-share", x(index) - step / 2.0 + 1.0, BOTTOM - height, step - 2.0, height));
        if index % label_every == 0 {
            marks.push(text("axis-label middle", x(index), BOTTOM + 16.0, format::percent(tenth.true_ctr)));
        }
    }
    for tick in ticks(0.0, figure.top, 4) {
        marks.push(path("grid-line", format!("M{left} {}H{right}", px(y.at(tick)))));
        marks.push(text("axis-label end", left - 6.0, y.at(tick) + 4.0, format::tick_percent(tick)));
    }
    let truth = line_path(figure.tenths.iter().enumerate().map(|(i, t)| (x(i), y.at(t.true_cvr))));
    let diamond = |(i, cvr): (usize, f64)| format!("M{} {}l4 4l-4 4l-4 -4Z", px(x(i)), px(y.at(cvr) - 4.0));
    let diamonds: String = figure.tenths.iter().map(|t| t.true_cvr).enumerate().map(diamond).collect();
    marks.push(path("constant-line", format!("M{left} {}H{right}", px(y.at(figure.constant)))));
    marks.push(path("truth-line", truth));
    marks.push(path("truth-mark", diamonds));
    for line in &figure.lines {
        let points = line.p_cvr.iter().enumerate().map(|(i, p)| (x(i), y.at(*p)));
        marks.push(path("model-line", line_path(points)).class(names::hue_class(&line.model)).key(&line.model));
    }
    marks.extend(labels(figure, right, &y));
    let across = text!(metrics::selection::x_axis, rows = format::count(figure.rows));
    marks.push(text("axis-title start", 0.0, 12.0, text!(metrics::selection::y_axis)));
    marks.push(text("axis-title start", 0.0, BOTTOM + 36.0, across));
    if let Some(last) = figure.tenths.last() {
        let share = text!(metrics::selection::of_clicks, share = format::percent(last.click_share));
        marks.push(text("axis-label end click-label", right - 4.0, TOP + 14.0, share));
    }
    marks
}

/// Names at the lines' right ends, moved apart where the lines meet.
fn labels(figure: &Selection, right: f64, y: &Linear) -> Vec<Mark> {
    let of_line = |line: &super::tenths::ModelLine| {
        let class = format!("line-label {}", names::hue_class(&line.model));
        Some((display_name(&line.model).to_owned(), class, *line.p_cvr.last()?))
    };
    let mut ends: Vec<(String, String, f64)> = figure.lines.iter().filter_map(of_line).collect();
    if let Some(last) = figure.tenths.last() {
        ends.push((text!(metrics::selection::truth).to_owned(), "line-label truth-label".to_owned(), last.true_cvr));
    }
    ends.push((text!(metrics::constant::label).to_owned(), "line-label constant-label".to_owned(), figure.constant));
    let wanted: Vec<f64> = ends.iter().map(|end| y.at(end.2)).collect();
    let placed = spread(&wanted, 15.0, (TOP + 4.0, BOTTOM));
    let label = |((name, class, _), at): ((String, String, f64), f64)| text(class, right + 2.0, at + 4.0, name);
    ends.into_iter().zip(placed).map(label).collect()
}

fn table(figure: &Selection) -> Table {
    let mut heads = vec![
        text!(metrics::selection::tenth),
        text!(metrics::selection::true_ctr),
        text!(metrics::selection::share),
        text!(metrics::selection::true_cvr),
        text!(metrics::constant::name),
    ];
    heads.extend(figure.lines.iter().map(|line| display_name(&line.model)));
    let mut table = Table::new(text!(metrics::selection::table), &heads);
    for (index, tenth) in figure.tenths.iter().enumerate() {
        let known = [tenth.true_ctr, tenth.click_share, tenth.true_cvr, figure.constant];
        let known = known.map(|p| Cell::number(format::percent(p)));
        let models = figure.lines.iter().map(|l| Cell::or_reason(l.p_cvr.get(index).map(|p| format::percent(*p)), "–"));
        table.row([Cell::words(index + 1)].into_iter().chain(known).chain(models));
    }
    table
}
