//! REPORT.json from what was trained.

use crate::domain::behavior::reference::LogMass;
use crate::domain::log::ImpressionLog;
use crate::domain::metrics::Bootstrap;
use crate::domain::report::{
    Evaluation, IntervalMethod, LogSummary, Measure, Report, RunReport, compare, default_baseline,
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
}

/// Evaluates the runs, alone and against each other.
pub fn report(
    log: &ImpressionLog,
    mut trained: Vec<TrainedRun>,
    baseline: Option<&str>,
    common_ctr: Option<&str>,
) -> Report {
    let bootstrap = Bootstrap::default();
    let evaluations: Vec<Evaluation> = trained
        .iter()
        .map(|run| {
            let common = common_ctr.and_then(|name| common_ctr_of(log, &trained, name, run.run.seed));
            evaluate_with_common_ctr(log, &run.model, &run.rows, &run.logits, common.as_deref(), bootstrap)
        })
        .collect();
    let (summary, comparisons) = {
        let runs = trained.iter().map(|trained| &trained.run);
        let measures: Vec<Measure> =
            runs.clone().zip(&evaluations).map(|(run, evaluation)| evaluation.measure(&run.model, run.seed)).collect();
        let summary = summarize(&measures);
        let baseline = baseline.or_else(|| default_baseline(runs.map(|run| run.model.as_str())));
        (summary.clone(), baseline.filter(|_| summary.len() > 1).map(|baseline| compare(&measures, baseline)))
    };
    let constant_rate = on_which_runs_agree(evaluations.iter().map(|evaluation| evaluation.constant_rate.clone()));
    for (trained, evaluation) in trained.iter_mut().zip(evaluations) {
        trained.run.metrics = evaluation.metrics;
        trained.run.maturity = evaluation.maturity;
    }
    Report {
        version: 1,
        log: LogSummary::of(log),
        maturity: log.label_maturity(),
        runs: trained.into_iter().map(|trained| trained.run).collect(),
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
