//! A slice's numbers with their variances over users, in closed form: there may be hundreds of slices.

use super::Undefined;
use super::input::Design;
use super::registry::Task;
use super::slices::{MIN_LABELS, MIN_ROWS, NO_SLICE, SliceMembership};

/// 97.5 % quantile of the normal.
const Z: f64 = 1.959_963_985;

/// What slices of a task are compared with.
pub(super) struct Overall {
    /// Predicted over observed of all rows; 0 when there is no positive.
    pub pcoc: f64,
    observed: f64,
    /// By unit: Σ (p − pcoc·label).
    gaps: Vec<f64>,
    gaps_squared: f64,
    /// How much more a user's rows vary together than rows alone would; at least 1.
    design_effect: f64,
    /// Of a sample in which rows stand for several impressions.
    design: Option<Design>,
}

/// One slice of a task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimates {
    pub rows: usize,
    pub positives: usize,
    /// Pairs of a positive and a negative, in impressions that the rows stand for.
    pub pairs: f64,
    /// Value and variance.
    pub auc: Result<(f64, f64), Undefined>,
    /// Units behind the rarer class: what the variance is estimated from.
    pub auc_units: usize,
    /// Of the difference between the slice's calibration and that of all rows; absent with too few expected positives.
    pub calibration_z: Option<f64>,
    /// Value, and variance of its logarithm.
    pcoc: Result<(f64, f64), Undefined>,
    logloss: (f64, f64),
}

impl Estimates {
    pub fn auc_interval(&self) -> Result<(f64, f64, f64), Undefined> {
        let (value, variance) = self.auc?;
        let half = Z * libm::sqrt(variance);
        Ok((value, (value - half).max(0.0), (value + half).min(1.0)))
    }

    /// On the scale of its logarithm: a ratio's noise is not symmetric.
    pub fn pcoc_interval(&self) -> Result<(f64, f64, f64), Undefined> {
        let (value, variance) = self.pcoc?;
        let factor = libm::exp(Z * libm::sqrt(variance));
        Ok((value, value / factor, value * factor))
    }

    pub fn logloss_interval(&self) -> (f64, f64, f64) {
        let (value, variance) = self.logloss;
        let half = Z * libm::sqrt(variance);
        (value, (value - half).max(0.0), value + half)
    }
}

impl Overall {
    pub fn new(task: &Task, n_units: usize) -> Self {
        let input = task.input;
        let observed: f64 = (0..input.labels.len()).map(|row| input.positive(row)).sum();
        let predicted_sum: f64 = (0..input.p.len()).map(|row| predicted(task, row)).sum();
        let pcoc = if observed > 0.0 { predicted_sum / observed } else { 0.0 };
        let mut gaps = vec![0.0; n_units];
        for (row, &unit) in task.units.iter().enumerate() {
            gaps[unit as usize] += predicted(task, row) - pcoc * input.positive(row);
        }
        let gaps_squared: f64 = gaps.iter().map(|gap| gap * gap).sum();
        let design = Design::of(input);
        let binomial: f64 = (0..input.p.len()).map(|row| label_variance(task, row, pcoc, design)).sum();
        let design_effect = if binomial > 0.0 { (gaps_squared / binomial).max(1.0) } else { 1.0 };
        Self { pcoc, observed, gaps, gaps_squared, design_effect, design }
    }

    /// Each slice of the feature that has [`MIN_ROWS`], with its index.
    pub fn estimates(&self, task: &Task, membership: &SliceMembership) -> Vec<(usize, Estimates)> {
        let mut ranks_of: Vec<Vec<u32>> = vec![Vec::new(); membership.values.len()];
        for &row in &task.ranking.rows {
            let slice = membership.slice_of_row[task.input.rows[row as usize] as usize];
            if slice != NO_SLICE {
                ranks_of[slice as usize].push(row);
            }
        }
        let mut by_unit = ByUnit { sums: vec![0.0; self.gaps.len()] };
        let slices = ranks_of.iter().enumerate().filter(|(_, rows)| rows.len() >= MIN_ROWS);
        slices.map(|(slice, rows)| (slice, self.estimate(task, rows, &mut by_unit))).collect()
    }

    /// `rows`: the slice's rows of the task, by descending score.
    fn estimate(&self, task: &Task, rows: &[u32], by_unit: &mut ByUnit) -> Estimates {
        let input = task.input;
        let n: f64 = rows.iter().map(|&row| input.weight(row as usize)).sum::<f64>().max(f64::MIN_POSITIVE);
        let predicted_sum: f64 = rows.iter().map(|&row| predicted(task, row as usize)).sum();
        let positives = rows.iter().filter(|&&row| input.labels[row as usize]).count();
        let observed: f64 = rows.iter().map(|&row| input.positive(row as usize)).sum();
        let loss = |row: usize| match input.is_plain() {
            true if input.labels[row] => -input.log_p[row],
            true => -input.log_not_p[row],
            false => {
                let positive = input.positive(row);
                -positive * input.log_p[row] - (input.weight(row) - positive) * input.log_not_p[row]
            }
        };
        let mean_loss = rows.iter().map(|&row| loss(row as usize)).sum::<f64>() / n;
        let loss_variance = by_unit.squares(task, rows, |row| loss(row) - input.weight(row) * mean_loss) / (n * n);
        let pcoc = if observed <= 0.0 {
            Err(Undefined::NoPositive)
        } else {
            let ratio = predicted_sum / observed;
            let gaps = by_unit.squares(task, rows, |row| predicted(task, row) - ratio * input.positive(row));
            Ok((ratio, gaps / (predicted_sum * predicted_sum).max(f64::MIN_POSITIVE)))
        };
        let auc_units = by_unit.of_rarer_class(task, rows);
        Estimates {
            rows: rows.len(),
            positives,
            pairs: class_sums(task, rows).into_iter().product(),
            auc: auc(task, rows, positives, auc_units, by_unit),
            auc_units,
            calibration_z: self.calibration_z(task, rows, predicted_sum, observed, by_unit),
            pcoc,
            logloss: (mean_loss, loss_variance),
        }
    }

    fn calibration_z(
        &self,
        task: &Task,
        rows: &[u32],
        predicted_sum: f64,
        observed: f64,
        by_unit: &mut ByUnit,
    ) -> Option<f64> {
        let expected = if self.pcoc > 0.0 { predicted_sum / self.pcoc } else { 0.0 };
        if rows.len() == task.input.rows.len() {
            return None;
        }
        let gap = |row: usize| predicted(task, row) - self.pcoc * task.input.positive(row);
        // The slice's own gap less its share of the gap of all rows, whose sum is zero but whose noise is not.
        let share = observed / self.observed;
        let variance = by_unit.squares_with(task, rows, gap, |unit, sum| {
            (sum - share * self.gaps[unit]) * (sum - share * self.gaps[unit])
                - share * share * self.gaps[unit] * self.gaps[unit]
        }) + share * share * self.gaps_squared;
        // With few positives the squares' sum is small exactly where the slice has too few: what all rows say of labels
        // and users bounds it from below.
        let binomial: f64 = rows.iter().map(|&row| label_variance(task, row as usize, self.pcoc, self.design)).sum();
        // Of a sample: positive rows, each of which stands for so many.
        let expected = self.design.map_or(expected, |design| expected / design.positive);
        let variance = variance.max(binomial * self.design_effect);
        let independent = if variance > 0.0 { expected * (binomial / variance).min(1.0) } else { 0.0 };
        (independent >= MIN_LABELS as f64).then(|| (predicted_sum - self.pcoc * observed) / libm::sqrt(variance))
    }
}

/// Variance of `pcoc · label`, were its mean `p`.
fn binomial(p: f64, pcoc: f64) -> f64 {
    (p * (pcoc - p)).max(0.0)
}

/// Variance of `pcoc ·` the label that a row counts for, were its mean what is predicted.
fn label_variance(task: &Task, row: usize, pcoc: f64, design: Option<Design>) -> f64 {
    let Some(design) = design else { return binomial(predicted(task, row), pcoc) };
    let stands_for = task.input.stands_for(row);
    let p = predicted(task, row) / stands_for;
    let rate = if pcoc > 0.0 { (p / pcoc).min(1.0) } else { 0.0 };
    stands_for * binomial(p, pcoc) * design.factor(rate)
}

/// Sums of the weights of the positive and of the negative rows.
fn class_sums(task: &Task, rows: &[u32]) -> [f64; 2] {
    let of_class = |class: bool| {
        let rows = rows.iter().map(|&row| row as usize).filter(|&row| task.input.labels[row] == class);
        rows.map(|row| task.input.stands_for(row)).sum()
    };
    [of_class(true), of_class(false)]
}

/// What is predicted of a row for as much of it as counts.
fn predicted(task: &Task, row: usize) -> f64 {
    task.input.weight(row) * task.input.p[row]
}

/// AUC within the slice, and its variance from DeLong's placements.
fn auc(
    task: &Task,
    rows: &[u32],
    positives: usize,
    units: usize,
    by_unit: &mut ByUnit,
) -> Result<(f64, f64), Undefined> {
    let negatives = rows.len() - positives;
    if task.input.exposure.is_some() {
        // The more are still to come, the nearer to a half it would be: slices of other ages cannot be compared.
        return Err(Undefined::StillToCome);
    }
    if positives == 0 {
        return Err(Undefined::NoPositive);
    }
    if negatives == 0 {
        return Err(Undefined::NoNegative);
    }
    if units < MIN_LABELS {
        return Err(Undefined::TooFewLabels);
    }
    let (p, labels) = (&task.input.p, &task.input.labels);
    let weight = |row: u32| task.input.stands_for(row as usize);
    let [n_positive, n_negative] = class_sums(task, rows);
    // For a positive the share of negatives below it, for a negative the share of positives above it; ties half.
    let mut placements = vec![0.0; rows.len()];
    let (mut above_positive, mut above_negative, mut start) = (0.0, 0.0, 0);
    while start < rows.len() {
        let score = p[rows[start] as usize];
        let end = start + rows[start..].iter().take_while(|&&row| p[row as usize] == score).count();
        let [tied_positive, tied_negative] = class_sums(task, &rows[start..end]);
        for rank in start..end {
            placements[rank] = if labels[rows[rank] as usize] {
                (n_negative - above_negative - tied_negative / 2.0) / n_negative
            } else {
                (above_positive + tied_positive / 2.0) / n_positive
            };
        }
        above_positive += tied_positive;
        above_negative += tied_negative;
        start = end;
    }
    let value = rows
        .iter()
        .zip(&placements)
        .filter(|(row, _)| labels[**row as usize])
        .map(|(&row, placement)| weight(row) * placement)
        .sum::<f64>()
        / n_positive;
    let mut placement = placements.iter();
    let variance = by_unit.squares(task, rows, |row| {
        let n = if labels[row] { n_positive } else { n_negative };
        placement.next().map_or(0.0, |placement| weight(row as u32) * (placement - value) / n)
    });
    Ok((value, variance * units as f64 / (units - 1) as f64))
}

/// Sums by unit, kept between uses and zero in between.
struct ByUnit {
    sums: Vec<f64>,
}

impl ByUnit {
    /// Σ over units of (Σ over the unit's rows of `value`)²; `value` is asked in the rows' order.
    fn squares(&mut self, task: &Task, rows: &[u32], value: impl FnMut(usize) -> f64) -> f64 {
        self.squares_with(task, rows, value, |_, sum| sum * sum)
    }

    /// Units that have a row of the class that fewer units have.
    fn of_rarer_class(&mut self, task: &Task, rows: &[u32]) -> usize {
        [true, false]
            .map(|class| {
                self.squares_with(task, rows, |row| f64::from(u8::from(task.input.labels[row] == class)), |_, _| 1.0)
                    as usize
            })
            .into_iter()
            .min()
            .unwrap_or_default()
    }

    fn squares_with(
        &mut self,
        task: &Task,
        rows: &[u32],
        mut value: impl FnMut(usize) -> f64,
        of_unit: impl Fn(usize, f64) -> f64,
    ) -> f64 {
        for &row in rows {
            self.sums[task.units[row as usize] as usize] += value(row as usize);
        }
        let mut total = 0.0;
        for &row in rows {
            let unit = task.units[row as usize] as usize;
            // A unit's first row takes its sum; at the others nothing is left.
            let sum = std::mem::take(&mut self.sums[unit]);
            if sum != 0.0 {
                total += of_unit(unit, sum);
            }
        }
        total
    }
}
