//! F1 at a threshold that was not chosen on the rows it is judged by.
//!
//! The evaluation's users (rows without one) fall into two halves. Each half's best threshold is applied to the other
//! half, and the counts of both are put together: every row is judged once, by a threshold chosen without it. A
//! threshold chosen on the rows themselves would flatter a model, the more the rarer the label.

use super::Undefined;
use super::ranking::Tie;

/// Whether a unit (by its dense number) falls into the second half: evenly spread over the numbers, the same in every
/// evaluation.
pub(super) fn is_in_second_half(unit: u32) -> bool {
    // Multiples of the golden ratio, modulo 1, fill both halves as evenly as can be.
    u64::from(unit).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 63 == 1
}

/// Rows called positive down to the present score, and how many of them are.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    called: f64,
    hits: f64,
}

/// Each half's best threshold so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thresholds {
    positives: [f64; 2],
    rows: f64,
    tallies: [Tally; 2],
    best_f1: [f64; 2],
    /// What the best threshold of each half calls positive in the other.
    judged: [Tally; 2],
}

impl Thresholds {
    /// From the weights by label and half.
    pub fn new(totals: [f64; 4]) -> Self {
        Self {
            positives: [totals[1], totals[3]],
            rows: totals.iter().sum(),
            tallies: [Tally::default(); 2],
            best_f1: [0.0; 2],
            judged: [Tally::default(); 2],
        }
    }

    #[inline(always)]
    pub fn add(&mut self, tie: &Tie) {
        let positive = [tie.positive - tie.second_positive, tie.second_positive];
        let negative = [tie.negative - tie.second_negative, tie.second_negative];
        for (tally, (hits, misses)) in self.tallies.iter_mut().zip(positive.into_iter().zip(negative)) {
            tally.called += hits + misses;
            tally.hits += hits;
        }
        for (half, hits) in positive.into_iter().enumerate() {
            // F1 rises only where a positive is called.
            if hits > 0.0 {
                let Tally { called, hits } = self.tallies[half];
                let f1 = 2.0 * hits / (called + self.positives[half]);
                if f1 > self.best_f1[half] {
                    self.best_f1[half] = f1;
                    self.judged[half] = self.tallies[1 - half];
                }
            }
        }
    }

    pub fn f1(&self) -> Result<f64, Undefined> {
        let positives = self.positives[0] + self.positives[1];
        if self.rows <= 0.0 {
            Err(Undefined::NoRows)
        } else if positives <= 0.0 {
            Err(Undefined::NoPositive)
        } else if self.positives.contains(&0.0) {
            Err(Undefined::NoPositiveInHalf)
        } else {
            let [a, b] = self.judged;
            Ok(2.0 * (a.hits + b.hits) / (a.called + b.called + positives))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::Given;
    use super::*;

    fn f1(scores: &[f64], labels: &[bool], second: &[bool]) -> Result<f64, Undefined> {
        Given { second: Some(second.to_vec()), ..Given::new(scores, labels) }.metric("f1_threshold")
    }

    #[test]
    fn each_half_is_judged_by_the_threshold_of_the_other() {
        // First half: best threshold .8 (one hit, one called). Second: .3 (two hits, three called).
        let scores = [0.8, 0.4, 0.2, 0.9, 0.5, 0.3];
        let labels = [true, false, false, true, false, true];
        let second = [false, false, false, true, true, true];
        // At .8 the second half calls .9: one hit. At .3 the first half calls .8 and .4: one hit.
        assert_eq!(f1(&scores, &labels, &second), Ok(2.0 * 2.0 / (1.0 + 2.0 + 3.0)));
    }

    #[test]
    fn a_half_without_a_positive_has_no_threshold() {
        let labels = [true, false, false];
        let found = f1(&[0.1, 0.2, 0.3], &labels, &[false, true, false]);
        assert_eq!(found, Err(Undefined::NoPositiveInHalf));
        assert_eq!(f1(&[0.1], &[false], &[true]), Err(Undefined::NoPositive));
        assert_eq!(f1(&[], &[], &[]), Err(Undefined::NoRows));
    }

    #[test]
    fn halves_are_even_wherever_one_looks() {
        for start in [0, 17, 4000] {
            let second = (start..start + 100).filter(|&unit| is_in_second_half(unit)).count();
            assert!((48..=52).contains(&second), "{start}: {second}");
        }
    }
}
