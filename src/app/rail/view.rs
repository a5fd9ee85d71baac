//! The rail's panels: thin skins over its forms.

use leptos::prelude::*;

use super::data_panel::{DataPanel, LogProblem};
use super::models::LogLabels;
use super::{features, models, training};
use crate::app::page::Message;
use crate::app::state::AppState;
use crate::app::widgets::{Section, marks};
use crate::domain::spec::RunSpec;
use crate::protocol::LoadedLog;

/// The rail. It starts closed on narrow pages, so that the story comes first.
#[component]
pub fn Rail() -> impl IntoView {
    let is_wide = web_sys::window()
        .and_then(|window| window.inner_width().ok())
        .and_then(|width| width.as_f64())
        .is_some_and(|width| width >= 900.0);
    view! {
        <aside class="rail" aria-label=text!(panels::sections::experiment)>
            <LogProblem/>
            <DataPanel is_open=RwSignal::new(is_wide)/>
            {features_panel(RwSignal::new(false))}
            {models_panel(RwSignal::new(is_wide))}
            {training_panel(RwSignal::new(is_wide))}
        </aside>
    }
}

/// A summary line of the experiment.
fn summary_line(summary: fn(&RunSpec) -> String) -> Signal<String> {
    let state = AppState::get();
    Memo::new(move |_| summary(&state.spec.read())).into()
}

/// Encoding, embeddings and layers.
fn features_panel(is_open: RwSignal<bool>) -> AnyView {
    let state = AppState::get();
    let draw = move || features::form(&state.spec.read());
    let body = marks(draw, move |edit| state.edit_spec(|spec| features::apply(spec, &edit)));
    view! { <Section name="features" title=text!(panels::sections::features) summary=summary_line(features::summary) is_open>{body}</Section> }
        .into_any()
}

/// The compared models and their settings.
fn models_panel(is_open: RwSignal<bool>) -> AnyView {
    let state = AppState::get();
    let problem = RwSignal::new(String::new());
    let log: Memo<Option<LogLabels>> = Memo::new(move |_| {
        let labels = |log: &LoadedLog| LogLabels {
            names: log.label_counts.iter().map(|(name, _)| name.clone()).collect(),
            offers: log.offers(),
        };
        state.session.with(|session| session.log.as_ref().map(labels))
    });
    let draw = move || {
        let log = log.get();
        problem.with(|problem| state.spec.with(|spec| models::form(spec, log.as_ref(), problem)))
    };
    let act = move |edit| {
        let mut refused = String::new();
        state.edit_spec(|spec| refused = models::apply(spec, &edit).err().unwrap_or_default());
        problem.set(refused);
    };
    let body = marks(draw, act);
    view! { <Section name="models" title=text!(panels::sections::models) summary=summary_line(models::summary) is_open>{body}</Section> }
        .into_any()
}

/// The training.
fn training_panel(is_open: RwSignal<bool>) -> AnyView {
    let state = AppState::get();
    let choice = Memo::new(move |_| state.device.with(|device| device.choice));
    let train_rows = Memo::new(move |_| {
        state.session.with(|session| state.spec.with(|spec| training::training_rows(spec, session)))
    });
    let summary = Memo::new(move |_| state.spec.with(|spec| training::summary(spec, train_rows.get())));
    let draw = move || state.spec.with(|spec| training::form(spec, choice.get(), train_rows.get()));
    let act = move |message: training::Msg| match message {
        training::Msg::RunOn(device) => state.send(Message::ChooseDevice(device)),
        training::Msg::Edit(edit) => state.edit_spec(|spec| training::apply(spec, &edit)),
    };
    let body = marks(draw, act);
    view! { <Section name="training" title=text!(panels::sections::training) summary is_open>{body}</Section> }
        .into_any()
}
