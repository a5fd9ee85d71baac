//! Chapter 2, sparsity: few clicks to learn CVR from, and what sharing embeddings does. Source: Ma et al. 2018, section 2.3.

use super::{Chapter, Scene, changed, generator_slider, share_embeddings, training_control};
use crate::app::charts::compare::RANKING;
use crate::app::charts::intervals::intervals;
use crate::app::charts::intervals_drawing::{Intervals, drawing};
use crate::app::format;
use crate::app::marks::{awaiting, figure};
use crate::domain::synth::settings::ROWS;

pub fn chapter(scene: Scene) -> Chapter {
    let mut says = Vec::new();
    if let Some(log) = scene.log {
        let summary = log.summary;
        says.push(text!(
            story::sparsity::says,
            rows = format::count(summary.rows),
            clicks = format::count(summary.clicks),
            conversions = format::count(summary.conversions)
        ));
    }
    says.extend(scene.claims(RANKING));
    let mut rows = intervals(scene.runs, RANKING, false);
    let mut note = String::new();
    if let Some((spec, runs)) = scene.before {
        rows.extend(intervals(runs, RANKING, true));
        note = changed(spec, scene.trained);
    }
    let drawn = Intervals {
        name: "ctcvr-auc".to_owned(),
        title: text!(story::sparsity::figure_title).to_owned(),
        axis: text!(story::sparsity::figure_axis).to_owned(),
        before: note,
        reference: None,
        constant: None,
        rows,
    };
    let figure = match drawing(&drawn) {
        Some(drawn) => figure(drawn).still(),
        None => awaiting(text!(story::sparsity::awaiting)),
    };
    Chapter {
        number: 2,
        is_of_runs: true,
        title: text!(story::sparsity::title),
        says,
        figure: vec![figure],
        asks: text!(story::sparsity::asks),
        controls: generator_slider(scene, &ROWS)
            .into_iter()
            .chain(training_control(scene, share_embeddings(scene), text!(story::sparsity::again)))
            .flatten()
            .collect(),
    }
}
