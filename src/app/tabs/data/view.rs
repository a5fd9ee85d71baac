//! The Data view: the roles of the log's columns, and the findings.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::drawing::{self, Msg};
use super::findings;
use super::mapping::{self, Change, Columns};
use crate::app::browser::save;
use crate::app::page::{LogState, Message};
use crate::app::sentence;
use crate::app::state::AppState;
use crate::app::widgets::marks;
use crate::domain::log::Roles;

#[component]
pub fn DataView() -> impl IntoView {
    let state = AppState::get();
    let find = RwSignal::new(String::new());
    let draw = move || {
        let (session, mapping) = (state.evaluated.read(), state.mapping.read());
        let is_busy = matches!(*state.log_state.read(), LogState::Loading { .. });
        drawing::data(&session, &mapping, &find.read(), is_busy)
    };
    let act = move |message: Msg| match message {
        Msg::Undo => state.send(Message::UndoRoles),
        Msg::ForgetRefused => state.send(Message::ForgetRefused),
        Msg::SaveRoles => {
            let roles = state.session.peek().log.as_ref().map(|log| log.roles.to_toml());
            if matches!(roles.map(|roles| save("ROLES.toml", roles.as_bytes())), Some(Err(_))) {
                state.send(Message::Notice(Some(text!(views::data::roles_unsaved).to_owned())));
            }
        }
        Msg::Mapping(mapping::Msg::Find(wanted)) => find.set(wanted),
        Msg::Mapping(mapping::Msg::Change(change)) => {
            set_roles(state, |columns, given| mapping::changed(columns, given, &change));
        }
        Msg::Repair(repair) => set_roles(state, |_, given| Some(findings::repaired(given, repair))),
    };
    view! {
        {marks(draw, act)}
        <RolesFile/>
    }
}

/// Sends the roles after a change.
fn set_roles(state: AppState, changed: impl FnOnce(Columns, &Roles) -> Option<Change>) {
    let change = drawing::with_columns(&state.session.peek(), &state.mapping.peek(), &state.spec.peek(), changed);
    if let Some(Change { roles, words }) = change.flatten() {
        state.send(Message::SetRoles { roles: Box::new(roles), words });
    }
}

/// File field for a ROLES file.
#[component]
fn RolesFile() -> impl IntoView {
    let state = AppState::get();
    let problem = RwSignal::new(String::new());
    let pick = move |event: web_sys::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            spawn_local(async move {
                let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
                match Roles::from_toml(&text.unwrap_or_default()) {
                    Ok(roles) => {
                        problem.set(String::new());
                        state.send(Message::OpenRoles { roles: Box::new(roles), name: file.name() });
                    }
                    Err(error) => problem.set(sentence::spoken(&error.to_string())),
                }
            });
        }
        input.set_value("");
    };
    let has_log = Memo::new(move |_| state.session.with(|session| session.log.is_some()));
    view! {
        <div class="roles-file" hidden=move || !has_log.get()>
            <label class="file">
                <span>{text!(views::data::roles_file)}</span>
                <input type="file" accept=".toml,application/toml" on:change=pick/>
            </label>
            <p class="hint">{text!(views::data::roles_hint)}</p>
            <p class="problem" role="alert" hidden=move || problem.with(String::is_empty)>{problem}</p>
        </div>
    }
}
