//! Average precision: the area under the precision-recall curve, as a step function.

use super::Undefined;
use super::ranking::Tie;

/// Running `Σ (recall_k − recall_{k−1}) · precision_k` over runs of equal scores from the highest down.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Precision {
    called: f64,
    hits: f64,
    sum: f64,
}

impl Precision {
    #[inline(always)]
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
    use super::super::given::Given;
    use super::*;

    #[test]
    fn precision_is_averaged_over_the_positives() {
        // Positives at ranks 1 and 3.
        let found = Given::new(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false]).metric("ap").unwrap();
        assert!((found - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
        assert_eq!(Given::new(&[0.9], &[false]).metric("ap"), Err(Undefined::NoPositive));
    }
}
