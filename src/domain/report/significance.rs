//! Intervals over held-out rows and training seeds.
//!
//! Two kinds of luck stand behind a metric: which rows were held out, and the seed of training. The rows' share is the
//! bootstrap's: its replicates are drawn from the same resamples of the same rows for every model and seed, so a
//! difference taken replicate by replicate is paired, and the noise that models share cancels. The seeds' share is the
//! spread of the metric over the seeds.
//!
//! - One seed: the interval is the central 95 % of the replicates. It says nothing of the luck of training.
//! - S seeds: `mean ± t·√(Vr + s²/S)`, where `Vr` is the variance of the replicates of the mean over seeds and `s²` the
//!   variance over seeds. `t` is Student's, with Welch and Satterthwaite's degrees of freedom
//!   `(Vr + s²/S)² / (Vr²/(B − 1) + (s²/S)²/(S − 1))` for B replicates: few seeds make a wide interval.
//!
//! A difference between models is treated alike, over the seeds that both were trained with. Each interval stands for
//! itself: none is widened for there being many.

use super::compare::{Measure, Spread};
use crate::domain::metrics::{Metric, central_interval, t_975};

/// Fewer replicates than this give no interval worth showing.
pub const FEWEST_REPLICATES: usize = 20;

/// One metric over seeds: its values, and its replicates where there are enough.
pub(super) struct Sample {
    /// One a seed.
    pub values: Vec<f64>,
    /// `[seeds][replicates]`; empty when none were drawn.
    pub replicates: Vec<Vec<f64>>,
}

/// A value and its 95 % interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    pub fn spans_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

impl Sample {
    /// The metric `key` of runs of one model.
    ///
    /// # Errors
    /// Why it has no value, in words.
    pub fn of(runs: &[Measure], key: &str) -> Result<Self, String> {
        let mut sample = Self { values: Vec::new(), replicates: Vec::new() };
        for run in runs {
            let reason = match run.metrics.get(key) {
                Some(Metric::Value { value, .. }) => {
                    sample.values.push(*value);
                    let drawn = run.replicates.get(key).filter(|drawn| drawn.len() >= FEWEST_REPLICATES);
                    sample
                        .replicates
                        .extend(drawn.map(|drawn| drawn.iter().map(|&x| f64::from(x)).collect::<Vec<_>>()));
                    continue;
                }
                Some(Metric::Undefined { reason }) => reason.as_str(),
                None => text!(undefined::not_predicted),
            };
            return Err(if runs.len() > 1 {
                text!(report::with_seed, reason = reason, seed = run.seed)
            } else {
                reason.to_owned()
            });
        }
        // Replicates of some seeds alone, or of other rows, are none.
        let n = sample.replicates.first().map_or(0, Vec::len);
        let is_whole = sample.replicates.len() == runs.len() && sample.replicates.iter().all(|drawn| drawn.len() == n);
        if !is_whole || runs.iter().any(|run| run.rows != runs[0].rows) {
            sample.replicates.clear();
        }
        Ok(sample)
    }

    /// `of(self) − of(other)`, seed by seed and replicate by replicate.
    pub fn minus(&self, other: &Self, of: impl Fn(f64) -> f64) -> Result<Self, String> {
        let differences = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(&a, &b)| of(a) - of(b)).collect::<Vec<f64>>();
        let sizes = |sample: &Self| sample.replicates.iter().map(Vec::len).collect::<Vec<_>>();
        if self.replicates.is_empty() || sizes(self) != sizes(other) {
            return Err(text!(report::no_replicates).to_owned());
        }
        Ok(Self {
            values: differences(&self.values, &other.values),
            replicates: self.replicates.iter().zip(&other.replicates).map(|(a, b)| differences(a, b)).collect(),
        })
    }

    pub fn spread(&self) -> Spread {
        let fold = |of: fn(f64, f64) -> f64, start: f64| self.values.iter().copied().fold(start, of);
        Spread {
            sd: libm::sqrt(variance(&self.values)),
            min: fold(f64::min, f64::INFINITY),
            max: fold(f64::max, f64::NEG_INFINITY),
        }
    }

    /// As the module's docs say. Without replicates the rows' share is left out.
    pub fn interval(&self) -> Interval {
        let value = mean(&self.values);
        let n_seeds = self.values.len() as f64;
        let n_replicates = self.replicates.first().map_or(0, Vec::len);
        let of_rows: Vec<f64> =
            (0..n_replicates).map(|b| self.replicates.iter().map(|drawn| drawn[b]).sum::<f64>() / n_seeds).collect();
        if self.values.len() == 1 {
            let (low, high) = central_interval(&of_rows).unwrap_or((value, value));
            return Interval { value, low, high };
        }
        let rows = if n_replicates > 1 { variance(&of_rows) } else { 0.0 };
        let seeds = variance(&self.values) / n_seeds;
        let total = rows + seeds;
        if total <= 0.0 {
            return Interval { value, low: value, high: value };
        }
        let by_rows = if n_replicates > 1 { rows * rows / (n_replicates - 1) as f64 } else { 0.0 };
        let df = total * total / (by_rows + seeds * seeds / (n_seeds - 1.0));
        let half = t_975(df) * libm::sqrt(total);
        Interval { value, low: value - half, high: value + half }
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// With one degree of freedom taken by the mean.
fn variance(values: &[f64]) -> f64 {
    let center = mean(values);
    values.iter().map(|x| (x - center) * (x - center)).sum::<f64>() / (values.len() as f64 - 1.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64], noise: f64) -> Sample {
        // 200 replicates whose central 95 % reach `noise` to either side of the value, whatever the seed.
        let drawn = |value: f64| (0..200).map(|b| value + noise * (f64::from(b) - 99.5) / 94.5).collect();
        Sample { values: values.to_vec(), replicates: values.iter().map(|&value| drawn(value)).collect() }
    }

    #[test]
    fn one_seed_has_the_interval_of_its_replicates() {
        let Interval { value, low, high } = sample(&[0.7], 0.02).interval();
        assert_eq!(value, 0.7);
        assert!((low - 0.68).abs() < 1e-3 && (high - 0.72).abs() < 1e-3, "{low} {high}");
    }

    #[test]
    fn seeds_without_noise_of_rows_have_students_interval() {
        let Interval { value, low, high } = sample(&[0.70, 0.72, 0.71], 0.0).interval();
        // sd .01, t with 2 degrees of freedom 4.3027
        assert!((value - 0.71).abs() < 1e-12);
        assert!(
            (high - value - 4.302_652_73 * 0.01 / 3f64.sqrt()).abs() < 1e-9
                && (value - low - (high - value)).abs() < 1e-12
        );
    }

    #[test]
    fn both_kinds_of_luck_add_up() {
        let rows = sample(&[0.71, 0.71], 0.02).interval();
        let seeds = sample(&[0.70, 0.72], 0.0).interval();
        let both = sample(&[0.70, 0.72], 0.02).interval();
        let width = |interval: Interval| interval.high - interval.low;
        // The rows' variance is known from 200 replicates, the seeds' from 2 runs: t falls as the rows' share grows.
        assert!(width(both) > width(rows) && width(both) < width(seeds), "{rows:?} {seeds:?} {both:?}");
    }

    #[test]
    fn paired_noise_cancels_in_a_difference() {
        let difference = sample(&[0.72], 0.05).minus(&sample(&[0.70], 0.05), |x| x).unwrap().interval();
        assert!((difference.low - 0.02).abs() < 1e-12 && (difference.high - 0.02).abs() < 1e-12);
        let mut other = sample(&[0.7], 0.05);
        other.replicates[0].pop();
        assert!(sample(&[0.72], 0.05).minus(&other, |x| x).is_err());
    }
}
