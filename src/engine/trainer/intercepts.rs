//! The end of a run: every tower's output bias where the run's own loss over its training rows is least.
//!
//! Where labels are rare, nearly every batch pulls a bias down by a little and one in many up by much. Adam divides by the
//! root of the squares, which are those few, so steps of a falling rate leave the mean prediction off by what the last
//! batches happened to hold (docs/calibration.md). These few numbers can be solved for instead: a root of the gradient by
//! Newton's method, on all training rows, with everything else as the run left it. A draw that a step would make anew is
//! taken in the mean.

use super::Trainer;
use crate::domain::spec::Draws;
use crate::engine::EngineError;

const MOST_STEPS: usize = 12;
/// Of a logit: how far biases are moved to see how the gradient changes.
const PROBE: f64 = 0.02;
/// Added to the gradient's slope along each bias's own direction, as a share of it (Marquardt): what the loss hardly tells
/// apart stays where the run left it. It grows while a step does not bring the gradient nearer to 0.
const DAMPING: f64 = 0.01;
const MOST_DAMPING: f64 = 1e3;
/// A step that moves no bias further than this is the last.
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
    /// Moves the output biases to where the gradient of the loss by them is 0, if that can be found.
    ///
    /// # Errors
    /// When the device cannot hand numbers back.
    pub(in crate::engine) async fn solve_intercepts(&mut self) -> Result<(), EngineError> {
        let rows = self.all_training_rows().await?;
        let n = self.towers.len();
        let mut shift = vec![0.0; n];
        let mut gradient = self.by_biases(&rows, &shift);
        for _ in 0..MOST_STEPS {
            if gradient.iter().all(|slope| slope.abs() < FLAT) {
                break;
            }
            let mut slopes = Vec::with_capacity(n);
            for tower in 0..n {
                let mut probe = shift.clone();
                probe[tower] += PROBE;
                let moved = self.by_biases(&rows, &probe);
                slopes.push(moved.iter().zip(&gradient).map(|(moved, here)| (moved - here) / PROBE).collect());
            }
            let mut damping = DAMPING;
            let found = loop {
                let Some(step) = newton(&slopes, &gradient, damping) else { break None };
                let there: Vec<f64> = shift.iter().zip(&step).map(|(shift, step)| shift + step).collect();
                let moved = self.by_biases(&rows, &there);
                if size(&slopes, &moved) < size(&slopes, &gradient) {
                    break Some((there, moved));
                }
                damping *= 8.0;
                if damping > MOST_DAMPING {
                    break None;
                }
            };
            let Some((there, moved)) = found else { break };
            let is_last = shift.iter().zip(&there).all(|(before, now)| (before - now).abs() < SMALL);
            (shift, gradient) = (there, moved);
            if is_last {
                break;
            }
        }
        self.backend.shift_outputs(&shift);
        Ok(())
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

    /// Gradient of the loss over `rows` by each tower's output bias, at biases that are moved by `shift`.
    fn by_biases(&self, rows: &Rows, shift: &[f64]) -> Vec<f64> {
        let Rows { rows, logits, draws } = rows;
        let shifted = |(logits, &shift): (&[f32], &f64)| logits.iter().map(move |logit| logit + shift as f32).collect();
        let moved: Vec<Vec<f32>> = logits.chunks_exact(rows.len()).zip(shift).map(shifted).collect();
        let (losses, towers) = self.run.losses(rows, &moved.concat(), draws);
        let Some(loss) = losses.total() else { return vec![0.0; self.towers.len()] };
        loss.gradients(&towers).iter().map(|slopes| slopes.iter().map(|&slope| f64::from(slope)).sum()).collect()
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

/// `−(J + damping·diag J)⁻¹·g`; `slopes[j][i]` is the slope of `g[i]` along bias `j`. Biases that nothing hangs on stay.
fn newton(slopes: &[Vec<f64>], gradient: &[f64], damping: f64) -> Option<Vec<f64>> {
    let n = gradient.len();
    let mut rows: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| slopes[j][i]).chain([-gradient[i]]).collect()).collect();
    for (i, row) in rows.iter_mut().enumerate() {
        row[i] *= 1.0 + damping;
        if row[..n].iter().all(|slope| *slope == 0.0) {
            row[i] = 1.0;
        }
    }
    for column in 0..n {
        let pivot = (column..n).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        let lead = rows[column][column];
        if lead == 0.0 {
            return None;
        }
        rows[column].iter_mut().for_each(|x| *x /= lead);
        for other in (0..n).filter(|other| *other != column) {
            let factor = rows[other][column];
            let by: Vec<f64> = rows[column].iter().map(|x| x * factor).collect();
            rows[other].iter_mut().zip(by).for_each(|(x, by)| *x -= by);
        }
    }
    let step: Vec<f64> = rows.iter().map(|row| row[n]).collect();
    step.iter().all(|x| x.is_finite()).then_some(step)
}
