//! All metrics of an evaluation under their keys `<metric>.<task>`.

use std::collections::BTreeMap;

use super::auc::ranked_auc;
use super::bootstrap::{Resampler, central_interval};
use super::calibration::{brier, pcoc, ranked_ece};
use super::f1::ranked_f1;
use super::gauc::{GroupWeight, GroupedRanking};
use super::logloss::{log_loss, normalized_entropy};
use super::precision::ranked_average_precision;
use super::ranking::Ranking;
use super::truth::{bias_to_truth, cross_entropy_to_truth, mean_absolute_error_to_truth};
use super::{Bootstrap, Metric, Undefined};

/// Equal-mass bins of the calibration error.
const ECE_BINS: usize = 10;

/// The tasks that every evaluation answers for, if only with a reason why it cannot.
pub const TASKS: [&str; 5] = ["ctr", "ctavr", "ctcvr", "cvr_clicked", "cvr_entire_space"];

/// What metrics are computed from.
#[derive(Debug, Clone, Default)]
pub struct MetricInput {
    /// Evaluation rows.
    pub n_rows: usize,
    /// Unit of each evaluation row that the bootstrap keeps together (its user); rows when absent.
    pub units: Option<Vec<u32>>,
    /// Group of each evaluation row, for GAUC.
    pub groups: Option<Vec<u32>>,
    /// Task name → its scores, or why there are none.
    pub tasks: Vec<(String, Result<TaskInput, Undefined>)>,
}

/// One task's predictions, labels and truth over the evaluation rows that it is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskInput {
    /// Evaluation rows (0-based within the evaluation) of the task, one for each value below.
    pub rows: Vec<u32>,
    pub p: Vec<f64>,
    /// `ln p` and `ln (1 − p)`, both finite.
    pub log_p: Vec<f64>,
    pub log_not_p: Vec<f64>,
    pub labels: Vec<bool>,
    /// True probability of a positive label, when it is known.
    pub truth: Option<Vec<f64>>,
}

/// How much of a task GAUC covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GroupCoverage {
    pub groups_used: usize,
    /// Groups with one class, which have no AUC.
    pub groups_skipped: usize,
}

/// A metric: its name, and how it comes out of a weighted sample.
type MetricRow = (&'static str, fn(&Sample) -> Result<f64, Undefined>);

/// Every metric. To add one: a file with its function, and a row here.
const METRICS: [MetricRow; 14] = [
    ("auc", |s| ranked_auc(&s.task.ranking, s.rank_weights)),
    ("gauc", |s| match &s.task.grouped {
        Some(grouped) => grouped.gauc(s.group_weights, GroupWeight::One).map(|gauc| gauc.value),
        None => Err(Undefined::NoGroup),
    }),
    ("logloss", |s| log_loss(&s.input.log_p, &s.input.log_not_p, &s.input.labels, s.weights)),
    ("ne", |s| normalized_entropy(&s.input.log_p, &s.input.log_not_p, &s.input.labels, s.weights)),
    ("brier", |s| brier(&s.input.p, &s.input.labels, s.weights)),
    ("pcoc", |s| pcoc(&s.input.p, &s.input.labels, s.weights)),
    ("ece", |s| ranked_ece(&s.task.ranking, s.rank_weights, ECE_BINS)),
    ("ap", |s| ranked_average_precision(&s.task.ranking, s.rank_weights)),
    ("f1_top0.1", |s| ranked_f1(&s.task.ranking, s.rank_weights, 0.001)),
    ("f1_top0.6", |s| ranked_f1(&s.task.ranking, s.rank_weights, 0.006)),
    ("f1_top1", |s| ranked_f1(&s.task.ranking, s.rank_weights, 0.01)),
    ("bias", |s| bias_to_truth(&s.input.p, s.truth()?, s.weights)),
    ("mae_truth", |s| mean_absolute_error_to_truth(&s.input.p, s.truth()?, s.weights)),
    ("xent_truth", |s| cross_entropy_to_truth(&s.input.log_p, &s.input.log_not_p, s.truth()?, s.weights)),
];

/// Names of the metrics, in the order in which they are shown.
pub fn metric_names() -> impl Iterator<Item = &'static str> {
    METRICS.iter().map(|(name, _)| *name)
}

/// A task, sorted once.
struct Task<'a> {
    name: &'a str,
    input: &'a TaskInput,
    ranking: Ranking,
    grouped: Option<GroupedRanking>,
}

/// A task's rows with a weight each: the evaluation itself, or a bootstrap replicate of it.
struct Sample<'a> {
    task: &'a Task<'a>,
    input: &'a TaskInput,
    weights: &'a [f64],
    rank_weights: &'a [f64],
    group_weights: &'a [f64],
}

impl Sample<'_> {
    fn truth(&self) -> Result<&[f64], Undefined> {
        self.input.truth.as_deref().ok_or(Undefined::TruthUnknown)
    }
}

impl<'a> Task<'a> {
    fn new(name: &'a str, input: &'a TaskInput, groups: Option<&[u32]>) -> Self {
        let grouped = groups.map(|groups| {
            let groups: Vec<u32> = input.rows.iter().map(|&row| groups[row as usize]).collect();
            GroupedRanking::new(&input.p, &input.labels, &groups)
        });
        Self { name, input, ranking: Ranking::new(&input.p, &input.labels), grouped }
    }

    /// Every metric, in the registry's order, with a weight for each evaluation row.
    fn metrics(&self, row_weights: &[f64]) -> Vec<Result<f64, Undefined>> {
        let weights: Vec<f64> = self.input.rows.iter().map(|&row| row_weights[row as usize]).collect();
        let rank_weights = self.ranking.gather(&weights);
        let group_weights = self.grouped.as_ref().map(|g| g.ranking.gather(&weights)).unwrap_or_default();
        let sample = Sample {
            task: self,
            input: self.input,
            weights: &weights,
            rank_weights: &rank_weights,
            group_weights: &group_weights,
        };
        METRICS.iter().map(|(_, compute)| compute(&sample)).collect()
    }
}

/// Every metric with its interval, and the bootstrap replicates behind it.
///
/// A replicate in which a metric is undefined (it drew no positive) is left out. That depends on labels and draws
/// alone, never on scores, so the replicates of two models on the same rows still pair. Without replicates the second
/// map is empty.
pub fn evaluate_all(
    input: &MetricInput,
    bootstrap: Bootstrap,
) -> (BTreeMap<String, Metric>, BTreeMap<String, Vec<f64>>) {
    let mut metrics = BTreeMap::new();
    let mut tasks = Vec::new();
    for (name, task) in &input.tasks {
        match task {
            Ok(task) => tasks.push(Task::new(name, task, input.groups.as_deref())),
            Err(reason) => {
                for metric in metric_names() {
                    metrics.insert(format!("{metric}.{name}"), Metric::Undefined { reason: reason.to_string() });
                }
            }
        }
    }
    let mut replicates = draw_replicates(input, &tasks, bootstrap);
    let ones = vec![1.0; input.n_rows];
    for (task, drawn) in tasks.iter().zip(&mut replicates) {
        for ((metric, _), (value, drawn)) in METRICS.iter().zip(task.metrics(&ones).into_iter().zip(drawn)) {
            let metric = format!("{metric}.{}", task.name);
            let value = match value {
                Ok(value) => {
                    let (low, high) = central_interval(drawn).unwrap_or((value, value));
                    Metric::Value { value, low, high }
                }
                Err(reason) => {
                    drawn.clear();
                    Metric::Undefined { reason: reason.to_string() }
                }
            };
            metrics.insert(metric, value);
        }
    }
    let keys = tasks.iter().flat_map(|task| metric_names().map(|metric| format!("{metric}.{}", task.name)));
    let replicates = keys.zip(replicates.into_iter().flatten()).filter(|(_, drawn)| !drawn.is_empty()).collect();
    (metrics, replicates)
}

/// Replicates by task and metric.
fn draw_replicates(input: &MetricInput, tasks: &[Task], bootstrap: Bootstrap) -> Vec<Vec<Vec<f64>>> {
    let mut replicates = vec![vec![Vec::new(); METRICS.len()]; tasks.len()];
    let resampler = Resampler::new(input.units.as_deref(), input.n_rows, bootstrap.seed);
    for replicate in 0..bootstrap.replicates {
        let weights = resampler.weights(replicate);
        for (task, drawn) in tasks.iter().zip(&mut replicates) {
            for (drawn, value) in drawn.iter_mut().zip(task.metrics(&weights)) {
                drawn.extend(value.ok());
            }
        }
    }
    replicates
}

/// How much of each task GAUC covers; empty without groups.
pub fn group_coverage(input: &MetricInput) -> BTreeMap<String, GroupCoverage> {
    let mut coverage = BTreeMap::new();
    for (name, task) in &input.tasks {
        if let (Ok(task), Some(groups)) = (task, input.groups.as_deref())
            && let Some(grouped) = Task::new(name, task, Some(groups)).grouped
        {
            coverage.insert(name.clone(), grouped.coverage());
        }
    }
    coverage
}
