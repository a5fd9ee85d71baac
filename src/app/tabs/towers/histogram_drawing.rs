//! The drawing of one head's predictions: clicked above the line, unclicked below.

use super::histogram::{Half, Mirrored, mirrored, rows, sentence};
use crate::app::charts::names;
use crate::app::charts::scale::{Linear, px, spaced_probability_ticks};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, path, svg, text};
use crate::domain::report::TowerReading;

const WIDTH: f64 = 360.0;
const LEFT: f64 = 8.0;
const PLOT: f64 = WIDTH - 2.0 * LEFT;
const TOP: f64 = 18.0;
const PLOT_HEIGHT: f64 = 132.0;
const HEIGHT: f64 = TOP + PLOT_HEIGHT + 52.0;

/// One head over the logits of `span`, which heads to be compared share.
pub fn drawing(tower: &TowerReading, span: (f64, f64)) -> Drawing {
    let symbol = names::symbol(&tower.question);
    let said = sentence(&symbol, tower);
    let drawn = mirrored(tower, span, LEFT, PLOT, TOP, PLOT_HEIGHT);
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
        body: vec![svg(WIDTH, HEIGHT, label).children(marks(&drawn, &symbol))],
        title: symbol,
        sentence: text!(towers::histogram::sentence, halves = said),
        table,
    }
}

fn marks(drawn: &Mirrored, symbol: &str) -> Vec<Mark> {
    let bottom = TOP + PLOT_HEIGHT;
    let mut marks = vec![
        path("hist-clicked", &drawn.clicked.path),
        path("hist-unclicked", &drawn.unclicked.path),
        path("axis-line", format!("M{LEFT} {}H{}", px(drawn.baseline), LEFT + PLOT)),
    ];
    marks.extend(half_note(&drawn.clicked, text!(towers::histogram::clicked), (TOP, drawn.baseline), TOP - 5.0));
    marks.extend(half_note(
        &drawn.unclicked,
        text!(towers::histogram::unclicked),
        (drawn.baseline, bottom),
        bottom + 12.0,
    ));
    marks.extend(probability_axis(&drawn.x, bottom + 16.0));
    let title = text!(towers::logit_axis, symbol = symbol);
    marks.push(text("axis-title", WIDTH / 2.0, HEIGHT - 3.0, title));
    marks
}

/// The half's name with its rows, and its mean as a line with a label that stays inside.
fn half_note(half: &Half, name: &str, (top, bottom): (f64, f64), label_y: f64) -> Vec<Mark> {
    let note = text!(towers::histogram::half, name = name, rows = format::count(half.rows));
    let mut marks = vec![text("mark-label muted", LEFT, label_y, note)];
    if let Some((p, x)) = half.mean {
        // The name stands at the left end of the same line: a mean's label keeps clear of it.
        let label_x = x.clamp(LEFT + 168.0, LEFT + PLOT - 34.0);
        marks.push(path("mean-line", format!("M{} {}V{}", px(x), px(top), px(bottom))));
        marks.push(text("mark-label middle", label_x, label_y, text!(towers::histogram::mean, p = format::percent(p))));
    }
    marks
}

fn probability_axis(x: &Linear, y: f64) -> Vec<Mark> {
    let tick = |(p, pixel): (f64, f64)| {
        let label_x = pixel.clamp(18.0, WIDTH - 18.0);
        [
            path("axis-tick", format!("M{} {}v5", px(pixel), px(y - 2.0))),
            text("axis-label middle", label_x, y + 14.0, format::tick_percent(p)),
        ]
    };
    spaced_probability_ticks(x, 44.0).into_iter().flat_map(tick).collect()
}
