//! The impressions most like one of them, by their features.
use serde::{Deserialize, Serialize};

use crate::domain::log::{ColumnValues, Feature, ImpressionLog};

/// A row and how much of its features it shares with another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alike {
    pub row: u32,
    /// In `0..=1`; 1 when every feature is the same.
    pub similarity: f64,
}

/// The `n` rows most like `row`, the most alike first, ties in the order of the log. None without features.
///
/// Gower's similarity: the mean over features of "same value" for a category and of `1 − |a − b|/range` for a number,
/// where the range is that of the middle 98 % of values. Both missing is the same, one missing is not.
/// Source: Gower 1971, "A general coefficient of similarity and some of its properties".
pub fn nearest(log: &ImpressionLog, row: usize, n: usize) -> Vec<Alike> {
    if log.features.is_empty() || row >= log.n_rows {
        return Vec::new();
    }
    let mut shared = vec![0.0f64; log.n_rows];
    for feature in &log.features {
        add_similarity(feature, row, &mut shared);
    }
    let mut order: Vec<u32> = (0..log.n_rows as u32).filter(|&other| other as usize != row).collect();
    let by_similarity = |&a: &u32, &b: &u32| shared[b as usize].total_cmp(&shared[a as usize]).then(a.cmp(&b));
    if n < order.len() {
        order.select_nth_unstable_by(n, by_similarity);
        order.truncate(n);
    }
    order.sort_unstable_by(by_similarity);
    let features = log.features.len() as f64;
    order.into_iter().map(|row| Alike { row, similarity: shared[row as usize] / features }).collect()
}

fn add_similarity(feature: &Feature, row: usize, shared: &mut [f64]) {
    match &feature.values {
        ColumnValues::Text { codes, .. } => {
            let code = codes[row];
            shared.iter_mut().zip(codes).for_each(|(shared, &other)| *shared += f64::from(u8::from(other == code)));
        }
        ColumnValues::Number(numbers) => {
            let (number, range) = (numbers[row], middle_range(numbers));
            let similarity = |other: f64| match (number.is_nan(), other.is_nan()) {
                (true, true) => 1.0,
                (false, false) if number == other => 1.0,
                (false, false) if range > 0.0 => (1.0 - (number - other).abs() / range).max(0.0),
                _ => 0.0,
            };
            shared.iter_mut().zip(numbers).for_each(|(shared, &other)| *shared += similarity(other));
        }
    }
}

/// Between the lowest and the highest hundredth, from a sample: outliers would make all others alike.
fn middle_range(numbers: &[f64]) -> f64 {
    const SAMPLE: usize = 4096;
    let step = numbers.len().div_ceil(SAMPLE).max(1);
    let mut sample: Vec<f64> = numbers.iter().copied().step_by(step).filter(|x| !x.is_nan()).collect();
    sample.sort_unstable_by(f64::total_cmp);
    match sample.len() {
        0 => 0.0,
        n => sample[(n * 99).div_ceil(100) - 1] - sample[n / 100],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::{FeatureGroup, MISSING};

    fn log() -> ImpressionLog {
        let feature = |name: &str, values| Feature { name: name.into(), group: FeatureGroup::Context, values };
        let dictionary = vec!["x".into(), "y".into()];
        ImpressionLog {
            n_rows: 5,
            features: vec![
                feature("city", ColumnValues::Text { dictionary, codes: vec![0, 1, 0, 0, MISSING] }),
                feature("price", ColumnValues::Number(vec![1.0, 1.0, 2.0, 5.0, f64::NAN])),
            ],
            ..ImpressionLog::default()
        }
    }

    #[test]
    fn the_most_alike_come_first() {
        let alike = nearest(&log(), 0, 3);
        assert_eq!(alike.iter().map(|alike| alike.row).collect::<Vec<_>>(), [2, 1, 3]);
        assert!((alike[0].similarity - 0.875).abs() < 1e-12);
        assert_eq!(alike[1].similarity, 0.5);
    }

    #[test]
    fn what_is_missing_in_both_is_the_same() {
        let mut log = log();
        log.features.remove(0);
        assert_eq!(nearest(&log, 4, 1), [Alike { row: 0, similarity: 0.0 }]);
        log.features.clear();
        assert!(nearest(&log, 0, 3).is_empty() && nearest(&self::log(), 9, 3).is_empty());
    }
}
