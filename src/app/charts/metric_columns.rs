//! The columns of the metrics table: which metrics of which tasks, in which order.

use std::collections::BTreeSet;

use super::names;
use crate::domain::metrics::{MetricKey, Undefined, metric_names};
use crate::protocol::Run;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub task: String,
    /// Metric names, without the task.
    pub metrics: Vec<String>,
}

/// Groups of the metrics that any run has, in a fixed order; unknown ones last.
///
/// A task without values is left out, but for CVR over the entire space: that it is not observable is the point.
/// With `every = false` only the most useful metrics.
pub fn groups(runs: &[Run], every: bool) -> Vec<Group> {
    let keys: BTreeSet<&str> =
        runs.iter().filter_map(Run::shown).flat_map(|e| e.metrics.keys().map(String::as_str)).collect();
    let mut keys: Vec<MetricKey> = keys.into_iter().filter_map(MetricKey::parse).collect();
    let rank = |name: &str| metric_names().position(|known| known == name).unwrap_or(usize::MAX);
    keys.sort_by_key(|key| (names::task_rank(key.task), key.task, rank(key.metric), key.metric));
    let answered: BTreeSet<&str> = runs
        .iter()
        .filter_map(Run::shown)
        .flat_map(|e| e.metrics.iter().filter(|(_, metric)| metric.value().is_some()))
        .filter_map(|(key, _)| Some(MetricKey::parse(key)?.task))
        .collect();
    keys.retain(|key| key.task == "cvr_entire_space" || answered.contains(key.task));
    let mut groups: Vec<Group> = Vec::new();
    for MetricKey { metric, task } in keys {
        if !every && !is_key(metric, task) {
            continue;
        }
        match groups.last_mut() {
            Some(group) if group.task == task => group.metrics.push(metric.to_owned()),
            _ => groups.push(Group { task: task.to_owned(), metrics: vec![metric.to_owned()] }),
        }
    }
    groups
}

fn is_key(metric: &str, task: &str) -> bool {
    match task {
        // Over the entire space the distance to the truth is more informative than a calibration ratio.
        "cvr_entire_space" => matches!(metric, "auc" | "kl_truth" | "bias"),
        _ => matches!(metric, "auc" | "logloss" | "pcoc"),
    }
}

/// The reason for an undefined metric, short enough for a cell.
pub fn short_reason(reason: Undefined) -> &'static str {
    match reason {
        Undefined::TruthUnknown => text!(metrics::undefined::truth),
        Undefined::NoRows => text!(metrics::undefined::rows),
        Undefined::NoPositive => text!(metrics::undefined::positive),
        Undefined::NoNegative => text!(metrics::undefined::negative),
        Undefined::NoMixedGroup => text!(metrics::undefined::mixed),
        Undefined::NoGroup => text!(metrics::undefined::groups),
        Undefined::NoLabel => text!(metrics::undefined::label),
        Undefined::TooFewRows => text!(metrics::undefined::few_rows),
        Undefined::TooFewLabels => text!(metrics::undefined::few_labels),
        Undefined::NotPredicted => text!(metrics::undefined::not_predicted),
        Undefined::PartlyPredicted => text!(metrics::undefined::partly),
        Undefined::OtherRows => text!(metrics::undefined::other_rows),
        Undefined::NotOfThisTask => text!(metrics::undefined::not_asked),
        Undefined::Constant => text!(metrics::undefined::constant),
        Undefined::NoPositiveInHalf => text!(metrics::undefined::few_positives),
        Undefined::NoClick => text!(metrics::undefined::click),
        Undefined::StillToCome => text!(metrics::undefined::to_come),
        Undefined::Unknown => text!(metrics::undefined::unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    #[test]
    fn biased_and_entire_space_cvr_are_groups_of_their_own() {
        let metrics: Vec<(&str, f64, f64)> =
            ["ece.ctr", "auc.ctr", "f1_top0.1.ctr", "auc.cvr_clicked", "auc.cvr_entire_space", "bias.cvr_entire_space"]
                .map(|key| (key, 0.5, 0.0))
                .to_vec();
        let runs = [run(1, "esmm", 1, evaluation(&metrics))];
        let tasks: Vec<String> = groups(&runs, false).into_iter().map(|g| g.task).collect();
        assert_eq!(tasks, ["ctr", "cvr_clicked", "cvr_entire_space"]);
        assert_eq!(groups(&runs, false)[0].metrics, ["auc"]);
        assert_eq!(groups(&runs, true)[0].metrics, ["auc", "ece", "f1_top0.1"]);
    }
    #[test]
    fn every_reason_has_short_words_of_its_own() {
        let words: BTreeSet<&str> = Undefined::ALL.into_iter().map(short_reason).collect();
        assert_eq!(words.len(), Undefined::ALL.len());
    }
}
