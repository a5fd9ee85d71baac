//! `lab train`: runs, reports, predictions, weights.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use super::report::{self, TrainedRun};
use super::{LabError, args, files, inspect};
use crate::domain::features::Prepared;
use crate::domain::log::OpenedLog;
use crate::domain::metrics::Bootstrap;
use crate::domain::onnx;
use crate::domain::report::{
    CurvePoint, EarlyStoppingReport, Predictions, RunReport, WeightsSheet, is_middle, last_epoch_readings,
    write_predictions_csv,
};
use crate::domain::spec::{self, DataSpec, LogOffers, ModelSpec, RunSpec, TrainPlan};
use crate::domain::synth;
use crate::engine::device::EngineDevice;
use crate::engine::{EngineError, Learned, Learner, Position};

/// Runs `lab train`.
pub fn train(args: &args::Train) -> Result<(), LabError> {
    let spec = spec_of(args)?;
    let opened = open_log(&args.experiment, &spec)?;
    let offers = LogOffers::of(&opened.log);
    check_all(&spec, &opened, offers)?;
    let device = EngineDevice::cpu();
    let mut trained = Vec::new();
    let mut predictions = Vec::new();
    let mut split = None;
    for (model, seed) in spec.models.iter().flat_map(|model| spec.seeds.iter().map(move |&seed| (model, seed))) {
        eprintln!("training {} with seed {seed}", model.name);
        let fitted = model.on_log(offers);
        fitted.left_out.iter().for_each(|sentence| eprintln!("{}: {sentence}", model.name));
        let plan = spec.plan(&fitted.model, seed);
        let prepared = Prepared::new(&opened.log, &plan).map_err(LabError::new)?;
        let plan = plan.on_rows(prepared.split.train.len());
        let (mut run, learner) =
            pollster::block_on(train_one(&device, &plan, &prepared, &opened)).map_err(LabError::new)?;
        run.run.left_out = fitted.left_out;
        if let Some(folder) = &args.weights {
            write_weights(folder, &plan, &prepared, &learner)?;
        }
        if args.predictions.is_some() {
            predictions.push(predict_all(&learner, &plan, opened.log.n_rows)?);
            split = Some(prepared.split);
        }
        trained.push(run);
    }
    if let (Some(path), Some(split)) = (&args.predictions, &split) {
        files::write(path, &write_predictions_csv(&opened.log, split, &predictions))?;
    }
    let report = report::report(&opened.log, trained, args.baseline.as_deref(), args.common_ctr.as_deref());
    files::print_or_write_json(&report, Some(&args.report))
}

/// Finds a model that the log cannot train before any other has cost its time.
fn check_all(spec: &RunSpec, opened: &OpenedLog, offers: LogOffers) -> Result<(), LabError> {
    for model in &spec.models {
        let plan = spec.plan(&model.on_log(offers).model, spec.seeds.first().copied().unwrap_or_default());
        Prepared::check(&opened.log, &plan).map_err(LabError::new)?;
    }
    Ok(())
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

fn write_weights(folder: &Path, plan: &TrainPlan, prepared: &Prepared, learner: &Learner) -> Result<(), LabError> {
    let stem = format!("{}-{}", plan.model.name, plan.seed);
    let learned = pollster::block_on(learner.learned()).map_err(LabError::new)?;
    let bytes = learned.to_bytes().map_err(LabError::new)?;
    files::write(&folder.join(format!("{stem}.{}", learned.extension())), &bytes)?;
    let sheet = serde_json::to_string_pretty(&WeightsSheet::new(plan, &prepared.fitted)).map_err(LabError::new)?;
    files::write(&folder.join(format!("{stem}.json")), format!("{sheet}\n").as_bytes())?;
    // Trees are no network.
    if let Learned::Weights(_) = learned {
        let graph = onnx::from_files(&bytes, &sheet).map_err(LabError::new)?;
        files::write(&folder.join(format!("{stem}.onnx")), &graph)?;
    }
    Ok(())
}
