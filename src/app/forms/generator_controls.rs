//! Every control of the generator: its words, its range and its place.

use crate::app::marks::{Act, Control, Mark, check, disclosure, select, slider};
use crate::app::range::Range;
use crate::domain::synth::{DelayLaw, SynthSpec};

/// Seeds as JSON readers everywhere keep them exact.
pub const SEED: Range = Range::linear(0.0, 9_007_199_254_740_991.0).whole();

const CUT_OFF: &str = "cut_off";
const DELAY: &str = "delay";
const RETURN_DELAY: &str = "return_delay";

/// A number of the generator.
pub struct Dial {
    /// The field of [`SynthSpec`].
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub range: Range,
    pub get: fn(&SynthSpec) -> f64,
    set: fn(&mut SynthSpec, f64),
}

/// Dials that belong together.
struct Group {
    key: &'static str,
    title: &'static str,
    dials: &'static [Dial],
}

macro_rules! number {
    ($name:ident, $label:expr, $hint:expr, $range:expr) => {
        Dial {
            name: stringify!($name),
            label: $label,
            hint: $hint,
            range: $range,
            get: |s| s.$name,
            set: |s, value| s.$name = value,
        }
    };
}

macro_rules! whole {
    ($name:literal, $($place:tt).+ $([$at:literal])?, $label:expr, $hint:expr, $range:expr) => {
        Dial {
            name: $name,
            label: $label,
            hint: $hint,
            range: $range.whole(),
            get: |s| s.$($place).+$([$at])? as f64,
            set: |s, value| s.$($place).+$([$at])? = value as usize,
        }
    };
}

const RATE: Range = Range::logarithmic(0.001, 0.9);
const VALUES: Range = Range::logarithmic(1.0, 1e5);

const GROUPS: &[Group] = &[
    Group {
        key: "size",
        title: text!(generator::groups::size),
        dials: &[
            whole!(
                "users",
                users,
                text!(generator::dials::users::label),
                text!(generator::dials::users::hint),
                Range::logarithmic(1.0, 1e6)
            ),
            whole!(
                "items",
                items,
                text!(generator::dials::items::label),
                text!(generator::dials::items::hint),
                Range::logarithmic(1.0, 1e6)
            ),
            whole!(
                "user_segments_1",
                user_segments[0],
                text!(generator::dials::user_segments_1::label),
                text!(generator::dials::user_segments_1::hint),
                VALUES
            ),
            whole!(
                "user_segments_2",
                user_segments[1],
                text!(generator::dials::user_segments_2::label),
                text!(generator::dials::user_segments_2::hint),
                VALUES
            ),
            whole!(
                "item_segments_1",
                item_segments[0],
                text!(generator::dials::item_segments_1::label),
                text!(generator::dials::item_segments_1::hint),
                VALUES
            ),
            whole!(
                "item_segments_2",
                item_segments[1],
                text!(generator::dials::item_segments_2::label),
                text!(generator::dials::item_segments_2::hint),
                VALUES
            ),
            whole!(
                "numerical_features",
                numerical_features,
                text!(generator::dials::numerical_features::label),
                text!(generator::dials::numerical_features::hint),
                Range::linear(0.0, 16.0)
            ),
            whole!(
                "latent_dimensions",
                latent_dimensions,
                text!(generator::dials::latent_dimensions::label),
                text!(generator::dials::latent_dimensions::hint),
                Range::linear(1.0, 32.0)
            ),
        ],
    },
    Group {
        key: "rates",
        title: text!(generator::groups::rates),
        dials: &[
            number!(ctr, text!(generator::dials::ctr::label), text!(generator::dials::ctr::hint), RATE),
            number!(cvr, text!(generator::dials::cvr::label), text!(generator::dials::cvr::hint), RATE),
            number!(
                action_rate,
                text!(generator::dials::action_rate::label),
                text!(generator::dials::action_rate::hint),
                RATE
            ),
            number!(
                action_lift,
                text!(generator::dials::action_lift::label),
                text!(generator::dials::action_lift::hint),
                Range::logarithmic(1.0, 100.0)
            ),
        ],
    },
    Group {
        key: "selection",
        title: text!(generator::groups::selection),
        dials: &[
            number!(
                correlation,
                text!(generator::dials::correlation::label),
                text!(generator::dials::correlation::hint),
                Range::linear(-0.95, 0.95)
            ),
            number!(
                hidden_confounder,
                text!(generator::dials::hidden_confounder::label),
                text!(generator::dials::hidden_confounder::hint),
                Range::linear(0.0, 3.0)
            ),
            number!(
                click_signal,
                text!(generator::dials::click_signal::label),
                text!(generator::dials::click_signal::hint),
                Range::linear(0.0, 4.0)
            ),
            number!(
                conversion_signal,
                text!(generator::dials::conversion_signal::label),
                text!(generator::dials::conversion_signal::hint),
                Range::linear(0.0, 4.0)
            ),
            number!(
                interaction,
                text!(generator::dials::interaction::label),
                text!(generator::dials::interaction::hint),
                Range::linear(0.0, 1.0)
            ),
            number!(
                nonlinearity,
                text!(generator::dials::nonlinearity::label),
                text!(generator::dials::nonlinearity::hint),
                Range::linear(0.0, 2.0)
            ),
        ],
    },
    Group {
        key: "skew",
        title: text!(generator::groups::skew),
        dials: &[
            number!(
                popularity_skew,
                text!(generator::dials::popularity_skew::label),
                text!(generator::dials::popularity_skew::hint),
                Range::linear(0.0, 2.0)
            ),
            number!(
                activity_skew,
                text!(generator::dials::activity_skew::label),
                text!(generator::dials::activity_skew::hint),
                Range::linear(0.0, 2.0)
            ),
        ],
    },
    Group {
        key: "time",
        title: text!(generator::groups::time),
        dials: &[
            number!(
                days,
                text!(generator::dials::days::label),
                text!(generator::dials::days::hint),
                Range::logarithmic(1.0, 365.0)
            ),
            number!(
                drift,
                text!(generator::dials::drift::label),
                text!(generator::dials::drift::hint),
                Range::linear(-3.0, 3.0)
            ),
            number!(
                delay_days,
                text!(generator::dials::delay_days::label),
                text!(generator::dials::delay_days::hint),
                Range::logarithmic(0.01, 90.0)
            ),
            number!(
                delay_spread,
                text!(generator::dials::delay_spread::label),
                text!(generator::dials::delay_spread::hint),
                Range::linear(0.1, 3.0)
            ),
            number!(
                delay_variation,
                text!(generator::dials::delay_variation::label),
                text!(generator::dials::delay_variation::hint),
                Range::linear(0.0, 2.0)
            ),
            number!(
                attribution_days,
                text!(generator::dials::attribution_days::label),
                text!(generator::dials::attribution_days::hint),
                Range::logarithmic(0.1, 365.0)
            ),
        ],
    },
    Group {
        key: "returns",
        title: text!(generator::groups::returns),
        dials: &[
            number!(
                return_rate,
                text!(generator::dials::return_rate::label),
                text!(generator::dials::return_rate::hint),
                Range::linear(0.0, 0.9)
            ),
            number!(
                return_signal,
                text!(generator::dials::return_signal::label),
                text!(generator::dials::return_signal::hint),
                Range::linear(0.0, 4.0)
            ),
            number!(
                return_delay_days,
                text!(generator::dials::return_delay_days::label),
                text!(generator::dials::return_delay_days::hint),
                Range::logarithmic(0.01, 90.0)
            ),
        ],
    },
];

/// Stands by itself: it says nothing of how people behave.
const ROWS_DIAL: Dial = whole!(
    "rows",
    rows,
    text!(generator::dials::rows::label),
    text!(generator::dials::rows::hint),
    Range::logarithmic(100.0, 1e6)
);

const CUT_OFF_DIAL: Dial = Dial {
    name: "cutoff_days",
    label: text!(generator::dials::cutoff_days::label),
    hint: text!(generator::dials::cutoff_days::hint),
    range: Range::logarithmic(0.5, 730.0),
    get: |s| s.cutoff_days.unwrap_or(s.days),
    set: |s, value| s.cutoff_days = Some(value),
};

fn all() -> impl Iterator<Item = &'static Dial> {
    GROUPS.iter().flat_map(|group| group.dials).chain([&ROWS_DIAL, &CUT_OFF_DIAL])
}

/// The dial called `name`.
pub fn dial(name: &str) -> Option<&'static Dial> {
    all().find(|dial| dial.name == name)
}

/// Range slider and number field of a dial.
pub fn mark(dial: &Dial, synth: &SynthSpec) -> Mark {
    slider(Control::new(dial.name, dial.label).hint(dial.hint), dial.range, (dial.get)(synth)).key(dial.name)
}

/// All dials but the rows', in groups that open.
pub fn groups(synth: &SynthSpec) -> Vec<Mark> {
    let group = |group: &'static Group| {
        let mut body: Vec<Mark> = group.dials.iter().map(|dial| mark(dial, synth)).collect();
        match group.key {
            "time" => {
                body.push(law(DELAY, text!(generator::laws::name), synth.delay));
                body.push(
                    check(Control::new(CUT_OFF, text!(generator::cut_off)), synth.cutoff_days.is_some()).key(CUT_OFF),
                );
                body.extend(synth.cutoff_days.map(|_| mark(&CUT_OFF_DIAL, synth)));
            }
            "returns" => body.push(law(RETURN_DELAY, text!(generator::laws::name), synth.return_delay)),
            _ => {}
        }
        disclosure(group.key, group.title, body)
    };
    GROUPS.iter().map(group).collect()
}

fn law(name: &'static str, label: &'static str, law: DelayLaw) -> Mark {
    let chosen = match law {
        DelayLaw::None => "none",
        DelayLaw::Exponential => "exponential",
        DelayLaw::LogNormal => "log_normal",
    };
    let laws = [
        ("none", text!(generator::laws::at_once)),
        ("exponential", text!(generator::laws::exponential)),
        ("log_normal", text!(generator::laws::log_normal)),
    ];
    select(Control::new(name, label), laws, chosen).key(name)
}

/// Does what the reader did to a dial or a law.
pub fn apply(synth: &mut SynthSpec, act: &Act) {
    let law = || match act.input.as_str() {
        "exponential" => DelayLaw::Exponential,
        "log_normal" => DelayLaw::LogNormal,
        _ => DelayLaw::None,
    };
    match act.name.as_str() {
        DELAY => synth.delay = law(),
        RETURN_DELAY => synth.return_delay = law(),
        CUT_OFF => synth.cutoff_days = act.is_on().then_some(synth.days),
        name => {
            if let Some((dial, value)) = dial(name).and_then(|dial| Some((dial, act.number(dial.range)?))) {
                (dial.set)(synth, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dial_sets_its_own_number_and_both_ends_are_allowed() {
        for dial in all() {
            for end in [dial.range.low, dial.range.high] {
                let mut synth = SynthSpec::default();
                apply(&mut synth, &Act { name: dial.name.into(), input: end.to_string(), ..Act::default() });
                assert_eq!((dial.get)(&synth), end, "{}", dial.name);
                assert_eq!(synth.validate(), Ok(()), "{}", dial.name);
            }
        }
    }

    #[test]
    fn every_field_of_the_generator_has_a_control() {
        let names: String = groups(&SynthSpec { cutoff_days: Some(3.0), ..SynthSpec::default() })
            .iter()
            .flat_map(|group| group.all().into_iter().filter_map(|mark| mark.get("data-on")).collect::<Vec<_>>())
            .map(|name| format!("{name} "))
            .collect();
        let serde_json::Value::Object(fields) = serde_json::to_value(SynthSpec::default()).unwrap() else {
            panic!("controls are an object")
        };
        for field in fields.keys().filter(|field| !["seed", "rows"].contains(&field.as_str())) {
            assert!(names.contains(field.as_str()), "{field}: {names}");
        }
    }
}
