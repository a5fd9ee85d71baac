//! When purchases and returns happen, and which of them count.

use super::behavior::{Probabilities, p_return};
use super::preferences::Preferences;
use super::selection::ClickScore;
use super::world::{DAY, Impressions, World, streams};
use super::{DelayLaw, SynthSpec};
use crate::domain::random::Stream;

/// When the purchase of every impression would happen.
#[derive(Debug, Clone, Default)]
pub(super) struct Delays {
    /// Mean delay in days; absent when purchases happen at once.
    pub mean_days: Option<Vec<f64>>,
    /// P(the purchase falls into the attribution window); absent with the above.
    share_that_counts: Option<Vec<f64>>,
}

impl Delays {
    pub fn of(spec: &SynthSpec, world: &World, impressions: &Impressions, clicks: &ClickScore) -> Self {
        if spec.delay == DelayLaw::None {
            return Self::default();
        }
        let mean = mean_delays(spec, world, impressions, clicks);
        let share = |&mean| spec.delay.share_within(spec.attribution_days, mean, spec.delay_spread);
        Self { share_that_counts: Some(mean.iter().map(share).collect()), mean_days: Some(mean) }
    }

    pub fn share_that_counts(&self, row: usize) -> f64 {
        self.share_that_counts.as_ref().map_or(1.0, |share| share[row])
    }
}

/// What becomes of every impression's potential purchase, had the impression been clicked.
#[derive(Debug, Clone)]
pub(super) struct Aftermath {
    /// Whole seconds from the click to the purchase.
    pub delay_seconds: Vec<f64>,
    pub returns: Option<Returns>,
}

/// Returns of every impression's potential purchase.
#[derive(Debug, Clone)]
pub(super) struct Returns {
    /// True P(return | purchase).
    pub p: Vec<f64>,
    pub potential: Vec<bool>,
    /// Whole seconds from the purchase to the return.
    pub delay_seconds: Vec<f64>,
}

impl Aftermath {
    pub fn draw(
        spec: &SynthSpec,
        world: &World,
        impressions: &Impressions,
        delays: &Delays,
        probabilities: &Probabilities,
    ) -> Self {
        let mut aftermath = Self { delay_seconds: vec![0.0; spec.rows], returns: None };
        if let Some(mean) = &delays.mean_days {
            let mut stream = Stream::new(spec.seed, streams::DELAYS);
            for (seconds, &mean) in aftermath.delay_seconds.iter_mut().zip(mean) {
                *seconds = libm::ceil(spec.delay.draw(&mut stream, mean, spec.delay_spread) * DAY);
            }
        }
        if spec.return_rate > 0.0 {
            let conversion = |row| probabilities.click[row] * probabilities.p_cvr(row) * delays.share_that_counts(row);
            let conversions: Vec<f64> = (0..spec.rows).map(conversion).collect();
            aftermath.returns = Some(Returns::draw(spec, world, impressions, &conversions));
        }
        aftermath
    }

    /// Whether the purchase of `row`, if there is one, falls into the attribution window.
    pub fn counts(&self, spec: &SynthSpec, row: usize) -> bool {
        spec.delay == DelayLaw::None || self.delay_seconds[row] <= spec.attribution_days * DAY
    }
}

impl Returns {
    /// `conversions`: each impression's probability of being clicked and converted.
    fn draw(spec: &SynthSpec, world: &World, impressions: &Impressions, conversions: &[f64]) -> Self {
        let score = Preferences::draw(spec, streams::RETURN_PREFERENCES).scores(spec, world, impressions);
        let p = p_return(spec, &score, conversions);
        let mut stream = Stream::new(spec.seed, streams::RETURNS);
        let mut returns = Self { p, potential: Vec::new(), delay_seconds: Vec::new() };
        for row in 0..spec.rows {
            returns.potential.push(stream.uniform() < returns.p[row]);
            let days = spec.return_delay.draw(&mut stream, spec.return_delay_days, spec.delay_spread);
            returns.delay_seconds.push(libm::ceil(days * DAY));
        }
        returns
    }
}

/// Mean delay of every impression's purchase, in days; over the impressions their mean is the wanted one. What drives it is
/// free of what drives clicks, so that an attribution window does not select.
fn mean_delays(spec: &SynthSpec, world: &World, impressions: &Impressions, clicks: &ClickScore) -> Vec<f64> {
    if spec.delay_variation == 0.0 {
        return vec![spec.delay_days; spec.rows];
    }
    let score = Preferences::draw(spec, streams::DELAY_PREFERENCES).scores(spec, world, impressions);
    let score = clicks.free(score, None);
    let factor: Vec<f64> = score.iter().map(|score| libm::exp(spec.delay_variation * score)).collect();
    let mean = factor.iter().sum::<f64>() / factor.len().max(1) as f64;
    factor.iter().map(|factor| spec.delay_days * factor / mean).collect()
}

impl DelayLaw {
    /// A delay with mean `mean`, in `mean`'s unit.
    fn draw(self, stream: &mut Stream, mean: f64, spread: f64) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Exponential => -mean * libm::log1p(-stream.uniform()),
            Self::LogNormal => libm::exp(log_normal_center(mean, spread) + spread * stream.normal()),
        }
    }

    /// P(delay ≤ `within`).
    pub fn share_within(self, within: f64, mean: f64, spread: f64) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Exponential => -libm::expm1(-within / mean),
            Self::LogNormal => {
                let z = (libm::log(within) - log_normal_center(mean, spread)) / spread;
                libm::erfc(-z / core::f64::consts::SQRT_2) / 2.0
            }
        }
    }
}

/// Mean of the logarithm of a log-normal variable with mean `mean`.
fn log_normal_center(mean: f64, spread: f64) -> f64 {
    libm::log(mean) - spread * spread / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_delays_have_the_mean_and_the_shares_of_their_law() {
        for (law, variance) in [(DelayLaw::Exponential, 9.0), (DelayLaw::LogNormal, 9.0 * (0.64_f64.exp() - 1.0))] {
            let mut stream = Stream::new(3, 1);
            let n = 200_000;
            let delays: Vec<f64> = (0..n).map(|_| law.draw(&mut stream, 3.0, 0.8)).collect();
            let mean = delays.iter().sum::<f64>() / f64::from(n);
            assert!((mean - 3.0).abs() < 3.0 * (variance / f64::from(n)).sqrt(), "{law:?} {mean}");
            for within in [0.5, 3.0, 10.0] {
                let found = delays.iter().filter(|&&delay| delay <= within).count() as f64 / f64::from(n);
                let share = law.share_within(within, 3.0, 0.8);
                let standard_error = (share * (1.0 - share) / f64::from(n)).sqrt();
                assert!((found - share).abs() < 3.0 * standard_error, "{law:?} {within} {found} {share}");
            }
        }
    }
}
