//! What can be wrong with a log from outside.

/// Why a log cannot be used: each message names the place and the fix.
///
/// Lines count from 1 at the top of the file, the header line included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    #[error("the file is empty; a log needs a header line and one line per impression")]
    Empty,
    #[error("the file has a header line with {columns} columns and no data; add one line per impression")]
    NoRows { columns: usize },
    #[error("the file looks like {looks_like}, not like delimited text; {remedy}")]
    NotDelimited { looks_like: &'static str, remedy: &'static str },
    #[error("line {line} is not UTF-8 text; save the file with the encoding UTF-8 and drop it again")]
    NotUtf8 { line: u64 },
    #[error(
        "line {line} has {fields} fields, but the header has {expected}; correct or delete that line (a missing value needs its delimiter, a value with a delimiter in it needs quotes)"
    )]
    Ragged { line: u64, fields: usize, expected: usize },
    #[error("the quote opened on line {line} is never closed; close it, or delete the quote character")]
    OpenQuote { line: u64 },
    #[error(
        "column {position} of {columns} has no name in the header line; name it, or leave the column out (pandas writes such a column unless told index=False)"
    )]
    UnnamedColumn { position: usize, columns: usize },
    #[error("columns {first} and {second} are both called \"{name}\"; rename one of them in the header line")]
    DuplicateColumn { name: String, first: usize, second: usize },
    #[error("the first line holds only numbers, so it looks like data; put a line with the columns' names above it")]
    NoHeader,
    #[error("the file has {columns} columns, more than the {limit} that are read; leave some out")]
    TooManyColumns { columns: usize, limit: usize },
    #[error("line {line} cannot be read: {reason}")]
    Unreadable { line: u64, reason: String },
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
    #[error("the roles file cannot be read: {reason}")]
    RolesFile { reason: String },
}
