//! What a column holds, in a few numbers and a small histogram.
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::distinct::distinct_numbers;
use super::{Column, ColumnValues, MISSING, Role, holds_lists, items};

/// What was inferred about one column, and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnReport {
    pub name: String,
    pub role: Role,
    /// One clause: "named like a click label and holds only 0 and 1".
    pub reason: String,
    pub confidence: Confidence,
    /// Whether every value is a number; else it is text.
    pub is_number: bool,
    pub distinct: usize,
    pub missing: usize,
    pub spark: Spark,
    /// Why the column gives a label away, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<String>,
    /// Why the column may have been known only afterwards, if it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

/// How much the role's reason weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// By a ROLES file or by hand.
    Given,
    /// Name and values agree, or the values leave no choice.
    Sure,
    /// The name alone, or the values alone.
    Likely,
    /// Something had to be chosen.
    Guess,
}

/// A histogram small enough for a table's cell: at most [`Spark::MAX_BARS`] bars.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spark {
    /// Numbers: bars of equal width from the lowest to the highest 1 % of values, what lies beyond in the outer bars.
    /// Text: the most frequent values, the most frequent first.
    pub counts: Vec<u32>,
    /// Numbers: both ends of the bars. Text: the value of each bar, cut short.
    pub values: Vec<String>,
}

impl Spark {
    /// More bars do not fit a cell.
    pub const MAX_BARS: usize = 16;

    pub(super) fn of(column: &Column) -> Self {
        match &column.values {
            ColumnValues::Number(numbers) => Self::of_numbers(numbers),
            ColumnValues::Text { dictionary, codes } => Self::of_text(dictionary, codes),
        }
    }

    fn of_numbers(numbers: &[f64]) -> Self {
        const SAMPLE: usize = 4096;
        let step = numbers.len().div_ceil(SAMPLE).max(1);
        let mut sample: Vec<f64> = numbers.iter().copied().step_by(step).filter(|x| !x.is_nan()).collect();
        if sample.is_empty() {
            sample = numbers.iter().copied().filter(|x| !x.is_nan()).take(SAMPLE).collect();
        }
        sample.sort_unstable_by(f64::total_cmp);
        let (Some(&low), Some(&high)) =
            (sample.get(sample.len() / 100), sample.get((sample.len() * 99).div_ceil(100).max(1) - 1))
        else {
            return Self::default();
        };
        // A value that 98 % have leaves no width: a rare label's ones lie beyond it.
        let (low, high) = if low == high {
            numbers.iter().filter(|x| !x.is_nan()).fold((low, high), |(low, high), &x| (low.min(x), high.max(x)))
        } else {
            (low, high)
        };
        sample.dedup();
        let bars = sample.len().clamp(1, Self::MAX_BARS);
        let mut counts = vec![0; bars];
        let scale = bars as f64 / (high - low).max(f64::MIN_POSITIVE);
        for &number in numbers.iter().filter(|x| !x.is_nan()) {
            // The cast takes what lies below to the first bar; infinite widths make NaN, which is 0 too.
            counts[(((number - low) * scale) as usize).min(bars - 1)] += 1;
        }
        Self { counts, values: vec![low.to_string(), high.to_string()] }
    }

    fn of_text(dictionary: &[String], codes: &[u32]) -> Self {
        const SHOWN_CHARS: usize = 24;
        let mut counts = vec![0u32; dictionary.len()];
        for &code in codes.iter().filter(|&&code| code != MISSING) {
            counts[code as usize] += 1;
        }
        let mut order: Vec<u32> = (0..dictionary.len() as u32).collect();
        let by_count = |&a: &u32, &b: &u32| counts[b as usize].cmp(&counts[a as usize]).then(a.cmp(&b));
        if order.len() > Self::MAX_BARS {
            order.select_nth_unstable_by(Self::MAX_BARS - 1, by_count);
            order.truncate(Self::MAX_BARS);
        }
        order.sort_unstable_by(by_count);
        Self {
            counts: order.iter().map(|&code| counts[code as usize]).collect(),
            values: order.iter().map(|&code| dictionary[code as usize].chars().take(SHOWN_CHARS).collect()).collect(),
        }
    }
}

/// Distinct and missing values of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnStats {
    pub distinct: usize,
    pub missing: usize,
}

/// Whether (nearly) every row has a value of its own, so that nothing can be learnt of it.
pub(in crate::domain) fn tells_every_row_apart(column: &Column) -> bool {
    ColumnStats::of(column).is_near_unique(column.values.len())
}

impl ColumnStats {
    pub(super) fn of(column: &Column) -> Self {
        match &column.values {
            ColumnValues::Text { dictionary, codes } => {
                let missing = codes.iter().filter(|&&code| code == MISSING).count();
                // Of lists, what is distinct are the items: nearly every cell may be one of a kind.
                let distinct = if holds_lists(dictionary) {
                    dictionary.iter().flat_map(|cell| items(cell)).collect::<HashSet<_>>().len()
                } else {
                    dictionary.len()
                };
                Self { distinct, missing }
            }
            ColumnValues::Number(numbers) => {
                let missing = numbers.iter().filter(|number| number.is_nan()).count();
                Self { distinct: distinct_numbers(numbers), missing }
            }
        }
    }

    pub(super) fn is_constant(&self) -> bool {
        self.distinct == 0 || (self.distinct == 1 && self.missing == 0)
    }

    /// Whether (nearly) every row has a value of its own; small tables prove nothing.
    pub(super) fn is_near_unique(&self, n_rows: usize) -> bool {
        const MIN_ROWS: usize = 200;
        n_rows >= MIN_ROWS
            && self.distinct as f64 > 0.95 * (n_rows - self.missing) as f64
            && self.distinct > MIN_ROWS / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_in_bars_and_outliers_in_the_outer_ones() {
        let mut numbers: Vec<f64> = (0..1000).map(|row| f64::from(row % 100)).collect();
        numbers.extend([1e9, -1e9, f64::NAN]);
        let spark = Spark::of_numbers(&numbers);
        assert_eq!(spark.counts.len(), Spark::MAX_BARS);
        assert_eq!(spark.counts.iter().sum::<u32>(), 1002);
        assert_eq!(spark.values, ["0", "99"]);
    }

    #[test]
    fn few_numbers_have_few_bars() {
        assert_eq!(Spark::of_numbers(&[0.0, 1.0, 1.0, 0.0, 0.0]).counts, [3, 2]);
        assert_eq!(Spark::of_numbers(&[7.0, 7.0]).counts, [2]);
        let rare: Vec<f64> = (0..1000).map(|row| f64::from(u8::from(row == 500))).collect();
        let spark = Spark::of_numbers(&rare);
        assert_eq!(
            (spark.counts.as_slice(), spark.values.as_slice()),
            ([999, 1].as_slice(), ["0".into(), "1".into()].as_slice())
        );
        assert_eq!(Spark::of_numbers(&[f64::NAN]), Spark::default());
    }

    #[test]
    fn the_most_frequent_texts_come_first() {
        let dictionary: Vec<String> = (0..40).map(|code| format!("value {code}")).collect();
        let codes: Vec<u32> = (0..40).chain([7, 7, 3, MISSING]).collect();
        let spark = Spark::of_text(&dictionary, &codes);
        assert_eq!(spark.counts.len(), Spark::MAX_BARS);
        assert_eq!(
            (&spark.counts[..3], &spark.values[..2]),
            ([3, 2, 1].as_slice(), ["value 7".to_owned(), "value 3".into()].as_slice())
        );
    }
}
