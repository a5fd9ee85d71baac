//! What was decided on the way in, for the log's owner to know.

use super::dialect::Dialect;
use super::encoding::Encoding;
use super::number::DecimalMark;
use crate::domain::log::{Finding, FindingKind, Fix};

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
    /// The text was in another encoding than UTF-8 or UTF-16.
    Encoding {
        encoding: Encoding,
    },
    /// The raw Ali-CCP layout: fields of the lists became columns.
    FeatureLists {
        columns: usize,
    },
    /// Words for "no value" among texts: the first of them, the columns, and how many cells were left empty for it.
    MissingWords {
        word: String,
        columns: Vec<String>,
        cells: usize,
    },
    /// A column whose cells hold several values.
    Lists {
        column: String,
    },
    /// Columns that hold what no cell does: objects in lists, lists in lists, bytes that are no text.
    LeftOut {
        columns: Vec<String>,
    },
    /// The rows are the items of a list in the file's only object.
    RowsOf {
        key: String,
    },
    /// The items of a list became rows.
    Unrolled {
        path: String,
        records: u64,
        rows: u64,
    },
}

impl ReadNote {
    /// As a finding about the log.
    pub fn finding(&self) -> Finding {
        let (message, remedy) = self.sentences();
        let column = if let Self::Lists { column } = self { Some(column.as_str()) } else { None };
        let mut finding = Finding::new(FindingKind::Reading, message, remedy).columns(column);
        if let Self::Encoding { encoding } = self {
            for &other in encoding.alike() {
                finding = finding.fix(text!(reading::read_as, encoding = other.name()), Fix::ReadAs(other));
            }
        }
        finding
    }

    /// What was decided, and what to do if it is wrong.
    fn sentences(&self) -> (String, &'static str) {
        match self {
            Self::NoHeader { columns } => {
                (text!(reading::note::no_header, columns = columns), text!(reading::note::no_header_remedy))
            }
            Self::Unnamed { positions } => {
                let names: Vec<String> = positions.iter().map(|position| format!("column_{position}")).collect();
                (
                    counted!(reading::note::unnamed, positions.len(), names = names.join(", ")),
                    text!(reading::note::unnamed_remedy),
                )
            }
            Self::DecimalComma => {
                (text!(reading::note::decimal_comma).to_owned(), text!(reading::note::decimal_comma_remedy))
            }
            Self::Utf16 => (text!(reading::note::utf16).to_owned(), text!(reading::note::utf16_remedy)),
            Self::Encoding { encoding } => {
                (text!(reading::note::encoding, encoding = encoding.name()), text!(reading::note::encoding_remedy))
            }
            Self::FeatureLists { columns } => {
                (text!(reading::note::feature_lists, columns = columns), text!(reading::note::feature_lists_remedy))
            }
            Self::MissingWords { word, columns, cells } => (
                counted!(reading::note::missing_words, *cells, word = word, columns = columns.join(", ")),
                text!(reading::note::missing_words_remedy),
            ),
            Self::Lists { column } => {
                (text!(reading::note::lists, column = column), text!(reading::note::lists_remedy))
            }
            Self::LeftOut { columns } => (
                counted!(reading::note::left_out, columns.len(), columns = columns.join(", ")),
                text!(reading::note::left_out_remedy),
            ),
            Self::RowsOf { key } => (text!(reading::note::rows_of, key = key), text!(reading::note::rows_of_remedy)),
            Self::Unrolled { path, records, rows } => (
                text!(reading::note::unrolled, path = path, records = records, rows = rows),
                text!(reading::note::unrolled_remedy),
            ),
        }
    }
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
