//! The Metrics view: what may be said of the comparison, models × tasks, and the losses while they fall.

use leptos::prelude::*;

use super::first_losses::FirstLosses;
use super::metrics_curves::LossCurves;
use super::metrics_table::MetricsTable;
use super::shared::{Awaiting, Choice, Choices, from_runs, is_running};
use crate::app::charts::compare::headline;
use crate::app::charts::names;
use crate::app::models::display_name;
use crate::app::state::AppState;
use crate::protocol::Run;

/// Metrics of all runs against a pinned model, and their loss curves.
#[component]
pub fn MetricsView() -> impl IntoView {
    let state = AppState::get();
    let pinned = pinned_model(state);
    let has_evaluation = from_runs(state, |runs| runs.iter().any(|run| run.latest().is_some()));
    let running = from_runs(state, is_running);
    view! {
        <div class="view metrics-view">
            <Headline pinned/>
            {move || if has_evaluation.get() {
                view! {
                    <PinChoice pinned/>
                    <MetricsTable pinned/>
                }.into_any()
            } else {
                let what = if running.get() {
                    "Training. The first numbers stand here after the first epoch."
                } else {
                    "Once models are trained, their ranking and calibration on held-out rows stand here, each with its \
                     interval and its difference from a pinned model."
                };
                view! { <Awaiting what/> }.into_any()
            }}
            <LossCurves/>
            <FirstLosses/>
        </div>
    }
}

/// The pinned model: the user's choice while it is there, else naive, else the first.
fn pinned_model(state: AppState) -> Memo<Option<String>> {
    let names = from_runs(state, model_names);
    Memo::new(move |_| {
        names.with(|names| {
            let chosen = state.pinned.get();
            let is_there = |name: &str| names.iter().any(|n| n == name);
            chosen
                .filter(|name| is_there(name))
                .or_else(|| is_there("naive").then(|| "naive".to_owned()))
                .or_else(|| names.first().cloned())
        })
    })
}

fn model_names(runs: &[Run]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for run in runs {
        if !names.contains(&run.model.name) {
            names.push(run.model.name.clone());
        }
    }
    names
}

#[component]
fn Headline(pinned: Memo<Option<String>>) -> impl IntoView {
    let state = AppState::get();
    let sentences = from_runs(state, |runs| {
        model_names(runs).iter().map(|pinned| (pinned.clone(), headline(runs, pinned))).collect::<Vec<_>>()
    });
    let running = from_runs(state, is_running);
    move || {
        let pinned = pinned.get()?;
        let said = sentences.with(|all| all.iter().find(|(name, _)| *name == pinned).map(|(_, s)| s.clone()))?;
        (!said.is_empty()).then(|| {
            let so_far = running.get().then_some("So far, while training goes on: ");
            let items = said.into_iter().map(|sentence| view! { <li>{sentence}</li> });
            view! {
                <div class="headline">
                    <p class="view-note">{so_far}</p>
                    <ul>{items.collect_view()}</ul>
                </div>
            }
        })
    }
}

#[component]
fn PinChoice(pinned: Memo<Option<String>>) -> impl IntoView {
    let state = AppState::get();
    let names_of = from_runs(state, model_names);
    let options = Signal::derive(move || {
        names_of.with(|all| {
            all.iter()
                .map(|name| Choice {
                    value: name.clone(),
                    label: display_name(name).to_owned(),
                    class: names::hue_class(name),
                })
                .collect::<Vec<_>>()
        })
    });
    let on_choose = Callback::new(move |name: String| state.pinned.set(Some(name)));
    view! {
        <div class="view-controls">
            <Choices legend="Compared with" group="metrics-pin" options chosen=Signal::derive(move || pinned.get()) on_choose/>
        </div>
    }
}
