//! How a delimited file is written, told from its first records.

use super::feature_list::{is_feature_list, list_to_the_end};
use super::labelled_items::column_of_items;
use super::number::{DecimalMark, is_grouped, parse_number};
use super::sniff::{SHAPE_RECORDS, SNIFFED_RECORDS, field_counts, records, sniff_delimiter, usual};
use crate::domain::log::time::parse_date;

/// Everything that reading a delimited file needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    pub delimiter: u8,
    pub decimal: DecimalMark,
    /// Whether the first records hold numbers with decimal commas.
    pub has_decimal_commas: bool,
    /// Whether the first record names the columns.
    pub has_header: bool,
    /// Columns that hold `field:feature` lists (the raw Ali-CCP layout).
    pub feature_lists: Vec<usize>,
    /// The field from which on a line is one list of features, of any length; the last of `feature_lists`.
    pub list_from: Option<usize>,
    /// The column that lists what was shown with the click on each.
    pub items: Option<usize>,
    /// Lines end in a lone carriage return.
    pub has_bare_returns: bool,
    /// Records above the table.
    pub preamble: usize,
    /// Each row begins with a name of its own, which the header has no name for.
    pub has_row_names: bool,
    /// Lines end in a delimiter that no field follows.
    pub has_end_delimiters: bool,
    /// Most rows have another number of fields than the header.
    pub is_uneven: bool,
}

impl Dialect {
    /// Reads the signs of `head`, which ends with a whole record or with the file.
    pub(super) fn sniff(head: &[u8], delimiter: Option<u8>) -> Self {
        let delimiter = delimiter.unwrap_or_else(|| sniff_delimiter(head));
        let mut records = records(head, delimiter, SHAPE_RECORDS);
        let preamble = preamble(&records);
        records.drain(..preamble);
        records.truncate(SNIFFED_RECORDS);
        let (decimal, has_decimal_commas) = decimal_mark(&records, delimiter);
        let has_end_delimiters = has_end_delimiters(&records);
        let has_row_names = !has_end_delimiters && has_row_names(&records, decimal);
        let is_list_at_once = list_to_the_end(&records).is_some();
        let has_header = !is_list_at_once && (has_row_names || has_header(&records, decimal));
        let list_from = list_to_the_end(&records[usize::from(has_header).min(records.len())..]);
        let is_uneven = list_from.is_none() && !has_end_delimiters && !has_row_names && is_uneven(&records);
        let data = &records[usize::from(has_header).min(records.len())..];
        let is_list = |column: &usize| {
            let mut cells = data.iter().filter_map(|record| record.get(*column)).filter(|cell| !cell.is_empty());
            cells.clone().next().is_some() && cells.all(|cell| is_feature_list(cell))
        };
        let feature_lists = match list_from {
            Some(start) => vec![start],
            None => (0..records.first().map_or(0, Vec::len)).filter(is_list).collect(),
        };
        let items = if feature_lists.is_empty() { column_of_items(data) } else { None };
        let has_bare_returns = !head.contains(&b'\n') && head.contains(&b'\r');
        Self {
            delimiter,
            decimal,
            has_decimal_commas,
            has_header,
            feature_lists,
            list_from,
            items,
            has_bare_returns,
            preamble,
            has_row_names,
            has_end_delimiters,
            is_uneven,
        }
    }
}

/// How many records stand above the table: comments, and lines with fewer fields than it has.
fn preamble(records: &[Vec<String>]) -> usize {
    let is_comment = |record: &&Vec<String>| record[0].starts_with('#') && !record[0].is_empty();
    let comments = records.iter().take_while(is_comment).count();
    // A header may begin with a number sign as well.
    let is_header =
        comments == 1 && records.get(1).is_some_and(|next| next.len() == records[0].len() && next.len() > 1);
    let comments = if is_header { 0 } else { comments };
    let counts = field_counts(&records[comments..]);
    let Some((fields, times)) = usual(&counts).filter(|&(fields, times)| fields >= 3 && times >= 2) else {
        return comments;
    };
    let above = counts.iter().take_while(|&&count| count != fields).count();
    let is_one_short = above == 1 && counts[0] + 1 == fields;
    let is_slight = !is_one_short && counts[..above].iter().all(|&count| count <= 2);
    if is_slight && times * 2 >= counts.len() - above { comments + above } else { comments }
}

/// Whether every row ends in an empty field, which the header has no name for.
fn has_end_delimiters(records: &[Vec<String>]) -> bool {
    let Some((first, rest)) = records.split_first().filter(|(first, rest)| first.len() > 1 && !rest.is_empty()) else {
        return false;
    };
    let is_empty_at = |record: &Vec<String>, at: usize| record.get(at).is_none_or(String::is_empty);
    match first.last().is_some_and(String::is_empty) {
        true => rest.iter().all(|record| record.len() <= first.len() && is_empty_at(record, first.len() - 1)),
        false => {
            let n = first.len();
            rest.iter().all(|record| record.len() == n + 1 && is_empty_at(record, n))
        }
    }
}

/// Whether each row has one field more than a header of words.
fn has_row_names(records: &[Vec<String>], decimal: DecimalMark) -> bool {
    let Some((first, rest)) = records.split_first().filter(|(first, rest)| first.len() > 1 && !rest.is_empty()) else {
        return false;
    };
    let is_name = |field: &String| sign_of(field, decimal) == Sign::Word;
    first.iter().all(is_name) && rest.iter().all(|record| record.len() == first.len() + 1)
}

/// Whether most rows have another number of fields than the first.
fn is_uneven(records: &[Vec<String>]) -> bool {
    let Some((first, rest)) = records.split_first() else { return false };
    let odd = rest.iter().filter(|record| record.len() != first.len()).count();
    rest.len() > 1 && odd * 2 > rest.len()
}

/// A comma when numbers have decimals after commas and none after points; and whether some have.
fn decimal_mark(records: &[Vec<String>], delimiter: u8) -> (DecimalMark, bool) {
    let fields = || records.iter().flatten().map(|field| field.trim_start_matches('-'));
    let has_mark = |field: &str, mark: char| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        field.rsplit_once(mark).is_some_and(|(whole, decimals)| {
            let whole = whole.replace(if mark == ',' { '.' } else { ',' }, "");
            digits(&whole) && digits(decimals)
        })
    };
    let has_points = fields().any(|field| has_mark(field, '.') && !is_grouped(field, '.'));
    // "1,234" may be a thousand and more, unless the file keeps its commas for decimals by separating with semicolons.
    let is_decimal = |field: &str| has_mark(field, ',') && (delimiter == b';' || !is_grouped(field, ','));
    let has_commas = fields().any(is_decimal);
    let is_comma = !has_points && (has_commas || delimiter == b';');
    (if is_comma { DecimalMark::Comma } else { DecimalMark::Point }, has_commas)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Nothing,
    Number,
    Date,
    Word,
}

fn sign_of(field: &str, decimal: DecimalMark) -> Sign {
    match parse_number(field, decimal) {
        Some((number, _)) if number.is_nan() => Sign::Nothing,
        Some(_) => Sign::Number,
        None if field.is_empty() => Sign::Nothing,
        None if parse_date(field).is_some() => Sign::Date,
        None => Sign::Word,
    }
}

/// Whether the first record differs from the others as names differ from values.
fn has_header(records: &[Vec<String>], decimal: DecimalMark) -> bool {
    let Some((first, rest)) = records.split_first() else { return true };
    let signs: Vec<Sign> = first.iter().map(|field| sign_of(field, decimal)).collect();
    if signs.contains(&Sign::Date) {
        return false;
    }
    if rest.is_empty() || signs.iter().all(|&sign| matches!(sign, Sign::Number | Sign::Nothing)) {
        return signs.contains(&Sign::Word);
    }
    let mut is_like_rest = false;
    for (column, sign) in signs.iter().enumerate() {
        let fields = || rest.iter().filter_map(|record| record.get(column));
        // Where files were joined end to end, the names are there again.
        let others = rest.iter().filter(|record| *record != first).filter_map(|record| record.get(column));
        let mut below = others.map(|field| sign_of(field, decimal)).filter(|&sign| sign != Sign::Nothing);
        let is_number_below =
            below.clone().next().is_some() && below.all(|sign| matches!(sign, Sign::Number | Sign::Date));
        match sign {
            Sign::Word if is_number_below => return true,
            Sign::Number if is_number_below => is_like_rest = true,
            Sign::Word if fields().any(|field| field == &first[column]) => is_like_rest = true,
            _ => {}
        }
    }
    !is_like_rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_of_values_is_no_header() {
        for (text, has_header) in [
            ("click,101,D109_14\n0,3,0.5\n", true),
            ("city,kind\nRome,a\nBerlin,b\n", true),
            ("click;price\nN;1,5\nY;2,5\n", true),
            (",a\n0,1\n", true),
            ("a,b\n", true),
            ("101,121\n0,1\n", false),
            ("1,0,3.5\n0,1,2\n", false),
            ("u1,2024-01-31,0\nu2,2024-02-01,1\n", false),
            ("Y,N,shoes\nN,N,hats\nN,N,shoes\n", false),
            ("3,Rome,0\n4,Oslo,1\n", false),
            ("1,2\n", false),
        ] {
            assert_eq!(Dialect::sniff(text.as_bytes(), None).has_header, has_header, "{text:?}");
        }
    }

    #[test]
    fn the_table_is_found_below_what_stands_above_it() {
        for (text, preamble) in [
            ("a,b,c\n1,2,3\n4,5,6\n", 0),
            ("# made by x\n# on Monday\na,b\n1,2\n", 2),
            ("#,b\n1,2\n", 0),
            ("Report\n\nMade,yesterday\nFields\na,b,c,d\n1,2,3,4\n5,6,7,8\n", 3),
            ("a,b,c\n1,2\n3,4\n5,6\n", 0),
            ("a,b\n1,2\n", 0),
        ] {
            assert_eq!(Dialect::sniff(text.as_bytes(), Some(b',')).preamble, preamble, "{text:?}");
        }
    }

    #[test]
    fn decimal_commas_are_told_from_grouped_thousands() {
        use DecimalMark::{Comma, Point};
        for (text, decimal) in [
            ("a;b\n1,5;2\n", Comma),
            ("a;b\n1.5;2\n", Point),
            ("a;b\n1.234,50;2\n", Comma),
            ("a;b\n1;2\n", Comma),
            ("a\tb\n1,5\t2\n", Comma),
            ("a\tb\n1,234\t2\n", Point),
            ("a,b\n\"1,5\",2\n", Comma),
            ("a,b\n\"1,234\",2\n", Point),
            ("a,b\n1.5,2\n", Point),
        ] {
            assert_eq!(Dialect::sniff(text.as_bytes(), None).decimal, decimal, "{text:?}");
        }
    }
}
