//! Columns that know a label: what happened after the click or the purchase, written next to it.
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::{ColumnValues, MISSING};
use crate::domain::metrics::auc;

/// A column alone ranks the label this well: no honest feature does.
const LEAK_AUC: f64 = 0.98;

/// Fewer rows of a class prove nothing.
const MIN_CLASS_ROWS: usize = 20;

/// Fewer filled rows may all be positive by chance.
const MIN_FILLED_ROWS: usize = 10;

/// Rows looked at; more change the verdict of no column.
const MAX_ROWS: usize = 50_000;

/// Why `values` (nearly) determine one of `labels` (name and values), or `None` when they do not.
pub(super) fn find_leak(values: &ColumnValues, labels: &[(&str, &[bool])]) -> Option<String> {
    let sample = Sample::new(values);
    labels.iter().find_map(|&(name, label)| {
        let label: Vec<bool> = label.iter().copied().step_by(sample.step).collect();
        let positives = label.iter().filter(|&&yes| yes).count();
        if sample.is_filled_only_where(&label, positives) {
            return Some(text!(inferred::leak::filled_only, label = name));
        }
        if positives < MIN_CLASS_ROWS || label.len() - positives < MIN_CLASS_ROWS {
            return None;
        }
        let by_value = auc(&sample.scores, &label).ok()?;
        let by_code = sample.codes.as_ref().and_then(|codes| auc(&cross_fitted_rates(codes, &label), &label).ok());
        let best = by_value.max(1.0 - by_value).max(by_code.unwrap_or_default());
        (best > LEAK_AUC).then(|| text!(inferred::leak::ranks, label = name, auc = format_args!("{best:.3}")))
    })
}

/// A column's rows as scores, and as codes when it has few values.
struct Sample {
    step: usize,
    /// −∞ where missing.
    scores: Vec<f64>,
    codes: Option<Vec<u32>>,
    /// Whether the row holds a value other than 0.
    is_filled: Vec<bool>,
}

impl Sample {
    fn new(values: &ColumnValues) -> Self {
        match values {
            ColumnValues::Number(numbers) => {
                let step = numbers.len().div_ceil(MAX_ROWS).max(1);
                let rows = || numbers.iter().copied().step_by(step);
                Self {
                    step,
                    scores: rows().map(|x| if x.is_nan() { f64::NEG_INFINITY } else { x }).collect(),
                    codes: few_codes(rows()),
                    is_filled: rows().map(|x| !x.is_nan() && x != 0.0).collect(),
                }
            }
            ColumnValues::Text { dictionary, codes } => {
                let step = codes.len().div_ceil(MAX_ROWS).max(1);
                let codes: Vec<u32> = codes.iter().copied().step_by(step).collect();
                let is_empty_word: Vec<bool> = dictionary
                    .iter()
                    .map(|word| matches!(word.to_ascii_lowercase().as_str(), "0" | "none" | "null" | "nan" | "na"))
                    .collect();
                let is_filled =
                    codes.iter().map(|&code| code != MISSING && !is_empty_word[code as usize]).collect::<Vec<_>>();
                let scores = is_filled.iter().map(|&filled| f64::from(u8::from(filled))).collect();
                Self { step, scores, codes: Some(codes), is_filled }
            }
        }
    }

    fn is_filled_only_where(&self, label: &[bool], positives: usize) -> bool {
        let filled = self.is_filled.iter().filter(|&&filled| filled).count();
        // Where most rows are positive, being filled only there says little.
        filled >= MIN_FILLED_ROWS
            && 2 * positives <= label.len()
            && self.is_filled.iter().zip(label).all(|(&filled, &yes)| yes || !filled)
    }
}

/// Codes of a numeric column with few distinct values: states written as numbers.
fn few_codes(numbers: impl Iterator<Item = f64>) -> Option<Vec<u32>> {
    const MAX_STATES: usize = 256;
    let mut code_of: HashMap<u64, u32, FixedState> = HashMap::default();
    let mut codes = Vec::new();
    for number in numbers {
        let next = code_of.len() as u32;
        codes.push(*code_of.entry(number.to_bits()).or_insert(next));
        if code_of.len() > MAX_STATES {
            return None;
        }
    }
    Some(codes)
}

/// Each row's score is the label's rate among *other* rows of its value, so that unique values score nothing.
fn cross_fitted_rates(codes: &[u32], label: &[bool]) -> Vec<f64> {
    // By parity of the set bits, which no period in a log's rows can follow.
    let fold = |row: usize| row.count_ones() as usize % 2;
    // A missing value is a value like any other here: the one before the first code.
    let place = |code: u32| code.wrapping_add(1) as usize;
    let n_values = codes.iter().map(|&code| place(code)).max().map_or(0, |last| last + 1);
    let mut counts = vec![[Rate::default(); 2]; n_values];
    for (row, (&code, &yes)) in codes.iter().zip(label).enumerate() {
        let rate = &mut counts[place(code)][fold(row)];
        rate.rows += 1.0;
        rate.positives += f64::from(u8::from(yes));
    }
    let base = label.iter().filter(|&&yes| yes).count() as f64 / label.len().max(1) as f64;
    let others = |row, code| {
        let others: &Rate = &counts[place(code)][1 - fold(row)];
        (others.positives + base) / (others.rows + 1.0)
    };
    codes.iter().enumerate().map(|(row, &code)| others(row, code)).collect()
}

/// How often a label is 1 among some rows.
#[derive(Debug, Clone, Copy, Default)]
struct Rate {
    rows: f64,
    positives: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(n: usize) -> Vec<bool> {
        (0..n).map(|row| row % 10 == 3).collect()
    }

    fn text(values: impl Iterator<Item = Option<&'static str>>) -> ColumnValues {
        let mut dictionary: Vec<String> = Vec::new();
        let codes = values
            .map(|value| {
                let Some(value) = value else { return MISSING };
                let known = dictionary.iter().position(|word| word == value);
                known.unwrap_or_else(|| {
                    dictionary.push(value.to_owned());
                    dictionary.len() - 1
                }) as u32
            })
            .collect();
        ColumnValues::Text { dictionary, codes }
    }

    #[test]
    fn what_only_buyers_have_is_a_leak() {
        let label = labels(1000);
        let spend = ColumnValues::Number(label.iter().map(|&yes| if yes { 29.9 } else { 0.0 }).collect());
        let coupon = text((0..1000).map(|row| (row % 40 == 3).then_some("X")));
        let status =
            ColumnValues::Number((0..1000).map(|row| if row % 10 == 3 { 3.0 } else { [1.0, 5.0][row % 2] }).collect());
        for (name, values) in [("spend", spend), ("coupon", coupon), ("status", status)] {
            let leak = find_leak(&values, &[("conversion", &label)]);
            assert!(leak.as_ref().is_some_and(|reason| reason.contains("conversion")), "{name}: {leak:?}");
        }
    }

    #[test]
    fn honest_and_unique_columns_are_no_leak() {
        let label = labels(1000);
        let helpful = ColumnValues::Number((0..1000).map(|row| f64::from(u8::from(row % 10 < 5))).collect());
        let unique = ColumnValues::Text {
            dictionary: (0..1000).map(|row| format!("u{row}")).collect(),
            codes: (0..1000).collect(),
        };
        let rare = text((0..1000).map(|row| (row == 13).then_some("once")));
        for (name, values) in [("helpful", helpful), ("unique", unique), ("rare", rare)] {
            assert_eq!(find_leak(&values, &[("conversion", &label)]), None, "{name}");
        }
    }

    #[test]
    fn few_positives_prove_nothing() {
        let mut label = vec![false; 100];
        label[5] = true;
        let score = ColumnValues::Number((0..100).map(|row| if row == 5 { 2.0 } else { 1.0 }).collect());
        assert_eq!(find_leak(&score, &[("conversion", &label)]), None);
    }
}
