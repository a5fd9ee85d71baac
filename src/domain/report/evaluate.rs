//! Logits → readings.

use std::collections::BTreeMap;

use super::late::{Late, task_maturity};
use super::readings::{Evaluation, EventRows, ImpressionReading, Rates};
use super::slices::memberships;
use super::supervision::supervision;
use super::tasks::{COMMON_CTR_TASK, common_ctr_task, metric_input};
use super::towers::{band_readings, decile_readings, density_reading, tower_readings};
use super::tree::tree_readings;
use super::view::{EventColumn, View};
use crate::domain::behavior::reference::LogMass;
use crate::domain::event;
use crate::domain::log::ImpressionLog;
use crate::domain::metrics::{Bootstrap, Exposure, Measured, Measurement, MetricInput, as_f32_carries, constant_rate};
use crate::domain::spec::ModelSpec;

/// Reads everything of one evaluation from the logits of the evaluation rows; `step` and `epoch` are the caller's.
///
/// # Shapes
/// - `logits`: `[eval_rows, questions]`, finite
///
/// # Panics
/// When the shape is another, or the log lacks a label of the model's tree (preparing the log refuses that).
pub fn evaluate(
    log: &ImpressionLog,
    model: &ModelSpec,
    eval_rows: &[u32],
    logits: &[f32],
    bootstrap: Bootstrap,
) -> Evaluation {
    evaluate_with_common_ctr(log, model, eval_rows, logits, None, bootstrap)
}

/// As [`evaluate`], with a further task `ctcvr_common_ctr`: the model's pCVR times a pCTR that all models share, by
/// which the ESMM paper compares them (section 3.2: one CTR network for all).
///
/// # Shapes
/// - `common_ctr`: one a row of `eval_rows`, as [`predicted_ctr`] gives it
pub fn evaluate_with_common_ctr(
    log: &ImpressionLog,
    model: &ModelSpec,
    eval_rows: &[u32],
    logits: &[f32],
    common_ctr: Option<&[LogMass]>,
    bootstrap: Bootstrap,
) -> Evaluation {
    let view = View::new(log, &model.tree, eval_rows, logits);
    let mut input = metric_input(&view);
    input.tasks.extend(common_ctr.map(|ctr| (COMMON_CTR_TASK.to_owned(), common_ctr_task(&view, ctr))));
    Evaluation {
        trees: tree_readings(&view, &supervision(model)),
        towers: tower_readings(&view),
        ..evaluate_events(&view, &input, bootstrap)
    }
}

/// What an evaluation says of the events' probabilities: all but the tree and its towers.
pub(super) fn evaluate_events(view: &View, input: &MetricInput, bootstrap: Bootstrap) -> Evaluation {
    let measurement = Measurement::new(input);
    let maturity = task_maturity(input);
    let Measured { metrics, replicates } = measurement.metrics(bootstrap);
    let has_intervals = bootstrap.replicates > 0;
    Evaluation {
        step: 0,
        epoch: 0.0,
        eval_rows: view.rows.len(),
        metrics,
        constant_rate: if has_intervals { constant_rate(input) } else { BTreeMap::new() },
        replicates,
        notes: BTreeMap::new(),
        support: measurement.support(),
        coverage: measurement.coverage(),
        maturity,
        losses: losses(view),
        trees: Vec::new(),
        towers: Vec::new(),
        density: density_reading(view),
        deciles: decile_readings(view),
        independence: band_readings(view),
        rows_crc32: rows_crc32(view.rows),
        curves: measurement.curves(),
        slices: if has_intervals { measurement.slices(&memberships(view)) } else { BTreeMap::new() },
        flow: None,
    }
}

/// What a constant rate scores on these rows: [`Evaluation::constant_rate`] of a model that need not be trained.
///
/// # Panics
/// When the log lacks a label of the model's tree.
pub fn constant_rate_on(log: &ImpressionLog, model: &ModelSpec, eval_rows: &[u32]) -> BTreeMap<String, f64> {
    let logits = vec![0.0; eval_rows.len() * model.tree.questions.len()];
    constant_rate(&metric_input(&View::new(log, &model.tree, eval_rows, &logits)))
}

/// A model's pCTR by evaluation row; `None` when it predicts none.
///
/// # Panics
/// As [`evaluate`].
pub fn predicted_ctr(
    log: &ImpressionLog,
    model: &ModelSpec,
    eval_rows: &[u32],
    logits: &[f32],
) -> Option<Vec<LogMass>> {
    let view = View::new(log, &model.tree, eval_rows, logits);
    let index = view.tree.events.iter().position(|event| event.name == event::CTR && event.given.is_none())?;
    let column = &view.events[index];
    let mass = |row: usize| {
        let (_, log_p, log_not_p) = as_f32_carries((column.p[row], column.log_p[row], column.log_not_p[row]));
        LogMass { log_p, log_not_p }
    };
    Some((0..column.p.len()).map(mass).collect())
}

fn rows_crc32(rows: &[u32]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    rows.iter().for_each(|row| hasher.update(&row.to_le_bytes()));
    hasher.finalize()
}

/// Mean cross-entropy of each event over the rows that have its label, or what stands for it while some are still to come.
fn losses(view: &View) -> BTreeMap<String, f64> {
    let late = Late::of(view);
    let mut losses = BTreeMap::new();
    for (event, column) in view.tree.events.iter().zip(&view.events) {
        let labelled = || (0..view.rows.len() as u32).filter(|&row| view.event_label(event, row as usize).is_some());
        if let Some((late, rows)) = late.as_ref().map(|late| (late, labelled().collect::<Vec<u32>>()))
            && let Some(exposure) = late.exposure(event, &rows)
        {
            losses.extend(
                exposed_loss(&view.log_weights(&rows), column, &rows, &exposure).map(|loss| (event.name.clone(), loss)),
            );
            continue;
        }
        let (mut sum, mut rows) = (0.0, 0.0);
        for position in 0..view.rows.len() {
            if let Some(label) = view.event_label(event, position) {
                let weight = view.weight(position);
                sum -= weight * if label { column.log_p[position] } else { column.log_not_p[position] };
                rows += weight;
            }
        }
        if rows > 0.0 {
            losses.insert(event.name.clone(), sum / rows);
        }
    }
    losses
}

fn exposed_loss(stands_for: &[f64], column: &EventColumn, rows: &[u32], exposure: &Exposure) -> Option<f64> {
    let parts = rows.iter().zip(exposure.weight.iter().zip(&exposure.positive)).zip(stands_for);
    let loss = |((&row, (&weight, &positive)), &stands_for): ((&u32, (&f64, &f64)), &f64)| {
        let row = row as usize;
        stands_for * (-positive * column.log_p[row] - (weight - positive) * column.log_not_p[row])
    };
    let weight: f64 = exposure.weight.iter().zip(stands_for).map(|(weight, stands_for)| weight * stands_for).sum();
    (weight > 0.0).then(|| parts.map(loss).sum::<f64>() / weight)
}

/// What a model says of rows of the log, event by event.
///
/// # Shapes
/// - `logits`: `[rows, questions]`
pub fn read_rows(log: &ImpressionLog, model: &ModelSpec, rows: &[u32], logits: &[f32]) -> Vec<EventRows> {
    let view = View::new(log, &model.tree, rows, logits);
    let events = model.tree.events.iter().zip(view.events);
    events
        .map(|(event, column)| EventRows { event: event.name.clone(), predicted: column.p, truth: column.truth })
        .collect()
}

/// Reads one impression from its logits.
///
/// # Shapes
/// - `logits`: `[questions]`
///
/// # Panics
/// As [`evaluate`].
pub fn read_impression(log: &ImpressionLog, model: &ModelSpec, row: usize, logits: &[f32]) -> ImpressionReading {
    let rows = [row as u32];
    let view = View::new(log, &model.tree, &rows, logits);
    let as_rate = |yes: bool| f64::from(u8::from(yes));
    let path = view.paths[0];
    let question_rates = |question: usize| Rates {
        predicted: view.answers[question][0][1],
        observed: path.is_asked(question).then(|| as_rate(path.is_yes(question))),
        truth: view.truth[question].as_ref().map(|column| column[0]),
    };
    let questions = model.tree.questions.iter().enumerate();
    let events = model.tree.events.iter().zip(&view.events);
    let event_rates = events.map(|(event, column)| {
        let observed = view.event_label(event, 0).map(as_rate);
        let truth = column.truth.as_ref().map(|truth| truth[0]);
        (event.name.clone(), Rates { predicted: column.p[0], observed, truth })
    });
    ImpressionReading {
        row,
        questions: questions.map(|(index, question)| (question.name.clone(), question_rates(index))).collect(),
        events: event_rates.collect(),
        features: log.features.iter().map(|feature| (feature.name.clone(), feature.values.text(row))).collect(),
    }
}
