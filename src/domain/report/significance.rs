//! Intervals over held-out rows and training seeds.
//!
//! Two kinds of luck stand behind a metric of one training log: which rows were held out, and the seed of training. The
//! rows' share is the bootstrap's: its replicates are drawn from the same resamples of the same rows for every model and
//! seed, so a difference taken replicate by replicate is paired, and the noise that models share cancels. The seeds' share
//! is the spread of the metric over the seeds. A third kind, which log was drawn to train on, is in no interval.
//!
//! - One seed: the interval is of the held-out rows alone, and says nothing of the luck of training.
//! - S seeds: with `C` the mean covariance of the replicates of two seeds (the noise of the rows that all seeds share) and
//!   `V = s²/S` (`s²` the variance over seeds, which holds what of the rows' noise is a seed's own) the half width is
//!   `h² = z²C + V·(z²C/2 + t²V)/(C/2 + V)`, `t` Student's with S − 1 degrees of freedom, `z` the normal's. Of rows alone
//!   it is `z√C`, of seeds alone `t√V`; between them it holds in 93.6 to 96.9 % of samples with two seeds and 94.7 to 96.1 %
//!   with three (docs/verdicts.md), where Welch and Satterthwaite's degrees of freedom fall to 87 and 92 %.
//!
//! A difference between models is treated alike, over the seeds that both were trained with.

use super::compare::{Measure, Spread};
use crate::domain::metrics::{
    FEWEST_REPLICATES, Metric, NoInterval, NoiseLaw, Scale, Support, Z_975, lower_p, t_975, t_two_sided_p, two_sided_p,
    variance,
};

/// One metric over seeds: its values, and its replicates where there are enough.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// One a seed.
    pub values: Vec<f64>,
    /// `[seeds][replicates]`; empty when none were drawn.
    pub replicates: Vec<Vec<f64>>,
}

/// What the mean over seeds may be off by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Noise {
    /// Variance for the rows, of what all seeds share.
    pub rows: f64,
    /// Variance over the seeds; 0 with one, where it is not known.
    pub seeds: f64,
    /// What of `seeds` is of the rows that were held out, and falls with their number.
    pub rows_of_seed: f64,
    pub n_seeds: usize,
    /// Degrees of freedom of the rows' standard error.
    pub degrees: f64,
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
    let (_, task) = key.rsplit_once('.')?;
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

impl Noise {
    /// Half the width of the 95 % interval.
    pub fn half(&self) -> f64 {
        let (rows, seeds) = (self.rows_widened(), self.seeds / self.n_seeds as f64);
        let of_rows = Z_975 * Z_975 * rows;
        if seeds <= 0.0 {
            return libm::sqrt(of_rows);
        }
        let t = t_975(self.n_seeds as f64 - 1.0);
        libm::sqrt(of_rows + seeds * (of_rows / 2.0 + t * t * seeds) / (rows / 2.0 + seeds))
    }

    /// Standard error of the mean.
    pub fn error(&self) -> f64 {
        libm::sqrt(self.rows + self.seeds / self.n_seeds as f64)
    }

    /// Chance of a mean at least this far from 0, were its expectation 0: that of a sum of the rows' noise, normal, and the
    /// seeds', Student's (Behrens and Fisher), which is never below what the interval says.
    pub fn p_value(&self, distance: f64) -> f64 {
        let (rows, seeds) = (self.rows_widened(), self.seeds / self.n_seeds as f64);
        let (distance, df) = (distance.abs(), self.n_seeds.saturating_sub(1));
        if rows + seeds <= 0.0 {
            return if distance > 0.0 { 0.0 } else { 1.0 };
        }
        if seeds <= 0.0 {
            return two_sided_p(distance / libm::sqrt(rows));
        }
        if rows <= 0.0 {
            return t_two_sided_p(distance / libm::sqrt(seeds), df);
        }
        let (rows, seeds) = (libm::sqrt(rows), libm::sqrt(seeds));
        if rows <= seeds { seeds_beyond(distance, rows, seeds, df) } else { rows_beyond(distance, rows, seeds, df) }
    }

    /// The rows' variance, so much larger that the normal's quantile does for Student's.
    fn rows_widened(&self) -> f64 {
        let wider = t_975(self.degrees) / Z_975;
        self.rows * wider * wider
    }
}

/// Chance that `rows·Z + seeds·T` is further from 0 than `distance`, summed over the normal `Z` where it is the narrower.
fn seeds_beyond(distance: f64, rows: f64, seeds: f64, df: usize) -> f64 {
    let beyond = |x: f64| {
        let tail = t_two_sided_p(x, df) / 2.0;
        if x >= 0.0 { tail } else { 1.0 - tail }
    };
    let steps = (-24..=24).map(|step| f64::from(step) / 4.0);
    let (sum, total) = steps.fold((0.0, 0.0), |(sum, total), z| {
        let weight = libm::exp(-z * z / 2.0);
        (sum + weight * 2.0 * beyond((distance - z * rows) / seeds), total + weight)
    });
    (sum / total).min(1.0)
}

/// The same, summed over Student's `T`, on a grid that reaches far.
fn rows_beyond(distance: f64, rows: f64, seeds: f64, df: usize) -> f64 {
    let df = df as f64;
    let steps = (-100..=100).map(|step| f64::from(step) / 8.0);
    let (sum, total) = steps.fold((0.0, 0.0), |(sum, total), u| {
        let t = libm::sinh(u);
        let weight = libm::pow(1.0 + t * t / df, -(df + 1.0) / 2.0) * libm::cosh(u);
        (sum + weight * 2.0 * lower_p((t * seeds - distance) / rows), total + weight)
    });
    (sum / total).min(1.0)
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
    fn the_interval_holds_whichever_kind_of_luck_is_the_greater() {
        // The rule alone, on numbers drawn at random: variance of the rows over that of the mean of the seeds.
        let mut stream = crate::domain::random::Stream::new(5, 1);
        for n_seeds in [2, 3, 5] {
            for ratio in [0.0_f64, 0.05, 0.3, 1.0, 4.0, 100.0] {
                let draws = 4000;
                let mut held = 0;
                for _ in 0..draws {
                    let values: Vec<f64> =
                        (0..n_seeds).map(|_| stream.normal() * f64::sqrt(f64::from(n_seeds))).collect();
                    let off = mean(&values) + stream.normal() * ratio.sqrt();
                    let seeds = variance(&values);
                    let noise =
                        Noise { rows: ratio, seeds, rows_of_seed: 0.0, n_seeds: values.len(), degrees: f64::INFINITY };
                    held += u32::from(off.abs() <= noise.half());
                    if ratio == 0.05 || ratio == 4.0 {
                        // Never bolder than the interval.
                        assert!(noise.p_value(noise.half()) > 0.045, "{noise:?} {}", noise.p_value(noise.half()));
                    }
                }
                let coverage = f64::from(held) / f64::from(draws);
                assert!((0.926..0.975).contains(&coverage), "{n_seeds} seeds, ratio {ratio}: {coverage}");
            }
        }
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
