//! Progress of every trained model.

use leptos::prelude::*;

use crate::app::charts::names::hue_class;
use crate::app::chips::{Chip, chips};
use crate::app::state::AppState;

/// The trained models in order, each with a bar for every seed.
#[component]
pub fn RunChips() -> impl IntoView {
    let state = AppState::get();
    let all = Memo::new(move |_| state.session.with(|session| chips(&session.runs)));
    let models = Memo::new(move |_| all.with(|chips| chips.iter().map(|chip| chip.model.clone()).collect::<Vec<_>>()));
    view! {
        <ul class="runs" aria-label=text!(shell::runs::name)>
            <For each=move || models.get() key=Clone::clone let:model>
                <ModelChip all model/>
            </For>
        </ul>
    }
}

#[component]
fn ModelChip(all: Memo<Vec<Chip>>, model: String) -> impl IntoView {
    let hue = format!("mark {}", hue_class(&model));
    let chip = Memo::new(move |_| all.with(|chips| chips.iter().find(|chip| chip.model == model).cloned()));
    let name = move || chip.with(|chip| chip.as_ref().map(|chip| chip.name.clone()));
    let says = move || chip.with(|chip| chip.as_ref().map(|chip| chip.says.clone()));
    let n_seeds = Memo::new(move |_| chip.with(|chip| chip.as_ref().map_or(0, |chip| chip.shares.len())));
    let share = move |seed: usize| {
        chip.with(|chip| chip.as_ref().and_then(|chip| chip.shares.get(seed).copied()).unwrap_or(0.0))
    };
    view! {
        <li class="run" class:is-failed=move || chip.with(|chip| chip.as_ref().is_some_and(|chip| chip.is_failed))>
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
