//! Metrics that are means over rows, summed by resampling unit once: a replicate is then one pass over units.

use super::independence::{Moments, N_MOMENTS};
use super::input::TaskInput;
use super::{Undefined, truth};
use super::{calibration, logloss};

/// A value of a row that some metric is the mean of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowValue {
    Label,
    P,
    Loss,
    SquaredError,
    GapToTruth,
    DistanceToTruth,
    SquaredGapToTruth,
    CrossEntropyToTruth,
    DivergenceFromTruth,
    /// How much the row counts: the divisor of what is measured by labels.
    Exposure,
    /// Impressions that the row stands for, 1 in a log that is no sample: the divisor of what is measured by the truth.
    Weight,
}

const N_VALUES: usize = RowValue::Weight as usize + 1;

/// Sums of every [`RowValue`] by unit.
#[derive(Debug, Clone)]
pub(super) struct UnitSums {
    /// Units that have rows of the task.
    units: Vec<u32>,
    sums: Vec<[f64; N_VALUES]>,
    /// For [`Moments::partial_correlation`], where the task has what it takes.
    moments: Option<Vec<[f64; N_MOMENTS]>>,
    pub has_truth: bool,
}

impl UnitSums {
    /// # Shapes
    /// - `unit_of_row`: a number below `n_units` for each of the task's rows
    pub fn new(task: &TaskInput, unit_of_row: &[u32], n_units: usize) -> Self {
        let mut index_of = vec![u32::MAX; n_units];
        let (mut units, mut sums) = (Vec::new(), Vec::new());
        let index_of_row: Vec<usize> = unit_of_row
            .iter()
            .map(|&unit| {
                let index = &mut index_of[unit as usize];
                if *index == u32::MAX {
                    *index = units.len() as u32;
                    units.push(unit);
                }
                *index as usize
            })
            .collect();
        sums.resize(units.len(), [0.0; N_VALUES]);
        for (row, &index) in index_of_row.iter().enumerate() {
            for (sum, value) in sums[index].iter_mut().zip(row_values(task, row)) {
                *sum += value;
            }
        }
        let moments = task.truth.as_ref().zip(task.true_ctr.as_ref()).map(|(truth, true_ctr)| {
            let mut moments = vec![Moments::default(); units.len()];
            for (row, &index) in index_of_row.iter().enumerate() {
                let log_odds_cvr = task.log_p[row] - task.log_not_p[row];
                let (ctr, cvr) = (truth::log_odds(true_ctr[row]), truth::log_odds(truth[row]));
                moments[index].add(&Moments::of(log_odds_cvr, ctr, cvr), task.stands_for(row));
            }
            moments.into_iter().map(|Moments(sums)| sums).collect()
        });
        Self { units, sums, moments, has_truth: task.truth.is_some() }
    }

    /// Sums over all rows with a weight for each unit.
    pub fn weighted(&self, unit_weights: &[f64]) -> Sums {
        let mut total = [0.0; N_VALUES];
        esmm_slices::add_weighted_rows(&mut total, self.sums.as_flattened(), &self.units, unit_weights);
        let moments = self.moments.as_ref().map(|moments| {
            let mut total = Moments::default();
            esmm_slices::add_weighted_rows(&mut total.0, moments.as_flattened(), &self.units, unit_weights);
            total
        });
        Sums { total, moments, has_truth: self.has_truth }
    }
}

fn row_values(task: &TaskInput, row: usize) -> [f64; N_VALUES] {
    let (p, log_p, log_not_p, label) = (task.p[row], task.log_p[row], task.log_not_p[row], task.labels[row]);
    let mut values = [0.0; N_VALUES];
    let mut set = |value: RowValue, of_row: f64| values[value as usize] = of_row;
    let stands_for = task.stands_for(row);
    set(RowValue::Weight, stands_for);
    if !task.is_plain() {
        let (weight, positive) = (task.weight(row), task.positive(row));
        let both = |value: &dyn Fn(bool) -> f64| positive * value(true) + (weight - positive) * value(false);
        set(RowValue::Exposure, weight);
        set(RowValue::Label, positive);
        set(RowValue::P, weight * p);
        set(RowValue::Loss, both(&|label| logloss::loss(log_p, log_not_p, label)));
        set(RowValue::SquaredError, both(&|label| calibration::squared_error(p, label)));
    } else {
        set(RowValue::Exposure, 1.0);
        set(RowValue::Label, f64::from(u8::from(label)));
        set(RowValue::P, p);
        set(RowValue::Loss, logloss::loss(log_p, log_not_p, label));
        set(RowValue::SquaredError, calibration::squared_error(p, label));
    }
    if let Some(truth) = &task.truth {
        let gap = p - truth[row];
        let mut set = |value: RowValue, of_impression: f64| set(value, stands_for * of_impression);
        set(RowValue::GapToTruth, gap);
        set(RowValue::DistanceToTruth, gap.abs());
        set(RowValue::SquaredGapToTruth, gap * gap);
        set(RowValue::CrossEntropyToTruth, truth::cross_entropy(log_p, log_not_p, truth[row]));
        set(RowValue::DivergenceFromTruth, truth::divergence(log_p, log_not_p, truth[row]));
    }
    values
}

/// Sums over a weighted sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    total: [f64; N_VALUES],
    moments: Option<Moments>,
    has_truth: bool,
}

impl Sums {
    /// Of a value that is measured by labels.
    pub fn mean(&self, value: RowValue) -> Result<f64, Undefined> {
        self.mean_over(RowValue::Exposure, value)
    }

    /// Of a value that needs the truth, in which nothing is still to come.
    pub fn mean_to_truth(&self, value: RowValue) -> Result<f64, Undefined> {
        if self.has_truth { self.mean_over(RowValue::Weight, value) } else { Err(Undefined::TruthUnknown) }
    }

    fn mean_over(&self, divisor: RowValue, value: RowValue) -> Result<f64, Undefined> {
        let weight = self.total[divisor as usize];
        if weight > 0.0 { Ok(self.total[value as usize] / weight) } else { Err(Undefined::NoRows) }
    }

    pub fn partial_correlation(&self) -> Result<f64, Undefined> {
        match &self.moments {
            Some(moments) => moments.partial_correlation(),
            None if self.has_truth => Err(Undefined::NotOfThisTask),
            None => Err(Undefined::TruthUnknown),
        }
    }
}
