//! Filter, search and sort of a table's rows.
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::domain::log::{ColumnValues, MISSING, Table};

/// Which rows, in which order. The default is all of them, as they are in the file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RowQuery {
    /// All must hold.
    pub filters: Vec<RowFilter>,
    /// Text that some column of the row holds; letters' case does not matter. Empty: every row.
    pub search: String,
    pub sort: Option<SortBy>,
}

/// A condition on one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowFilter {
    pub column: String,
    pub condition: Condition,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// This value, as text or as a number.
    Is(String),
    IsNot(String),
    /// Text that holds this, whatever the case.
    Contains(String),
    Above(f64),
    Below(f64),
    Missing,
    Present,
}

/// Order by one column: numbers by size, text by the alphabet, missing values last either way, ties as in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SortBy {
    pub column: String,
    pub descending: bool,
}

/// Numbers that are no column of the table but can be asked for like one, such as a model's predictions.
#[derive(Debug, Clone, Copy)]
pub struct ValueColumn<'a> {
    pub name: &'a str,
    /// One a row; NaN where there is none.
    pub values: &'a [f64],
}

/// Why rows cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("{}", words!(log::query::unknown_column, column = .0))]
    UnknownColumn(String),
    #[error("{}", words!(log::query::not_numbers, column = .column))]
    NotNumbers { column: String },
}

enum Values<'a> {
    Text { dictionary: &'a [String], codes: &'a [u32] },
    Numbers(&'a [f64]),
}

impl RowQuery {
    /// The rows, in order; `extra` columns come before the table's own of the same name.
    ///
    /// # Errors
    /// When a column is not there, or is not of the kind that is asked.
    pub fn select(&self, table: &Table, extra: &[ValueColumn<'_>]) -> Result<Vec<u32>, QueryError> {
        let mut keep = vec![true; table.n_rows];
        for filter in &self.filters {
            let holds = filter.condition.test(values(table, extra, &filter.column)?, &filter.column)?;
            keep.iter_mut().enumerate().for_each(|(row, keep)| *keep = *keep && holds(row));
        }
        let mut rows: Vec<u32> = (0..table.n_rows as u32).filter(|&row| keep[row as usize]).collect();
        if !self.search.trim().is_empty() {
            let found = search(table, self.search.trim());
            rows.retain(|&row| found[row as usize]);
        }
        if let Some(SortBy { column, descending }) = &self.sort {
            sort(&mut rows, &values(table, extra, column)?, *descending);
        }
        Ok(rows)
    }
}

fn values<'a>(table: &'a Table, extra: &[ValueColumn<'a>], name: &str) -> Result<Values<'a>, QueryError> {
    if let Some(column) = extra.iter().find(|column| column.name == name) {
        return Ok(Values::Numbers(column.values));
    }
    match table.column(name).map(|column| &column.values) {
        Some(ColumnValues::Number(numbers)) => Ok(Values::Numbers(numbers)),
        Some(ColumnValues::Text { dictionary, codes }) => Ok(Values::Text { dictionary, codes }),
        None => Err(QueryError::UnknownColumn(name.to_owned())),
    }
}

type Test<'a> = Box<dyn Fn(usize) -> bool + 'a>;

impl Condition {
    fn test<'a>(&self, values: Values<'a>, column: &str) -> Result<Test<'a>, QueryError> {
        match values {
            Values::Numbers(numbers) => Ok(self.test_numbers(numbers)),
            Values::Text { dictionary, codes } => {
                let is_one =
                    self.words(dictionary).ok_or_else(|| QueryError::NotNumbers { column: column.to_owned() })?;
                let of_missing = matches!(self, Self::Missing | Self::IsNot(_));
                Ok(Box::new(move |row| match codes[row] {
                    MISSING => of_missing,
                    code => is_one[code as usize],
                }))
            }
        }
    }

    fn test_numbers<'a>(&self, numbers: &'a [f64]) -> Test<'a> {
        match self {
            Self::Missing => Box::new(|row| numbers[row].is_nan()),
            Self::Present => Box::new(|row| !numbers[row].is_nan()),
            Self::Above(limit) => {
                let limit = *limit;
                Box::new(move |row| numbers[row] > limit)
            }
            Self::Below(limit) => {
                let limit = *limit;
                Box::new(move |row| numbers[row] < limit)
            }
            Self::Is(text) => {
                let wanted = text.trim().parse::<f64>().unwrap_or(f64::NAN);
                Box::new(move |row| numbers[row] == wanted)
            }
            Self::IsNot(text) => {
                let wanted = text.trim().parse::<f64>().unwrap_or(f64::NAN);
                Box::new(move |row| numbers[row] != wanted)
            }
            Self::Contains(text) => {
                let wanted = text.trim().to_owned();
                Box::new(move |row| !numbers[row].is_nan() && numbers[row].to_string().contains(&wanted))
            }
        }
    }

    /// Which words of a dictionary the condition holds for; `None` when it asks for numbers.
    fn words(&self, dictionary: &[String]) -> Option<Vec<bool>> {
        let each = |is_one: &dyn Fn(&str) -> bool| dictionary.iter().map(|word| is_one(word)).collect();
        Some(match self {
            Self::Missing => each(&|_| false),
            Self::Present => each(&|_| true),
            Self::Is(text) => each(&|word| word == text.trim()),
            Self::IsNot(text) => each(&|word| word != text.trim()),
            Self::Contains(text) => {
                let wanted = text.trim().to_lowercase();
                each(&|word| word.to_lowercase().contains(&wanted))
            }
            Self::Above(_) | Self::Below(_) => return None,
        })
    }
}

/// Where some column holds `text`: each word of a dictionary is looked at once.
fn search(table: &Table, text: &str) -> Vec<bool> {
    let contains = Condition::Contains(text.to_owned());
    let mut found = vec![false; table.n_rows];
    for column in &table.columns {
        match &column.values {
            ColumnValues::Text { dictionary, codes } => {
                let Some(is_one) = contains.words(dictionary).filter(|is_one| is_one.contains(&true)) else { continue };
                for (found, &code) in found.iter_mut().zip(codes) {
                    *found |= code != MISSING && is_one[code as usize];
                }
            }
            // A number is searched for as a whole: "1" would be in nearly every one.
            ColumnValues::Number(numbers) => {
                let Ok(wanted) = text.parse::<f64>() else { continue };
                found.iter_mut().zip(numbers).for_each(|(found, &number)| *found |= number == wanted);
            }
        }
    }
    found
}

fn sort(rows: &mut [u32], values: &Values<'_>, descending: bool) {
    let turned = |order: Ordering| if descending { order.reverse() } else { order };
    match values {
        Values::Numbers(numbers) => rows.sort_by(|&a, &b| {
            let (a, b) = (numbers[a as usize], numbers[b as usize]);
            match (a.is_nan(), b.is_nan()) {
                (false, false) => turned(a.total_cmp(&b)),
                (a, b) => a.cmp(&b),
            }
        }),
        Values::Text { dictionary, codes } => {
            let mut order: Vec<u32> = (0..dictionary.len() as u32).collect();
            order.sort_by(|&a, &b| dictionary[a as usize].cmp(&dictionary[b as usize]));
            let mut rank = vec![0u32; dictionary.len()];
            order.iter().zip(0..).for_each(|(&code, place)| rank[code as usize] = place);
            rows.sort_by(|&a, &b| match (codes[a as usize], codes[b as usize]) {
                (MISSING, MISSING) => Ordering::Equal,
                (MISSING, _) => Ordering::Greater,
                (_, MISSING) => Ordering::Less,
                (a, b) => turned(rank[a as usize].cmp(&rank[b as usize])),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::{ReadOptions, read_table};

    fn table() -> Table {
        let text = "city,price,click\nBern,3,1\nGenève,1,0\n,2,0\nBasel,,1\nbern,10,0\n";
        read_table(text.as_bytes(), &ReadOptions::default()).expect("reads").table
    }

    fn filter(column: &str, condition: Condition) -> RowQuery {
        RowQuery { filters: vec![RowFilter { column: column.into(), condition }], ..RowQuery::default() }
    }

    fn sort_by(column: &str, descending: bool) -> RowQuery {
        RowQuery { sort: Some(SortBy { column: column.into(), descending }), ..RowQuery::default() }
    }

    #[test]
    fn rows_are_filtered_searched_and_sorted() {
        let search = |text: &str| RowQuery { search: text.into(), ..RowQuery::default() };
        for (query, expected) in [
            (RowQuery::default(), vec![0, 1, 2, 3, 4]),
            (filter("city", Condition::Is("Bern".into())), vec![0]),
            (filter("city", Condition::IsNot("Bern".into())), vec![1, 2, 3, 4]),
            (filter("city", Condition::Contains("BER".into())), vec![0, 4]),
            (filter("city", Condition::Missing), vec![2]),
            (filter("price", Condition::Above(2.0)), vec![0, 4]),
            (filter("price", Condition::Below(2.0)), vec![1]),
            (filter("price", Condition::Is("10.0".into())), vec![4]),
            (filter("price", Condition::Present), vec![0, 1, 2, 4]),
            (search("be"), vec![0, 4]),
            (search("GENÈVE"), vec![1]),
            (search("2"), vec![2]),
            (sort_by("price", false), vec![1, 2, 0, 4, 3]),
            (sort_by("price", true), vec![4, 0, 2, 1, 3]),
            (sort_by("city", false), vec![3, 0, 1, 4, 2]),
            (sort_by("click", true), vec![0, 3, 1, 2, 4]),
        ] {
            assert_eq!(query.select(&table(), &[]), Ok(expected), "{query:?}");
        }
    }

    #[test]
    fn predictions_are_sorted_and_filtered_like_columns() {
        let extra = [ValueColumn { name: "p_cvr", values: &[0.1, 0.5, 0.3, 0.2, f64::NAN] }];
        assert_eq!(sort_by("p_cvr", true).select(&table(), &extra), Ok(vec![1, 2, 3, 0, 4]));
        assert_eq!(filter("p_cvr", Condition::Above(0.25)).select(&table(), &extra), Ok(vec![1, 2]));
    }

    #[test]
    fn what_cannot_be_asked_is_said() {
        let unknown = QueryError::UnknownColumn("town".into());
        assert_eq!(sort_by("town", true).select(&table(), &[]), Err(unknown));
        let text = QueryError::NotNumbers { column: "city".into() };
        assert_eq!(filter("city", Condition::Above(1.0)).select(&table(), &[]), Err(text));
    }
}
