//! Number format of the user's locale: [`super::format`] rounds, this module writes.
//!
//! `www/start.js` puts three sample numbers on the document, as the browser writes them; every other number follows their
//! pattern, so no table of locales is needed. Without a browser: a point and thin spaces.

use std::cell::RefCell;

/// Separators, groups and the place of the percent sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberStyle {
    decimal: char,
    group: char,
    /// Digits of the last group, and of those before it (2 in India).
    last_group: usize,
    other_groups: usize,
    /// Least number of digits that are grouped: Spanish writes 1234, but 12 345.
    least_grouped: usize,
    before_percent: String,
    after_percent: String,
}

/// The thousands separator without a locale: does not break a line, and is no locale's decimal mark.
const THIN_SPACE: char = '\u{202f}';

impl Default for NumberStyle {
    fn default() -> Self {
        Self {
            decimal: '.',
            group: THIN_SPACE,
            last_group: 3,
            other_groups: 3,
            least_grouped: 4,
            before_percent: String::new(),
            after_percent: format!("{THIN_SPACE}%"),
        }
    }
}

thread_local! {
    static STYLE: RefCell<NumberStyle> = RefCell::default();
}

/// Sets the number style from `samples`: 1234567.5, 1234 and 50 %, each on a line. Unreadable samples change nothing.
pub fn follow(samples: &str) {
    if let Some(style) = NumberStyle::read(samples) {
        STYLE.set(style);
    }
}

/// A whole number in groups: `31 204`.
pub fn whole(n: usize) -> String {
    STYLE.with_borrow(|style| style.grouped(&n.to_string()))
}

/// A number in Rust's format, in the user's: `0,042`.
pub fn decimal(plain: String) -> String {
    STYLE.with_borrow(|style| if style.decimal == '.' { plain } else { plain.replace('.', &style.decimal.to_string()) })
}

/// A percentage in Rust's format, in the user's with its sign: `4,1 %`.
pub fn percent(plain: String) -> String {
    let number = decimal(plain);
    STYLE.with_borrow(|style| format!("{}{number}{}", style.before_percent, style.after_percent))
}

/// Parses a number in the user's format or in Rust's; `None` if it is invalid or not finite.
pub fn parse(text: &str) -> Option<f64> {
    STYLE.with_borrow(|style| style.plain(text)).parse().ok().filter(|number: &f64| number.is_finite())
}

impl NumberStyle {
    /// The pattern behind the samples of [`follow`].
    fn read(samples: &str) -> Option<Self> {
        let mut lines = samples.lines();
        let (million, thousand, half) = (lines.next()?, lines.next()?, lines.next()?);
        let (whole, tenth) = million.split_at(million.rfind(|c: char| !c.is_ascii_digit())?);
        let mut tenth = tenth.chars();
        let (decimal, "5") = (tenth.next()?, tenth.as_str()) else { return None };
        let group = whole.chars().find(|c| !c.is_ascii_digit())?;
        let groups: Vec<usize> = whole.split(group).map(str::len).collect();
        let [.., before, last_group] = *groups.as_slice() else { return None };
        // Of only two groups, the first may be incomplete.
        let other_groups = if groups.len() > 2 { before } else { last_group };
        let (before_percent, after_percent) = half.split_once("50")?;
        let digits: String = whole.chars().filter(|&c| c != group).collect();
        let style = Self {
            decimal,
            group: if group.is_whitespace() { THIN_SPACE } else { group },
            last_group,
            other_groups,
            least_grouped: if thousand.chars().all(|c| c.is_ascii_digit()) { 5 } else { 4 },
            before_percent: thin(before_percent),
            after_percent: thin(after_percent),
        };
        (digits == "1234567").then_some(style)
    }

    fn grouped(&self, digits: &str) -> String {
        let n = digits.len();
        let is_grouped = n >= self.least_grouped;
        let mut out = String::with_capacity(n + n / 2);
        for (at, digit) in digits.chars().enumerate() {
            let left = n - at;
            let starts_group = left == self.last_group
                || left > self.last_group && (left - self.last_group).is_multiple_of(self.other_groups);
            if is_grouped && at > 0 && starts_group {
                out.push(self.group);
            }
            out.push(digit);
        }
        out
    }

    /// Typed text in Rust's format. The mark that the locale does not use for decimals is one too, unless its position can be
    /// that of a group: `2,6` is a decimal, and `1,000` is a thousand in a locale that groups with commas.
    fn plain(&self, text: &str) -> String {
        let text: String = text.trim().chars().filter(|c| !c.is_whitespace() && !"'’_".contains(*c)).collect();
        let text = text.trim_end_matches('%').replace('−', "-");
        let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| ".,".contains(*c)).collect();
        let decimal = match marks.as_slice() {
            [] => None,
            &[(at, mark)] if mark == self.decimal || !is_group(&text, at) => Some(at),
            [_] => None,
            // Several of one kind group; of two kinds the last is the decimal one.
            [first @ .., (at, mark)] => first.iter().all(|(_, other)| other != mark).then_some(*at),
        };
        let kept = |(at, c): (usize, char)| match c {
            '.' | ',' => (Some(at) == decimal).then_some('.'),
            c => Some(c),
        };
        text.char_indices().filter_map(kept).collect()
    }
}

/// Whether the mark at `at` can be a separator: one to three digits before it, not only a zero, and three after it.
fn is_group(text: &str, at: usize) -> bool {
    let before = text[..at].trim_start_matches(['-', '+']);
    let after = &text[at + 1..];
    let are_digits = |digits: &str| digits.chars().all(|c| c.is_ascii_digit());
    (1..=3).contains(&before.len())
        && !before.starts_with('0')
        && after.len() == 3
        && are_digits(before)
        && are_digits(after)
}

/// Replaces spaces of any width by thin spaces.
fn thin(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { THIN_SPACE } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "1,234,567.5\n1,234\n50%";
    const GERMAN: &str = "1.234.567,5\n1.234\n50\u{a0}%";
    const SPANISH: &str = "1.234.567,5\n1234\n50\u{a0}%";
    const INDIAN: &str = "12,34,567.5\n1,234\n50%";
    const FRENCH: &str = "1\u{202f}234\u{202f}567,5\n1\u{202f}234\n50\u{202f}%";
    const TURKISH: &str = "1.234.567,5\n1.234\n%50";

    fn style(samples: &str) -> NumberStyle {
        NumberStyle::read(samples).unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_samples_are() {
        let cases = [
            (ENGLISH, ["1,234", "12,345", "12,345,678"]),
            (GERMAN, ["1.234", "12.345", "12.345.678"]),
            (SPANISH, ["1234", "12.345", "12.345.678"]),
            (INDIAN, ["1,234", "12,345", "1,23,45,678"]),
            (FRENCH, ["1\u{202f}234", "12\u{202f}345", "12\u{202f}345\u{202f}678"]),
        ];
        for (samples, expected) in cases {
            let written = ["1234", "12345", "12345678"].map(|digits| style(samples).grouped(digits));
            assert_eq!(written, expected, "{samples}");
            assert_eq!(style(samples).grouped("999"), "999");
        }
    }

    #[test]
    fn points_and_percents_follow_the_reader() {
        for (samples, number, share) in
            [(ENGLISH, "4.1", "4.1%"), (GERMAN, "4,1", "4,1\u{202f}%"), (TURKISH, "4,1", "%4,1")]
        {
            follow(samples);
            assert_eq!((decimal("4.1".into()), percent("4.1".into())), (number.into(), share.into()));
        }
        STYLE.set(NumberStyle::default()); // the next test may run on this thread
    }

    #[test]
    fn samples_of_another_kind_change_nothing() {
        for samples in ["", "x\ny\nz", "1234567.5\n1234\n50%", "١٬٢٣٤٬٥٦٧٫٥\n١٬٢٣٤\n٥٠٪", "1,234,567\n1,234\n50%"]
        {
            assert_eq!(NumberStyle::read(samples), None, "{samples}");
        }
    }

    #[test]
    fn typed_numbers_are_read_in_both_ways() {
        let cases = [
            ("12", "12", "12"),
            ("2,6", "2.6", "2.6"),
            ("2.6", "2.6", "2.6"),
            ("0,001", "0.001", "0.001"),
            ("1,000", "1000", "1.000"),
            ("1.000", "1.000", "1000"),
            ("1,234,567", "1234567", "1234567"),
            ("1.234,5", "1234.5", "1234.5"),
            ("1 000", "1000", "1000"),
            ("1\u{202f}000", "1000", "1000"),
            ("−3 %", "-3", "-3"),
            ("1e-4", "1e-4", "1e-4"),
        ];
        for (typed, english, german) in cases {
            assert_eq!(style(ENGLISH).plain(typed), english, "{typed} in English");
            assert_eq!(style(GERMAN).plain(typed), german, "{typed} in German");
        }
    }
}
