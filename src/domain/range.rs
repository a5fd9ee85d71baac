//! Ranges of numbers that can be set, and how a slider's track is spread over them.

/// Positions on a slider's track.
pub const TRACK: f64 = 1000.0;

/// A range of numbers and how a slider spreads it over its track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
    pub scale: Scale,
    /// Whole numbers only.
    pub is_whole: bool,
}

/// How a track is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Equal steps multiply; `low` must be above 0.
    Logarithmic,
}

impl Range {
    pub const fn linear(low: f64, high: f64) -> Self {
        Self { low, high, scale: Scale::Linear, is_whole: false }
    }

    pub const fn logarithmic(low: f64, high: f64) -> Self {
        Self { low, high, scale: Scale::Logarithmic, is_whole: false }
    }

    pub const fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// Whether a number is within, ends included. NaN is in no range.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Where `value` stands on the track, 0 to [`TRACK`].
    pub fn position(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Logarithmic => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        (share * TRACK).round()
    }

    /// The value at a position, with the digits that a slider can aim at.
    pub fn value(&self, position: f64) -> f64 {
        let share = (position / TRACK).clamp(0.0, 1.0);
        let value = match self.scale {
            Scale::Linear => self.low + share * (self.high - self.low),
            Scale::Logarithmic => self.low * (share * (self.high / self.low).ln()).exp(),
        };
        self.admit(round_to(value, self.digit(value)))
    }

    /// The nearest admissible number.
    pub fn admit(&self, value: f64) -> f64 {
        let value = if self.is_whole { value.round() } else { value };
        value.clamp(self.low, self.high)
    }

    /// The size of the last digit that a slider's value keeps.
    fn digit(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => 10f64.powf(((self.high - self.low) / 100.0).log10().floor()),
            Scale::Logarithmic => 10f64.powf(value.log10().floor() - 1.0),
        }
    }
}

fn round_to(value: f64, digit: f64) -> f64 {
    // Dividing by a whole number gives the double nearest to the decimal; multiplying by 0.01 does not.
    if digit < 1.0 {
        let per_one = (1.0 / digit).round();
        (value * per_one).round() / per_one
    } else {
        (value / digit).round() * digit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_values_agree_to_the_slider_s_digits() {
        let ranges =
            [Range::linear(-0.95, 0.95), Range::logarithmic(0.001, 0.9), Range::logarithmic(100.0, 1e6).whole()];
        for range in ranges {
            for position in [0.0, 137.0, 500.0, 861.0, TRACK] {
                let value = range.value(position);
                let again = range.value(range.position(value));
                assert!((value - again).abs() <= range.digit(value) * 1.01, "{range:?} at {position}: {value} {again}");
            }
        }
    }

    #[test]
    fn slider_values_are_short_numbers() {
        assert_eq!(Range::logarithmic(0.001, 0.9).value(602.0).to_string(), "0.06");
        assert_eq!(Range::linear(-0.95, 0.95).value(816.0).to_string(), "0.6");
    }

    #[test]
    fn numbers_are_brought_into_the_range() {
        let range = Range::linear(0.0, 100.0).whole();
        for (value, expected) in [(12.0, 12.0), (1000.0, 100.0), (2.6, 3.0), (-1.0, 0.0)] {
            assert_eq!(range.admit(value), expected, "{value}");
        }
        assert!(range.holds(100.0) && !range.holds(100.5) && !range.holds(f64::NAN));
    }
}
