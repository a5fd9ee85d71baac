//! Chapter 1, selection bias: trained on clicks, asked about everything. Source: Ma et al. 2018, section 1.

use super::{Chapter, Scene, draw_button};
use crate::app::charts::compare::{DISTANCE, claims};
use crate::app::charts::selection::{Selection, selection};
use crate::app::charts::{format, selection_drawing};
use crate::app::forms::generator;
use crate::app::marks::{Mark, awaiting, figure};

/// A tenth's true CVR this many times another's is not about the same.
const APART: f64 = 1.25;

pub fn chapter(scene: Scene) -> Mark {
    let drawn = selection(scene.runs);
    let mut says = Vec::new();
    if let Some(log) = scene.log {
        let (rows, clicks) = (log.summary.rows as f64, log.summary.clicks as f64);
        says.push(text!(story::selection::says, clicks = format::count(clicks), rows = format::count(rows)));
    }
    says.extend(drawn.as_ref().and_then(slope));
    if drawn.is_some() {
        says.push(text!(story::selection::figure_says).to_owned());
    }
    says.extend(claims(scene.runs, DISTANCE, "naive"));
    let figure = match drawn {
        Some(drawn) => figure(selection_drawing::drawing(&drawn)),
        None if scene.log.is_some_and(|log| !log.summary.truth_known) => {
            awaiting(text!(story::selection::not_observable))
        }
        None => awaiting(text!(story::selection::awaiting)),
    };
    Chapter {
        number: 1,
        title: text!(story::selection::title),
        says,
        figure: vec![figure],
        asks: text!(story::selection::asks),
        controls: vec![generator::dial("correlation", scene.synth), draw_button(scene)],
    }
    .mark()
}

/// How the true CVR runs along the true CTR.
fn slope(drawn: &Selection) -> Option<String> {
    let (first, last) = (drawn.tenths.first()?, drawn.tenths.last()?);
    let (low, high) = (format::percent(first.true_cvr), format::percent(last.true_cvr));
    let ratio = last.true_cvr / first.true_cvr.max(1e-12);
    Some(if ratio > APART {
        text!(story::selection::slope_up, low = low, high = high)
    } else if ratio < 1.0 / APART {
        text!(story::selection::slope_down, low = low, high = high)
    } else {
        text!(story::selection::slope_none, low = low, high = high)
    })
}
