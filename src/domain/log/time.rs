//! Time columns → seconds.
use super::labels::line_of_row;
use super::{Column, ColumnValues, LogError, MISSING};

const DAY_SECONDS: f64 = 86_400.0;

/// Reads a time column as seconds: numbers (Unix milli- and microseconds are recognised by size, whole numbers like
/// 20240131 as dates) or ISO 8601 dates.
///
/// # Errors
/// The first value that is missing or no time.
pub(super) fn parse_time(column: &Column) -> Result<Vec<f64>, LogError> {
    let bad = |row, value: &str| LogError::BadTime {
        line: line_of_row(row),
        column: column.name.clone(),
        value: value.into(),
    };
    match &column.values {
        ColumnValues::Number(numbers) => {
            if let Some(row) = numbers.iter().position(|number| number.is_nan()) {
                return Err(bad(row, ""));
            }
            Ok(numbers_to_seconds(numbers))
        }
        ColumnValues::Text { dictionary, codes } => {
            let seconds: Vec<Option<f64>> = dictionary.iter().map(|text| parse_date(text)).collect();
            let read = |(row, &code): (usize, &u32)| match code {
                MISSING => Err(bad(row, "")),
                code => seconds[code as usize].ok_or_else(|| bad(row, &dictionary[code as usize])),
            };
            codes.iter().enumerate().map(read).collect()
        }
    }
}

/// Whether every value present is a time.
pub(super) fn is_time_like(values: &ColumnValues) -> bool {
    match values {
        ColumnValues::Number(_) => true,
        ColumnValues::Text { dictionary, .. } => dictionary.iter().all(|text| parse_date(text).is_some()),
    }
}

/// Numbers in seconds: finer units are recognised by the largest, whole numbers like 20240131 as dates when all are.
pub(super) fn numbers_to_seconds(numbers: &[f64]) -> Vec<f64> {
    let dates: Option<Vec<f64>> = numbers.iter().map(|&number| parse_compact_date(number)).collect();
    if let Some(dates) = dates {
        return dates;
    }
    // Unix seconds stay below 1e11 until the year 5138: whatever is larger counts finer units.
    let largest = numbers.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    let per_second = match largest {
        largest if largest < 1e11 => 1.0,
        largest if largest < 1e14 => 1e3,
        largest if largest < 1e17 => 1e6,
        _ => 1e9,
    };
    numbers.iter().map(|number| number / per_second).collect()
}

/// `20240131` → seconds since 1970.
fn parse_compact_date(number: f64) -> Option<f64> {
    if number.fract() != 0.0 || !(19_000_101.0..=21_001_231.0).contains(&number) {
        return None;
    }
    let date = number as i64;
    days_since_epoch(date / 10_000, date / 100 % 100, date % 100).map(|days| days as f64 * DAY_SECONDS)
}

/// `2024-01-31`, `2024-01-31 13:05`, `2024-01-31T13:05:09.25+02:00`, slashes too → seconds since 1970 in UTC.
pub(super) fn parse_date(text: &str) -> Option<f64> {
    let (date, clock) = match text.split_once(['T', 't', ' ']) {
        Some((date, clock)) => (date, Some(clock.trim())),
        None => (text, None),
    };
    let mut parts = date.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    let days = days_since_epoch(digits(year)?, digits(month)?, digits(day)?)?;
    Some(days as f64 * DAY_SECONDS + clock.map_or(Some(0.0), parse_clock)?)
}

/// Seconds since midnight UTC.
fn parse_clock(clock: &str) -> Option<f64> {
    let clock = clock.trim_end_matches(" UTC");
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

fn digits(text: &str) -> Option<i64> {
    let is_short_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_short_number { text.parse().ok() } else { None }
}

/// Days since 1970-01-01 in the Gregorian calendar. Source: H. Hinnant, "chrono-compatible low-level date algorithms".
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
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
        ] {
            assert_eq!(parse_date(text), Some(seconds), "{text}");
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
            "24-01-31",
            "2024-01-31 25:00",
            "2024-01",
            "1-2-3-4",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn fine_units_and_compact_dates_become_seconds() {
        assert_eq!(numbers_to_seconds(&[1_706_706_300_000.0, 1_706_706_301_000.0]), [1_706_706_300.0, 1_706_706_301.0]);
        assert_eq!(numbers_to_seconds(&[20_240_131.0, 20_240_201.0]), [1_706_659_200.0, 1_706_745_600.0]);
        assert_eq!(numbers_to_seconds(&[0.5, 2.0]), [0.5, 2.0]);
    }
}
