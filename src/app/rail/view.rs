//! The rail's panels: thin skins over its forms.

use leptos::ev::Event;
use leptos::prelude::*;

use super::data_panel::{self, DataPanel, LogFacts, Msg};
use super::models::LogLabels;
use super::{features, generator, models, storage, training};
use crate::app::browser::{is_wide, picked_files};
use crate::app::dom::shown;
use crate::app::page::{LogState, Message};
use crate::app::state::AppState;
use crate::app::widgets::{Section, marks};
use crate::domain::spec::{DataSpec, RunSpec};
use crate::protocol::Run;

/// The rail. It starts closed on narrow pages, so that the story comes first.
#[component]
pub fn Rail() -> impl IntoView {
    let is_wide = is_wide();
    view! {
        <aside class="rail" aria-label=text!(panels::sections::experiment)>
            {log_problem()}
            {data_panel(RwSignal::new(is_wide))}
            {features_panel(RwSignal::new(false))}
            {models_panel(RwSignal::new(is_wide))}
            {training_panel(RwSignal::new(is_wide))}
        </aside>
    }
}

/// The error of the last load.
fn log_problem() -> AnyView {
    let state = AppState::get();
    let problem = Memo::new(move |_| data_panel::problem(&state.log_state.read(), state.session.read().log.as_ref()));
    let can_generate =
        move || state.session.read().log.is_none() && matches!(state.spec.read().data, DataSpec::Generated { .. });
    view! {
        <div class="alert" role="alert" hidden=move || problem.read()[0].is_empty()>
            <p>{move || shown(&problem.read()[0]).into_owned()}</p>
            <p>{move || shown(&problem.read()[1]).into_owned()}</p>
            <button type="button" hidden=move || !can_generate() on:click=move |_| state.send(Message::Generate)>
                {text!(generator::generate)}
            </button>
        </div>
    }
    .into_any()
}

/// Source and summary of the log.
fn data_panel(is_open: RwSignal<bool>) -> AnyView {
    let state = AppState::get();
    let panel = RwSignal::new(DataPanel::default());
    let update = move |message: Msg| {
        state.update(panel, |panel| panel.update(message, *state.limit.peek(), &state.synth.peek()));
    };
    let opened = Memo::new(move |_| panel.read().opened);
    let summary = Memo::new(move |_| data_panel::summary(&state.log_state.read(), state.session.read().log.as_ref()));
    let facts = Memo::new(move |_| state.session.read().log.as_ref().map(LogFacts::of));
    let is_loading = Memo::new(move |_| matches!(*state.log_state.read(), LogState::Loading { .. }));
    let generator = move || generator::form(&state.synth.read(), state.preview.read().as_ref()).map(Msg::Generator);
    let storage = move || {
        storage::form(&state.spec.read(), state.keeps_log.get(), &state.storage_message.read()).map(Msg::Storage)
    };
    view! {
        <Section name="data" title=text!(panels::data::title) summary is_open>
            {file_field()}
            {marks(move || vec![data_panel::load_progress(&state.log_state.read())], update)}
            {marks(move || data_panel::sources(opened.get(), state.limit.get()), update)}
            {marks(move || vec![data_panel::facts(facts.read().as_ref(), is_loading.get())], update)}
            {marks(move || vec![generator()], update)}
            {marks(move || vec![storage()], update)}
        </Section>
    }
    .into_any()
}

fn file_field() -> AnyView {
    let state = AppState::get();
    let pick = move |event: Event| {
        let files = picked_files(&event);
        if !files.is_empty() {
            state.send(Message::OpenFiles(files));
        }
    };
    view! {
        <label class="file">
            <span>{text!(panels::data::file)}</span>
            <input
                type="file"
                multiple=true
                accept=".esmm,.csv,.tsv,.txt,.gz,.json,.jsonl,.ndjson,.parquet,.zst,.zip,text/csv,text/tab-separated-values,application/json"
                aria-describedby="file-hint"
                on:change=pick
            />
        </label>
        <p class="hint" id="file-hint">{text!(panels::data::file_hint)}</p>
    }
    .into_any()
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
    let log = Memo::new(move |_| state.session.read().log.as_ref().map(LogLabels::of));
    let draw = move || models::form(&state.spec.read(), log.read().as_ref(), &problem.read());
    let act = move |edit| {
        let mut refused = String::new();
        state.edit_spec(|spec| refused = models::apply(spec, &edit).err().unwrap_or_default());
        problem.set(refused);
    };
    let body = marks(draw, act);
    view! {
        <Section name="models" title=text!(panels::sections::models) summary=summary_line(models::summary) is_open>
            {body}
            {own_predictions()}
        </Section>
    }
    .into_any()
}

/// Predictions of a model from elsewhere.
fn own_predictions() -> AnyView {
    let state = AppState::get();
    let pick = move |event: Event| {
        if let Some(file) = picked_files(&event).into_iter().next() {
            state.send(Message::OpenPredictions(file));
        }
    };
    let has_some = Memo::new(move |_| state.session.read().runs.iter().any(Run::is_from_file));
    view! {
        <label class="file">
            <span>{text!(model_form::own_predictions::file)}</span>
            <input type="file" accept=".csv,.txt,text/csv" aria-describedby="predictions-hint" on:change=pick />
        </label>
        <p class="hint" id="predictions-hint">{text!(model_form::own_predictions::hint)}</p>
        <button type="button" hidden=move || !has_some.get() on:click=move |_| state.send(Message::CloseOwnPredictions)>
            {text!(model_form::own_predictions::close)}
        </button>
    }
    .into_any()
}

/// The training.
fn training_panel(is_open: RwSignal<bool>) -> AnyView {
    let state = AppState::get();
    let choice = Memo::new(move |_| state.device.with(|device| device.choice));
    let train_rows = Memo::new(move |_| training::training_rows(&state.spec.read(), &state.session.read()));
    let summary = Memo::new(move |_| training::summary(&state.spec.read(), train_rows.get()));
    let draw = move || training::form(&state.spec.read(), choice.get(), train_rows.get());
    let act = move |message: training::Msg| match message {
        training::Msg::RunOn(device) => state.send(Message::ChooseDevice(device)),
        training::Msg::Edit(edit) => state.edit_spec(|spec| training::apply(spec, &edit)),
    };
    let body = marks(draw, act);
    view! { <Section name="training" title=text!(panels::sections::training) summary is_open>{body}</Section> }
        .into_any()
}
