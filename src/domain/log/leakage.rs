//! Columns that know a label: what happened after the click or the purchase, written next to it.
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::infer::is_beyond_chance;
use super::{ColumnValues, MISSING, Table};
use crate::domain::metrics::auc;

/// A column alone ranks the label this well: no honest feature does.
const LEAK_AUC: f64 = 0.98;

/// Few honest features rank a label this well by themselves.
const DOUBT_AUC: f64 = 0.8;

/// Fewer rows of a class prove nothing.
const MIN_CLASS_ROWS: usize = 20;

/// Rows looked at; more change the verdict of no column.
const MAX_ROWS: usize = 50_000;

/// A label that columns are held against.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub name: &'static str,
    pub values: Vec<bool>,
    /// The rows in which it is judged: the clicked ones, for what follows a click.
    pub within: Option<Vec<bool>>,
}

/// What a column alone says of the labels.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Knowledge {
    /// It (nearly) determines one; why.
    Leak(String),
    /// It ranks one so well that it may have been written afterwards: the AUC, and why.
    Doubt(f64, String),
}

/// Holds columns against the labels, on some of the rows.
pub(super) struct LeakSearch {
    /// Rows that are looked at.
    rows: Vec<usize>,
    /// Half of the rows that each is in; equal rows are in one.
    folds: Vec<bool>,
    outcomes: Vec<Outcome>,
}

impl LeakSearch {
    pub(super) fn new(table: &Table, outcomes: Vec<Outcome>) -> Self {
        let step = table.n_rows.div_ceil(MAX_ROWS).max(1);
        let rows: Vec<usize> = (0..table.n_rows).step_by(step).collect();
        let mut hashes = vec![0u64; rows.len()];
        let state = FixedState::default();
        for column in &table.columns {
            for (hash, &row) in hashes.iter_mut().zip(&rows) {
                let value = match &column.values {
                    ColumnValues::Number(numbers) => numbers[row].to_bits(),
                    ColumnValues::Text { codes, .. } => u64::from(codes[row]),
                };
                *hash = state.hash_one((*hash, value));
            }
        }
        Self { rows, folds: hashes.iter().map(|hash| hash.count_ones() % 2 == 0).collect(), outcomes }
    }

    /// What `values` alone say of the labels; `None` when nothing out of the ordinary.
    pub(super) fn find(&self, values: &ColumnValues) -> Option<Knowledge> {
        let sample = Sample::new(values, &self.rows);
        let found: Vec<Knowledge> = self.outcomes.iter().filter_map(|outcome| self.of(&sample, outcome)).collect();
        let doubt = |knowledge: &Knowledge| if let Knowledge::Doubt(auc, _) = knowledge { *auc } else { f64::INFINITY };
        found.into_iter().reduce(|best, next| if doubt(&next) > doubt(&best) { next } else { best })
    }

    fn of(&self, sample: &Sample, outcome: &Outcome) -> Option<Knowledge> {
        let judged: Vec<usize> = (0..self.rows.len())
            .filter(|&at| outcome.within.as_ref().is_none_or(|within| within[self.rows[at]]))
            .collect();
        let label: Vec<bool> = judged.iter().map(|&at| outcome.values[self.rows[at]]).collect();
        let is_filled: Vec<bool> = judged.iter().map(|&at| sample.is_filled[at]).collect();
        let name = outcome.name;
        if let Some(reason) = by_filling(&is_filled, &label, name) {
            return Some(Knowledge::Leak(reason));
        }
        let positives = label.iter().filter(|&&yes| yes).count();
        if positives < MIN_CLASS_ROWS || label.len() - positives < MIN_CLASS_ROWS {
            return None;
        }
        let scores: Vec<f64> = judged.iter().map(|&at| sample.scores[at]).collect();
        let by_value = auc(&scores, &label).ok()?;
        let by_code = sample.codes.as_ref().and_then(|codes| {
            let codes: Vec<u32> = judged.iter().map(|&at| codes[at]).collect();
            let folds: Vec<bool> = judged.iter().map(|&at| self.folds[at]).collect();
            auc(&cross_fitted_rates(&codes, &folds, &label), &label).ok()
        });
        let best = by_value.max(1.0 - by_value).max(by_code.unwrap_or_default());
        let auc = format!("{best:.3}");
        match best {
            best if best > LEAK_AUC => Some(Knowledge::Leak(text!(inferred::leak::ranks, label = name, auc = auc))),
            best if best > DOUBT_AUC => {
                let share = |wanted: bool| {
                    let of_class = label.iter().zip(&is_filled).filter(|(yes, _)| **yes == wanted);
                    let (n, filled) =
                        of_class.fold((0, 0), |(n, f), (_, &is_filled)| (n + 1, f + usize::from(is_filled)));
                    format!("{:.1}", 100.0 * f64::from(filled as u32) / f64::from(n.max(1) as u32))
                };
                let reason =
                    text!(inferred::leak::doubt, label = name, auc = auc, with = share(true), without = share(false));
                Some(Knowledge::Doubt(best, reason))
            }
            _ => None,
        }
    }
}

/// Why a column that is filled, or blank, in rows of one class alone tells the label, if it is beyond chance.
fn by_filling(is_filled: &[bool], label: &[bool], name: &str) -> Option<String> {
    let (rows, filled) = (label.len(), is_filled.iter().filter(|&&filled| filled).count());
    let positives = label.iter().filter(|&&yes| yes).count();
    // Where most rows are positive, being filled only there says little.
    if 2 * positives > rows {
        return None;
    }
    let all = |fits: &dyn Fn(bool, bool) -> bool| is_filled.iter().zip(label).all(|(&filled, &yes)| fits(filled, yes));
    if is_beyond_chance(positives, filled, rows) && all(&|filled, yes| yes || !filled) {
        let is_same = filled == positives;
        return Some(match is_same {
            true => text!(inferred::leak::same, label = name),
            false => text!(inferred::leak::filled_only, label = name),
        });
    }
    let is_told = is_beyond_chance(positives, rows - filled, rows) && all(&|filled, yes| yes || filled);
    is_told.then(|| text!(inferred::leak::blank_only, label = name))
}

/// A column's rows as scores, and as codes when it has few values.
struct Sample {
    /// −∞ where missing.
    scores: Vec<f64>,
    codes: Option<Vec<u32>>,
    /// Whether the row holds a value other than 0 and a word for none.
    is_filled: Vec<bool>,
}

impl Sample {
    fn new(values: &ColumnValues, rows: &[usize]) -> Self {
        match values {
            ColumnValues::Number(numbers) => {
                let of = || rows.iter().map(|&row| numbers[row]);
                // A mark for "none" that stands before all else: -1 where everything else is 0 or more.
                let lowest = of().filter(|x| !x.is_nan()).fold(f64::INFINITY, f64::min);
                let is_none = |x: f64| x.is_nan() || x == 0.0 || (x == -1.0 && lowest == -1.0);
                Self {
                    scores: of().map(|x| if x.is_nan() { f64::NEG_INFINITY } else { x }).collect(),
                    codes: few_codes(of()),
                    is_filled: of().map(|x| !is_none(x)).collect(),
                }
            }
            ColumnValues::Text { dictionary, codes } => {
                let codes: Vec<u32> = rows.iter().map(|&row| codes[row]).collect();
                let is_empty_word: Vec<bool> = dictionary
                    .iter()
                    .map(|word| {
                        matches!(
                            word.to_ascii_lowercase().as_str(),
                            "0" | "-1" | "none" | "null" | "nan" | "na" | "no" | "false"
                        )
                    })
                    .collect();
                let is_filled =
                    codes.iter().map(|&code| code != MISSING && !is_empty_word[code as usize]).collect::<Vec<_>>();
                let scores = is_filled.iter().map(|&filled| f64::from(u8::from(filled))).collect();
                Self { scores, codes: Some(codes), is_filled }
            }
        }
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
fn cross_fitted_rates(codes: &[u32], folds: &[bool], label: &[bool]) -> Vec<f64> {
    // A missing value is a value like any other here: the one before the first code.
    let place = |code: u32| code.wrapping_add(1) as usize;
    let n_values = codes.iter().map(|&code| place(code)).max().map_or(0, |last| last + 1);
    let mut counts = vec![[Rate::default(); 2]; n_values];
    for ((&code, &fold), &yes) in codes.iter().zip(folds).zip(label) {
        let rate = &mut counts[place(code)][usize::from(fold)];
        rate.rows += 1.0;
        rate.positives += f64::from(u8::from(yes));
    }
    let base = label.iter().filter(|&&yes| yes).count() as f64 / label.len().max(1) as f64;
    let others = |(&code, &fold): (&u32, &bool)| {
        let others: &Rate = &counts[place(code)][usize::from(!fold)];
        (others.positives + base) / (others.rows + 1.0)
    };
    codes.iter().zip(folds).map(others).collect()
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

    /// A row number beside the column keeps its rows apart.
    fn search(label: &[bool], values: &ColumnValues) -> Option<Knowledge> {
        let number = ColumnValues::Number((0..label.len()).map(|row| row as f64).collect());
        search_in(label, values, number)
    }

    fn search_in(label: &[bool], values: &ColumnValues, beside: ColumnValues) -> Option<Knowledge> {
        let columns = [("beside", beside), ("column", values.clone())];
        let columns = columns.map(|(name, values)| super::super::Column { name: name.into(), values }).to_vec();
        let table = Table { n_rows: label.len(), columns, ..Table::default() };
        let outcome = Outcome { name: "conversion", values: label.to_vec(), within: None };
        LeakSearch::new(&table, vec![outcome]).find(values)
    }

    #[test]
    fn a_copy_of_a_rare_label_and_its_opposite_are_leaks() {
        let label: Vec<bool> = (0..400).map(|row| row % 45 == 7).collect();
        for yes in [1.0, 0.0] {
            let copy = label.iter().map(|&is_one| if is_one { yes } else { 1.0 - yes }).collect();
            let found = search(&label, &ColumnValues::Number(copy));
            assert!(matches!(found, Some(Knowledge::Leak(_))), "{found:?}");
        }
    }

    #[test]
    fn a_log_that_holds_each_row_twice_makes_no_honest_column_a_leak() {
        // Values of two rows each, so that one copy would tell of the other.
        let label: Vec<bool> = (0..2000).map(|row| (row / 2) % 10 == 3).collect();
        let price = ColumnValues::Text {
            dictionary: (0..1000).map(|price| price.to_string()).collect(),
            codes: (0..2000).map(|row| row / 2).collect(),
        };
        let beside = ColumnValues::Number((0..2000).map(|row| f64::from(row / 2)).collect());
        assert_eq!(search_in(&label, &price, beside), None);
    }

    #[test]
    fn what_ranks_well_but_not_wholly_is_in_doubt() {
        let label = labels(1000);
        let dwell = ColumnValues::Number(
            (0..1000).map(|row| if row % 10 == 3 { 30.0 + f64::from(row % 7) } else { f64::from(row % 40) }).collect(),
        );
        assert!(matches!(search(&label, &dwell), Some(Knowledge::Doubt(auc, _)) if (0.8..0.98).contains(&auc)));
    }

    #[test]
    fn what_only_buyers_have_is_a_leak() {
        let label = labels(1000);
        let spend = ColumnValues::Number(label.iter().map(|&yes| if yes { 29.9 } else { 0.0 }).collect());
        let coupon = text((0..1000).map(|row| (row % 40 == 3).then_some("X")));
        let status =
            ColumnValues::Number((0..1000).map(|row| if row % 10 == 3 { 3.0 } else { [1.0, 5.0][row % 2] }).collect());
        for (name, values) in [("spend", spend), ("coupon", coupon), ("status", status)] {
            let found = search(&label, &values);
            assert!(matches!(&found, Some(Knowledge::Leak(why)) if why.contains("conversion")), "{name}: {found:?}");
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
            assert_eq!(search(&label, &values), None, "{name}");
        }
    }

    #[test]
    fn few_positives_prove_nothing() {
        let mut label = vec![false; 100];
        label[5] = true;
        let score = ColumnValues::Number((0..100).map(|row| if row == 5 { 2.0 } else { 1.0 }).collect());
        assert_eq!(search(&label, &score), None);
    }
}
