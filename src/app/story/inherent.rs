//! Chapter 4, inherent bias: does a model over-estimate CVR over the entire space? Measured, not asserted.
//!
//! Source: Wang et al. 2022, section 3; and the population fit by which the bias vanishes for a well specified tower.

use super::{Chapter, Scene, changed, train_button};
use crate::app::charts::format;
use crate::app::charts::intervals::{Interval, intervals};
use crate::app::charts::intervals_drawing::{Intervals, drawing};
use crate::app::marks::{Act, Control, Mark, awaiting, choice, figure, text_field};
use crate::app::text::seeds_text;
use crate::domain::spec::RunSpec;

/// [`Act::name`] of the choice of a tower.
pub const TOWERS: &str = "towers";

const KEY: &str = "bias.cvr_entire_space";

/// Kinds of tower by their layers: a line cannot follow a curve.
const KINDS: [(&str, &str, &[usize]); 3] = [
    ("linear", "linear, no hidden layer", &[]),
    ("small", "one layer of 8", &[8]),
    ("flexible", "layers 64-32", &[64, 32]),
];

pub fn chapter(scene: Scene) -> Mark {
    let mut rows = intervals(scene.runs, KEY, false);
    let mut says = vec![
        "It is often said that ESMM over-estimates CVR. With a tower that can follow the true CVR and enough clicks, the bias \
         vanishes for naive and ESMM alike; with a tower that cannot, it need not. So measure it, on this log."
            .to_owned(),
    ];
    says.extend(rows.iter().map(verdict));
    let seeds = rows.iter().map(|row| row.seeds.len()).max().unwrap_or(0);
    if seeds > 0 {
        says.push(match seeds {
            1 => "One training seed: the intervals cover the held-out rows, not the luck of training. Give more seeds below."
                .to_owned(),
            n => format!("The mean over {n} training seeds; the small dots are the seeds."),
        });
    }
    let mut note = String::new();
    if let Some((spec, runs)) = scene.before {
        rows.extend(intervals(runs, KEY, true));
        note = changed(spec, scene.trained);
    }
    let drawn = Intervals {
        name: "cvr-bias".to_owned(),
        title: "Too high or too low, over all impressions?".to_owned(),
        axis: "mean pCVR minus mean true CVR, 95\u{202f}% interval".to_owned(),
        before: note,
        reference: Some((0.0, "truth".to_owned())),
        rows,
    };
    let figure = match drawing(&drawn) {
        Some(drawn) => figure(drawn),
        None if scene.log.is_some_and(|log| !log.summary.truth_known) => awaiting(
            "Not observable on this log: the true CVR of unclicked impressions is not known. A generated log knows.",
        ),
        None => awaiting("Train, and this figure shows how far each model's mean pCVR is from the truth."),
    };
    let kind = KINDS.iter().find(|kind| kind.2 == scene.spec.network.hidden).map_or("", |kind| kind.0);
    let towers = choice(
        Control::new(TOWERS, "Towers"),
        "story-towers",
        KINDS.iter().map(|(key, words, _)| (*key, *words, "")),
        kind,
    );
    let seeds = text_field(Control::new("seeds", "Training seeds"), seeds_text(&scene.spec.seeds), "numeric");
    Chapter {
        number: 4,
        title: "Does it over-estimate? Measure",
        says,
        figure: vec![figure],
        asks: "Give the towers no hidden layer, then two. Give three seeds, and see what is left beyond luck.",
        controls: vec![towers, seeds, train_button(scene, "Train again")],
    }
    .mark()
}

/// Sets the layers of every tower.
pub fn apply(spec: &mut RunSpec, act: &Act) {
    if let Some((.., hidden)) = KINDS.iter().find(|kind| kind.0 == act.value) {
        spec.network.hidden = hidden.to_vec();
    }
}

/// Whether a model is too high or too low on average, as far as its interval says.
pub fn verdict(row: &Interval) -> String {
    let Interval { label, value, low, high, .. } = row;
    let by = format!("{} ({})", format::signed(*value, *low, *high), format::interval(*low, *high));
    if high - low < 1e-12 {
        return format!("{label} is off by {} so far.", format::signed(*value, value - 0.001, value + 0.001));
    }
    match (*low > 0.0, *high < 0.0) {
        (true, _) => format!("{label} is too high on average: {by}."),
        (_, true) => format!("{label} is too low on average: {by}."),
        _ => format!("{label} shows no bias beyond noise: {by}."),
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
            is_before: false,
        };
        assert!(verdict(&row(0.01, 0.03)).contains("too high"));
        assert!(verdict(&row(-0.03, -0.01)).contains("too low"));
        assert!(verdict(&row(-0.01, 0.03)).contains("no bias beyond noise"));
    }
}
