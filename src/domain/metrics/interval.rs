//! How the noise of the held-out rows is turned into an interval, metric by metric.
//!
//! The bootstrap's replicates say how far a metric may be off; their percentiles do not say where the truth lies when
//! there are few positives. So an interval is `value ± quantile · standard error` on the scale on which a metric's noise
//! is even, and there is none below the counts from which on it was found to hold in 93 to 97 of 100 samples
//! (docs/verdicts.md).

use serde::{Deserialize, Serialize};

use super::MetricInfo;
use super::student::{Z_975, t_975};

/// Users (rows, when there are none) with a row of the rarer class, from which on an interval holds.
pub const FEWEST_EVENTS: usize = 10;
/// Groups with both classes, from which on an interval of a grouped AUC holds.
pub const FEWEST_GROUPS: usize = 15;
/// Positives among the rows that are called, from which on an interval of F1 at a top share holds.
pub const FEWEST_HITS: usize = 8;

/// What the metrics of a task rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Support {
    pub rows: usize,
    pub positives: usize,
    /// Users (rows, when there are none) with a positive row: several of one user are drawn together and count once.
    pub positive_units: usize,
    pub negative_units: usize,
    /// Groups with both classes.
    pub mixed_groups: usize,
    /// Positives among the rows that the top 0.1, 0.6 and 1 % call.
    pub hits: [usize; 3],
}

/// What a metric's noise depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noise {
    pub rests_on: RestsOn,
    pub scale: Scale,
    /// Few rows decide the noise, so that its standard error is itself uncertain: rankings hang on the positives, F1 at a
    /// top share on those that are called, distances from the truth on the rows where it is large.
    pub is_rarely_decided: bool,
}

/// The counts below which a metric has no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestsOn {
    /// Users with a row of the rarer class.
    Events,
    /// Groups with both classes.
    Groups,
    /// Positives that this top share calls, by its place in [`Support::hits`].
    Hits(usize),
    /// None: a share has an interval whatever its count, Wilson's.
    Share,
}

/// The law by which a metric's noise is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseLaw {
    pub scale: Scale,
    /// Degrees of freedom of the rows' standard error; infinite where the normal holds.
    pub degrees: f64,
}

/// The scale on which a metric's noise is even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Plain,
    /// Of losses and ratios: their logarithm.
    Logarithm,
    /// Of shares: their log-odds, with the standard error carried over at the value.
    LogOdds,
}

/// Why there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoInterval {
    #[error("{}", words!(undefined::interval::positives, found = .found, needed = FEWEST_EVENTS))]
    FewEvents { found: usize },
    #[error("{}", words!(undefined::interval::groups, found = .found, needed = FEWEST_GROUPS))]
    FewGroups { found: usize },
    #[error("{}", words!(undefined::interval::hits, found = .found, needed = FEWEST_HITS))]
    FewHits { found: usize },
    /// The calibration error is bounded by 0 and raised by chance, which a resample raises once more.
    #[error("{}", words!(undefined::interval::biased))]
    Biased,
}

impl Support {
    /// Units of the rarer class: what luck is counted in.
    pub fn events(&self) -> usize {
        self.positive_units.min(self.negative_units)
    }

    /// The law of the metric called `name` (without its task).
    ///
    /// # Errors
    /// Why an interval of it would not hold.
    pub fn law(&self, name: &str) -> Result<NoiseLaw, NoInterval> {
        let Noise { rests_on, scale, is_rarely_decided } = noise(name).ok_or(NoInterval::Biased)?;
        let events = self.events();
        let counted = match rests_on {
            RestsOn::Events | RestsOn::Share => events,
            RestsOn::Groups => self.mixed_groups,
            RestsOn::Hits(top) => self.hits[top],
        };
        match rests_on {
            RestsOn::Hits(_) if counted < FEWEST_HITS => return Err(NoInterval::FewHits { found: counted }),
            RestsOn::Groups if counted < FEWEST_GROUPS => return Err(NoInterval::FewGroups { found: counted }),
            RestsOn::Share => {}
            _ if events < FEWEST_EVENTS => return Err(NoInterval::FewEvents { found: events }),
            _ => {}
        }
        Ok(NoiseLaw { scale, degrees: if is_rarely_decided { counted as f64 - 1.0 } else { f64::INFINITY } })
    }

    /// Bounds of 95 % of one run's metric for the luck of the held-out rows; `None` where none would hold.
    pub fn interval(&self, name: &str, value: f64, replicates: &[f64]) -> Option<(f64, f64)> {
        let law = self.law(name).ok()?;
        if replicates.len() < FEWEST_REPLICATES {
            return None;
        }
        if noise(name).is_some_and(|noise| noise.rests_on == RestsOn::Share) {
            return Some(self.wilson(value, variance(replicates)));
        }
        let on_scale: Vec<f64> = replicates.iter().map(|&x| law.scale.of_value(x, value)).collect();
        let half = t_975(law.degrees) * libm::sqrt(variance(&on_scale));
        Some(law.scale.around(value, half))
    }

    /// Wilson's interval of a share, of as many independent rows as its noise is worth; of the users, where it has none.
    fn wilson(&self, share: f64, variance: f64) -> (f64, f64) {
        let units = self.positive_units.max(self.negative_units) as f64;
        let n = if variance > 0.0 { share * (1.0 - share) / variance } else { units };
        let (z2, middle) = (Z_975 * Z_975, share + Z_975 * Z_975 / (2.0 * n));
        let half = Z_975 * libm::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n));
        (((middle - half) / (1.0 + z2 / n)).max(0.0), ((middle + half) / (1.0 + z2 / n)).min(1.0))
    }
}

/// Fewer replicates than this give no standard error worth showing.
pub const FEWEST_REPLICATES: usize = 20;

/// Whether the metric called `name` has an interval. The calibration error has none: it is bounded by 0 and too large by
/// what chance adds, which a resample adds once more, so that intervals of replicates lie above what they are to hold.
pub fn has_interval(name: &str) -> bool {
    noise(name).is_some()
}

fn noise(name: &str) -> Option<Noise> {
    MetricInfo::of(name)?.noise
}

impl Scale {
    /// A value near `center` on this scale.
    pub fn of_value(self, value: f64, center: f64) -> f64 {
        // An AUC of 1 has no finite log-odds, nor a loss of 0 a logarithm.
        match self {
            Self::Plain => value,
            Self::Logarithm => libm::log(value.max(center.abs() * 1e-3).max(f64::MIN_POSITIVE)),
            Self::LogOdds => {
                let center = center.clamp(1e-4, 1.0 - 1e-4);
                (value - center) / (center * (1.0 - center))
            }
        }
    }

    /// Bounds this far to either side of `center`, as values.
    pub fn around(self, center: f64, half: f64) -> (f64, f64) {
        match self {
            Self::Plain => (center - half, center + half),
            Self::Logarithm => (center * libm::exp(-half), center * libm::exp(half)),
            Self::LogOdds => {
                let odds = center.clamp(1e-4, 1.0 - 1e-4) / (1.0 - center.clamp(1e-4, 1.0 - 1e-4));
                let share = |odds: f64| odds / (1.0 + odds);
                let (low, high) = (share(odds * libm::exp(-half)), share(odds * libm::exp(half)));
                // The value may be 0 or 1 itself.
                (low.min(center), if high.is_nan() { 1.0 } else { high.max(center) })
            }
        }
    }
}

/// With one degree of freedom taken by the mean.
pub fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (values.len() as f64 - 1.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn support(events: usize) -> Support {
        Support {
            rows: 10 * events,
            positives: events,
            positive_units: events,
            negative_units: 9 * events,
            mixed_groups: events,
            hits: [1, 6, 10],
        }
    }

    /// 200 replicates with this standard deviation around the value.
    fn replicates(value: f64, deviation: f64) -> Vec<f64> {
        (0..200).map(|b| value + deviation * (f64::from(b) - 99.5) / 57.735).collect()
    }

    #[test]
    fn few_events_give_no_interval_and_say_so() {
        let few = support(FEWEST_EVENTS - 1);
        for name in crate::domain::metrics::metric_names().filter(|name| *name != "prevalence") {
            assert!(few.law(name).is_err(), "{name}");
            assert_eq!(few.interval(name, 0.5, &replicates(0.5, 0.01)), None, "{name}");
        }
        let enough = support(40);
        assert_eq!(enough.law("f1_top0.1"), Err(NoInterval::FewHits { found: 1 }));
        assert_eq!(enough.law("ece"), Err(NoInterval::Biased));
        assert!(enough.law("f1_top1").is_ok());
        assert!(few.law("auc").unwrap_err().to_string().contains('9'));
    }

    #[test]
    fn an_interval_stays_where_its_metric_can_be() {
        let of = |name: &str, value: f64| support(12).interval(name, value, &replicates(value, 0.1)).unwrap();
        let (low, high) = of("auc", 0.9);
        assert!(low > 0.3 && high < 1.0 && 0.9 - low > high - 0.9, "{low} {high}");
        let (low, high) = of("logloss", 0.3);
        assert!(low > 0.0 && high - 0.3 > 0.3 - low, "{low} {high}");
        let (low, high) = of("bias", 0.1);
        // t with 11 degrees of freedom.
        assert!((high - 0.1 - 2.201 * 0.1).abs() < 0.01 && (high - 0.1 - (0.1 - low)).abs() < 1e-12, "{low} {high}");
        assert_eq!(of("auc", 1.0).1, 1.0);
    }

    #[test]
    fn a_share_has_wilsons_interval_even_of_one_positive() {
        // statsmodels.stats.proportion.proportion_confint(1, 100, method="wilson")
        let one = Support { rows: 100, positives: 1, positive_units: 1, negative_units: 99, ..Support::default() };
        let (low, high) = one.interval("prevalence", 0.01, &replicates(0.01, 0.00995)).unwrap();
        assert!((low - 0.001_767).abs() < 2e-5 && (high - 0.054_487).abs() < 2e-4, "{low} {high}");
    }
}
