//! What a model would score that answers one number for every row: the line below which nothing was learned.

use std::collections::BTreeMap;

use super::input::{MetricInput, TaskInput};
use super::{Bootstrap, Measurement, MetricKey};

/// Metrics that compare with the truth: the one number is then the mean of the truth, for others the base rate.
const OF_TRUTH: [&str; 5] = ["bias", "kl_truth", "rmse_truth", "mae_truth", "xent_truth"];

/// `<metric>.<task>` → what a constant rate scores on the task's rows.
///
/// The number is the best that any constant could be, and not observable for a model that has to learn it: the base rate of
/// the rows that are scored, or the mean of their true probabilities. Depends on labels, truth and groups alone, never on
/// predictions. Metrics that are undefined for a constant are absent.
pub fn constant_rate(input: &MetricInput) -> BTreeMap<String, f64> {
    let mut scores = answered(input, false);
    scores.extend(answered(input, true));
    scores
}

/// Scores of the base rate on the metrics of labels, or of the mean truth on those of the truth.
fn answered(input: &MetricInput, is_of_truth: bool) -> BTreeMap<String, f64> {
    let tasks = input.tasks.iter().filter_map(|(name, task)| {
        let task = task.as_ref().ok()?;
        let rate = if is_of_truth { mean_truth(task) } else { base_rate(task) };
        Some((name.clone(), Ok(answering(task, rate?))))
    });
    let constant = MetricInput { tasks: tasks.collect(), ..input.clone_without_tasks() };
    let measured = Measurement::new(&constant).metrics(Bootstrap::NONE).metrics;
    let is_wanted = |key: &str| MetricKey::parse(key).is_some_and(|key| OF_TRUTH.contains(&key.metric) == is_of_truth);
    let scores = measured.into_iter().filter(|(key, _)| is_wanted(key));
    scores.filter_map(|(key, metric)| Some((key, metric.value().filter(|value| value.is_finite())?))).collect()
}

fn base_rate(task: &TaskInput) -> Option<f64> {
    let weight: f64 = (0..task.rows.len()).map(|row| task.weight(row)).sum();
    (weight > 0.0).then(|| (0..task.rows.len()).map(|row| task.positive(row)).sum::<f64>() / weight)
}

fn mean_truth(task: &TaskInput) -> Option<f64> {
    let truth = task.truth.as_ref()?;
    let weight: f64 = (0..truth.len()).map(|row| task.stands_for(row)).sum();
    let sum = || truth.iter().enumerate().map(|(row, truth)| task.stands_for(row) * truth).sum::<f64>();
    (weight > 0.0).then(|| sum() / weight)
}

/// The task with `rate` as every row's prediction.
fn answering(task: &TaskInput, rate: f64) -> TaskInput {
    let n = task.rows.len();
    TaskInput {
        rows: task.rows.clone(),
        p: vec![rate; n],
        log_p: vec![libm::log(rate); n],
        log_not_p: vec![libm::log1p(-rate); n],
        labels: task.labels.clone(),
        truth: task.truth.clone(),
        true_ctr: None,
        exposure: task.exposure.clone(),
        sampling: task.sampling.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four rows with labels 1, 0, 0, 0 and a truth whose mean is .4; predictions that must not matter.
    fn input(labels: [bool; 4]) -> MetricInput {
        let task = TaskInput {
            rows: (0..4).collect(),
            p: vec![0.9; 4],
            log_p: vec![0.9f64.ln(); 4],
            log_not_p: vec![0.1f64.ln(); 4],
            labels: labels.into(),
            truth: Some(vec![0.1, 0.2, 0.5, 0.8]),
            true_ctr: None,
            exposure: None,
            sampling: None,
        };
        MetricInput { n_rows: 4, tasks: vec![("ctr".to_owned(), Ok(task))], ..MetricInput::default() }
    }

    #[test]
    fn a_constant_ranks_nothing_is_calibrated_and_is_as_far_from_the_truth_as_the_truth_spreads() {
        let scores = constant_rate(&input([true, false, false, false]));
        let entropy = -(0.25 * 0.25f64.ln() + 0.75 * 0.75f64.ln());
        let spread = [0.1, 0.2, 0.5, 0.8].map(|q: f64| (q - 0.4) * (q - 0.4)).iter().sum::<f64>() / 4.0;
        let kl = [0.1, 0.2, 0.5, 0.8].map(|q: f64| q * (q / 0.4).ln() + (1.0 - q) * ((1.0 - q) / 0.6).ln());
        for (metric, expected) in [
            ("auc", 0.5),
            ("ap", 0.25),
            ("logloss", entropy),
            ("ne", 1.0),
            ("brier", 0.25 * 0.75),
            ("pcoc", 1.0),
            ("ece", 0.0),
            ("bias", 0.0),
            ("mae_truth", (0.3 + 0.2 + 0.1 + 0.4) / 4.0),
            ("rmse_truth", spread.sqrt()),
            ("kl_truth", kl.iter().sum::<f64>() / 4.0),
        ] {
            let found = scores[&format!("{metric}.ctr")];
            assert!((found - expected).abs() < 1e-12, "{metric}: {found} instead of {expected}");
        }
        assert!(!scores.contains_key("gauc.ctr") && !scores.contains_key("pcorr_ctr.ctr"), "{scores:?}");
    }

    #[test]
    fn without_a_positive_or_a_row_there_is_no_infinite_score() {
        let scores = constant_rate(&input([false; 4]));
        assert_eq!((scores["logloss.ctr"], scores.get("auc.ctr")), (0.0, None));
        let none = MetricInput { tasks: vec![("ctr".to_owned(), Ok(TaskInput::default()))], ..MetricInput::default() };
        assert!(constant_rate(&none).is_empty());
    }
}
