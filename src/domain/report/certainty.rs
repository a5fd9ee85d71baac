//! What would make a difference certain: how many held-out positives, or training seeds, would tell one of its size.

use serde::{Deserialize, Serialize};

use super::noise::Noise;

/// What would tell a difference of this size in four of five repetitions, at the standard errors of now. The rows' part of
/// the variance falls with the positives, the seeds' with the seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Needed {
    /// Held-out positives, with the seeds that there are; absent where no number of them would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positives: Option<usize>,
    /// Training seeds, with the held-out positives that there are; absent where no number of them would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<usize>,
}

/// Normal quantile of a power of 80 %.
const POWER: f64 = 0.841_621_234;
/// Seeds from which a verdict is made. Fewer leave the luck of training unknown: of two, by whose spread one in ten equal
/// models would be told apart in some metrics (docs/verdicts.md), it is hardly known.
pub const FEWEST_SEEDS: usize = 3;
/// More seeds than this nobody trains.
const MOST_SEEDS: usize = 200;
/// A log so many times as large is another log.
const MOST_TIMES: f64 = 1e4;

impl Needed {
    /// What would tell `distance`, when `positives` are held out now.
    pub(super) fn to_tell(distance: f64, noise: &Noise, positives: usize) -> Self {
        let tells = |times: f64, n_seeds: usize| {
            let then = noise.with(times, n_seeds);
            then.half() + POWER * then.error() <= distance.abs()
        };
        if noise.n_seeds < FEWEST_SEEDS {
            // Of one seed the luck of training is not known: the held-out rows alone need at least so many.
            let positives = times_until(|times| tells(times, FEWEST_SEEDS)).map(|times| scaled(positives, times));
            return Self { positives, seeds: Some(FEWEST_SEEDS) };
        }
        Self {
            positives: times_until(|times| tells(times, noise.n_seeds)).map(|times| scaled(positives, times)),
            seeds: (noise.n_seeds..=MOST_SEEDS).find(|&seeds| tells(1.0, seeds)),
        }
    }
}

/// The least factor of the held-out rows that will do.
fn times_until(tells: impl Fn(f64) -> bool) -> Option<f64> {
    if !tells(MOST_TIMES) {
        return None;
    }
    let (mut low, mut high) = (1e-3_f64, MOST_TIMES);
    while high / low > 1.001 {
        let middle = libm::sqrt(low * high);
        if tells(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

fn scaled(positives: usize, times: f64) -> usize {
    libm::ceil(positives as f64 * times) as usize
}

impl Noise {
    /// The noise with so many times the held-out rows, and so many seeds.
    fn with(&self, times: f64, n_seeds: usize) -> Self {
        let of_training = self.seeds - self.rows_of_seed;
        Self {
            rows: self.rows / times,
            seeds: of_training + self.rows_of_seed / times,
            rows_of_seed: self.rows_of_seed / times,
            n_seeds,
            degrees: ((self.degrees + 1.0) * times - 1.0).max(3.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(rows: f64, training: f64, n_seeds: usize) -> Noise {
        Noise { rows, seeds: training, rows_of_seed: 0.0, n_seeds, degrees: f64::INFINITY }
    }

    #[test]
    fn noise_of_the_rows_falls_with_the_positives() {
        // A standard error of .01 tells .028 (1.96 + .84 of it); half the difference needs four times the rows.
        let needed = Needed::to_tell(0.0140, &noise(1e-4, 0.0, 3), 50);
        let positives = needed.positives.unwrap();
        assert!((199..=202).contains(&positives), "{positives}");
        assert_eq!(needed.seeds, None, "no seed makes the rows more");
    }

    #[test]
    fn noise_of_training_falls_with_the_seeds_alone() {
        // Nine seeds with a spread of .02: a standard error of .0067, and t of 2.31 instead of 1.96.
        let needed = Needed::to_tell(0.021, &noise(0.0, 4e-4, 3), 50);
        assert_eq!(needed, Needed { positives: None, seeds: Some(9) });
    }

    #[test]
    fn of_one_seed_the_luck_of_training_is_not_known() {
        let needed = Needed::to_tell(0.028, &noise(1e-4, 0.0, 1), 50);
        assert!(needed.seeds == Some(FEWEST_SEEDS) && needed.positives.unwrap() <= 51, "{needed:?}");
    }
}
