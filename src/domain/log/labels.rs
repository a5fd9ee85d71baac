//! Label columns: 0/1, true/false, yes/no in the world's languages, or counts.
use super::words::{self, parse_word};
use super::{Column, ColumnValues, LabelRule, LogError, MISSING, Table};

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
    let bad = |row, value| {
        // Words that are understood were left without a rule for their blanks' sake: those are at fault.
        let blank = (0..table.n_rows).find(|&row| column.values.is_missing(row));
        if let (Some(blank), true) = (blank, is_label_like(&column.values)) {
            return LogError::MissingLabelValue { line: table.line(blank), column: name(), role };
        }
        let choices = choices(&column.values);
        LogError::BadLabel { line: table.line(row), column: name(), value, role, choices }
    };
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
            (says_no && numbers.iter().copied().all(is_count)) || is_signed(numbers)
        }
        ColumnValues::Text { dictionary, .. } => words::answers(dictionary).is_some(),
    }
}

/// The rule that reads a column without one: for words that [`parse_label`] does not know, for -1 and 1, and for blanks that
/// can only be a no. `None` where it needs no rule, or can't be told.
///
/// A blank is a no where nothing else in the column says no (a left join), and where `presupposed` did not happen.
pub(super) fn implied_rule(values: &ColumnValues, presupposed: Option<&[bool]>) -> Option<LabelRule> {
    let is_no = |row: usize| presupposed.is_some_and(|happened| !happened[row]);
    let has_open_blank = |says_no: bool| says_no && (0..values.len()).any(|row| values.is_missing(row) && !is_no(row));
    let positive = |words: Vec<String>, says_no| {
        (!words.is_empty() && !has_open_blank(says_no)).then_some(LabelRule::Positive(words))
    };
    match values {
        ColumnValues::Number(numbers) if is_signed(numbers) => return positive(vec!["1".to_owned()], true),
        ColumnValues::Text { dictionary, .. } if dictionary.iter().any(|word| parse_word(word).is_none()) => {
            let answers = words::answers(dictionary)?;
            let says_no = answers.contains(&false);
            let yes = dictionary.iter().zip(answers).filter(|(_, yes)| *yes).map(|(word, _)| word.clone());
            return positive(yes.collect(), says_no);
        }
        _ => {}
    }
    if !is_label_like(values) {
        return None;
    }
    let has_blank = (0..values.len()).any(|row| values.is_missing(row));
    (has_blank && !has_open_blank(says_no(values))).then_some(LabelRule::BlankIsNo)
}

/// Whether a column that could be a label's has a yes and a no, and nothing else.
pub(super) fn says_yes_and_no(values: &ColumnValues) -> bool {
    match values {
        ColumnValues::Number(numbers) => {
            let is_one = |number: &f64| number.abs() == 1.0 || *number == 0.0 || number.is_nan();
            numbers.iter().all(is_one) && numbers.contains(&1.0) && numbers.iter().any(|&number| number < 1.0)
        }
        ColumnValues::Text { dictionary, .. } => {
            words::answers(dictionary).is_some_and(|answers| answers.contains(&true) && answers.contains(&false))
        }
    }
}

/// Whether all values present are -1 and 1, and both occur.
fn is_signed(numbers: &[f64]) -> bool {
    let mut present = numbers.iter().filter(|number| !number.is_nan());
    present.all(|&number| number == 1.0 || number == -1.0) && numbers.contains(&-1.0) && numbers.contains(&1.0)
}

fn says_no(values: &ColumnValues) -> bool {
    match values {
        ColumnValues::Number(numbers) => numbers.contains(&0.0),
        ColumnValues::Text { dictionary, .. } => dictionary.iter().any(|word| parse_word(word) == Some(false)),
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

/// Which values of a column with strange ones could be those that count as 1; none when they are too many to choose from.
///
/// Where other values say yes, a strange one says no or yes; else any of them may be the yes.
fn choices(values: &ColumnValues) -> Vec<Vec<String>> {
    const MAX_DISTINCT: usize = 6;
    let (mut yes, mut strange) = (Vec::new(), Vec::new());
    let mut add = |word: String, answer: Option<bool>| match answer {
        Some(true) => yes.push(word),
        Some(false) => {}
        None => strange.push(word),
    };
    match values {
        ColumnValues::Number(numbers) => {
            let mut distinct: Vec<f64> = Vec::new();
            for &number in numbers.iter().filter(|number| !number.is_nan()) {
                if !distinct.contains(&number) {
                    distinct.push(number);
                }
                if distinct.len() > MAX_DISTINCT {
                    return Vec::new();
                }
            }
            let is_count = |number: f64| number >= 0.0 && number.fract() == 0.0;
            distinct.iter().for_each(|&number| add(number.to_string(), is_count(number).then_some(number > 0.0)));
        }
        ColumnValues::Text { dictionary, .. } if dictionary.len() > MAX_DISTINCT => return Vec::new(),
        ColumnValues::Text { dictionary, .. } => {
            dictionary.iter().for_each(|word| add(word.clone(), words::answer(word)));
        }
    }
    if yes.is_empty() {
        return strange.into_iter().map(|word| vec![word]).collect();
    }
    let with_strange = yes.iter().cloned().chain(strange).collect();
    vec![yes, with_strange]
}
