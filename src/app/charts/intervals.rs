//! One metric of several models with its interval: now, and of the experiment before.

use crate::app::models::display_name;
use crate::domain::metrics::Metric;
use crate::protocol::Run;

/// One metric of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    pub model: String,
    pub label: String,
    /// Mean over the seeds.
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// The value of each seed.
    pub seeds: Vec<f64>,
    /// Of the experiment before: drawn as a ghost.
    pub is_before: bool,
}

/// The metric `key` of every model, as shown at the moment; models without a value are left out.
pub fn intervals(runs: &[Run], key: &str, is_before: bool) -> Vec<Interval> {
    let mut models: Vec<&str> = Vec::new();
    for run in runs {
        if !models.contains(&run.model.name.as_str()) {
            models.push(&run.model.name);
        }
    }
    let one = |model: &str| {
        let of_model = runs.iter().filter(|run| run.model.name == model).filter_map(Run::shown);
        let values: Vec<(f64, f64, f64)> = of_model
            .filter_map(|evaluation| match evaluation.metrics.get(key)? {
                Metric::Value { value, low, high } => Some((*value, *low, *high)),
                Metric::Undefined { .. } => None,
            })
            .collect();
        let seeds: Vec<f64> = values.iter().map(|value| value.0).collect();
        let (value, low, high) = mean_interval(&values)?;
        let (model, label) = (model.to_owned(), display_name(model).to_owned());
        Some(Interval { model, label, value, low, high, seeds, is_before })
    };
    models.into_iter().filter_map(one).collect()
}

/// The mean over seeds, with an interval that covers the held-out rows and, between seeds, the luck of training.
///
/// Half-width of the mean of n seeds: their mean half-width (the rows are the same, so it does not shrink) and twice the
/// standard error between the seeds, added as variances.
pub fn mean_interval(values: &[(f64, f64, f64)]) -> Option<(f64, f64, f64)> {
    let n = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().map(|v| v.0).sum::<f64>() / n;
    let below = values.iter().map(|v| v.0 - v.1).sum::<f64>() / n;
    let above = values.iter().map(|v| v.2 - v.0).sum::<f64>() / n;
    let spread = if values.len() > 1 {
        let variance = values.iter().map(|v| (v.0 - mean).powi(2)).sum::<f64>() / (n - 1.0);
        2.0 * (variance / n).sqrt()
    } else {
        0.0
    };
    Some((mean, mean - below.hypot(spread), mean + above.hypot(spread)))
}

#[cfg(test)]
mod tests {
    use super::super::compare::tests::{evaluation, run};
    use super::*;

    #[test]
    fn seeds_that_disagree_widen_the_interval_and_one_seed_keeps_its_own() {
        assert_eq!(mean_interval(&[(0.25, 0.125, 0.5)]), Some((0.25, 0.125, 0.5)));
        let (mean, low, high) = mean_interval(&[(0.1, 0.0, 0.2), (0.3, 0.2, 0.4)]).unwrap();
        assert!((mean - 0.2).abs() < 1e-12 && low < 0.1 && high > 0.3, "{low} {high}");
        assert_eq!(mean_interval(&[]), None);
    }

    #[test]
    fn seeds_of_one_model_are_one_row() {
        let with = |value: f64| evaluation(&[("auc.ctcvr", value, 0.0)]);
        let runs = [run(1, "naive", 1, with(0.6)), run(2, "esmm", 1, with(0.7)), run(3, "esmm", 2, with(0.8))];
        let rows = intervals(&runs, "auc.ctcvr", false);
        assert_eq!(rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["naive CVR", "ESMM"]);
        assert_eq!(rows[1].seeds.len(), 2);
        assert!((rows[1].value - 0.75).abs() < 1e-12);
    }
}
