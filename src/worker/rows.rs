//! Rows for the page's table: chosen and ordered once, handed out window by window.

use crate::domain::features::ID_UNKNOWN;
use crate::domain::log::{RowQuery, ValueColumn, nearest, shown, what_if};
use crate::domain::report::{EventRows, ImpressionReading, read_impression, read_rows};
use crate::protocol::{HELD_OUT, RowsAsk, RowsOf, RowsPage, RunId, predicted, truth};

use super::load::WorkerLog;
use super::run::ActiveRun;

/// Rows that a page may hold at the most.
const MOST_ROWS: u32 = 500;

/// The rows that match a query, in its order.
pub struct SelectedRows {
    query: RowQuery,
    run: Option<RunId>,
    stamp: u32,
    rows: Vec<u32>,
}

/// A window on the rows that match a query; `chosen` caches those of the last one.
pub async fn page(
    ask: &RowsAsk,
    log: &WorkerLog,
    run: Option<&ActiveRun>,
    chosen: &mut Option<SelectedRows>,
) -> Result<RowsPage, String> {
    let query = match &ask.of {
        RowsOf::Query(query) => query,
        RowsOf::Alike { row, n } => return Ok(alike(*row, (*n).min(MOST_ROWS), log, &ask.columns)),
    };
    let is_fresh = |chosen: &SelectedRows| chosen.query == *query && chosen.run == ask.run && chosen.stamp == ask.stamp;
    let chosen = match chosen.take().filter(is_fresh) {
        Some(fresh) => chosen.insert(fresh),
        None => {
            let rows = select(query, log, run).await?;
            chosen.insert(SelectedRows { query: query.clone(), run: ask.run, stamp: ask.stamp, rows })
        }
    };
    let count = ask.count.min(MOST_ROWS) as usize;
    // The window may have been asked for when there were more.
    let start = (ask.start as usize).min(chosen.rows.len().saturating_sub(count));
    let rows = chosen.rows[start..(start + count).min(chosen.rows.len())].to_vec();
    Ok(RowsPage {
        total: chosen.rows.len() as u32,
        start: start as u32,
        cells: cells(&rows, log, &ask.columns),
        similarity: Vec::new(),
        rows,
    })
}

fn alike(row: u32, n: u32, log: &WorkerLog, columns: &[u32]) -> RowsPage {
    let alike = nearest(&log.opened.log, row as usize, n as usize);
    let rows: Vec<u32> = alike.iter().map(|alike| alike.row).collect();
    RowsPage {
        total: rows.len() as u32,
        start: 0,
        cells: cells(&rows, log, columns),
        similarity: alike.iter().map(|alike| alike.similarity).collect(),
        rows,
    }
}

fn cells(rows: &[u32], log: &WorkerLog, columns: &[u32]) -> Vec<Vec<String>> {
    let columns: Vec<_> = columns.iter().filter_map(|&column| log.opened.table.columns.get(column as usize)).collect();
    let of_row = |&row: &u32| columns.iter().map(|column| shown(column.values.text(row as usize))).collect();
    rows.iter().map(of_row).collect()
}

async fn select(query: &RowQuery, log: &WorkerLog, run: Option<&ActiveRun>) -> Result<Vec<u32>, String> {
    let opened = &log.opened;
    let named = |name: &str| {
        let is_named = |column: &str| column == name;
        query.sort.as_ref().is_some_and(|sort| is_named(&sort.column))
            || query.filters.iter().any(|filter| is_named(&filter.column))
    };
    let mut extra: Vec<(String, Vec<f64>)> = Vec::new();
    if let Some(run) = run {
        let all: Vec<u32> = (0..opened.log.n_rows as u32).collect();
        let logits = run.learner.logits(&all).await.map_err(|error| error.to_string())?;
        for EventRows { event, predicted: column, truth: true_column } in
            read_rows(&opened.log, &run.plan.model, &all, &logits)
        {
            let columns = [(predicted(&event), Some(column)), (truth(&event), true_column)];
            extra.extend(
                columns.into_iter().filter_map(|(name, column)| Some((name, column?))).filter(|(n, _)| named(n)),
            );
        }
        if named(HELD_OUT) {
            let mut held_out = vec![0.0; all.len()];
            run.prepared.split.eval.iter().for_each(|&row| held_out[row as usize] = 1.0);
            extra.push((HELD_OUT.to_owned(), held_out));
        }
    }
    let extra: Vec<ValueColumn<'_>> = extra.iter().map(|(name, values)| ValueColumn { name, values }).collect();
    query.select(&opened.table, &extra).map_err(|error| error.to_string())
}

/// What the run's model says of rows of the log.
pub async fn predictions(rows: &[u32], log: &WorkerLog, run: &ActiveRun) -> Result<Vec<EventRows>, String> {
    let log = &log.opened.log;
    if rows.len() > MOST_ROWS as usize || rows.iter().any(|&row| row as usize >= log.n_rows) {
        return Err(text!(worker::too_many_rows, rows = log.n_rows, most = MOST_ROWS));
    }
    let logits = run.learner.logits(rows).await.map_err(|error| error.to_string())?;
    Ok(read_rows(log, &run.plan.model, rows, &logits))
}

/// The impression in `row` with other feature values through the run's model, and the edited features whose value it has
/// never seen.
pub async fn read_what_if(
    row: usize,
    values: &[(String, String)],
    log: &WorkerLog,
    run: &ActiveRun,
) -> Result<(ImpressionReading, Vec<String>), String> {
    let edited = what_if(&log.opened.log, row, values).map_err(|error| error.to_string())?;
    let fitted = &run.prepared.fitted;
    let encoded = fitted.encode(&edited);
    let is_edited = |name: &str| values.iter().any(|(edited, _)| edited == name);
    let unknown = fitted.fields.iter().zip(&encoded.ids).filter(|(_, id)| **id == ID_UNKNOWN);
    let unknown = unknown.map(|(field, _)| field.name.clone()).filter(|name| is_edited(name)).collect();
    let logits = run.learner.logits_of(&encoded).await.map_err(|error| error.to_string())?;
    let mut reading = read_impression(&edited, &run.plan.model, 0, &logits);
    reading.row = row;
    // What happened, happened to the impression as it was.
    reading.questions.values_mut().chain(reading.events.values_mut()).for_each(|rates| rates.observed = None);
    Ok((reading, unknown))
}
