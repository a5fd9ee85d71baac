//! Fields of CSV files: quoted where they have to be, and inert where people open them.

use std::borrow::Cow;

/// What spreadsheets take for the beginning of a formula, or skip on their way to one. Source: OWASP, *CSV Injection*.
const FORMULA_STARTS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// The text as one field of a line: in quotes where it would be taken for several, or for none.
pub fn field(text: &str) -> Cow<'_, str> {
    let needs_quotes = text.contains(['"', ',', '\n', '\r']) || text.is_empty();
    if needs_quotes { Cow::Owned(format!("\"{}\"", text.replace('"', "\"\""))) } else { Cow::Borrowed(text) }
}

/// The text of a cell that a spreadsheet shows and does not calculate: one that it would take for a formula gets an apostrophe in
/// front. Numbers stay numbers.
///
/// For files that people open. A log that is read again is written as it is: there, the apostrophe would be part of the value.
///
/// ```
/// use esmm_playground::domain::csv::inert_cell;
///
/// assert_eq!(inert_cell("=HYPERLINK(\"http://example.com\")"), "'=HYPERLINK(\"http://example.com\")");
/// assert_eq!(inert_cell("-1.5"), "-1.5");
/// ```
pub fn inert_cell(text: &str) -> Cow<'_, str> {
    let acts = text.starts_with(FORMULA_STARTS) && text.parse::<f64>().is_err();
    if acts { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "--1", "-1.5.2"] {
            assert_eq!(inert_cell(text), format!("'{text}"));
        }
        for text in ["", "-1.5", "+3", "-1e-7", "-.5", "a=b", "e-mail", "'=1", " =1", "3", "−5 °C", "größe"] {
            assert_eq!(inert_cell(text), text);
        }
    }

    #[test]
    fn a_field_is_one_field_of_its_line() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("'=1,2", "\"'=1,2\""),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}
