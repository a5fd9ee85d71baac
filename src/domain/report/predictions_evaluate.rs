//! PRED.csv → metrics: every number of a report that predictions alone can give, computed anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::compare::{Comparisons, Measure, ModelSummary, compare, summarize};
use super::learning::Training;
use super::predictions_read::{
    ACTION, CLICK, CONVERSION, Lines, POTENTIAL_CONVERSION, Prediction, PredictionsError, RunRows, read_runs,
};
use super::run::on_which_runs_agree;
use super::tasks::COMMON_CTR_TASK;
use crate::domain::metrics::{
    Bootstrap, Exposure, Measured, Measurement, Metric, MetricInput, Support, TaskInput, Undefined, constant_rate,
};

/// Metrics of every run of a PRED.csv.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionsReport {
    pub version: u32,
    pub runs: Vec<EvaluatedRun>,
    /// As [`Report::constant_rate`](super::Report::constant_rate).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constant_rate: BTreeMap<String, f64>,
    /// Each model over its seeds.
    pub summary: Vec<ModelSummary>,
    /// Each model against the baseline; absent when there is one model only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparisons: Option<Comparisons>,
}

/// Metrics of one model and seed over its evaluation rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedRun {
    pub model: String,
    pub seed: u64,
    pub eval_rows: usize,
    /// `<metric>.<task>` → value.
    pub metrics: BTreeMap<String, Metric>,
}

/// What is asked of a PRED.csv beyond its metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EvaluateOptions {
    /// Model that the others are compared with; the first one when absent.
    pub baseline: Option<String>,
    /// Model whose pCTR every model's pCVR is multiplied by, for the task `ctcvr_common_ctr`.
    pub common_ctr: Option<String>,
    pub bootstrap: Bootstrap,
}

/// Recomputes metrics per model and seed over the rows whose `split` is `eval` (over all rows when there is no such
/// column). Tasks without their columns are undefined, with the reason.
///
/// # Errors
/// [`PredictionsError`] with line and column.
pub fn evaluate_predictions_csv(
    bytes: &[u8],
    options: &EvaluateOptions,
) -> Result<PredictionsReport, PredictionsError> {
    let runs = read_runs(bytes, Lines::HeldOut)?;
    let known = |name: &String| {
        let is_there = runs.iter().any(|run| &run.model == name);
        let mut models: Vec<&str> = runs.iter().map(|run| run.model.as_str()).collect();
        models.dedup();
        let error = || PredictionsError::UnknownModel { name: name.clone(), known: models.join(", ") };
        if is_there { Ok(()) } else { Err(error()) }
    };
    options.baseline.iter().chain(&options.common_ctr).try_for_each(known)?;
    let inputs: Vec<MetricInput> = runs.iter().map(|run| metric_input(run, &runs, options)).collect();
    let measured: Vec<(Measured, BTreeMap<String, Support>)> =
        inputs.iter().map(|input| measure(input, options)).collect();
    let constant_rate = on_which_runs_agree(inputs.iter().map(constant_rate));
    let identities: Vec<u32> = runs.iter().map(RunRows::identity).collect();
    let measures: Vec<Measure> = runs
        .iter()
        .zip(&measured)
        .zip(identities)
        .map(|((run, (measured, support)), rows)| Measure {
            model: &run.model,
            seed: run.seed,
            rows,
            metrics: &measured.metrics,
            replicates: &measured.replicates,
            support,
            training: run.training(),
        })
        .collect();
    let summary = summarize(&measures);
    let baseline = options.baseline.clone().unwrap_or_else(|| runs[0].model.clone());
    let comparisons = (summary.len() > 1).then(|| compare(&measures, &baseline));
    let evaluated = |(run, (measured, _)): (&RunRows, &(Measured, BTreeMap<String, Support>))| EvaluatedRun {
        model: run.model.clone(),
        seed: run.seed,
        eval_rows: run.n_rows,
        metrics: measured.metrics.clone(),
    };
    let runs = runs.iter().zip(&measured).map(evaluated).collect();
    Ok(PredictionsReport { version: 1, runs, constant_rate, summary, comparisons })
}

fn metric_input(run: &RunRows, all: &[RunRows], options: &EvaluateOptions) -> MetricInput {
    let mut tasks = run.tasks();
    if let Some(name) = &options.common_ctr {
        tasks.push((COMMON_CTR_TASK.to_owned(), run.common_ctr_task(name, all)));
    }
    let has = |codes: &[u32]| (!codes.is_empty()).then(|| codes.to_vec());
    let units = has(&run.users);
    let groups = has(&run.groups).or_else(|| units.clone());
    let clicks = run.label(CLICK).ok();
    MetricInput { n_rows: run.n_rows, units, groups, clicks, tasks }
}

fn measure(input: &MetricInput, options: &EvaluateOptions) -> (Measured, BTreeMap<String, Support>) {
    let measurement = Measurement::new(input);
    (measurement.metrics(options.bootstrap), measurement.support())
}

impl RunRows {
    /// A file without a column of seeds holds predictions as they are; one with seeds, those of trained runs.
    fn training(&self) -> Training<'static> {
        if self.is_seeded { Training::Seeded { is_complete: true, path: &[] } } else { Training::Given }
    }

    /// Tells runs on other rows, or on the same ones in another order, apart.
    fn identity(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        self.names.iter().for_each(|name| {
            hasher.update(name.as_bytes());
            hasher.update(b",");
        });
        self.users.iter().for_each(|user| hasher.update(&user.to_le_bytes()));
        for labels in &self.labels {
            hasher.update(&labels.iter().map(|&label| u8::from(label)).collect::<Vec<_>>());
        }
        hasher.finalize()
    }

    fn tasks(&self) -> Vec<(String, Result<TaskInput, Undefined>)> {
        let [p_ctr, p_cvr, p_ctcvr, p_ctavr] = &self.predicted;
        let truth = self.truths();
        let all: Vec<u32> = (0..self.n_rows as u32).collect();
        let bought = self.after_click(CONVERSION);
        let late = |task: TaskInput| self.exposed(task);
        // A file without pCTCVR says it all the same: it is the product.
        let product = both(p_ctr, p_cvr);
        let p_ctcvr = if p_ctcvr.iter().all(Option::is_none) { &product } else { p_ctcvr };
        let click = self.label(CLICK);
        let clicked = click.as_ref().map_err(|reason| *reason).and_then(|click| {
            let rows: Vec<u32> = all.iter().copied().filter(|&row| click[row as usize]).collect();
            task(&rows, p_cvr, bought.clone(), truth.cvr.as_deref()).map(late)
        });
        let potential = self.label(POTENTIAL_CONVERSION).map_err(|_| Undefined::TruthUnknown);
        let entire_space = task(&all, p_cvr, potential, truth.cvr.as_deref());
        let entire_space = entire_space.map(|task| TaskInput { true_ctr: truth.ctr.clone(), ..task });
        let tasks = [
            ("ctr", task(&all, p_ctr, click, truth.ctr.as_deref())),
            ("ctavr", task(&all, p_ctavr, self.after_click(ACTION), truth.ctavr.as_deref())),
            ("ctcvr", task(&all, p_ctcvr, bought, truth.ctcvr.as_deref()).map(late)),
            ("cvr_clicked", clicked),
            ("cvr_entire_space", entire_space),
        ];
        tasks.map(|(name, task)| (name.to_owned(), task.map(|task| self.sampled(task)))).into()
    }

    /// What the file's truth columns say; absent where one is missing.
    fn truths(&self) -> Truths {
        let [y1, y2, y3, y4] = &self.truth;
        let cvr = |row: usize| Some(y2.get(row)? * y3.get(row)? + (1.0 - y2.get(row)?) * y4.get(row)?);
        let all = |of: &dyn Fn(usize) -> Option<f64>| (0..self.n_rows).map(of).collect();
        Truths {
            ctr: all(&|row| y1.get(row).copied()),
            cvr: all(&cvr),
            ctcvr: all(&|row| Some(y1.get(row)? * cvr(row)?)),
            ctavr: all(&|row| Some(y1.get(row)? * y2.get(row)?)),
        }
    }

    /// This run's pCVR times the pCTR of the model called `name`, of the same seed where it has it.
    fn common_ctr_task(&self, name: &str, all: &[RunRows]) -> Result<TaskInput, Undefined> {
        let mut candidates = all.iter().filter(|run| run.model == name);
        let first = candidates.clone().next();
        let common = candidates.find(|run| run.seed == self.seed).or(first).ok_or(Undefined::NotPredicted)?;
        if common.identity() != self.identity() {
            return Err(Undefined::OtherRows);
        }
        let product = both(&common.predicted[0], &self.predicted[1]);
        let all_rows: Vec<u32> = (0..self.n_rows as u32).collect();
        task(&all_rows, &product, self.after_click(CONVERSION), None).map(|task| self.sampled(self.exposed(task)))
    }

    /// A task whose label is a conversion, with what stands for it where the file says how mature each row is.
    fn exposed(&self, mut task: TaskInput) -> TaskInput {
        if self.maturity.is_empty() {
            return task;
        }
        let weight: Vec<f64> = task.rows.iter().map(|&row| self.maturity[row as usize]).collect();
        let is_positive = |(&weight, &label): (&f64, &bool)| f64::from(u8::from(label && weight > 0.0));
        let positive = weight.iter().zip(&task.labels).map(is_positive).collect();
        task.exposure = Exposure { weight, positive }.unless_mature();
        task
    }

    /// A task with the impressions that each of its rows stands for, where the file says so.
    fn sampled(&self, task: TaskInput) -> TaskInput {
        let of_rows = || task.rows.iter().map(|&row| self.weights[row as usize]).collect();
        let sampling = (!self.weights.is_empty()).then(of_rows);
        TaskInput { sampling, ..task }
    }

    fn label(&self, label: usize) -> Result<Vec<bool>, Undefined> {
        Some(self.labels[label].clone()).filter(|values| !values.is_empty()).ok_or(Undefined::NoLabel)
    }

    /// A later label, which counts only where there was a click (when the file tells).
    fn after_click(&self, label: usize) -> Result<Vec<bool>, Undefined> {
        let clicks = &self.labels[CLICK];
        let counts = |(row, later): (usize, bool)| later && clicks.get(row) != Some(&false);
        self.label(label).map(|later| later.into_iter().enumerate().map(counts).collect())
    }
}

struct Truths {
    ctr: Option<Vec<f64>>,
    cvr: Option<Vec<f64>>,
    ctcvr: Option<Vec<f64>>,
    ctavr: Option<Vec<f64>>,
}

/// pCTR · pCVR, where both are predicted.
fn both(ctr: &[Option<Prediction>], cvr: &[Option<Prediction>]) -> Vec<Option<Prediction>> {
    ctr.iter().zip(cvr).map(|(ctr, cvr)| Some(ctr.as_ref()?.and_then(*cvr.as_ref()?))).collect()
}

/// The rows `rows` of full columns; undefined when the model has no such probability.
fn task(
    rows: &[u32],
    p: &[Option<Prediction>],
    labels: Result<Vec<bool>, Undefined>,
    truth: Option<&[f64]>,
) -> Result<TaskInput, Undefined> {
    if p.iter().all(Option::is_none) {
        return Err(Undefined::NotPredicted);
    }
    let labels = labels?;
    let predicted: Option<Vec<Prediction>> = rows.iter().map(|&row| p[row as usize]).collect();
    let predicted = predicted.ok_or(Undefined::PartlyPredicted)?;
    Ok(TaskInput {
        rows: rows.to_vec(),
        p: predicted.iter().map(|p| p.p).collect(),
        log_p: predicted.iter().map(|p| p.log_p).collect(),
        log_not_p: predicted.iter().map(|p| p.log_not_p).collect(),
        labels: rows.iter().map(|&row| labels[row as usize]).collect(),
        truth: truth.map(|truth| rows.iter().map(|&row| truth[row as usize]).collect()),
        true_ctr: None,
        exposure: None,
        sampling: None,
    })
}
