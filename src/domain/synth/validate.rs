//! What a generator's controls must hold.

use std::fmt::Display;

use super::SynthSpec;

/// Largest integer that JSON readers everywhere keep exact.
const MAX_SEED: u64 = (1 << 53) - 1;

/// A control outside its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", words!(synth::out_of_range, field = .field, value = .value, range = .range))]
pub struct SynthError {
    /// Name of the control as in [`SynthSpec`].
    pub field: &'static str,
    pub value: String,
    /// For a reader: `from 0.001 to 0.9`.
    pub range: String,
}

impl SynthSpec {
    /// Checks every control against its range.
    ///
    /// # Errors
    /// The first control out of range.
    pub fn validate(&self) -> Result<(), SynthError> {
        whole("seed", self.seed, 0, MAX_SEED)?;
        whole("rows", self.rows, 0, 5_000_000)?;
        whole("users", self.users, 1, 1_000_000)?;
        whole("items", self.items, 1, 1_000_000)?;
        for values in self.user_segments {
            whole("user_segments", values, 1, 100_000)?;
        }
        for values in self.item_segments {
            whole("item_segments", values, 1, 100_000)?;
        }
        whole("numerical_features", self.numerical_features, 0, 16)?;
        whole("latent_dimensions", self.latent_dimensions, 1, 32)?;
        for (field, value, low, high) in [
            ("ctr", self.ctr, 0.001, 0.9),
            ("cvr", self.cvr, 0.001, 0.9),
            ("action_rate", self.action_rate, 0.001, 0.9),
            ("action_lift", self.action_lift, 1.0, 100.0),
            ("correlation", self.correlation, -0.95, 0.95),
            ("click_signal", self.click_signal, 0.0, 4.0),
            ("conversion_signal", self.conversion_signal, 0.0, 4.0),
            ("interaction", self.interaction, 0.0, 1.0),
            ("nonlinearity", self.nonlinearity, 0.0, 2.0),
            ("hidden_confounder", self.hidden_confounder, 0.0, 3.0),
            ("popularity_skew", self.popularity_skew, 0.0, 2.0),
            ("activity_skew", self.activity_skew, 0.0, 2.0),
            ("days", self.days, 1.0, 365.0),
            ("drift", self.drift, -3.0, 3.0),
            ("delay_days", self.delay_days, 0.01, 90.0),
            ("delay_spread", self.delay_spread, 0.1, 3.0),
            ("delay_variation", self.delay_variation, 0.0, 2.0),
            ("attribution_days", self.attribution_days, 0.1, 365.0),
            ("cutoff_days", self.cutoff_days.unwrap_or(730.0), 0.5, 730.0),
            ("return_rate", self.return_rate, 0.0, 0.9),
            ("return_signal", self.return_signal, 0.0, 4.0),
            ("return_delay_days", self.return_delay_days, 0.01, 90.0),
        ] {
            if !(low..=high).contains(&value) {
                return Err(out_of_range(field, value, low, high));
            }
        }
        Ok(())
    }
}

fn whole<T: PartialOrd + Display + Copy>(field: &'static str, value: T, low: T, high: T) -> Result<(), SynthError> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(out_of_range(field, value, low, high)) }
}

fn out_of_range<T: Display>(field: &'static str, value: T, low: T, high: T) -> SynthError {
    SynthError { field, value: value.to_string(), range: text!(spec::range, low = low, high = high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_in_range() {
        assert_eq!(SynthSpec::default().validate(), Ok(()));
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_range() {
        let of = |spec: SynthSpec| spec.validate().unwrap_err().to_string();
        let base = SynthSpec::default();
        assert_eq!(of(SynthSpec { ctr: 0.95, ..base.clone() }), "ctr is 0.95; it must be from 0.001 to 0.9");
        assert_eq!(of(SynthSpec { drift: f64::NAN, ..base.clone() }), "drift is NaN; it must be from -3 to 3");
        assert_eq!(of(SynthSpec { users: 0, ..base.clone() }), "users is 0; it must be from 1 to 1000000");
        assert_eq!(of(SynthSpec { item_segments: [10, 0], ..base }), "item_segments is 0; it must be from 1 to 100000");
    }
}
