//! The drawing of one head's predictions: clicked above the line, unclicked below.

use super::histogram::{Half, mirrored, rows, sentence};
use crate::app::charts::axis::Axis;
use crate::app::charts::frame::{Area, Frame};
use crate::app::charts::names;
use crate::app::charts::scale::px;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, path, text};
use crate::domain::report::TowerReading;

const AREA: Area = Area { width: 360.0, left: 8.0, right: 352.0, top: 18.0, bottom: 168.0 };
/// Height of both halves; the lower one's name is below.
const PLOT_HEIGHT: f64 = 132.0;

/// One head over the logits of `span`, which compared heads share.
pub fn drawing(tower: &TowerReading, span: (f64, f64)) -> Drawing {
    let symbol = names::symbol(&tower.question);
    let said = sentence(&symbol, tower);
    let mut table = Table::new(
        text!(towers::histogram::table, symbol = symbol),
        &[text!(towers::histogram::impressions), text!(charts::heads::rows), text!(towers::histogram::mean_prediction)],
    );
    for (name, half) in
        [(text!(towers::histogram::clicked), &tower.clicked), (text!(towers::histogram::unclicked), &tower.unclicked)]
    {
        let mean = Cell::or_reason(half.mean_p.map(format::percent), "–");
        table.row([Cell::words(name), Cell::number(format::count(rows(half))), mean]);
    }
    let label = text!(towers::histogram::label, halves = said);
    Drawing {
        name: format!("distribution-{}", tower.question),
        body: vec![chart(tower, span, &symbol, &label)],
        title: symbol,
        sentence: text!(towers::histogram::sentence, halves = said),
        table,
    }
}

fn chart(tower: &TowerReading, span: (f64, f64), symbol: &str, label: &str) -> Mark {
    let Area { left, right, top, .. } = AREA;
    let drawn = mirrored(tower, span, left, right - left, top, PLOT_HEIGHT);
    let x = Axis::logit(text!(towers::logit_axis, symbol = symbol), span);
    let frame = Frame::new(AREA, x, Axis::categories("", Vec::new()));
    let (middle, bottom) = (drawn.baseline, top + PLOT_HEIGHT);
    frame
        .svg(label)
        .child(frame.axes())
        .child(path("hist-clicked", &drawn.clicked.path))
        .child(path("hist-unclicked", &drawn.unclicked.path))
        .child(path("axis-line", format!("M{left} {}H{right}", px(middle))))
        .children(half_note(&drawn.clicked, text!(towers::histogram::clicked), (top, middle), top - 5.0))
        .children(half_note(&drawn.unclicked, text!(towers::histogram::unclicked), (middle, bottom), bottom + 12.0))
}

/// The half's name with its rows, and its mean as a labelled line.
fn half_note(half: &Half, name: &str, (top, bottom): (f64, f64), label_y: f64) -> Vec<Mark> {
    let note = text!(towers::histogram::half, name = name, rows = format::count(half.rows));
    let mut marks = vec![text("mark-label muted", AREA.left, label_y, note)];
    if let Some((p, x)) = half.mean {
        // The name is at the left end of the same line: the mean's label avoids it.
        let label_x = x.clamp(AREA.left + 168.0, AREA.right - 34.0);
        marks.push(path("mean-line", format!("M{} {}V{}", px(x), px(top), px(bottom))));
        marks.push(text("mark-label middle", label_x, label_y, text!(towers::histogram::mean, p = format::percent(p))));
    }
    marks
}
