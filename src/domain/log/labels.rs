//! Label columns: 0/1, true/false, yes/no, or counts.
use super::{Column, ColumnValues, LogError, MISSING, Table};

/// A label column read as a yes or no per row.
pub(super) struct ParsedLabel {
    pub values: Vec<bool>,
    /// Rows whose value is a count above 1.
    pub count_rows: Vec<u32>,
}

/// Reads a label column as 0/1, true/false, yes/no or a count.
///
/// # Errors
/// The first value that says neither yes nor no, or is missing where that is not a no.
pub(super) fn parse_label(
    table: &Table,
    column: &Column,
    role: &'static str,
    blank_is_no: bool,
) -> Result<ParsedLabel, LogError> {
    let name = || column.name.clone();
    let bad = |row, value| LogError::BadLabel { line: table.line(row), column: name(), value, role };
    let blank = |row| match blank_is_no {
        true => Ok(false),
        false => Err(LogError::MissingLabelValue { line: table.line(row), column: name(), role }),
    };
    let mut parsed = ParsedLabel { values: Vec::with_capacity(table.n_rows), count_rows: Vec::new() };
    match &column.values {
        ColumnValues::Number(numbers) => {
            for (row, &number) in numbers.iter().enumerate() {
                if number < 0.0 || number.fract() != 0.0 && !number.is_nan() {
                    return Err(bad(row, number.to_string()));
                }
                if number > 1.0 {
                    parsed.count_rows.push(row as u32);
                }
                parsed.values.push(if number.is_nan() { blank(row)? } else { number > 0.0 });
            }
        }
        ColumnValues::Text { dictionary, codes } => {
            let answers: Vec<Option<bool>> = dictionary.iter().map(|value| parse_word(value)).collect();
            for (row, &code) in codes.iter().enumerate() {
                let answer = match code {
                    MISSING => blank(row)?,
                    code => answers[code as usize].ok_or_else(|| bad(row, dictionary[code as usize].clone()))?,
                };
                parsed.values.push(answer);
            }
        }
    }
    Ok(parsed)
}

/// Where a label column says yes; what says neither yes nor no, or nothing, is a no.
pub(super) fn says_yes(column: &Column) -> Vec<bool> {
    match &column.values {
        ColumnValues::Number(numbers) => numbers.iter().map(|&number| number > 0.0).collect(),
        ColumnValues::Text { dictionary, codes } => {
            let answers: Vec<bool> = dictionary.iter().map(|value| parse_word(value) == Some(true)).collect();
            codes.iter().map(|&code| code != MISSING && answers[code as usize]).collect()
        }
    }
}

/// Whether every value present could be a label's. Counts that are never 0, such as positions, are no label.
pub(super) fn is_label_like(values: &ColumnValues) -> bool {
    match values {
        ColumnValues::Number(numbers) => {
            let is_count = |number: f64| number.is_nan() || (number >= 0.0 && number.fract() == 0.0);
            let says_no = numbers.contains(&0.0) || !numbers.iter().any(|&number| number > 1.0);
            says_no && numbers.iter().copied().all(is_count)
        }
        ColumnValues::Text { dictionary, .. } => dictionary.iter().all(|value| parse_word(value).is_some()),
    }
}

/// Whether most values present are a label's, and some are not: a label with mistakes in it.
pub(super) fn is_nearly_label_like(values: &ColumnValues) -> bool {
    let (yes_or_no, other) = match values {
        ColumnValues::Number(numbers) => {
            let is_label = |number: &&f64| **number == 0.0 || **number == 1.0;
            let yes_or_no = numbers.iter().filter(is_label).count();
            (yes_or_no, numbers.iter().filter(|number| !number.is_nan()).count() - yes_or_no)
        }
        ColumnValues::Text { dictionary, codes } => {
            let answers: Vec<bool> = dictionary.iter().map(|value| parse_word(value).is_some()).collect();
            let of = |wanted: bool| {
                codes.iter().filter(|&&code| code != MISSING && answers[code as usize] == wanted).count()
            };
            (of(true), of(false))
        }
    };
    other > 0 && yes_or_no >= 9 * other
}

fn parse_word(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "n" | "f" => Some(false),
        _ => None,
    }
}
