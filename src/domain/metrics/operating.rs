//! Operating points: what a threshold calls, and which threshold is best for given costs.
//!
//! From a task's curve alone: the best point for any two costs, and for F1, is a corner of the ROC curve's hull, and
//! [`Curves`] keeps those (every so many of them where a hull has more than a curve may have points).

use super::curves::{Curves, RocPoint};

/// What calling every row of at least `threshold` positive gives, on the rows of the curve.
///
/// The threshold was chosen on the rows that it is judged by: `f1_threshold` of the registry is the honest figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoint {
    /// Absent where nothing is called.
    pub threshold: Option<f64>,
    pub hits: f64,
    pub false_alarms: f64,
    pub misses: f64,
    /// Absent where nothing is called.
    pub precision: Option<f64>,
    pub recall: f64,
    pub f1: f64,
}

impl OperatingPoint {
    fn of(curves: &Curves, point: &RocPoint) -> Self {
        let positives = curves.positives as f64;
        let negatives = (curves.rows - curves.positives) as f64;
        // Shares travel as f32; the counts that they stand for are whole.
        let hits = (f64::from(point.tpr) * positives).round();
        let false_alarms = (f64::from(point.fpr) * negatives).round();
        let called = hits + false_alarms;
        Self {
            threshold: (called > 0.0).then_some(f64::from(point.threshold)),
            hits,
            false_alarms,
            misses: positives - hits,
            precision: (called > 0.0).then(|| hits / called),
            recall: hits / positives,
            f1: 2.0 * hits / (called + positives),
        }
    }

    /// Mean cost of a row, when a false alarm and a miss cost so much.
    pub fn cost(&self, curves: &Curves, false_alarm: f64, miss: f64) -> f64 {
        (self.false_alarms * false_alarm + self.misses * miss) / curves.rows.max(1) as f64
    }
}

/// Every operating point of the curve, the strictest first; none when a class is missing.
pub fn operating_points(curves: &Curves) -> Vec<OperatingPoint> {
    curves.roc.iter().map(|point| OperatingPoint::of(curves, point)).collect()
}

/// The point of least cost when a false alarm and a miss cost so much; of equals the strictest.
pub fn cheapest(curves: &Curves, false_alarm: f64, miss: f64) -> Option<OperatingPoint> {
    let cost = |point: &OperatingPoint| point.cost(curves, false_alarm, miss);
    operating_points(curves).into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)))
}

#[cfg(test)]
mod tests {
    use super::super::curves;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cheapest_of_the_drawn_points_is_the_cheapest_of_all(
            rows in prop::collection::vec((0u8..200, any::<bool>()), 2..400),
            false_alarm in 0.1f64..10.0,
            miss in 0.1f64..10.0,
        ) {
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 256.0).collect();
            let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let curves = curves(&scores, &labels, None);
            let Some(found) = cheapest(&curves, false_alarm, miss) else {
                prop_assert!(curves.positives == 0 || curves.positives == rows.len());
                return Ok(());
            };
            let cost = |threshold: f64| {
                let of = |(score, &label): (&f64, &bool)| match (*score >= threshold, label) {
                    (true, false) => false_alarm,
                    (false, true) => miss,
                    _ => 0.0,
                };
                scores.iter().zip(&labels).map(of).sum::<f64>() / rows.len() as f64
            };
            let least = scores.iter().map(|&score| cost(score)).fold(cost(2.0), f64::min);
            prop_assert!((found.cost(&curves, false_alarm, miss) - least).abs() < 1e-9);
            prop_assert!((cost(found.threshold.unwrap_or(2.0)) - least).abs() < 1e-9);
        }
    }

    #[test]
    fn counts_and_rates_of_a_point_belong_together() {
        let curves = curves(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false], None);
        let points = operating_points(&curves);
        assert_eq!((points[0].threshold, points[0].precision, points[0].recall, points[0].f1), (None, None, 0.0, 0.0));
        let third = points[3];
        assert_eq!((third.hits, third.false_alarms, third.misses), (2.0, 1.0, 0.0));
        assert_eq!((third.precision, third.recall, third.f1), (Some(2.0 / 3.0), 1.0, 0.8));
        // A miss that costs nothing: call nothing. A false alarm that costs nothing: call all positives.
        assert_eq!(cheapest(&curves, 1.0, 0.0).unwrap().threshold, None);
        assert_eq!(cheapest(&curves, 0.0, 1.0).unwrap().misses, 0.0);
        assert_eq!(cheapest(&Curves::default(), 1.0, 1.0), None);
    }
}
