//! Keys of rows as codes, the same in every table of an assembly.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::AssemblyError;
use super::join::KeyPair;
use crate::domain::log::{Column, ColumnValues, MISSING, Table};

/// Codes of keys made of one or more columns. Equal texts are equal keys, whatever the table: 7 and "7", too.
#[derive(Debug, Default)]
pub(super) struct Keys {
    words: HashMap<String, u32>,
    pairs: HashMap<(u32, u32), u32>,
}

impl Keys {
    /// A code for each row; [`MISSING`] where one of the columns has no value.
    pub(super) fn of(&mut self, columns: &[&Column], n_rows: usize) -> Vec<u32> {
        let mut codes: Option<Vec<u32>> = None;
        for column in columns {
            let own = self.of_column(column);
            codes = Some(match codes {
                None => own,
                Some(before) => before.into_iter().zip(own).map(|pair| self.pair(pair)).collect(),
            });
        }
        codes.unwrap_or_else(|| vec![0; n_rows])
    }

    fn of_column(&mut self, column: &Column) -> Vec<u32> {
        match &column.values {
            ColumnValues::Text { dictionary, codes } => {
                let known: Vec<u32> = dictionary.iter().map(|word| self.word(word)).collect();
                codes.iter().map(|&code| if code == MISSING { MISSING } else { known[code as usize] }).collect()
            }
            ColumnValues::Number(numbers) => {
                let mut known: HashMap<u64, u32> = HashMap::new();
                let mut code = |&number: &f64| {
                    if number.is_nan() {
                        return MISSING;
                    }
                    *known.entry(number.to_bits()).or_insert_with(|| self.word(&number.to_string()))
                };
                numbers.iter().map(&mut code).collect()
            }
        }
    }

    fn word(&mut self, word: &str) -> u32 {
        let next = self.words.len() as u32;
        match self.words.get(word) {
            Some(&code) => code,
            None => *self.words.entry(word.to_owned()).or_insert(next),
        }
    }

    fn pair(&mut self, (first, second): (u32, u32)) -> u32 {
        if first == MISSING || second == MISSING {
            return MISSING;
        }
        let next = self.pairs.len() as u32;
        *self.pairs.entry((first, second)).or_insert(next)
    }
}

/// The different values of a column that could be a key: words, or whole numbers.
pub(super) struct Values<'a> {
    values: HashSet<Cow<'a, str>>,
    is_text: bool,
    /// Rows that have one.
    filled: usize,
}

impl<'a> Values<'a> {
    /// `None` for fractions.
    pub(super) fn of(column: &'a Column) -> Option<Self> {
        match &column.values {
            ColumnValues::Text { dictionary, codes } => {
                let values: HashSet<Cow<str>> = dictionary.iter().map(|word| Cow::Borrowed(word.as_str())).collect();
                let filled = codes.iter().filter(|&&code| code != MISSING).count();
                Some(Self { values, filled, is_text: true })
            }
            ColumnValues::Number(numbers) => {
                let filled = || numbers.iter().filter(|number| !number.is_nan());
                if filled().any(|number| number.fract() != 0.0) {
                    return None;
                }
                let bits: HashSet<u64> = filled().map(|number| number.to_bits()).collect();
                let values = bits.into_iter().map(|bits| Cow::Owned(f64::from_bits(bits).to_string())).collect();
                Some(Self { values, filled: filled().count(), is_text: false })
            }
        }
    }

    /// More than a yes and a no: a table of few outcomes has few keys, too.
    pub(super) fn could_be_key(&self) -> bool {
        let is_code = |value: &Cow<str>| value.parse::<f64>().is_ok_and(|number| number > 2.0);
        self.values.len() > 2 || if self.is_text { self.is_unique() } else { self.values.iter().any(is_code) }
    }

    /// Whether each is of one row.
    pub(super) fn is_unique(&self) -> bool {
        self.values.len() == self.filled
    }

    /// Words that tell most rows apart: names of things, and not of kinds of them.
    fn tell_rows_apart(&self) -> bool {
        self.is_text && self.values.len() > 2 && 2 * self.values.len() >= self.filled
    }

    fn shared(&self, other: &Self) -> usize {
        self.values.iter().filter(|value| other.values.contains(*value)).count()
    }

    /// How many of the values are among the other's: a share.
    pub(super) fn share_in(&self, other: &Self) -> f64 {
        self.shared(other) as f64 / self.values.len().max(1) as f64
    }
}

/// Whose values are to be found in the other table.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// The rows' values: the other table describes them.
    Left,
    /// The other table's values: it holds outcomes of the rows.
    Right,
}

/// Of a key's values, so many are to be found.
pub(super) const LEAST_SHARE: f64 = 0.5;

/// Columns that share values.
pub(super) struct SharedKey {
    pub pair: KeyPair,
    share: f64,
    tells_rows_apart: bool,
}

impl SharedKey {
    /// Whether it may be proposed: nearly all values are found, and they are no small numbers or kinds, which are everywhere.
    pub(super) fn is_sure(&self) -> bool {
        const SURE_SHARE: f64 = 0.9;
        self.tells_rows_apart && self.share >= SURE_SHARE
    }
}

/// The columns that share most values, at least [`LEAST_SHARE`]; of a table that describes the rows, one that has each once.
pub(super) fn shared_key(rows: &Table, other: &Table, side: Side) -> Option<SharedKey> {
    let named = |column| Some((column, Values::of(column)?));
    let lefts: Vec<(&Column, Values)> = rows.columns.iter().filter_map(named).collect();
    let rights = other.columns.iter().filter_map(named).filter(|(_, right)| side == Side::Right || right.is_unique());
    let mut best: Option<(f64, SharedKey)> = None;
    for (right, of_right) in rights {
        for (left, of_left) in &lefts {
            let share = if side == Side::Left { of_left.share_in(&of_right) } else { of_right.share_in(of_left) };
            // Many shared values say more than a few small numbers; among equals, the name.
            let is_same_name = left.name.eq_ignore_ascii_case(&right.name);
            let score = of_left.shared(&of_right) as f64 * share + if is_same_name { 0.5 } else { 0.0 };
            if share >= LEAST_SHARE && best.as_ref().is_none_or(|(known, _)| score > *known) {
                let pair = KeyPair { left: left.name.clone(), right: right.name.clone() };
                best = Some((score, SharedKey { pair, share, tells_rows_apart: of_right.tell_rows_apart() }));
            }
        }
    }
    best.map(|(_, key)| key)
}

/// A column of a table, by name.
pub(super) fn column<'a>(table: &'a Table, of: &str, name: &str) -> Result<&'a Column, AssemblyError> {
    table.column(name).ok_or_else(|| AssemblyError::NoColumn {
        table: of.to_owned(),
        column: name.to_owned(),
        available: table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// Columns of a table, by name.
pub(super) fn columns<'a, 'n>(
    table: &'a Table,
    of: &str,
    names: impl IntoIterator<Item = &'n String>,
) -> Result<Vec<&'a Column>, AssemblyError> {
    names.into_iter().map(|name| column(table, of, name)).collect()
}

/// Values of some rows, missing where there is none.
pub(super) fn pick(values: &ColumnValues, rows: impl Iterator<Item = Option<usize>>) -> ColumnValues {
    match values {
        ColumnValues::Number(numbers) => {
            ColumnValues::Number(rows.map(|row| row.map_or(f64::NAN, |row| numbers[row])).collect())
        }
        ColumnValues::Text { dictionary, codes } => {
            let mut new = vec![MISSING; dictionary.len()];
            let mut used: Vec<String> = Vec::new();
            let mut recode = |row: Option<usize>| {
                let code = row.map_or(MISSING, |row| codes[row]);
                if code == MISSING {
                    return MISSING;
                }
                let new = &mut new[code as usize];
                if *new == MISSING {
                    *new = used.len() as u32;
                    used.push(dictionary[code as usize].clone());
                }
                *new
            };
            let codes = rows.map(&mut recode).collect();
            ColumnValues::Text { dictionary: used, codes }
        }
    }
}

/// A name that no column of the table has: the wanted one, or with a number behind it.
pub(super) fn free_name(table: &Table, wanted: &str) -> String {
    let mut names = (1usize..).map(|n| if n == 1 { wanted.to_owned() } else { format!("{wanted}_{n}") });
    // As many names as columns and one more: one of them is free.
    names.find(|name| table.column(name).is_none()).unwrap_or_default()
}
