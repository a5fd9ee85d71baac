//! The Data view: the roles of the log's columns, and the findings.

use leptos::ev::Event;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::drawing::{self, DataState, Msg};
use crate::app::browser::{picked_files, picked_text, save};
use crate::app::dom::shown;
use crate::app::page::{LogState, Message};
use crate::app::state::AppState;
use crate::app::widgets::marks;
use crate::domain::spec::{DataSpec, RunSpec};

#[component]
pub fn DataView() -> impl IntoView {
    let state = AppState::get();
    let tab = RwSignal::new(DataState::default());
    let draw = move || {
        let (session, mapping) = (state.evaluated.read(), state.mapping.read());
        let is_busy = matches!(*state.log_state.read(), LogState::Loading { .. });
        drawing::data(&session, &mapping, &state.spec.read(), &tab.read(), is_busy)
    };
    let act = move |message: Msg| {
        if message == Msg::SaveRoles {
            return save_roles(state);
        }
        let steps = drawing::assembly_on_view(&state.session.peek(), &state.mapping.peek())
            .map_or(0, |report| report.assembly.steps.len());
        let sent = drawing::to_page(message.clone(), &state.session.peek(), &state.mapping.peek(), &state.spec.peek());
        state.update(tab, |tab| {
            tab.follow(&message, steps);
            sent
        });
    };
    view! {
        {marks(draw, act)}
        <AddTables/>
        <RolesFile/>
    }
}

fn save_roles(state: AppState) {
    let roles = state.session.peek().log.as_ref().map(|log| log.roles.to_toml());
    if matches!(roles.map(|roles| save("ROLES.toml", roles.as_bytes())), Some(Err(_))) {
        state.send(Message::Notice(Some(text!(views::data::roles_unsaved).to_owned())));
    }
}

/// File field for further tables of the user's log.
#[component]
fn AddTables() -> impl IntoView {
    let state = AppState::get();
    let pick = move |event: Event| {
        let files = picked_files(&event);
        if !files.is_empty() {
            state.send(Message::AddFiles(files));
        }
    };
    // An embed opens no file: another site may be around it.
    let is_embed = state.address().embed.is_some();
    let is_own = Memo::new(move |_| {
        !is_embed && (state.mapping.with(|mapping| mapping.refused.is_some()) || state.spec.with(is_file))
    });
    view! {
        <div class="roles-file" hidden=move || !is_own.get()>
            <label class="file">
                <span>{text!(views::data::add_tables)}</span>
                <input type="file" multiple=true on:change=pick/>
            </label>
            <p class="hint">{text!(views::data::add_tables_hint)}</p>
        </div>
    }
}

fn is_file(spec: &RunSpec) -> bool {
    matches!(spec.data, DataSpec::File { .. })
}

/// File field for a ROLES file.
#[component]
fn RolesFile() -> impl IntoView {
    let state = AppState::get();
    let problem = RwSignal::new(String::new());
    let pick = move |event: Event| {
        let picked = picked_text(&event);
        spawn_local(async move {
            let Some((name, text)) = picked.await else { return };
            match drawing::opened_roles(&text, name) {
                Ok(message) => {
                    problem.set(String::new());
                    state.send(message);
                }
                Err(words) => problem.set(words),
            }
        });
    };
    let has_log = Memo::new(move |_| state.session.with(|session| session.log.is_some()));
    view! {
        <div class="roles-file" hidden=move || !has_log.get()>
            <label class="file">
                <span>{text!(views::data::roles_file)}</span>
                <input type="file" accept=".toml,application/toml" on:change=pick/>
            </label>
            <p class="hint">{text!(views::data::roles_hint)}</p>
            <p class="problem" role="alert" hidden=move || problem.with(String::is_empty)>
                {move || shown(&problem.read()).into_owned()}
            </p>
        </div>
    }
}
