//! The Data panel: a generated log, or the user's own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::log_sources;
use super::settings::SettingChange;
use super::{generator, limit, storage};
use crate::app::address::Tab;
use crate::app::browser::file_handle;
use crate::app::marks::{Control, Mark, button};
use crate::app::page::{LogState, Message};
use crate::app::sentence;
use crate::app::state::AppState;
use crate::app::tabs::data::findings;
use crate::app::widgets::{Section, marks};
use crate::domain::log::RowLimit;
use crate::domain::synth;
use crate::protocol::Question;

/// Message of the number of columns: open the Data view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LookAtColumns;

/// Messages of the sources of a log other than the file field.
#[derive(Debug, Clone, PartialEq)]
enum LogMsg {
    WayIn(log_sources::Msg),
    Limit(SettingChange<RowLimit>),
}

/// The panel: source and summary of the log.
#[component]
pub fn DataPanel(is_open: RwSignal<bool>) -> impl IntoView {
    let state = AppState::get();
    let summary = Memo::new(move |_| match state.log_state.get() {
        LogState::Loading { what, .. } => what,
        _ => state
            .session
            .with(|s| s.log.as_ref().map_or(text!(panels::data::no_log).to_owned(), |log| log.name.clone())),
    });
    let log = Memo::new(move |_| {
        let read = |log: &crate::protocol::LoadedLog| {
            (log.name.clone(), log.summary, findings::sentence(&log.findings), log.columns.len())
        };
        state.session.with(|session| session.log.as_ref().map(read))
    });
    let is_loading = Memo::new(move |_| matches!(state.log_state.get(), LogState::Loading { .. }));
    let facts = move || {
        let busy = Mark::new("div").class("facts").attr("aria-busy", is_loading.get());
        log.with(|log| match log {
            None => vec![busy.child(Mark::new("p").class("hint").text(text!(panels::data::no_log_yet)))],
            Some((name, summary, found, columns)) => {
                let counts = Mark::new("p").text(sentence::summary(summary));
                let columns = text!(panels::data::columns, columns = columns.to_string());
                let more = button(Control::new(&columns), "", LookAtColumns);
                let found = Mark::new("p").text(found);
                vec![busy.child(Mark::new("h3").text(name)).child(counts).child(found).child(more)]
            }
        })
    };
    let preview = Memo::new(move |_| state.synth.with(|synth| synth.validate().is_ok().then(|| synth::preview(synth))));
    let generate = move |message: generator::Msg| match message {
        generator::Msg::Generate => state.send(Message::Generate),
        generator::Msg::Edit(edit) => state.edit_synth(|synth| generator::apply(synth, &edit)),
    };
    let typed = StoredValue::new(String::new());
    let opened = RwSignal::new(0);
    let other_ways = move |message: LogMsg| match message {
        LogMsg::WayIn(log_sources::Msg::Typed(text)) => typed.set_value(text),
        LogMsg::WayIn(log_sources::Msg::OpenTyped) => {
            let text = std::mem::take(&mut *typed.write_value());
            if !text.trim().is_empty() {
                state.send(Message::OpenText(text));
                opened.update(|serial| *serial += 1);
            }
        }
        LogMsg::WayIn(log_sources::Msg::Draw(synth)) => state.send(Message::Draw(synth)),
        LogMsg::WayIn(log_sources::Msg::OpenSample(file)) => {
            state.send(Message::Ask(Question::Sample { file: file.to_owned() }));
        }
        LogMsg::Limit(set) => {
            let mut limit = *state.limit.peek();
            set.apply(&mut limit);
            state.send(Message::SetLimit(limit));
        }
    };
    let draw_other_ways = move || {
        vec![
            log_sources::paste(opened.get()).map(LogMsg::WayIn),
            log_sources::gallery().map(LogMsg::WayIn),
            limit::form(state.limit.get()).map(LogMsg::Limit),
        ]
    };
    view! {
        <Section name="data" title=text!(panels::data::title) summary is_open>
            <FilePicker/>
            <LoadProgress/>
            {marks(draw_other_ways, other_ways)}
            {marks(facts, move |LookAtColumns| state.send(Message::Show(Tab::Data)))}
            {marks(move || vec![preview.with(|preview| state.synth.with(|synth| generator::form(synth, preview.as_ref())))], generate)}
            {storage_form(state)}
        </Section>
    }
}

fn storage_form(state: AppState) -> AnyView {
    let draw = move || vec![storage::form(&state.spec.read(), state.keeps_log.get(), &state.storage_message.read())];
    let act = move |message: storage::Msg| match message {
        storage::Msg::KeepLog(keeps) => state.send(Message::KeepLog(keeps)),
        storage::Msg::DeleteEverything => state.send(Message::DeleteEverything),
    };
    marks(draw, act)
}

#[component]
fn FilePicker() -> impl IntoView {
    let state = AppState::get();
    let pick = move |event: web_sys::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            state.send(Message::OpenFile(file_handle(file)));
        }
        // The same file, corrected, can be chosen again.
        input.set_value("");
    };
    view! {
        <label class="file">
            <span>{text!(panels::data::file)}</span>
            <input
                type="file"
                accept=".esmm,.csv,.tsv,.txt,.gz,.json,.jsonl,.ndjson,.parquet,text/csv,text/tab-separated-values,application/json"
                aria-describedby="file-hint"
                on:change=pick
            />
        </label>
        <p class="hint" id="file-hint">{text!(panels::data::file_hint)}</p>
    }
}

/// Progress of loading, with a cancel button.
#[component]
fn LoadProgress() -> impl IntoView {
    let state = AppState::get();
    let loading = Memo::new(move |_| match state.log_state.get() {
        LogState::Loading { what, progress } => Some((what, progress)),
        _ => None,
    });
    let sentence = move || loading.get().map(|(what, progress)| sentence::load_progress(&what, progress));
    let share = move || {
        let progress = loading.get().and_then(|(_, progress)| progress)?;
        Some((progress.bytes as f64 / progress.total_bytes.max(1) as f64).to_string())
    };
    view! {
        <div class="load-progress" hidden=move || loading.get().is_none()>
            <p>{sentence}</p>
            <progress aria-label=text!(panels::data::reading) max="1" value=share></progress>
            <button type="button" on:click=move |_| state.send(Message::CancelLoad)>{text!(panels::data::cancel)}</button>
        </div>
    }
}

/// The error of the last load.
#[component]
pub fn LogProblem() -> impl IntoView {
    let state = AppState::get();
    let kept = Memo::new(move |_| state.session.with(|session| session.log.as_ref().map(|log| log.name.clone())));
    let problem = move || match state.log_state.get() {
        LogState::Failed { message } => Some(message),
        _ => None,
    };
    view! {
        <div class="alert" role="alert" hidden=move || problem().is_none()>
            <p>{move || problem().map(|message| sentence::spoken(&message))}</p>
            <p>{move || problem().and(kept.get()).map(|name| text!(panels::data::still_shown, name = name))}</p>
        </div>
    }
}
