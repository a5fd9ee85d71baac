//! From an evaluation to what its metrics are computed from.

use super::view::{EventColumn, View};
use crate::domain::behavior::Event;
use crate::domain::metrics::{MetricInput, TASKS, TaskInput, Undefined};

/// One task for each event from the root, two for each conditional one: where its condition was met (`…_clicked`), and
/// over the entire space against what would have happened (`…_entire_space`).
pub(super) fn metric_input(view: &View) -> MetricInput {
    let of_rows = |codes: &Vec<u32>| view.rows.iter().map(|&row| codes[row as usize]).collect();
    let units: Option<Vec<u32>> = view.log.user.as_ref().map(of_rows);
    let groups = view.log.group.as_ref().map(of_rows).or_else(|| units.clone());
    let mut tasks = Vec::new();
    for (event, column) in view.tree.events.iter().zip(&view.events) {
        let observed = (0..view.rows.len()).map(|position| view.event_label(event, position)).collect();
        match event.given {
            None => tasks.push((event.name.clone(), Ok(task(column, observed)))),
            Some(_) => {
                tasks.push((format!("{}_clicked", event.name), Ok(task(column, observed))));
                tasks.push((format!("{}_entire_space", event.name), entire_space(view, event, column)));
            }
        }
    }
    let mut missing: Vec<&str> = TASKS.to_vec();
    missing.retain(|task| tasks.iter().all(|(name, _)| name != task));
    tasks.extend(missing.into_iter().map(|task| (task.to_owned(), Err(Undefined::NotPredicted))));
    MetricInput { n_rows: view.rows.len(), units, groups, tasks }
}

fn entire_space(view: &View, event: &Event, column: &EventColumn) -> Result<TaskInput, Undefined> {
    view.potential_labels(event).map(|labels| task(column, labels)).ok_or(Undefined::TruthUnknown)
}

/// The rows that have a label.
fn task(column: &EventColumn, labels: Vec<Option<bool>>) -> TaskInput {
    let rows: Vec<u32> = (0..labels.len() as u32).filter(|&row| labels[row as usize].is_some()).collect();
    let pick = |values: &Vec<f64>| rows.iter().map(|&row| values[row as usize]).collect();
    TaskInput {
        p: pick(&column.p),
        log_p: pick(&column.log_p),
        log_not_p: pick(&column.log_not_p),
        labels: labels.iter().copied().flatten().collect(),
        truth: column.truth.as_ref().map(pick),
        rows,
    }
}
