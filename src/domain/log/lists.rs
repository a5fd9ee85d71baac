//! Several values in one cell: a text column whose cells are joined by [`LIST_MARK`].
//!
//! So a list is text like any other wherever a cell is a cell (it is counted, compared, written and read back), and falls
//! apart only where its items become features.

/// Joins the items of a cell. No text has it by chance; Hive and Ali-CCP write it, too.
pub const LIST_MARK: char = '\x01';

/// A cell whose value no text can say: a column that has it is left out. Unicode calls the character "substitute".
pub const UNREADABLE: &str = "\x1a";

/// Whether some of these cells hold several values.
pub fn holds_lists(dictionary: &[String]) -> bool {
    dictionary.iter().any(|cell| cell.contains(LIST_MARK))
}

/// The values of a cell.
pub fn items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(LIST_MARK).map(str::trim).filter(|item| !item.is_empty())
}

/// A cell as people read it.
pub fn shown(cell: String) -> String {
    if cell.contains(LIST_MARK) { cell.replace(LIST_MARK, " | ") } else { cell }
}
