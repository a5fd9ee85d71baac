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
    says: String,
    is_failed: bool,
    /// Share of the run that is done.
    share: f64,
}

/// The runs, in the order in which they were started.
#[component]
pub fn RunChips() -> impl IntoView {
    let state = AppState::get();
    let ids = Memo::new(move |_| state.session.with(|s| s.runs.iter().map(|run| run.id).collect::<Vec<_>>()));
    view! {
        <ul class="runs" aria-label=text!(shell::runs::name)>
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
    let says = move || chip.with(|chip| chip.as_ref().map(|chip| chip.says.clone()));
    let share = move || chip.with(|chip| chip.as_ref().map_or(0.0, |chip| chip.share));
    view! {
        <li class="run" class:is-failed=move || chip.with(|c| c.as_ref().is_some_and(|c| c.is_failed))>
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
    let epoch = match run.status {
        RunStatus::Training | RunStatus::Held | RunStatus::Stopped => epoch_of(run),
        _ => None,
    };
    let mut says = state_word(&run.status).to_owned();
    if let Some(epoch) = epoch {
        says = text!(shell::runs::at_epoch, state = says, epoch = epoch);
    }
    if let Some(step) = run.latest().and_then(|evaluation| evaluation.notes.get("learning_rate_since_step")) {
        says = text!(shell::runs::rate_changed, state = says, step = step.to_string());
    }
    let model = display_name(&run.model.name);
    Chip {
        name: match seeds_differ {
            true => text!(shell::runs::with_seed, model = model, seed = run.seed.to_string()),
            false => model.to_owned(),
        },
        model: run.model.name.clone(),
        says,
        is_failed: matches!(run.status, RunStatus::Failed { .. }),
        share,
    }
}
