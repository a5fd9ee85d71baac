//! Calibration: predicted over observed, squared error, reliability curve and its error.

use super::Undefined;
use super::input::Design;
use super::ranking::Tie;

/// Predicted over observed, from the means of both.
pub(super) fn ratio(predicted: f64, observed: f64) -> Result<f64, Undefined> {
    if observed > 0.0 { Ok(predicted / observed) } else { Err(Undefined::NoPositive) }
}

/// One row's `(p − label)²`, whose mean is the Brier score.
pub(super) fn squared_error(p: f64, label: bool) -> f64 {
    let error = p - f64::from(u8::from(label));
    error * error
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
pub(super) struct Bin {
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

/// Bins of equal mass while they fill, from the highest score down.
///
/// Equal scores stay together, in the bin where the middle of their mass lies: no bin depends on how ties fall.
#[derive(Debug, Clone)]
pub(super) struct Bins {
    bins: Vec<Bin>,
    total: f64,
    below: f64,
    design: Option<Design>,
}

impl Bins {
    pub fn new(bins: usize, total: f64) -> Self {
        Self { bins: vec![Bin::default(); bins], total, below: total, design: None }
    }

    /// The same of a sample in which rows stand for several impressions.
    pub fn of_design(self, design: Option<Design>) -> Self {
        Self { design, ..self }
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

    /// Expected calibration error: mean over equal-mass bins of `|mean p − observed rate|`, weighted by mass.
    ///
    /// Too large on average: chance alone makes gaps, and an absolute value adds them up. A perfectly calibrated model
    /// shows [`Bins::chance`], not 0. No interval of a bootstrap is honest for it (docs/metrics.md), so it has none.
    pub fn error(&self) -> Result<f64, Undefined> {
        if self.total > 0.0 {
            Ok(self.bins.iter().map(|bin| (bin.score - bin.positive).abs()).sum::<f64>() / self.total)
        } else {
            Err(Undefined::NoRows)
        }
    }

    /// The [`Bins::error`] that these very scores would show on average if they were the true probabilities and every
    /// label were drawn by itself.
    ///
    /// A bin's share is the mean absolute deviation of a binomial number of positives (de Moivre), narrowed by how much
    /// the scores within the bin differ. Of a sample with weights, a bin is worth as many whole impressions as vary alike.
    pub fn chance(&self) -> Result<f64, Undefined> {
        if self.total <= 0.0 {
            return Err(Undefined::NoRows);
        }
        let of_bin = |bin: &Bin| {
            let p = bin.score / bin.weight;
            let binomial = bin.weight * p * (1.0 - p);
            let narrowed = if binomial > 0.0 { libm::sqrt((bin.variance / binomial).clamp(0.0, 1.0)) } else { 0.0 };
            match self.design.map(|design| design.factor(p)) {
                None => mean_deviation(bin.weight, p) * narrowed,
                Some(factor) => mean_deviation(bin.weight / factor, p) * factor * narrowed,
            }
        };
        Ok(self.filled().map(of_bin).sum::<f64>() / self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::Given;
    use super::super::ranking::Ranking;
    use super::*;
    use proptest::prelude::*;

    fn bins(scores: &[f64], labels: &[bool], n: usize) -> Bins {
        let mut bins = Bins::new(n, scores.len() as f64);
        let ranking = Ranking::new(scores, labels);
        ranking.ties(&vec![1.0; scores.len()]).for_each(|tie| bins.add(&tie, ranking.scores[tie.start]));
        bins
    }

    #[test]
    fn bins_hold_equal_mass_and_keep_ties_together() {
        let rates = |scores: &[f64]| -> Vec<(f64, f64)> {
            let bins = bins(scores, &[false, true, true, true], 2);
            bins.filled().map(|bin| (bin.score / bin.weight, bin.positive / bin.weight)).collect()
        };
        assert_eq!(rates(&[0.1, 0.2, 0.3, 0.4]), [((0.2 + 0.1) / 2.0, 0.5), ((0.4 + 0.3) / 2.0, 1.0)]);
        assert_eq!(rates(&[0.3; 4]), [(0.3, 0.75)]);
    }

    #[test]
    fn the_calibration_error_is_the_mean_gap_of_the_bins() {
        let found = bins(&[0.1, 0.2, 0.3, 0.4], &[false, true, true, true], 2).error().unwrap();
        assert!((found - ((0.5 - 0.15) + (1.0 - 0.35)) / 2.0).abs() < 1e-15);
        assert_eq!(Given::new(&[], &[]).metric("ece"), Err(Undefined::NoRows));
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
                let found = Given::new(&scores, &labels).metric("ece").unwrap();
                mean += (found - mean) / f64::from(draw + 1);
            }
            let expected = Given::new(&scores, &vec![false; scores.len()]).metric("ece_chance").unwrap();
            assert!((mean / expected - 1.0).abs() < 0.04, "{n} {highest}: {mean} instead of {expected}");
        }
        assert_eq!(bins(&[1.0, 0.0], &[true, false], 2).chance(), Ok(0.0));
        assert_eq!(Given::new(&[], &[]).metric("ece_chance"), Err(Undefined::NoRows));
    }

    #[test]
    fn a_calibrated_model_shows_the_error_of_chance_on_a_sample_too() {
        // All positives are kept, and negatives at a rate; or positives at another.
        for (highest, of_positives, of_negatives) in [(0.02, 1.0, 0.01), (0.3, 1.0, 0.1), (0.3, 0.5, 0.2)] {
            let mut draws = crate::domain::random::Stream::new(3, 1);
            let population: Vec<f64> = (0..20_000).map(|i| highest * (f64::from(i) + 0.5) / 20_000.0).collect();
            let (mut found, mut expected, mut held, mut bins) = (0.0, 0.0, 0.0, 0.0);
            for _ in 0..60 {
                let (mut scores, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
                for &p in &population {
                    let label = draws.uniform() < p;
                    let rate = if label { of_positives } else { of_negatives };
                    if draws.uniform() < rate {
                        scores.push(p);
                        labels.push(label);
                        weights.push(1.0 / rate);
                    }
                }
                let mut given = Given::new(&scores, &labels);
                given.task.sampling = Some(weights);
                found += given.metric("ece").unwrap();
                expected += given.metric("ece_chance").unwrap();
                for bin in given.reliability() {
                    held += f64::from(u8::from(bin.low <= bin.mean_p && bin.mean_p <= bin.high));
                    bins += 1.0;
                }
            }
            let what = format!("{highest} {of_positives} {of_negatives}");
            assert!((found / expected - 1.0).abs() < 0.1, "{what}: {found} instead of {expected}");
            assert!((0.92..0.98).contains(&(held / bins)), "{what}: intervals hold in {}", held / bins);
        }
    }

    #[test]
    fn pcoc_needs_a_positive() {
        let pcoc = |labels: &[bool]| Given::new(&[0.2, 0.4], labels).metric("pcoc");
        assert_eq!(pcoc(&[true, false]), Ok((0.2 + 0.4) / 2.0 / 0.5));
        assert_eq!(pcoc(&[false, false]), Err(Undefined::NoPositive));
    }

    proptest! {
        #[test]
        fn calibration_errors_lie_between_the_mean_gap_and_one(
            rows in prop::collection::vec((0.001f64..0.999, any::<bool>()), 1..300)
        ) {
            let (scores, labels): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let found = Given::new(&scores, &labels).metric("ece").unwrap();
            let observed = labels.iter().filter(|&&label| label).count() as f64;
            let gap = (scores.iter().sum::<f64>() - observed).abs() / scores.len() as f64;
            prop_assert!(gap - 1e-12 <= found && found <= 1.0);
        }
    }
}
