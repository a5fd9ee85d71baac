//! The Rows view: the first impressions as they came, and one of them under the glass.

use leptos::prelude::*;

use crate::app::client::Client;
use crate::app::format;
use crate::app::marks::{Act, Control, Mark, awaiting, button, number};
use crate::app::range::Range;
use crate::app::roles::role_words;
use crate::app::state::{AppState, Tab};
use crate::app::widgets::marks;
use crate::protocol::LoadedLog;

const ROW: &str = "row";
const SHOW: &str = "show";

#[component]
pub fn RowsView() -> impl IntoView {
    let state = AppState::get();
    let client = Client::get();
    let row = RwSignal::new(state.picked.with_untracked(|picked| picked.as_ref().map_or(0, |picked| picked.row)));
    let rows = Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| (log.name.clone(), log.summary))));
    let has_model = Memo::new(move |_| state.session.with(|s| s.runs.iter().any(|run| run.latest().is_some())));
    let draw = move || {
        rows.with(|_| ());
        let (row, has_model) = (row.get(), has_model.get());
        let body = state.session.with_untracked(|session| match &session.log {
            None => vec![awaiting("There is no log yet. Generate one, or drop a file.")],
            Some(log) => vec![pick(row, has_model), head_table(log)],
        });
        vec![Mark::new("div").class("view rows").children(body)]
    };
    let act = move |act: Act| match act.name.as_str() {
        ROW => {
            let last =
                state.session.with_untracked(|s| s.log.as_ref().map_or(0, |log| log.summary.rows.saturating_sub(1)));
            row.update(|row| *row = act.number(Range::linear(0.0, last as f64).whole()).map_or(*row, |n| n as usize));
        }
        SHOW => {
            client.pick(row.get_untracked());
            state.tab.set(Tab::Tree);
        }
        _ => {}
    };
    marks(draw, act)
}

/// Chooses an impression by its row number and shows it in the tree.
fn pick(row: usize, has_model: bool) -> Mark {
    let hint = if has_model { "" } else { "Once a model is trained, it can read any single impression." };
    Mark::new("div")
        .class("pick-row")
        .child(number(Control::new(ROW, "Row"), row as f64))
        .child(button(Control::new(SHOW, "Show in the tree").disabled(!has_model), ""))
        .child(Mark::new("p").class("hint").text(hint))
}

/// The first rows as text.
fn head_table(log: &LoadedLog) -> Mark {
    let rows = log.summary.rows;
    let caption = format!("The first {} of {}", format::count(log.head.len()), format::counted(rows, "row", "rows"));
    let head = |name: &str, role: &str| {
        Mark::new("th").attr("scope", "col").text(name).child(Mark::new("span").class("role").text(role))
    };
    let heads = log.columns.iter().map(|column| head(&column.name, role_words(column.role)));
    let lines = log.head.iter().enumerate().map(|(row, cells)| {
        let first = Mark::new("th").attr("scope", "row").text(row);
        Mark::new("tr").child(first).children(cells.iter().map(|cell| Mark::new("td").text(cell)))
    });
    let table = Mark::new("table")
        .class("head-table")
        .child(Mark::new("caption").text(caption))
        .child(Mark::new("thead").child(Mark::new("tr").child(head("row", "from 0")).children(heads)))
        .child(Mark::new("tbody").children(lines));
    Mark::new("div")
        .class("table-scroll")
        .attr("tabindex", "0")
        .attr("role", "group")
        .attr("aria-label", "First rows, scrolls sideways")
        .child(table)
}
