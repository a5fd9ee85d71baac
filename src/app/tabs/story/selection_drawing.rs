//! The drawing of selection bias: mean pCVR by tenth of true CTR, shaded by where the clicks are.

use super::tenths::{ModelLine, SelectionBias};
use crate::app::charts::axis::{Axis, Unit};
use crate::app::charts::frame::{Area, Frame, Label};
use crate::app::charts::names;
use crate::app::charts::scale::px;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, path, rect, text};
use crate::app::models::display_name;

/// For a wide page and for a phone; the style sheet shows the one that fits.
const WIDE: Area = Area { width: 640.0, left: 46.0, right: 550.0, top: 26.0, bottom: 268.0 };
const NARROW: Area = Area { width: 358.0, left: 40.0, right: 282.0, ..WIDE };

/// Mean pCVR by tenth of true CTR: the truth in ink, every model in its hue.
pub fn drawing(figure: &SelectionBias) -> Drawing {
    let sentence = figure.sentence();
    let said = text!(metrics::selection::label, sentence = sentence);
    Drawing {
        name: "selection-bias".to_owned(),
        title: text!(metrics::selection::title).to_owned(),
        sentence,
        body: vec![
            chart(figure, WIDE, 1, &said).class("chart-wide"),
            chart(figure, NARROW, 3, &said).class("chart-narrow"),
        ],
        table: table(figure),
    }
}

/// The chart, with a label below every n-th tenth.
fn chart(figure: &SelectionBias, area: Area, label_every: usize, said: &str) -> Mark {
    let name = |(index, ctr): (usize, f64)| match index % label_every {
        0 => format::percent(ctr),
        _ => String::new(),
    };
    let names = figure.tenths.iter().map(|tenth| tenth.true_ctr).enumerate().map(name);
    let across = text!(metrics::selection::x_axis, rows = format::count(figure.rows));
    let y = Axis::linear(text!(metrics::selection::y_axis), (0.0, figure.top), Unit::Share);
    let frame = Frame::new(area, Axis::categories(across, names.collect()), y);
    let truth = || figure.tenths.iter().enumerate().map(|(index, tenth)| (index as f64, tenth.true_cvr));
    let diamonds: String = truth()
        .map(|point| frame.point(point))
        .map(|(x, y)| format!("M{} {}l4 4l-4 4l-4 -4Z", px(x), px(y - 4.0)))
        .collect();
    let lines = figure.lines.iter().map(|line| {
        let points = line.p_cvr.iter().enumerate().map(|(index, p)| (index as f64, *p));
        frame.line("model-line", points).class(names::hue_class(&line.model)).key(&line.model)
    });
    let share = figure.tenths.last().map(|last| {
        let share = text!(metrics::selection::of_clicks, share = format::percent(last.click_share));
        text("axis-label end click-label", area.right - 4.0, area.top + 14.0, share)
    });
    frame
        .svg(said)
        .children(click_shares(figure, &frame))
        .child(frame.axes())
        .child(frame.across("constant-line", figure.constant))
        .child(frame.line("truth-line", truth()))
        .child(path("truth-mark", diamonds))
        .children(lines)
        .child(labels(figure, &frame))
        .maybe(share)
}

/// Bars of the tenths' shares of the clicks, the highest as high as the plot area.
fn click_shares(figure: &SelectionBias, frame: &Frame) -> Vec<Mark> {
    let most = figure.tenths.iter().map(|tenth| tenth.click_share).fold(1e-9, f64::max);
    let step = frame.x.step();
    let bar = |(index, share): (usize, f64)| {
        let height = (frame.area.bottom - frame.area.top) * share / most;
        let left = frame.x.at(index as f64) - step / 2.0;
        rect("click-share", left + 1.0, frame.area.bottom - height, step - 2.0, height)
    };
    figure.tenths.iter().map(|tenth| tenth.click_share).enumerate().map(bar).collect()
}

fn labels(figure: &SelectionBias, frame: &Frame) -> Mark {
    let of_line = |line: &ModelLine| {
        Some(Label::of_model(&line.model, display_name(&line.model), frame.y.at(*line.p_cvr.last()?)))
    };
    let mut labels: Vec<Label> = figure.lines.iter().filter_map(of_line).collect();
    if let Some(last) = figure.tenths.last() {
        labels.push(Label::of_reference("truth", text!(metrics::selection::truth), frame.y.at(last.true_cvr)));
    }
    labels.push(Label::of_reference("constant", text!(metrics::constant::label), frame.y.at(figure.constant)));
    frame.labels(labels)
}

fn table(figure: &SelectionBias) -> Table {
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
