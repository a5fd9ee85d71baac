//! REPORT.json from what was trained.

use crate::domain::behavior::reference::LogMass;
use crate::domain::log::ImpressionLog;
use crate::domain::metrics::Bootstrap;
use crate::domain::report::{
    Evaluation, FailedRun, IntervalMethod, LogSummary, Measure, Report, RunReport, Training, compare, default_baseline,
    evaluate_with_common_ctr, on_which_runs_agree, predicted_ctr, summarize,
};
use crate::domain::spec::ModelSpec;

/// One run that awaits its metrics: some need what other models predict.
pub struct TrainedRun {
    pub run: RunReport,
    pub model: ModelSpec,
    /// Evaluation rows, and their logits, `[rows, questions]`.
    pub rows: Vec<u32>,
    pub logits: Vec<f32>,
    /// Passes over the training rows at the end.
    pub epoch: f64,
    /// The held-out rows as the run saw them untrained, and a while before its end.
    pub earlier: Vec<Evaluation>,
}

/// Evaluates the runs, alone and against each other: against `baseline`, or where none of its runs is among them against the
/// one that is taken when none is named.
pub fn report(
    log: &ImpressionLog,
    mut trained: Vec<TrainedRun>,
    failed: Vec<FailedRun>,
    baseline: Option<&str>,
    common_ctr: Option<&str>,
) -> Report {
    let bootstrap = Bootstrap::default();
    let paths: Vec<Vec<Evaluation>> = trained
        .iter()
        .map(|run| {
            let common = common_ctr.and_then(|name| common_ctr_of(log, &trained, name, run.run.seed));
            let end = evaluate_with_common_ctr(log, &run.model, &run.rows, &run.logits, common.as_deref(), bootstrap);
            run.earlier.iter().cloned().chain([Evaluation { epoch: run.epoch, ..end }]).collect()
        })
        .collect();
    let evaluations: Vec<&Evaluation> = paths.iter().filter_map(|path| path.last()).collect();
    let (summary, comparisons) = {
        let runs = trained.iter().map(|trained| &trained.run);
        let measures: Vec<Measure> = runs
            .clone()
            .zip(&evaluations)
            .zip(&paths)
            .map(|((run, evaluation), path)| {
                evaluation.measure(&run.model, run.seed, Training::Seeded { is_complete: true, path })
            })
            .collect();
        let summary = summarize(&measures);
        let baseline = baseline
            .filter(|name| runs.clone().any(|run| run.model == *name))
            .or_else(|| default_baseline(runs.map(|run| run.model.as_str())));
        (summary.clone(), baseline.filter(|_| summary.len() > 1).map(|baseline| compare(&measures, baseline)))
    };
    let constant_rate = on_which_runs_agree(evaluations.iter().map(|evaluation| evaluation.constant_rate.clone()));
    let told: Vec<_> = evaluations.iter().map(|end| (end.metrics.clone(), end.maturity.clone())).collect();
    for (trained, (metrics, maturity)) in trained.iter_mut().zip(told) {
        (trained.run.metrics, trained.run.maturity) = (metrics, maturity);
    }
    Report {
        version: 1,
        log: LogSummary::of(log),
        maturity: log.label_maturity(),
        runs: trained.into_iter().map(|trained| trained.run).collect(),
        failed,
        constant_rate,
        interval: Some(IntervalMethod::of(log, bootstrap)),
        summary,
        comparisons,
    }
}

/// pCTR of the model called `name`, of the same seed.
fn common_ctr_of(log: &ImpressionLog, trained: &[TrainedRun], name: &str, seed: u64) -> Option<Vec<LogMass>> {
    let common = trained.iter().find(|other| other.run.model == name && other.run.seed == seed)?;
    predicted_ctr(log, &common.model, &common.rows, &common.logits)
}
