//! Which column is what, with the reason, to be changed by keyboard.

use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::format;
use crate::app::roles::{OFFERED, role_words, with_role};
use crate::app::state::AppState;
use crate::domain::log::{ColumnReport, Role};

/// The columns of the log on the page.
#[component]
pub fn RolesTable() -> impl IntoView {
    let state = AppState::get();
    let columns =
        Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| log.columns.clone()).unwrap_or_default()));
    move || {
        let columns = columns.get();
        (!columns.is_empty()).then(|| {
            let title = format::counted(columns.len(), "column and its role", "columns and their roles");
            view! {
                <details class="roles">
                    <summary>{title}</summary>
                    <ul>{columns.into_iter().map(|column| view! { <ColumnRole column/> }).collect_view()}</ul>
                </details>
            }
        })
    }
}

#[component]
fn ColumnRole(column: ColumnReport) -> impl IntoView {
    let ColumnReport { name, role, reason, .. } = column;
    let hint = match column.missing {
        0 => reason,
        n => format!("{reason}; {} missing", format::count(n)),
    };
    let control = if role == Role::Truth {
        view! { <span class="role-fixed">{role_words(role)}</span> }.into_any()
    } else {
        view! { <RoleSelect name=name.clone() role/> }.into_any()
    };
    view! {
        <li>
            <div class="role-line"><code>{name}</code>{control}</div>
            <p class="hint">{hint}</p>
        </li>
    }
}

#[component]
fn RoleSelect(name: String, role: Role) -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let label = format!("Role of {name}");
    let options = OFFERED
        .iter()
        .enumerate()
        .map(|(index, &(offered, words))| view! { <option value=index selected=offered == role>{words}</option> })
        .collect_view();
    let change = move |index: String| {
        let chosen = index.parse::<usize>().ok().and_then(|index| OFFERED.get(index));
        let columns = state.session.with_untracked(|s| s.log.as_ref().map(|log| log.columns.clone()));
        if let (Some(&(role, _)), Some(columns)) = (chosen, columns) {
            client.set_roles(with_role(&columns, &name, role));
        }
    };
    view! { <select aria-label=label on:change:target=move |event| change(event.target().value())>{options}</select> }
}
