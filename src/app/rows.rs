//! The visible rows of the log and their predictions.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event;
use crate::domain::log::{Condition, RowFilter, RowQuery, SortBy};
use crate::domain::report::{EventRows, ImpressionReading, PartReading, PredictionBox, RowsPart};
use crate::protocol::{HELD_OUT, Question, RowsPage, RunId, Session, predicted};

/// Predictions held; beyond, all are dropped and asked for again.
const MAX_PREDICTIONS: usize = 2_000;

/// Query for rows, and the run whose predictions it names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowsChoice {
    pub query: RowQuery,
    pub run: Option<RunId>,
    /// Rectangle of the run's predictions over held-out rows, drawn on the Towers' density.
    pub brush: Option<PredictionBox>,
}

/// Answer about a subset of the held-out rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubsetShown {
    /// The newest answer, and the run that gave it.
    pub newest: Option<(RunId, PartReading)>,
    /// Why the last question was not answered.
    pub message: Option<String>,
}

/// The question about a subset of a run's held-out rows; `None` without a subset, or while no model can answer.
pub fn subset_question(session: &Session, run: Option<RunId>, part: Option<RowsPart>) -> Option<Question> {
    let run = session.run(run?)?;
    let can_answer = run.is_in_memory() && run.latest().is_some();
    if can_answer { Some(Question::Part { run: run.id, part: part? }) } else { None }
}

/// Answers about single rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowsShown {
    /// Visible rows; `None` before the first answer.
    pub page: Option<RowsPage>,
    /// Rows most similar to the inspected one.
    pub alike: RowsPage,
    /// The inspected row with other feature values, run by run, and the values that the run's encoders do not know.
    pub what_if: BTreeMap<RunId, (ImpressionReading, Vec<String>)>,
    /// Why the last question was not answered.
    pub message: Option<String>,
    /// Runs whose models are in a worker and were asked about the visible rows; a worker has the one that it trained last.
    pub asked: BTreeSet<RunId>,
    predictions: BTreeMap<(RunId, u32), Vec<Prediction>>,
}

/// A row's predicted and true probability of one event.
#[derive(Debug, Clone, PartialEq)]
struct Prediction {
    event: String,
    predicted: f64,
    truth: Option<f64>,
}

impl RowsShown {
    /// Adds a run's predictions for rows.
    pub fn add_predictions(&mut self, run: RunId, rows: &[u32], events: &[EventRows]) {
        if self.predictions.len() > MAX_PREDICTIONS {
            self.predictions.clear();
        }
        for (place, &row) in rows.iter().enumerate() {
            let predictions = events.iter().filter_map(|event| {
                let truth = event.truth.as_ref().and_then(|truth| truth.get(place).copied());
                Some(Prediction { event: event.event.clone(), predicted: *event.predicted.get(place)?, truth })
            });
            self.predictions.insert((run, row), predictions.collect());
        }
    }

    /// A run's prediction for an event of a row.
    pub fn predicted(&self, run: RunId, row: u32, event: &str) -> Option<f64> {
        self.predictions.get(&(run, row))?.iter().find(|of| of.event == event).map(|of| of.predicted)
    }

    /// The true probability of an event of a row, by any of the runs.
    pub fn truth(&self, runs: &[RunId], row: u32, event: &str) -> Option<f64> {
        let mut of_runs = runs.iter().filter_map(|&run| self.predictions.get(&(run, row)));
        of_runs.find_map(|predictions| predictions.iter().find(|of| of.event == event)?.truth)
    }
}

impl RowsChoice {
    /// Whether a column is of a run's predictions, not of the log.
    pub fn is_of_run(column: &str) -> bool {
        column.starts_with("predicted:") || column.starts_with("truth:") || column == HELD_OUT
    }

    /// Sorts by a column: up, then down, then as in the file.
    pub fn sort_by(&mut self, column: &str, run: Option<RunId>) {
        let is_same =
            self.query.sort.as_ref().is_some_and(|sort| sort.column == column) && (run.is_none() || self.run == run);
        let was_descending = self.query.sort.as_ref().is_some_and(|sort| sort.descending);
        // Predictions are sorted from the highest first.
        let first = run.is_some();
        self.query.sort = match (is_same, was_descending == first) {
            (false, _) => Some(SortBy { column: column.to_owned(), descending: first }),
            (true, true) => Some(SortBy { column: column.to_owned(), descending: !first }),
            (true, false) => None,
        };
        self.set_run(run);
    }

    /// Adds a condition.
    pub fn filter(&mut self, filter: RowFilter, run: Option<RunId>) {
        self.query.filters.push(filter);
        self.set_run(run);
    }

    /// Sets the query's run; removes conditions on another run's predictions, but for the one added last.
    fn set_run(&mut self, run: Option<RunId>) {
        let Some(run) = run else { return };
        if self.run.replace(run).is_some_and(|before| before != run) {
            let newest = self.query.filters.pop_if(|last| Self::is_of_run(&last.column));
            self.query.filters.retain(|filter| !Self::is_of_run(&filter.column));
            self.query.filters.extend(newest);
            self.brush = None;
        }
    }

    /// Restricts the query to held-out rows in a rectangle of a run's predictions; `None` lifts that.
    pub fn brush(&mut self, run: RunId, area: Option<PredictionBox>) {
        if area.is_some() {
            if self.run.is_some_and(|before| before != run) {
                self.without_run();
            }
            self.run = Some(run);
        }
        self.brush = area;
    }

    /// The query with the brush's conditions.
    pub fn query_with_brush(&self) -> RowQuery {
        let mut query = self.query.clone();
        if let Some(area) = self.brush {
            let mut add = |column: String, condition| query.filters.push(RowFilter { column, condition });
            add(HELD_OUT.to_owned(), Condition::Is("1".to_owned()));
            for (event, (low, high)) in [(event::CTR, area.p_ctr), (event::CVR, area.p_cvr)] {
                add(predicted(event), Condition::Above(low));
                add(predicted(event), Condition::Below(high));
            }
        }
        query
    }

    /// Removes conditions on a run's predictions.
    pub fn without_run(&mut self) {
        (self.run, self.brush) = (None, None);
        self.query.filters.retain(|filter| !Self::is_of_run(&filter.column));
        if self.query.sort.as_ref().is_some_and(|sort| Self::is_of_run(&sort.column)) {
            self.query.sort = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Condition;
    use crate::protocol::{predicted, truth};

    #[test]
    fn a_column_is_sorted_up_down_and_not_at_all() {
        let mut choice = RowsChoice::default();
        let sorted = |choice: &RowsChoice| choice.query.sort.as_ref().map(|sort| sort.descending);
        for expected in [Some(false), Some(true), None] {
            choice.sort_by("price", None);
            assert_eq!(sorted(&choice), expected);
        }
        for expected in [Some(true), Some(false), None] {
            choice.sort_by(&predicted("cvr"), Some(3));
            assert_eq!((sorted(&choice), choice.run), (expected, Some(3)));
        }
    }

    #[test]
    fn the_query_names_the_predictions_of_one_run() {
        let filter = |column: String| RowFilter { column, condition: Condition::Above(0.5) };
        let mut choice = RowsChoice::default();
        choice.filter(filter("price".into()), None);
        choice.filter(filter(predicted("ctr")), Some(1));
        choice.filter(filter(predicted("cvr")), Some(2));
        let columns: Vec<&str> = choice.query.filters.iter().map(|filter| filter.column.as_str()).collect();
        assert_eq!((columns, choice.run), (vec!["price", "predicted:cvr"], Some(2)));
        choice.sort_by(&truth("cvr"), Some(2));
        choice.without_run();
        assert_eq!((choice.query.filters.len(), choice.query.sort, choice.run), (1, None, None));
    }

    #[test]
    fn a_brush_is_of_one_run_and_of_held_out_rows() {
        let area = PredictionBox { p_ctr: (0.01, 0.1), p_cvr: (0.2, 0.3) };
        let mut choice = RowsChoice::default();
        choice.filter(RowFilter { column: "price".into(), condition: Condition::Present }, None);
        choice.sort_by(&predicted("ctr"), Some(1));
        choice.brush(2, Some(area));
        let columns: Vec<String> = choice.query_with_brush().filters.into_iter().map(|filter| filter.column).collect();
        let (ctr, cvr) = (predicted("ctr"), predicted("cvr"));
        assert_eq!(columns, ["price", HELD_OUT, &ctr, &ctr, &cvr, &cvr]);
        assert_eq!((choice.run, &choice.query.sort), (Some(2), &None));
        assert_eq!(choice.query.filters.len(), 1, "the user's own filters stay by themselves");
        choice.sort_by(&predicted("ctr"), Some(1));
        assert_eq!((choice.brush, choice.run), (None, Some(1)), "one run at a time");
        choice.brush(1, None);
        assert_eq!(choice.query_with_brush(), choice.query);
    }

    #[test]
    fn predictions_are_kept_by_run_and_row() {
        let mut shown = RowsShown::default();
        let cvr = EventRows { event: "cvr".into(), predicted: vec![0.1, 0.2], truth: Some(vec![0.3, 0.4]) };
        shown.add_predictions(7, &[5, 2], &[cvr]);
        assert_eq!(shown.predicted(7, 2, "cvr"), Some(0.2));
        assert_eq!((shown.predicted(7, 2, "ctr"), shown.predicted(8, 2, "cvr")), (None, None));
        assert_eq!((shown.truth(&[8, 7], 5, "cvr"), shown.truth(&[8], 5, "cvr")), (Some(0.3), None));
    }
}
