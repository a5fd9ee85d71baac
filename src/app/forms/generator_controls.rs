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
    ($name:ident, $label:literal, $hint:literal, $range:expr) => {
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
    ($name:literal, $($place:tt).+ $([$at:literal])?, $label:literal, $hint:literal, $range:expr) => {
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
        title: "Size and fields",
        dials: &[
            whole!("users", users, "Users", "distinct users", Range::logarithmic(1.0, 1e6)),
            whole!("items", items, "Items", "distinct items", Range::logarithmic(1.0, 1e6)),
            whole!("user_segments_1", user_segments[0], "User segment 1", "values of the first user field", VALUES),
            whole!("user_segments_2", user_segments[1], "User segment 2", "values of the second", VALUES),
            whole!("item_segments_1", item_segments[0], "Item segment 1", "values of the first item field", VALUES),
            whole!("item_segments_2", item_segments[1], "Item segment 2", "values of the second", VALUES),
            whole!(
                "numerical_features",
                numerical_features,
                "Numerical features",
                "numbers that drive behaviour too",
                Range::linear(0.0, 16.0)
            ),
            whole!(
                "latent_dimensions",
                latent_dimensions,
                "Latent dimensions",
                "of what a segment prefers",
                Range::linear(1.0, 32.0)
            ),
        ],
    },
    Group {
        key: "rates",
        title: "Base rates",
        dials: &[
            number!(ctr, "CTR", "mean probability of a click", RATE),
            number!(cvr, "CVR", "mean probability of a conversion, over clicks", RATE),
            number!(action_rate, "DAction rate", "mean probability of a cart or wishlist action, over clicks", RATE),
            number!(
                action_lift,
                "Purchase after a DAction",
                "odds of a purchase after a DAction, against without one",
                Range::logarithmic(1.0, 100.0)
            ),
        ],
    },
    Group {
        key: "selection",
        title: "Selection and signal",
        dials: &[
            number!(
                correlation,
                "Click–purchase correlation",
                "how strongly clicks select the impressions that would convert",
                Range::linear(-0.95, 0.95)
            ),
            number!(
                hidden_confounder,
                "Hidden confounder",
                "a variable that drives click and purchase and is not a feature",
                Range::linear(0.0, 3.0)
            ),
            number!(click_signal, "Click signal", "standard deviation of the click logit", Range::linear(0.0, 4.0)),
            number!(
                conversion_signal,
                "Purchase signal",
                "standard deviation of the purchase logit",
                Range::linear(0.0, 4.0)
            ),
            number!(
                interaction,
                "Interaction",
                "share of the signal in how user meets item, rather than in each alone",
                Range::linear(0.0, 1.0)
            ),
            number!(
                nonlinearity,
                "Nonlinearity",
                "how far the purchase logit bends away from what a small tower can follow",
                Range::linear(0.0, 2.0)
            ),
        ],
    },
    Group {
        key: "skew",
        title: "Popularity and activity",
        dials: &[
            number!(popularity_skew, "Popularity skew", "Zipf exponent of items", Range::linear(0.0, 2.0)),
            number!(activity_skew, "Activity skew", "Zipf exponent of users", Range::linear(0.0, 2.0)),
        ],
    },
    Group {
        key: "time",
        title: "Time and late conversions",
        dials: &[
            number!(days, "Days", "length of the log", Range::logarithmic(1.0, 365.0)),
            number!(
                drift,
                "Drift",
                "shift of the purchase logit from the first day to the last",
                Range::linear(-3.0, 3.0)
            ),
            number!(delay_days, "Mean delay", "days from click to purchase", Range::logarithmic(0.01, 90.0)),
            number!(
                delay_spread,
                "Spread of a log-normal delay",
                "standard deviation of its logarithm",
                Range::linear(0.1, 3.0)
            ),
            number!(
                delay_variation,
                "Delay differs by segment",
                "standard deviation of the logarithm of the mean delay",
                Range::linear(0.0, 2.0)
            ),
            number!(
                attribution_days,
                "Attribution window",
                "days after the click within which a purchase counts",
                Range::logarithmic(0.1, 365.0)
            ),
        ],
    },
    Group {
        key: "returns",
        title: "Returns",
        dials: &[
            number!(
                return_rate,
                "Return rate",
                "mean probability of a return, over purchases",
                Range::linear(0.0, 0.9)
            ),
            number!(return_signal, "Return signal", "standard deviation of the return logit", Range::linear(0.0, 4.0)),
            number!(
                return_delay_days,
                "Mean delay of a return",
                "days from purchase to return",
                Range::logarithmic(0.01, 90.0)
            ),
        ],
    },
];

/// Stands by itself: it says nothing of how people behave.
const ROWS_DIAL: Dial = whole!("rows", rows, "Impressions", "rows of the log", Range::logarithmic(100.0, 1e6));

const CUT_OFF_DIAL: Dial = Dial {
    name: "cutoff_days",
    label: "Log taken after",
    hint: "days after its start; what came later is not in it",
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
                body.push(law(DELAY, "Law of the delay", synth.delay));
                body.push(check(Control::new(CUT_OFF, "Cut the log off"), synth.cutoff_days.is_some()).key(CUT_OFF));
                body.extend(synth.cutoff_days.map(|_| mark(&CUT_OFF_DIAL, synth)));
            }
            "returns" => body.push(law(RETURN_DELAY, "Law of the delay", synth.return_delay)),
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
    let laws = [("none", "at once"), ("exponential", "exponential"), ("log_normal", "log-normal")];
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
