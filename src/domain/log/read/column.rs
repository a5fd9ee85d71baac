//! One column in the making: numbers for as long as every field is one, text from the first that is not.

use std::ops::Range;

use super::number::{DecimalMark, is_missing_answer, is_null_word};
use super::numbers::Numbers;
use super::text::Dictionary;
use crate::domain::log::words::answer;
use crate::domain::log::{ColumnValues, MISSING};

/// As [`crate::domain::log::LIST_MARK`].
const LIST_MARK_TEXT: &str = "\x01";

/// The distinct words of a column need more memory than codes can address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DictionaryFull;

/// A column as it is in a table.
#[derive(Debug)]
pub(super) struct FinishedColumn {
    pub values: ColumnValues,
    /// The first word of a text column that means "no value", and in how many rows such a word stood.
    pub missing: Option<(String, usize)>,
}

/// A column that grows by one field a row.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    values: Values,
    mark: DecimalMark,
    /// Whether its name is a label's.
    is_label: bool,
}

#[derive(Debug)]
enum Values {
    Numbers(Numbers),
    Text { dictionary: Dictionary, codes: Vec<u32> },
    Lists { dictionary: Dictionary, codes: Vec<u32>, ends: Vec<u32> },
}

impl ColumnBuilder {
    pub(super) fn new(mark: DecimalMark) -> Self {
        Self { values: Values::Numbers(Numbers::default()), mark, is_label: false }
    }

    pub(super) fn n_rows(&self) -> usize {
        match &self.values {
            Values::Numbers(numbers) => numbers.values.len(),
            Values::Text { codes, .. } => codes.len(),
            Values::Lists { ends, .. } => ends.len(),
        }
    }

    /// Adds a row's field, without surrounding spaces; empty is missing.
    #[inline]
    pub(super) fn push(&mut self, field: &str) -> Result<(), DictionaryFull> {
        match &mut self.values {
            Values::Numbers(numbers) => {
                if numbers.push(field, self.mark) {
                    return Ok(());
                }
                self.turn_into_text()?;
                self.push(field)
            }
            Values::Text { dictionary, codes } => {
                codes.push(if field.is_empty() { MISSING } else { dictionary.code(field).ok_or(DictionaryFull)? });
                Ok(())
            }
            Values::Lists { .. } => self.push_list([field]),
        }
    }

    /// Adds a row's values, as many as there are; empty ones are left out.
    pub(super) fn push_list<'a>(&mut self, items: impl IntoIterator<Item = &'a str>) -> Result<(), DictionaryFull> {
        if !matches!(self.values, Values::Lists { .. }) {
            self.turn_into_lists()?;
        }
        if let Values::Lists { dictionary, codes, ends } = &mut self.values {
            for item in items.into_iter().filter(|item| !item.is_empty()) {
                codes.push(dictionary.code(item).ok_or(DictionaryFull)?);
            }
            ends.push(u32::try_from(codes.len()).map_err(|_| DictionaryFull)?);
        }
        Ok(())
    }

    /// Adds missing values until the column has `n_rows` rows.
    pub(super) fn fill_to(&mut self, n_rows: usize) {
        match &mut self.values {
            Values::Numbers(numbers) => numbers.values.resize(n_rows.max(numbers.values.len()), f64::NAN),
            Values::Text { codes, .. } => codes.resize(n_rows.max(codes.len()), MISSING),
            Values::Lists { codes, ends, .. } => ends.resize(n_rows.max(ends.len()), codes.len() as u32),
        }
    }

    /// The field of a row that was pushed.
    pub(super) fn field(&self, row: usize) -> String {
        match &self.values {
            Values::Numbers(numbers) => numbers.field(row, self.mark),
            Values::Text { dictionary, codes } if codes[row] != MISSING => dictionary.word(codes[row]).to_owned(),
            Values::Text { .. } => String::new(),
            Values::Lists { dictionary, codes, ends } => {
                let items: Vec<&str> = codes[list_range(ends, row)].iter().map(|&code| dictionary.word(code)).collect();
                items.join(LIST_MARK_TEXT)
            }
        }
    }

    /// Keeps the rows that `keep` says; `keep` is as long as the column.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        match &mut self.values {
            Values::Numbers(numbers) => numbers.retain(keep),
            Values::Text { dictionary, codes } => {
                retain_rows(codes, keep);
                if dictionary.is_mostly_unused(codes) {
                    dictionary.forget_unused(codes);
                }
            }
            Values::Lists { dictionary, codes, ends } => {
                let (mut kept, mut kept_ends) = (Vec::new(), Vec::new());
                for row in (0..ends.len()).filter(|&row| keep[row]) {
                    kept.extend_from_slice(&codes[list_range(ends, row)]);
                    kept_ends.push(kept.len() as u32);
                }
                (*codes, *ends) = (kept, kept_ends);
                if dictionary.is_mostly_unused(codes) {
                    dictionary.forget_unused(codes);
                }
            }
        }
    }

    /// Forgets the words of rows that were not kept.
    pub(super) fn forget_unused(&mut self) {
        if let Values::Text { dictionary, codes } | Values::Lists { dictionary, codes, .. } = &mut self.values {
            dictionary.forget_unused(codes);
        }
    }

    /// Memory that the values take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match &self.values {
            Values::Numbers(numbers) => numbers.bytes(),
            Values::Text { dictionary, codes } => dictionary.bytes() + 4 * codes.len(),
            Values::Lists { dictionary, codes, ends } => dictionary.bytes() + 4 * (codes.len() + ends.len()),
        }
    }

    /// Some rows' values, as they are in a table.
    pub(super) fn values_of(&self, rows: Range<usize>) -> ColumnValues {
        if let Values::Numbers(numbers) = &self.values
            && numbers.values[rows.clone()].iter().any(|value| !value.is_nan())
        {
            return ColumnValues::Number(numbers.values[rows].to_vec());
        }
        let mut dictionary = Dictionary::default();
        // Words of a column that has them all: there is room.
        let mut code = |word: &str| if word.is_empty() { MISSING } else { dictionary.code(word).unwrap_or(MISSING) };
        let codes = match &self.values {
            Values::Text { dictionary, codes } => {
                let word = |&code: &u32| if code == MISSING { "" } else { dictionary.word(code) };
                codes[rows].iter().map(|known| code(word(known))).collect()
            }
            _ => rows.map(|row| code(&self.field(row))).collect(),
        };
        finish_text(dictionary, codes)
    }

    /// Makes it text when some of its numbers are spelled in a way that numbers lose: zeros in front, an exponent, more digits
    /// than an f64 holds. For ids, which are what is written.
    pub(super) fn keep_spellings(&mut self) -> Result<(), DictionaryFull> {
        match &self.values {
            Values::Numbers(numbers) if numbers.has_own_spellings() => self.turn_into_text(),
            _ => Ok(()),
        }
    }

    /// Takes "NA" beside yes and no for no answer: among the words of a feature it may be one like the others.
    pub(super) fn expect_answers(&mut self) {
        self.is_label = true;
    }

    /// The column as it is in a table. One without a single number is text without a value.
    pub(super) fn finish(mut self) -> Result<FinishedColumn, DictionaryFull> {
        if let Values::Numbers(numbers) = &self.values
            && numbers.values.iter().all(|value| value.is_nan())
        {
            self.turn_into_text()?;
        }
        let mut missing = None;
        let values = match self.values {
            Values::Numbers(mut numbers) => {
                numbers.values.shrink_to_fit();
                ColumnValues::Number(numbers.values)
            }
            Values::Text { mut dictionary, mut codes } => {
                missing = blank_missing_words(&mut dictionary, &mut codes, self.is_label);
                finish_text(dictionary, codes)
            }
            Values::Lists { dictionary, codes, ends } => finish_lists(&dictionary, &codes, &ends)?,
        };
        Ok(FinishedColumn { values, missing })
    }

    fn turn_into_text(&mut self) -> Result<(), DictionaryFull> {
        let Values::Numbers(numbers) = &mut self.values else { return Ok(()) };
        let numbers = std::mem::take(numbers);
        let mut dictionary = Dictionary::default();
        let mut codes = Vec::with_capacity(numbers.values.len() + 1);
        numbers.for_each_field(self.mark, |field| {
            codes.push(if field.is_empty() { MISSING } else { dictionary.code(field).ok_or(DictionaryFull)? });
            Ok(())
        })?;
        self.values = Values::Text { dictionary, codes };
        Ok(())
    }

    fn turn_into_lists(&mut self) -> Result<(), DictionaryFull> {
        self.turn_into_text()?;
        if let Values::Text { dictionary, codes } = &mut self.values {
            let (dictionary, codes) = (std::mem::take(dictionary), std::mem::take(codes));
            let mut n_items = 0;
            let is_item = |&code: &u32| u32::from(code != MISSING);
            let ends = codes.iter().map(|code| {
                n_items += is_item(code);
                n_items
            });
            let ends = ends.collect();
            let codes = codes.into_iter().filter(|&code| code != MISSING).collect();
            self.values = Values::Lists { dictionary, codes, ends };
        }
        Ok(())
    }
}

/// Makes words that mean "no value" missing; returns the first of them and in how many rows one stood.
fn blank_missing_words(dictionary: &mut Dictionary, codes: &mut [u32], is_label: bool) -> Option<(String, usize)> {
    let is_missing = if is_label && holds_answers(dictionary) { is_missing_answer } else { is_null_word };
    let is_missing: Vec<bool> = dictionary.words().map(is_missing).collect();
    let first = is_missing.iter().position(|&missing| missing)?;
    let word = dictionary.word(first as u32).to_owned();
    let mut rows = 0;
    for code in codes.iter_mut().filter(|code| **code != MISSING && is_missing[**code as usize]) {
        *code = MISSING;
        rows += 1;
    }
    dictionary.forget_unused(codes);
    (rows > 0).then_some((word, rows))
}

/// Whether all words say yes or no, but for those that stand for no value.
fn holds_answers(dictionary: &Dictionary) -> bool {
    // No column of answers has as many words.
    const MAX_ANSWERS: usize = 8;
    let words: Vec<&str> = dictionary.words().filter(|word| !is_missing_answer(word)).take(MAX_ANSWERS + 1).collect();
    (1..=MAX_ANSWERS).contains(&words.len()) && words.iter().all(|word| answer(word).is_some())
}

/// Where the items of a row are.
pub(super) fn list_range(ends: &[u32], row: usize) -> std::ops::Range<usize> {
    let start = if row == 0 { 0 } else { ends[row - 1] };
    start as usize..ends[row] as usize
}

pub(super) fn retain_rows<T: Copy>(values: &mut Vec<T>, keep: &[bool]) {
    let mut row = 0;
    values.retain(|_| {
        row += 1;
        keep.get(row - 1).copied().unwrap_or(true)
    });
}

fn finish_text(dictionary: Dictionary, mut codes: Vec<u32>) -> ColumnValues {
    codes.shrink_to_fit();
    ColumnValues::Text { dictionary: dictionary.into_words(), codes }
}

/// Lists as text, their items joined.
fn finish_lists(dictionary: &Dictionary, codes: &[u32], ends: &[u32]) -> Result<ColumnValues, DictionaryFull> {
    let mut joined = Dictionary::default();
    let mut cells = Vec::with_capacity(ends.len());
    for row in 0..ends.len() {
        let items: Vec<&str> = codes[list_range(ends, row)].iter().map(|&code| dictionary.word(code)).collect();
        cells.push(if items.is_empty() {
            MISSING
        } else {
            joined.code(&items.join(LIST_MARK_TEXT)).ok_or(DictionaryFull)?
        });
    }
    Ok(finish_text(joined, cells))
}
