//! The runs that Train starts: every chosen model with every seed, fitted to the log.

use super::models::display_name;
use crate::domain::spec::{RunSpec, TrainPlan};
use crate::protocol::LoadedLog;

/// Runs to train, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlannedRuns {
    pub runs: Vec<PlannedRun>,
    /// Models that are chosen and not trained, with reasons; empty when all are.
    pub notice: String,
}

/// One model with one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    pub plan: TrainPlan,
    /// Inputs of the model that the log lacks, one sentence each.
    pub left_out: Vec<String>,
}

/// The runs of `spec` on `log`.
///
/// # Errors
/// A sentence when the experiment is out of range, or the log has the labels of none of its models.
pub fn plan_runs(spec: &RunSpec, log: &LoadedLog) -> Result<PlannedRuns, String> {
    spec.validate().map_err(|error| format!("{error}."))?;
    let has_label = |label: &str| log.label_counts.iter().any(|(known, _)| known == label);
    let (mut planned, mut lacking) = (PlannedRuns::default(), Vec::new());
    for model in &spec.models {
        let fitted = model.on_log(log.offers());
        if let Some(label) = fitted.model.missing_label(has_label) {
            let model = display_name(&model.name);
            lacking.push(text!(parts::needs_label, model = model, label = label));
            continue;
        }
        let plans = spec.seeds.iter().map(|&seed| spec.plan(&fitted.model, seed));
        planned.runs.extend(plans.map(|plan| PlannedRun { plan, left_out: fitted.left_out.clone() }));
    }
    if planned.runs.is_empty() {
        return Err(text!(parts::choose_one).to_owned());
    }
    planned.notice = lacking.join(" ");
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::model_preset;

    fn log(labels: &[&str]) -> LoadedLog {
        LoadedLog {
            label_counts: labels.iter().map(|label| ((*label).to_owned(), 3)).collect(),
            ..LoadedLog::default()
        }
    }

    fn spec(models: &[&str]) -> RunSpec {
        let models = models.iter().map(|name| model_preset(name).unwrap()).collect();
        RunSpec { models, seeds: vec![1, 2], ..RunSpec::default() }
    }

    #[test]
    fn every_model_is_trained_with_every_seed_and_what_cannot_be_is_named() {
        let found = plan_runs(&spec(&["esmm", "hm3", "esm2"]), &log(&["click", "conversion"])).unwrap();
        let runs: Vec<(&str, u64, usize)> =
            found.runs.iter().map(|run| (run.plan.model.name.as_str(), run.plan.seed, run.left_out.len())).collect();
        assert_eq!(runs, [("esmm", 1, 0), ("esmm", 2, 0), ("esm2", 1, 1), ("esm2", 2, 1)]);
        assert!(found.notice.starts_with("HM³ is not trained: it needs the label “action_1”"), "{}", found.notice);
    }

    #[test]
    fn an_experiment_that_cannot_be_trained_is_a_sentence() {
        let none = plan_runs(&spec(&["hm3"]), &log(&["click", "conversion"])).unwrap_err();
        assert!(none.contains("at least one model"), "{none}");
        let mut wrong = spec(&["esmm"]);
        wrong.training.epochs = Some(0);
        assert!(plan_runs(&wrong, &log(&["click", "conversion"])).unwrap_err().contains("epochs"));
    }
}
