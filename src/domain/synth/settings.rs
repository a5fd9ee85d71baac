//! The generator's numbers: range, words, and which belong together.

use super::SynthSpec;
use crate::domain::range::Range;
use crate::domain::setting::{OutOfRange, SEED as SEEDS, Setting, check_all, open_setting, setting};

/// Numbers that belong together.
pub struct SettingGroup {
    pub key: &'static str,
    pub title: &'static str,
    pub settings: &'static [Setting<SynthSpec>],
}

const RATE: Range = Range::logarithmic(0.001, 0.9);
const VALUES: Range = Range::logarithmic(1.0, 1e5).whole();

/// They stand by themselves: they say nothing of how people behave.
pub static ROWS: Setting<SynthSpec> = setting!(SynthSpec, "rows", rows as usize, Range::linear(0.0, 5e6).whole())
    .offered(Range::logarithmic(100.0, 1e6).whole())
    .words(text!(generator::dials::rows::label), text!(generator::dials::rows::hint));
pub static SEED: Setting<SynthSpec> = setting!(SynthSpec, "seed", seed as u64, SEEDS).words(text!(generator::seed), "");
pub static CUTOFF_DAYS: Setting<SynthSpec> =
    open_setting!(SynthSpec, "cutoff_days", cutoff_days as f64, Range::logarithmic(0.5, 730.0))
        .words(text!(generator::dials::cutoff_days::label), text!(generator::dials::cutoff_days::hint));

pub static CORRELATION: Setting<SynthSpec> =
    setting!(SynthSpec, "correlation", correlation as f64, Range::linear(-0.95, 0.95))
        .words(text!(generator::dials::correlation::label), text!(generator::dials::correlation::hint));

static SIZE: [Setting<SynthSpec>; 8] = [
    setting!(SynthSpec, "users", users as usize, Range::logarithmic(1.0, 1e6).whole())
        .words(text!(generator::dials::users::label), text!(generator::dials::users::hint)),
    setting!(SynthSpec, "items", items as usize, Range::logarithmic(1.0, 1e6).whole())
        .words(text!(generator::dials::items::label), text!(generator::dials::items::hint)),
    setting!(SynthSpec, "user_segments.1", user_segments[0] as usize, VALUES)
        .words(text!(generator::dials::user_segments_1::label), text!(generator::dials::user_segments_1::hint)),
    setting!(SynthSpec, "user_segments.2", user_segments[1] as usize, VALUES)
        .words(text!(generator::dials::user_segments_2::label), text!(generator::dials::user_segments_2::hint)),
    setting!(SynthSpec, "item_segments.1", item_segments[0] as usize, VALUES)
        .words(text!(generator::dials::item_segments_1::label), text!(generator::dials::item_segments_1::hint)),
    setting!(SynthSpec, "item_segments.2", item_segments[1] as usize, VALUES)
        .words(text!(generator::dials::item_segments_2::label), text!(generator::dials::item_segments_2::hint)),
    setting!(SynthSpec, "numerical_features", numerical_features as usize, Range::linear(0.0, 16.0).whole())
        .words(text!(generator::dials::numerical_features::label), text!(generator::dials::numerical_features::hint)),
    setting!(SynthSpec, "latent_dimensions", latent_dimensions as usize, Range::linear(1.0, 32.0).whole())
        .words(text!(generator::dials::latent_dimensions::label), text!(generator::dials::latent_dimensions::hint)),
];

static RATES: [Setting<SynthSpec>; 4] = [
    setting!(SynthSpec, "ctr", ctr as f64, RATE)
        .words(text!(generator::dials::ctr::label), text!(generator::dials::ctr::hint)),
    setting!(SynthSpec, "cvr", cvr as f64, RATE)
        .words(text!(generator::dials::cvr::label), text!(generator::dials::cvr::hint)),
    setting!(SynthSpec, "action_rate", action_rate as f64, RATE)
        .words(text!(generator::dials::action_rate::label), text!(generator::dials::action_rate::hint)),
    setting!(SynthSpec, "action_lift", action_lift as f64, Range::logarithmic(1.0, 100.0))
        .words(text!(generator::dials::action_lift::label), text!(generator::dials::action_lift::hint)),
];

static SELECTION: [Setting<SynthSpec>; 6] = [
    CORRELATION,
    setting!(SynthSpec, "hidden_confounder", hidden_confounder as f64, Range::linear(0.0, 3.0))
        .words(text!(generator::dials::hidden_confounder::label), text!(generator::dials::hidden_confounder::hint)),
    setting!(SynthSpec, "click_signal", click_signal as f64, Range::linear(0.0, 4.0))
        .words(text!(generator::dials::click_signal::label), text!(generator::dials::click_signal::hint)),
    setting!(SynthSpec, "conversion_signal", conversion_signal as f64, Range::linear(0.0, 4.0))
        .words(text!(generator::dials::conversion_signal::label), text!(generator::dials::conversion_signal::hint)),
    setting!(SynthSpec, "interaction", interaction as f64, Range::linear(0.0, 1.0))
        .words(text!(generator::dials::interaction::label), text!(generator::dials::interaction::hint)),
    setting!(SynthSpec, "nonlinearity", nonlinearity as f64, Range::linear(0.0, 2.0))
        .words(text!(generator::dials::nonlinearity::label), text!(generator::dials::nonlinearity::hint)),
];

static SKEW: [Setting<SynthSpec>; 2] = [
    setting!(SynthSpec, "popularity_skew", popularity_skew as f64, Range::linear(0.0, 2.0))
        .words(text!(generator::dials::popularity_skew::label), text!(generator::dials::popularity_skew::hint)),
    setting!(SynthSpec, "activity_skew", activity_skew as f64, Range::linear(0.0, 2.0))
        .words(text!(generator::dials::activity_skew::label), text!(generator::dials::activity_skew::hint)),
];

static TIME: [Setting<SynthSpec>; 6] = [
    setting!(SynthSpec, "days", days as f64, Range::logarithmic(1.0, 365.0))
        .words(text!(generator::dials::days::label), text!(generator::dials::days::hint)),
    setting!(SynthSpec, "drift", drift as f64, Range::linear(-3.0, 3.0))
        .words(text!(generator::dials::drift::label), text!(generator::dials::drift::hint)),
    setting!(SynthSpec, "delay_days", delay_days as f64, Range::logarithmic(0.01, 90.0))
        .words(text!(generator::dials::delay_days::label), text!(generator::dials::delay_days::hint)),
    setting!(SynthSpec, "delay_spread", delay_spread as f64, Range::linear(0.1, 3.0))
        .words(text!(generator::dials::delay_spread::label), text!(generator::dials::delay_spread::hint)),
    setting!(SynthSpec, "delay_variation", delay_variation as f64, Range::linear(0.0, 2.0))
        .words(text!(generator::dials::delay_variation::label), text!(generator::dials::delay_variation::hint)),
    setting!(SynthSpec, "attribution_days", attribution_days as f64, Range::logarithmic(0.1, 365.0))
        .words(text!(generator::dials::attribution_days::label), text!(generator::dials::attribution_days::hint)),
];

static RETURNS: [Setting<SynthSpec>; 3] = [
    setting!(SynthSpec, "return_rate", return_rate as f64, Range::linear(0.0, 0.9))
        .words(text!(generator::dials::return_rate::label), text!(generator::dials::return_rate::hint)),
    setting!(SynthSpec, "return_signal", return_signal as f64, Range::linear(0.0, 4.0))
        .words(text!(generator::dials::return_signal::label), text!(generator::dials::return_signal::hint)),
    setting!(SynthSpec, "return_delay_days", return_delay_days as f64, Range::logarithmic(0.01, 90.0))
        .words(text!(generator::dials::return_delay_days::label), text!(generator::dials::return_delay_days::hint)),
];

/// All others, in groups.
pub static GROUPS: [SettingGroup; 6] = [
    SettingGroup { key: "size", title: text!(generator::groups::size), settings: &SIZE },
    SettingGroup { key: "rates", title: text!(generator::groups::rates), settings: &RATES },
    SettingGroup { key: "selection", title: text!(generator::groups::selection), settings: &SELECTION },
    SettingGroup { key: "skew", title: text!(generator::groups::skew), settings: &SKEW },
    SettingGroup { key: "time", title: text!(generator::groups::time), settings: &TIME },
    SettingGroup { key: "returns", title: text!(generator::groups::returns), settings: &RETURNS },
];

/// Every number of the generator.
pub fn settings() -> impl Iterator<Item = &'static Setting<SynthSpec>> {
    [&SEED, &ROWS, &CUTOFF_DAYS].into_iter().chain(GROUPS.iter().flat_map(|group| group.settings))
}

impl SynthSpec {
    /// Checks every number against its range.
    ///
    /// # Errors
    /// The first that is out of its range.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        check_all(settings(), self)
    }
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
        let segments = SynthSpec { item_segments: [10, 0], ..base };
        assert_eq!(of(segments), "item_segments.2 is 0; it must be from 1 to 100000");
    }

    #[test]
    fn every_number_is_set_and_both_its_ends_are_allowed() {
        for setting in settings() {
            for end in [setting.offered.low, setting.offered.high, setting.range.low, setting.range.high] {
                let mut synth = SynthSpec::default();
                (setting.set)(&mut synth, end);
                assert_eq!((setting.get)(&synth), Some(end), "{setting:?}");
                assert_eq!(synth.validate(), Ok(()), "{setting:?}");
            }
        }
    }

    #[test]
    fn every_field_is_a_setting_or_a_law() {
        let keys: String = settings().map(|setting| format!("{} ", setting.key)).collect();
        let serde_json::Value::Object(fields) = serde_json::to_value(SynthSpec::default()).unwrap() else {
            panic!("controls are an object")
        };
        for field in fields.keys().filter(|field| !["delay", "return_delay"].contains(&field.as_str())) {
            assert!(keys.contains(field.as_str()), "{field}: {keys}");
        }
    }
}
