//! Chapter 1, selection bias: trained on clicks, asked about everything. Source: Ma et al. 2018, section 1.

use super::selection_drawing;
use super::tenths::{SelectionBias, selection_bias};
use super::{Chapter, Msg, Scene, draw_preset_button, generator_slider};
use crate::app::charts::compare::DISTANCE;
use crate::app::charts::constant::constant_rate;
use crate::app::charts::intervals::intervals;
use crate::app::charts::intervals_drawing::{self, Intervals};
use crate::app::format;
use crate::app::marks::{Drawing, Mark, awaiting, figure};
use crate::app::rail::generator::preset_of;
use crate::domain::synth::settings::CORRELATION;

/// The log preset on which the models differ most: docs/calibration.md.
const STRONGEST: &str = "strong_selection";
/// The log preset without selection.
const NONE: &str = "no_correlation";
/// Ratio from which two tenths' true CVR count as different.
const APART: f64 = 1.25;

pub fn chapter(scene: Scene) -> Chapter {
    let drawn = selection_bias(scene.runs);
    let mut says = Vec::new();
    if let Some(log) = scene.log.filter(|log| log.offers().has_click) {
        let (rows, clicks) = (log.summary.rows, log.summary.clicks);
        says.push(text!(story::selection::says, clicks = format::count(clicks), rows = format::count(rows)));
    }
    says.extend(drawn.as_ref().and_then(slope));
    if drawn.is_some() {
        says.push(text!(story::selection::figure_says).to_owned());
    }
    let distances = distances(scene);
    if distances.is_some() {
        says.push(text!(story::selection::distance_says).to_owned());
    }
    says.extend(scene.claims(DISTANCE));
    let by_tenth = match drawn {
        Some(drawn) => figure(selection_drawing::drawing(&drawn)).still(),
        None if scene.log.is_some_and(|log| !log.summary.truth_known) => {
            awaiting(text!(story::selection::not_observable))
        }
        None => awaiting(text!(story::selection::awaiting)),
    };
    Chapter {
        number: 1,
        is_of_runs: true,
        title: text!(story::selection::title),
        says,
        figure: [by_tenth].into_iter().chain(distances.map(|drawing| figure(drawing).still())).collect(),
        asks: text!(story::selection::asks),
        controls: generator_slider(scene, &CORRELATION).into_iter().flatten().chain([other_log(scene)]).collect(),
    }
}

/// The log on which there is most to see; from there, the one on which there is nothing.
fn other_log(scene: Scene) -> Mark<Msg> {
    match preset_of(scene.synth) {
        STRONGEST => draw_preset_button(scene, NONE, text!(story::selection::draw_none)),
        _ => draw_preset_button(scene, STRONGEST, text!(story::selection::draw_strongest)),
    }
}

/// Each model's distance from the true CVR.
fn distances(scene: Scene) -> Option<Drawing> {
    intervals_drawing::drawing(&Intervals {
        name: "cvr-distance".to_owned(),
        title: text!(story::selection::distance_title).to_owned(),
        axis: text!(story::selection::distance_axis).to_owned(),
        before: String::new(),
        reference: Some((0.0, text!(story::selection::truth).to_owned())),
        constant: constant_rate(scene.runs).get(DISTANCE).copied(),
        rows: intervals(scene.runs, DISTANCE, false),
    })
}

/// The trend of the true CVR along the true CTR.
fn slope(drawn: &SelectionBias) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::charts::compare::{claims, headline};
    use crate::app::fixtures::{evaluation, run};

    #[test]
    fn a_model_that_shrinks_to_0_is_called_further_from_the_truth_whatever_its_mean_distance() {
        // As measured on the page's first log, each with a noise of its own for every seed.
        let trained = |shift: f64| evaluation(&[(DISTANCE, 0.024 + shift, 0.0004), (MEAN_ABSOLUTE, 0.033, 0.0004)]);
        let zero = |shift: f64| evaluation(&[(DISTANCE, 0.31 + shift, 0.0005), (MEAN_ABSOLUTE, 0.0297, 0.0005)]);
        let runs: Vec<_> = (1..=3u32)
            .flat_map(|seed| {
                let shift = 1e-4 * f64::from(seed);
                [run(seed, "esmm", seed.into(), trained(shift)), run(10 + seed, "zero", seed.into(), zero(shift / 2.0))]
            })
            .collect();
        for said in [claims(&runs, DISTANCE, "esmm"), headline(&runs, "esmm")] {
            assert!(said.iter().any(|said| said.contains("zero is further from the true CVR")), "{said:?}");
            assert!(said.iter().all(|said| !said.contains("closer")), "{said:?}");
        }
    }

    const MEAN_ABSOLUTE: &str = "mae_truth.cvr_entire_space";
}
