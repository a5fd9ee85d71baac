//! The generator's main controls; a preset sets them all.

use super::generator_controls as controls;
use crate::app::marks::{Act, Control, Mark, button, disclosure, number, select};
use crate::domain::spec::{log_preset, log_preset_names};
use crate::domain::synth::SynthSpec;

/// [`Act::name`] of the button that draws the log.
pub const GENERATE: &str = "generate";

/// Dials of the rail; the Data view has all of them.
const MAIN: [&str; 5] = ["ctr", "cvr", "action_rate", "correlation", "hidden_confounder"];

/// Preset, size, rates, and the button that draws the log.
pub fn form(synth: &SynthSpec) -> Mark {
    let names = log_preset_names();
    let words: Vec<String> = names.iter().map(|name| name.replace('_', " ")).collect();
    let presets = names.iter().copied().zip(words.iter().map(String::as_str)).chain([("", "own settings")]);
    let dials = MAIN.map(|name| dial(name, synth));
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
    controls::dial(name).map(|dial| controls::mark(dial, synth)).unwrap_or_default()
}

/// Does what the reader did.
pub fn apply(synth: &mut SynthSpec, act: &Act) {
    match act.name.as_str() {
        "preset" => {
            if let Some(preset) = log_preset(&act.input) {
                *synth = SynthSpec { rows: synth.rows, seed: synth.seed, ..preset };
            }
        }
        "seed" => synth.seed = act.number(controls::SEED).map_or(synth.seed, |seed| seed as u64),
        _ => controls::apply(synth, act),
    }
}

/// The preset that these controls are, rows and seed aside; empty for none.
pub fn preset_of(synth: &SynthSpec) -> &'static str {
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
