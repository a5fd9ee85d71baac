//! Bootstrap over users (rows when there is no user).

use super::ranking::dense;
use crate::domain::random::Stream;

/// How intervals are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// 0 draws no interval: `low` and `high` are then the value.
    pub replicates: usize,
    pub seed: u64,
}

impl Bootstrap {
    /// No interval, for readings whose speed matters more.
    pub const NONE: Self = Self { replicates: 0, seed: 1 };
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { replicates: 200, seed: 1 }
    }
}

/// Units numbered densely, ready to be drawn again and again.
#[derive(Debug, Clone)]
pub(super) struct Resampler {
    pub unit_of_row: Vec<u32>,
    pub n_units: usize,
}

impl Resampler {
    /// # Panics
    /// When there are units, but not one a row.
    pub fn new(units: Option<&[u32]>, n_rows: usize) -> Self {
        let (unit_of_row, n_units) = match units {
            Some(units) => {
                assert_eq!(units.len(), n_rows, "one unit a row");
                dense(units)
            }
            None => ((0..n_rows as u32).collect(), n_rows),
        };
        Self { unit_of_row, n_units }
    }

    /// How often each unit is drawn in replicate number `replicate`.
    ///
    /// Depends on the seed, the replicate and the units alone, so replicates of different models pair.
    pub fn unit_weights(&self, seed: u64, replicate: usize) -> Vec<f64> {
        let mut stream = Stream::new(seed, replicate as u64);
        let mut counts = vec![0.0; self.n_units];
        for _ in 0..self.n_units {
            counts[stream.below(self.n_units as u64) as usize] += 1.0;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_unit_are_drawn_together_and_as_many_units_as_there_are() {
        let resampler = Resampler::new(Some(&[4, 9, 4, 7, 9, 4]), 6);
        assert_eq!(resampler.unit_of_row, [0, 1, 0, 2, 1, 0]);
        for replicate in 0..50 {
            assert_eq!(resampler.unit_weights(1, replicate).iter().sum::<f64>(), 3.0);
        }
    }

    #[test]
    fn replicates_differ_repeat_and_do_not_know_the_model() {
        let draw = |replicate| Resampler::new(None, 100).unit_weights(1, replicate);
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
