//! A report's last line: the sums of the lines above.

use crate::domain::log::{ColumnValues, Table};

/// What such a line begins with.
const TOTAL_WORDS: [&str; 13] = [
    "total",
    "totals",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "totale",
    "totaal",
    "итого",
    "合计",
    "总计",
    "合計",
    "합계",
];
/// Fewer rows prove nothing by their sums.
const MIN_ROWS: usize = 3;

/// Whether the last row of a table holds the totals of the others.
pub(super) fn ends_in_totals(table: &Table) -> bool {
    if table.n_rows < MIN_ROWS || table.columns.len() < 2 {
        return false;
    }
    let last = table.n_rows - 1;
    let first = &table.columns[0].values;
    if first.is_missing(last) {
        return (0..last).all(|row| !first.is_missing(row)) && has_sums(table, last);
    }
    let is_alone = |word: &str| match first {
        ColumnValues::Text { codes, .. } => !codes[..last].contains(&codes[last]) && is_total_word(word),
        ColumnValues::Number(_) => false,
    };
    is_alone(&first.text(last)) && (has_gaps(table, last) || has_sums(table, last))
}

/// Whether a text announces a total.
pub(super) fn is_total_word(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '*' | ','));
    let text = text.to_lowercase();
    // "Grand total", "Overall total".
    let mut words = text.split_whitespace();
    let last = words.next_back().unwrap_or_default();
    TOTAL_WORDS.contains(&last) && words.count() <= 1
}

/// Whether at least two columns hold in `last` what all rows above come to.
fn has_sums(table: &Table, last: usize) -> bool {
    let is_sum = |values: &ColumnValues| {
        let ColumnValues::Number(values) = values else { return false };
        let above = values[..last].iter().filter(|value| !value.is_nan());
        let (sum, most) = above.fold((0.0, 0.0f64), |(sum, most), value| (sum + value, most.max(*value)));
        sum > most && most > 0.0 && (values[last] - sum).abs() <= sum * 1e-6
    };
    table.columns.iter().filter(|column| is_sum(&column.values)).count() >= 2
}

/// Whether a value is missing in `last`, or a dash, that all rows above have.
fn has_gaps(table: &Table, last: usize) -> bool {
    let is_gap = |values: &ColumnValues, row: usize| {
        values.is_missing(row)
            || matches!(values, ColumnValues::Text { .. }) && values.text(row).bytes().all(|b| b == b'-')
    };
    table.columns.iter().any(|column| is_gap(&column.values, last) && !(0..last).any(|row| is_gap(&column.values, row)))
}

#[cfg(test)]
mod tests {
    use crate::domain::log::{ReadOptions, read_table};

    fn rows(text: &str) -> usize {
        read_table(text.as_bytes(), &ReadOptions::default()).expect("reads").table.n_rows
    }

    #[test]
    fn totals_are_told_by_their_word_or_their_sums() {
        assert_eq!(rows("slot,views,clicks\na,10,2\nb,20,3\nc,30,4\n,60,9\n"), 3);
        assert_eq!(rows("slot,place,clicks\na,x,2\nb,y,3\nc,z,4\nTotal:,--,9\n"), 3);
        assert_eq!(rows("slot,views,clicks\na,10,2\nb,20,3\nc,30,4\n,61,8\n"), 4);
        assert_eq!(rows("brand,views,clicks\na,10,2\nTotal,20,3\nc,30,4\nTotal,60,9\n"), 4);
        assert_eq!(rows("user,click,conversion\na,0,0\nb,0,0\nc,1,1\n,1,1\n"), 4);
    }
}
