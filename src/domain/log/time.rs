//! Time columns → seconds.
use super::clock::{Clock, Tick};
use super::dates::{Order, digits, has_two_orders, split_date};
use super::{Column, ColumnValues, LogError, MISSING, Table};

pub(super) const DAY_SECONDS: f64 = 86_400.0;

/// Reads a time column as seconds: numbers by their [`Clock`], or dates. Every row has one.
///
/// # Errors
/// The first value that is missing or no time.
pub(super) fn parse_time(table: &Table, column: &Column) -> Result<Vec<f64>, LogError> {
    let mut times = column_times(table, column)?;
    // Each impression has a time: 0 and -1 are none of an outcome's alone.
    if let ColumnValues::Number(numbers) = &column.values {
        times.iter_mut().zip(numbers).filter(|(time, _)| time.is_nan()).for_each(|(time, &number)| *time = number);
    }
    match times.iter().position(|time| time.is_nan()) {
        Some(row) => {
            let (line, column) = (table.line(row), column.name.clone());
            Err(LogError::BadTime { line, column, value: String::new() })
        }
        None => Ok(times),
    }
}

/// Reads a time column as [`parse_time`] does; NaN where a row has none.
///
/// # Errors
/// The first value that is no time.
pub(in crate::domain) fn column_times(table: &Table, column: &Column) -> Result<Vec<f64>, LogError> {
    match &column.values {
        ColumnValues::Number(numbers) => match numbers_to_seconds(numbers) {
            Some(seconds) => Ok(seconds),
            None => {
                let first = numbers.iter().position(|number| !number.is_nan());
                first.map_or_else(|| Ok(numbers.clone()), |row| Err(unknown_clock(table, column, row)))
            }
        },
        ColumnValues::Text { dictionary, codes } => {
            let seconds = parse_dates(dictionary);
            let bad = |row, code: u32| LogError::BadTime {
                line: table.line(row),
                column: column.name.clone(),
                value: dictionary[code as usize].clone(),
            };
            let read = |(row, &code): (usize, &u32)| match code {
                MISSING => Ok(f64::NAN),
                code => seconds[code as usize].ok_or_else(|| bad(row, code)),
            };
            codes.iter().enumerate().map(read).collect()
        }
    }
}

fn unknown_clock(table: &Table, column: &Column, row: usize) -> LogError {
    LogError::BadTime { line: table.line(row), column: column.name.clone(), value: column.values.text(row) }
}

/// Where a column of times has one: what has a time has happened.
pub(super) fn has_time(column: &Column) -> Vec<bool> {
    match &column.values {
        ColumnValues::Number(numbers) => {
            let is_none = none_mark(numbers.iter().copied());
            numbers.iter().map(|&number| !number.is_nan() && !is_none(number)).collect()
        }
        ColumnValues::Text { dictionary, codes } => {
            let times = parse_dates(dictionary);
            // What is no time is told where the times are read.
            let is_time = |code: u32| times[code as usize].is_none_or(|at| !at.is_nan());
            codes.iter().map(|&code| code != MISSING && is_time(code)).collect()
        }
    }
}

/// Which numbers stand for "no time": 0 and -1, where all others are far from them.
fn none_mark(numbers: impl Iterator<Item = f64>) -> impl Fn(f64) -> bool {
    const FAR: f64 = 1e6;
    let smallest = numbers.filter(|&number| number > 0.0).fold(f64::INFINITY, f64::min);
    let has_mark = smallest.is_finite() && smallest >= FAR;
    move |number| has_mark && (number == 0.0 || number == -1.0)
}

/// Whether two columns of times can be subtracted: not a date and a count, nor other units.
pub(super) fn is_same_clock(a: &[f64], b: &[f64]) -> bool {
    const MOST_YEARS_APART: f64 = 20.0;
    let first = |times: &[f64]| times.iter().copied().find(|time| !time.is_nan());
    match (first(a), first(b)) {
        (Some(a), Some(b)) => (a - b).abs() < MOST_YEARS_APART * 365.25 * DAY_SECONDS,
        _ => true,
    }
}

/// Seconds since 1970 as "2024-01-31 13:05", or as a number of the log's own clock where they are no such date.
pub(super) fn time_text(seconds: f64) -> String {
    const YEARS_1971_TO_2100: std::ops::Range<f64> = 31_536_000.0..4_102_444_800.0;
    if !YEARS_1971_TO_2100.contains(&seconds) {
        return format!("second {seconds}");
    }
    let (days, clock) = ((seconds / DAY_SECONDS) as i64, (seconds % DAY_SECONDS) as i64);
    let (year, month, day) = civil_from_days(days);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}", clock / 3600, clock / 60 % 60)
}

/// The inverse of [`days_since_epoch`]. Source: H. Hinnant, "chrono-compatible low-level date algorithms".
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Whether every value present is a time, of a clock that can be told.
pub(in crate::domain) fn is_time_like(values: &ColumnValues) -> bool {
    match values {
        ColumnValues::Number(numbers) => numbers_to_seconds(numbers).is_some(),
        ColumnValues::Text { dictionary, .. } => parse_dates(dictionary).iter().all(Option::is_some),
    }
}

/// Whether a column holds times whose year is known.
pub(in crate::domain) fn is_calendar(values: &ColumnValues) -> bool {
    is_dates(values) || clock_of(values).is_some_and(|clock| !matches!(clock, Clock::OwnSeconds | Clock::DayOfMonth))
}

/// The clock of a column of numbers, or of digits too long for one.
pub(super) fn clock_of(values: &ColumnValues) -> Option<Clock> {
    match values {
        ColumnValues::Number(numbers) => Clock::of(&ticks(numbers)),
        ColumnValues::Text { dictionary, .. } => digit_ticks(dictionary).and_then(|ticks| Clock::of(&ticks)),
    }
}

/// Numbers in seconds; NaN where missing. `None` when their clock can't be told.
pub(super) fn numbers_to_seconds(numbers: &[f64]) -> Option<Vec<f64>> {
    let clock = Clock::of(&ticks(numbers))?;
    let is_none = none_mark(numbers.iter().copied());
    let seconds = |&number: &f64| {
        let tick = Tick::of_number(number).filter(|_| !is_none(number));
        tick.and_then(|tick| clock.seconds(tick)).unwrap_or(f64::NAN)
    };
    Some(numbers.iter().map(seconds).collect())
}

fn ticks(numbers: &[f64]) -> Vec<Tick> {
    let is_none = none_mark(numbers.iter().copied());
    numbers.iter().filter(|&&number| !is_none(number)).filter_map(|&number| Tick::of_number(number)).collect()
}

/// A dictionary of digits alone, but for words that mean no time.
fn digit_ticks(dictionary: &[String]) -> Option<Vec<Tick>> {
    let present = dictionary.iter().filter(|text| !is_none_word(text));
    let ticks: Option<Vec<Tick>> = present.map(|text| Tick::of_digits(text)).collect();
    ticks.filter(|ticks| !ticks.is_empty())
}

fn is_none_word(text: &str) -> bool {
    matches!(text, "0" | "-1")
}

/// Dates of one column → seconds since 1970 in UTC; those with slashes are all day first or all month first.
///
/// Where both fit every date, the month comes first.
pub(super) fn parse_dates(dictionary: &[String]) -> Vec<Option<f64>> {
    if let Some((clock, _)) = digit_ticks(dictionary).and_then(|ticks| Some((Clock::of(&ticks)?, ticks))) {
        let seconds = |text: &String| match Tick::of_digits(text) {
            _ if is_none_word(text) => Some(f64::NAN),
            tick => tick.and_then(|tick| clock.seconds(tick)),
        };
        return dictionary.iter().map(seconds).collect();
    }
    let read = |order| dictionary.iter().map(|text| parse_date_in(text, order)).collect::<Vec<_>>();
    let month_first = read(Order::MonthFirst);
    if month_first.iter().all(Option::is_some) || !dictionary.iter().any(|text| has_two_orders(text)) {
        return month_first;
    }
    let day_first = read(Order::DayFirst);
    let count = |dates: &[Option<f64>]| dates.iter().flatten().count();
    if count(&day_first) > count(&month_first) { day_first } else { month_first }
}

/// Whether every value is a date in words or digits with marks between them, and not just a number.
pub(super) fn is_dates(values: &ColumnValues) -> bool {
    match values {
        ColumnValues::Number(_) => false,
        ColumnValues::Text { dictionary, .. } => {
            let is_digits = digit_ticks(dictionary).is_some();
            !dictionary.is_empty() && !is_digits && parse_dates(dictionary).iter().all(Option::is_some)
        }
    }
}

/// Whether days and months of the dates could be told apart in neither of two ways: `03/04/2024` in every row.
pub(super) fn has_open_order(values: &ColumnValues) -> bool {
    let ColumnValues::Text { dictionary, .. } = values else { return false };
    let fits = |order| dictionary.iter().all(|text| parse_date_in(text, order).is_some());
    dictionary.iter().any(|text| has_two_orders(text)) && fits(Order::DayFirst) && fits(Order::MonthFirst)
}

/// A date on its own, with or without a clock → seconds since 1970 in UTC.
pub(super) fn parse_date(text: &str) -> Option<f64> {
    parse_date_in(text, Order::MonthFirst).or_else(|| parse_date_in(text, Order::DayFirst))
}

fn parse_date_in(text: &str, order: Order) -> Option<f64> {
    let (year, month, day, clock) = split_date(text, order)?;
    let days = days_since_epoch(year, month, day)?;
    let seconds = if clock.is_empty() { 0.0 } else { parse_clock(clock)? };
    Some(days as f64 * DAY_SECONDS + seconds)
}

/// Seconds since midnight UTC.
fn parse_clock(clock: &str) -> Option<f64> {
    let clock = clock.trim_end_matches(" UTC").trim_end_matches(" GMT");
    if let Some(hours) = half_day(clock) {
        return hours;
    }
    if clock.len() >= 6 && clock.bytes().all(|byte| byte.is_ascii_digit()) {
        return parse_clock(&format!("{}:{}:{}", &clock[..2], &clock[2..4], &clock[4..]));
    }
    let (clock, offset_seconds) = if let Some(clock) = clock.strip_suffix(['Z', 'z']) {
        (clock, 0)
    } else if let Some(at) = clock.rfind(['+', '-']) {
        let (hours, minutes) = match &clock[at + 1..] {
            zone if zone.contains(':') => zone.split_once(':')?,
            zone if zone.len() == 4 && zone.is_ascii() => zone.split_at(2),
            zone => (zone, "0"),
        };
        let seconds = digits(hours)? * 3600 + digits(minutes)? * 60;
        (&clock[..at], if clock[at..].starts_with('-') { -seconds } else { seconds })
    } else {
        (clock, 0)
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let second: f64 = match parts.next() {
        Some(second) if second.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => second.parse().ok()?,
        Some(_) => return None,
        None => 0.0,
    };
    if parts.next().is_some() || hour > 24 || minute > 59 || !(0.0..61.0).contains(&second) {
        return None;
    }
    Some((hour * 3600 + minute * 60 - offset_seconds) as f64 + second)
}

/// `1:05 PM`: `None` when no half of the day is named.
fn half_day(clock: &str) -> Option<Option<f64>> {
    let at = clock.len().checked_sub(2)?;
    let is_afternoon = match clock.get(at..)? {
        half if half.eq_ignore_ascii_case("am") => false,
        half if half.eq_ignore_ascii_case("pm") => true,
        _ => return None,
    };
    let seconds = parse_clock(clock[..at].trim_end()).filter(|seconds| (3600.0..46_800.0).contains(seconds));
    // Twelve comes before one.
    Some(seconds.map(|seconds| seconds % 43_200.0 + if is_afternoon { 43_200.0 } else { 0.0 }))
}

/// Days since 1970-01-01 in the Gregorian calendar. Source: H. Hinnant, "chrono-compatible low-level date algorithms".
pub(super) fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=month_days).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_unix_seconds() {
        for (text, seconds) in [
            ("1970-01-01", 0.0),
            ("2000-02-29", 951_782_400.0),
            ("2024-01-31 13:05", 1_706_706_300.0),
            ("2024-01-31T13:05:09.25Z", 1_706_706_309.25),
            ("2024-01-31T13:05:09+02:00", 1_706_699_109.0),
            ("2024-01-31T13:05:09-0130", 1_706_711_709.0),
            ("2024/1/31", 1_706_659_200.0),
            ("31.01.2024 13:05", 1_706_706_300.0),
            ("01/31/2024 1:05 PM", 1_706_706_300.0),
            ("31/01/2024 12:05 AM", 1_706_659_500.0),
            ("Wed, 31 Jan 2024 13:05:09 GMT", 1_706_706_309.0),
            ("20240131T130509", 1_706_706_309.0),
        ] {
            assert_eq!(parse_date(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn a_column_of_dates_has_one_order() {
        let read = |dates: [&str; 2]| parse_dates(&dates.map(str::to_owned)).into_iter().flatten().collect::<Vec<_>>();
        let third_of_april = 1_712_102_400.0;
        assert_eq!(read(["04/03/2024", "04/30/2024"])[0], third_of_april);
        assert_eq!(read(["03/04/2024", "30/04/2024"])[0], third_of_april);
        assert_eq!(read(["04/03/2024", "04/04/2024"])[0], third_of_april, "both fit: the month comes first");
        assert!(read(["31/04/2024", "04/31/2024"]).is_empty());
    }

    #[test]
    fn seconds_become_dates_again() {
        for (seconds, text) in [
            (951_782_400.0, "2000-02-29 00:00"),
            (1_706_706_300.0, "2024-01-31 13:05"),
            (1_735_689_599.0, "2024-12-31 23:59"),
            (86_400.0, "second 86400"),
        ] {
            assert_eq!(time_text(seconds), text);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "24-01-31 x",
            "01/31/2024 13:05 PM",
            "2024-01-31 25:00",
            "2024-01",
            "1-2-3-4",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn nought_and_minus_one_are_no_time_where_all_else_is_far_from_them() {
        let column = |values: &[f64]| Column { name: "at".into(), values: ColumnValues::Number(values.to_vec()) };
        let late = column(&[1_706_706_300.0, 0.0, -1.0, f64::NAN]);
        assert_eq!(has_time(&late), [true, false, false, false]);
        assert!(numbers_to_seconds(&[1_706_706_300.0, -1.0]).is_some_and(|seconds| seconds[1].is_nan()));
        assert_eq!(has_time(&column(&[0.0, 3600.0])), [true, true]);
        let words =
            ColumnValues::Text { dictionary: vec!["2024030108134300000".into(), "-1".into()], codes: vec![0, 1] };
        assert!(!has_time(&Column { name: "at".into(), values: words })[1]);
    }
}
