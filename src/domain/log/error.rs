//! What can be wrong with a log from outside.

use super::read::{Encoding, Lines};

/// Why a log cannot be used: each message names the place and the fix.
///
/// Lines count from 1 at the top of the file, the header line included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    #[error("{}", words!(log::empty))]
    Empty,
    #[error("{}", words!(log::no_rows, columns = .columns))]
    NoRows { columns: usize },
    #[error("{}", words!(log::not_delimited, looks_like = .looks_like, remedy = .remedy))]
    NotDelimited { looks_like: &'static str, remedy: &'static str },
    /// Parquet or Zstandard, which the module beside turns into text.
    #[error("{}", words!(log::parquet))]
    Parquet,
    #[error("{}", words!(log::gzip, byte = .byte, reason = .reason))]
    Gzip { byte: u64, reason: &'static str },
    #[error("{}", words!(log::zip, byte = .byte, reason = .reason))]
    Zip { byte: u64, reason: &'static str },
    #[error("{}", words!(log::zip_of_several, first = .first, second = .second))]
    ZipOfSeveral { first: String, second: String },
    #[error("{}", words!(log::not_utf8, line = .line, column = .column))]
    NotUtf8 { line: u64, column: String },
    /// The reader found out too late: the file is to be read again with [`super::ReadOptions::encoding`].
    #[error("{}", words!(log::other_encoding, encoding = .encoding.name()))]
    OtherEncoding { encoding: Encoding },
    #[error("{}", words!(log::nul_byte, line = .line, column = .column))]
    NulByte { line: u64, column: String },
    #[error("{}", words!(log::long_record, line = .line, column = .column, limit = .limit))]
    LongRecord { line: u64, column: String, limit: usize },
    #[error("{}", words!(log::long_object, line = .line, limit = .limit))]
    LongObject { line: u64, limit: usize },
    #[error("{}", words!(log::json, line = .line, reason = .reason))]
    Json { line: u64, reason: String },
    #[error("{}", words!(log::no_json_object, line = .line))]
    NoJsonObject { line: u64 },
    #[error("{}", words!(log::long_columns, limit = .limit))]
    LongColumns { limit: usize },
    #[error("{}", words!(log::nothing_readable, columns = .columns))]
    NothingReadable { columns: String },
    #[error("{}", words!(log::bad_feature, line = .line, column = .column, value = .value))]
    BadFeature { line: u64, column: String, value: String },
    #[error("{}", words!(log::too_many_rows, limit = .limit, line = .line))]
    TooManyRows { line: u64, limit: usize },
    #[error("{}", words!(log::too_much_memory, line = .line, rows = .rows, limit = .limit))]
    TooMuchMemory { line: u64, rows: usize, limit: usize },
    #[error("{}", words!(log::too_much_text, limit = .limit, rows = .rows))]
    TooMuchText { rows: u64, limit: u64 },
    #[error("{}", words!(log::dictionary_full, line = .line, column = .column))]
    DictionaryFull { line: u64, column: String },
    #[error("{}", words!(log::ragged, line = .line, fields = .fields, expected = .expected))]
    Ragged { line: u64, fields: usize, expected: usize },
    #[error("{}", words!(log::uneven, line = .line, fields = .fields, expected = .expected))]
    Uneven { line: u64, fields: usize, expected: usize },
    #[error("{}", words!(log::open_quote, line = .line))]
    OpenQuote { line: u64 },
    #[error("{}", words!(log::too_many_columns, limit = .limit))]
    TooManyColumns { limit: usize },
    #[error("{}", words!(log::missing_label, way = .way, available = .available))]
    MissingLabel { way: String, available: String },
    #[error("{}", words!(log::bad_label, line = .line, column = .column, value = .value, role = .role))]
    BadLabel {
        line: u64,
        column: String,
        value: String,
        role: &'static str,
        /// Which values could be those that count as 1, when they are few.
        choices: Vec<Vec<String>>,
    },
    #[error("{}", words!(log::missing_label_value, line = .line, column = .column, role = .role))]
    MissingLabelValue { line: u64, column: String, role: &'static str },
    #[error("{}", words!(log::bad_time, line = .line, column = .column, value = .value))]
    BadTime { line: u64, column: String, value: String },
    #[error("{}", words!(log::no_time))]
    NoTime,
    #[error("{}", words!(log::bad_number, line = .line, column = .column, value = .value))]
    BadNumber { line: u64, column: String, value: String },
    #[error("{}", words!(log::bad_probability, line = .line, column = .column, value = .value))]
    BadProbability { line: u64, column: String, value: String },
    #[error("{}", words!(log::bad_weight, line = .line, column = .column, value = .value))]
    BadWeight { line: u64, column: String, value: String },
    #[error("{}", words!(log::bad_sampling_rate, line = .line, column = .column, value = .value))]
    BadSamplingRate { line: u64, column: String, value: String },
    #[error("{}", words!(log::bad_negative_rate, rate = .rate))]
    BadNegativeRate { rate: String },
    #[error("{}", words!(log::negatives_without_click))]
    NegativesWithoutClick,
    #[error("{}", words!(log::two_weights, first = .first, second = .second))]
    TwoWeights { first: &'static str, second: &'static str },
    #[error("{}", words!(log::no_click, column = .column, rows = .rows))]
    NoClick { column: String, rows: usize },
    #[error("{}", words!(log::only_clicks, rows = .rows))]
    OnlyClicks { rows: usize },
    #[error("{}", words!(log::unknown_column, role = .role, column = .column, available = .available))]
    UnknownColumn { role: &'static str, column: String, available: String },
    #[error("{}", words!(log::two_roles, column = .column, first = .first, second = .second))]
    TwoRoles { column: String, first: &'static str, second: &'static str },
    #[error("{}", words!(log::truth_as_feature, column = .column))]
    TruthAsFeature { column: String },
    #[error("{}", words!(log::label_rule, column = .column, reason = .reason))]
    LabelRule { column: String, reason: &'static str },
    #[error("{}", words!(log::names_unknown, what = .what, column = .column, available = .available))]
    NamesUnknown { what: &'static str, column: String, available: String },
    #[error("{}", words!(log::nothing_left, rows = .rows))]
    NothingLeft { rows: usize },
    #[error("{}", words!(log::assembly, reason = .reason))]
    Assembly { reason: String },
    #[error("{}", words!(log::roles_file, reason = .reason))]
    RolesFile { reason: String },
}

impl LogError {
    /// An error about a row of a table, whose lines were counted from a header on line 1: with the line of the file.
    pub(super) fn at_lines(mut self, lines: &Lines) -> Self {
        if let Self::BadLabel { line, .. }
        | Self::MissingLabelValue { line, .. }
        | Self::BadTime { line, .. }
        | Self::BadNumber { line, .. }
        | Self::BadProbability { line, .. }
        | Self::BadWeight { line, .. }
        | Self::BadSamplingRate { line, .. } = &mut self
        {
            *line = lines.line_of((*line as usize).saturating_sub(2));
        }
        self
    }
}
