//! A chip per run.

use leptos::prelude::*;

use crate::app::models::display_name;
use crate::app::sentence::{epoch_of, state_word};
use crate::app::state::AppState;
use crate::protocol::{Run, RunId, RunStatus};

/// What a chip shows.
#[derive(Debug, Clone, PartialEq)]
struct Chip {
    name: String,
    model: String,
    word: &'static str,
    detail: String,
    /// Share of the run that is done.
    share: f64,
}

/// The runs, in the order in which they were started.
#[component]
pub fn RunChips() -> impl IntoView {
    let state = AppState::get();
    let ids = Memo::new(move |_| state.session.with(|s| s.runs.iter().map(|run| run.id).collect::<Vec<_>>()));
    view! {
        <ul class="runs" aria-label="Runs">
            <For each=move || ids.get() key=|id| *id let:id>
                <RunChip id/>
            </For>
        </ul>
    }
}

#[component]
fn RunChip(id: RunId) -> impl IntoView {
    let state = AppState::get();
    let chip = Memo::new(move |_| {
        state.session.with(|session| {
            let seeds_differ = session.runs.iter().any(|run| run.seed != session.runs[0].seed);
            session.run(id).map(|run| chip_of(run, seeds_differ))
        })
    });
    let hue = chip.with_untracked(|chip| {
        chip.as_ref().map(|chip| format!("mark hue hue-{}", chip.model.replace('_', "-"))).unwrap_or_default()
    });
    let name = move || chip.with(|chip| chip.as_ref().map(|chip| chip.name.clone()));
    let says = move || chip.with(|chip| chip.as_ref().map(|chip| format!("{}{}", chip.word, chip.detail)));
    let share = move || chip.with(|chip| chip.as_ref().map_or(0.0, |chip| chip.share));
    view! {
        <li class="run" class:is-failed=move || chip.with(|c| c.as_ref().is_some_and(|c| c.word == "failed"))>
            <span class=hue aria-hidden="true"></span>
            <span class="run-name">{name}</span>
            <span class="run-state">{says}</span>
            <progress class="run-progress" max="1" aria-hidden="true" prop:value=share></progress>
        </li>
    }
}

fn chip_of(run: &Run, seeds_differ: bool) -> Chip {
    let share = match run.status {
        RunStatus::Finished { .. } => 1.0,
        _ => run.progress.map_or(0.0, |p| p.step as f64 / p.total_steps.max(1) as f64),
    };
    let detail = match run.status {
        RunStatus::Training | RunStatus::Held | RunStatus::Stopped => epoch_of(run).map(|epoch| format!(", {epoch}")),
        _ => None,
    };
    let since = run.latest().and_then(|evaluation| evaluation.notes.get("learning_rate_since_step"));
    let changed = since.map(|step| format!(", learning rate changed at step {step}"));
    let seed = if seeds_differ { format!(" · seed {}", run.seed) } else { String::new() };
    Chip {
        name: format!("{}{seed}", display_name(&run.model.name)),
        model: run.model.name.clone(),
        word: state_word(&run.status),
        detail: format!("{}{}", detail.unwrap_or_default(), changed.unwrap_or_default()),
        share,
    }
}
