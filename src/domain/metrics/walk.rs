//! One pass down a ranking that feeds every rank metric at once: a bootstrap walks it hundreds of times.

use super::auc::Area;
use super::calibration::Bins;
use super::f1::Top;
use super::precision::Precision;
use super::ranking::{Ranking, Tie};
use super::threshold::Thresholds;

/// Shares of the rows that [`Walk::tops`] calls positive (ESM², section 4.2).
pub(super) const TOP_SHARES: [f64; 3] = [0.001, 0.006, 0.01];
/// Equal-mass bins of the calibration error.
pub(super) const ECE_BINS: usize = 10;

/// Every rank metric's accumulator, after the walk.
pub(super) struct Walk {
    pub rows: f64,
    pub positive: f64,
    pub area: Area,
    pub precision: Precision,
    /// One for each of [`TOP_SHARES`].
    pub tops: [Top; 3],
    pub bins: Bins,
    pub thresholds: Thresholds,
}

impl Walk {
    /// # Shapes
    /// - `weights`: in rank order
    pub fn down(ranking: &Ranking, weights: &[f64]) -> Self {
        let mut walk = Self::at_top(ranking, ranking.totals(weights));
        for tie in ranking.ties(weights) {
            walk.add(&tie);
            walk.bins.add(&tie, ranking.scores[tie.start]);
        }
        walk
    }

    /// The same from fewer numbers, and its bins left empty: what they are for has no interval, so no replicate needs them.
    ///
    /// - `stretches`: the ranking's, [`Ranking::stretches`]
    pub fn of_stretches(ranking: &Ranking, stretches: &[Tie]) -> Self {
        let mut totals = [0.0; 4];
        for stretch in stretches {
            totals[0] += stretch.negative - stretch.second_negative;
            totals[1] += stretch.positive - stretch.second_positive;
            totals[2] += stretch.second_negative;
            totals[3] += stretch.second_positive;
        }
        let mut walk = Self::at_top(ranking, totals);
        stretches.iter().for_each(|stretch| walk.add(stretch));
        walk
    }

    /// - `totals`: weights by label and half, as [`Ranking::totals`]
    fn at_top(ranking: &Ranking, totals: [f64; 4]) -> Self {
        let rows = totals.iter().sum();
        Self {
            rows,
            positive: totals[1] + totals[3],
            area: Area::default(),
            precision: Precision::default(),
            tops: TOP_SHARES.map(|share| Top::new(share, rows)),
            bins: Bins::new(ECE_BINS, rows).of_design(ranking.design),
            thresholds: Thresholds::new(totals),
        }
    }

    #[inline(always)]
    fn add(&mut self, tie: &Tie) {
        // More than a third of the rows are not in a resample.
        if tie.positive == 0.0 && tie.negative == 0.0 {
            return;
        }
        self.area.add(tie);
        self.precision.add(tie);
        self.tops.iter_mut().for_each(|top| top.add(tie));
        self.thresholds.add(tie);
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::Given;
    use super::super::input::Exposure;
    use super::super::metric_names;
    use proptest::prelude::*;

    proptest! {
        /// [`Measurement::weighted`](super::super::Measurement) holds each value to its replicate's.
        #[test]
        fn a_replicate_is_as_the_whole_walk_whatever_the_ties_weights_and_late_labels(
            rows in prop::collection::vec((0u8..9, prop::bool::weighted(0.2), 0u8..3, 0.3f64..1.0), 1..80),
            is_late: bool,
        ) {
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0 + 1) / 11.0).collect();
            let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            let mut given = Given::new(&scores, &labels).with_truth(&scores);
            if is_late {
                let weight = rows.iter().map(|row| row.3).collect();
                let positive = rows.iter().map(|row| if row.1 { 1.0 } else { 0.0 }).collect();
                given.task.exposure = Some(Exposure { weight, positive });
            }
            for name in metric_names() {
                let _ = given.weighted(name, &weights);
            }
        }
    }
}
