//! Looking into a table, and taking rows of it.
use std::borrow::Cow;

use super::names::is_truth;
use super::{Column, ColumnValues, MISSING, Table};

impl Table {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Row of the file (0-based, header not counted) that `row` came from.
    pub fn source_row(&self, row: usize) -> usize {
        self.source_rows.as_ref().map_or(row, |rows| rows[row] as usize)
    }

    /// Line of a row in its file: the header is line 1.
    pub fn line(&self, row: usize) -> u64 {
        self.source_row(row) as u64 + 2
    }

    /// The table with `rows` (ascending) alone, which remember where they came from.
    pub fn with_rows(&self, rows: &[u32]) -> Self {
        let columns =
            self.columns.iter().map(|column| Column { name: column.name.clone(), values: column.values.take(rows) });
        Self {
            n_rows: rows.len(),
            columns: columns.collect(),
            source_rows: Some(rows.iter().map(|&row| self.source_row(row as usize) as u32).collect()),
            ..self.clone_without_columns()
        }
    }

    /// The table without what a generated log alone knows.
    pub fn without_truth(&self) -> Self {
        let columns = self.columns.iter().filter(|column| !is_truth(&column.name)).cloned().collect();
        Self { n_rows: self.n_rows, columns, source_rows: self.source_rows.clone(), ..self.clone_without_columns() }
    }

    fn clone_without_columns(&self) -> Self {
        Self { n_rows: 0, columns: Vec::new(), source_rows: None, sample: self.sample.clone() }
    }

    /// The columns' names in file order, for a message; cut short when there are many.
    pub(super) fn column_names(&self) -> String {
        const SHOWN: usize = 20;
        let names: Vec<&str> = self.columns.iter().take(SHOWN).map(|column| column.name.as_str()).collect();
        let more = self.columns.len().saturating_sub(SHOWN);
        let tail = if more > 0 { text!(funnel::more, n = more) } else { String::new() };
        format!("{}{tail}", names.join(", "))
    }
}

impl Column {
    /// The values as numbers, NaN where missing; or the first row whose value is none, with that value.
    pub(super) fn numbers(&self) -> Result<Cow<'_, [f64]>, (usize, String)> {
        match &self.values {
            ColumnValues::Number(numbers) => Ok(Cow::Borrowed(numbers)),
            ColumnValues::Text { dictionary, codes } => {
                let parsed: Vec<Option<f64>> = dictionary.iter().map(|text| text.parse().ok()).collect();
                // "inf" and "nan" are spelled numbers without a value.
                let number = |code: u32| parsed[code as usize].map(|x| if x.is_finite() { x } else { f64::NAN });
                let read = |(row, &code): (usize, &u32)| match code {
                    MISSING => Ok(f64::NAN),
                    code => number(code).ok_or_else(|| (row, dictionary[code as usize].clone())),
                };
                codes.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>().map(Cow::Owned)
            }
        }
    }
}

impl Column {
    /// Makes it a column of numbers; what is none becomes missing.
    pub(super) fn keep_numbers(&mut self) {
        if let ColumnValues::Text { dictionary, codes } = &self.values {
            let parse = |text: &String| text.parse().ok().filter(|x: &f64| x.is_finite()).unwrap_or(f64::NAN);
            let numbers: Vec<f64> = dictionary.iter().map(parse).collect();
            let number = |&code: &u32| if code == MISSING { f64::NAN } else { numbers[code as usize] };
            self.values = ColumnValues::Number(codes.iter().map(number).collect());
        }
    }
}

impl ColumnValues {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text { codes, .. } => codes.len(),
            Self::Number(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the row has no value.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Text { codes, .. } => codes[row] == MISSING,
            Self::Number(values) => values[row].is_nan(),
        }
    }

    /// The value of one row as text; empty where missing.
    pub fn text(&self, row: usize) -> String {
        match self {
            Self::Text { codes, .. } if codes[row] == MISSING => String::new(),
            Self::Text { dictionary, codes } => dictionary[codes[row] as usize].clone(),
            Self::Number(values) if values[row].is_nan() => String::new(),
            Self::Number(values) => values[row].to_string(),
        }
    }

    /// Leaves out the last row, and its word if no other row has it.
    pub(super) fn drop_last(&mut self) {
        match self {
            Self::Number(values) => drop(values.pop()),
            Self::Text { dictionary, codes } => {
                let code = codes.pop().unwrap_or(MISSING);
                // A word that comes in the last row for the first time is the newest one.
                if code as usize + 1 == dictionary.len() && !codes.contains(&code) {
                    dictionary.pop();
                }
            }
        }
    }

    /// The values of `rows`; a dictionary keeps the entries in use alone, in order of first use.
    fn take(&self, rows: &[u32]) -> Self {
        match self {
            Self::Number(values) => Self::Number(rows.iter().map(|&row| values[row as usize]).collect()),
            Self::Text { dictionary, codes } => {
                let mut new_code = vec![MISSING; dictionary.len()];
                let mut used = Vec::new();
                let mut recode = |code: u32| {
                    if code == MISSING {
                        return MISSING;
                    }
                    let new = &mut new_code[code as usize];
                    if *new == MISSING {
                        *new = used.len() as u32;
                        used.push(dictionary[code as usize].clone());
                    }
                    *new
                };
                let codes = rows.iter().map(|&row| recode(codes[row as usize])).collect();
                Self::Text { dictionary: used, codes }
            }
        }
    }
}
