//! The generator's controls, a preset that sets them all, and what they will make.

use super::generator_controls as controls;
use crate::app::charts::preview_drawing;
use crate::app::marks::{Act, Control, Mark, button, figure, number, select};
use crate::domain::spec::{log_preset, log_preset_names};
use crate::domain::synth::{Preview, SynthSpec};

/// [`Act::name`] of the button that draws the log.
pub const GENERATE: &str = "generate";

/// The one point that each preset makes.
pub const POINTS: [(&str, &str); 10] = [
    ("default", text!(generator::points::default)),
    ("well_behaved", text!(generator::points::well_behaved)),
    ("no_correlation", text!(generator::points::no_correlation)),
    ("low_cardinality", text!(generator::points::low_cardinality)),
    ("strong_selection", text!(generator::points::strong_selection)),
    ("sparse", text!(generator::points::sparse)),
    ("popularity_skew", text!(generator::points::popularity_skew)),
    ("hidden_confounder", text!(generator::points::hidden_confounder)),
    ("late_conversions", text!(generator::points::late_conversions)),
    ("returns", text!(generator::points::returns)),
];

/// Preset, size, every control in groups, what they will make, and the button that draws the log.
pub fn form(synth: &SynthSpec, preview: Option<&Preview>) -> Mark {
    let names = log_preset_names();
    let words: Vec<String> = names.iter().map(|name| name.replace('_', " ")).collect();
    let presets =
        names.iter().copied().zip(words.iter().map(String::as_str)).chain([("", text!(generator::own_settings))]);
    let preset = preset_of(synth);
    let point =
        POINTS.iter().find(|(name, _)| *name == preset).map(|(_, point)| Mark::new("p").class("hint").text(*point));
    let refused = || Mark::new("p").class("hint").text(text!(generator::refused));
    Mark::new("div")
        .class("generator")
        .child(Mark::new("h3").text(text!(generator::title)))
        .child(select(Control::new("preset", text!(generator::preset)), presets, preset))
        .maybe(point.map(|mark| mark.key("point")))
        .child(dial("rows", synth))
        .child(number(Control::new("seed", text!(generator::seed)), synth.seed as f64))
        .children(controls::groups(synth))
        .child(preview.map_or_else(refused, |preview| figure(preview_drawing::drawing(preview))).key("preview"))
        .maybe(preview.and_then(|preview| out_of_reach(synth, preview)))
        .child(button(Control::new(GENERATE, text!(generator::generate)), ""))
}

/// Said where the correlation control promises what it can't keep.
fn out_of_reach(synth: &SynthSpec, preview: &Preview) -> Option<Mark> {
    const NEAR: f64 = 0.01;
    let found = preview.correlation?;
    if (found - synth.correlation).abs() <= NEAR {
        return None;
    }
    let words = text!(generator::nearest, asked = synth.correlation.to_string(), found = format!("{found:.2}"));
    Some(Mark::new("p").class("hint").text(words).key("nearest"))
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
    use crate::domain::synth::preview;

    #[test]
    fn every_preset_says_its_point() {
        let names: Vec<&str> = POINTS.iter().map(|(name, _)| *name).collect();
        for name in log_preset_names() {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(names.len(), log_preset_names().len());
    }

    #[test]
    fn a_correlation_that_cannot_be_reached_is_said_to_be_another() {
        let said = |synth: &SynthSpec| out_of_reach(synth, &preview(synth)).map(|mark| format!("{mark:?}"));
        for name in log_preset_names() {
            let synth = log_preset(name).expect("a preset");
            assert!(said(&synth).is_none(), "{name}");
        }
        let bent = SynthSpec { nonlinearity: 2.0, correlation: 0.9, action_lift: 1.0, ..SynthSpec::default() };
        assert!(said(&bent).expect("out of reach").contains("0.9 is out of reach"));
    }

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
