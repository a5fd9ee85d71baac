//! From an evaluation to what its metrics are computed from.

use super::late::Late;
use super::view::{EventColumn, View};
use crate::domain::behavior::Event;
use crate::domain::behavior::reference::LogMass;
use crate::domain::metrics::{Exposure, MetricInput, TASKS, TaskInput, Undefined, as_f32_carries};
use crate::domain::{event, label};

/// The paper's comparison of CTCVR: one pCTR for all models.
pub(super) const COMMON_CTR_TASK: &str = "ctcvr_common_ctr";

/// One task for each event from the root, two for each conditional one: where its condition was met (`<event>_clicked`,
/// or `<event>_given_<question>` when the condition is another question than the click), and over the entire space
/// against what would have happened (`<event>_entire_space`).
pub(super) fn metric_input(view: &View) -> MetricInput {
    metric_input_of(view, &view.events.iter().map(rounded).collect::<Vec<_>>())
}

/// As [`metric_input`], of these columns in place of the view's own.
pub(super) fn metric_input_of(view: &View, columns: &[EventColumn]) -> MetricInput {
    let of_rows = |codes: &Vec<u32>| view.rows.iter().map(|&row| codes[row as usize]).collect();
    let units: Option<Vec<u32>> = view.log.user.as_ref().map(of_rows);
    let groups = view.log.group.as_ref().map(of_rows).or_else(|| units.clone());
    let late = Late::of(view);
    let mut tasks = Vec::new();
    for (event, column) in view.tree.events.iter().zip(columns) {
        let observed = (0..view.rows.len()).map(|position| view.event_label(event, position)).collect();
        let exposure = |rows: &[u32]| late.as_ref()?.exposure(event, rows);
        match &event.given {
            // Among clicks alone, every conversion is one of a click.
            None if event.name == event::CVR => {
                tasks.push(("cvr_clicked".to_owned(), Ok(task(column, observed, exposure))));
            }
            None => tasks.push((event.name.clone(), Ok(task(column, observed, exposure)))),
            Some(given) => {
                let asks_click =
                    view.tree.question_index(given).is_some_and(|q| view.tree.questions[q].label == label::CLICK);
                let condition = if asks_click { "clicked".to_owned() } else { format!("given_{given}") };
                tasks.push((format!("{}_{condition}", event.name), Ok(task(column, observed, exposure))));
                tasks.push((format!("{}_entire_space", event.name), entire_space(view, event, column)));
            }
        }
    }
    let mut missing: Vec<&str> = TASKS.to_vec();
    missing.retain(|task| tasks.iter().all(|(name, _)| name != task));
    tasks.extend(missing.into_iter().map(|task| (task.to_owned(), Err(Undefined::NotPredicted))));
    tasks
        .iter_mut()
        .filter_map(|(_, task)| task.as_mut().ok())
        .for_each(|task| task.sampling = sampling(view, &task.rows));
    let clicks = view.log.label(label::CLICK).map(|_| view.clicked.clone());
    MetricInput { n_rows: view.rows.len(), units, groups, clicks, tasks }
}

/// This model's pCVR times a pCTR that all models share.
pub(super) fn common_ctr_task(view: &View, common_ctr: &[LogMass]) -> Result<TaskInput, Undefined> {
    let event = |name: &str| view.tree.events.iter().position(|event| event.name == name);
    let cvr = rounded(&view.events[event(event::CVR).ok_or(Undefined::NotPredicted)?]);
    let ctcvr = &view.tree.events[event(event::CTCVR).ok_or(Undefined::NotPredicted)?];
    let mut product = EventColumn { truth: None, ..cvr };
    for (row, ctr) in common_ctr.iter().enumerate() {
        product.log_p[row] += ctr.log_p;
        product.p[row] = libm::exp(product.log_p[row]);
        product.log_not_p[row] = libm::log1p(-product.p[row].min(LARGEST_P));
    }
    let late = Late::of(view);
    let observed = (0..view.rows.len()).map(|position| view.event_label(ctcvr, position)).collect();
    let task = task(&product, observed, |rows| late.as_ref()?.exposure(ctcvr, rows));
    Ok(TaskInput { sampling: sampling(view, &task.rows), ..task })
}

/// Impressions that evaluation rows stand for.
fn sampling(view: &View, rows: &[u32]) -> Option<Vec<f64>> {
    view.log.weights.is_some().then(|| view.log_weights(rows))
}

/// Below 1 by as little as f64 can tell.
const LARGEST_P: f64 = 1.0 - f64::EPSILON / 2.0;

/// The column as a predictions file carries it.
fn rounded(column: &EventColumn) -> EventColumn {
    let mut rounded = column.clone();
    for row in 0..column.p.len() {
        (rounded.p[row], rounded.log_p[row], rounded.log_not_p[row]) =
            as_f32_carries((column.p[row], column.log_p[row], column.log_not_p[row]));
    }
    rounded
}

fn entire_space(view: &View, event: &Event, column: &EventColumn) -> Result<TaskInput, Undefined> {
    let labels = view.potential_labels(event).ok_or(Undefined::TruthUnknown)?;
    // What would have happened is known whole: nothing of it is still to come.
    let mut task = task(column, labels, |_| None);
    task.true_ctr =
        view.log.truth.as_ref().map(|truth| {
            task.rows.iter().map(|&position| truth.p_click[view.rows[position as usize] as usize]).collect()
        });
    Ok(task)
}

/// The rows that have a label, and what stands for the labels where some are still to come.
fn task(column: &EventColumn, labels: Vec<Option<bool>>, exposure: impl Fn(&[u32]) -> Option<Exposure>) -> TaskInput {
    let rows: Vec<u32> = (0..labels.len() as u32).filter(|&row| labels[row as usize].is_some()).collect();
    let pick = |values: &Vec<f64>| rows.iter().map(|&row| values[row as usize]).collect();
    TaskInput {
        p: pick(&column.p),
        log_p: pick(&column.log_p),
        log_not_p: pick(&column.log_not_p),
        labels: labels.iter().copied().flatten().collect(),
        truth: column.truth.as_ref().map(pick),
        true_ctr: None,
        exposure: exposure(&rows),
        sampling: None,
        rows,
    }
}
