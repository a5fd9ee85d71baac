//! Whether a run was still learning when it ended: a comparison would then be of the models' haste.

use super::readings::Evaluation;
use crate::domain::metrics::{Metric, MetricKey};

/// How a run came to its predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Training<'a> {
    /// No seed stands behind them: predictions as they are.
    Given,
    /// By training with a seed.
    Seeded {
        /// Trained to its end, which early stopping may have brought forward.
        is_complete: bool,
        /// The run's evaluations as far as they are known, the one that is compared last.
        path: &'a [Evaluation],
    },
}

/// The losses that a run is judged by: what every model of impressions is trained to lower.
const TASKS: [&str; 2] = ["ctr", "ctcvr"];
/// How near to the middle of a run an evaluation has to be, as a share of the run.
const NEAR: f64 = 0.15;
/// Of all that a model has gained over the base rate, the most that one that has learned gains in the second half of its run.
const MOST_OF_GAIN: f64 = 0.4;
/// The same of what it has gained since it was untrained: all that there is to gain on a log that says nothing.
const MOST_OF_ALL: f64 = 0.0025;
/// The least fall of normalised entropy that counts, times the root of the held-out positives: what a few positives do by
/// chance is no learning.
const NOISE: f64 = 0.05;

/// Whether the runs of one model were still learning when they ended: whether the held-out loss of clicks or of purchases
/// fell in the second half of the run, on average over the seeds, by more than its noise, and by more than a good part of all
/// that was gained. `false` where no earlier evaluation is known.
///
/// `positives` is the number of held-out positives of a task.
///
/// A learning rate that falls to 0 flattens every curve at its end, so the end alone would call everything learned; the
/// middle does not. docs/metrics.md has what was measured.
pub(super) fn still_learned(runs: &[Training], positives: impl Fn(&str) -> usize) -> bool {
    TASKS.iter().any(|task| {
        let key = MetricKey { metric: "ne", task }.to_string();
        let curves: Vec<Curve> = runs.iter().filter_map(|training| training.curve(&key)).collect();
        if curves.is_empty() {
            return false;
        }
        let mean = |of: fn(&Curve) -> f64| curves.iter().map(of).sum::<f64>() / curves.len() as f64;
        let (first, middle, end) = (mean(|curve| curve.first), mean(|curve| curve.middle), mean(|curve| curve.end));
        let usual = (MOST_OF_GAIN * (1.0 - end)).max(MOST_OF_ALL * (first - end));
        middle - end > usual.max(NOISE / libm::sqrt(positives(task).max(1) as f64))
    })
}

/// Normalised entropy of the held-out rows at three times of a run.
struct Curve {
    /// As early as is known.
    first: f64,
    middle: f64,
    end: f64,
}

impl Training<'_> {
    fn curve(&self, key: &str) -> Option<Curve> {
        let Self::Seeded { path, .. } = self else { return None };
        let (end, before) = path.split_last()?;
        let off = |evaluation: &&Evaluation| (evaluation.epoch - end.epoch / 2.0).abs();
        let middle = before.iter().min_by(|a, b| off(a).total_cmp(&off(b)))?;
        if off(&middle) > NEAR * end.epoch {
            return None;
        }
        let entropy = |evaluation: &Evaluation| evaluation.metrics.get(key).and_then(Metric::value);
        Some(Curve { first: entropy(before.first()?)?, middle: entropy(middle)?, end: entropy(end)? })
    }

    /// Whether another seed could have given other predictions.
    pub fn has_seed(&self) -> bool {
        matches!(self, Self::Seeded { .. })
    }

    pub fn is_complete(&self) -> bool {
        !matches!(self, Self::Seeded { is_complete: false, .. })
    }
}

/// Whether `step`, just done, is the middle of a run: what its end is compared with.
pub fn is_middle(step: u64, total_steps: u64) -> bool {
    step == total_steps.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::readings::tests::empty;

    /// A run's evaluations by epoch and normalised entropy.
    fn path(curve: &[(f64, f64)]) -> Vec<Evaluation> {
        let point = |&(epoch, value): &(f64, f64)| {
            let metrics = [("ne.ctcvr".to_owned(), Metric::Value { value, low: value, high: value })].into();
            Evaluation { epoch, metrics, ..empty() }
        };
        curve.iter().map(point).collect()
    }

    fn learned(runs: &[Vec<Evaluation>]) -> bool {
        let runs: Vec<Training> = runs.iter().map(|path| Training::Seeded { is_complete: true, path }).collect();
        still_learned(&runs, |_| 400)
    }

    #[test]
    fn a_run_that_was_too_short_is_told_from_one_that_has_learned() {
        // As measured: epochs and normalised entropy.
        for (curve, expected) in [
            // 60 000 rows, two epochs in batches of 32: of the default log, and of one without selection.
            (vec![(0.0, 20.6), (1.0, 0.9395), (2.0, 0.9284)], false),
            (vec![(0.0, 7.6), (1.0, 0.9193), (2.0, 0.9042)], false),
            // The same in batches of 512, one epoch.
            (vec![(0.0, 20.6), (0.5, 1.2352), (1.0, 1.0477)], true),
            (vec![(0.0, 7.6), (0.5, 0.9974), (1.0, 0.9644)], true),
            // A tenth of the rate, one epoch: hardly on its way.
            (vec![(0.0, 9.99), (0.5, 9.90), (1.0, 9.72)], true),
            (vec![(0.0, 9.99), (0.5, 7.00), (1.0, 6.00)], true),
            // Worse than the base rate from too much training, or where there is nothing to learn.
            (vec![(0.0, 12.2), (1.0, 0.96), (2.0, 1.0), (3.0, 1.036), (4.0, 1.043)], false),
            (vec![(0.0, 12.2), (1.0, 1.012), (2.0, 1.001)], false),
            // Nothing near the middle is known.
            (vec![(4.0, 0.95)], false),
            (vec![(0.0, 9.0), (1.0, 0.99), (4.0, 0.95)], false),
        ] {
            assert_eq!(learned(&[path(&curve)]), expected, "{curve:?}");
        }
    }

    #[test]
    fn seeds_are_judged_together() {
        let falling = path(&[(0.0, 9.0), (2.0, 0.980), (4.0, 0.950)]);
        let done = path(&[(0.0, 9.0), (2.0, 0.930), (4.0, 0.931)]);
        assert!(learned(std::slice::from_ref(&falling)));
        assert!(!learned(&[falling, done.clone(), done]));
    }

    #[test]
    fn the_middle_of_a_run_is_one_step() {
        for total in 1..40 {
            assert_eq!((1..=total).filter(|&step| is_middle(step, total)).count(), 1);
        }
    }
}
