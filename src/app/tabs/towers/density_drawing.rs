//! The drawing of pCTR against pCVR.

use crate::app::charts::brush;
use crate::app::charts::density::{Density, LEVELS, density};
use crate::app::charts::names;
use crate::app::charts::scale::{px, spaced_probability_ticks};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, path, rect, svg, text};
use crate::domain::behavior::reference::sigmoid;
use crate::domain::event;
use crate::domain::report::{DensityReading, PredictionBox};

const SIDE: f64 = 340.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 14.0;
const WIDTH: f64 = LEFT + SIDE + 64.0;
const HEIGHT: f64 = TOP + SIDE + 44.0;

/// The density as it is laid out here; nothing without rows.
pub fn laid_out(reading: &DensityReading) -> Option<Density> {
    density(reading, LEFT, TOP, SIDE)
}

/// pCTR against pCVR over the held-out rows, with the reader's rectangle; nothing without rows.
pub fn drawing(reading: &DensityReading, area: Option<&PredictionBox>) -> Option<Drawing<brush::Msg>> {
    let drawn = laid_out(reading)?;
    let sentence =
        text!(towers::density::sentence, rows = format::count(drawn.rows), clicked = format::count(drawn.clicked_rows));
    Some(Drawing {
        name: "pctr-pcvr".to_owned(),
        title: text!(towers::density::title).to_owned(),
        body: vec![
            svg(WIDTH, HEIGHT, &sentence).class("density").children(marks(&drawn)).children(brush::drawn(area, &drawn)),
            shade_key(&drawn),
        ],
        sentence,
        table: table(reading),
    })
}

fn marks(drawn: &Density) -> Vec<Mark<brush::Msg>> {
    let mut marks = vec![rect("plot-frame", LEFT, TOP, SIDE, SIDE)];
    marks.extend(drawn.levels.iter().enumerate().map(|(level, cells)| path(format!("density-{level}"), cells)));
    for line in &drawn.iso {
        marks.push(path("iso-line", &line.path));
        marks.push(text("mark-label", line.label.0 + 5.0, line.label.1 - 3.0, format::tick_percent(line.p)));
    }
    let bottom = TOP + SIDE;
    for (p, x) in spaced_probability_ticks(&drawn.x, 46.0) {
        marks.push(path("axis-tick", format!("M{} {}v5", px(x), px(bottom))));
        marks.push(text("axis-label middle", x, bottom + 17.0, format::tick_percent(p)));
    }
    for (p, y) in spaced_probability_ticks(&drawn.y, 24.0) {
        marks.push(path("axis-tick", format!("M{} {}h-5", px(LEFT), px(y))));
        marks.push(text("axis-label end", LEFT - 8.0, y + 4.0, format::tick_percent(p)));
    }
    let middle = TOP + SIDE / 2.0;
    marks.push(text(
        "axis-title",
        LEFT + SIDE / 2.0,
        bottom + 37.0,
        text!(towers::logit_axis, symbol = names::event(event::CTR)),
    ));
    let up = text("axis-title", 12.0, middle, text!(towers::logit_axis, symbol = names::event(event::CVR)));
    marks.push(up.attr("transform", format!("rotate(-90 12 {middle})")));
    marks
}

fn shade_key(drawn: &Density) -> Mark<brush::Msg> {
    let shade = |level: usize| {
        let from = format::count(drawn.from_counts[level] as usize);
        let sample = Mark::new("svg").attr("width", "14").attr("height", "14").attr("aria-hidden", "true");
        let sample = sample.child(rect(format!("density-{level}"), 0.0, 0.0, 14.0, 14.0));
        Mark::new("li").child(sample).text(format!("{from}+"))
    };
    Mark::new("ul")
        .class("key")
        .child(Mark::new("li").text(text!(towers::density::key)))
        .children((0..LEVELS).filter(|&level| !drawn.levels[level].is_empty()).map(shade))
        .child(Mark::new("li").text(text!(towers::density::lines)))
}

/// The density summed to rows by decade of pCTR: what a table can say of two thousand cells.
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
