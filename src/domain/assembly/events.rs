//! A table of events → a row for each event of one kind, with labels from the others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::credit::{Credits, Rows, Touch, label_roles};
use super::keys::{Keys, column, columns, free_name, pick};
use super::{Assembled, AssemblyError};
use crate::domain::log::{Column, ColumnValues, MISSING, Role, seconds_of_column};

/// Makes rows of the events that are shown, and labels of what followed them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The column that says what happened.
    pub event: String,
    /// The column that says when.
    pub time: String,
    /// Columns of the key that connects an event with what followed it: user and item, or a session.
    pub key: Vec<String>,
    /// Words of the events that become rows.
    pub rows: Vec<String>,
    /// Label → words of the events that make it 1: `click`, `action`, `conversion`.
    pub labels: BTreeMap<String, Vec<String>>,
    /// An outcome later than this after the row is not the row's.
    #[serde(default)]
    pub window_days: Option<f64>,
    #[serde(default)]
    pub touch: Touch,
    /// Columns by which earlier events are counted: a feature each, of what happened strictly before the row.
    #[serde(default)]
    pub histories: Vec<String>,
}

impl Events {
    pub(super) fn apply(&self, state: &mut Assembled, name: &str) -> Result<(String, Vec<String>), AssemblyError> {
        let table = &state.table;
        if self.rows.is_empty() {
            return Err(AssemblyError::NoRowWords { column: self.event.clone() });
        }
        if self.key.is_empty() {
            return Err(AssemblyError::NoEventKey);
        }
        let words = texts(column(table, name, &self.event)?);
        let time_column = column(table, name, &self.time)?;
        let times = seconds_of_column(table, time_column)?;
        let keys = Keys::default().of(&columns(table, name, &self.key)?, table.n_rows);
        let kinds = Kinds::of(self, &words);
        let is_usable = |row: usize| keys[row] != MISSING && !times[row].is_nan();
        let kept: Vec<usize> = (0..table.n_rows).filter(|&row| kinds.is_row(row) && is_usable(row)).collect();
        if kept.is_empty() {
            return Err(AssemblyError::NoRow { column: self.event.clone(), words: self.rows.join(", ") });
        }
        let row_keys: Vec<u32> = kept.iter().map(|&row| keys[row]).collect();
        let row_times: Vec<f64> = kept.iter().map(|&row| times[row]).collect();
        let rows = Rows::new(&row_keys, Some(&row_times));

        let mut by_time: Vec<usize> = (0..table.n_rows).filter(|&row| is_usable(row)).collect();
        by_time.sort_by(|&a, &b| times[a].total_cmp(&times[b]));
        let mut left_aside = Vec::new();
        let mut made: Vec<Column> = Vec::new();
        let mut roles = Vec::new();
        for (at, label) in self.labels.keys().enumerate() {
            let mut credits = Credits::new(kept.len());
            for &event in by_time.iter().filter(|&&event| kinds.has_label(event, at)) {
                credits.add(event, rows.credited(keys[event], times[event], self.window_days, self.touch));
            }
            let ones = credits.outcome_of.iter().filter(|outcome| outcome.is_some()).count();
            left_aside.extend(told(credits.n_alone, |n| counted!(assembly::events::alone, n, label = label)));
            left_aside.extend(told(credits.n_repeated, |n| counted!(assembly::events::repeated, n, label = label)));
            left_aside.extend((ones == 0).then(|| text!(assembly::events::never, label = label)));
            let is_one = credits.outcome_of.iter().map(|outcome| f64::from(u8::from(outcome.is_some())));
            made.push(Column { name: label.clone(), values: ColumnValues::Number(is_one.collect()) });
            let at = Column {
                name: format!("{label}_time"),
                values: pick(&time_column.values, credits.outcome_of.into_iter()),
            };
            let (role, at_role) = label_roles(label);
            roles.extend([role, at_role]);
            made.push(at);
        }
        let n_usable = (0..table.n_rows).filter(|&row| is_usable(row)).count();
        left_aside.extend(told(table.n_rows - n_usable, |n| counted!(assembly::events::unusable, n)));
        let n_other = by_time.iter().filter(|&&event| kinds.is_other(event)).count();
        left_aside.extend(told(n_other, |n| counted!(assembly::events::unnamed, n, column = self.event)));

        let mut histories = Vec::new();
        for by in &self.histories {
            let codes = Keys::default().of(&[column(table, name, by)?], table.n_rows);
            let before = Rows::new(&codes, Some(&times));
            let counts = kept.iter().map(|&row| before.n_before(row) as f64).collect();
            histories.push(Column { name: format!("earlier_events_of_{by}"), values: ColumnValues::Number(counts) });
        }
        let kept: Vec<u32> = kept.iter().map(|&row| row as u32).collect();
        let mut table = table.with_rows(&kept);
        table.columns.retain(|column| column.name != self.event);
        state.roles.assign(&self.time, Role::Time);
        for history in histories {
            let name = free_name(&table, &history.name);
            state.roles.assign(&name, Role::Numerical);
            table.columns.push(Column { name, ..history });
        }
        for (column, role) in made.into_iter().zip(roles) {
            let name = free_name(&table, &column.name);
            state.roles.assign(&name, role);
            table.columns.push(Column { name, ..column });
        }
        state.table = table;
        let labels: Vec<String> =
            self.labels.iter().map(|(label, words)| format!("{label} ({})", words.join(", "))).collect();
        let words = self.rows.join(", ");
        let says = match labels.is_empty() {
            true => text!(assembly::events::says_rows, words = words),
            false => {
                text!(assembly::events::says, words = words, key = self.key.join(", "), labels = labels.join(", "))
            }
        };
        Ok((says, left_aside))
    }
}

/// What each word of the event column means.
struct Kinds {
    code_of_row: Vec<u32>,
    is_row: Vec<bool>,
    /// By label, in order of their names.
    is_label: Vec<Vec<bool>>,
}

impl Kinds {
    fn of(events: &Events, words: &(Vec<String>, Vec<u32>)) -> Self {
        let (dictionary, codes) = words;
        let among = |wanted: &[String]| dictionary.iter().map(|word| wanted.contains(word)).collect::<Vec<bool>>();
        Self {
            code_of_row: codes.clone(),
            is_row: among(&events.rows),
            is_label: events.labels.values().map(|words| among(words)).collect(),
        }
    }

    fn is(&self, row: usize, of: &[bool]) -> bool {
        let code = self.code_of_row[row];
        code != MISSING && of[code as usize]
    }

    fn is_row(&self, row: usize) -> bool {
        self.is(row, &self.is_row)
    }

    fn has_label(&self, row: usize, label: usize) -> bool {
        self.is(row, &self.is_label[label])
    }

    fn is_other(&self, row: usize) -> bool {
        !self.is_row(row) && (0..self.is_label.len()).all(|label| !self.has_label(row, label))
    }
}

/// A column as words and codes.
pub(super) fn texts(column: &Column) -> (Vec<String>, Vec<u32>) {
    match &column.values {
        ColumnValues::Text { dictionary, codes } => (dictionary.clone(), codes.clone()),
        ColumnValues::Number(numbers) => {
            let mut dictionary: Vec<String> = Vec::new();
            let mut known = std::collections::HashMap::new();
            let mut code = |&number: &f64| {
                if number.is_nan() {
                    return MISSING;
                }
                *known.entry(number.to_bits()).or_insert_with(|| {
                    dictionary.push(number.to_string());
                    dictionary.len() as u32 - 1
                })
            };
            let codes = numbers.iter().map(&mut code).collect();
            (dictionary, codes)
        }
    }
}

/// The different numbers of a column as words, when there are at most `most`.
pub(super) fn few_numbers(values: &ColumnValues, most: usize) -> Vec<String> {
    let ColumnValues::Number(numbers) = values else { return Vec::new() };
    let mut words: Vec<f64> = Vec::new();
    for &number in numbers.iter().filter(|number| !number.is_nan()) {
        if !words.contains(&number) {
            words.push(number);
        }
        if words.len() > most {
            return Vec::new();
        }
    }
    words.sort_by(f64::total_cmp);
    words.iter().map(ToString::to_string).collect()
}

/// What is said of a count, when there is something to count.
pub(super) fn told(count: usize, words: impl FnOnce(usize) -> String) -> Option<String> {
    (count > 0).then(|| words(count))
}
