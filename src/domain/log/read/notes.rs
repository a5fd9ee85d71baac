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
    /// Each row begins with a name, which the header has none for.
    RowNames,
    /// RecBole's types behind the names were left out.
    TypesInNames,
    /// The table's name before each column's was left out.
    Prefix {
        prefix: String,
    },
    /// Columns whose name was there before, as they are called now.
    NamesTwice {
        names: Vec<String>,
    },
    /// Lines above the table were left out.
    Preamble {
        lines: u64,
    },
    /// Whole lines were in quotes.
    Wrapped,
    /// Lines were left out that have a delimiter or more and no value.
    Ghosts {
        rows: u64,
    },
    /// Lines were left out that repeat the header.
    HeaderAgain {
        rows: u64,
    },
    /// Lines below the table were left out, from this one on.
    Below {
        line: u64,
        rows: u64,
    },
    /// The last line, which holds the totals, was left out.
    Totals {
        line: u64,
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
    /// A column whose numbers were written in more than digits, one of them so.
    Dressed {
        column: String,
        example: String,
    },
    /// A column whose cells hold several values: one as it is written, and the word that filled them up to one length.
    Lists {
        column: String,
        example: Option<String>,
        padding: Option<String>,
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
        let column = match self {
            Self::Lists { column, .. } | Self::Dressed { column, .. } => Some(column.as_str()),
            _ => None,
        };
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
            Self::RowNames => (text!(reading::note::row_names).to_owned(), text!(reading::note::row_names_remedy)),
            Self::TypesInNames => (text!(reading::note::types).to_owned(), text!(reading::note::types_remedy)),
            Self::Prefix { prefix } => {
                (text!(reading::note::prefix, prefix = prefix), text!(reading::note::prefix_remedy))
            }
            Self::NamesTwice { names } => (
                counted!(reading::note::names_twice, names.len(), names = names.join(", ")),
                text!(reading::note::names_twice_remedy),
            ),
            Self::Preamble { lines } => (
                counted!(reading::note::preamble, *lines as usize, header = lines + 1),
                text!(reading::note::preamble_remedy),
            ),
            Self::Wrapped => (text!(reading::note::wrapped).to_owned(), text!(reading::note::wrapped_remedy)),
            Self::Ghosts { rows } => {
                (counted!(reading::note::ghosts, *rows as usize), text!(reading::note::ghosts_remedy))
            }
            Self::HeaderAgain { rows } => {
                (counted!(reading::note::header_again, *rows as usize), text!(reading::note::header_again_remedy))
            }
            Self::Below { line, rows } => {
                (counted!(reading::note::below, *rows as usize, line = line), text!(reading::note::below_remedy))
            }
            Self::Totals { line } => (text!(reading::note::totals, line = line), text!(reading::note::totals_remedy)),
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
            Self::Dressed { column, example } => (
                text!(reading::note::dressed, column = column, example = example),
                text!(reading::note::dressed_remedy),
            ),
            Self::Lists { column, example, padding } => {
                let says = [
                    Some(text!(reading::note::lists, column = column)),
                    example.as_ref().map(|cell| text!(reading::note::lists_example, cell = cell)),
                    padding.as_ref().map(|word| text!(reading::note::lists_padding, word = word)),
                ];
                let says = says.into_iter().flatten().collect::<Vec<_>>().join(" ");
                (says, text!(reading::note::lists_remedy))
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

/// What a dialect says of itself.
pub(super) fn of_dialect(dialect: &Dialect, n_columns: usize) -> Vec<ReadNote> {
    let mut notes = Vec::new();
    if !dialect.has_header && dialect.feature_lists.is_empty() {
        notes.push(ReadNote::NoHeader { columns: n_columns });
    }
    if dialect.has_decimal_commas && dialect.decimal == DecimalMark::Comma {
        notes.push(ReadNote::DecimalComma);
    }
    if !dialect.feature_lists.is_empty() {
        notes.push(ReadNote::FeatureLists { columns: n_columns });
    }
    notes
}
