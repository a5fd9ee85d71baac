//! Calibration: predicted over observed, squared error, reliability curve and its error.

use super::ranking::{Ranking, Tie};
use super::{Undefined, weighted_mean};

/// Mean predicted over mean observed.
///
/// # Errors
/// [`Undefined`] without rows or positives.
pub fn pcoc(scores: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    let predicted = weighted_mean(weights, |row| scores[row])?;
    let observed = weighted_mean(weights, |row| f64::from(u8::from(labels[row])))?;
    ratio(predicted, observed)
}

/// Mean predicted over mean observed, from the means.
pub(super) fn ratio(predicted: f64, observed: f64) -> Result<f64, Undefined> {
    if observed > 0.0 { Ok(predicted / observed) } else { Err(Undefined::NoPositive) }
}

/// Brier score: mean of `(p − label)²`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn brier(scores: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| squared_error(scores[row], labels[row]))
}

/// One row's `(p − label)²`.
pub(super) fn squared_error(p: f64, label: bool) -> f64 {
    let error = p - f64::from(u8::from(label));
    error * error
}

/// Equal-mass bins of the score, lowest first; bins that ties leave empty are absent.
pub fn reliability(scores: &[f64], labels: &[bool], bins: usize) -> Vec<Bin> {
    let ranking = Ranking::new(scores, labels);
    let weights = vec![1.0; scores.len()];
    ranked_bins(&ranking, &weights, bins).filled().copied().collect()
}

/// Expected calibration error: mean over equal-mass bins of `|mean p − observed rate|`, weighted by mass.
///
/// Too large on average: chance alone makes gaps, and an absolute value adds them up. A perfectly calibrated model shows
/// [`chance_calibration_error`], not 0. No interval of a bootstrap is honest for it (docs/metrics.md), so it has none.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn expected_calibration_error(scores: &[f64], labels: &[bool], bins: usize) -> Result<f64, Undefined> {
    ranked_bins(&Ranking::new(scores, labels), &vec![1.0; scores.len()], bins).error()
}

/// The [`expected_calibration_error`] that these very scores would show on average if they were the true probabilities
/// and every label were drawn by itself.
///
/// A bin's share is the mean absolute deviation of a binomial number of positives (de Moivre), narrowed by how much the
/// scores within the bin differ.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn chance_calibration_error(scores: &[f64], bins: usize) -> Result<f64, Undefined> {
    let labels = vec![false; scores.len()];
    ranked_bins(&Ranking::new(scores, &labels), &vec![1.0; scores.len()], bins).chance()
}

/// Mean of `|X − n·p|` for a binomial X of `n` draws.
fn mean_deviation(n: f64, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return 0.0;
    }
    let next = libm::floor(n * p) + 1.0;
    let ways = libm::lgamma(n + 1.0) - libm::lgamma(next + 1.0) - libm::lgamma(n - next + 1.0);
    let log = libm::log(2.0 * next) + ways + next * libm::log(p) + (n - next + 1.0) * libm::log1p(-p);
    libm::exp(log)
}

/// Weighted sums over a bin of the score.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    pub weight: f64,
    /// Sum of the scores.
    pub score: f64,
    /// Weight of the positives.
    pub positive: f64,
    /// Sum of `p·(1 − p)`: the variance of the positives, were the scores the true probabilities.
    pub variance: f64,
    /// Ranks in the bin: the first, and the one after the last.
    pub ranks: (usize, usize),
}

fn ranked_bins(ranking: &Ranking, weights: &[f64], bins: usize) -> Bins {
    let mut bins = Bins::new(bins, weights.iter().sum());
    ranking.ties(weights).for_each(|tie| bins.add(&tie, ranking.scores[tie.start]));
    bins
}

/// Bins of equal mass while they fill, from the highest score down.
///
/// Equal scores stay together, in the bin where the middle of their mass lies: no bin depends on how ties fall.
#[derive(Debug, Clone)]
pub(super) struct Bins {
    bins: Vec<Bin>,
    total: f64,
    below: f64,
}

impl Bins {
    pub fn new(bins: usize, total: f64) -> Self {
        Self { bins: vec![Bin::default(); bins], total, below: total }
    }

    pub fn add(&mut self, tie: &Tie, score: f64) {
        let weight = tie.weight();
        if weight <= 0.0 {
            return;
        }
        let below_middle = self.below - weight / 2.0;
        self.below -= weight;
        let last = self.bins.len() - 1;
        let bin = &mut self.bins[((below_middle / self.total * (last + 1) as f64) as usize).min(last)];
        if bin.weight == 0.0 {
            bin.ranks.0 = tie.start;
        }
        bin.ranks.1 = tie.end;
        bin.weight += weight;
        bin.score += weight * score;
        bin.positive += tie.positive;
        bin.variance += weight * score * (1.0 - score);
    }

    /// Bins with rows, lowest scores first.
    pub fn filled(&self) -> impl Iterator<Item = &Bin> {
        self.bins.iter().filter(|bin| bin.weight > 0.0)
    }

    pub fn error(&self) -> Result<f64, Undefined> {
        if self.total > 0.0 {
            Ok(self.bins.iter().map(|bin| (bin.score - bin.positive).abs()).sum::<f64>() / self.total)
        } else {
            Err(Undefined::NoRows)
        }
    }

    /// As [`chance_calibration_error`].
    pub fn chance(&self) -> Result<f64, Undefined> {
        if self.total <= 0.0 {
            return Err(Undefined::NoRows);
        }
        let of_bin = |bin: &Bin| {
            let p = bin.score / bin.weight;
            let binomial = bin.weight * p * (1.0 - p);
            let narrowed = if binomial > 0.0 { libm::sqrt((bin.variance / binomial).clamp(0.0, 1.0)) } else { 0.0 };
            mean_deviation(bin.weight, p) * narrowed
        };
        Ok(self.filled().map(of_bin).sum::<f64>() / self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_equal_mass_and_keep_ties_together() {
        let rates = |scores: &[f64]| -> Vec<(f64, f64)> {
            let bins = reliability(scores, &[false, true, true, true], 2);
            bins.iter().map(|bin| (bin.score / bin.weight, bin.positive / bin.weight)).collect()
        };
        assert_eq!(rates(&[0.1, 0.2, 0.3, 0.4]), [((0.2 + 0.1) / 2.0, 0.5), ((0.4 + 0.3) / 2.0, 1.0)]);
        assert_eq!(rates(&[0.3; 4]), [(0.3, 0.75)]);
    }

    #[test]
    fn the_calibration_error_is_the_mean_gap_of_the_bins() {
        let found = expected_calibration_error(&[0.1, 0.2, 0.3, 0.4], &[false, true, true, true], 2).unwrap();
        assert!((found - ((0.5 - 0.15) + (1.0 - 0.35)) / 2.0).abs() < 1e-15);
        assert_eq!(expected_calibration_error(&[], &[], 10), Err(Undefined::NoRows));
    }

    #[test]
    fn a_calibrated_model_shows_the_error_of_chance_and_not_0() {
        // Rare and frequent positives, wide and narrow bins, and bins that expect less than one positive.
        for (n, highest) in [(400, 0.02), (2000, 0.05), (2000, 0.9)] {
            let scores: Vec<f64> = (0..n).map(|i| highest * (f64::from(i) + 0.5) / f64::from(n)).collect();
            let mut draws = crate::domain::random::Stream::new(7, n as u64);
            let mut mean = 0.0;
            for draw in 0..400 {
                let labels: Vec<bool> = scores.iter().map(|&p| draws.uniform() < p).collect();
                let found = expected_calibration_error(&scores, &labels, 10).unwrap();
                mean += (found - mean) / f64::from(draw + 1);
            }
            let expected = chance_calibration_error(&scores, 10).unwrap();
            assert!((mean / expected - 1.0).abs() < 0.04, "{n} {highest}: {mean} instead of {expected}");
        }
        assert_eq!(chance_calibration_error(&[1.0, 0.0], 2), Ok(0.0));
        assert_eq!(chance_calibration_error(&[], 10), Err(Undefined::NoRows));
    }

    #[test]
    fn pcoc_needs_a_positive() {
        assert_eq!(pcoc(&[0.2, 0.4], &[true, false], &[1.0, 1.0]), Ok((0.2 + 0.4) / 2.0 / 0.5));
        assert_eq!(pcoc(&[0.2, 0.4], &[false, false], &[1.0, 1.0]), Err(Undefined::NoPositive));
    }
}
