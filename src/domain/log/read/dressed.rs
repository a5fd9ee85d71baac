//! Numbers in more than digits: money, per cent, brackets for a minus, thousands apart, infinities.
//!
//! A column of such is text when the file is over. Its dictionary tells, so that rows cost nothing.

use super::notes::ReadNote;
use super::number::{DecimalMark, is_grouped, parse_number};
use crate::domain::log::names::is_id;
use crate::domain::log::{Column, ColumnValues, MISSING, Table};

/// What stands before or behind an amount; longer ones first where one begins with another.
const CURRENCIES: [&str; 30] = [
    "US$", "R$", "A$", "C$", "HK$", "NT$", "$", "€", "£", "¥", "￥", "₹", "₽", "₩", "₺", "₫", "₴", "₪", "zł", "kr",
    "Kč", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "元", "円", "원",
];

/// What stands before a number or behind it, and between its thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Dress {
    unit: Option<&'static str>,
    is_dressed: bool,
}

/// Makes numbers of text columns that hold numbers alone, some of them in more than digits; says of which.
pub(super) fn undress(table: &mut Table, mark: DecimalMark) -> Vec<ReadNote> {
    let mut notes = Vec::new();
    for column in table.columns.iter_mut().filter(|column| !is_id(&column.name)) {
        let other = if mark == DecimalMark::Point { DecimalMark::Comma } else { DecimalMark::Point };
        let read = numbers(column, mark).or_else(|| numbers(column, other));
        if let (Some((numbers, example)), ColumnValues::Text { codes, .. }) = (read, &column.values) {
            let number = |&code: &u32| if code == MISSING { f64::NAN } else { numbers[code as usize] };
            column.values = ColumnValues::Number(codes.iter().map(number).collect());
            notes.push(ReadNote::Dressed { column: column.name.clone(), example });
        }
    }
    notes
}

/// The numbers that a column's words stand for, and a word that is one in more than digits.
fn numbers(column: &Column, mark: DecimalMark) -> Option<(Vec<f64>, String)> {
    let ColumnValues::Text { dictionary, .. } = &column.values else { return None };
    let mut unit = None;
    let mut example = None;
    let mut numbers = Vec::new();
    for word in dictionary {
        let (number, dress) = number_in(word, mark)?;
        if dress.unit.is_some() && *unit.get_or_insert(dress.unit) != dress.unit {
            return None; // sums in different currencies
        }
        if dress.is_dressed {
            example.get_or_insert_with(|| word.clone());
        }
        numbers.push(number);
    }
    let has_number = numbers.iter().any(|number| !number.is_nan());
    example.filter(|_| has_number).map(|example| (numbers, example))
}

/// The number that a word stands for, NaN for none or an infinite one; `None` when it is no number.
fn number_in(word: &str, mark: DecimalMark) -> Option<(f64, Dress)> {
    if let Some(number) = parse_plain(word, mark) {
        return Some((number, Dress::default()));
    }
    if !word.is_empty() && word.bytes().all(|byte| byte == b'-') {
        return Some((f64::NAN, Dress::default()));
    }
    if is_infinite(word) {
        return Some((f64::NAN, Dress { unit: None, is_dressed: true }));
    }
    let (word, is_bracketed) = match word.strip_prefix('(').and_then(|word| word.strip_suffix(')')) {
        Some(inside) => (inside.trim(), true),
        None => (word, false),
    };
    let (word, is_minus) = without_sign(word);
    let (word, unit) = without_unit(word);
    let (word, is_inner_minus) = without_sign(word);
    if word.starts_with(['-', '+']) || (is_minus && is_inner_minus) || !word.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = parse_plain(word, mark).or_else(|| parse_grouped(word, mark))?;
    let number = if is_bracketed || is_minus || is_inner_minus { -number } else { number };
    Some((number, Dress { unit, is_dressed: true })).filter(|(number, _)| !number.is_nan())
}

fn is_infinite(word: &str) -> bool {
    let word = word.trim_start_matches(['-', '+']);
    ["inf", "infinity", "∞"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The minus of typesetters counts as well.
fn without_sign(word: &str) -> (&str, bool) {
    match word.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (rest.trim_start(), true),
        None => (word, false),
    }
}

/// The word without the currency or per cent sign before or behind it.
fn without_unit(word: &str) -> (&str, Option<&'static str>) {
    for unit in CURRENCIES.into_iter().chain(["%"]) {
        if let Some(rest) = word.strip_prefix(unit).or_else(|| word.strip_suffix(unit)) {
            return (rest.trim(), Some(unit));
        }
    }
    (word, None)
}

/// A number in digits. Beside decimal commas a point sets thousands apart, and a column where it does not has none.
fn parse_plain(word: &str, mark: DecimalMark) -> Option<f64> {
    let has_point_alone = mark == DecimalMark::Comma && word.contains('.') && !word.contains(',');
    match has_point_alone {
        true if is_grouped(word.trim_start_matches('-'), '.') => word.replace('.', "").parse().ok(),
        true => None,
        false => parse_number(word, mark).map(|(number, _)| number),
    }
}

/// A number whose thousands are set apart by spaces or apostrophes.
fn parse_grouped(word: &str, mark: DecimalMark) -> Option<f64> {
    let is_space = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’');
    let apart: String = word.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
    let mark_sign = if mark == DecimalMark::Point { '.' } else { ',' };
    let whole = apart.split(mark_sign).next().unwrap_or_default();
    if !is_grouped(whole, ' ') {
        return None;
    }
    parse_number(&apart.replacen(' ', "", whole.matches(' ').count()), mark).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_dress() {
        use DecimalMark::{Comma, Point};
        for (word, mark, number) in [
            ("$12.50", Point, 12.5),
            ("$1,234.50", Point, 1234.5),
            ("12,50 €", Comma, 12.5),
            ("1.234,50\u{a0}€", Comma, 1234.5),
            ("1.234 €", Comma, 1234.0),
            ("12 %", Point, 12.0),
            ("3.25%", Point, 3.25),
            ("(12.50)", Point, -12.5),
            ("($5)", Point, -5.0),
            ("-$5", Point, -5.0),
            ("$-5", Point, -5.0),
            ("1'234", Point, 1234.0),
            ("1 234 567,5", Comma, 1_234_567.5),
            ("1\u{202f}234", Point, 1234.0),
            ("99 kr", Point, 99.0),
        ] {
            let (read, dress) = number_in(word, mark).unwrap_or_else(|| panic!("{word}"));
            assert!(read == number && dress.is_dressed, "{word}: {read}");
        }
        for word in ["", "$", "12 34", "1 2345", "a5", "5 apples", "12:30", "--5", "(a)", "2024-01-31", "$ n/a"] {
            assert_eq!(number_in(word, Point).filter(|(number, _)| !number.is_nan()), None, "{word}");
        }
        assert_eq!(number_in("12.50 €", Comma), None, "then its mark is the point");
        assert!(number_in("-inf", Point).is_some_and(|(number, dress)| number.is_nan() && dress.is_dressed));
    }
}
