//! An axis of a chart: its title, its scale, and its ticks with their labels.

use super::scale::{Linear, logit, nice_ceil, ticks};
use crate::app::format;

/// Least distance in pixels of labels beside an axis; labels below one are wider and keep twice as much.
const GAP: f64 = 22.0;
/// Probabilities stay this far from 0 and 1, which have no logit.
const EDGE: f64 = 1e-6;

/// An axis: title, scale and ticks. [`super::frame::Frame`] sets its range in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub title: String,
    /// Of the values as they are drawn: their logarithms on a logarithmic axis, their logits on one of logits.
    pub scale: Linear,
    kind: Kind,
}

/// Format of an axis' numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Number,
    /// In per cent.
    Share,
    /// Whole numbers only.
    Count,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Linear { unit: Unit, n_ticks: usize },
    Logarithmic { has_zero: bool },
    Logit,
    Categories(Vec<String>),
}

impl Axis {
    /// A linear axis with about four ticks.
    pub fn linear(title: impl Into<String>, domain: (f64, f64), unit: Unit) -> Self {
        Self::new(title, domain, Kind::Linear { unit, n_ticks: 4 })
    }

    /// The same linear axis with about `n_ticks` ticks; none for 0.
    pub fn with_ticks(self, n_ticks: usize) -> Self {
        match self.kind {
            Kind::Linear { unit, .. } => Self { kind: Kind::Linear { unit, n_ticks }, ..self },
            _ => self,
        }
    }

    /// A logarithmic axis of shares from `floor` to `end`, both above zero. Smaller shares are drawn at the floor, which is
    /// labelled zero if `has_zero`.
    pub fn logarithmic(title: impl Into<String>, (floor, end): (f64, f64), has_zero: bool) -> Self {
        Self::new(title, (floor.log10(), end.log10()), Kind::Logarithmic { has_zero })
    }

    /// An axis of probabilities between two logits.
    pub fn logit(title: impl Into<String>, logits: (f64, f64)) -> Self {
        Self::new(title, logits, Kind::Logit)
    }

    /// An axis of categories at 0, 1, 2, …, with a label for each name that is not empty.
    pub fn categories(title: impl Into<String>, names: Vec<String>) -> Self {
        let domain = (-0.5, names.len() as f64 - 0.5);
        Self::new(title, domain, Kind::Categories(names))
    }

    fn new(title: impl Into<String>, domain: (f64, f64), kind: Kind) -> Self {
        Self { title: title.into(), scale: Linear::new(domain, domain), kind }
    }

    /// The axis over a range of pixels.
    pub fn over(self, range: (f64, f64)) -> Self {
        Self { scale: Linear { range, ..self.scale }, ..self }
    }

    pub fn is_of_categories(&self) -> bool {
        matches!(self.kind, Kind::Categories(_))
    }

    /// Whether the floor of a logarithmic axis stands for zero.
    pub fn sets_zero_apart(&self) -> bool {
        matches!(self.kind, Kind::Logarithmic { has_zero: true })
    }

    /// The pixel of a value, clamped to the axis.
    pub fn at(&self, value: f64) -> f64 {
        self.scale.clamped(match self.kind {
            Kind::Linear { .. } | Kind::Categories(_) => value,
            Kind::Logarithmic { .. } => value.max(f64::MIN_POSITIVE).log10(),
            Kind::Logit => logit(value.clamp(EDGE, 1.0 - EDGE)),
        })
    }

    /// Pixels per unit: the width of a category.
    pub fn step(&self) -> f64 {
        (self.scale.at(1.0) - self.scale.at(0.0)).abs()
    }

    /// Pixels of ticks, with their labels.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let (from, to) = self.scale.domain;
        match &self.kind {
            Kind::Categories(names) => {
                let places = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
                places.map(|(place, name)| (self.at(place as f64), name.clone())).collect()
            }
            Kind::Linear { n_ticks: 0, .. } => Vec::new(),
            Kind::Linear { unit, n_ticks } => self.linear_ticks(*unit, ticks(from, to, *n_ticks)),
            Kind::Logarithmic { has_zero } => {
                let decades = from.floor() as i32..=to.ceil() as i32;
                let shares = [1.0, 5.0, 2.0]
                    .into_iter()
                    .flat_map(|factor| decades.clone().map(move |power| factor * 10f64.powi(power)));
                self.spaced_ticks(has_zero.then_some(self.scale.range.0), shares.map(|share| (share, share.log10())))
            }
            Kind::Logit => {
                let round = |factor: f64| {
                    let powers = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1].map(|power| factor * power);
                    powers.into_iter().flat_map(|p| [p, 1.0 - p])
                };
                let shares = [0.5].into_iter().chain([1.0, 5.0, 2.0].into_iter().flat_map(round));
                self.spaced_ticks(None, shares.map(|share| (share, logit(share))))
            }
        }
    }

    fn linear_ticks(&self, unit: Unit, mut values: Vec<f64>) -> Vec<(f64, String)> {
        if unit == Unit::Count {
            values.retain(|value| value.fract() == 0.0);
        }
        let step = values.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
        let words = |value| if unit == Unit::Share { format::tick_percent(value) } else { format::tick(value, step) };
        values.into_iter().map(|value| (self.scale.at(value), words(value))).collect()
    }

    /// Labels of shares, given with their scale values, that keep their distance; earlier ones take precedence.
    fn spaced_ticks(&self, zero: Option<f64>, shares: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, String)> {
        let (from, to) = self.scale.domain;
        let gap = if self.scale.range.0 < self.scale.range.1 { 2.0 * GAP } else { GAP };
        let mut kept: Vec<(f64, String)> = zero.map(|pixel| (pixel, format::tick_percent(0.0))).into_iter().collect();
        for (share, drawn) in shares {
            let pixel = self.scale.at(drawn);
            let is_on_axis = drawn >= from - 1e-9 && drawn <= to + 1e-9;
            if is_on_axis && kept.iter().all(|(other, _)| (other - pixel).abs() >= gap) {
                kept.push((pixel, format::tick_percent(share)));
            }
        }
        kept
    }
}

/// The floor of a logarithmic axis for these shares: a round number at or below half of the smallest that is above zero.
pub fn floor_below(shares: impl Iterator<Item = f64>) -> Option<f64> {
    let least = shares.filter(|share| *share > 0.0).fold(f64::INFINITY, f64::min);
    // The next round number above a fifth of it is at most a half: 1, 2, 5 and 10 are at most 2.5 times apart.
    least.is_finite().then(|| nice_ceil(least / 5.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|tick| tick.1.replace('\u{202f}', " ")).collect()
    }

    #[test]
    fn linear_ticks_are_written_in_their_unit() {
        for (domain, unit, written) in [
            ((0.0, 1.0), Unit::Number, vec!["0.0", "0.5", "1.0"]),
            ((-0.02, 0.02), Unit::Share, vec!["−2 %", "−1 %", "0 %", "1 %", "2 %"]),
            ((0.0, 1.0), Unit::Count, vec!["0", "1"]),
            ((0.0, 2000.0), Unit::Count, vec!["0", "500", "1 000", "1 500", "2 000"]),
        ] {
            let axis = Axis::linear("", domain, unit).over((300.0, 0.0));
            assert_eq!(labels(&axis), written, "{domain:?}");
            assert_eq!(axis.with_ticks(0).ticks(), vec![]);
        }
    }

    #[test]
    fn zero_stands_at_the_floor_of_a_logarithmic_axis() {
        let axis = Axis::logarithmic("rate", (1e-4, 1e-1), true).over((300.0, 0.0));
        for (share, pixel) in [(0.0, 300.0), (1e-5, 300.0), (1e-3, 200.0), (1e-1, 0.0), (1.0, 0.0)] {
            assert!((axis.at(share) - pixel).abs() < 1e-9, "{share}: {}", axis.at(share));
        }
        let labels = labels(&axis);
        for label in ["0 %", "0.1 %", "1 %", "10 %"] {
            assert!(labels.iter().any(|l| l == label), "{labels:?} has no {label}");
        }
        assert!(!labels.iter().any(|l| l == "0.01 %"), "{labels:?}");
    }

    #[test]
    fn a_logit_axis_prefers_round_probabilities() {
        let axis = Axis::logit("pCTR", (-5.0, 0.0)).over((0.0, 340.0));
        let labels = labels(&axis);
        for label in ["1 %", "5 %", "10 %", "50 %"] {
            assert!(labels.iter().any(|l| l == label), "{labels:?} has no {label}");
        }
        assert!((axis.at(0.5) - 340.0).abs() < 1e-9 && axis.at(0.0).is_finite() && axis.at(1.0).is_finite());
    }

    #[test]
    fn labels_keep_their_distance() {
        for axis in [Axis::logarithmic("", (2e-4, 3e-2), false), Axis::logit("", (-9.0, 3.0))] {
            let pixels: Vec<f64> = axis.over((40.0, 260.0)).ticks().iter().map(|t| t.0).collect();
            for (index, one) in pixels.iter().enumerate() {
                assert!(pixels[..index].iter().all(|other| (one - other).abs() >= 2.0 * GAP), "{pixels:?}");
            }
        }
    }

    #[test]
    fn categories_share_the_axis_and_those_without_a_name_have_no_label() {
        let names = ["a", "", "c"].map(str::to_owned).to_vec();
        let axis = Axis::categories("", names).over((0.0, 90.0));
        assert_eq!(axis.ticks(), [(15.0, "a".to_owned()), (75.0, "c".to_owned())]);
        assert_eq!(axis.step(), 30.0);
        assert_eq!(Axis::categories("", Vec::new()).over((0.0, 90.0)).ticks(), vec![]);
    }

    #[test]
    fn an_axis_of_nothing_and_of_no_numbers_still_has_pixels() {
        for domain in [(2.0, 2.0), (f64::NAN, f64::NAN), (f64::INFINITY, f64::NEG_INFINITY)] {
            let axis = Axis::linear("", domain, Unit::Number).over((0.0, 90.0));
            assert!(axis.at(2.0).is_finite() && axis.ticks().iter().all(|tick| tick.0.is_finite()), "{domain:?}");
        }
    }

    #[test]
    fn a_floor_is_round_and_below_what_is_drawn() {
        for (least, floor) in [(0.003, 0.001), (0.01, 0.002), (0.0009, 0.0002)] {
            let found = floor_below([0.0, least, 0.2].into_iter()).unwrap();
            assert!((found - floor).abs() < 1e-12, "{least}: {found}");
        }
        assert_eq!(floor_below([0.0].into_iter()), None);
    }
}
