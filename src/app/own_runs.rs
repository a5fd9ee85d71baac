//! Predictions from a file as runs, and what is said of them. Called through [`super::late_functions`].

use super::format::listed;
use super::models::{display_name, distinct};
use super::page::Notice;
use crate::protocol::{OwnRun, Run, RunId, RunStatus, Session};

/// What a worker calls the model of a file that does not name it.
const UNNAMED: &str = "predictions";
/// Characters of a name that are kept.
const MOST_CHARS: usize = 64;

/// Adds what a file predicts to the session, numbered from `first` on.
pub fn add_own_runs(session: &mut Session, file: &str, runs: Vec<OwnRun>, first: RunId) -> Notice {
    let run = |(id, own): (RunId, OwnRun)| {
        let mut model = own.model;
        model.name = name_for(&model.name, file);
        Run {
            status: RunStatus::FromFile { is_seeded: own.seed.is_some() },
            evaluations: vec![own.evaluation],
            left_out: own.notes,
            ..Run::queued(id, model, own.seed.unwrap_or(1))
        }
    };
    let shown: Vec<Run> = (first..).zip(runs).map(run).collect();
    let names = listed(&distinct(shown.iter().map(|run| run.model.name.as_str())));
    let said = text!(page::own_predictions::shown, file = file, models = names);
    let note = |run: &Run, note: &String| text!(page::own_predictions::note, model = run.model.name, note = note);
    let notes: Vec<String> = shown.iter().flat_map(|run| run.left_out.iter().map(|one| note(run, one))).collect();
    session.add_from_file(shown);
    match notes.is_empty() {
        true => Notice::News(said),
        false => Notice::Trouble([&[said], notes.as_slice()].concat().join(" ")),
    }
}

/// A name that no model trained here has: those have no brackets.
fn name_for(told: &str, file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let told = if told == UNNAMED || told.is_empty() { stem } else { display_name(told) };
    let model: String = told.chars().take(MOST_CHARS).collect();
    text!(page::own_predictions::of_file, model = model)
}
