//! What can be wrong with a log from outside.

use super::read::Lines;

/// Why a log cannot be used: each message names the place and the fix.
///
/// Lines count from 1 at the top of the file, the header line included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    #[error("the file is empty; a log needs one line per impression, and names above them")]
    Empty,
    #[error("the file has a header line with {columns} columns and no data; add one line per impression")]
    NoRows { columns: usize },
    #[error("the file looks like {looks_like}, not like delimited text; {remedy}")]
    NotDelimited { looks_like: &'static str, remedy: &'static str },
    #[error("the file is Parquet, which needs its own reader; reload the page, or use the lab")]
    Parquet,
    #[error(
        "the gzip archive is damaged at byte {byte}: {reason}; copy or download it again, or unpack it and use what is inside"
    )]
    Gzip { byte: u64, reason: &'static str },
    #[error(
        "line {line}, column \"{column}\": the text is not UTF-8; save the file with the encoding UTF-8 and open it again"
    )]
    NotUtf8 { line: u64, column: String },
    #[error(
        "line {line}, column \"{column}\": the value holds a NUL byte, which no text has; delete it, or export the file again"
    )]
    NulByte { line: u64, column: String },
    #[error(
        "line {line}, column \"{column}\": the line is longer than {limit} bytes up to here; close the quote that swallows the lines after it, or leave the column out"
    )]
    LongRecord { line: u64, column: String, limit: usize },
    #[error(
        "line {line}: its object is longer than {limit} bytes; close its bracket or quote, or leave long values out"
    )]
    LongObject { line: u64, limit: usize },
    #[error("line {line} cannot be read as JSON: {reason}; correct or delete that object")]
    Json { line: u64, reason: String },
    #[error(
        "line {line} holds something other than a JSON object; write one object an impression, like {{\"click\": 1}}"
    )]
    NoJsonObject { line: u64 },
    #[error(
        "line {line}, column \"{column}\": a list may hold texts and numbers, not lists or objects; flatten it, or leave it out"
    )]
    NestedList { line: u64, column: String },
    #[error(
        "line {line}, column \"{column}\": expected features like 101:31319:1.0, got \"{value}\"; correct it, or put the column in quotes under another form"
    )]
    BadFeature { line: u64, column: String, value: String },
    #[error("the file has more than {limit} rows (line {line} is the first too many); take a sample of it")]
    TooManyRows { line: u64, limit: usize },
    #[error(
        "at line {line} the columns of {rows} rows fill {limit} bytes of memory, which is the limit; leave columns out or take fewer rows"
    )]
    TooMuchMemory { line: u64, rows: usize, limit: usize },
    #[error(
        "the file's text is longer than {limit} bytes ({rows} rows were read until there); an archive that unpacks to so much is not read, take a part of it"
    )]
    TooMuchText { rows: u64, limit: u64 },
    #[error("line {line}, column \"{column}\": its different values fill 4 GB; leave the column out")]
    DictionaryFull { line: u64, column: String },
    #[error(
        "line {line} has {fields} fields, but the header has {expected}; correct or delete that line (a missing value needs its delimiter, a value with a delimiter in it needs quotes)"
    )]
    Ragged { line: u64, fields: usize, expected: usize },
    #[error("the quote opened on line {line} is never closed; close it, or delete the quote character")]
    OpenQuote { line: u64 },
    #[error("columns {first} and {second} are both called \"{name}\"; rename one of them in the header line")]
    DuplicateColumn { name: String, first: usize, second: usize },
    #[error("the file has more than {limit} columns, which are all that are read; leave some out")]
    TooManyColumns { limit: usize },
    #[error("no column has the role {role}; give it to the column that says {meaning} (columns: {available})")]
    MissingLabel { role: &'static str, meaning: &'static str, available: String },
    #[error(
        "line {line}, column \"{column}\": expected a label (0/1, true/false, yes/no or a count), got \"{value}\"; correct it, or give the role {role} to another column"
    )]
    BadLabel { line: u64, column: String, value: String, role: &'static str },
    #[error("line {line}, column \"{column}\": the {role} label is missing; write 0 or 1, or delete the line")]
    MissingLabelValue { line: u64, column: String, role: &'static str },
    #[error(
        "line {line}, column \"{column}\": expected a time (a number, or a date like 2024-01-31 13:05:00), got \"{value}\"; correct it, or give the column another role"
    )]
    BadTime { line: u64, column: String, value: String },
    #[error("the log has no time column, so it cannot be seen as it was earlier; give one the role time")]
    NoTime,
    #[error(
        "line {line}, column \"{column}\": expected a number, got \"{value}\"; correct it, or give the column the role categorical"
    )]
    BadNumber { line: u64, column: String, value: String },
    #[error(
        "line {line}, column \"{column}\": expected a probability between 0 and 1, got \"{value}\"; correct it, or rename the truth columns to leave them out"
    )]
    BadProbability { line: u64, column: String, value: String },
    #[error(
        "the click column \"{column}\" is {value} in all {rows} rows, so there is no click rate to learn; a log needs impressions with and without a click"
    )]
    OneClassClick { column: String, value: u8, rows: usize },
    #[error("the roles give {role} to \"{column}\", but the log has no such column; it has {available}")]
    UnknownColumn { role: &'static str, column: String, available: String },
    #[error("column \"{column}\" has two roles, {first} and {second}; keep one")]
    TwoRoles { column: String, first: &'static str, second: &'static str },
    #[error("column \"{column}\" holds a generated log's truth and can never be a feature; leave it out of the roles")]
    TruthAsFeature { column: String },
    #[error("the label rule of column \"{column}\" cannot be used: {reason}; correct the rule, or take it away")]
    LabelRule { column: String, reason: &'static str },
    #[error("the {what} name the column \"{column}\", but the log has no such column; it has {available}")]
    NamesUnknown { what: &'static str, column: String, available: String },
    #[error("the repairs leave {rows} rows; take one of them back")]
    NothingLeft { rows: usize },
    #[error("the roles file cannot be read: {reason}")]
    RolesFile { reason: String },
}

impl LogError {
    /// An error about a row of a table, whose lines were counted from a header on line 1: with the line of the file.
    pub(super) fn at_lines(mut self, lines: &Lines) -> Self {
        if let Self::BadLabel { line, .. }
        | Self::MissingLabelValue { line, .. }
        | Self::BadTime { line, .. }
        | Self::BadNumber { line, .. }
        | Self::BadProbability { line, .. } = &mut self
        {
            *line = lines.line_of((*line as usize).saturating_sub(2));
        }
        self
    }
}
