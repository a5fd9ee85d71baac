//! Calibration: predicted over observed, squared error, reliability curve and its error.

use super::ranking::Ranking;
use super::{Undefined, weighted_mean};

/// Mean predicted over mean observed.
///
/// # Errors
/// [`Undefined`] without rows or positives.
pub fn pcoc(scores: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    let predicted = weighted_mean(weights, |row| scores[row])?;
    let observed = weighted_mean(weights, |row| f64::from(u8::from(labels[row])))?;
    if observed > 0.0 { Ok(predicted / observed) } else { Err(Undefined::NoPositive) }
}

/// Brier score: mean of `(p − label)²`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn brier(scores: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| {
        let error = scores[row] - f64::from(u8::from(labels[row]));
        error * error
    })
}

/// Mean predicted and observed rate in equal-mass bins of the score, lowest first; bins that ties leave empty are
/// absent.
pub fn reliability(scores: &[f64], labels: &[bool], bins: usize) -> Vec<(f64, f64)> {
    let ranking = Ranking::new(scores, labels);
    let bins = equal_mass_bins(&ranking, &vec![1.0; scores.len()], bins);
    bins.iter().filter(|bin| bin.weight > 0.0).map(|bin| (bin.score / bin.weight, bin.positive / bin.weight)).collect()
}

/// Expected calibration error: mean over equal-mass bins of `|mean p − observed rate|`, weighted by mass.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn expected_calibration_error(scores: &[f64], labels: &[bool], bins: usize) -> Result<f64, Undefined> {
    ranked_ece(&Ranking::new(scores, labels), &vec![1.0; scores.len()], bins)
}

/// Expected calibration error over rows already ranked; `weights` in rank order.
pub(super) fn ranked_ece(ranking: &Ranking, weights: &[f64], bins: usize) -> Result<f64, Undefined> {
    let bins = equal_mass_bins(ranking, weights, bins);
    let total: f64 = bins.iter().map(|bin| bin.weight).sum();
    if total > 0.0 {
        Ok(bins.iter().map(|bin| (bin.score - bin.positive).abs()).sum::<f64>() / total)
    } else {
        Err(Undefined::NoRows)
    }
}

/// Weighted sums over a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    weight: f64,
    score: f64,
    positive: f64,
}

/// Equal scores stay together, in the bin where the middle of their mass lies: no bin depends on how ties fall.
fn equal_mass_bins(ranking: &Ranking, weights: &[f64], bins: usize) -> Vec<Bin> {
    let total: f64 = weights.iter().sum();
    let mut sums = vec![Bin::default(); bins];
    let mut above = 0.0;
    for tie in ranking.ties(weights) {
        let weight = tie.weight();
        if weight <= 0.0 {
            continue;
        }
        let below_middle = total - above - weight / 2.0;
        above += weight;
        let index = ((below_middle / total * bins as f64) as usize).min(bins - 1);
        sums[index].weight += weight;
        sums[index].score += weight * ranking.scores[tie.start];
        sums[index].positive += tie.positive;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_equal_mass_and_keep_ties_together() {
        let scores = [0.1, 0.2, 0.3, 0.4];
        assert_eq!(
            reliability(&scores, &[false, true, true, true], 2),
            [((0.1 + 0.2) / 2.0, 0.5), ((0.4 + 0.3) / 2.0, 1.0)]
        );
        assert_eq!(reliability(&[0.3; 4], &[false, true, true, true], 2), [(0.3, 0.75)]);
    }

    #[test]
    fn the_calibration_error_is_the_mean_gap_of_the_bins() {
        let found = expected_calibration_error(&[0.1, 0.2, 0.3, 0.4], &[false, true, true, true], 2).unwrap();
        assert!((found - ((0.5 - 0.15) + (1.0 - 0.35)) / 2.0).abs() < 1e-15);
        assert_eq!(expected_calibration_error(&[], &[], 10), Err(Undefined::NoRows));
    }

    #[test]
    fn pcoc_needs_a_positive() {
        assert_eq!(pcoc(&[0.2, 0.4], &[true, false], &[1.0, 1.0]), Ok((0.2 + 0.4) / 2.0 / 0.5));
        assert_eq!(pcoc(&[0.2, 0.4], &[false, false], &[1.0, 1.0]), Err(Undefined::NoPositive));
    }
}
