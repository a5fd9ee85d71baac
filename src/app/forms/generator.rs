//! The generator's main controls; a preset sets them all.

use crate::app::marks::{Act, Control, Mark, button, disclosure, number, select, slider};
use crate::app::range::Range;
use crate::domain::spec::{log_preset, log_preset_names};
use crate::domain::synth::SynthSpec;

/// [`Act::name`] of the button that draws the log.
pub const GENERATE: &str = "generate";

const ROWS: Range = Range::logarithmic(100.0, 1e6).whole();
const SEED: Range = Range::linear(0.0, 9_007_199_254_740_991.0).whole();

/// A control of the generator: its name, its words, its range and its place.
struct Dial {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    range: Range,
    place: fn(&mut SynthSpec) -> &mut f64,
}

const DIALS: [Dial; 5] = [
    Dial {
        name: "ctr",
        label: "CTR",
        hint: "mean probability of a click",
        range: Range::logarithmic(0.001, 0.9),
        place: |s| &mut s.ctr,
    },
    Dial {
        name: "cvr",
        label: "CVR",
        hint: "mean probability of a conversion, over clicks",
        range: Range::logarithmic(0.001, 0.9),
        place: |s| &mut s.cvr,
    },
    Dial {
        name: "action_rate",
        label: "DAction rate",
        hint: "mean probability of a cart or wishlist action, over clicks",
        range: Range::logarithmic(0.001, 0.9),
        place: |s| &mut s.action_rate,
    },
    Dial {
        name: "correlation",
        label: "Click–purchase correlation",
        hint: "how strongly clicks select the impressions that would convert",
        range: Range::linear(-0.95, 0.95),
        place: |s| &mut s.correlation,
    },
    Dial {
        name: "hidden_confounder",
        label: "Hidden confounder",
        hint: "a variable that drives click and purchase and is not a feature",
        range: Range::linear(0.0, 3.0),
        place: |s| &mut s.hidden_confounder,
    },
];

/// Preset, size, rates, and the button that draws the log.
pub fn form(synth: &SynthSpec) -> Mark {
    let names = log_preset_names();
    let words: Vec<String> = names.iter().map(|name| name.replace('_', " ")).collect();
    let presets = names.iter().copied().zip(words.iter().map(String::as_str)).chain([("", "own settings")]);
    let dials = DIALS.iter().map(|known| dial(known.name, synth));
    Mark::new("div").class("generator").children([
        Mark::new("h3").text("Or a log with a known truth"),
        select(Control::new("preset", "Preset"), presets, preset_of(synth)),
        dial("rows", synth),
        number(Control::new("seed", "Log seed"), synth.seed as f64),
        disclosure("rates", "Rates and selection", dials),
        button(Control::new(GENERATE, "Generate"), ""),
    ])
}

/// One control of the generator, by its name; nothing for a name that it does not have.
pub fn dial(name: &'static str, synth: &SynthSpec) -> Mark {
    if name == "rows" {
        return slider(Control::new("rows", "Impressions"), ROWS, synth.rows as f64);
    }
    match DIALS.iter().find(|dial| dial.name == name) {
        Some(dial) => {
            let value = *(dial.place)(&mut synth.clone());
            slider(Control::new(dial.name, dial.label).hint(dial.hint), dial.range, value)
        }
        None => Mark::default(),
    }
}

/// Does what the reader did.
pub fn apply(synth: &mut SynthSpec, act: &Act) {
    match act.name.as_str() {
        "preset" => {
            if let Some(preset) = log_preset(&act.input) {
                *synth = SynthSpec { rows: synth.rows, seed: synth.seed, ..preset };
            }
        }
        "rows" => synth.rows = act.number(ROWS).map_or(synth.rows, |rows| rows as usize),
        "seed" => synth.seed = act.number(SEED).map_or(synth.seed, |seed| seed as u64),
        name => {
            if let Some(dial) = DIALS.iter().find(|dial| dial.name == name)
                && let Some(value) = act.number(dial.range)
            {
                *(dial.place)(synth) = value;
            }
        }
    }
}

/// The preset that these controls are, rows and seed aside; empty for none.
fn preset_of(synth: &SynthSpec) -> &'static str {
    let is_it = |name: &&'static str| {
        log_preset(name)
            .is_some_and(|preset| SynthSpec { rows: preset.rows, seed: preset.seed, ..synth.clone() } == preset)
    };
    log_preset_names().into_iter().find(is_it).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_keeps_rows_and_seed_and_is_recognised() {
        let mut synth = SynthSpec { rows: 123, seed: 9, ..SynthSpec::default() };
        let act = Act { name: "preset".into(), input: "no_correlation".into(), ..Act::default() };
        apply(&mut synth, &act);
        assert_eq!((synth.rows, synth.seed, preset_of(&synth)), (123, 9, "no_correlation"));
        let act = Act { name: "ctr".into(), input: "0.123".into(), ..Act::default() };
        apply(&mut synth, &act);
        assert_eq!((synth.ctr, preset_of(&synth)), (0.123, ""));
    }
}
