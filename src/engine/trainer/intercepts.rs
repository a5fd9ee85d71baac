//! The end of a run: every tower's output bias where the run's own loss over its training rows is least.
//!
//! Where labels are rare, nearly every batch pulls a bias down by a little and one in many up by much. Adam divides by the
//! root of the squares, which are those few, so steps of a falling rate leave the mean prediction off by what the last
//! batches happened to hold (docs/calibration.md). These few numbers can be solved for instead: a root of the gradient by
//! Newton's method, on all training rows, with everything else as the run left it. A draw that a step would make anew is
//! taken in the mean.
//!
//! Not every bias has a loss that tells it: of ESM², y2·y3 + (1 − y2)·y4 is all that is seen of y3 and y4, and a few purchases
//! tell them apart hardly better than chance. So a normal distribution of what each moves by stands beside the loss.

use super::Trainer;
use crate::domain::spec::Draws;
use crate::engine::EngineError;

const MOST_STEPS: usize = 30;
/// Of a logit: the prior's standard deviation. It weighs as much as a quarter of one rare event.
const PRIOR_DEVIATION: f64 = 2.0;
/// Of a logit: how far biases are moved to see how the gradient changes.
const PROBE: f64 = 0.02;
/// Added to the gradient's slope along each bias's own direction, as a share of it (Marquardt), where a step with less does not
/// bring the gradient nearer to 0.
const DAMPINGS: [f64; 8] = [0.0, 0.01, 0.1, 0.5, 2.0, 10.0, 100.0, 1000.0];
/// What is left of the gradient after a step along slopes that were not measured where it began; else they are.
const ENOUGH: f64 = 0.2;
/// A step that moves no bias further than this is the last, and is not looked at.
const SMALL: f64 = 1e-4;
/// A gradient, in nats by a logit, that is as good as 0.
const FLAT: f64 = 1e-8;

/// All training rows as the objective sees them; only the biases move.
struct Rows<'a> {
    rows: &'a [u32],
    /// `[towers, rows]`
    logits: Vec<f32>,
    /// `[rows]`; empty where the mean over draws is taken.
    draws: Vec<f32>,
}

impl Trainer {
    /// Moves the output biases to where the gradient by them of the loss and the prior is 0, if that can be found.
    ///
    /// # Errors
    /// When the device cannot hand numbers back.
    pub(in crate::engine) async fn solve_intercepts(&mut self) -> Result<(), EngineError> {
        let rows = self.all_training_rows().await?;
        let mut shift = vec![0.0; self.towers.len()];
        let mut gradient = self.by_biases(&rows, &shift);
        let mut slopes = self.slopes(&rows, &shift, &gradient);
        let mut is_measured = true;
        for _ in 0..MOST_STEPS {
            if gradient.iter().all(|slope| slope.abs() < FLAT) {
                break;
            }
            let (dampings, enough) = if is_measured { (DAMPINGS.as_slice(), 1.0) } else { (&DAMPINGS[..1], ENOUGH) };
            let step = dampings.iter().find_map(|&damping| {
                let step = newton(&slopes, &gradient, damping)?;
                let there: Vec<f64> = shift.iter().zip(&step).map(|(shift, step)| shift + step).collect();
                if step.iter().all(|step| step.abs() < SMALL) {
                    return Some((step, there, vec![0.0; shift.len()]));
                }
                let moved = self.by_biases(&rows, &there);
                (size(&slopes, &moved) < enough * size(&slopes, &gradient)).then_some((step, there, moved))
            });
            if let Some((step, there, moved)) = step {
                is_measured = false;
                learn(&mut slopes, &step, &gradient, &moved);
                (shift, gradient) = (there, moved);
            } else if is_measured {
                break;
            } else {
                is_measured = true;
                slopes = self.slopes(&rows, &shift, &gradient);
            }
        }
        self.backend.shift_outputs(&shift);
        Ok(())
    }

    /// How the gradient changes along each bias, `[towers, towers]`: slope of the second's derivative along the first.
    fn slopes(&self, rows: &Rows, shift: &[f64], gradient: &[f64]) -> Vec<Vec<f64>> {
        let along = |tower: usize| {
            let mut probe = shift.to_vec();
            probe[tower] += PROBE;
            self.by_biases(rows, &probe).iter().zip(gradient).map(|(there, here)| (there - here) / PROBE).collect()
        };
        (0..shift.len()).map(along).collect()
    }

    async fn all_training_rows(&self) -> Result<Rows<'_>, EngineError> {
        let rows = self.order.rows();
        let by_row = self.tower_logits(rows).await?;
        let n_towers = self.towers.len();
        let logits = (0..n_towers).flat_map(|tower| by_row.iter().skip(tower).step_by(n_towers)).copied().collect();
        let draws = match self.plan().model.objective.draws() {
            Draws::PerRow => self.draws(rows),
            Draws::Never | Draws::PerStep => Vec::new(),
        };
        Ok(Rows { rows, logits, draws })
    }

    /// Gradient of the mean loss over `rows`, with its share of the prior, by each tower's output bias, at biases that are
    /// moved by `shift`.
    fn by_biases(&self, rows: &Rows, shift: &[f64]) -> Vec<f64> {
        let Rows { rows, logits, draws } = rows;
        let shifted = |(logits, &shift): (&[f32], &f64)| logits.iter().map(move |logit| logit + shift as f32).collect();
        let moved: Vec<Vec<f32>> = logits.chunks_exact(rows.len()).zip(shift).map(shifted).collect();
        let (losses, towers) = self.run.losses(rows, &moved.concat(), draws);
        let Some(loss) = losses.total() else { return vec![0.0; self.towers.len()] };
        let of_loss =
            loss.gradients(&towers).into_iter().map(|slopes| slopes.iter().map(|&slope| f64::from(slope)).sum());
        let of_prior = |shift: &f64| shift / (PRIOR_DEVIATION.powi(2) * rows.len() as f64);
        of_loss.zip(shift).map(|(of_loss, shift): (f64, _)| of_loss + of_prior(shift)).collect()
    }
}

/// Broyden's update: slopes that a step has shown, without another look at the rows.
fn learn(slopes: &mut [Vec<f64>], step: &[f64], before: &[f64], after: &[f64]) {
    let length: f64 = step.iter().map(|x| x * x).sum();
    let expected = |i: usize| before[i] + step.iter().zip(&*slopes).map(|(step, slopes)| step * slopes[i]).sum::<f64>();
    let missed: Vec<f64> = (0..after.len()).map(|i| after[i] - expected(i)).collect();
    for (slopes, step) in slopes.iter_mut().zip(step) {
        slopes.iter_mut().zip(&missed).for_each(|(slope, missed)| *slope += missed * step / length);
    }
}

/// How far a gradient is from 0: each number's square by the slope along its own bias.
fn size(slopes: &[Vec<f64>], gradient: &[f64]) -> f64 {
    let scaled = gradient.iter().enumerate().map(|(i, g)| match slopes[i][i].abs() {
        0.0 => 0.0,
        slope => g * g / slope,
    });
    scaled.sum()
}

/// `−(J + damping·diag J)⁻¹·g`; `slopes[j][i]` is the slope of `g[i]` along bias `j`. `None` where that matrix is not positive
/// definite: what such a step finds need not be a minimum.
fn newton(slopes: &[Vec<f64>], gradient: &[f64], damping: f64) -> Option<Vec<f64>> {
    let n = gradient.len();
    let damped = |i: usize, j: usize| slopes[j][i] * if i == j { 1.0 + damping } else { 1.0 };
    let symmetric = |i: usize| (0..n).map(|j| (damped(i, j) + damped(j, i)) / 2.0).collect();
    let (pivots, _) = eliminate((0..n).map(symmetric).collect());
    if pivots.iter().any(|pivot| *pivot <= 0.0) {
        return None;
    }
    // No pivot is 0, then, with no row exchanged.
    let (_, rows) = eliminate((0..n).map(|i| (0..n).map(|j| damped(i, j)).chain([-gradient[i]]).collect()).collect());
    let step: Vec<f64> = rows.iter().map(|row| row[n]).collect();
    step.iter().all(|x| x.is_finite()).then_some(step)
}

/// Gauss and Jordan's elimination of the first columns, as many as there are rows: the pivots, and what the rows become.
fn eliminate(mut rows: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut pivots = Vec::with_capacity(rows.len());
    for column in 0..rows.len() {
        let pivot = rows[column][column];
        rows[column].iter_mut().for_each(|x| *x /= pivot);
        let row = rows[column].clone();
        for other in (0..rows.len()).filter(|other| *other != column) {
            let factor = rows[other][column];
            rows[other].iter_mut().zip(&row).for_each(|(x, by)| *x -= by * factor);
        }
        pivots.push(pivot);
    }
    (pivots, rows)
}
