//! Progress of every trained model.

use leptos::prelude::*;

use crate::app::charts::names::hue_class;
use crate::app::model_progress::{ModelProgress, model_progress};
use crate::app::state::AppState;

/// The trained models in order, each with a bar for every seed.
#[component]
pub fn RunProgress() -> impl IntoView {
    let state = AppState::get();
    let all = Memo::new(move |_| state.session.with(|session| model_progress(&session.runs)));
    let models = Memo::new(move |_| all.with(|all| all.iter().map(|of| of.model.clone()).collect::<Vec<_>>()));
    view! {
        <ul class="runs" aria-label=text!(shell::runs::name)>
            <For each=move || models.get() key=Clone::clone let:model>
                <ModelItem all model/>
            </For>
        </ul>
    }
}

#[component]
fn ModelItem(all: Memo<Vec<ModelProgress>>, model: String) -> impl IntoView {
    let hue = format!("mark {}", hue_class(&model));
    let progress = Memo::new(move |_| all.with(|all| all.iter().find(|of| of.model == model).cloned()));
    let name = move || progress.with(|of| of.as_ref().map(|of| of.name.clone()));
    let says = move || progress.with(|of| of.as_ref().map(|of| of.says.clone()));
    let n_seeds = Memo::new(move |_| progress.with(|of| of.as_ref().map_or(0, |of| of.shares.len())));
    let share =
        move |seed: usize| progress.with(|of| of.as_ref().and_then(|of| of.shares.get(seed).copied()).unwrap_or(0.0));
    view! {
        <li class="run" class:is-failed=move || progress.with(|of| of.as_ref().is_some_and(|of| of.is_failed))>
            <span class=hue aria-hidden="true"></span>
            <span class="run-name">{name}</span>
            <span class="run-state">{says}</span>
            <span class="run-bars" aria-hidden="true">
                <For each=move || 0..n_seeds.get() key=|seed| *seed let:seed>
                    <progress class="run-progress" max="1" prop:value=move || share(seed)></progress>
                </For>
            </span>
        </li>
    }
}
