//! The Rows view: the first impressions as they came, and one of them under the glass.

use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::format;
use crate::app::range::Range;
use crate::app::roles::role_words;
use crate::app::state::{AppState, Tab};
use crate::app::widgets::NumberField;
use crate::protocol::LoadedLog;

#[component]
pub fn RowsView() -> impl IntoView {
    let state = AppState::get();
    let table = Memo::new(move |_| state.session.with(|session| session.log.as_ref().map(HeadTable::of)));
    view! {
        <div class="view rows">
            {move || match table.get() {
                None => view! { <p class="awaiting">"There is no log yet. Generate one, or drop a file."</p> }.into_any(),
                Some(table) => view! {
                    <PickRow rows=table.rows/>
                    {table.drawn()}
                }.into_any(),
            }}
        </div>
    }
}

/// Chooses an impression by its row number and shows it in the tree.
#[component]
fn PickRow(rows: usize) -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let row = RwSignal::new(state.picked.with_untracked(|picked| picked.as_ref().map_or(0, |picked| picked.row)));
    let last = rows.saturating_sub(1) as f64;
    let has_model = Memo::new(move |_| state.session.with(|s| s.runs.iter().any(|run| run.latest().is_some())));
    view! {
        <form class="pick-row" on:submit=move |event| {
            event.prevent_default();
            client.pick(row.get_untracked());
            state.tab.set(Tab::Tree);
        }>
            <NumberField label="Row" range=Range::linear(0.0, last).whole()
                value=Signal::derive(move || row.get() as f64) on_change=move |value| row.set(value as usize)/>
            <button type="submit" disabled=move || !has_model.get()>"Show in the tree"</button>
            <p class="hint" hidden=has_model>"Once a model is trained, it can read any single impression."</p>
        </form>
    }
}

/// The first rows as text.
#[derive(Debug, Clone, PartialEq)]
struct HeadTable {
    rows: usize,
    columns: Vec<(String, &'static str)>,
    head: Vec<Vec<String>>,
}

impl HeadTable {
    fn of(log: &LoadedLog) -> Self {
        let columns = log.columns.iter().map(|column| (column.name.clone(), role_words(column.role))).collect();
        Self { rows: log.summary.rows, columns, head: log.head.clone() }
    }

    fn drawn(self) -> impl IntoView {
        let shown = self.head.len();
        let caption = format!("The first {} of {}", format::count(shown), format::counted(self.rows, "row", "rows"));
        let heads = self
            .columns
            .into_iter()
            .map(|(name, role)| view! { <th scope="col">{name}<span class="role">{role}</span></th> })
            .collect_view();
        let lines = self.head.into_iter().enumerate().map(|(row, cells)| {
            let cells = cells.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view();
            view! { <tr><th scope="row">{row}</th>{cells}</tr> }
        });
        let lines = lines.collect_view();
        view! {
            <div class="table-scroll" tabindex="0" role="group" aria-label="First rows, scrolls sideways">
                <table class="head-table">
                    <caption>{caption}</caption>
                    <thead><tr><th scope="col">"row"<span class="role">"from 0"</span></th>{heads}</tr></thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
        }
    }
}
