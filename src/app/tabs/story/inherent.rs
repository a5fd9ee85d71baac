//! Chapter 4, inherent bias: does a model over-estimate CVR over the entire space? Measured, not asserted.
//!
//! Source: Wang et al. 2022, section 3. In the population the bias vanishes for a well specified tower.

use super::{Chapter, Edit, Msg, Scene, changed, training_control};
use crate::app::charts::constant::constant_rate;
use crate::app::charts::intervals::{intervals, verdict};
use crate::app::charts::intervals_drawing::{Intervals, drawing};
use crate::app::marks::{Control, Touch, awaiting, choice, figure};
use crate::app::rail::{features, training};
use crate::domain::report::FEWEST_SEEDS;

const KEY: &str = "bias.cvr_entire_space";

/// Tower kinds by their layers: a linear tower cannot fit a curve.
const KINDS: [(&[usize], &str); 3] = [
    (&[], text!(story::inherent::linear)),
    (&[8], text!(story::inherent::small)),
    (&[64, 32], text!(story::inherent::flexible)),
];

pub fn chapter(scene: Scene) -> Chapter {
    let mut rows = intervals(scene.runs, KEY, false);
    let mut says = vec![text!(story::inherent::says).to_owned()];
    says.extend(rows.iter().map(verdict));
    let seeds = rows.iter().map(|row| row.seeds.len()).max().unwrap_or(0);
    if seeds > 0 {
        says.push(match seeds {
            n if n < FEWEST_SEEDS => text!(story::inherent::few_seeds, least = FEWEST_SEEDS.to_string()),
            n => text!(story::inherent::seeds_mean, count = n.to_string()),
        });
    }
    let mut note = String::new();
    if let Some((spec, runs)) = scene.before {
        rows.extend(intervals(runs, KEY, true));
        note = changed(spec, scene.trained);
    }
    let drawn = Intervals {
        name: "cvr-bias".to_owned(),
        title: text!(story::inherent::figure_title).to_owned(),
        axis: text!(story::inherent::figure_axis).to_owned(),
        before: note,
        reference: Some((0.0, text!(story::inherent::truth).to_owned())),
        constant: constant_rate(scene.runs).get(KEY).copied(),
        rows,
    };
    let figure = match drawing(&drawn) {
        Some(drawn) => figure(drawn).still(),
        None if scene.log.is_some_and(|log| !log.summary.truth_known) => {
            awaiting(text!(story::inherent::not_observable))
        }
        None => awaiting(text!(story::inherent::awaiting)),
    };
    let kinds = KINDS.map(|(hidden, words)| (hidden.to_vec(), words, ""));
    let towers = Control::new(text!(story::inherent::towers));
    let towers = choice(towers, "story-towers", kinds, &scene.spec.network.hidden, features::Edit::Hidden);
    let seeds = training::seeds(scene.spec, Control::new(text!(story::inherent::seeds)));
    Chapter {
        number: 4,
        is_of_runs: true,
        title: text!(story::inherent::title),
        says,
        figure: vec![figure],
        asks: text!(story::inherent::asks),
        controls: [Some(towers.map(|edit| Msg::Edit(Edit::Features(edit), Touch::Released)))]
            .into_iter()
            .chain(training_control(scene, seeds.map(Edit::Training), text!(story::inherent::again)))
            .flatten()
            .collect(),
    }
}
