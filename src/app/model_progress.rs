//! Progress of each model's runs, over all of its seeds.

use super::models::{display_name, models_of};
use super::sentence::{epoch_of, state_word};
use crate::protocol::{Run, RunStatus};

#[derive(Debug, Clone, PartialEq)]
pub struct ModelProgress {
    /// The model's own name.
    pub model: String,
    /// Its name for the user.
    pub name: String,
    pub says: String,
    pub is_failed: bool,
    /// Share of steps done by each run, in the order of the runs.
    pub shares: Vec<f64>,
}

/// Rows per second of all runs that train now.
pub fn rows_per_second(runs: &[Run]) -> f64 {
    let training = runs.iter().filter(|run| run.status == RunStatus::Training);
    training.filter_map(|run| run.progress.map(|progress| progress.rows_per_second)).sum()
}

/// The progress of every model in `runs`, in order of first appearance.
pub fn model_progress(runs: &[Run]) -> Vec<ModelProgress> {
    let of_model = |model| runs.iter().filter(|run| run.model.name == model).collect::<Vec<&Run>>();
    models_of(runs).into_iter().map(|model| progress(model, &of_model(model))).collect()
}

fn progress(model: &str, runs: &[&Run]) -> ModelProgress {
    let is_failed = |run: &&Run| matches!(run.status, RunStatus::Failed { .. });
    ModelProgress {
        model: model.to_owned(),
        name: display_name(model).to_owned(),
        says: if let [run] = runs { state_of(run) } else { state_over_seeds(runs) },
        is_failed: runs.iter().any(is_failed),
        shares: runs.iter().map(|run| share_done(run)).collect(),
    }
}

fn share_done(run: &Run) -> f64 {
    match run.status {
        RunStatus::Finished { .. } | RunStatus::FromFile { .. } => 1.0,
        _ => run.progress.map_or(0.0, |progress| progress.step as f64 / progress.total_steps.max(1) as f64),
    }
}

/// A single run's state, with its epoch if that is informative.
fn state_of(run: &Run) -> String {
    let state = state_word(&run.status);
    let epoch = match run.status {
        RunStatus::Training | RunStatus::Held | RunStatus::Stopped => epoch_of(run),
        _ => None,
    };
    let says = match epoch {
        Some(epoch) => text!(shell::runs::at_epoch, state = state, epoch = epoch),
        None => state.to_owned(),
    };
    match run.latest().and_then(|evaluation| evaluation.notes.get("learning_rate_since_step")) {
        Some(step) => text!(shell::runs::rate_changed, state = says, step = step.to_string()),
        None => says,
    }
}

/// The state that all runs share, else the number that have finished; a failure comes first.
fn state_over_seeds(runs: &[&Run]) -> String {
    let count = |is: fn(&RunStatus) -> bool| runs.iter().filter(|run| is(&run.status)).count();
    let of = |n: usize, state: &str| {
        text!(shell::runs::of_seeds, state = state, n = n.to_string(), seeds = runs.len().to_string())
    };
    let failed = count(|status| matches!(status, RunStatus::Failed { .. }));
    if failed > 0 {
        return of(failed, text!(status::failed));
    }
    let states: Vec<&str> = runs.iter().map(|run| state_word(&run.status)).collect();
    if states.iter().all(|state| *state == states[0]) {
        return text!(shell::runs::all_seeds, state = states[0], seeds = runs.len().to_string());
    }
    of(count(|status| matches!(status, RunStatus::Finished { .. })), text!(status::done))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    fn with_status(id: u32, model: &str, seed: u64, status: RunStatus) -> Run {
        Run { status, ..run(id, model, seed, evaluation(&[])) }
    }

    const DONE: RunStatus = RunStatus::Finished { seconds: 1.0 };

    #[test]
    fn a_model_has_one_chip_for_all_of_its_seeds() {
        let runs = [
            with_status(1, "naive", 1, DONE),
            with_status(2, "esmm", 1, RunStatus::Training),
            with_status(3, "naive", 2, DONE),
            with_status(4, "esmm", 2, RunStatus::Queued),
        ];
        let found = model_progress(&runs);
        let said: Vec<(&str, &str, usize)> = found
            .iter()
            .map(|progress| (progress.model.as_str(), progress.says.as_str(), progress.shares.len()))
            .collect();
        assert_eq!(said, [("naive", "done, 2 seeds", 2), ("esmm", "done: 0 of 2 seeds", 2)]);
        assert_eq!(found[0].shares, [1.0, 1.0]);
    }

    #[test]
    fn the_rates_of_runs_that_train_now_are_summed() {
        let runs = [DONE, RunStatus::Training, RunStatus::Training, RunStatus::Held];
        let runs = runs.map(|status| with_status(1, "esmm", 1, status));
        assert_eq!(rows_per_second(&runs), 2.0);
    }

    #[test]
    fn one_seed_reads_as_its_run() {
        let found = model_progress(&[with_status(1, "naive", 1, DONE), with_status(2, "esmm", 1, RunStatus::Queued)]);
        assert_eq!((found[0].says.as_str(), found[1].says.as_str()), ("done", "waiting"));
    }

    #[test]
    fn a_failed_seed_is_not_hidden_by_the_others() {
        let failed = RunStatus::Failed { message: "out of memory".to_owned() };
        let found = model_progress(&[with_status(1, "esmm", 1, DONE), with_status(2, "esmm", 2, failed)]);
        assert!(found[0].is_failed);
        assert_eq!(found[0].says, "failed: 1 of 2 seeds");
    }
}
