//! Chapter 4, inherent bias: does a model over-estimate CVR over the entire space? Measured, not asserted.
//!
//! Source: Wang et al. 2022, section 3; and the population fit by which the bias vanishes for a well specified tower.

use super::{Chapter, Msg, Scene, changed, train_button};
use crate::app::charts::constant::constant_rate;
use crate::app::charts::format;
use crate::app::charts::intervals::{Interval, intervals};
use crate::app::charts::intervals_drawing::{Intervals, drawing};
use crate::app::forms::{features, training};
use crate::app::marks::{Control, Mark, awaiting, choice, figure};
use crate::domain::report::{FEWEST_SEEDS, Judgement};

const KEY: &str = "bias.cvr_entire_space";

/// Kinds of tower by their layers: a line cannot follow a curve.
const KINDS: [(&[usize], &str); 3] = [
    (&[], text!(story::inherent::linear)),
    (&[8], text!(story::inherent::small)),
    (&[64, 32], text!(story::inherent::flexible)),
];

pub fn chapter(scene: Scene) -> Mark<Msg> {
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
        title: text!(story::inherent::title),
        says,
        figure: vec![figure],
        asks: text!(story::inherent::asks),
        controls: vec![
            towers.map(Msg::Features),
            seeds.map(Msg::Training),
            train_button(scene, text!(story::inherent::again)),
        ],
    }
    .mark()
}

/// Whether a model is too high or too low on average, as far as its interval says.
pub fn verdict(row: &Interval) -> String {
    let Interval { label, value, low, high, untold, .. } = row;
    let by = format!("{} ({})", format::signed(*value, *low, *high), format::interval(*low, *high));
    let alone = format::signed(*value, value - 0.001, value + 0.001);
    if high - low < 1e-12 {
        return text!(story::inherent::off_so_far, model = label, value = alone);
    }
    match untold {
        Some(Judgement::FewSeeds) => {
            return text!(story::inherent::untold_seeds, model = label, value = alone);
        }
        Some(Judgement::TooFewPositives) => return text!(story::inherent::untold_few, model = label, value = alone),
        Some(_) => return text!(story::inherent::untold_learning, model = label, value = alone),
        None => {}
    }
    match (*low > 0.0, *high < 0.0) {
        (true, _) => text!(story::inherent::too_high, model = label, by = by),
        (_, true) => text!(story::inherent::too_low, model = label, by = by),
        _ => text!(story::inherent::no_bias, model = label, by = by),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_no_more_than_its_interval() {
        let row = |low: f64, high: f64| Interval {
            model: "esmm".into(),
            label: "ESMM".into(),
            value: (low + high) / 2.0,
            low,
            high,
            seeds: vec![],
            untold: None,
            is_before: false,
        };
        assert!(verdict(&row(0.01, 0.03)).contains("too high"));
        assert!(verdict(&row(-0.03, -0.01)).contains("too low"));
        assert!(verdict(&row(-0.01, 0.03)).contains("no bias beyond noise"));
        for untold in [Judgement::FewSeeds, Judgement::TooFewPositives, Judgement::NotConverged] {
            let said = verdict(&Interval { untold: Some(untold), ..row(0.01, 0.03) });
            assert!(said.contains("cannot be told") && !said.contains("on average"), "{said}");
        }
    }
}
