//! The table "Metrics": models as rows, metrics by task as columns, each with its interval and difference.

use leptos::prelude::*;

use super::shared::from_runs;
use crate::app::charts::compare::{Better, Difference, better, difference};
use crate::app::charts::metric_columns::{Group, groups, short_reason};
use crate::app::charts::{format, names};
use crate::app::models::display_name;
use crate::app::state::AppState;
use crate::domain::metrics::{GroupCoverage, Metric};
use crate::protocol::Run;

/// One run's row.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    name: String,
    model: String,
    note: String,
    cells: Vec<Cell>,
}

/// One metric of one run.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    key: String,
    metric: Option<Metric>,
    difference: Option<Difference>,
    /// What stands behind the value: the groups of a GAUC.
    note: Option<String>,
}

/// The metrics of every run's newest evaluation, each with its difference from the pinned model.
#[component]
pub fn MetricsTable(pinned: Memo<Option<String>>) -> impl IntoView {
    let state = AppState::get();
    let every = RwSignal::new(false);
    let runs = super::shared::evaluations_key(state);
    let table = Memo::new(move |_| {
        runs.with(|_| ());
        let (every, pinned) = (every.get(), pinned.get());
        state.session.with_untracked(|session| {
            let groups = groups(&session.runs, every);
            let rows: Vec<Row> =
                session.runs.iter().filter_map(|run| row(run, &session.runs, &groups, &pinned)).collect();
            (groups, rows)
        })
    });
    let eval_rows = from_runs(state, |runs| runs.iter().filter_map(Run::latest).map(|e| e.eval_rows).max());
    let note = move || {
        let rows = eval_rows.get().map(|n| format::count(n as f64)).unwrap_or_default();
        let against = pinned.get().map(|p| display_name(&p).to_owned()).unwrap_or_default();
        format!(
            "On {rows} held-out impressions. Each cell: the value; its 95 % bootstrap interval; Δ, the difference from \
             {against} on the same resamples, grey when its interval spans zero."
        )
    };
    view! {
        <section class="metrics-section">
            <div class="table-scroll" tabindex="0" role="group" aria-label="Metrics table, scrolls sideways">
                <table class="data-table metrics-table">
                    <caption>"Metrics"</caption>
                    {move || table.with(|(groups, rows)| view! { {head(groups)} <tbody>{rows.iter().map(row_view).collect_view()}</tbody> })}
                </table>
            </div>
            <p class="view-note">{note}</p>
            <label class="toggle">
                <input type="checkbox" prop:checked=move || every.get()
                    on:change=move |event| every.set(event_target_checked(&event))/>
                "All metrics"
            </label>
        </section>
    }
}

fn row(run: &Run, runs: &[Run], groups: &[Group], pinned: &Option<String>) -> Option<Row> {
    let evaluation = run.latest()?;
    let baseline = runs
        .iter()
        .find(|twin| Some(&twin.model.name) == pinned.as_ref() && twin.seed == run.seed)
        .filter(|twin| twin.id != run.id)
        .and_then(Run::latest);
    let cells =
        groups.iter().flat_map(|group| group.metrics.iter().map(move |metric| format!("{metric}.{}", group.task)));
    let cells = cells.map(|key| Cell {
        metric: evaluation.metrics.get(&key).cloned(),
        difference: baseline.and_then(|baseline| difference(evaluation, baseline, &key)),
        note: key.strip_prefix("gauc.").and_then(|task| evaluation.coverage.get(task)).map(coverage_note),
        key,
    });
    let several_seeds = runs.iter().any(|other| other.seed != run.seed);
    let is_pinned = Some(&run.model.name) == pinned.as_ref();
    let mut notes = Vec::new();
    if several_seeds {
        notes.push(format!("seed {}", run.seed));
    }
    if is_pinned {
        notes.push("pinned".to_owned());
    }
    if !run.status.is_ended() {
        notes.push(format!("epoch {}", format::significant(evaluation.epoch, 2)));
    }
    Some(Row {
        name: display_name(&run.model.name).to_owned(),
        model: run.model.name.clone(),
        note: notes.join(", "),
        cells: cells.collect(),
    })
}

/// How much of the log a GAUC covers.
fn coverage_note(coverage: &GroupCoverage) -> String {
    let (used, skipped) = (coverage.groups_used as f64, coverage.groups_skipped as f64);
    format!("{} groups, {} of one class skipped", format::count(used), format::count(skipped))
}

fn head(groups: &[Group]) -> impl IntoView + use<> {
    let tasks = groups.iter().map(|group| {
        view! { <th scope="colgroup" class="group-start" colspan=group.metrics.len()>{names::task(&group.task)}</th> }
    });
    let metrics = groups.iter().flat_map(|group| {
        group.metrics.iter().enumerate().map(|(index, metric)| {
            let (name, meaning) = names::metric(metric);
            let shown = if name == "metric" { metric.clone() } else { name.to_owned() };
            view! { <th scope="col" class:group-start=index == 0 title=meaning>{shown}</th> }
        })
    });
    view! {
        <thead>
            <tr><td></td>{tasks.collect_view()}</tr>
            <tr><th scope="col">"Model"</th>{metrics.collect_view()}</tr>
        </thead>
    }
}

fn row_view(row: &Row) -> impl IntoView + use<> {
    let mut last_task = String::new();
    let cells: Vec<_> = row
        .cells
        .iter()
        .map(|cell| {
            let task = cell.key.rsplit_once('.').map_or("", |(_, task)| task);
            let starts_group = task != last_task;
            last_task = task.to_owned();
            cell_view(cell, starts_group)
        })
        .collect();
    view! {
        <tr>
            <th scope="row" class=names::hue_class(&row.model)>
                <span class="model-name">{row.name.clone()}</span>
                <span class="cell-interval">{row.note.clone()}</span>
            </th>
            {cells}
        </tr>
    }
}

fn cell_view(cell: &Cell, starts_group: bool) -> AnyView {
    let key = cell.key.clone();
    match &cell.metric {
        Some(Metric::Value { value, low, high }) => view! {
            <td class="num" class:group-start=starts_group data-key=key>
                <span class="cell-value">{format::by_interval(*value, *low, *high)}</span>
                <span class="cell-interval">{cell.note.clone()}</span>
                <span class="cell-interval">{(high > low).then(|| format::interval(*low, *high))}</span>
                {cell.difference.map(|difference| difference_view(&cell.key, difference))}
            </td>
        }
        .into_any(),
        Some(Metric::Undefined { reason }) => view! {
            <td class="num absent" class:group-start=starts_group data-key=key title=reason.clone()>
                {short_reason(reason)}
                <span class="visually-hidden">{format!(" ({reason})")}</span>
            </td>
        }
        .into_any(),
        None => view! {
            <td class="num absent" class:group-start=starts_group data-key=key title="this model does not predict it">
                "–"<span class="visually-hidden">" (this model does not predict it)"</span>
            </td>
        }
        .into_any(),
    }
}

fn difference_view(key: &str, difference: Difference) -> impl IntoView + use<> {
    let metric = key.rsplit_once('.').map_or(key, |(metric, _)| metric);
    let Difference { value, low, high } = difference;
    let verdict = match (difference.spans_zero(), better(metric), value > 0.0) {
        (true, ..) => "no difference beyond noise",
        (false, Better::Neither, _) => "differs",
        (false, Better::Higher, true) | (false, Better::Lower, false) => "better",
        (false, ..) => "worse",
    };
    let class = if difference.spans_zero() { "cell-difference noise" } else { "cell-difference" };
    // Better and worse are told by a mark as well: a sign alone means one thing for AUC and another for loss.
    let mark = match verdict {
        "better" => " ▲",
        "worse" => " ▼",
        _ => "",
    };
    let title = format!("{verdict}: {} ({})", format::signed(value, low, high), format::interval(low, high));
    view! {
        <span class=class title=title>
            "Δ\u{a0}"{format::signed(value, low, high)}<span aria-hidden="true">{mark}</span>
            <span class="visually-hidden">{format!(" ({verdict}, {})", format::interval(low, high))}</span>
        </span>
    }
}
