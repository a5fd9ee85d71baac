//! Fits encoders on training rows.
use std::collections::HashMap;

use super::{DenseEncoder, FieldEncoder, FieldEncoding, FittedFeatures};
use crate::domain::log::{ColumnValues, ImpressionLog, MISSING, holds_lists, items};
use crate::domain::spec::{FeatureSpec, NumericalEncoding};

/// Values of a row that are pooled, at most: each costs every row a place.
pub(in crate::domain) const MAX_VALUES_PER_ROW: usize = 32;

/// Why features cannot be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    #[error("{}", words!(features::no_feature))]
    NoFeature,
}

impl FittedFeatures {
    /// Fits on `train_rows` of `log`: text becomes a vocabulary, numbers become buckets or a dense input.
    ///
    /// # Errors
    /// When the log has no feature.
    pub fn fit(log: &ImpressionLog, train_rows: &[u32], spec: &FeatureSpec) -> Result<Self, FeatureError> {
        let (mut fields, mut dense) = (Vec::new(), Vec::new());
        for feature in &log.features {
            let field = |encoding| FieldEncoder { name: feature.name.clone(), group: feature.group, encoding };
            match (&feature.values, spec.numerical) {
                (ColumnValues::Text { dictionary, codes }, _) if holds_lists(dictionary) => {
                    fields.push(field(fit_lists(dictionary, codes, train_rows, spec)));
                }
                (ColumnValues::Text { dictionary, codes }, _) => {
                    fields.push(field(fit_vocabulary(dictionary, codes, train_rows, spec.min_count)));
                }
                (ColumnValues::Number(values), NumericalEncoding::Buckets) => {
                    fields.push(field(fit_buckets(values, train_rows, spec)));
                }
                (ColumnValues::Number(values), NumericalEncoding::Tanh) => {
                    dense.push(fit_dense(&feature.name, values, train_rows, spec.log1p));
                }
            }
        }
        if fields.is_empty() && dense.is_empty() {
            return Err(FeatureError::NoFeature);
        }
        Ok(Self { fields, dense })
    }
}

fn fit_vocabulary(dictionary: &[String], codes: &[u32], train_rows: &[u32], min_count: u32) -> FieldEncoding {
    let counts = cell_counts(dictionary.len(), codes, train_rows);
    let words = dictionary.iter().map(String::as_str).zip(counts).collect();
    FieldEncoding::Vocabulary { values: vocabulary(words, min_count) }
}

fn fit_lists(dictionary: &[String], codes: &[u32], train_rows: &[u32], spec: &FeatureSpec) -> FieldEncoding {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    let mut longest = 1;
    for (cell, count) in dictionary.iter().zip(cell_counts(dictionary.len(), codes, train_rows)) {
        if count > 0 {
            items(cell).for_each(|item| *counts.entry(item).or_default() += count);
            longest = longest.max(items(cell).count());
        }
    }
    FieldEncoding::Lists {
        values: vocabulary(counts.into_iter().collect(), spec.min_count),
        values_per_row: longest.min(MAX_VALUES_PER_ROW),
        pooling: spec.list_pooling,
    }
}

/// How often each cell is in the training rows.
fn cell_counts(n_cells: usize, codes: &[u32], train_rows: &[u32]) -> Vec<u32> {
    let mut counts = vec![0u32; n_cells];
    for &row in train_rows {
        let code = codes[row as usize];
        if code != MISSING {
            counts[code as usize] += 1;
        }
    }
    counts
}

/// The words that are seen often enough, the most frequent first, then by text.
fn vocabulary(mut words: Vec<(&str, u32)>, min_count: u32) -> Vec<String> {
    words.retain(|&(_, count)| count >= min_count.max(1));
    words.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
    words.into_iter().map(|(word, _)| word.to_owned()).collect()
}

/// The numbers that training sees, after ln(1+x) when that is asked for and none is negative.
fn training_numbers(values: &[f64], train_rows: &[u32], log1p: bool) -> (Vec<f64>, bool) {
    let present = train_rows.iter().map(|&row| values[row as usize]).filter(|x| x.is_finite());
    let mut numbers: Vec<f64> = present.collect();
    let log1p = log1p && numbers.iter().all(|&x| x >= 0.0);
    if log1p {
        numbers.iter_mut().for_each(|x| *x = libm::log1p(*x));
    }
    (numbers, log1p)
}

/// Edges at quantiles, each halfway between two neighbouring training values: none can be hit by rounding.
fn fit_buckets(values: &[f64], train_rows: &[u32], spec: &FeatureSpec) -> FieldEncoding {
    let (mut numbers, log1p) = training_numbers(values, train_rows, spec.log1p);
    numbers.sort_unstable_by(f64::total_cmp);
    let mut distinct = numbers.clone();
    distinct.dedup();
    let mut edges: Vec<f64> = if distinct.len() <= spec.buckets {
        distinct.windows(2).map(|pair| halfway(pair[0], pair[1])).collect()
    } else {
        let quantile = |k: usize| numbers[k * numbers.len() / spec.buckets];
        let edge_below = |value: f64| {
            let position = distinct.partition_point(|&x| x < value);
            (position > 0).then(|| halfway(distinct[position - 1], distinct[position]))
        };
        (1..spec.buckets).filter_map(|k| edge_below(quantile(k))).collect()
    };
    edges.dedup();
    FieldEncoding::Buckets { edges, log1p }
}

/// A number above `low` and at most `high`, in the middle where there is one.
fn halfway(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle > low && middle <= high { middle } else { high }
}

fn fit_dense(name: &str, values: &[f64], train_rows: &[u32], log1p: bool) -> DenseEncoder {
    let (numbers, log1p) = training_numbers(values, train_rows, log1p);
    let n = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let std = libm::sqrt(variance);
    // A constant has no spread to scale by; what is too large to be squared is not scaled either.
    let std = if std.is_finite() && std > 0.0 { std } else { 1.0 };
    let mean = if mean.is_finite() { mean } else { 0.0 };
    DenseEncoder { name: name.to_owned(), mean, std, log1p }
}
