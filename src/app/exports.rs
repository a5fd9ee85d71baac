//! Exported files that the page writes. Files of a model are written by its worker.

use super::numbers::decimal;
use crate::domain::metrics::Bootstrap;
use crate::domain::report::{
    FailedRun, IntervalMethod, Measure, Report, RunReport, compare, default_baseline, last_epoch_readings,
    on_which_runs_agree, summarize,
};
use crate::domain::scale_out::scale_out_kit;
use crate::domain::spec::{BUNDLE_EXTENSION, Objective, RunSpec, encode_bundle};
use crate::protocol::{DeviceKind, Run, RunStatus, Session};

/// A file's name and bytes.
pub type File = (String, Vec<u8>);

/// A file's size as text: `812 bytes`, `3.2 MB`.
pub fn size(bytes: u64) -> String {
    let size = bytes as f64;
    match bytes {
        0..1_000 => text!(page::files::bytes, size = bytes.to_string()),
        1_000..1_000_000 => text!(page::files::kilobytes, size = decimal(format!("{:.1}", size / 1e3))),
        1_000_000..1_000_000_000 => text!(page::files::megabytes, size = decimal(format!("{:.1}", size / 1e6))),
        _ => text!(page::files::gigabytes, size = decimal(format!("{:.1}", size / 1e9))),
    }
}

/// The name of the ONNX graph of these weights.
pub fn graph_name(weights: &str) -> String {
    let stem = weights.rsplit_once('.').map_or(weights, |(stem, _)| stem);
    format!("{stem}.onnx")
}

/// The newest evaluations as REPORT.json, with the keys that the lab writes. `None` before the first evaluation.
pub fn metrics(session: &Session) -> Option<File> {
    let log = session.log.as_ref()?;
    let runs: Vec<&Run> = session.runs.iter().filter(|run| run.latest().is_some()).collect();
    let measures: Vec<Measure> = runs.iter().filter_map(|run| run.measure(run.latest()?)).collect();
    let summary = summarize(&measures);
    let names = runs.iter().map(|run| run.model.name.as_str());
    let baseline = if summary.len() > 1 { default_baseline(names) } else { None };
    let unit = if log.roles.user.is_some() { "user" } else { "row" };
    let Bootstrap { replicates, seed } = Bootstrap::default();
    // A run that is still training is evaluated without intervals.
    let has_intervals = runs.iter().any(|run| run.status.is_ended());
    let report = Report {
        version: 1,
        log: log.summary,
        maturity: log.delays.as_ref().map(|delays| delays.labels.clone()).unwrap_or_default(),
        runs: runs.iter().filter_map(|run| run_report(run, session.trained.as_ref())).collect(),
        failed: session.runs.iter().filter_map(failed_run).collect(),
        interval: has_intervals.then(|| IntervalMethod { unit: unit.to_owned(), replicates, seed }),
        constant_rate: on_which_runs_agree(runs.iter().filter_map(|run| Some(run.latest()?.constant_rate.clone()))),
        comparisons: baseline.map(|baseline| compare(&measures, baseline)),
        summary,
    };
    if report.runs.is_empty() {
        return None;
    }
    Some(("metrics.json".to_owned(), serde_json::to_vec_pretty(&report).ok()?))
}

/// It may be among the runs too, with what it said before.
fn failed_run(run: &Run) -> Option<FailedRun> {
    let RunStatus::Failed { message } = &run.status else { return None };
    Some(FailedRun { model: run.model.name.clone(), seed: run.seed, error: message.clone() })
}

fn run_report(run: &Run, trained: Option<&RunSpec>) -> Option<RunReport> {
    let (evaluation, progress) = (run.latest()?, run.progress.as_ref());
    let seconds = progress.map_or(0.0, |progress| progress.seconds);
    let train_rows = progress.map_or(0, |progress| progress.train_rows);
    let is_network = !matches!(run.model.objective, Objective::BoostedTrees { .. });
    let seen = train_rows as f64 * evaluation.epoch;
    let mut notes = evaluation.notes.clone();
    notes.extend(last_epoch_readings(&run.curve));
    Some(RunReport {
        model: run.model.name.clone(),
        seed: run.seed,
        device: match progress.map(|progress| progress.device) {
            Some(DeviceKind::Webgpu) => "webgpu",
            _ => "cpu",
        }
        .to_owned(),
        train_rows,
        eval_rows: evaluation.eval_rows,
        training: if is_network { trained.map(|spec| spec.training.resolved(train_rows)) } else { None },
        seconds,
        rows_per_second: if seconds > 0.0 { seen / seconds } else { 0.0 },
        metrics: evaluation.metrics.clone(),
        maturity: evaluation.maturity.clone(),
        notes,
        curve: run.curve.clone(),
        early_stopping: run.early_stopping.clone(),
        left_out: run.left_out.clone(),
    })
}

/// The experiment as the lab reads it (`lab train --spec experiment.json`) and the page opens it.
pub fn experiment(spec: &RunSpec) -> File {
    ("experiment.json".to_owned(), spec.to_json().into_bytes())
}

/// The experiment as a file for another copy of the page.
pub fn bundle(spec: &RunSpec) -> File {
    (format!("experiment.{BUNDLE_EXTENSION}"), encode_bundle(spec).into_bytes())
}

/// The experiment as a training script for the current log; `None` without a log.
pub fn scale_out(spec: &RunSpec, session: &Session) -> Option<File> {
    session.log.as_ref().map(|log| scale_out_kit(spec, &log.roles))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::log::Roles;
    use crate::domain::report::LogSummary;
    use crate::protocol::{LoadedLog, Progress, RunStatus};

    fn session() -> Session {
        let log = LoadedLog {
            name: "a".into(),
            summary: LogSummary { rows: 100, clicks: 10, conversions: 2, truth_known: true, population: None },
            roles: Roles { user: Some("user_id".into()), ..Roles::default() },
            columns: Vec::new(),
            findings: Vec::new(),
            label_counts: Vec::new(),
            head: Vec::new(),
            dots: Vec::new(),
            delays: None,
            crc32: 0,
            ..LoadedLog::default()
        };
        let mut run = run(1, "esmm", 7, evaluation(&[("auc.ctr", 0.7, 0.01)]));
        run.status = RunStatus::Finished { seconds: 2.0 };
        run.evaluations[0].epoch = 2.0;
        run.progress = Some(Progress {
            step: 4,
            total_steps: 4,
            epoch: 2.0,
            epochs: 2,
            rows_per_second: 1.0,
            seconds: 2.0,
            train_rows: 80,
            device: DeviceKind::Webgpu,
        });
        Session { log: Some(log), runs: vec![run], ..Session::default() }
    }

    #[test]
    fn metrics_are_written_with_the_labs_keys() {
        let (name, bytes) = metrics(&session()).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(name, "metrics.json");
        let run = &report["runs"][0];
        for (key, value) in [("model", "\"esmm\""), ("seed", "7"), ("device", "\"webgpu\""), ("train_rows", "80")] {
            assert_eq!(run[key].to_string(), value);
        }
        assert_eq!(run["rows_per_second"], 80.0);
        assert_eq!(run["metrics"]["auc.ctr"]["value"], 0.7);
        assert_eq!((&report["version"], &report["interval"]["unit"]), (&1.into(), &"user".into()));
        assert_eq!(serde_json::from_slice::<Report>(&bytes).unwrap().runs.len(), 1);
        assert!(metrics(&Session { runs: Vec::new(), ..session() }).is_none());
        let mut with_failed = session();
        let failed = crate::app::fixtures::run(2, "esm2", 7, evaluation(&[]));
        let message = "the loss is not finite".to_owned();
        with_failed.runs.push(Run { status: RunStatus::Failed { message }, evaluations: Vec::new(), ..failed });
        let report: Report = serde_json::from_slice(&metrics(&with_failed).unwrap().1).unwrap();
        assert_eq!((report.runs.len(), report.failed.len(), report.failed[0].model.as_str()), (1, 1, "esm2"));
    }
}
