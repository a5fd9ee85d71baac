//! What was decided on the way in, for the log's owner to know.

use super::dialect::Dialect;
use super::number::DecimalMark;
use crate::domain::log::{Finding, FindingKind};

/// A decision of the reader's that changes what the log says, or how its columns are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadNote {
    /// The first line held values; columns have been given names.
    NoHeader {
        columns: usize,
    },
    /// Positions (from 1) of columns that the header leaves without a name.
    Unnamed {
        positions: Vec<usize>,
    },
    DecimalComma,
    Utf16,
    /// The raw Ali-CCP layout: fields of the lists became columns.
    FeatureLists {
        columns: usize,
    },
    /// A column whose cells hold several values.
    Lists {
        column: String,
    },
}

impl ReadNote {
    /// As a finding about the log.
    pub fn finding(&self) -> Finding {
        let (message, remedy) = self.sentences();
        let column = if let Self::Lists { column } = self { Some(column.as_str()) } else { None };
        Finding::new(FindingKind::Reading, message, remedy).columns(column)
    }

    /// What was decided, and what to do if it is wrong.
    fn sentences(&self) -> (String, &'static str) {
        match self {
            Self::NoHeader { columns } => (
                format!(
                    "The file has no header line, so its {columns} columns are named column_1 to column_{columns}."
                ),
                "Give them their roles, or put a line with names on top of the file.",
            ),
            Self::Unnamed { positions } => {
                let names: Vec<String> = positions.iter().map(|position| format!("column_{position}")).collect();
                let (what, names) = (counted(positions.len()), names.join(", "));
                (
                    format!("The header leaves {what} without a name, called {names} here."),
                    "Name them in the header line (pandas writes such a column unless told index=False).",
                )
            }
            Self::DecimalComma => (
                "Numbers are read with decimal commas: \"1,5\" is 1.5.".to_owned(),
                "If the commas group thousands, write the file without them.",
            ),
            Self::Utf16 => {
                ("The file is UTF-16 text and was converted.".to_owned(), "Saved as UTF-8 it is half as long.")
            }
            Self::FeatureLists { columns } => (
                format!(
                    "Lists of field:feature pairs (the raw Ali-CCP layout) became columns, one a field, {columns} in all."
                ),
                "A field with several features a row is pooled; values other than 1 are in the columns D + field.",
            ),
            Self::Lists { column } => (
                format!("Column \"{column}\" holds several values a row; as a feature their embeddings are pooled."),
                "If a cell is one value, write it without | between its words.",
            ),
        }
    }
}

fn counted(n: usize) -> String {
    if n == 1 { "1 column".to_owned() } else { format!("{n} columns") }
}

pub(super) fn of_dialect(dialect: &Dialect, unnamed: &[usize], n_columns: usize) -> Vec<ReadNote> {
    let mut notes = Vec::new();
    if !dialect.has_header && dialect.feature_lists.is_empty() {
        notes.push(ReadNote::NoHeader { columns: n_columns });
    }
    if !unnamed.is_empty() {
        notes.push(ReadNote::Unnamed { positions: unnamed.to_vec() });
    }
    if dialect.has_decimal_commas && dialect.decimal == DecimalMark::Comma {
        notes.push(ReadNote::DecimalComma);
    }
    if !dialect.feature_lists.is_empty() {
        notes.push(ReadNote::FeatureLists { columns: n_columns });
    }
    notes
}
