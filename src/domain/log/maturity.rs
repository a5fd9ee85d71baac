//! How many of the labels that come late are known at an age, estimated from the log alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ImpressionLog, Label, Timing};
use crate::domain::label;

const DAY_SECONDS: f64 = 86_400.0;

/// Fewer conversions whose age would show a delay say nothing of how many have it.
const MIN_OBSERVABLE: usize = 10;

/// P(delay ≤ age) of an outcome, relative to the longest delay that the log can show.
///
/// A young row shows its outcome only if that came soon, so plain shares would make outcomes look fast. This is the
/// maximum-likelihood estimate under such right truncation: `F(t) = Π_{d > t} (1 − m_d / R_d)` over distinct delays d, m_d
/// the number of them and R_d the outcomes with `delay ≤ d ≤ window`. With windows beyond every delay it is the plain
/// share. Source: Lynden-Bell 1971, Kalbfleisch and Lawless 1989.
///
/// What comes later than the oldest row is old cannot be known without a law of delays, and is not counted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arrivals {
    /// Distinct delays, ascending, and the share that is there after each.
    steps: Vec<(f64, f64)>,
    longest_window: f64,
}

/// How much is known of each row's late labels, by their age.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Maturity {
    /// From the click to the conversion.
    pub conversion: Arrivals,
    /// From the click to the return.
    pub returned: Arrivals,
    /// From the conversion to the return.
    pub after_conversion: Arrivals,
}

/// What of a log's late label is known, and what is to be expected. Days count from the click.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelMaturity {
    /// Days after which half of what comes within `horizon_days` is there.
    pub half_days: f64,
    /// Days after which 95 % of it are there.
    pub mature_days: f64,
    /// The longest wait that the log can show. What comes later is not known, and not counted.
    pub horizon_days: f64,
    /// Ones so far.
    pub arrived: usize,
    /// Ones to be expected within `horizon_days` of the click.
    pub expected: f64,
}

impl LabelMaturity {
    /// Share of the expected ones that is still to come.
    pub fn share_to_come(&self) -> f64 {
        if self.expected > 0.0 { (1.0 - self.arrived as f64 / self.expected).max(0.0) } else { 0.0 }
    }
}

impl ImpressionLog {
    /// What of the late labels is known, by name; empty when the log does not say when they came.
    pub fn label_maturity(&self) -> BTreeMap<String, LabelMaturity> {
        let Some(timing) = &self.timing else { return BTreeMap::new() };
        let of_label = |(name, arrivals): (&str, &Arrivals)| {
            let label = self.label(name)?;
            timing.times(name)?;
            let known =
                |row| if name == "return" { timing.return_maturity(row) } else { timing.conversion_maturity(row) };
            let clicked = || (0..self.n_rows).filter(|&row| self.is_clicked(row));
            let arrived = label.iter().filter(|&&yes| yes).count();
            let known: f64 = clicked().map(known).sum();
            let rate = if known > 0.0 { arrived as f64 / known } else { 0.0 };
            let maturity = LabelMaturity {
                half_days: arrivals.age_of(0.5) / DAY_SECONDS,
                mature_days: arrivals.age_of(0.95) / DAY_SECONDS,
                horizon_days: arrivals.horizon() / DAY_SECONDS,
                arrived,
                expected: rate * clicked().count() as f64,
            };
            (arrived > 0).then(|| (name.to_owned(), maturity))
        };
        let Maturity { conversion, returned, .. } = &timing.maturity;
        [(label::CONVERSION, conversion), ("return", returned)].into_iter().filter_map(of_label).collect()
    }
}

impl Arrivals {
    /// The estimate from outcomes that are known.
    ///
    /// - `delays`: pairs of delay and window (the age of its row when the log was taken), delay ≤ window
    pub fn estimate(delays: &[(f64, f64)]) -> Self {
        let sorted = |mut values: Vec<f64>| {
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let delay = sorted(delays.iter().map(|(delay, _)| *delay).collect());
        let window = sorted(delays.iter().map(|(_, window)| *window).collect());
        // From the longest delay down: the share below each distinct delay.
        let (mut share, mut end) = (1.0, delay.len());
        let mut steps = Vec::new();
        while end > 0 {
            let at = delay[end - 1];
            steps.push((at, share));
            let start = delay.partition_point(|&d| d < at);
            let too_young = window.partition_point(|&w| w < at);
            // The oldest rows are few: one late outcome among two of them is no estimate of a half.
            if delay.len() - too_young >= MIN_OBSERVABLE.min(delay.len()) {
                share *= 1.0 - (end - start) as f64 / (end - too_young).max(1) as f64;
            }
            end = start;
        }
        steps.reverse();
        Self { steps, longest_window: window.last().copied().unwrap_or_default() }
    }

    /// The share that is known at `age`; 1 when no outcome is known to estimate it by.
    pub fn share(&self, age: f64) -> f64 {
        match self.steps.partition_point(|(at, _)| *at <= age) {
            0 if self.steps.is_empty() => 1.0,
            0 => 0.0,
            k => self.steps[k - 1].1,
        }
    }

    /// The least age at which at least `share` is known.
    pub fn age_of(&self, share: f64) -> f64 {
        let reached = self.steps.iter().find(|(_, known)| *known >= share);
        reached.or(self.steps.last()).map_or(0.0, |(at, _)| *at)
    }

    /// The age of the oldest outcome's row: no longer delay could have been seen.
    pub fn horizon(&self) -> f64 {
        self.longest_window
    }
}

impl Maturity {
    /// The estimates of a log whose times are `timing`.
    pub(super) fn of(timing: &Timing, labels: &[Label]) -> Self {
        let none = Vec::new();
        let is_one = |name: &str| labels.iter().find(|label| label.name == name).map_or(&none, |label| &label.values);
        let from = |name: &str, start: &dyn Fn(usize) -> f64| {
            let rows = is_one(name).iter().enumerate().filter(|(_, yes)| **yes).map(|(row, _)| row);
            let delay = |row: usize| {
                let (at, start) = (timing.times(name)?[row], start(row));
                // A NaN, where a time is not known, is not above anything.
                (at >= start).then(|| (at - start, (timing.observed_until - start).max(at - start)))
            };
            Arrivals::estimate(&rows.filter_map(delay).collect::<Vec<_>>())
        };
        let clicked = |row: usize| timing.start[row];
        let bought = |row: usize| timing.times(label::CONVERSION).map_or(f64::NAN, |at| at[row]);
        Self {
            conversion: from(label::CONVERSION, &clicked),
            returned: from("return", &clicked),
            after_conversion: from("return", &bought),
        }
    }
}

impl Timing {
    /// Share of the conversions that are known at the age of `row`.
    pub fn conversion_maturity(&self, row: usize) -> f64 {
        self.maturity.conversion.share(self.elapsed(row, f64::INFINITY))
    }

    /// Share of the returns that are known at the age of `row`: never more than of the conversions that they presuppose.
    pub fn return_maturity(&self, row: usize) -> f64 {
        let returned = self.maturity.returned.share(self.elapsed(row, f64::INFINITY));
        returned.min(self.conversion_maturity(row))
    }

    /// Share of the returns that are known of a row that has converted; 1 when nobody knows when it did.
    pub fn return_maturity_after_conversion(&self, row: usize) -> f64 {
        let at = self.times(label::CONVERSION).map_or(f64::NAN, |at| at[row]);
        if at.is_nan() { 1.0 } else { self.maturity.after_conversion.share((self.observed_until - at).max(0.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::Stream;

    #[test]
    fn without_truncation_the_share_is_the_plain_one() {
        let arrivals = Arrivals::estimate(&[(1.0, 9.0), (2.0, 9.0), (2.0, 9.0), (5.0, 9.0)]);
        for (age, expected) in [(0.5, 0.0), (1.0, 0.25), (2.0, 0.75), (4.0, 0.75), (5.0, 1.0)] {
            assert!((arrivals.share(age) - expected).abs() < 1e-12, "{age} {arrivals:?}");
        }
        assert_eq!((arrivals.age_of(0.5), arrivals.age_of(0.76)), (2.0, 5.0));
        assert_eq!(Arrivals::estimate(&[]).share(0.0), 1.0);
    }

    #[test]
    fn young_clicks_do_not_make_conversions_look_fast() {
        // Exponential delays with mean 1, seen only within windows uniform on (0, 4).
        let mut stream = Stream::new(5, 0);
        let mut seen = Vec::new();
        while seen.len() < 40_000 {
            let (delay, window) = (-libm::log1p(-stream.uniform()), 4.0 * stream.uniform());
            if delay <= window {
                seen.push((delay, window));
            }
        }
        let arrivals = Arrivals::estimate(&seen);
        let ages = [0.25, 0.5, 1.0, 2.0, 3.0];
        let shares = ages.map(|age| arrivals.share(age));
        let law = |age: f64| (1.0 - (-age).exp()) / (1.0 - (-4.0_f64).exp());
        for (age, share) in ages.iter().zip(&shares) {
            assert!((share - law(*age)).abs() < 0.015, "{age} {share} {}", law(*age));
            let plain = seen.iter().filter(|(delay, _)| delay <= age).count() as f64 / 40_000.0;
            assert!(plain - share > 0.01, "the plain share {plain} is the biased one");
        }
        assert!(shares.is_sorted());
    }

    #[test]
    fn one_late_outcome_of_the_oldest_row_does_not_empty_the_estimate() {
        // Thirty outcomes after 1 at windows of 5, one after 9 that only its own row was old enough to show.
        let mut delays = vec![(1.0, 5.0); 30];
        delays.push((9.0, 9.5));
        let arrivals = Arrivals::estimate(&delays);
        assert_eq!(arrivals.share(2.0), 1.0, "of one row in one nothing follows");
    }
}
