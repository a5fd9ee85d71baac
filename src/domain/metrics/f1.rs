//! F1 when the top share by score is called positive (ESM², section 4.2).

use super::Undefined;
use super::ranking::Tie;

/// Running count of positives within the top share of scores, rounded down to whole rows. Of a run of equal scores that
/// the cut goes through, a proportional part counts: the mean over all ways to break the tie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Top {
    /// Rows still to be called positive.
    room: f64,
    called: f64,
    hits: f64,
}

impl Top {
    /// The top `share` of a weight of `total`.
    pub fn new(share: f64, total: f64) -> Self {
        // The addition lets a share of exactly k rows be k rows, whatever the product's last bit says.
        let called = (share * total + 1e-9).floor();
        Self { room: called, called, hits: 0.0 }
    }

    #[inline(always)]
    pub fn add(&mut self, tie: &Tie) {
        let weight = tie.weight();
        if self.room > 0.0 && weight > 0.0 {
            self.hits += tie.positive * (self.room / weight).min(1.0);
            self.room -= weight;
        }
    }

    /// Positives among the rows called.
    pub fn hits(&self) -> f64 {
        self.hits
    }

    /// F1, of so many positives in all.
    pub fn f1(&self, positive: f64) -> Result<f64, Undefined> {
        if self.called < 1.0 {
            Err(Undefined::TooFewRows)
        } else if positive > 0.0 {
            Ok(2.0 * self.hits / (self.called + positive))
        } else {
            Err(Undefined::NoPositive)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::Given;
    use super::super::ranking::Ranking;
    use super::*;

    #[test]
    fn the_top_share_is_called_positive() {
        let scores: Vec<f64> = (0..1000).map(|i| f64::from(i) / 1000.0).collect();
        let labels: Vec<bool> = (0..1000).map(|i| i >= 995 || i == 3).collect();
        // 10 called, 5 of 6 positives among them.
        let f1 =
            |n: usize, labels: &[bool], name: &str| Given::new(&scores[1000 - n..], &labels[1000 - n..]).metric(name);
        assert_eq!(f1(1000, &labels, "f1_top1"), Ok(2.0 * 5.0 / 16.0));
        assert_eq!(f1(1000, &labels, "f1_top0.6"), Ok(2.0 * 5.0 / 12.0));
        assert_eq!(f1(900, &labels, "f1_top0.1"), Err(Undefined::TooFewRows));
        assert_eq!(f1(1000, &vec![false; 1000], "f1_top1"), Err(Undefined::NoPositive));
    }

    #[test]
    fn a_cut_through_equal_scores_counts_in_proportion() {
        // One of two equal rows is called, and one of them is positive: half a hit.
        let ranking = Ranking::new(&[0.5, 0.5, 0.1, 0.1], &[true, false, false, false]);
        let mut top = Top::new(0.25, 4.0);
        ranking.ties(&[1.0; 4]).for_each(|tie| top.add(&tie));
        assert_eq!(top.f1(1.0), Ok(2.0 * 0.5 / 2.0));
    }
}
