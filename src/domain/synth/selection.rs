//! How much of what drives clicks drives the rest: the click score, and scores that are free of it.

use super::SynthSpec;
use super::numeric::standardize;
use super::preferences::Preferences;
use super::world::{Impressions, World, streams};

/// What drives clicks, and what makes other scores free of it.
#[derive(Debug, Clone)]
pub(super) struct ClickScore {
    /// Of every impression, with mean 0 and variance 1 over them.
    pub score: Vec<f64>,
    stretches: Stretches,
}

impl ClickScore {
    pub fn draw(spec: &SynthSpec, world: &World, impressions: &Impressions) -> Self {
        Self::of(Preferences::draw(spec, streams::CLICK_PREFERENCES).scores(spec, world, impressions))
    }

    fn of(score: Vec<f64>) -> Self {
        let stretches = Stretches::of(&score);
        Self { score, stretches }
    }

    /// `own` made free of the click score: the same mean and spread in every stretch of it, and the same (no) covariance
    /// with `other`, itself free. The result is standardised. Invariant: it is a function of the scores that it is made
    /// from, so of the features.
    ///
    /// A stretch is as narrow as the number of different impressions allows: where a few users and items make most of
    /// the log, there is more in a stretch than what is held equal.
    pub fn free(&self, mut own: Vec<f64>, other: Option<&[f64]>) -> Vec<f64> {
        // Each step disturbs the one before it a little; three rounds leave less than a thousandth.
        const ROUNDS: usize = 3;
        /// No stretch is spread out more than this: what has next to no spread there would be noise.
        const MOST_SPREAD: f64 = 5.0;
        let stretches = &self.stretches;
        for _ in 0..ROUNDS {
            stretches.take_out(&mut own, None);
            if let Some(other) = other {
                stretches.take_out(&mut own, Some(other));
            }
            standardize(&mut own);
            let variance = stretches.means(|row| own[row] * own[row]);
            let least = 1.0 / (MOST_SPREAD * MOST_SPREAD);
            let scale = |row| 1.0 / libm::sqrt(stretches.value(&variance, row).max(least));
            own.iter_mut().enumerate().for_each(|(row, own)| *own *= scale(row));
        }
        stretches.take_out(&mut own, None);
        standardize(&mut own);
        own
    }
}

/// Piecewise linear functions of a score: knots at its quantiles, and where each impression lies between them.
#[derive(Debug, Clone)]
struct Stretches {
    n_knots: usize,
    /// Of every impression, the knot below it.
    knot: Vec<u8>,
    /// How far the impression is on its way to the next knot, from 0 to 1.
    share: Vec<f64>,
}

impl Stretches {
    const MOST_KNOTS: usize = 41;
    /// Different values that each knot needs, or there would be nothing left of a score but what the knots take out.
    const VALUES_PER_KNOT: f64 = 8.0;

    fn of(score: &[f64]) -> Self {
        let mut sorted = score.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let wanted = (different_values(&sorted) / Self::VALUES_PER_KNOT) as usize;
        let wanted = wanted.clamp(2, Self::MOST_KNOTS);
        let last = sorted.len().saturating_sub(1);
        let mut knots: Vec<f64> = (0..wanted).filter_map(|k| sorted.get(k * last / (wanted - 1))).copied().collect();
        knots.dedup();
        let (knot, share) = score
            .iter()
            .map(|&value| {
                let knot = knots.partition_point(|&knot| knot <= value).min(knots.len() - 1).max(1) - 1;
                let share = knots.get(knot + 1).map_or(0.0, |next| (value - knots[knot]) / (next - knots[knot]));
                (knot as u8, share)
            })
            .unzip();
        Self { n_knots: knots.len(), knot, share }
    }

    /// Value in impression `row` of the function with the value `at[k]` at knot `k`.
    fn value(&self, at: &[f64], row: usize) -> f64 {
        let (knot, share) = (usize::from(self.knot[row]), self.share[row]);
        at.get(knot + 1).map_or(at[knot], |next| (1.0 - share) * at[knot] + share * next)
    }

    /// Calls `of` with every impression, each of the two knots around it, and how near that is.
    fn each(&self, mut of: impl FnMut(usize, usize, f64)) {
        for (row, (&knot, &share)) in self.knot.iter().zip(&self.share).enumerate() {
            of(row, usize::from(knot), 1.0 - share);
            if share > 0.0 {
                of(row, usize::from(knot) + 1, share);
            }
        }
    }

    /// Mean of `values` around each knot, the nearer the more.
    fn means(&self, values: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); self.n_knots];
        self.each(|row, knot, near| {
            sums[knot].0 += near * values(row);
            sums[knot].1 += near;
        });
        sums.into_iter().map(|(sum, weight)| sum / weight).collect()
    }

    /// Takes out of `own` the least-squares fit of a piecewise linear function of the score; or with `by`, of such a
    /// function times `by`.
    fn take_out(&self, own: &mut [f64], by: Option<&[f64]>) {
        let by = |row: usize| by.map_or(1.0, |by| by[row]);
        let (mut right, mut diagonal, mut beside) =
            (vec![0.0; self.n_knots], vec![0.0; self.n_knots], vec![0.0; self.n_knots]);
        self.each(|row, knot, near| {
            right[knot] += near * by(row) * own[row];
            diagonal[knot] += near * near * by(row) * by(row);
        });
        for (row, (&knot, &share)) in self.knot.iter().zip(&self.share).enumerate() {
            beside[usize::from(knot)] += share * (1.0 - share) * by(row) * by(row);
        }
        let fit = solve_tridiagonal(diagonal, &beside, right);
        own.iter_mut().enumerate().for_each(|(row, own)| *own -= self.value(&fit, row) * by(row));
    }
}

/// Number of different values of the sorted `values`, each counted by its share (Kish: one over the sum of squared
/// shares).
fn different_values(sorted: &[f64]) -> f64 {
    let squares: f64 = sorted.chunk_by(|a, b| a == b).map(|equal| (equal.len() * equal.len()) as f64).sum();
    if squares > 0.0 { (sorted.len() as f64) * (sorted.len() as f64) / squares } else { 0.0 }
}

/// Solves a symmetric tridiagonal system (Thomas); `beside[k]` stands between `k` and `k + 1`. What a pivot of 0 leaves
/// open is 0.
fn solve_tridiagonal(mut diagonal: Vec<f64>, beside: &[f64], mut right: Vec<f64>) -> Vec<f64> {
    let n = diagonal.len();
    let ratio = |over: f64, under: f64| if under > 1e-12 { over / under } else { 0.0 };
    for k in 1..n {
        let factor = ratio(beside[k - 1], diagonal[k - 1]);
        diagonal[k] -= factor * beside[k - 1];
        right[k] -= factor * right[k - 1];
    }
    for k in (0..n).rev() {
        let next = if k + 1 < n { beside[k] * right[k + 1] } else { 0.0 };
        right[k] = ratio(right[k] - next, diagonal[k]);
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::Stream;

    fn normals(stream: u64, n: usize) -> Vec<f64> {
        let mut stream = Stream::new(1, stream);
        (0..n).map(|_| stream.normal()).collect()
    }

    #[test]
    fn a_tridiagonal_system_is_solved() {
        let (diagonal, beside, x) = ([4.0, 5.0, 6.0], [1.0, 2.0, 0.0], [1.0, -2.0, 3.0]);
        let right = vec![4.0 - 2.0, 1.0 - 10.0 + 6.0, -4.0 + 18.0];
        let found = solve_tridiagonal(diagonal.to_vec(), &beside, right);
        assert!(found.iter().zip(x).all(|(found, x)| (found - x).abs() < 1e-12), "{found:?}");
    }

    #[test]
    fn what_bends_and_spreads_with_the_click_score_is_free_of_it_afterwards() {
        let n = 20_000;
        let clicks = ClickScore::of(normals(0, n));
        let noise = normals(1, n);
        let bent = |row: usize| clicks.score[row] * clicks.score[row] + libm::exp(clicks.score[row] / 2.0) * noise[row];
        let own = clicks.free((0..n).map(bent).collect(), None);
        let other = normals(2, n).iter().zip(&own).map(|(x, own)| x + own).collect();
        let other = clicks.free(other, Some(&own));
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| clicks.score[a].total_cmp(&clicks.score[b]));
        for tenth in order.chunks(n / 10) {
            let mean = |of: &dyn Fn(usize) -> f64| tenth.iter().map(|&row| of(row)).sum::<f64>() / tenth.len() as f64;
            let means = [mean(&|row| own[row]), mean(&|row| other[row])];
            assert!(means.iter().all(|mean| mean.abs() < 0.03), "{means:?}");
            assert!((mean(&|row| own[row] * own[row]) - 1.0).abs() < 0.05);
            assert!(mean(&|row| own[row] * other[row]).abs() < 0.05);
        }
    }

    #[test]
    fn few_different_impressions_keep_what_is_their_own() {
        let of_four = |values: [f64; 4]| -> Vec<f64> { (0..4_000).map(|row| values[row % 4]).collect() };
        let mut score = of_four([-1.0, -0.5, 0.5, 1.0]);
        standardize(&mut score);
        let own = ClickScore::of(score.clone()).free(of_four([1.0, -1.0, -1.0, 1.0]), None);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / 4_000.0;
        assert!((dot(&own, &own) - 1.0).abs() < 1e-9 && dot(&own, &score).abs() < 1e-9);
        for constant in [ClickScore::of(vec![0.0; 10]), ClickScore::of(Vec::new())] {
            let n = constant.score.len();
            assert!(constant.free(normals(1, n), None).iter().all(|value| value.is_finite()));
        }
    }
}
