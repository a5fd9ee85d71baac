//! Chapter 6, delayed feedback: a late purchase looks like none. Source: Chapelle 2014.

use super::delays::{CutOff, late, lateness, number, stretches};
use super::delays_drawing::{CutMove, drawing};
use super::{Chapter, Edit, Msg, Scene, changed, draw_preset_button, training_control};
use crate::app::charts::constant::constant_rate;
use crate::app::charts::intervals::{Interval, intervals, verdict};
use crate::app::charts::intervals_drawing::{self, Intervals};
use crate::app::charts::maturity;
use crate::app::format;
use crate::app::marks::{Control, Touch, awaiting, check, figure, live_slider};
use crate::domain::range::Range;
use crate::domain::report::DelayReading;
use crate::domain::spec::RunSpec;

const KEY: &str = "bias.cvr_entire_space";
/// The metric for a log without a known truth: on clicks, corrected for late purchases.
const OBSERVABLE: &str = "pcoc.cvr_clicked";

pub fn chapter(scene: Scene) -> Chapter {
    match late(scene.log.and_then(|log| log.delays.as_ref())) {
        Some(reading) => told(scene, reading),
        None => offered(scene),
    }
}

const TITLE: &str = text!(story::delay::title);

/// The chapter for a log without late purchases.
fn offered(scene: Scene) -> Chapter {
    let says = text!(story::delay::not_yet);
    Chapter {
        number: 6,
        title: TITLE,
        says: vec![says.to_owned()],
        is_of_runs: false,
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
    let mut says: Vec<String> = lateness(reading).into_iter().collect();
    says.extend(cut.sentences());
    let mut rows = intervals(scene.runs, KEY, false);
    if let Some(trained) = scene.trained
        && !rows.is_empty()
    {
        says.push(text!(story::delay::measured, trained = trained_as_of(trained, reading)));
        says.extend(rows.iter().map(verdict));
    }
    let observable = intervals(scene.runs, OBSERVABLE, false);
    says.extend(observed(scene, &observable));
    // Without the truth, the observable metric is drawn.
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
    let (stretch_days, observed) = (cut.stretch_days, cut.observed);
    let cut_off =
        move |(moved, touch): (CutMove, Touch)| Msg::Edit(Edit::CutOff { moved, stretch_days, observed }, touch);
    let mut figures = vec![figure(drawing(&cut)).map(cut_off)];
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
        constant: if key == KEY { constant_rate(scene.runs).get(key).copied() } else { None },
        rows,
    };
    figures.extend(intervals_drawing::drawing(&bias).map(|drawing| figure(drawing).still()));
    let end = cut.observed as f64 * cut.stretch_days;
    let typed = move |days: f64, touch| cut_off((CutMove::To(stretches(days, stretch_days, observed)), touch));
    let control = Control::new(text!(story::delay::cut_off));
    let days = live_slider(control, Range::linear(cut.stretch_days, end), cut.days(), typed);
    let has_dfm = scene.spec.models.iter().any(|model| model.name == "dfm");
    let dfm = Control::new(text!(story::delay::dfm)).hint(text!(story::delay::dfm_hint));
    let dfm = check(dfm, has_dfm, Edit::DelayedFeedback);
    let train = if cut.is_end() {
        text!(story::delay::train_whole).to_owned()
    } else {
        text!(story::delay::train_as_of, day = number(cut.days()))
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
        is_of_runs: true,
        figure: figures,
        asks: text!(story::delay::asks),
        controls: [Some(days)]
            .into_iter()
            .chain(training_control(scene, dfm, &train))
            .chain([Some(other)])
            .flatten()
            .collect(),
    }
}

/// Predicted over observed of the held-out clicks, corrected for late purchases; `None` before it is measured.
fn observed(scene: Scene, rows: &[Interval]) -> Option<String> {
    let maturity = maturity::of_task(scene.runs, "cvr_clicked")?;
    let said = |row: &Interval| format!("{} {}", row.label, format::by_interval(row.value, row.low, row.high));
    let models = format::listed(&rows.iter().map(said).collect::<Vec<_>>());
    (!rows.is_empty()).then(|| text!(story::delay::observable, known = maturity::beside(&maturity), models = models))
}

/// `Trained as of day 5`, `Trained on the log as it was taken`.
fn trained_as_of(spec: &RunSpec, reading: &DelayReading) -> String {
    match spec.split.cutoff_days.map(|days| CutOff::of(reading, Some(days))).filter(|cut| !cut.is_end()) {
        Some(cut) => text!(story::delay::trained_as_of, day = number(cut.days())),
        None => text!(story::delay::trained_whole).to_owned(),
    }
}
