//! `lab record`: the run that the page shows until its engine is there.
//!
//! The page's first experiment, trained as the page's CPU engine trains it, from the first of its seeds: it plays until the
//! live runs are there, and with the others it would be a file of three times the size. Nothing in it depends on
//! the clock, so the same code makes the same bytes. It is gzipped, since not every host compresses what it serves.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{LabError, terminal};
use crate::domain::features::Prepared;
use crate::domain::log::{OpenedLog, gzip};
use crate::domain::metrics::Bootstrap;
use crate::domain::report::{CurvePoint, Evaluation, FLOW_ROWS, constant_rate_on};
use crate::domain::spec::{DataSpec, LogOffers, RunSpec, TrainPlan};
use crate::domain::synth;
use crate::engine::device::EngineDevice;
use crate::engine::{EngineError, Learner};
use crate::protocol::{DeviceKind, LoadedLog, Progress, Saved, SavedAs, SavedRun};

/// Points of a training curve that are kept.
const CURVE_POINTS: usize = 60;

/// How far apart evaluations are, in epochs: most happens in the first one.
fn pause(epoch: f64) -> f64 {
    if epoch < 1.0 { 0.5 } else { 1.0 }
}

/// The recording of an experiment on a generated log, with the first of its seeds.
///
/// # Errors
/// When its log is none of ours, or a model cannot be trained.
pub fn record(spec: &RunSpec) -> Result<Vec<u8>, LabError> {
    let DataSpec::Generated { synth } = &spec.data else {
        return Err(LabError("only an experiment with a generated log can be recorded".to_owned()));
    };
    let recorded = RunSpec { seeds: spec.seeds.iter().copied().take(1).collect(), ..spec.clone() };
    let generated = synth::generate(synth);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).map_err(LabError::new)?;
    let log =
        LoadedLog { head: Vec::new(), ..LoadedLog::of(text!(worker::generated_log).to_owned(), 0, &opened, None) };
    let offers = LogOffers::of(&opened.log);
    let mut runs = Vec::new();
    for model in &spec.models {
        let fitted = model.on_log(offers);
        for &seed in &recorded.seeds {
            terminal::say(format_args!("recording {} with seed {seed}", model.name));
            let plan = spec.plan(&fitted.model, seed);
            let prepared = Prepared::new(&opened.log, &plan).map_err(LabError::new)?;
            let trained = pollster::block_on(run(&plan, &prepared, &opened)).map_err(LabError::new)?;
            runs.push(SavedRun { left_out: Cow::Owned(fitted.left_out.clone()), ..trained });
        }
    }
    let saved = Saved {
        spec: Cow::Borrowed(spec),
        trained: Some(Cow::Owned(recorded)),
        log: Some(Cow::Owned(log)),
        runs,
        reloads: None,
    };
    Ok(gzip(&saved.to_bytes().map_err(LabError::new)?))
}

async fn run(plan: &TrainPlan, prepared: &Prepared, opened: &OpenedLog) -> Result<SavedRun<'static>, EngineError> {
    let plan = &plan.clone().on_rows(prepared.split.train.len());
    let mut learner = Learner::new(&EngineDevice::cpu(), plan, prepared)?;
    let mut evaluations: Vec<Evaluation> = Vec::new();
    let watch = async |learner: &Learner| {
        let epoch = learner.position().epoch;
        let is_due = evaluations.last().is_none_or(|last| epoch - last.epoch >= pause(last.epoch) - 1e-9);
        if is_due || learner.is_finished() {
            evaluations.push(evaluation(learner, plan, prepared, opened).await?);
        }
        Ok(())
    };
    let curve = learner.train(&opened.log, watch).await?;
    let position = learner.position();
    let progress = Progress {
        step: position.step,
        total_steps: position.total_steps,
        epoch: position.epoch,
        epochs: position.epochs,
        rows_per_second: 0.0,
        seconds: 0.0,
        train_rows: prepared.split.train.len(),
        device: DeviceKind::Cpu,
    };
    Ok(SavedRun {
        was: SavedAs::Ended,
        model: Cow::Owned(plan.model.clone()),
        left_out: Cow::Owned(Vec::new()),
        seed: plan.seed,
        progress: Some(progress),
        curve: Cow::Owned(thinned(curve)),
        evaluations: Cow::Owned(evaluations),
        early_stopping: learner.early_stopping().cloned().map(Cow::Owned),
    })
}

/// An evaluation with what the page draws while it plays. Intervals, differences and slices are the live run's: their
/// resamples would be most of the file.
async fn evaluation(
    learner: &Learner,
    plan: &TrainPlan,
    prepared: &Prepared,
    opened: &OpenedLog,
) -> Result<Evaluation, EngineError> {
    let (mut evaluation, _) = learner.evaluate(&opened.log, &plan.model, prepared, Bootstrap::NONE).await?;
    evaluation.flow = learner.flow(&plan.model, prepared, &prepared.training_sample(FLOW_ROWS)).await?;
    if learner.is_finished() {
        evaluation.constant_rate = constant_rate_on(&opened.log, &plan.model, &prepared.split.eval);
    } else {
        evaluation.curves.clear();
    }
    Ok(rounded(&evaluation))
}

/// The same evaluation with numbers to a ten-thousandth: what is drawn needs no more, and zeros pack well.
fn rounded(evaluation: &Evaluation) -> Evaluation {
    fn round(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => {
                const KEPT: u64 = !((1 << 40) - 1);
                let short = number.as_f64().map(|x| f64::from_bits(x.to_bits() & KEPT)).and_then(Number::from_f64);
                *number = short.unwrap_or_else(|| number.clone());
            }
            Value::Array(values) => values.iter_mut().for_each(round),
            Value::Object(fields) => fields.values_mut().for_each(round),
            _ => {}
        }
    }
    let short = serde_json::to_value(evaluation).ok().and_then(|mut value| {
        round(&mut value);
        serde_json::from_value(value).ok()
    });
    short.unwrap_or_else(|| evaluation.clone())
}

/// At most [`CURVE_POINTS`] of a curve, evenly, its last one among them.
fn thinned(curve: Vec<CurvePoint>) -> Vec<CurvePoint> {
    let n = curve.len();
    let kept = CURVE_POINTS.min(n);
    let short = |point: &CurvePoint| {
        let losses = point.losses.iter().map(|(name, loss)| (name.clone(), f64::from(*loss as f32)));
        CurvePoint { losses: losses.collect(), ..point.clone() }
    };
    (1..=kept).map(|point| short(&curve[point * n / kept - 1])).collect()
}
