//! `field:feature` lists: one cell that holds many fields, some with several values (the raw Ali-CCP layout).
//!
//! Ali-CCP joins features by `\x01`; each is a field number, `\x02`, a feature number, `\x03` and a value. Exports also
//! write `101:31319:1.0` with spaces, `|` or `;` between. A field becomes a column of its feature numbers, and its values
//! the column `D` + field, as in the numbered layout; where every value is 1 it is left out.
//!
//! Source: <https://tianchi.aliyun.com/dataset/408>.

/// One feature of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ListedFeature<'a> {
    pub field: &'a str,
    pub feature: &'a str,
    pub value: f64,
}

/// Names of the raw files' columns, by their count: the samples, and the features that they share.
pub(super) fn names(n_columns: usize) -> Option<&'static [&'static str]> {
    match n_columns {
        6 => Some(&["sample_id", "click", "conversion", "common_feature_index", "feature_count", "features"]),
        4 => Some(&["sample_id", "click", "conversion", "features"]),
        3 => Some(&["common_feature_index", "feature_count", "features"]),
        _ => None,
    }
}

/// The field from which on all fields of all records are features: lines that each list as many as they have.
pub(super) fn list_to_the_end(records: &[Vec<String>]) -> Option<usize> {
    const MOST_BEFORE: usize = 8;
    let is_feature = |field: &String| parse(field).is_some();
    let start = records.first()?.iter().position(is_feature)?;
    let is_list = |record: &Vec<String>| {
        record.len() > start && !record[..start].iter().any(is_feature) && record[start..].iter().all(is_feature)
    };
    let is_long = records.iter().any(|record| record.len() > start + 1);
    (is_long && (1..=MOST_BEFORE).contains(&start) && records.iter().all(is_list)).then_some(start)
}

/// Whether all of a cell reads as a list of features: with Ali-CCP's own marks one is enough, else two.
pub(super) fn is_feature_list(cell: &str) -> bool {
    let mut n_features = 0;
    let all_fit = tokens(cell).all(|token| {
        n_features += 1;
        parse(token).is_some()
    });
    all_fit && (n_features > 1 || (n_features == 1 && cell.contains('\x02')))
}

/// The features of a cell; tokens that are none are `Err` with their text.
pub(super) fn features(cell: &str) -> impl Iterator<Item = Result<ListedFeature<'_>, &str>> {
    tokens(cell).map(|token| parse(token).ok_or(token))
}

fn tokens(cell: &str) -> impl Iterator<Item = &str> {
    let marks: &[char] = if cell.contains('\x02') { &['\x01'] } else { &[' ', '|', ';'] };
    cell.split(marks).filter(|token| !token.is_empty())
}

fn parse(token: &str) -> Option<ListedFeature<'_>> {
    let (field_mark, value_mark) = if token.contains('\x02') { ('\x02', '\x03') } else { (':', ':') };
    let (field, rest) = token.split_once(field_mark)?;
    let (feature, value) = match rest.split_once(value_mark) {
        Some((feature, value)) => (feature, value.parse().ok().filter(|value: &f64| value.is_finite())?),
        None => (rest, 1.0),
    };
    // Field numbers with a part after `_`: 101, 109_14.
    let is_number = |text: &str| !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (head, tail) = field.split_once('_').map_or((field, None), |(head, tail)| (head, Some(tail)));
    let is_field = head.len() >= 3 && is_number(head) && tail.is_none_or(is_number);
    let is_feature = !feature.is_empty() && feature.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_field && is_feature).then_some(ListedFeature { field, feature, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_both_writings() {
        for cell in [
            "205\x029\x031.0\x01109_14\x025\x032.5\x01109_14\x027\x031.0",
            "205:9:1.0 109_14:5:2.5 109_14:7",
            "205:9|109_14:5:2.5|109_14:7:1",
        ] {
            assert!(is_feature_list(cell), "{cell:?}");
            let found: Vec<_> = features(cell).map(|f| f.map(|f| (f.field, f.feature, f.value))).collect();
            assert_eq!(found, [Ok(("205", "9", 1.0)), Ok(("109_14", "5", 2.5)), Ok(("109_14", "7", 1.0))], "{cell:?}");
        }
    }

    #[test]
    fn a_list_may_fill_the_rest_of_its_line() {
        let records = |lines: &[&str]| -> Vec<Vec<String>> {
            lines.iter().map(|line| line.split(',').map(str::to_owned).collect()).collect()
        };
        assert_eq!(list_to_the_end(&records(&["1,0,210:1,210:2", "2,1,109_14:7,210:1,301:5"])), Some(2));
        for lines in [&["1,0,210:1,x", "2,1,210:1,301:5"][..], &["210:1,210:2"], &["1,0,12:30,13:05"], &["a,b"], &[]] {
            assert_eq!(list_to_the_end(&records(lines)), None, "{lines:?}");
        }
    }

    #[test]
    fn clocks_and_words_are_no_lists() {
        for cell in ["", "12:30", "12:30:05", "2024-01-31 13:05", "a:b c:d", "101:5", "13:05 14:06"] {
            assert!(!is_feature_list(cell), "{cell:?}");
        }
    }
}
