//! Cells that list what was shown in one request with the click on each: `N55689-1 N35729-0`, as MIND has them.

/// What joins the items.
const MARKS: [char; 4] = [' ', ',', '|', ';'];

/// An item and its label, `0` or `1`; without one, the label is empty.
pub(super) fn labelled_items(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split(MARKS).filter(|token| !token.is_empty()).map(|token| labelled(token).unwrap_or((token, "")))
}

fn labelled(token: &str) -> Option<(&str, &str)> {
    token.rsplit_once('-').filter(|(item, label)| !item.is_empty() && matches!(*label, "0" | "1"))
}

/// The one column whose cells all are such lists, most of several items and with both labels among them.
pub(super) fn column_of_items(records: &[Vec<String>]) -> Option<usize> {
    let n_columns = records.first()?.len();
    let holds_items = |&column: &usize| {
        let cells = || records.iter().filter_map(|record| record.get(column)).filter(|cell| !cell.is_empty());
        let labels = || cells().flat_map(|cell| labelled_items(cell)).map(|(_, label)| label);
        let n_cells = cells().count();
        let n_lists = cells().filter(|cell| labelled_items(cell).count() > 1).count();
        let has = |wanted: &str| labels().any(|label| label == wanted);
        n_lists > 0 && 2 * n_lists >= n_cells && labels().all(|label| !label.is_empty()) && has("0") && has("1")
    };
    let mut found = (0..n_columns).filter(holds_items);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(lines: &[&str]) -> Option<usize> {
        let records: Vec<Vec<String>> =
            lines.iter().map(|line| line.split('\t').map(str::to_owned).collect()).collect();
        column_of_items(&records)
    }

    #[test]
    fn lists_of_items_with_labels_are_told_from_dates_and_codes() {
        assert_eq!(column(&["u1\tN1-1 N2-0", "u2\tN-3-0 N1-0"]), Some(1));
        assert_eq!(column(&["u1\tN1-1,N2-0", "u2\t"]), Some(1));
        for lines in
            [&["2024-1-1\ta", "2024-1-0\tb"][..], &["a-0 b-0", "c-0 d-0"], &["a b-1", "c-0 d-1"], &["a-1", "b-0"]]
        {
            assert_eq!(column(lines), None, "{lines:?}");
        }
        assert_eq!(labelled_items("a-1 b").collect::<Vec<_>>(), [("a", "1"), ("b", "")]);
    }
}
