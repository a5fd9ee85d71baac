//! Models against a pinned one, in words: what the paired differences of `domain::report::compare` let one say.

use crate::app::models::display_name;
use crate::domain::metrics::Metric;
use crate::domain::report::{Difference, Evaluation, Measure, paired_difference};
use crate::protocol::Run;

use super::format;

/// The metric by which a model is called closer to the truth or further from it: one that the truth alone has the least of.
pub const DISTANCE: &str = "kl_truth.cvr_entire_space";

/// `evaluation − pinned` in the metric `key`; absent where there is none.
pub fn difference(evaluation: &Evaluation, pinned: &Evaluation, key: &str) -> Option<Difference> {
    paired_difference(&[(evaluation.measure("", 0), pinned.measure("", 0))], key).ok()
}

/// The run as it is compared: by the evaluation that the page shows of it.
pub fn measure(run: &Run) -> Option<Measure<'_>> {
    Some(run.shown()?.measure(&run.model.name, run.seed))
}

/// Whether `other` beats `pinned` on this log, in words, for CTCVR ranking and closeness to the true CVR.
///
/// Says "no difference beyond noise" when the interval holds zero, and never more than the numbers do.
pub fn headline(runs: &[Run], pinned: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    for run in runs.iter().filter(|run| run.model.name != pinned) {
        if !others.contains(&run.model.name.as_str()) {
            others.push(&run.model.name);
        }
    }
    let mut seeds = 0;
    let mut truth_missing = false;
    for other in others {
        let pairs = paired(runs, other, pinned);
        if pairs.is_empty() {
            continue;
        }
        seeds = seeds.max(pairs.len());
        let mut parts: Vec<String> = Vec::new();
        parts.extend(claim(&pairs, "auc.ctcvr", other, pinned));
        parts.extend(claim(&pairs, DISTANCE, other, pinned));
        truth_missing |=
            pairs.iter().any(|(ours, _)| !matches!(ours.metrics.get(DISTANCE), Some(Metric::Value { .. })));
        sentences.extend(parts);
    }
    if sentences.is_empty() {
        return sentences;
    }
    if truth_missing {
        sentences.push(text!(metrics::no_truth).to_owned());
    }
    sentences.push(match seeds {
        1 => text!(metrics::one_seed).to_owned(),
        n => text!(metrics::seeds, seeds = n.to_string()),
    });
    sentences
}

/// What may be said of every other model against `pinned` in one metric: `auc.ctcvr` or [`DISTANCE`].
pub fn claims(runs: &[Run], key: &str, pinned: &str) -> Vec<String> {
    let mut others: Vec<&str> = Vec::new();
    for run in runs.iter().filter(|run| run.model.name != pinned) {
        if !others.contains(&run.model.name.as_str()) {
            others.push(&run.model.name);
        }
    }
    others.into_iter().filter_map(|other| claim(&paired(runs, other, pinned), key, other, pinned)).collect()
}

/// Evaluations of `other` and `pinned` that share their training seed.
pub(super) fn paired<'a>(runs: &'a [Run], other: &str, pinned: &str) -> Vec<(Measure<'a>, Measure<'a>)> {
    runs.iter()
        .filter(|run| run.model.name == other)
        .filter_map(|run| {
            let twin = runs.iter().find(|twin| twin.model.name == pinned && twin.seed == run.seed)?;
            Some((measure(run)?, measure(twin)?))
        })
        .collect()
}

fn claim(pairs: &[(Measure, Measure)], key: &str, other: &str, pinned: &str) -> Option<String> {
    let found = paired_difference(pairs, key).ok()?;
    let (other, pinned) = (display_name(other), display_name(pinned));
    let Difference { value, baseline, difference, low, high, .. } = found;
    let numbers = text!(
        metrics::claim::numbers,
        value = format::by_interval(value, low, high),
        baseline = format::by_interval(baseline, low, high),
        difference = format::signed(difference, low, high),
        interval = format::interval(low, high)
    );
    Some(match (key, found.spans_zero(), difference > 0.0) {
        ("auc.ctcvr", true, _) => {
            text!(metrics::claim::auc_noise, other = other, pinned = pinned, numbers = numbers)
        }
        ("auc.ctcvr", false, true) => {
            text!(metrics::claim::auc_better, other = other, pinned = pinned, numbers = numbers)
        }
        ("auc.ctcvr", false, false) => {
            text!(metrics::claim::auc_worse, other = other, pinned = pinned, numbers = numbers)
        }
        (_, true, _) => text!(metrics::claim::truth_noise, other = other, pinned = pinned, numbers = numbers),
        (_, false, true) => text!(metrics::claim::truth_further, other = other, pinned = pinned, numbers = numbers),
        (_, false, false) => text!(metrics::claim::truth_closer, other = other, pinned = pinned, numbers = numbers),
    })
}

#[cfg(test)]
pub(in crate::app) mod tests {
    use super::*;
    use crate::domain::report::DensityReading;
    use crate::domain::spec::{ModelSpec, Objective};
    use std::collections::BTreeMap;

    pub fn evaluation(metrics: &[(&str, f64, f64)]) -> Evaluation {
        let mut evaluation = Evaluation {
            step: 1,
            epoch: 1.0,
            eval_rows: 100,
            metrics: BTreeMap::new(),
            replicates: BTreeMap::new(),
            notes: BTreeMap::new(),
            coverage: BTreeMap::new(),
            maturity: BTreeMap::new(),
            losses: BTreeMap::new(),
            trees: vec![],
            towers: vec![],
            density: DensityReading {
                low_logit: 0.0,
                high_logit: 1.0,
                bins: 0,
                counts: vec![],
                clicked_counts: vec![],
            },
            deciles: vec![],
            independence: vec![],
            constant_rate: BTreeMap::new(),
            flow: None,
            rows_crc32: 1,
            curves: BTreeMap::new(),
            slices: BTreeMap::new(),
        };
        for (key, value, noise) in metrics {
            // The same resamples for every model: one shared wave, plus what is the model's own.
            let replicates: Vec<f32> = (0..200)
                .map(|i| (value + 0.05 * f64::from(i).sin() + noise * (f64::from(i) * 1.7).cos()) as f32)
                .collect();
            evaluation
                .metrics
                .insert((*key).to_owned(), Metric::Value { value: *value, low: value - 0.05, high: value + 0.05 });
            evaluation.replicates.insert((*key).to_owned(), replicates);
        }
        evaluation
    }

    pub fn run(id: u32, name: &str, seed: u64, evaluation: Evaluation) -> Run {
        let model = ModelSpec::new(name, super::super::behavior_tree::tests::esmm(), Objective::entire_space(vec![]));
        let mut run = Run::queued(id, model, seed);
        run.evaluations.push(evaluation);
        run
    }

    #[test]
    fn shared_noise_cancels_in_a_paired_difference() {
        let (a, b) = (evaluation(&[("auc.ctr", 0.72, 0.001)]), evaluation(&[("auc.ctr", 0.70, 0.0)]));
        let found = difference(&a, &b, "auc.ctr").unwrap();
        assert!((found.difference - 0.02).abs() < 1e-12 && !found.spans_zero());
        assert_eq!(difference(&a, &b, "auc.none"), None);
    }

    #[test]
    fn the_headline_says_noise_where_there_is_only_noise() {
        let key = "auc.ctcvr";
        let distance = DISTANCE;
        let runs = [
            run(1, "naive", 1, evaluation(&[(key, 0.760, 0.0), (distance, 0.10, 0.0)])),
            run(2, "esmm", 1, evaluation(&[(key, 0.762, 0.03), (distance, 0.08, 0.001)])),
        ];
        let sentences = headline(&runs, "naive");
        assert!(sentences[0].contains("no difference beyond noise in CTCVR AUC"), "{sentences:?}");
        assert!(sentences[1].contains("ESMM is closer to the true CVR than naive"), "{sentences:?}");
        assert!(sentences[2].contains("one training seed"));
    }

    #[test]
    fn the_headline_waits_for_the_pinned_model_and_pairs_by_seed() {
        let key = "auc.ctcvr";
        assert!(headline(&[run(1, "esmm", 1, evaluation(&[(key, 0.7, 0.0)]))], "naive").is_empty());
        let runs =
            [run(1, "naive", 1, evaluation(&[(key, 0.70, 0.0)])), run(2, "esmm", 2, evaluation(&[(key, 0.80, 0.0)]))];
        assert!(headline(&runs, "naive").is_empty());
    }
}
