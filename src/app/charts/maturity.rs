//! Notes on tasks whose held-out labels are not all known yet.

use super::names;
use crate::app::format;
use crate::domain::report::TaskMaturity;
use crate::protocol::Run;

/// Maturity of a task's labels; `None` if all are known. All runs have the same held-out rows.
pub fn of_task(runs: &[Run], task: &str) -> Option<TaskMaturity> {
    runs.iter().find_map(|run| run.shown()?.maturity.get(task).copied())
}

/// Note beside the task's name: `114 of about 371 known`.
pub fn beside(maturity: &TaskMaturity) -> String {
    text!(metrics::to_come::beside, arrived = format::count(maturity.arrived), expected = expected(maturity))
}

/// Note on the counting of a curve's rows.
pub fn counts(maturity: &TaskMaturity) -> String {
    text!(
        metrics::to_come::counts,
        rows = format::count(maturity.rows),
        count_as = format::rounded(maturity.count_as),
        arrived = format::count(maturity.arrived),
        expected = expected(maturity)
    )
}

/// Note for the metrics table; empty if all labels are known.
pub fn note(runs: &[Run]) -> &'static str {
    let is_early = runs.iter().filter_map(Run::shown).any(|evaluation| !evaluation.maturity.is_empty());
    if is_early { text!(metrics::to_come::note) } else { "" }
}

/// Whether labels of an event's loss curve are not known yet.
pub fn of_event(runs: &[Run], event: &str) -> bool {
    let tasks = || runs.iter().filter_map(Run::shown).flat_map(|evaluation| evaluation.maturity.keys());
    tasks().any(|task| task == event || task.strip_prefix(event).is_some_and(|rest| rest.starts_with('_')))
}

/// Note for a figure about one task.
pub fn figure_note(runs: &[Run], task: &str) -> Option<String> {
    let maturity = of_task(runs, task)?;
    Some(text!(metrics::to_come::figure, task = names::task(task), counts = counts(&maturity)))
}

fn expected(maturity: &TaskMaturity) -> String {
    format::rounded(maturity.expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::app::tabs::metrics::metrics_table::{self, Detail};

    #[test]
    fn a_task_whose_labels_are_still_to_come_says_so_and_others_say_nothing() {
        let mut early = evaluation(&[("auc.ctr", 0.7, 0.0), ("auc.cvr_clicked", 0.7, 0.0)]);
        let settled = [run(1, "naive", 1, early.clone())];
        assert_eq!(note(&settled), "");
        assert!(!metrics_table::table(&settled, None, None, Detail::default()).all_text().contains("known"));
        let maturity = TaskMaturity { rows: 1967, count_as: 607.4, arrived: 114, expected: 369.2 };
        early.maturity.insert("cvr_clicked".to_owned(), maturity);
        let runs = [run(1, "naive", 1, early)];
        assert!(metrics_table::note(&runs, None, None).contains("still to come"));
        let table = metrics_table::table(&runs, None, None, Detail::default()).all_text();
        assert_eq!(table.matches("114 of about 369 known").count(), 1, "{table}");
        assert!(of_event(&runs, "cvr") && !of_event(&runs, "ctr"));
        let said = figure_note(&runs, "cvr_clicked").unwrap().replace(['\u{202f}', '\u{a0}'], " ");
        assert!(said.contains("1 967") && said.contains("count as 607"), "{said}");
    }
}
