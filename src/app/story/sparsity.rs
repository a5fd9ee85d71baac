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
        says.push(format!(
            "Of {} impressions {} were clicked and {} bought. A tower that is trained on clicks has {} examples to fill its \
             embeddings from; one that is trained over the entire space has {}, and shares the embeddings with CTR when the \
             switch is on.",
            format::count(summary.rows as f64),
            format::count(summary.clicks as f64),
            format::count(summary.conversions as f64),
            format::count(summary.clicks as f64),
            format::count(summary.rows as f64)
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
        title: "How well are purchases ranked?".to_owned(),
        axis: "CTCVR AUC on held-out impressions, 95\u{202f}% interval".to_owned(),
        before: note,
        reference: None,
        rows,
    };
    let figure = match drawing(&drawn) {
        Some(drawn) => figure(drawn),
        None => awaiting("Train, and this figure shows how well each model ranks purchases among all impressions."),
    };
    let share = check(Control::new(SHARE, "All towers share their embeddings"), scene.spec.network.share_embeddings);
    Chapter {
        number: 2,
        title: "There is little to learn a purchase from",
        says,
        figure: vec![figure],
        asks: "Shrink the log: which model loses more? Then let every tower have embeddings of its own, and train again.",
        controls: vec![
            generator::dial("rows", scene.synth),
            draw_button(scene),
            share,
            train_button(scene, "Train again"),
        ],
    }
    .mark()
}
