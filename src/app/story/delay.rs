//! Chapter 6, delayed feedback: a purchase that is still to come looks like none. Source: Chapelle 2014.

use super::inherent::verdict;
use super::{Chapter, Scene, changed, draw_preset_button, train_button};
use crate::app::charts::constant::constant_rate;
use crate::app::charts::delays::{CutOff, late, lateness, number, stretches};
use crate::app::charts::delays_drawing::{CUT, drawing, stretch_at};
use crate::app::charts::intervals::{Interval, intervals};
use crate::app::charts::intervals_drawing::{self, Intervals};
use crate::app::charts::{format, to_come};
use crate::app::marks::{Act, ActKind, Control, Mark, awaiting, check, figure, slider};
use crate::app::range::Range;
use crate::app::variants::choose;
use crate::domain::report::DelayReading;
use crate::domain::spec::{RunSpec, log_preset, model_preset};
use crate::domain::synth::SynthSpec;

/// [`Act::name`]s of this chapter's controls.
pub const CUTOFF: &str = CUT;
pub const DFM: &str = "dfm";

const KEY: &str = "bias.cvr_entire_space";
/// What a log without a known truth can show of it: on clicks, purchases still to come made up for.
const OBSERVABLE: &str = "pcoc.cvr_clicked";

pub fn chapter(scene: Scene) -> Mark {
    match late(scene.log.and_then(|log| log.delays.as_ref())) {
        Some(reading) => told(scene, reading),
        None => offered(scene),
    }
    .mark()
}

const TITLE: &str = text!(story::delay::title);

/// On a log in which nothing comes late.
fn offered(scene: Scene) -> Chapter {
    let says = text!(story::delay::not_yet);
    Chapter {
        number: 6,
        title: TITLE,
        says: vec![says.to_owned()],
        figure: vec![awaiting(text!(story::delay::awaiting))],
        asks: text!(story::delay::asks_to_draw),
        controls: vec![
            draw_preset_button(scene, "late_conversions", text!(story::delay::draw_late)),
            draw_preset_button(scene, "returns", text!(story::delay::draw_returns)),
        ],
    }
}

fn told(scene: Scene, reading: &DelayReading) -> Chapter {
    let cut = CutOff::of(reading, scene.spec.split.cutoff_days);
    let which = format!("{} {}", cut.stretch_days, cut.observed);
    let mut says: Vec<String> = lateness(reading).into_iter().collect();
    says.extend(cut.sentences());
    let mut rows = intervals(scene.runs, KEY, false);
    if let Some(trained) = scene.trained.filter(|_| !rows.is_empty()) {
        says.push(text!(story::delay::measured, trained = trained_as_of(trained, reading)));
        says.extend(rows.iter().map(verdict));
    }
    let observable = intervals(scene.runs, OBSERVABLE, false);
    says.extend(observed(scene, &observable));
    // Without the truth, what can be observed is what there is to draw.
    let key = if rows.is_empty() { OBSERVABLE } else { KEY };
    if rows.is_empty() {
        rows = observable;
    }
    let mut note = String::new();
    if let Some((spec, runs)) = scene.before {
        rows.extend(intervals(runs, key, true));
        note = changed(spec, scene.trained);
        if scene.trained.is_some_and(|now| now.split.cutoff_days != spec.split.cutoff_days) {
            let as_of = trained_as_of(spec, reading);
            note = if note.is_empty() { as_of } else { format!("{note}, {as_of}") };
        }
    }
    let mut figures = vec![figure(drawing(&cut, &which))];
    let bias = Intervals {
        name: "late-bias".to_owned(),
        title: text!(story::delay::bias_title).to_owned(),
        axis: match key {
            KEY => text!(story::inherent::figure_axis).to_owned(),
            _ => text!(story::delay::observable_axis).to_owned(),
        },
        before: note,
        reference: Some(match key {
            KEY => (0.0, text!(story::delay::truth).to_owned()),
            _ => (1.0, text!(story::delay::expected).to_owned()),
        }),
        constant: constant_rate(scene.runs).get(key).copied().filter(|_| key == KEY),
        rows,
    };
    figures.extend(intervals_drawing::drawing(&bias).map(figure));
    let end = cut.observed as f64 * cut.stretch_days;
    let days = slider(
        Control::new(CUTOFF, text!(story::delay::cut_off)).of(&which),
        Range::linear(cut.stretch_days, end),
        cut.days(),
    );
    let has_dfm = scene.spec.models.iter().any(|model| model.name == "dfm");
    let dfm = check(Control::new(DFM, text!(story::delay::dfm)).hint(text!(story::delay::dfm_hint)), has_dfm);
    let train = match cut.is_end() {
        true => text!(story::delay::train_whole).to_owned(),
        false => text!(story::delay::train_as_of, day = number(cut.days())),
    };
    let other = if cut.has_returns {
        draw_preset_button(scene, "late_conversions", text!(story::delay::draw_late))
    } else {
        draw_preset_button(scene, "returns", text!(story::delay::draw_returns))
    };
    Chapter {
        number: 6,
        title: TITLE,
        says,
        figure: figures,
        asks: text!(story::delay::asks),
        controls: vec![days, train_button(scene, &train), dfm, other],
    }
}

/// Predicted over observed of the held-out clicks, with what is still to come made up for; nothing before it is measured.
fn observed(scene: Scene, rows: &[Interval]) -> Option<String> {
    let maturity = to_come::of_task(scene.runs, "cvr_clicked")?;
    let said = |row: &Interval| format!("{} {}", row.label, format::by_interval(row.value, row.low, row.high));
    let models = format::listed(&rows.iter().map(said).collect::<Vec<_>>());
    (!rows.is_empty()).then(|| text!(story::delay::observable, known = to_come::beside(&maturity), models = models))
}

/// `Trained as of day 5`, `Trained on the log as it was taken`.
fn trained_as_of(spec: &RunSpec, reading: &DelayReading) -> String {
    match spec.split.cutoff_days.map(|days| CutOff::of(reading, Some(days))).filter(|cut| !cut.is_end()) {
        Some(cut) => text!(story::delay::trained_as_of, day = number(cut.days())),
        None => text!(story::delay::trained_whole).to_owned(),
    }
}

/// Takes the log preset that a button asks for.
pub fn take_preset(spec: &mut RunSpec, synth: &mut SynthSpec, preset: &str) {
    if let Some(asked) = log_preset(preset) {
        *synth = asked;
        spec.split.cutoff_days = None;
    }
}

/// Moves the cut-off, or takes DFM in or out.
pub fn apply(spec: &mut RunSpec, act: &Act) {
    if act.name == DFM {
        if let Some(dfm) = model_preset("dfm") {
            choose(spec, &dfm, act.is_on());
        }
        return;
    }
    let mut parts = act.which().split(' ');
    let stretch: Option<f64> = parts.next().and_then(|text| text.parse().ok());
    let observed: Option<usize> = parts.next().and_then(|text| text.parse().ok());
    let (Some(stretch), Some(observed)) = (stretch.filter(|days| *days > 0.0), observed) else { return };
    let end = stretch * observed as f64;
    let now = spec.split.cutoff_days.map_or(observed, |days| stretches(days, stretch, observed));
    let wanted = match act.kind {
        ActKind::Drag | ActKind::Drop => Some(stretch_at(act.at.0, observed)),
        ActKind::Key => match act.input.as_str() {
            "ArrowLeft" | "ArrowDown" => Some(now.saturating_sub(1).max(1)),
            "ArrowRight" | "ArrowUp" => Some((now + 1).min(observed)),
            "Home" => Some(1),
            "End" | "Escape" => Some(observed),
            _ => None,
        },
        ActKind::Change => act.number(Range::linear(stretch, end)).map(|days| stretches(days, stretch, observed)),
        _ => None,
    };
    if let Some(wanted) = wanted {
        // At the log's end every label is as the log has it.
        spec.split.cutoff_days = (wanted < observed).then_some(wanted as f64 * stretch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_off_moves_by_drag_key_and_field_and_ends_with_the_log() {
        let mut spec = RunSpec::default();
        let mut act = |kind, input: &str, x: f64| {
            let act = Act { kind, name: CUTOFF.into(), value: "0.5 14".into(), input: input.into(), at: (x, 0.0) };
            apply(&mut spec, &act);
            spec.split.cutoff_days
        };
        assert_eq!(act(ActKind::Key, "ArrowLeft", 0.0), Some(6.5));
        assert_eq!(act(ActKind::Key, "Home", 0.0), Some(0.5));
        assert_eq!(act(ActKind::Change, "3.1", 0.0), Some(3.0));
        assert_eq!(act(ActKind::Change, "many", 0.0), Some(3.0));
        assert_eq!(act(ActKind::Drag, "", 1e4), None);
        assert_eq!(act(ActKind::Drag, "", -1e4), Some(0.5));
        assert_eq!(act(ActKind::Key, "End", 0.0), None);
    }

    #[test]
    fn dfm_comes_and_goes() {
        let mut spec = RunSpec::default();
        let act = |on: &str| Act { kind: ActKind::Change, name: DFM.into(), input: on.into(), ..Act::default() };
        apply(&mut spec, &act("true"));
        assert!(spec.models.iter().any(|model| model.name == "dfm"));
        apply(&mut spec, &act("false"));
        assert!(spec.models.iter().all(|model| model.name != "dfm"));
    }

    #[test]
    fn an_offered_preset_makes_late_purchases() {
        let (mut spec, mut synth) = (RunSpec::default(), SynthSpec::default());
        spec.split.cutoff_days = Some(3.0);
        take_preset(&mut spec, &mut synth, "late_conversions");
        assert_eq!((Some(synth), spec.split.cutoff_days), (log_preset("late_conversions"), None));
    }
}
