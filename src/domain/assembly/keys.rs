//! Keys of rows as codes, the same in every table of an assembly.

use std::collections::HashMap;

use super::AssemblyError;
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

/// A column of a table, by name.
pub(super) fn column<'a>(table: &'a Table, of: &str, name: &str) -> Result<&'a Column, AssemblyError> {
    table.column(name).ok_or_else(|| AssemblyError::NoColumn {
        table: of.to_owned(),
        column: name.to_owned(),
        available: table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// Columns of a table, by name.
pub(super) fn columns<'a>(table: &'a Table, of: &str, names: &[String]) -> Result<Vec<&'a Column>, AssemblyError> {
    names.iter().map(|name| column(table, of, name)).collect()
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
