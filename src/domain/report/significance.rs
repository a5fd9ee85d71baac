//! Intervals over held-out rows and training seeds.
//!
//! Two kinds of luck stand behind a metric of one training log: which rows were held out, and the seed of training. The
//! rows' share is the bootstrap's: its replicates are drawn from the same resamples of the same rows for every model and
//! seed, so a difference taken replicate by replicate is paired, and the noise that models share cancels. The seeds' share
//! is the spread of the metric over the seeds. A third kind, which log was drawn to train on, is in no interval.
//!
//! - One seed: the interval is of the held-out rows alone, and says nothing of the luck of training.
//! - S seeds: the rows' noise that all seeds share and the spread of the seeds, put together as [`Noise::half`] says.
//!
//! A difference between models is treated alike, over the seeds that both were trained with.

use super::compare::{Measure, Spread};
use super::noise::Noise;
use crate::domain::metrics::{
    FEWEST_REPLICATES, Metric, MetricKey, NoInterval, NoValue, NoiseLaw, Scale, Support, Undefined, variance,
};

/// One metric over seeds: its values, and its replicates where there are enough.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// One a seed.
    pub values: Vec<f64>,
    /// `[seeds][replicates]`; empty when none were drawn.
    pub replicates: Vec<Vec<f64>>,
}

/// A value and its 95 % interval; equal bounds where there is none.
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

/// The least support that any of the runs has for the task of `key`; `None` when a run does not say.
pub(super) fn support(runs: &[Measure], key: &str) -> Option<Support> {
    let task = MetricKey::parse(key)?.task;
    let mut all = runs.iter().map(|run| run.support.get(task).copied());
    let first = all.next()??;
    all.try_fold(first, |least, support| {
        let support = support?;
        let hits = std::array::from_fn(|top| least.hits[top].min(support.hits[top]));
        Some(Support { hits, ..if support.events() < least.events() { support } else { least } })
    })
}

impl Sample {
    /// The metric `key` of runs of one model.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn of(runs: &[Measure], key: &str) -> Result<Self, NoValue> {
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
                Some(Metric::Undefined(why)) => why.reason,
                None => Undefined::NotPredicted,
            };
            return Err(NoValue { reason, seed: (runs.len() > 1).then_some(run.seed) });
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

    /// The value without an interval.
    pub fn alone(&self) -> Interval {
        let value = mean(&self.values);
        Interval { value, low: value, high: value }
    }

    /// The interval by the metric's law; the value alone where there is no law, or no replicates.
    pub fn interval(&self, law: Result<NoiseLaw, NoInterval>) -> Interval {
        let alone = self.alone();
        let Some((law, noise)) = law.ok().and_then(|law| Some((law, self.noise(law)?))) else { return alone };
        let (low, high) = law.scale.around(alone.value, noise.half());
        Interval { low, high, ..alone }
    }

    /// As [`Sample::interval`], of a difference: on the metric's own scale it may be anything.
    pub fn difference(&self, law: NoiseLaw) -> Option<(Interval, Noise)> {
        let noise = self.noise(NoiseLaw { scale: Scale::Plain, ..law })?;
        let (alone, half) = (self.alone(), noise.half());
        Some((Interval { low: alone.value - half, high: alone.value + half, ..alone }, noise))
    }

    /// The parts of the noise, on the law's scale; `None` without replicates.
    fn noise(&self, law: NoiseLaw) -> Option<Noise> {
        let n_replicates = self.replicates.first()?.len();
        let center = mean(&self.values);
        let on_scale = |values: &[f64]| -> Vec<f64> { values.iter().map(|&x| law.scale.of_value(x, center)).collect() };
        let replicates: Vec<Vec<f64>> = self.replicates.iter().map(|drawn| on_scale(drawn)).collect();
        let n_seeds = self.values.len();
        let own = mean(&replicates.iter().map(|drawn| variance(drawn)).collect::<Vec<_>>());
        if n_seeds == 1 {
            return Some(Noise { rows: own, seeds: 0.0, rows_of_seed: 0.0, n_seeds, degrees: law.degrees });
        }
        let s = n_seeds as f64;
        let of_mean: Vec<f64> =
            (0..n_replicates).map(|b| replicates.iter().map(|drawn| drawn[b]).sum::<f64>() / s).collect();
        // The variance of a mean of S is its terms' variance over S and their covariance times (S − 1)/S.
        let rows = ((s * variance(&of_mean) - own) / (s - 1.0)).clamp(0.0, own);
        let seeds = variance(&on_scale(&self.values));
        Some(Noise { rows, seeds, rows_of_seed: (own - rows).min(seeds), n_seeds, degrees: law.degrees })
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: NoiseLaw = NoiseLaw { scale: Scale::Plain, degrees: f64::INFINITY };

    /// Replicates with a standard deviation of `shared`, the same for every seed, and of `own`, another for each.
    fn sample(values: &[f64], shared: f64, own: f64) -> Sample {
        // Cosines of whole numbers of turns: each of variance one half, none with a part of another.
        let wave = |turns: usize, b: usize| libm::cos(std::f64::consts::TAU * (turns * b) as f64 / 200.0) * 2f64.sqrt();
        let drawn = |(seed, &value): (usize, &f64)| {
            (0..200).map(|b| value + shared * wave(1, b) + own * wave(seed + 2, b)).collect()
        };
        Sample { values: values.to_vec(), replicates: values.iter().enumerate().map(drawn).collect() }
    }

    fn half(sample: &Sample) -> f64 {
        let Interval { value, low, high } = sample.interval(Ok(LAW));
        assert!((high - value - (value - low)).abs() < 1e-12);
        high - value
    }

    #[test]
    fn one_seed_has_the_interval_of_its_rows() {
        assert!((half(&sample(&[0.7], 0.01, 0.0)) / (1.96 * 0.01) - 1.0).abs() < 0.01);
    }

    #[test]
    fn seeds_without_noise_of_rows_have_students_interval() {
        // sd .01, t with 2 degrees of freedom 4.3027
        assert!((half(&sample(&[0.70, 0.72, 0.71], 0.0, 0.0)) - 4.302_652_73 * 0.01 / 3f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn noise_that_all_seeds_share_is_not_averaged_away_and_what_is_a_seed_s_own_is_not_counted_twice() {
        assert!((half(&sample(&[0.71, 0.71, 0.71], 0.01, 0.0)) / (1.96 * 0.01) - 1.0).abs() < 0.01);
        let own = sample(&[0.70, 0.72, 0.71], 0.0, 0.01);
        assert!((half(&own) / (4.302_652_73 * 0.01 / 3f64.sqrt()) - 1.0).abs() < 0.01, "{}", half(&own));
        let (_, noise) = own.difference(LAW).unwrap();
        assert!(noise.rows < 1e-6 && (noise.rows_of_seed / 1e-4 - 1.0).abs() < 0.02, "{noise:?}");
    }

    #[test]
    fn without_replicates_there_is_no_interval() {
        let mut bare = sample(&[0.70, 0.72], 0.01, 0.0);
        bare.replicates.clear();
        let Interval { low, high, .. } = bare.interval(Ok(LAW));
        assert_eq!(low, high);
        assert!(bare.difference(LAW).is_none());
    }

    #[test]
    fn paired_noise_cancels_in_a_difference() {
        let minus = sample(&[0.72], 0.05, 0.0).minus(&sample(&[0.70], 0.05, 0.0), |x| x).unwrap();
        let (Interval { low, high, .. }, _) = minus.difference(LAW).unwrap();
        assert!((low - 0.02).abs() < 1e-9 && (high - 0.02).abs() < 1e-9);
        let mut other = sample(&[0.7], 0.05, 0.0);
        other.replicates[0].pop();
        assert!(sample(&[0.72], 0.05, 0.0).minus(&other, |x| x).is_err());
    }
}
