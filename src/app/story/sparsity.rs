//! Chapter 2, sparsity: few clicks to learn CVR from, and what sharing embeddings does. Source: Ma et al. 2018, section 2.3.

use super::{Chapter, Scene, changed, draw_button, train_button};
use crate::app::charts::compare::claims;
use crate::app::charts::format;
use crate::app::charts::intervals::intervals;
use crate::app::charts::intervals_drawing::{Intervals, drawing};
use crate::app::forms::generator;
use crate::app::marks::{Control, Mark, awaiting, check, figure};

/// [`crate::app::marks::Act::name`] of the switch.
pub const SHARE: &str = "share";

const KEY: &str = "auc.ctcvr";

pub fn chapter(scene: Scene) -> Mark {
    let mut says = Vec::new();
    if let Some(log) = scene.log {
        let summary = log.summary;
        says.push(text!(
            story::sparsity::says,
            rows = format::count(summary.rows as f64),
            clicks = format::count(summary.clicks as f64),
            conversions = format::count(summary.conversions as f64)
        ));
    }
    says.extend(claims(scene.runs, KEY, "naive"));
    let mut rows = intervals(scene.runs, KEY, false);
    let mut note = String::new();
    if let Some((spec, runs)) = scene.before {
        rows.extend(intervals(runs, KEY, true));
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
        Some(drawn) => figure(drawn),
        None => awaiting(text!(story::sparsity::awaiting)),
    };
    let share = check(Control::new(SHARE, text!(story::sparsity::share)), scene.spec.network.share_embeddings);
    Chapter {
        number: 2,
        title: text!(story::sparsity::title),
        says,
        figure: vec![figure],
        asks: text!(story::sparsity::asks),
        controls: vec![
            generator::dial("rows", scene.synth),
            draw_button(scene),
            share,
            train_button(scene, text!(story::sparsity::again)),
        ],
    }
    .mark()
}
