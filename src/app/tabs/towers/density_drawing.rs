//! The drawing of pCTR against pCVR.

use crate::app::charts::axis::Axis;
use crate::app::charts::brush;
use crate::app::charts::density::{Density, LEVELS, density};
use crate::app::charts::frame::{Area, Frame, key_item};
use crate::app::charts::names;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, path, rect, text};
use crate::domain::behavior::reference::sigmoid;
use crate::domain::event;
use crate::domain::report::{DensityReading, PredictionBox};

const SIDE: f64 = 340.0;
const AREA: Area = Area { width: 468.0, left: 64.0, right: 64.0 + SIDE, top: 26.0, bottom: 26.0 + SIDE };

/// The density's layout; `None` without rows.
pub fn laid_out(reading: &DensityReading) -> Option<Density> {
    density(reading, AREA.left, AREA.top, SIDE)
}

/// pCTR against pCVR over the held-out rows, with the user's rectangle; `None` without rows.
pub fn drawing(reading: &DensityReading, area: Option<&PredictionBox>) -> Option<Drawing<brush::Msg>> {
    let drawn = laid_out(reading)?;
    let sentence =
        text!(towers::density::sentence, rows = format::count(drawn.rows), clicked = format::count(drawn.clicked_rows));
    Some(Drawing {
        name: "pctr-pcvr".to_owned(),
        title: text!(towers::density::title).to_owned(),
        body: vec![chart(&drawn, &sentence).still().children(brush::drawn(area, &drawn)), shade_key(&drawn)],
        sentence,
        table: table(reading),
    })
}

fn chart(drawn: &Density, sentence: &str) -> Mark {
    let title = |event: &str| text!(towers::logit_axis, symbol = names::event(event));
    let x = Axis::logit(title(event::CTR), drawn.x.domain);
    let frame = Frame::new(AREA, x, Axis::logit(title(event::CVR), drawn.y.domain));
    let cells = drawn.levels.iter().enumerate().map(|(level, cells)| path(format!("density-{level}"), cells));
    let iso = drawn.iso.iter().flat_map(|line| {
        let (x, y) = line.label;
        [path("iso-line", &line.path), text("mark-label", x + 5.0, y - 3.0, format::tick_percent(line.p))]
    });
    let outline = rect("plot-frame", AREA.left, AREA.top, SIDE, SIDE);
    frame.svg(sentence).class("density").child(outline).child(frame.axes()).children(cells).children(iso)
}

fn shade_key(drawn: &Density) -> Mark<brush::Msg> {
    let shade = |level: usize| {
        let from = format::count(drawn.from_counts[level] as usize);
        key_item(14.0, [rect(format!("density-{level}"), 0.0, 0.0, 14.0, 14.0)], format!("{from}+"))
    };
    Mark::new("ul")
        .class("key")
        .child(Mark::new("li").text(text!(towers::density::key)))
        .children((0..LEVELS).filter(|&level| !drawn.levels[level].is_empty()).map(shade))
        .child(Mark::new("li").text(text!(towers::density::lines)))
}

/// The density summed by decade of pCTR: its two thousand cells are too many for a table.
fn table(reading: &DensityReading) -> Table<brush::Msg> {
    let cell = (reading.high_logit - reading.low_logit) / reading.bins as f64;
    let middle = |bin: usize| sigmoid(reading.low_logit + (bin as f64 + 0.5) * cell);
    let mut table = Table::new(
        text!(towers::density::title),
        &[
            text!(towers::density::ctr),
            text!(towers::density::impressions),
            text!(towers::density::clicked),
            text!(towers::density::mean_cvr),
        ],
    );
    for edge in [0.0, 1e-4, 1e-3, 0.01, 0.1, 0.5, 1.0].windows(2) {
        let (mut rows, mut clicked, mut p_cvr) = (0, 0, 0.0);
        for (index, &count) in reading.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let p_ctr = middle(index / reading.bins);
            if p_ctr >= edge[0] && p_ctr < edge[1] {
                rows += count as usize;
                clicked += reading.clicked_counts.get(index).copied().unwrap_or(0) as usize;
                p_cvr += f64::from(count) * middle(index % reading.bins);
            }
        }
        if rows > 0 {
            table.row([
                Cell::words(text!(
                    charts::range,
                    low = format::tick_percent(edge[0]),
                    high = format::tick_percent(edge[1])
                )),
                Cell::number(format::count(rows)),
                Cell::number(format::count(clicked)),
                Cell::number(format::percent(p_cvr / rows as f64)),
            ]);
        }
    }
    table
}
