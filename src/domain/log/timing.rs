//! When things happened after the impression, and a log as it was known earlier.
//!
//! Invariant, kept by [`is_seen`] and the cascade of [`seen_answers`]: at an earlier time a label is never 1 where it is
//! 0 later, and nothing is known of a return before its purchase is, nor of a purchase before its click.

use super::funnel::{Finding, FindingKind};
use super::rule::read_label;
use super::time::{column_times, numbers_to_seconds, parse_dates};
use super::{Column, ColumnValues, ImpressionLog, Label, LogError, MISSING, Maturity, Roles, Table};
use crate::domain::label;

/// Name of the column that says until when a log is complete, the same in every row.
pub const OBSERVED_UNTIL: &str = "observed_until";

/// When things happened, in seconds on one clock of the log's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timing {
    /// When each impression was clicked; when it was shown, where it was not or where the click's time is not known.
    pub start: Vec<f64>,
    /// When `conversion` and `return` became 1.
    pub labels: Vec<LabelTimes>,
    /// What happened after this is not in the log.
    pub observed_until: f64,
    /// How many of the late labels are known at which age.
    pub maturity: Maturity,
}

/// When a label became 1.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelTimes {
    pub label: String,
    /// Seconds; NaN where the label is 0, and where it is 1 since an unknown time.
    pub at: Vec<f64>,
}

/// How long an impression's outcome took, or has not come.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wait {
    /// Days from the click to the outcome; `None` where there is none yet, or at an unknown time.
    pub delay_days: Option<f64>,
    /// Days from the click, or from the impression where there is none, to the log's end.
    pub elapsed_days: f64,
}

impl Timing {
    /// How long `label` took in each row, as known at `until`; `None` when the log does not say when it became 1.
    pub fn waits(&self, label: &str, until: f64) -> Option<Vec<Wait>> {
        const DAY_SECONDS: f64 = 86_400.0;
        let wait = |(row, &at): (usize, &f64)| Wait {
            delay_days: (at <= until).then(|| (at - self.start[row]) / DAY_SECONDS),
            elapsed_days: self.elapsed(row, until) / DAY_SECONDS,
        };
        Some(self.times(label)?.iter().enumerate().map(wait).collect())
    }

    /// When `label` became 1, by row; `None` when the log does not say.
    pub fn times(&self, label: &str) -> Option<&[f64]> {
        self.labels.iter().find(|times| times.label == label).map(|times| times.at.as_slice())
    }

    /// Seconds from the click (or impression) of `row` to `until`, or to the log's end when that is earlier; not below 0.
    pub fn elapsed(&self, row: usize, until: f64) -> f64 {
        (until.min(self.observed_until) - self.start[row]).max(0.0)
    }

    /// When the first impression was shown or clicked; the log's end when there is none.
    pub fn first(&self) -> f64 {
        self.start.iter().copied().fold(self.observed_until, f64::min)
    }
}

impl ImpressionLog {
    /// The labels as they were known at `until`: what was still to come looks as if it would never come.
    ///
    /// A label whose times are not known counts as known from the start. Without [`Timing`] nothing changes.
    pub fn labels_seen_at(&self, until: f64) -> Vec<Label> {
        let Some(timing) = &self.timing else { return self.labels.clone() };
        let index = |name: &str| self.labels.iter().position(|label| label.name == name);
        let (click, conversion) = (index(label::CLICK), index(label::CONVERSION));
        let mut seen = self.labels.clone();
        for row in 0..self.n_rows {
            let is_clicked = click.is_none_or(|click| self.labels[click].values[row]);
            let is_known = is_clicked && is_seen(timing.start[row], until);
            for label in &mut seen {
                let at = timing.times(&label.name).map_or(f64::NAN, |times| times[row]);
                label.values[row] &= is_known && is_seen(at, until);
            }
            let is_bought = conversion.is_none_or(|conversion| seen[conversion].values[row]);
            if let Some(returned) = seen.iter_mut().find(|label| label.name == "return") {
                returned.values[row] &= is_bought;
            }
        }
        seen
    }
}

/// Whether something that happened at `at` was known at `until`; an unknown time is taken as long ago.
pub fn is_seen(at: f64, until: f64) -> bool {
    at.is_nan() || at <= until
}

/// The log as it was known at `until`, in seconds on the clock of its time column: later impressions are left out,
/// purchases and returns that were still to come are 0 and have no time, and a column says when the log was taken.
///
/// # Errors
/// When the roles name no time, or columns that cannot be read.
pub fn as_seen_at(table: &Table, roles: &Roles, until: f64) -> Result<Table, LogError> {
    let clocks = Clocks::read(table, roles)?;
    let shown = clocks.time.or(clocks.click).ok_or(LogError::NoTime)?;
    let kept: Vec<usize> = (0..table.n_rows).filter(|&row| is_seen(shown[row], until)).collect();
    let mut seen = Table {
        n_rows: kept.len(),
        columns: table.columns.iter().map(|c| pick(c, &kept)).collect(),
        ..Table::default()
    };
    let mut is_bought: Option<Vec<bool>> = None;
    for (label, time, at) in [
        (&roles.conversion, &roles.conversion_time, clocks.conversion),
        (&roles.returned, &roles.return_time, clocks.returned),
    ] {
        let column = label.as_deref().and_then(|name| table.column(name));
        let answers = match (column, &at) {
            (Some(column), _) => read_label(table, roles, column, "label")?.values,
            (None, Some(at)) => at.iter().map(|at| !at.is_nan()).collect(),
            (None, None) => continue,
        };
        let answers = seen_answers(&kept, &answers, at.as_deref(), is_bought.as_deref(), until);
        if let Some(column) = label.as_deref().and_then(|name| column_mut(&mut seen, name)) {
            column.values = ColumnValues::Number(answers.iter().map(|&yes| f64::from(u8::from(yes))).collect());
        }
        if let Some(column) = time.as_deref().and_then(|name| column_mut(&mut seen, name)) {
            blank(column, &answers);
        }
        is_bought = Some(answers);
    }
    tell_until(&mut seen, roles, until);
    Ok(seen)
}

/// Answers of the rows kept: a label is 1 where it is 1 by then, and where what it presupposes is.
fn seen_answers(
    kept: &[usize],
    answers: &[bool],
    at: Option<&[f64]>,
    presupposed: Option<&[bool]>,
    until: f64,
) -> Vec<bool> {
    let is_known = |&(position, &row): &(usize, &usize)| {
        presupposed.is_none_or(|before| before[position]) && at.is_none_or(|at| is_seen(at[row], until))
    };
    kept.iter().enumerate().map(|place| answers[*place.1] && is_known(&place)).collect()
}

fn tell_until(table: &mut Table, roles: &Roles, until: f64) {
    let values = ColumnValues::Number(vec![until; table.n_rows]);
    let name = roles.observed_until.as_deref().unwrap_or(OBSERVED_UNTIL);
    match column_mut(table, name) {
        Some(column) => column.values = values,
        None => {
            // Before the truth, which comes last.
            let place = table.columns.iter().position(|column| super::names::is_truth(&column.name));
            let place = place.unwrap_or(table.columns.len());
            table.columns.insert(place, Column { name: name.to_owned(), values });
        }
    }
}

fn column_mut<'a>(table: &'a mut Table, name: &str) -> Option<&'a mut Column> {
    table.columns.iter_mut().find(|column| column.name == name)
}

/// The column's values in the rows kept. A dictionary keeps its order of first use, without words that are gone.
fn pick(column: &Column, kept: &[usize]) -> Column {
    let values = match &column.values {
        ColumnValues::Number(numbers) => ColumnValues::Number(kept.iter().map(|&row| numbers[row]).collect()),
        ColumnValues::Text { dictionary, codes } => {
            let (mut words, mut new_code) = (Vec::new(), vec![MISSING; dictionary.len()]);
            let recode = |&row: &usize| {
                let code = codes[row] as usize;
                if codes[row] == MISSING {
                    return MISSING;
                }
                if new_code[code] == MISSING {
                    new_code[code] = words.len() as u32;
                    words.push(dictionary[code].clone());
                }
                new_code[code]
            };
            let codes = kept.iter().map(recode).collect();
            ColumnValues::Text { dictionary: words, codes }
        }
    };
    Column { name: column.name.clone(), values }
}

/// Empties the values where nothing has happened.
fn blank(column: &mut Column, happened: &[bool]) {
    match &mut column.values {
        ColumnValues::Number(numbers) => {
            numbers.iter_mut().zip(happened).filter(|(_, yes)| !**yes).for_each(|(at, _)| *at = f64::NAN);
        }
        ColumnValues::Text { codes, .. } => {
            codes.iter_mut().zip(happened).filter(|(_, yes)| !**yes).for_each(|(at, _)| *at = MISSING);
        }
    }
}

/// Time columns in seconds on one clock, NaN where empty.
#[derive(Default)]
struct Clocks {
    time: Option<Vec<f64>>,
    click: Option<Vec<f64>>,
    conversion: Option<Vec<f64>>,
    returned: Option<Vec<f64>>,
    observed_until: Option<Vec<f64>>,
}

impl Clocks {
    fn read(table: &Table, roles: &Roles) -> Result<Self, LogError> {
        let names = [&roles.time, &roles.click_time, &roles.conversion_time, &roles.return_time, &roles.observed_until];
        let columns = names.map(|name| name.as_deref().and_then(|name| table.column(name)));
        // One decision for all columns of numbers: units are recognised by size, and one clock has one unit.
        let mut numbers: Vec<f64> = Vec::new();
        for column in columns.into_iter().flatten() {
            if let ColumnValues::Number(values) = &column.values {
                // One whose clock can't be told is told by itself.
                column_times(table, column)?;
                numbers.extend(values.iter().filter(|value| !value.is_nan()));
            }
        }
        let mut seconds = numbers_to_seconds(&numbers).unwrap_or(numbers).into_iter();
        let mut read =
            |column: Option<&Column>| column.map(|column| seconds_of(table, column, &mut seconds)).transpose();
        let [time, click, conversion, returned, until] = columns;
        Ok(Self {
            time: read(time)?,
            click: read(click)?,
            conversion: read(conversion)?,
            returned: read(returned)?,
            observed_until: read(until)?,
        })
    }

    fn latest(&self) -> f64 {
        let all = [&self.time, &self.click, &self.conversion, &self.returned].into_iter().flatten();
        all.flatten().copied().filter(|at| !at.is_nan()).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// A column's seconds; those of numbers are taken from `converted`, in order.
fn seconds_of(table: &Table, column: &Column, converted: &mut impl Iterator<Item = f64>) -> Result<Vec<f64>, LogError> {
    match &column.values {
        ColumnValues::Number(numbers) => {
            let next = |number: &f64| if number.is_nan() { f64::NAN } else { converted.next().unwrap_or(f64::NAN) };
            Ok(numbers.iter().map(next).collect())
        }
        ColumnValues::Text { dictionary, codes } => {
            let seconds = parse_dates(dictionary);
            let read = |(row, &code): (usize, &u32)| match code {
                MISSING => Ok(f64::NAN),
                code => seconds[code as usize].ok_or_else(|| LogError::BadTime {
                    line: table.line(row),
                    column: column.name.clone(),
                    value: dictionary[code as usize].clone(),
                }),
            };
            codes.iter().enumerate().map(read).collect()
        }
    }
}

/// Reads when things happened; `None` when the log has no time of a purchase or of a return, or none to count from.
///
/// # Errors
/// The first value that is no time.
pub(super) fn read_timing(
    table: &Table,
    roles: &Roles,
    labels: &[Label],
    findings: &mut Vec<Finding>,
) -> Result<Option<Timing>, LogError> {
    if roles.conversion_time.is_none() && roles.return_time.is_none() {
        return Ok(None);
    }
    let clocks = Clocks::read(table, roles)?;
    let latest = clocks.latest();
    let Some(start) = start_times(&clocks) else { return Ok(None) };
    let until = clocks.observed_until.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let observed_until = if until.is_finite() { until } else { latest };
    let mut timing = Timing { start, labels: Vec::new(), observed_until, maturity: Maturity::default() };
    for (name, column, at) in [
        (label::CONVERSION, &roles.conversion_time, clocks.conversion),
        ("return", &roles.return_time, clocks.returned),
    ] {
        if let (Some(label), Some(column), Some(at)) = (labels.iter().find(|label| label.name == name), column, at) {
            let at = checked_times(table, &timing, label, column, at, findings);
            timing.labels.push(LabelTimes { label: name.to_owned(), at });
        }
    }
    timing.maturity = Maturity::of(&timing, labels);
    Ok((!timing.labels.is_empty()).then_some(timing))
}

/// The click's time where there is one, else the impression's; `None` when some row has neither.
fn start_times(clocks: &Clocks) -> Option<Vec<f64>> {
    let start = match (&clocks.click, &clocks.time) {
        (Some(click), Some(time)) => {
            click.iter().zip(time).map(|(&click, &time)| if click.is_nan() { time } else { click }).collect()
        }
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => return None,
    };
    start.iter().all(|at| !at.is_nan()).then_some(start)
}

/// Times of the rows whose label is 1, none before what leads to it; what does not fit is told.
fn checked_times(
    table: &Table,
    timing: &Timing,
    label: &Label,
    column: &str,
    mut at: Vec<f64>,
    findings: &mut Vec<Finding>,
) -> Vec<f64> {
    let bought = timing.times(label::CONVERSION);
    let before = |row: usize| bought.map_or(f64::NAN, |at| at[row]).max(timing.start[row]);
    let (mut early, mut unknown, mut unlabelled) = (Vec::new(), Vec::new(), Vec::new());
    for (row, time) in at.iter_mut().enumerate() {
        match (label.values[row], time.is_nan()) {
            (true, true) => unknown.push(row as u32),
            (false, false) => {
                unlabelled.push(row as u32);
                *time = f64::NAN;
            }
            (true, false) if *time < before(row) => {
                early.push(row as u32);
                *time = before(row);
            }
            _ => {}
        }
    }
    let name = label.name.as_str();
    let mut tell = |kind, rows: &[u32], says: &dyn Fn(usize, u64) -> String, remedy: String| {
        if let Some(&first) = rows.first() {
            let message = says(rows.len(), table.line(first as usize));
            findings.push(Finding::new(kind, message, remedy).columns([column]).rows(table, rows));
        }
    };
    let kind = FindingKind::OutcomeBeforeCause;
    match name {
        // What the report tells with its repairs is not told twice.
        label::CONVERSION => {}
        "return" => {
            let says = |n, line| counted!(funnel::timing::early_return, n, line = line);
            tell(kind, &early, &says, text!(funnel::timing::early_return_remedy).to_owned());
        }
        _ => {
            let says = |n, line| counted!(funnel::timing::early, n, label = name, line = line);
            tell(kind, &early, &says, text!(funnel::timing::early_remedy).to_owned());
        }
    }
    let says = |n, line| counted!(funnel::timing::unknown, n, label = name, line = line);
    tell(FindingKind::OutcomeWithoutTime, &unknown, &says, text!(funnel::timing::unknown_remedy).to_owned());
    let says = |n, line| counted!(funnel::timing::unlabelled, n, label = name, line = line);
    let remedy = text!(funnel::timing::unlabelled_remedy, label = name);
    tell(FindingKind::TimeWithoutOutcome, &unlabelled, &says, remedy);
    at
}
