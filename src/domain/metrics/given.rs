//! Rows that a test gives, measured through the registry as production measures them.

use super::threshold::is_in_second_half;
use super::{CalibrationPoint, Measurement, MetricInput, TaskInput, Undefined};

/// Rows of one task, each a resampling unit of its own.
pub(super) struct Given {
    pub task: TaskInput,
    /// Group of each row.
    pub groups: Option<Vec<u32>>,
    /// Whether each row was clicked.
    pub clicks: Option<Vec<bool>>,
    /// Whether each row lies in the second half; as the registry draws the halves when absent.
    pub second: Option<Vec<bool>>,
}

impl Given {
    /// Rows of these probabilities, which may be 0 or 1.
    pub fn new(p: &[f64], labels: &[bool]) -> Self {
        let task = TaskInput {
            rows: Vec::new(),
            p: p.to_vec(),
            log_p: p.iter().map(|p| p.ln()).collect(),
            log_not_p: p.iter().map(|p| (-p).ln_1p()).collect(),
            labels: labels.to_vec(),
            truth: None,
            true_ctr: None,
            exposure: None,
            sampling: None,
        };
        Self { task, groups: None, clicks: None, second: None }
    }

    /// The same rows with their true probabilities.
    pub fn with_truth(mut self, truth: &[f64]) -> Self {
        self.task.truth = Some(truth.to_vec());
        self
    }

    /// A metric of the rows.
    pub fn metric(&self, name: &str) -> Result<f64, Undefined> {
        self.weighted(name, &vec![1.0; self.task.p.len()])
    }

    /// The reliability curve of the rows.
    pub fn reliability(&self) -> Vec<CalibrationPoint> {
        let task = TaskInput { rows: (0..self.task.p.len() as u32).collect(), ..self.task.clone() };
        let n_rows = self.task.p.len();
        let input = MetricInput { n_rows, tasks: vec![("given".to_owned(), Ok(task))], ..MetricInput::default() };
        Measurement::new(&input).curves()["given"].reliability.clone()
    }

    /// A metric of the rows with a weight each, as a replicate of the bootstrap weighs them.
    pub fn weighted(&self, name: &str, weights: &[f64]) -> Result<f64, Undefined> {
        let rows = self.places();
        let n_rows = rows.last().map_or(0, |&last| last as usize + 1);
        let task = TaskInput { rows: rows.clone(), ..self.task.clone() };
        let input = MetricInput {
            n_rows,
            units: None,
            groups: self.groups.as_ref().map(|groups| scattered(groups, &rows, n_rows)),
            clicks: self.clicks.as_ref().map(|clicks| scattered(clicks, &rows, n_rows)),
            tasks: vec![("given".to_owned(), Ok(task))],
        };
        Measurement::new(&input).weighted(name, &scattered(weights, &rows, n_rows))
    }

    /// Rows of an evaluation that lie in the halves that are asked for.
    fn places(&self) -> Vec<u32> {
        let Some(second) = &self.second else { return (0..self.task.p.len() as u32).collect() };
        let mut next = 0;
        let place = |&second: &bool| {
            let place = (next..).find(|&row| is_in_second_half(row) == second).expect("halves are even");
            next = place + 1;
            place
        };
        second.iter().map(place).collect()
    }
}

fn scattered<T: Copy + Default>(values: &[T], rows: &[u32], n_rows: usize) -> Vec<T> {
    let mut all = vec![T::default(); n_rows];
    rows.iter().zip(values).for_each(|(&row, &value)| all[row as usize] = value);
    all
}
