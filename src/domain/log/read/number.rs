//! One field → one number, and how it was spelled.
//!
//! A column may turn out to be text after a million numbers. Each number therefore keeps what it takes to write its
//! field again exactly: for nearly all of them the count of decimals, for the others their text.

/// Integers from here on lose digits as f64, so such a column (64-bit ids) stays text.
const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Digits that an f64 always gives back.
const EXACT_DIGITS: usize = 15;

/// Words for "no value" in columns whose other values are numbers; among texts only [`NULL_WORDS`] are.
const MISSING_WORDS: [&str; 9] = ["nan", "null", "na", "n/a", "none", "nil", "\\n", "-", "?"];

/// What programs write for "no value", and people seldom mean as a value.
const NULL_WORDS: [&str; 8] = ["\\n", "null", "(null)", "<null>", "nan", "<na>", "nat", "#n/a"];

const POWERS_OF_TEN: [f64; EXACT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The character before the decimals, in this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum DecimalMark {
    #[default]
    Point,
    Comma,
}

impl DecimalMark {
    fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }

    /// The other one, which then groups thousands.
    fn grouping(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }
}

/// How a number was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Plain digits, this many of them after the mark: [`spell`] gives the field back.
    Plain { decimals: u8 },
    /// In a form of its own: an exponent, a sign, zeros in front, more digits than an f64 holds, a word.
    Own,
}

/// A field without surrounding spaces as a number: `None` when it is none, NaN when it says that it has no value.
pub(super) fn parse_number(field: &str, mark: DecimalMark) -> Option<(f64, Spelling)> {
    if let Some((number, decimals)) = parse_plain(field.as_bytes(), mark.byte()) {
        return Some((number, Spelling::Plain { decimals }));
    }
    parse_other(field, mark).map(|number| (number, Spelling::Own))
}

/// `-12.50`: a sign, digits without zeros in front, a mark with digits after it; at most 15 digits. Value and decimals.
///
/// Digits and power of ten are both exact, so that their quotient is the nearest f64. Source: Clinger 1990.
#[inline]
fn parse_plain(field: &[u8], mark: u8) -> Option<(f64, u8)> {
    let (is_negative, digits) = match field {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, field),
    };
    if digits.is_empty() || digits.len() > EXACT_DIGITS + 1 {
        return None;
    }
    let mut value = 0u64;
    let mut mark_at = None;
    for (at, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value * 10 + u64::from(digit);
        } else if byte == mark && mark_at.is_none() && at > 0 {
            mark_at = Some(at);
        } else {
            return None;
        }
    }
    let whole = mark_at.unwrap_or(digits.len());
    let decimals = digits.len() - mark_at.map_or(digits.len(), |at| at + 1);
    let has_zeros_in_front = whole > 1 && digits[0] == b'0';
    if has_zeros_in_front || whole + decimals > EXACT_DIGITS || (mark_at.is_some() && decimals == 0) {
        return None;
    }
    let number = value as f64 / POWERS_OF_TEN[decimals];
    Some((if is_negative { -number } else { number }, decimals as u8))
}

fn parse_other(field: &str, mark: DecimalMark) -> Option<f64> {
    let first = *field.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.' | b',')) {
        return is_missing_word(field).then_some(f64::NAN);
    }
    if let Some(number) = parse_pointed(field) {
        return Some(number);
    }
    if field.contains(',') {
        let whole = field.split(char::from(mark.byte())).next().unwrap_or(field);
        let is_grouped = is_grouped(whole.trim_start_matches('-'), mark.grouping());
        if is_grouped || (mark == DecimalMark::Comma && !field.contains('.')) {
            let pointed: String = field.chars().filter(|&c| c != mark.grouping()).collect();
            return parse_pointed(&pointed.replace(char::from(mark.byte()), "."));
        }
    } else if mark == DecimalMark::Comma && is_grouped(field.trim_start_matches('-'), '.') {
        return parse_pointed(&field.replace('.', ""));
    }
    is_missing_word(field).then_some(f64::NAN)
}

/// A number with a decimal point; integers only where an f64 holds them.
fn parse_pointed(field: &str) -> Option<f64> {
    let number = field.parse::<f64>().ok().filter(|number| number.is_finite())?;
    let is_exact = number.abs() < MAX_EXACT_INTEGER || field.contains(['.', 'e', 'E']);
    is_exact.then_some(number)
}

/// `1,234,567`: digits in groups of three.
pub(super) fn is_grouped(whole: &str, grouping: char) -> bool {
    let mut groups = whole.split(grouping);
    let is_digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    let mut n_more = 0;
    let more_fit = groups.all(|group| {
        n_more += 1;
        group.len() == 3 && is_digits(group)
    });
    n_more > 0 && more_fit && first.len() <= 3 && is_digits(first) && !first.starts_with('0')
}

fn is_missing_word(field: &str) -> bool {
    field.len() <= 4 && MISSING_WORDS.iter().any(|word| field.eq_ignore_ascii_case(word))
}

/// Whether a text stands for no value where all others say yes or no.
pub(super) fn is_missing_answer(text: &str) -> bool {
    is_null_word(text) || is_missing_word(text)
}

/// Whether a text stands for no value.
pub(super) fn is_null_word(text: &str) -> bool {
    text.len() <= 6 && NULL_WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The field that [`parse_number`] read as `number` with this many decimals.
pub(super) fn spell(number: f64, decimals: u8, mark: DecimalMark, field: &mut String) {
    use std::fmt::Write as _;
    field.clear();
    let written = write!(field, "{number:.0$}", usize::from(decimals));
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
    if mark == DecimalMark::Comma && decimals > 0 {
        *field = field.replace('.', ",");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_are_read_exactly_and_spelled_again() {
        let mut spelled = String::new();
        for field in ["0", "-0", "7", "-12.50", "0.1", "0.10", "123456789012345", "0.12345678901234", "100.000", "9.99"]
        {
            let (number, spelling) = parse_number(field, DecimalMark::Point).expect(field);
            let Spelling::Plain { decimals } = spelling else { panic!("{field} has its own form") };
            assert_eq!(number.to_bits(), field.parse::<f64>().expect("a number").to_bits(), "{field}");
            spell(number, decimals, DecimalMark::Point, &mut spelled);
            assert_eq!(spelled, field);
        }
    }

    #[test]
    fn other_forms_are_numbers_with_a_spelling_of_their_own() {
        for (field, number) in [
            ("007", 7.0),
            ("+3", 3.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("1e-3", 0.001),
            ("0.12213999999999999", 0.122_139_999_999_999_99),
            ("1,234", 1234.0),
            ("-1,234,567.25", -1_234_567.25),
        ] {
            assert_eq!(parse_number(field, DecimalMark::Point), Some((number, Spelling::Own)), "{field}");
        }
        for field in ["nan", "NULL", "n/a", "-", "?"] {
            let (number, spelling) = parse_number(field, DecimalMark::Point).expect(field);
            assert!(number.is_nan() && spelling == Spelling::Own, "{field}");
        }
    }

    #[test]
    fn decimal_commas_are_read_where_the_file_has_them() {
        for (field, number) in [
            ("1,5", 1.5),
            ("-0,25", -0.25),
            ("1.234,5", 1234.5),
            ("12.345.678", 12_345_678.0),
            ("1.5", 1.5),
            ("3", 3.0),
        ] {
            assert_eq!(parse_number(field, DecimalMark::Comma).map(|(n, _)| n), Some(number), "{field}");
        }
        let mut spelled = String::new();
        spell(1.5, 2, DecimalMark::Comma, &mut spelled);
        assert_eq!(spelled, "1,50");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for field in ["inf", "x", "1,5", "1,23,456", "12x", "--1", "1.2.3", "9007199254740993", "0x10", "1_000"] {
            assert_eq!(parse_number(field, DecimalMark::Point), None, "{field}");
        }
    }
}
