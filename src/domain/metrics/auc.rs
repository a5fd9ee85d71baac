//! Area under the ROC curve: the rank statistic with mid-ranks for ties.

use super::Undefined;
use super::ranking::{Ranking, Tie};

/// AUC of `scores` for `labels`: the chance that a positive row is ranked above a negative one, ties counting half.
///
/// # Errors
/// [`Undefined`] when a class is missing.
pub fn auc(scores: &[f64], labels: &[bool]) -> Result<f64, Undefined> {
    if scores.is_empty() {
        return Err(Undefined::NoRows);
    }
    let mut area = Area::default();
    Ranking::new(scores, labels).ties(&vec![1.0; scores.len()]).for_each(|tie| area.add(&tie));
    area.auc()
}

/// Running area under the curve, from the highest score down.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Area {
    positive: f64,
    negative: f64,
    area: f64,
}

impl Area {
    #[inline(always)]
    pub fn add(&mut self, tie: &Tie) {
        self.area += tie.negative * (self.positive + tie.positive / 2.0);
        self.positive += tie.positive;
        self.negative += tie.negative;
    }

    pub fn auc(&self) -> Result<f64, Undefined> {
        if self.positive <= 0.0 {
            Err(Undefined::NoPositive)
        } else if self.negative <= 0.0 {
            Err(Undefined::NoNegative)
        } else {
            Ok(self.area / (self.positive * self.negative))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::Given;
    use super::*;
    use proptest::prelude::*;

    fn by_pairs(scores: &[f64], labels: &[bool], weights: &[f64]) -> f64 {
        let (mut won, mut all) = (0.0, 0.0);
        for i in (0..scores.len()).filter(|&i| labels[i]) {
            for j in (0..scores.len()).filter(|&j| !labels[j]) {
                let weight = weights[i] * weights[j];
                all += weight;
                won += weight
                    * match scores[i].total_cmp(&scores[j]) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
            }
        }
        won / all
    }

    proptest! {
        #[test]
        fn auc_is_the_share_of_pairs_in_the_right_order(
            rows in prop::collection::vec((0u8..6, any::<bool>(), 1u8..4), 2..60)
        ) {
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 7.0).collect();
            let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            match Given::new(&scores, &labels).weighted("auc", &weights) {
                Ok(value) => {
                    prop_assert!((value - by_pairs(&scores, &labels, &weights)).abs() < 1e-12);
                    let plain = auc(&scores, &labels).unwrap();
                    prop_assert!((plain - by_pairs(&scores, &labels, &vec![1.0; rows.len()])).abs() < 1e-12);
                }
                Err(Undefined::NoPositive) => prop_assert!(labels.iter().all(|&label| !label)),
                Err(Undefined::NoNegative) => prop_assert!(labels.iter().all(|&label| label)),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }

    #[test]
    fn a_missing_class_is_a_reason_and_not_a_half() {
        assert_eq!(auc(&[0.1, 0.2], &[true, true]), Err(Undefined::NoNegative));
        assert_eq!(auc(&[0.1, 0.2], &[false, false]), Err(Undefined::NoPositive));
        assert_eq!(auc(&[], &[]), Err(Undefined::NoRows));
        let given = Given::new(&[0.1, 0.2], &[true, false]);
        assert_eq!(given.weighted("auc", &[0.0, 1.0]), Err(Undefined::NoPositive));
    }
}
