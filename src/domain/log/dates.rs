//! Dates as people and machines write them → days and what follows them.
//!
//! `2024-01-31`, `2024/1/31`, `20240131`; `31.01.2024`, `31-01-2024`; `01/31/2024` or `31/01/2024`;
//! `31 Jan 2024`, `Wed, 31 Jan 2024`, `31-Jan-24`; `January 31, 2024`. A clock may follow.

/// Which of two numbers comes first where a date does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

/// Year, month and day of a date, and the clock behind it; `order` decides what the date itself leaves open.
pub(super) fn split_date(text: &str, order: Order) -> Option<(i64, i64, i64, &str)> {
    let text = text.trim();
    // A name of a weekday says nothing new.
    let text = match text.split_once([',', ' ']) {
        Some((day, rest)) if is_weekday(day) => rest.trim_start_matches([',', ' ']),
        _ => text,
    };
    let (first, mark, rest) = cut(text)?;
    if first.len() == 8 && first.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = |range: std::ops::Range<usize>| first.get(range)?.parse().ok();
        let is_clock_next = mark.is_none_or(|mark| matches!(mark, ' ' | 'T' | 't'));
        return is_clock_next.then_some((number(0..4)?, number(4..6)?, number(6..8)?, rest));
    }
    let mark = mark.filter(|mark| matches!(mark, '-' | '/' | '.' | ' '))?;
    let (second, second_mark, rest) = cut(rest.trim_start())?;
    let second_mark = second_mark.filter(|&next| next == mark || (mark == ' ' && next == ','))?;
    let rest = if second_mark == ',' { rest.trim_start() } else { rest };
    let (third, last_mark, clock) = cut(rest)?;
    if !last_mark.is_none_or(|mark| matches!(mark, ' ' | 'T' | 't' | ',')) {
        return None;
    }
    let (year, month, day) = match (month_called(first), month_called(second)) {
        (Some(month), _) => (year_of(third)?, month, short(second)?),
        (_, Some(month)) => (year_of(third)?, month, short(first)?),
        _ if first.len() == 4 => (digits(first)?, short(second)?, short(third)?),
        _ if mark == ' ' => return None,
        _ if mark == '/' && order == Order::MonthFirst => (year_of(third)?, short(first)?, short(second)?),
        _ => (year_of(third)?, short(second)?, short(first)?),
    };
    Some((year, month, day, clock.trim()))
}

/// Whether a date leaves open which number is the month's: `03/04/2024`.
pub(super) fn has_two_orders(text: &str) -> bool {
    split_date(text, Order::DayFirst) != split_date(text, Order::MonthFirst)
}

/// A run of letters or digits, the character that ends it, and what follows.
fn cut(text: &str) -> Option<(&str, Option<char>, &str)> {
    let end = text.find(|c: char| {
        !c.is_ascii_alphanumeric() || matches!(c, 'T' | 't') && text.starts_with(|c: char| c.is_ascii_digit())
    });
    let (run, rest) = text.split_at(end.unwrap_or(text.len()));
    let mut rest = rest.chars();
    let mark = rest.next();
    (!run.is_empty()).then_some((run, mark, rest.as_str()))
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    word.len() >= 3 && DAYS.iter().any(|day| is_start(day, word))
}

fn month_called(word: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS.iter().position(|month| word.len() >= 3 && is_start(month, word))?;
    Some(at as i64 + 1)
}

fn is_start(whole: &str, word: &str) -> bool {
    whole.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Two digits are of this century.
fn year_of(text: &str) -> Option<i64> {
    match text.len() {
        4 => digits(text),
        2 => Some(2000 + digits(text)?),
        _ => None,
    }
}

fn short(text: &str) -> Option<i64> {
    digits(text).filter(|_| text.len() <= 2)
}

/// A number of up to four digits.
pub(super) fn digits(text: &str) -> Option<i64> {
    let is_short_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_short_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_is_read_in_every_writing() {
        for (text, clock) in [
            ("2024-01-31", ""),
            ("2024-01-31 13:05", "13:05"),
            ("2024-01-31T13:05:09Z", "13:05:09Z"),
            ("2024/1/31", ""),
            ("20240131", ""),
            ("20240131T130509", "130509"),
            ("31.01.2024 13:05", "13:05"),
            ("31-01-2024", ""),
            ("31/1/2024", ""),
            ("31.1.24", ""),
            ("31 Jan 2024", ""),
            ("31-Jan-2024 01:05 PM", "01:05 PM"),
            ("Wed, 31 Jan 2024 13:05:09 GMT", "13:05:09 GMT"),
            ("January 31, 2024", ""),
            ("Jan 31, 2024, 13:05", "13:05"),
        ] {
            assert_eq!(split_date(text, Order::DayFirst), Some((2024, 1, 31, clock)), "{text}");
        }
        assert_eq!(split_date("01/31/2024 1:05 PM", Order::MonthFirst), Some((2024, 1, 31, "1:05 PM")));
    }

    #[test]
    fn only_slashes_leave_the_order_open() {
        for (text, is_open) in
            [("03/04/2024", true), ("03.04.2024", false), ("2024/03/04", false), ("4 Mar 2024", false), ("x", false)]
        {
            assert_eq!(has_two_orders(text), is_open, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "yesterday", "1-2-3-4", "2024-01", "123456789", "1.5", "31 01 2024", "12:30", "é/é/é", "24-01"]
        {
            assert_eq!(split_date(text, Order::DayFirst), None, "{text}");
        }
    }
}
