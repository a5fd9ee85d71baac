//! One pass down a ranking that feeds every rank metric at once: a bootstrap walks it hundreds of times.

use super::auc::Area;
use super::calibration::Bins;
use super::f1::Top;
use super::precision::Precision;
use super::ranking::Ranking;
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
        Self::feeding(ranking, weights, true)
    }

    /// The same, its bins left empty: what they are for has no interval, so no replicate needs them.
    pub fn without_bins(ranking: &Ranking, weights: &[f64]) -> Self {
        Self::feeding(ranking, weights, false)
    }

    fn feeding(ranking: &Ranking, weights: &[f64], has_bins: bool) -> Self {
        let totals = ranking.totals(weights);
        let rows = totals.iter().sum();
        let mut walk = Self {
            rows,
            positive: totals[1] + totals[3],
            area: Area::default(),
            precision: Precision::default(),
            tops: TOP_SHARES.map(|share| Top::new(share, rows)),
            bins: Bins::new(ECE_BINS, rows).of_design(ranking.design),
            thresholds: Thresholds::new(totals),
        };
        let mut is_top = true;
        for tie in ranking.ties(weights) {
            // More than a third of the rows are not in a resample.
            if tie.positive == 0.0 && tie.negative == 0.0 {
                continue;
            }
            walk.area.add(&tie);
            walk.precision.add(&tie);
            if is_top {
                walk.tops.iter_mut().for_each(|top| top.add(&tie));
                is_top = walk.tops.iter().any(Top::has_room);
            }
            if has_bins {
                walk.bins.add(&tie, ranking.scores[tie.start]);
            }
            walk.thresholds.add(&tie);
        }
        walk
    }
}
