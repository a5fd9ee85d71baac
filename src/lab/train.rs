//! `lab train`: runs, reports, predictions, weights.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::report::{self, TrainedRun};
use super::{Ending, LabError, args, files, inspect, terminal};
use crate::domain::features::Prepared;
use crate::domain::log::{OpenedLog, Split};
use crate::domain::metrics::Bootstrap;
use crate::domain::onnx;
use crate::domain::report::{
    CurvePoint, EarlyStoppingReport, FailedRun, Predictions, RunReport, WeightsSheet, is_middle, last_epoch_readings,
    write_predictions_csv,
};
use crate::domain::spec::{self, DataSpec, LogOffers, ModelSpec, RunSpec, TrainPlan};
use crate::domain::synth;
use crate::engine::device::EngineDevice;
use crate::engine::{EngineError, Learned, Learner, Position};

/// Runs `lab train`. A run that fails leaves no file, and takes nothing away from the others.
pub fn train(args: &args::Train) -> Result<Ending, LabError> {
    let spec = spec_of(args)?;
    let opened = open_log(&args.experiment, &spec)?;
    let offers = LogOffers::of(&opened.log);
    let refused = refused_models(&spec, &opened, offers)?;
    let device = EngineDevice::cpu();
    let (mut trained, mut failed, mut predictions) = (Vec::new(), Vec::new(), Vec::new());
    let mut split = None;
    for (model, seed) in spec.models.iter().flat_map(|model| spec.seeds.iter().map(move |&seed| (model, seed))) {
        let fail = |error: String| FailedRun { model: model.name.clone(), seed, error };
        if let Some(error) = refused.get(&model.name) {
            failed.push(fail(error.clone()));
            continue;
        }
        terminal::say(format_args!("training {} with seed {seed}", model.name));
        let fitted = model.on_log(offers);
        fitted.left_out.iter().for_each(|sentence| terminal::say(format_args!("{}: {sentence}", model.name)));
        match run(args, &device, &spec.plan(&fitted.model, seed), &opened) {
            Ok(mut done) => {
                done.run.run.left_out = fitted.left_out;
                for (path, bytes) in &done.files {
                    files::write(path, bytes)?;
                }
                predictions.extend(done.predictions);
                split = Some(done.split);
                trained.push(done.run);
            }
            Err(error) => {
                terminal::say(format_args!("lab: {} with seed {seed} failed: {error}", model.name));
                failed.push(fail(error.to_string()));
            }
        }
    }
    if let (Some(path), Some(split)) = (&args.predictions, &split) {
        files::write(path, &write_predictions_csv(&opened.log, split, &predictions))?;
    }
    let ending = ending(trained.len(), failed.len());
    say_what_is_missing(args, ending, &trained, &failed);
    let report = report::report(&opened.log, trained, failed, args.baseline.as_deref(), args.common_ctr.as_deref());
    files::print_or_write_json(&report, Some(&args.report))?;
    Ok(ending)
}

fn ending(n_trained: usize, n_failed: usize) -> Ending {
    match (n_trained, n_failed) {
        (_, 0) => Ending::Done,
        (0, _) => Ending::AllFailed,
        _ => Ending::SomeFailed,
    }
}

/// Says what is not there for want of the failed runs.
fn say_what_is_missing(args: &args::Train, ending: Ending, trained: &[TrainedRun], failed: &[FailedRun]) {
    let (n, of) = (failed.len(), failed.len() + trained.len());
    match ending {
        Ending::Done => return,
        Ending::SomeFailed => terminal::say(format_args!(
            "lab: {n} of {of} runs failed and left no predictions or weights; the report has the others, and why"
        )),
        Ending::AllFailed => terminal::say(format_args!(
            "lab: every run failed, so there are no predictions, weights or metrics; the report says why"
        )),
    }
    let is_there = |name: &&String| trained.iter().any(|run| run.run.model == **name);
    if let Some(name) = args.baseline.as_ref().filter(|name| !is_there(name)) {
        terminal::say(format_args!("lab: the baseline {name} is not there to compare with"));
    }
    if let Some(name) = args.common_ctr.as_ref().filter(|name| !is_there(name)) {
        terminal::say(format_args!("lab: without the pCTR of {name} there is no task ctcvr_common_ctr"));
    }
}

/// The models that the log cannot train, each with why: found before any other has cost its time.
///
/// # Errors
/// When no model is left: that is a mistake, and nothing is begun.
fn refused_models(spec: &RunSpec, opened: &OpenedLog, offers: LogOffers) -> Result<BTreeMap<String, String>, LabError> {
    let mut refused = BTreeMap::new();
    let mut first = None;
    for model in &spec.models {
        let plan = spec.plan(&model.on_log(offers).model, spec.seeds.first().copied().unwrap_or_default());
        if let Err(error) = Prepared::check(&opened.log, &plan) {
            first.get_or_insert_with(|| LabError::new(&error));
            refused.insert(model.name.clone(), error.to_string());
        }
    }
    match first {
        Some(error) if refused.len() == spec.models.len() => Err(error),
        _ => {
            refused.iter().for_each(|(name, error)| terminal::say(format_args!("lab: {name} is left out: {error}")));
            Ok(refused)
        }
    }
}

/// What a run leaves.
struct Done {
    run: TrainedRun,
    split: Split,
    /// When they are asked for.
    predictions: Option<Predictions>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// One run, from its plan to its files, of which none is written yet.
fn run(args: &args::Train, device: &EngineDevice, plan: &TrainPlan, opened: &OpenedLog) -> Result<Done, LabError> {
    let prepared = Prepared::new(&opened.log, plan).map_err(LabError::new)?;
    let plan = plan.clone().on_rows(prepared.split.train.len());
    let (run, learner) = pollster::block_on(train_one(device, &plan, &prepared, opened)).map_err(LabError::new)?;
    let files = match &args.weights {
        Some(folder) => weight_files(folder, &plan, &prepared, &learner)?,
        None => Vec::new(),
    };
    let predictions = match args.predictions {
        Some(_) => Some(predict_all(&learner, &plan, opened.log.n_rows)?),
        None => None,
    };
    Ok(Done { run, split: prepared.split, predictions, files })
}

/// The experiment: a file, a preset or the default, with the command line's overrides.
fn spec_of(args: &args::Train) -> Result<RunSpec, LabError> {
    let mut spec = experiment_of(&args.experiment)?;
    if !args.seeds.is_empty() {
        spec.seeds.clone_from(&args.seeds);
    }
    spec.training.epochs = args.epochs.or(spec.training.epochs);
    spec.validate().map_err(LabError::new)?;
    for (flag, name) in [("--baseline", &args.baseline), ("--common-ctr", &args.common_ctr)] {
        if let Some(name) = name
            && spec.models.iter().all(|model| &model.name != name)
        {
            let known: Vec<&str> = spec.models.iter().map(|model| model.name.as_str()).collect();
            return Err(LabError(format!("{flag} \"{name}\" is not among the models trained: {}", known.join(", "))));
        }
    }
    Ok(spec)
}

/// A spec's file, a preset or the default one, with the models that are asked for.
pub fn experiment_of(args: &args::Experiment) -> Result<RunSpec, LabError> {
    let mut spec = read_spec(args)?;
    if !args.model.is_empty() {
        spec.models = models_called(&args.model)?;
    }
    Ok(spec)
}

fn read_spec(args: &args::Experiment) -> Result<RunSpec, LabError> {
    if let Some(path) = &args.spec {
        return spec_file(path);
    }
    let name = args.preset.as_deref().unwrap_or("default");
    spec::spec_preset(name).ok_or_else(|| {
        let known = spec::spec_preset_names().join(", ");
        LabError(format!("there is no experiment preset called \"{name}\"; known are {known}"))
    })
}

/// A RunSpec in a file, TOML unless its name ends in `.json`.
pub fn spec_file(path: &Path) -> Result<RunSpec, LabError> {
    let text = files::read_text(path)?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let spec = if is_json { RunSpec::from_json(&text) } else { RunSpec::from_toml(&text) };
    spec.map_err(|error| LabError(format!("{}: {error}", path.display())))
}

/// The presets of these models.
fn models_called(names: &[String]) -> Result<Vec<ModelSpec>, LabError> {
    let model = |name: &String| {
        spec::model_preset(name).ok_or_else(|| {
            let known = spec::model_names().join(", ");
            LabError(format!("there is no model called \"{name}\"; known are {known}"))
        })
    };
    names.iter().map(model).collect()
}

/// The experiment's log.
pub fn open_log(args: &args::Experiment, spec: &RunSpec) -> Result<OpenedLog, LabError> {
    match (args.log.as_slice(), &spec.data) {
        ([], DataSpec::Generated { synth }) => {
            let generated = synth::generate(synth);
            OpenedLog::from_table(generated.table, Some(generated.roles)).map_err(LabError::new)
        }
        ([], DataSpec::File { name, .. }) => Err(LabError(format!(
            "the spec was made on the file \"{name}\", which it does not carry; pass it with --log"
        ))),
        (tables, data) => inspect::open(tables, &args.reading, Some(data)),
    }
}

async fn train_one(
    device: &EngineDevice,
    plan: &TrainPlan,
    prepared: &Prepared,
    opened: &OpenedLog,
) -> Result<(TrainedRun, Learner), EngineError> {
    let mut learner = Learner::new(device, plan, prepared)?;
    let started = Instant::now();
    let mut earlier = Vec::new();
    let watch = async |learner: &Learner| {
        let Position { step, total_steps, .. } = learner.position();
        if step == 0 || is_middle(step, total_steps) {
            earlier.push(learner.evaluate(&opened.log, &plan.model, prepared, Bootstrap::NONE).await?.0);
        }
        Ok(())
    };
    let mut curve = learner.train(&opened.log, watch).await?;
    note_validation(&mut curve, learner.early_stopping());
    let seconds = started.elapsed().as_secs_f64();
    let rows = prepared.split.eval.clone();
    let predicted = learner.predict(&rows).await?;
    let run = RunReport {
        model: plan.model.name.clone(),
        seed: plan.seed,
        device: "cpu".to_owned(),
        train_rows: prepared.split.train.len(),
        eval_rows: rows.len(),
        training: learner.resolved(),
        seconds,
        rows_per_second: learner.position().rows_seen as f64 / seconds,
        metrics: BTreeMap::new(),
        maturity: BTreeMap::new(),
        notes: predicted.notes().into_iter().chain(last_epoch_readings(&curve)).collect(),
        curve,
        early_stopping: learner.early_stopping().cloned(),
        left_out: Vec::new(),
    };
    let epoch = learner.position().epoch;
    Ok((TrainedRun { run, model: plan.model.clone(), rows, logits: predicted.logits, epoch, earlier }, learner))
}

/// Adds the value that early stopping saw to the losses of each epoch's last step.
fn note_validation(curve: &mut [CurvePoint], stopping: Option<&EarlyStoppingReport>) {
    let Some(report) = stopping else { return };
    for seen in &report.epochs {
        let points = curve.iter_mut().filter(|point| point.step == seen.step);
        points.for_each(|point| _ = point.losses.insert(format!("validation.{}", report.metric), seen.value));
    }
}

fn predict_all(learner: &Learner, plan: &TrainPlan, n_rows: usize) -> Result<Predictions, LabError> {
    let rows: Vec<u32> = (0..n_rows as u32).collect();
    let logits = pollster::block_on(learner.logits(&rows)).map_err(LabError::new)?;
    Ok(Predictions { model: plan.model.name.clone(), seed: plan.seed, tree: plan.model.tree.clone(), logits })
}

fn weight_files(
    folder: &Path,
    plan: &TrainPlan,
    prepared: &Prepared,
    learner: &Learner,
) -> Result<Vec<(PathBuf, Vec<u8>)>, LabError> {
    let stem = format!("{}-{}", plan.model.name, plan.seed);
    let path = |extension: &str| folder.join(format!("{stem}.{extension}"));
    let learned = pollster::block_on(learner.learned()).map_err(LabError::new)?;
    let weights = learned.to_bytes().map_err(LabError::new)?;
    let sheet = serde_json::to_string_pretty(&WeightsSheet::new(plan, &prepared.fitted)).map_err(LabError::new)?;
    // Trees are no network.
    let graph = match learned {
        Learned::Weights(_) => Some(onnx::from_files(&weights, &sheet).map_err(LabError::new)?),
        Learned::Forest(_) => None,
    };
    let mut files = vec![(path(learned.extension()), weights), (path("json"), format!("{sheet}\n").into_bytes())];
    files.extend(graph.map(|graph| (path("onnx"), graph)));
    Ok(files)
}
