//! Data: a generated log, or one of the user's own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::app::client::Client;
use crate::app::forms::ways_in::{self, Asked};
use crate::app::forms::{findings, generator, keeping, limit};
use crate::app::marks::{Act, Control, Mark, button};
use crate::app::sentence;
use crate::app::state::{AppState, LogState, Tab};
use crate::app::widgets::{Section, marks};
use crate::domain::synth;

const LOOK: &str = "look";

/// Where the log comes from and what it holds in a few words.
#[component]
pub fn DataPanel(is_open: RwSignal<bool>) -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
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
                let more = button(Control::new(LOOK, &columns), "");
                let found = Mark::new("p").text(found);
                vec![busy.child(Mark::new("h3").text(name)).child(counts).child(found).child(more)]
            }
        })
    };
    let preview = Memo::new(move |_| state.synth.with(|synth| synth.validate().is_ok().then(|| synth::preview(synth))));
    let generate = move |act: Act| match act.name.as_str() {
        generator::GENERATE => {
            state.notice.set(None);
            client.generate(state.synth.get_untracked());
        }
        _ => state.synth.update(|synth| generator::apply(synth, &act)),
    };
    let typed = StoredValue::new(String::new());
    let opened = RwSignal::new(0);
    let other_ways = move |act: Act| match ways_in::asked(&act) {
        Some(Asked::Typed(text)) => typed.set_value(text),
        Some(Asked::Open) => {
            let text = std::mem::take(&mut *typed.write_value());
            if !text.trim().is_empty() {
                client.open_text(&text);
                opened.update(|serial| *serial += 1);
            }
        }
        Some(Asked::Draw(synth)) => {
            state.notice.set(None);
            state.synth.set((*synth).clone());
            client.generate(*synth);
        }
        Some(Asked::Sample(file)) => client.open_sample(file),
        None => {
            if let Some(limit) = limit::asked(state.limit.get_untracked(), &act) {
                client.set_limit(limit);
            }
        }
    };
    view! {
        <Section name="data" title=text!(panels::data::title) summary is_open>
            <FilePicker/>
            <LoadProgress/>
            {marks(move || vec![ways_in::paste(opened.get()), ways_in::gallery(), limit::form(state.limit.get())], other_ways)}
            {marks(facts, move |act| if act.name == LOOK { state.tab.set(Tab::Data) })}
            {marks(move || vec![preview.with(|preview| state.synth.with(|synth| generator::form(synth, preview.as_ref())))], generate)}
            {kept(state, client)}
        </Section>
    }
}

/// What this browser keeps of all this.
fn kept(state: AppState, client: Client) -> AnyView {
    let draw = move || {
        let keeps_log = state.keeps_log.get();
        vec![state.spec.with(|spec| state.kept.with(|said| keeping::form(spec, keeps_log, said)))]
    };
    let act = move |act: Act| match act.name.as_str() {
        keeping::KEEP_LOG => state.keeps_log.set(act.is_on()),
        keeping::DELETE => client.delete_everything(),
        _ => {}
    };
    marks(draw, act)
}

#[component]
fn FilePicker() -> impl IntoView {
    let client = Client::get();
    let pick = move |event: web_sys::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            client.open_file(file);
        }
        // The same file, mended, can be picked again.
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

/// How far the reading is, and a way out of it.
#[component]
fn LoadProgress() -> impl IntoView {
    let (state, client) = (AppState::get(), Client::get());
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
            <button type="button" on:click=move |_| client.cancel_load()>{text!(panels::data::cancel)}</button>
        </div>
    }
}

/// The sentence that names the trouble and the fix, open or folded.
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
