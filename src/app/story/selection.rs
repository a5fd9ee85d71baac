//! Chapter 1, selection bias: trained on clicks, asked about everything. Source: Ma et al. 2018, section 1.

use super::{Chapter, Scene, draw_button};
use crate::app::charts::compare::claims;
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
        says.push(format!(
            "A CVR model predicts how likely a click is to end in a purchase; its answer is called pCVR. The conventional one \
             learns from clicked impressions alone, here from {} of {}: of the others nobody knows what would have come of a \
             click. Then it is asked about all of them.",
            format::count(clicks),
            format::count(rows)
        ));
    }
    says.extend(drawn.as_ref().and_then(slope));
    if drawn.is_some() {
        says.push(
            "In the figure the bars are where the clicks are, and the dark line is the truth. Look where the bars are low: \
             how far a model’s line is from the dark one there is its error where it had little to learn from. ESMM and ESM² learn from \
             all impressions; chapter 3 shows how."
                .to_owned(),
        );
    }
    says.extend(claims(scene.runs, "mae_truth.cvr_entire_space", "naive"));
    let figure = match drawn {
        Some(drawn) => figure(selection_drawing::drawing(&drawn)),
        None if scene.log.is_some_and(|log| !log.summary.truth_known) => awaiting(
            "Not observable on this log: nobody knows which unclicked impressions would have converted. A generated log \
             knows.",
        ),
        None => awaiting(
            "Train, and this figure shows each model's mean pCVR against the true CVR, from the impressions least likely to \
             be clicked to the likeliest.",
        ),
    };
    Chapter {
        number: 1,
        title: "It learns where the clicks are, and is used everywhere",
        says,
        figure: vec![figure],
        asks: "The correlation says how strongly clicks pick out the impressions that would convert. What is left of the gap \
               when they don’t, at 0? And when they pick the wrong ones, below 0?",
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
        format!(
            "In this log the true CVR is {low} in the tenth that is least likely to be clicked, and {high} in the likeliest: what \
             is clicked is no fair sample of all. That is selection bias."
        )
    } else if ratio < 1.0 / APART {
        format!(
            "In this log the true CVR falls from {low} where clicks are rare to {high} where they are frequent: clicks pick \
             the wrong impressions. That is selection bias too."
        )
    } else {
        format!(
            "In this log the true CVR is about the same where clicks are rare, {low}, and where they are frequent, {high}: \
             clicks do not pick out the converting ones."
        )
    })
}
