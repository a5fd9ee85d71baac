//! What a mean over training seeds may be off by, of held-out rows and seeds together.

use crate::domain::metrics::{Z_975, lower_p, t_975, t_two_sided_p, two_sided_p};

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

impl Noise {
    /// Half the width of the 95 % interval.
    ///
    /// With `C` the rows' variance, `V = s²/S` the seeds', `z` the normal's and `t` Student's quantile of S − 1 degrees of
    /// freedom it is `√(z²C + V·(z²C/2 + t²V)/(C/2 + V))`: of rows alone `z√C`, of seeds alone `t√V`. Between them it holds in
    /// 93.6 to 96.9 % of samples with two seeds and 94.7 to 96.1 % with three (docs/verdicts.md), where Welch and
    /// Satterthwaite's degrees of freedom fall to 87 and 92 %: when two seeds agree by chance, these hand the seeds' part to the
    /// rows' quantile.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metrics::variance;
    use crate::domain::random::Stream;

    #[test]
    fn the_interval_holds_whichever_kind_of_luck_is_the_greater() {
        // The rule alone, on numbers drawn at random: variance of the rows over that of the mean of the seeds.
        let mut stream = Stream::new(5, 1);
        for n_seeds in [2, 3, 5] {
            for ratio in [0.0_f64, 0.05, 0.3, 1.0, 4.0, 100.0] {
                let draws = 4000;
                let mut held = 0;
                for _ in 0..draws {
                    let values: Vec<f64> =
                        (0..n_seeds).map(|_| stream.normal() * f64::sqrt(f64::from(n_seeds))).collect();
                    let off = values.iter().sum::<f64>() / values.len() as f64 + stream.normal() * ratio.sqrt();
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
}
