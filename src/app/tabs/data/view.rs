//! The Data view: how the log's columns are read, and what was found in it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::findings::{self, Repair};
use super::mapping::{self, Change, Columns};
use crate::app::client::Client;
use crate::app::marks::{Control, Mark, awaiting, button};
use crate::app::sentence;
use crate::app::state::{AppState, LogState};
use crate::app::widgets::{marks, save};
use crate::domain::log::Roles;
use crate::domain::spec::DataSpec;

/// What the user does in the Data view.
#[derive(Debug, Clone, PartialEq)]
enum Msg {
    /// Takes back the last change.
    Undo,
    /// Leaves a file that cannot be made a log.
    ForgetRefused,
    SaveRoles,
    Mapping(mapping::Msg),
    Repair(Repair),
}

#[component]
pub fn DataView() -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let find = RwSignal::new(String::new());
    let log = Memo::new(move |_| {
        state.session.with(|s| s.log.as_ref().map(|log| (log.name.clone(), log.crc32, log.summary)))
    });
    let is_busy = Memo::new(move |_| matches!(state.log_state.get(), LogState::Loading { .. }));
    let draw = move || {
        log.with(|_| ());
        let find = find.get();
        let body = state.mapping.with(|mapping| match &mapping.refused {
            Some(file) => {
                let says = Mark::new("p").class("view-sentence").text(sentence::spoken(&file.message));
                let rules = &mapping.given.labels;
                let columns = Columns { columns: &file.columns, head: &file.head, rows: None, rules };
                let mut body = vec![title(&file.name), says, Mark::new("p").class("view-note").text(CHOOSE)];
                body.push(changes(&mapping.changes, true));
                body.extend(mapping::form(columns, &find).into_iter().map(|mark| mark.map(Msg::Mapping)));
                body
            }
            None => state.session.with_untracked(|session| match &session.log {
                None => vec![awaiting(text!(views::no_log))],
                Some(log) => {
                    let says = Mark::new("p").class("view-sentence").text(sentence::summary(&log.summary));
                    let rules = &log.roles.labels;
                    let columns =
                        Columns { columns: &log.columns, head: &log.head, rows: Some(log.summary.rows), rules };
                    let mut body = vec![title(&log.name), says, changes(&mapping.changes, false)];
                    let report = findings::report(&log.findings, log.summary.rows);
                    body.extend(report.into_iter().map(|mark| mark.map(Msg::Repair)));
                    body.push(Mark::new("h3").class("section-title").text(text!(views::data::columns)));
                    body.extend(mapping::form(columns, &find).into_iter().map(|mark| mark.map(Msg::Mapping)));
                    body
                }
            }),
        });
        vec![Mark::new("div").class("view data").attr("aria-busy", is_busy.get()).children(body)]
    };
    let act = move |message: Msg| match message {
        Msg::Undo => client.undo_roles(),
        Msg::ForgetRefused => client.forget_refused(),
        Msg::SaveRoles => {
            let roles = state.session.with_untracked(|session| session.log.as_ref().map(|log| log.roles.clone()));
            let saved = roles.map(|roles| save("ROLES.toml", roles.to_toml().as_bytes()));
            if matches!(saved, Some(Err(_))) {
                state.notice.set(Some(text!(views::data::roles_unsaved).to_owned()));
            }
        }
        Msg::Mapping(mapping::Msg::Find(wanted)) => find.set(wanted),
        Msg::Mapping(mapping::Msg::Change(change)) => {
            let changed = with_columns(state, |columns, given| mapping::changed(columns, given, &change)).flatten();
            if let Some(Change { roles, words }) = changed {
                client.set_roles(roles, words);
            }
        }
        Msg::Repair(repair) => {
            if let Some(Change { roles, words }) = with_columns(state, |_, given| findings::repaired(given, repair)) {
                client.set_roles(roles, words);
            }
        }
    };
    view! {
        {marks(draw, act)}
        <RolesFile/>
    }
}

const CHOOSE: &str = text!(views::data::choose);

fn title(name: &str) -> Mark<Msg> {
    Mark::new("h2").class("data-name").text(name)
}

/// What was changed, the last one to be taken back.
fn changes(changes: &[String], is_refused: bool) -> Mark<Msg> {
    let list = Mark::new("ol").class("changes-list").children(changes.iter().map(|words| Mark::new("li").text(words)));
    let undo = (!changes.is_empty()).then(|| button(Control::new(text!(views::data::undo)), "", Msg::Undo).key("undo"));
    let forget = Control::new(text!(views::data::leave));
    let forget = is_refused.then(|| button(forget, "quiet", Msg::ForgetRefused).key("forget"));
    let save = Control::new(text!(views::data::save_roles));
    let save = (!is_refused).then(|| button(save, "quiet", Msg::SaveRoles).key("save"));
    Mark::new("div")
        .class("changes")
        .key("changes")
        .child(list)
        .child(Mark::new("div").class("fixes").maybe(undo).maybe(save).maybe(forget))
}

/// The columns on view and what is given of them, of the file that was refused or else of the log; `None` without either.
fn with_columns<T>(state: AppState, of: impl FnOnce(Columns, &Roles) -> T) -> Option<T> {
    state.mapping.with_untracked(|mapping| {
        if let Some(file) = &mapping.refused {
            let rules = &mapping.given.labels;
            let columns = Columns { columns: &file.columns, head: &file.head, rows: None, rules };
            return Some(of(columns, &mapping.given));
        }
        let is_generated = state.spec.with_untracked(|spec| matches!(spec.data, DataSpec::Generated { .. }));
        state.session.with_untracked(|session| {
            let log = session.log.as_ref()?;
            // A generated log's roles are known; what they leave open is not to be guessed.
            let given = if is_generated { &log.roles } else { &mapping.given };
            let columns = Columns { columns: &log.columns, head: &log.head, rows: None, rules: &log.roles.labels };
            Some(of(columns, given))
        })
    })
}

/// Takes a ROLES file.
#[component]
fn RolesFile() -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
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
                        client.apply_roles_file(roles, &file.name());
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
