//! Data: a generated log, or one of the user's own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::findings::Findings;
use super::generator::Generator;
use super::roles_table::RolesTable;
use crate::app::client::Client;
use crate::app::sentence;
use crate::app::state::{AppState, LogState};
use crate::app::widgets::Section;

/// Where the log comes from and what was found in it.
#[component]
pub fn DataPanel(is_open: RwSignal<bool>) -> impl IntoView {
    let state = AppState::get();
    let summary = Memo::new(move |_| match state.log_state.get() {
        LogState::Loading { what } => what,
        _ => state.session.with(|s| s.log.as_ref().map_or("no log yet".to_owned(), |log| log.name.clone())),
    });
    view! {
        <Section title="Data" summary is_open>
            <FilePicker/>
            <LogFacts/>
            <Generator/>
        </Section>
    }
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
            <span>"Impression log"</span>
            <input
                type="file"
                accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
                aria-describedby="file-hint"
                on:change=pick
            />
        </label>
        <p class="hint" id="file-hint">"CSV or TSV, one line per impression. Or drop it anywhere on the page."</p>
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
            <p>{move || problem().and(kept.get()).map(|name| format!("The page still shows {name}."))}</p>
        </div>
    }
}

/// Name, counts, findings and roles of the log on the page.
#[component]
fn LogFacts() -> impl IntoView {
    let state = AppState::get();
    let name_and_counts = Memo::new(move |_| {
        state
            .session
            .with(|session| session.log.as_ref().map(|log| (log.name.clone(), sentence::summary(&log.summary))))
    });
    let is_loading = Memo::new(move |_| matches!(state.log_state.get(), LogState::Loading { .. }));
    view! {
        <div class="facts" aria-busy=move || is_loading.get().to_string()>
            {move || match name_and_counts.get() {
                Some((name, counts)) => view! {
                    <h3>{name}</h3>
                    <p>{counts}</p>
                }.into_any(),
                None => view! { <p class="hint">"No log yet."</p> }.into_any(),
            }}
        </div>
        <Findings/>
        <RolesTable/>
    }
}
