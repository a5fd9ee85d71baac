//! The losses of each run's first steps, digit by digit: by them, two devices or two machines can be compared.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::shared::{TableTwin, from_runs};
use crate::app::charts::format;
use crate::app::models::display_name;
use crate::app::state::AppState;
use crate::protocol::Run;

/// Steps shown per run.
const STEPS: usize = 20;
const DIGITS: i32 = 7;

/// One step of one run.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    model: String,
    seed: u64,
    step: u64,
    /// One per column, absent where the model has no such loss.
    losses: Vec<Option<f64>>,
}

/// A table of the first training losses, behind a disclosure.
#[component]
pub fn FirstLosses() -> impl IntoView {
    let state = AppState::get();
    let has_steps = from_runs(state, |runs| runs.iter().any(|run| !run.curve.is_empty()));
    let steps = from_runs(state, first_steps);
    let table = move || {
        let (columns, rows) = steps.get();
        view! {
            <table class="data-table">
                <caption>"Losses of the first steps, in nats per impression"</caption>
                <thead><tr>
                    <th scope="col">"Model"</th><th scope="col">"Seed"</th><th scope="col">"Step"</th>
                    {columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view()}
                </tr></thead>
                <tbody>{rows.iter().map(row_view).collect_view()}</tbody>
            </table>
        }
    };
    move || {
        has_steps.get().then(|| {
            view! {
                <section aria-labelledby="first-losses-heading">
                    <h3 class="figure-title" id="first-losses-heading">"The first steps in digits"</h3>
                    <p class="figure-sentence">
                        "The same experiment and seed give the same losses on every engine, to about four decimals."
                    </p>
                    <TableTwin table/>
                </section>
            }
        })
    }
}

/// Names of the losses, and the first rows of every run.
fn first_steps(runs: &[Run]) -> (Vec<String>, Vec<Row>) {
    let firsts = || runs.iter().flat_map(|run| run.curve.iter().take(STEPS).map(move |point| (run, point)));
    let columns: BTreeSet<&String> =
        firsts().flat_map(|(_, point)| point.losses.keys()).filter(|key| key.starts_with("loss.")).collect();
    let rows = firsts().map(|(run, point)| Row {
        model: display_name(&run.model.name).to_owned(),
        seed: run.seed,
        step: point.step,
        losses: columns.iter().map(|name| point.losses.get(*name).copied()).collect(),
    });
    (columns.iter().map(|name| (*name).clone()).collect(), rows.collect())
}

fn row_view(row: &Row) -> impl IntoView + use<> {
    let cells = row.losses.iter().map(|loss| {
        view! { <td class="number">{loss.map_or("–".to_owned(), |loss| format::significant(loss, DIGITS))}</td> }
    });
    view! {
        <tr>
            <th scope="row">{row.model.clone()}</th>
            <td class="number">{row.seed}</td>
            <td class="number">{row.step}</td>
            {cells.collect_view()}
        </tr>
    }
}
