//! Label columns: 0/1, true/false, yes/no, or counts.
use super::{Column, ColumnValues, LogError, MISSING};

/// A label column read as a yes or no per row.
pub(super) struct ParsedLabel {
    pub values: Vec<bool>,
    /// Rows whose value is a count above 1.
    pub count_rows: Vec<usize>,
}

/// Line of a data row in its file: the header is line 1.
pub(super) fn line_of_row(row: usize) -> u64 {
    row as u64 + 2
}

/// Reads a label column.
///
/// # Errors
/// The first value that is missing or says neither yes nor no.
pub(super) fn parse_label(column: &Column, role: &'static str) -> Result<ParsedLabel, LogError> {
    let missing = |row| LogError::MissingLabelValue { line: line_of_row(row), column: column.name.clone(), role };
    let bad = |row, value| LogError::BadLabel { line: line_of_row(row), column: column.name.clone(), value, role };
    let mut parsed = ParsedLabel { values: Vec::new(), count_rows: Vec::new() };
    match &column.values {
        ColumnValues::Number(numbers) => {
            for (row, &number) in numbers.iter().enumerate() {
                if number.is_nan() {
                    return Err(missing(row));
                }
                if number < 0.0 || number.fract() != 0.0 {
                    return Err(bad(row, number.to_string()));
                }
                if number > 1.0 {
                    parsed.count_rows.push(row);
                }
                parsed.values.push(number > 0.0);
            }
        }
        ColumnValues::Text { dictionary, codes } => {
            let answers: Vec<Option<bool>> = dictionary.iter().map(|value| parse_word(value)).collect();
            for (row, &code) in codes.iter().enumerate() {
                if code == MISSING {
                    return Err(missing(row));
                }
                let answer = answers[code as usize].ok_or_else(|| bad(row, dictionary[code as usize].clone()))?;
                parsed.values.push(answer);
            }
        }
    }
    Ok(parsed)
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

fn parse_word(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "n" | "f" => Some(false),
        _ => None,
    }
}
