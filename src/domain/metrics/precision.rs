//! Average precision: the area under the precision-recall curve, as a step function.

use super::Undefined;
use super::ranking::{Ranking, Tie};

/// `Σ (recall_k − recall_{k−1}) · precision_k` over runs of equal scores from the highest down.
///
/// # Errors
/// [`Undefined`] without rows or positives.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<f64, Undefined> {
    ranked_average_precision(&Ranking::new(scores, labels), &vec![1.0; scores.len()])
}

/// Average precision over rows already ranked; `weights` in rank order.
pub(super) fn ranked_average_precision(ranking: &Ranking, weights: &[f64]) -> Result<f64, Undefined> {
    if ranking.rows.is_empty() {
        return Err(Undefined::NoRows);
    }
    let mut precision = Precision::default();
    ranking.ties(weights).for_each(|tie| precision.add(&tie));
    precision.average()
}

/// Running sum of precision over the positives, from the highest score down.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Precision {
    called: f64,
    hits: f64,
    sum: f64,
}

impl Precision {
    pub fn add(&mut self, tie: &Tie) {
        self.called += tie.weight();
        if tie.positive != 0.0 && self.called > 0.0 {
            // A row that is positive is one hit for itself: its weight, whatever part of it stands for its label so far.
            let own = if tie.end - tie.start == 1 { tie.weight() } else { tie.positive };
            self.sum += tie.positive * (self.hits + own) / self.called;
        }
        self.hits += tie.positive;
    }

    pub fn average(&self) -> Result<f64, Undefined> {
        if self.hits > 0.0 { Ok(self.sum / self.hits) } else { Err(Undefined::NoPositive) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_is_averaged_over_the_positives() {
        // Positives at ranks 1 and 3.
        let found = average_precision(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false]).unwrap();
        assert!((found - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
        assert_eq!(average_precision(&[0.9], &[false]), Err(Undefined::NoPositive));
    }
}
