//! Whether a run was still learning when it ended: a comparison would then be of the models' haste.

use super::readings::Evaluation;
use crate::domain::metrics::Metric;

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

/// Share of a run over which the held-out loss is looked at, at least an epoch and at most half the run.
const LAST_SHARE: f64 = 0.25;
/// Of what was gained over the base rate, what a run that has learned gains in that time at most.
const MOST_OF_GAIN: f64 = 0.25;
/// Noise of a fall of normalised entropy over the root of the positives: four times the click's, twice the purchase's
/// standard error (measured on logs of 20 000 to 60 000 rows at several rates and lengths of training).
const NOISE: f64 = 0.05;

impl Training<'_> {
    /// Whether the held-out loss of `task` still fell by more than its noise, and by more than a small part of all that was
    /// learned, when training ended. `false` where no earlier evaluation is known.
    pub fn still_fell(&self, task: &str, positives: usize) -> bool {
        let Self::Seeded { path, .. } = self else { return false };
        let Some((last, before)) = path.split_last() else { return false };
        let until = last.epoch - look_back(last.epoch);
        let Some(earlier) = before.iter().rev().find(|evaluation| evaluation.epoch <= until + 1e-9) else {
            return false;
        };
        let key = format!("ne.{task}");
        let entropy = |evaluation: &Evaluation| evaluation.metrics.get(&key).and_then(Metric::value);
        let (Some(now), Some(then)) = (entropy(last), entropy(earlier)) else { return false };
        let noise = NOISE / libm::sqrt(positives.max(1) as f64);
        then - now > noise.max(MOST_OF_GAIN * (1.0 - now))
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
pub fn look_back(epochs: f64) -> f64 {
    (LAST_SHARE * epochs).max(1.0).min(epochs / 2.0)
}
