//! Models against a pinned one: paired differences with their bootstrap interval, and what may be said of them.
//!
//! Every model's replicates are drawn from the same resamples of the same rows, so the differences are paired:
//! the noise that models share cancels. Intervals cover the evaluation rows, not the luck of training.

use crate::app::models::display_name;
use crate::domain::metrics::Metric;
use crate::domain::report::Evaluation;
use crate::protocol::Run;

use super::format;

/// Fewer replicates than this give no interval worth showing.
const FEWEST_REPLICATES: usize = 20;

/// A difference of one metric between two models, and its central 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Difference {
    /// Whether the interval holds zero: nothing beyond noise.
    pub fn spans_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// Which direction of a metric is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
    /// Closest to a target: a plain difference says nothing of good or bad.
    Neither,
}

/// Which direction of the metric `name` (without its task) is good.
pub fn better(name: &str) -> Better {
    match name {
        "auc" | "gauc" | "ap" => Better::Higher,
        name if name.starts_with("f1") => Better::Higher,
        "logloss" | "ne" | "brier" | "ece" | "mae_truth" | "xent_truth" => Better::Lower,
        _ => Better::Neither,
    }
}

/// `evaluation − pinned` in the metric `key`; absent where either is undefined or the replicates cannot be paired.
pub fn difference(evaluation: &Evaluation, pinned: &Evaluation, key: &str) -> Option<Difference> {
    mean_difference(&[(evaluation, pinned)], key)
}

/// [`difference`] averaged over pairs (one per training seed), replicate by replicate.
pub fn mean_difference(pairs: &[(&Evaluation, &Evaluation)], key: &str) -> Option<Difference> {
    let n_pairs = pairs.len() as f64;
    let mut value = 0.0;
    let mut differences: Vec<f64> = Vec::new();
    for (evaluation, pinned) in pairs {
        value += (evaluation.metrics.get(key)?.value()? - pinned.metrics.get(key)?.value()?) / n_pairs;
        let (ours, theirs) = (evaluation.replicates.get(key)?, pinned.replicates.get(key)?);
        if ours.len() != theirs.len() || ours.len() < FEWEST_REPLICATES {
            return None;
        }
        if differences.is_empty() {
            differences.resize(ours.len(), 0.0);
        } else if differences.len() != ours.len() {
            return None;
        }
        for (sum, (a, b)) in differences.iter_mut().zip(ours.iter().zip(theirs)) {
            *sum += (a - b) / n_pairs;
        }
    }
    if differences.is_empty() {
        return None;
    }
    differences.sort_by(f64::total_cmp);
    Some(Difference { value, low: quantile(&differences, 0.025), high: quantile(&differences, 0.975) })
}

/// Quantile of sorted values, linear between them.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
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
        parts.extend(claim(&pairs, "mae_truth.cvr_entire_space", other, pinned));
        truth_missing |= pairs
            .iter()
            .any(|(e, _)| !matches!(e.metrics.get("mae_truth.cvr_entire_space"), Some(Metric::Value { .. })));
        sentences.extend(parts);
    }
    if sentences.is_empty() {
        return sentences;
    }
    if truth_missing {
        sentences.push("How far each is from the true CVR is not observable on a real log.".to_owned());
    }
    sentences.push(match seeds {
        1 => "One log, one training seed: the intervals cover the held-out rows, not the luck of training.".to_owned(),
        n => format!("One log, the mean over {n} training seeds; the intervals cover the held-out rows."),
    });
    sentences
}

/// What may be said of every other model against `pinned` in one metric: `auc.ctcvr` or `mae_truth.cvr_entire_space`.
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
fn paired<'a>(runs: &'a [Run], other: &str, pinned: &str) -> Vec<(&'a Evaluation, &'a Evaluation)> {
    runs.iter()
        .filter(|run| run.model.name == other)
        .filter_map(|run| {
            let twin = runs.iter().find(|twin| twin.model.name == pinned && twin.seed == run.seed)?;
            Some((run.shown()?, twin.shown()?))
        })
        .collect()
}

fn claim(pairs: &[(&Evaluation, &Evaluation)], key: &str, other: &str, pinned: &str) -> Option<String> {
    let difference = mean_difference(pairs, key)?;
    let value = |evaluation: &Evaluation| evaluation.metrics.get(key).and_then(Metric::value).unwrap_or_default();
    let n_pairs = pairs.len() as f64;
    let ours = pairs.iter().map(|pair| value(pair.0)).sum::<f64>() / n_pairs;
    let theirs = pairs.iter().map(|pair| value(pair.1)).sum::<f64>() / n_pairs;
    let (other, pinned) = (display_name(other), display_name(pinned));
    let (what, verdict) = match (key, difference.spans_zero(), difference.value > 0.0) {
        ("auc.ctcvr", true, _) => ("in CTCVR AUC", None),
        ("auc.ctcvr", false, higher) => {
            ("CTCVR AUC", Some(if higher { "ranks purchases better than" } else { "ranks purchases worse than" }))
        }
        (_, true, _) => ("in mean |pCVR − truth|", None),
        (_, false, higher) => (
            "mean |pCVR − truth|",
            Some(if higher { "is further from the true CVR than" } else { "is closer to the true CVR than" }),
        ),
    };
    let (low, high) = (difference.low, difference.high);
    let values = format!("{} against {}", format::by_interval(ours, low, high), format::by_interval(theirs, low, high));
    let interval = format!(
        "{}, 95\u{202f}% interval {}",
        format::signed(difference.value, low, high),
        format::interval(low, high)
    );
    Some(match verdict {
        None => {
            format!("Between {other} and {pinned} there is no difference beyond noise {what}: {values} ({interval}).")
        }
        Some(verdict) => format!("On this log {other} {verdict} {pinned}: {what} {values} ({interval})."),
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
        };
        for (key, value, noise) in metrics {
            // The same resamples for every model: one shared wave, plus what is the model's own.
            let replicates: Vec<f64> =
                (0..200).map(|i| value + 0.05 * f64::from(i).sin() + noise * (f64::from(i) * 1.7).cos()).collect();
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
        let difference = difference(&a, &b, "auc.ctr").unwrap();
        assert!((difference.value - 0.02).abs() < 1e-12 && !difference.spans_zero());
        assert!(difference.high - difference.low < 0.003, "{difference:?}");
    }

    #[test]
    fn replicates_that_cannot_be_paired_give_no_difference() {
        let (a, mut b) = (evaluation(&[("auc.ctr", 0.72, 0.0)]), evaluation(&[("auc.ctr", 0.70, 0.0)]));
        b.replicates.get_mut("auc.ctr").unwrap().pop();
        assert_eq!(difference(&a, &b, "auc.ctr"), None);
        assert_eq!(difference(&a, &b, "auc.none"), None);
    }

    #[test]
    fn the_headline_says_noise_where_there_is_only_noise() {
        let key = "auc.ctcvr";
        let mae = "mae_truth.cvr_entire_space";
        let runs = [
            run(1, "naive", 1, evaluation(&[(key, 0.760, 0.0), (mae, 0.10, 0.0)])),
            run(2, "esmm", 1, evaluation(&[(key, 0.762, 0.03), (mae, 0.08, 0.001)])),
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
