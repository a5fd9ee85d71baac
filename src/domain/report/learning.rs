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

/// Share of a run, its last, over which the held-out loss is looked at. The learning rate is then a quarter of what it was
/// at first and falls to 0: who looks further back sees noise settle, which is no learning.
const LAST_SHARE: f64 = 0.25;
/// Share of a run by which an evaluation may be nearer to its end than that.
const STEP_ROOM: f64 = 0.02;
/// Of what a model has gained over the base rate, the most that one that has learned gains in that time.
const MOST_OF_GAIN: f64 = 0.25;
/// Of what a model that is no better than the base rate has gained since it was untrained, the most in that time.
const MOST_OF_ALL: f64 = 0.1;
/// Noise of a fall of normalised entropy over the root of the positives: four times the click's, twice the purchase's
/// standard error (measured on logs of 20 000 to 60 000 rows at several rates and lengths of training).
const NOISE: f64 = 0.05;

/// Whether the held-out loss of `task` still fell when the runs of one model ended: on average over their seeds by more than
/// its noise, and by more than a small part of all that was learned. `false` where no earlier evaluation is known.
pub(super) fn still_fell<'a>(runs: impl Iterator<Item = Training<'a>>, task: &str, positives: usize) -> bool {
    let key = MetricKey { metric: "ne", task }.to_string();
    let curves: Vec<Curve> = runs.filter_map(|training| training.curve(&key)).collect();
    if curves.is_empty() {
        return false;
    }
    let mean = |of: fn(&Curve) -> f64| curves.iter().map(of).sum::<f64>() / curves.len() as f64;
    let (first, then, now) = (mean(|curve| curve.first), mean(|curve| curve.then), mean(|curve| curve.now));
    let usual = if now < 1.0 { MOST_OF_GAIN * (1.0 - now) } else { MOST_OF_ALL * (first - now) };
    then - now > usual.max(NOISE / libm::sqrt(positives.max(1) as f64))
}

/// Normalised entropy of the held-out rows at three times of a run.
struct Curve {
    /// As early as is known.
    first: f64,
    /// A while before the end.
    then: f64,
    now: f64,
}

impl Training<'_> {
    fn curve(&self, key: &str) -> Option<Curve> {
        let Self::Seeded { path, .. } = self else { return None };
        let (last, before) = path.split_last()?;
        // The last batch of an epoch is smaller, so that steps and epochs do not keep step to the last digit.
        let until = last.epoch - look_back(last.epoch) + STEP_ROOM * last.epoch;
        let earlier = before.iter().rev().find(|evaluation| evaluation.epoch <= until)?;
        let entropy = |evaluation: &Evaluation| evaluation.metrics.get(key).and_then(Metric::value);
        Some(Curve { first: entropy(before.first()?)?, then: entropy(earlier)?, now: entropy(last)? })
    }

    /// Whether another seed could have given other predictions.
    pub fn has_seed(&self) -> bool {
        matches!(self, Self::Seeded { .. })
    }

    pub fn is_complete(&self) -> bool {
        !matches!(self, Self::Seeded { is_complete: false, .. })
    }
}

/// Epochs before the end of a run of `epochs` at which the held-out loss is compared with that of the end.
fn look_back(epochs: f64) -> f64 {
    LAST_SHARE * epochs
}

/// Whether `step`, just done, is the one after which the held-out loss is taken to be compared with that of the end.
/// `epoch` is how many passes the run has made so far.
pub fn is_last_before_end(step: u64, total_steps: u64, epoch: f64) -> bool {
    let per_step = epoch / step.max(1) as f64;
    let epochs = per_step * total_steps as f64;
    let until = epochs - look_back(epochs) + per_step * 1e-6;
    epoch <= until && epoch + per_step > until
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

    fn fell(runs: &[Vec<Evaluation>]) -> bool {
        still_fell(runs.iter().map(|path| Training::Seeded { is_complete: true, path }), "ctcvr", 400)
    }

    #[test]
    fn a_run_that_was_too_short_is_told_from_one_that_has_learned() {
        // As measured: epochs and normalised entropy.
        for (curve, expected) in [
            // 60 000 rows, a rate of .002 that falls to 0, four epochs.
            (vec![(0.0, 12.2), (1.0, 0.938), (2.0, 0.938), (3.0, 0.922), (4.0, 0.919)], false),
            // Half the rate, two epochs.
            (vec![(0.0, 12.2), (1.0, 0.974), (2.0, 0.9535)], true),
            // A tenth of the rate, one epoch: hardly on its way.
            (vec![(0.0, 9.99), (0.5, 9.90), (1.0, 9.72)], true),
            (vec![(0.0, 9.99), (0.5, 7.00), (1.0, 6.00)], true),
            // Worse than the base rate from too much training, or wrong about the rate as a whole.
            (vec![(0.0, 12.2), (1.0, 0.96), (2.0, 1.0), (3.0, 1.036), (4.0, 1.043)], false),
            (vec![(0.0, 2.6), (2.0, 1.11), (3.0, 1.106), (4.0, 1.100)], false),
            // Nothing earlier is known.
            (vec![(4.0, 0.95)], false),
        ] {
            assert_eq!(fell(&[path(&curve)]), expected, "{curve:?}");
        }
    }

    #[test]
    fn seeds_are_judged_together() {
        let falling = path(&[(0.0, 9.0), (3.0, 0.960), (4.0, 0.940)]);
        let done = path(&[(0.0, 9.0), (3.0, 0.930), (4.0, 0.931)]);
        assert!(fell(std::slice::from_ref(&falling)));
        assert!(!fell(&[falling, done.clone(), done]));
    }
}
