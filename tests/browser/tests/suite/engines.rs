//! The engines of `dist/` against each other and against the lab, in full precision.

use browser_tests::specs::{file, late_log, log_of_two_actions, log_without_truth, small_log, tiny_experiment};
use browser_tests::{Browser, Engine, Gpu, Page, Setting, Step, Trained, ensure, in_browser, outcome};
use esmm_playground::domain::metrics::Metric;
use esmm_playground::domain::report::{CurvePoint, Report};
use esmm_playground::domain::spec::{DataSpec, RunSpec, model_names};
use esmm_playground::protocol::{DeviceKind, LogSource};
use std::collections::BTreeMap;
use std::process::Command;

/// Steps whose losses are compared.
const STEPS: usize = 10;
/// Native and wasm code sum in another order.
const LAB_LOSSES: f64 = 1e-5;
const LAB_METRICS: f64 = 2e-3;
/// Two devices round differently.
const DEVICE_LOSSES: f64 = 1e-4;

/// A file as someone would bring it, and an experiment on it.
fn on(csv: String, models: &[&str]) -> (String, RunSpec) {
    let mut spec = tiny_experiment(models);
    spec.training.epochs = Some(2);
    spec.data = DataSpec::File {
        name: "my-log.csv".into(),
        bytes: csv.len() as u64,
        crc32: 0,
        roles: None,
        limit: Default::default(),
        assembly: None,
    };
    (csv, spec)
}

/// Every model, each on a log that has the labels it asks for.
fn every_model() -> Vec<(String, RunSpec)> {
    const LATE: [&str; 3] = ["esm2_returns", "dfm", "dfm_entire"];
    const TWO_ACTIONS: [&str; 1] = ["hm3"];
    let asks_for_more = |name: &&str| LATE.contains(name) || TWO_ACTIONS.contains(name);
    let plain: Vec<&str> = model_names().into_iter().filter(|name| !asks_for_more(name)).collect();
    vec![
        on(log_without_truth(&small_log(1500)), &plain),
        on(log_without_truth(&late_log(1500)), &LATE),
        on(log_of_two_actions(1500), &TWO_ACTIONS),
    ]
}

/// Trains every model of `spec` on `csv` in one engine.
async fn train(page: &Page, kind: DeviceKind, csv: &str, spec: &RunSpec) -> Step<Vec<Trained>> {
    let engine = Engine::start(page, kind).await?;
    engine
        .load(
            LogSource::Files { names: vec!["my-log.csv".into()], limit: Default::default(), assembly: None },
            Some(csv),
        )
        .await?;
    let mut trained = Vec::new();
    for model in &spec.models {
        let run = engine.train(spec.plan(model, 1)).await;
        trained.push(run.map_err(|error| format!("{} on {kind:?}: {error}", model.name))?);
    }
    Ok(trained)
}

#[test]
fn two_runs_of_one_experiment_agree_to_the_last_digit() {
    in_browser(Gpu::Absent, async |page| {
        let (csv, spec) = on(log_without_truth(&small_log(1500)), &["esmm", "esm2"]);
        let first = train(page, DeviceKind::Cpu, &csv, &spec).await?;
        let second = train(page, DeviceKind::Cpu, &csv, &spec).await?;
        for (first, second) in first.iter().zip(&second) {
            ensure(first.curve == second.curve, || "the losses differ".to_owned())?;
            ensure(first.evaluation == second.evaluation, || "the evaluations differ".to_owned())?;
        }
        Ok(())
    });
}

#[test]
fn the_cpu_engine_and_the_lab_agree_on_every_model() {
    let cases = every_model();
    let reports: Vec<Report> =
        cases.iter().map(|(csv, spec)| lab(csv, spec).unwrap_or_else(|sentence| panic!("{sentence}"))).collect();
    in_browser(Gpu::Absent, async |page| {
        for ((csv, spec), report) in cases.iter().zip(&reports) {
            let trained = train(page, DeviceKind::Cpu, csv, spec).await?;
            ensure(report.runs.len() == trained.len(), || "the lab trained another number of models".to_owned())?;
            for (ours, run) in report.runs.iter().zip(&trained) {
                losses_agree(&ours.model, &ours.curve, &run.curve, LAB_LOSSES)?;
                metrics_agree(&ours.model, &ours.metrics, &run.evaluation.metrics)?;
            }
        }
        Ok(())
    });
}

#[test]
fn webgpu_and_the_cpu_agree_on_every_model() {
    for (csv, mut spec) in every_model() {
        spec.training.epochs = Some(1);
        let on = |kind, gpu| {
            let setting = Setting::plain(gpu);
            let trained = outcome(Browser::Chromium, setting, async |page| train(page, kind, &csv, &spec).await);
            trained.unwrap_or_else(|sentence| panic!("{sentence}"))
        };
        let cpu = on(DeviceKind::Cpu, Gpu::Absent);
        let gpu = on(DeviceKind::Webgpu, Gpu::Software);
        for (model, (cpu, gpu)) in spec.models.iter().zip(cpu.iter().zip(&gpu)) {
            losses_agree(&model.name, &cpu.curve, &gpu.curve, DEVICE_LOSSES)
                .unwrap_or_else(|sentence| panic!("{sentence}"));
        }
    }
}

#[test]
fn a_gpu_that_is_lost_in_a_run_is_told_of_so_that_the_cpu_can_train() {
    let setting = Setting::plain(Gpu::Software);
    let lost = outcome(Browser::Chromium, setting, async |page| {
        let mut spec = tiny_experiment(&["esmm"]);
        spec.training.epochs = Some(40);
        let engine = Engine::start(page, DeviceKind::Webgpu).await?;
        let DataSpec::Generated { synth } = &spec.data else { return Err("the log is a generated one".to_owned()) };
        engine.load(LogSource::Generated { synth: synth.clone() }, None).await?;
        let said = engine.lose_device(spec.plan(&spec.models[0], 1)).await?;
        ensure(said.len() > 3, || format!("it says {said:?}"))
    });
    lost.unwrap_or_else(|sentence| panic!("{sentence}"));
}

/// Trains `spec` on `csv` with the lab: the program that `ESMM_LAB` names, else cargo's.
fn lab(csv: &str, spec: &RunSpec) -> Step<Report> {
    let log = file("lab-log.csv", csv.as_bytes());
    let json = serde_json::to_vec(spec).map_err(|error| error.to_string())?;
    let (spec, report) = (file("lab-spec.json", &json), log.with_file_name("lab-report.json"));
    let mut command = match std::env::var_os("ESMM_LAB") {
        Some(program) => Command::new(program),
        None => {
            let mut cargo = Command::new("cargo");
            cargo.args(["run", "--quiet", "--features", "lab", "--bin", "lab", "--"]);
            cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
            cargo
        }
    };
    command.arg("train").arg("--log").arg(&log).arg("--spec").arg(&spec).arg("--report").arg(&report);
    let output = command.output().map_err(|error| format!("the lab does not start: {error}"))?;
    ensure(output.status.success(), || format!("the lab says: {}", String::from_utf8_lossy(&output.stderr)))?;
    let text = std::fs::read_to_string(&report).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn losses_agree(model: &str, ours: &[CurvePoint], theirs: &[CurvePoint], tolerance: f64) -> Step {
    ensure(ours.len() >= STEPS && ours.len() == theirs.len(), || {
        format!("{model}: {} steps and {} steps", ours.len(), theirs.len())
    })?;
    for (ours, theirs) in ours.iter().zip(theirs).take(STEPS) {
        ensure(ours.step == theirs.step && ours.losses.keys().eq(theirs.losses.keys()), || {
            format!("{model}: {ours:?} and {theirs:?}")
        })?;
        for (name, loss) in &ours.losses {
            let other = theirs.losses[name];
            ensure((loss - other).abs() <= tolerance, || {
                format!("{name} of {model} at step {}: {loss} and {other}", ours.step)
            })?;
        }
    }
    Ok(())
}

fn metrics_agree(model: &str, ours: &BTreeMap<String, Metric>, theirs: &BTreeMap<String, Metric>) -> Step {
    ensure(ours.keys().eq(theirs.keys()), || format!("{model}: {:?} and {:?}", ours.keys(), theirs.keys()))?;
    for (key, metric) in ours {
        match (metric, &theirs[key]) {
            (Metric::Value { value, .. }, Metric::Value { value: other, .. }) => {
                // Rates near 0 have small absolute errors, ratios such as PCOC larger ones: the larger of the two.
                let allowed = LAB_METRICS * value.abs().max(1.0);
                ensure((value - other).abs() <= allowed, || format!("{key} of {model}: {value} and {other}"))?;
            }
            (Metric::Undefined(reason), Metric::Undefined(other)) if reason == other => {}
            (metric, other) => return Err(format!("{key} of {model}: {metric:?} and {other:?}")),
        }
    }
    Ok(())
}
