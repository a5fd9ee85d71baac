//! An axis of shares, linear from zero or logarithmic from a floor at which zero stands.

use crate::app::charts::scale::{Linear, nice_ceil, ticks};
use crate::app::format;

/// Pixels between two labels of a logarithmic axis.
const GAP: f64 = 22.0;

/// What an axis is called, and where it puts a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    pub title: &'static str,
    /// Of shares, or of their decimal logarithms.
    scale: Linear,
    is_logarithmic: bool,
    /// Whether zero stands at the floor.
    has_zero: bool,
}

impl Axis {
    /// From zero to `end` over `range`, in pixels.
    pub fn linear(title: &'static str, end: f64, range: (f64, f64)) -> Self {
        Self { title, scale: Linear::new((0.0, end), range), is_logarithmic: false, has_zero: true }
    }

    /// From `floor` to `end`, both above zero. What is smaller stands at the floor: zero, where `has_zero`.
    pub fn logarithmic(title: &'static str, (floor, end): (f64, f64), has_zero: bool, range: (f64, f64)) -> Self {
        Self { title, scale: Linear::new((floor.log10(), end.log10()), range), is_logarithmic: true, has_zero }
    }

    /// Pixel of a share, kept on the axis.
    pub fn at(&self, share: f64) -> f64 {
        match self.is_logarithmic {
            true => self.scale.clamped(share.max(f64::MIN_POSITIVE).log10()),
            false => self.scale.clamped(share),
        }
    }

    /// Whether zero stands at the foot of a logarithmic axis, at no distance that would mean anything.
    pub fn sets_zero_apart(&self) -> bool {
        self.is_logarithmic && self.has_zero
    }

    /// Pixels with their labels; on a logarithmic axis powers of ten first, then what fits between them.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let (from, to) = self.scale.domain;
        if !self.is_logarithmic {
            return ticks(from, to, 4).into_iter().map(|tick| (self.at(tick), format::tick_percent(tick))).collect();
        }
        let mut kept = Vec::new();
        if self.has_zero {
            kept.push((self.scale.range.0, format::tick_percent(0.0)));
        }
        // Labels below an axis are wider than those beside one are high.
        let gap = if self.scale.range.0 < self.scale.range.1 { 2.0 * GAP } else { GAP };
        let decades =
            |factor: f64| (from.floor() as i32..=to.ceil() as i32).map(move |power| factor * 10f64.powi(power));
        for share in [1.0, 5.0, 2.0].into_iter().flat_map(decades) {
            let pixel = self.scale.at(share.log10());
            let is_free = kept.iter().all(|(other, _): &(f64, String)| (other - pixel).abs() >= gap);
            if share.log10() >= from - 1e-9 && share.log10() <= to + 1e-9 && is_free {
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

    #[test]
    fn zero_stands_at_the_floor_of_a_logarithmic_axis() {
        let axis = Axis::logarithmic("rate", (1e-4, 1e-1), true, (300.0, 0.0));
        for (share, pixel) in [(0.0, 300.0), (1e-5, 300.0), (1e-3, 200.0), (1e-1, 0.0), (1.0, 0.0)] {
            assert!((axis.at(share) - pixel).abs() < 1e-9, "{share}: {}", axis.at(share));
        }
        let labels: Vec<String> = axis.ticks().into_iter().map(|tick| tick.1.replace('\u{202f}', " ")).collect();
        for label in ["0 %", "0.1 %", "1 %", "10 %"] {
            assert!(labels.iter().any(|l| l == label), "{labels:?} has no {label}");
        }
        assert!(!labels.iter().any(|l| l == "0.01 %"), "{labels:?}");
    }

    #[test]
    fn labels_keep_their_distance() {
        let pixels: Vec<f64> =
            Axis::logarithmic("rate", (2e-4, 3e-2), false, (40.0, 260.0)).ticks().iter().map(|t| t.0).collect();
        for (index, one) in pixels.iter().enumerate() {
            assert!(pixels[..index].iter().all(|other| (one - other).abs() >= 2.0 * GAP), "{pixels:?}");
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
