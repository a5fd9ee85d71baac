//! Which clock the numbers of a time column are of.

use super::time::{DAY_SECONDS, days_since_epoch};

/// How a number says when something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// Since an origin of the log's own.
    OwnSeconds,
    UnixSeconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    /// `20240131`
    Date,
    /// `2024013113`
    Hour,
    /// `202401311305`
    Minute,
    /// `20240131130509`
    Second,
    /// `20240131130509250`
    Millisecond,
    /// `24013113`
    ShortHour,
    /// `31130509`: day of a month that is not said, hour, minute, second.
    DayOfMonth,
    /// A spreadsheet's days since 1899-12-30, the time of day behind the point.
    SpreadsheetDays,
}

/// A field of a time column: its value, and its digits when it is a whole number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tick {
    value: f64,
    whole: Option<i64>,
}

impl Tick {
    /// `None` when missing.
    pub(super) fn of_number(value: f64) -> Option<Self> {
        const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
        let is_whole = value.fract() == 0.0 && value.abs() < MAX_EXACT;
        (!value.is_nan()).then_some(Self { value, whole: is_whole.then_some(value as i64) })
    }

    /// `None` when the text is not digits alone.
    pub(super) fn of_digits(text: &str) -> Option<Self> {
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let whole: i64 = if is_digits { text.parse().ok()? } else { return None };
        Some(Self { value: whole as f64, whole: Some(whole) })
    }
}

/// Clocks that write a date's digits, the likeliest first: a number of the one is seldom one of another.
const WRITTEN: [Clock; 7] =
    [Clock::Date, Clock::Hour, Clock::Minute, Clock::Second, Clock::Millisecond, Clock::ShortHour, Clock::DayOfMonth];

impl Clock {
    /// The clock that every tick is of; `None` without a tick, and when it can't be told.
    pub(super) fn of(ticks: &[Tick]) -> Option<Self> {
        let smallest = ticks.iter().map(|tick| tick.value).min_by(f64::total_cmp)?;
        let largest = ticks.iter().map(|tick| tick.value).fold(smallest, f64::max);
        if let Some(written) = WRITTEN.into_iter().find(|clock| ticks.iter().all(|&tick| clock.seconds(tick).is_some()))
        {
            return Some(written);
        }
        // From 2000 to 2050: a log that counts seconds from its own start has smaller ones, too.
        // Whole numbers that differ by more than some years of days count seconds of a day.
        let are_days = largest - smallest < 1_100.0 || ticks.iter().any(|tick| tick.whole.is_none());
        if (36_526.0..55_000.0).contains(&smallest) && largest < 55_000.0 && are_days {
            return Some(Self::SpreadsheetDays);
        }
        // Unix times of the years 1973 to 2100; whatever lies between them counts an unknown unit.
        match largest {
            largest if largest < 1e9 => Some(Self::OwnSeconds),
            largest if largest < 4.2e9 => Some(Self::UnixSeconds),
            largest if (1e11..4.2e12).contains(&largest) => Some(Self::Milliseconds),
            largest if (1e14..4.2e15).contains(&largest) => Some(Self::Microseconds),
            largest if (1e17..4.2e18).contains(&largest) => Some(Self::Nanoseconds),
            _ => None,
        }
    }

    /// The tick in seconds, since 1970 where the clock knows the year; `None` when it is not of this clock.
    pub(super) fn seconds(self, tick: Tick) -> Option<f64> {
        let value = tick.value;
        match self {
            Self::OwnSeconds | Self::UnixSeconds => Some(value),
            Self::Milliseconds => Some(value / 1e3),
            Self::Microseconds => Some(value / 1e6),
            // Whole seconds first: the digits of 19 are more than an f64 holds.
            Self::Nanoseconds => Some(match tick.whole {
                Some(whole) => (whole / 1_000_000_000) as f64 + (whole % 1_000_000_000) as f64 / 1e9,
                None => value / 1e9,
            }),
            Self::SpreadsheetDays => Some((value - 25_569.0) * DAY_SECONDS),
            Self::Date => written(tick.whole?, [0, 0, 0, 0]),
            Self::Hour => written(tick.whole?, [1, 0, 0, 0]),
            Self::Minute => written(tick.whole?, [1, 1, 0, 0]),
            Self::Second => written(tick.whole?, [1, 1, 1, 0]),
            Self::Millisecond => written(tick.whole?, [1, 1, 1, 1]),
            Self::ShortHour => {
                let whole = tick.whole.filter(|whole| (0..50_000_000).contains(whole))?;
                written(2_000_000_000 + whole, [1, 0, 0, 0])
            }
            Self::DayOfMonth => {
                let whole = tick.whole?;
                let (day, hour, minute, second) =
                    (whole / 1_000_000, whole / 10_000 % 100, whole / 100 % 100, whole % 100);
                let fits = (1..=31).contains(&day) && (0..24).contains(&hour) && minute < 60 && second < 60;
                fits.then(|| (day * 86_400 + hour * 3600 + minute * 60 + second) as f64)
            }
        }
    }

    /// The clock in words: part of "holds times: …".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::OwnSeconds => text!(inferred::clock::own_seconds),
            Self::UnixSeconds => text!(inferred::clock::unix_seconds),
            Self::Milliseconds => text!(inferred::clock::milliseconds),
            Self::Microseconds => text!(inferred::clock::microseconds),
            Self::Nanoseconds => text!(inferred::clock::nanoseconds),
            Self::Date => text!(inferred::clock::date),
            Self::Hour => text!(inferred::clock::hour),
            Self::Minute => text!(inferred::clock::minute),
            Self::Second => text!(inferred::clock::second),
            Self::Millisecond => text!(inferred::clock::millisecond),
            Self::ShortHour => text!(inferred::clock::short_hour),
            Self::DayOfMonth => text!(inferred::clock::day_of_month),
            Self::SpreadsheetDays => text!(inferred::clock::spreadsheet_days),
        }
    }
}

/// Seconds since 1970 of a date in digits, with those of `[hour, minute, second, millisecond]` that are 1 behind it.
fn written(whole: i64, has: [i64; 4]) -> Option<f64> {
    let mut rest = whole;
    let mut take = |is_there: i64, base: i64| {
        if is_there == 0 {
            return 0;
        }
        let part = rest % base;
        rest /= base;
        part
    };
    let millisecond = take(has[3], 1000);
    let (second, minute, hour) = (take(has[2], 100), take(has[1], 100), take(has[0], 100));
    let (day, month) = (take(1, 100), take(1, 100));
    if !(1900..=2100).contains(&rest) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_since_epoch(rest, month, day)?;
    Some(days as f64 * DAY_SECONDS + (hour * 3600 + minute * 60 + second) as f64 + millisecond as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: f64 = 1_709_280_823.0; // 2024-03-01 08:13:43

    fn read(texts: &[&str]) -> Option<(Clock, f64)> {
        let tick = |text: &&str| Tick::of_digits(text).or_else(|| Tick::of_number(text.parse().ok()?));
        let ticks: Vec<Tick> = texts.iter().filter_map(tick).collect();
        let clock = Clock::of(&ticks)?;
        Some((clock, clock.seconds(ticks[0])?))
    }

    #[test]
    fn one_moment_is_read_from_every_clock() {
        for (text, other, clock, seconds) in [
            ("1709280823", "1709282633", Clock::UnixSeconds, MOMENT),
            ("1709280823250", "1709282633000", Clock::Milliseconds, MOMENT + 0.25),
            ("1709280823000000", "1709282633000000", Clock::Microseconds, MOMENT),
            ("1709280823000000001", "1709282633000000000", Clock::Nanoseconds, MOMENT),
            ("20240301", "20240229", Clock::Date, MOMENT - 29_623.0),
            ("2024030108", "2024030123", Clock::Hour, MOMENT - 823.0),
            ("202403010813", "202403011259", Clock::Minute, MOMENT - 43.0),
            ("20240301081343", "20240301235959", Clock::Second, MOMENT),
            ("20240301081343500", "20240301084353001", Clock::Millisecond, MOMENT + 0.5),
            ("24030108", "24030113", Clock::ShortHour, MOMENT - 823.0),
            ("01081343", "01084353", Clock::DayOfMonth, 86_400.0 + 29_623.0),
            ("0.5", "2", Clock::OwnSeconds, 0.5),
        ] {
            let (found, read) = read(&[text, other]).expect(text);
            assert_eq!(found, clock, "{text}");
            assert!((read - seconds).abs() < 1e-6, "{text}: {read}");
        }
        let (clock, seconds) = read(&["45352.342859", "45352.363808"]).unwrap();
        assert_eq!(clock, Clock::SpreadsheetDays);
        assert!((seconds - MOMENT).abs() < 1.0, "{seconds}");
    }

    #[test]
    fn nine_hours_are_nine_hours_on_every_clock() {
        for (from, to) in [("01213059", "02063059"), ("20240301213059", "20240302063059"), ("24030121", "24030206")] {
            let ticks = [from, to].map(|text| Tick::of_digits(text).unwrap());
            let clock = Clock::of(&ticks).expect(from);
            let seconds = ticks.map(|tick| clock.seconds(tick).unwrap());
            assert_eq!(seconds[1] - seconds[0], 9.0 * 3600.0, "{from} {clock:?}");
        }
    }

    #[test]
    fn seconds_of_an_afternoon_are_no_days() {
        assert_eq!(read(&["36600", "54000", "41000"]).map(|(clock, _)| clock), Some(Clock::OwnSeconds));
        assert_eq!(read(&["45352", "45399"]).map(|(clock, _)| clock), Some(Clock::SpreadsheetDays));
    }

    #[test]
    fn a_unit_that_cannot_be_told_is_no_clock() {
        for texts in [["53085738314", "53086444998"], ["70000000000000", "70000000000001"], ["5e19", "6e19"]] {
            assert_eq!(read(&texts), None, "{texts:?}");
        }
    }
}
