//! The generator's controls, its presets, and a preview.

use super::settings::{SettingChange, number_of, slider_of};
use crate::app::charts::preview_drawing;
use crate::app::marks::{Control, Mark, button, check, disclosure, figure, select};
use crate::app::page::AnsweredPreview;
use crate::domain::spec::{log_preset, log_preset_names};
use crate::domain::synth::settings::{CUTOFF_DAYS, GROUPS, ROWS, SEED, SettingGroup};
use crate::domain::synth::{DelayLaw, Preview, SynthSpec};

#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Generate,
    Edit(Edit),
}

/// A change of the generator's controls.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Preset(&'static str),
    Set(SettingChange<SynthSpec>),
    Delay(DelayLaw),
    ReturnDelay(DelayLaw),
    /// Whether the log has a cut-off.
    CutOff(bool),
}

/// Each preset's purpose.
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

/// The form: preset, size, controls in groups, preview, and the button that generates the log.
pub fn form(synth: &SynthSpec, answered: Option<&AnsweredPreview>) -> Mark<Msg> {
    let presets = log_preset_names().into_iter().map(|name| (name, name.replace('_', " ")));
    let presets = presets.chain([("", text!(generator::own_settings).to_owned())]);
    let preset = preset_of(synth);
    let chosen = select(Control::new(text!(generator::preset)), presets, &preset, Edit::Preset);
    let point =
        POINTS.iter().find(|(name, _)| *name == preset).map(|(_, point)| Mark::new("p").class("hint").text(*point));
    let said = |words: &'static str| Mark::new("p").class("hint").text(words);
    let answered = answered.filter(|_| synth.validate().is_ok());
    let preview = answered.and_then(|answered| answered.preview.as_ref());
    let preview_mark = match preview {
        Some(preview) => figure(preview_drawing::drawing(preview)).still(),
        None if synth.validate().is_ok() => said(text!(generator::awaiting)),
        None => said(text!(generator::refused)),
    };
    Mark::new("div")
        .class("generator")
        .child(Mark::new("h3").text(text!(generator::title)))
        .child(chosen.map(Msg::Edit))
        .maybe(point.map(|mark| mark.key("point")))
        .child(slider_of(&ROWS, synth).map(Edit::Set).map(Msg::Edit))
        .maybe(number_of(&SEED, synth).map(|mark| mark.map(Edit::Set).map(Msg::Edit)))
        .children(GROUPS.iter().map(|group| group_mark(group, synth).map(Msg::Edit)))
        .child(Mark::new("div").class("preview").key("preview").child(preview_mark))
        // The preview on view may be of the controls as they were.
        .maybe(
            preview
                .filter(|_| answered.is_some_and(|answered| answered.of == *synth))
                .and_then(|preview| out_of_reach(synth, preview)),
        )
        .child(button(Control::new(text!(generator::generate)), "", Msg::Generate))
}

/// A group of controls behind its title.
fn group_mark(group: &'static SettingGroup, synth: &SynthSpec) -> Mark<Edit> {
    let mut body: Vec<Mark<Edit>> =
        group.settings.iter().map(|setting| slider_of(setting, synth).map(Edit::Set)).collect();
    match group.key {
        "time" => {
            body.push(law(synth.delay, Edit::Delay));
            let is_cut = synth.cutoff_days.is_some();
            body.push(check(Control::new(text!(generator::cut_off)), is_cut, Edit::CutOff).key("cut_off"));
            body.extend(is_cut.then(|| slider_of(&CUTOFF_DAYS, synth).map(Edit::Set)));
        }
        "returns" => body.push(law(synth.return_delay, Edit::ReturnDelay)),
        _ => {}
    }
    disclosure(group.key, group.title, body)
}

fn law(law: DelayLaw, set: fn(DelayLaw) -> Edit) -> Mark<Edit> {
    let laws = [
        (DelayLaw::None, text!(generator::laws::at_once)),
        (DelayLaw::Exponential, text!(generator::laws::exponential)),
        (DelayLaw::LogNormal, text!(generator::laws::log_normal)),
    ];
    select(Control::new(text!(generator::laws::name)), laws, &law, set).key("law")
}

/// A note if the correlation cannot be reached.
fn out_of_reach(synth: &SynthSpec, preview: &Preview) -> Option<Mark<Msg>> {
    const NEAR: f64 = 0.01;
    let found = preview.correlation?;
    if (found - synth.correlation).abs() <= NEAR {
        return None;
    }
    let words = text!(generator::nearest, asked = synth.correlation.to_string(), found = format!("{found:.2}"));
    Some(Mark::new("p").class("hint").text(words).key("nearest"))
}

pub fn apply(synth: &mut SynthSpec, edit: &Edit) {
    match edit {
        Edit::Preset(name) => {
            if let Some(preset) = log_preset(name) {
                *synth = SynthSpec { rows: synth.rows, seed: synth.seed, ..preset };
            }
        }
        Edit::Set(set) => set.apply(synth),
        Edit::Delay(law) => synth.delay = *law,
        Edit::ReturnDelay(law) => synth.return_delay = *law,
        Edit::CutOff(is_cut) => synth.cutoff_days = is_cut.then_some(synth.days),
    }
}

/// The preset with these settings, rows and seed aside; empty for none.
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
    fn nothing_is_said_of_the_reach_before_the_preview_of_these_controls_is_there() {
        let bent = SynthSpec { nonlinearity: 2.0, correlation: 0.9, action_lift: 1.0, ..SynthSpec::default() };
        let said = |of: &SynthSpec| {
            let answered = AnsweredPreview { of: of.clone(), preview: Some(preview(of)) };
            form(&bent, Some(&answered)).all_text().contains("out of reach")
        };
        assert!(said(&bent) && !said(&SynthSpec::default()));
    }

    #[test]
    fn a_preset_keeps_rows_and_seed_and_is_recognised() {
        let mut synth = SynthSpec { rows: 123, seed: 9, ..SynthSpec::default() };
        change(&mut synth, "Preset", "no correlation");
        assert_eq!((synth.rows, synth.seed, preset_of(&synth)), (123, 9, "no_correlation"));
        change(&mut synth, text!(generator::dials::ctr::label), "0.123");
        assert_eq!((synth.ctr, preset_of(&synth)), (0.123, ""));
    }

    fn change(synth: &mut SynthSpec, label: &str, input: &str) {
        match form(synth, None).change(label, input) {
            Some(Msg::Edit(edit)) => apply(synth, &edit),
            other => panic!("{label}: {other:?}"),
        }
    }

    #[test]
    fn a_log_that_is_cut_off_is_cut_at_its_end_until_a_day_is_chosen() {
        let mut synth = SynthSpec::default();
        change(&mut synth, text!(generator::cut_off), "true");
        assert_eq!(synth.cutoff_days, Some(synth.days));
        change(&mut synth, text!(generator::dials::cutoff_days::label), "3");
        assert_eq!(synth.cutoff_days, Some(3.0));
        change(&mut synth, text!(generator::cut_off), "false");
        assert_eq!(synth.cutoff_days, None);
    }
}
