//! Which text columns hold several values a cell, and which value columns of feature lists say nothing.

use std::collections::HashMap;

use super::notes::ReadNote;
use super::number::is_null_word;
use crate::domain::log::names::role_of_name;
use crate::domain::log::{ColumnValues, LIST_MARK, LogError, MISSING, Table, UNREADABLE, holds_lists, items};

/// Longest item of a joined list, in characters: titles with a bar in them are longer.
const MAX_ITEM_CHARS: usize = 64;
/// Fewer joined cells prove nothing.
const MIN_JOINED_CELLS: usize = 5;
/// Cells that tell how a column is written, at most: texts of a long file may have millions of words.
const MOST_JUDGED_CELLS: usize = 20_000;
/// Items that come again, at least: whether they move says whether they are a list's.
const MIN_RECURRING: usize = 10;
/// A cell's text in a note, at most.
const SHOWN_CHARS: usize = 40;
/// Items of a list that is filled up to one length, at least: pairs are no lists.
const MIN_FILLED_ITEMS: usize = 3;
/// Distinct items beside the padding, at least: vectors of 0 and 1 have one.
const MIN_DISTINCT_ITEMS: usize = 3;
/// What lists are filled up with.
const PADDINGS: [&str; 8] = ["0", "-1", "pad", "<pad>", "[pad]", "none", "null", "unk"];

/// How several values are written into one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Joined by [`LIST_MARK`]: nothing has to be done.
    Marked,
    Joined(char),
    /// `[1, 2]`, `['a', 'b']`, `[1 2]`, `(1, 2)`, `{a,b}`: JSON, Python, NumPy and Postgres.
    Bracketed,
}

/// What joins values, the surest first.
const JOINERS: [char; 6] = ['|', '^', '\x02', ';', ',', ' '];

impl Spelling {
    /// How a column's cells are lists. What is named like a key or a time is whole, whatever is in it.
    fn of(name: &str, dictionary: &[String]) -> Option<Self> {
        if holds_lists(dictionary) {
            return Some(Self::Marked);
        }
        if role_of_name(name).is_some() {
            return None;
        }
        if are_bracketed(dictionary) {
            return Some(Self::Bracketed);
        }
        JOINERS.into_iter().find(|joiner| are_joined_by(dictionary, *joiner)).map(Self::Joined)
    }

    /// The cell with its values joined by [`LIST_MARK`].
    fn rewritten(self, cell: &str) -> String {
        let mark = LIST_MARK.to_string();
        match self {
            Self::Marked => cell.to_owned(),
            Self::Joined(joiner) => {
                let items: Vec<&str> = cell.split(joiner).map(str::trim).filter(|item| !item.is_empty()).collect();
                items.join(&mark)
            }
            Self::Bracketed => bracketed_items(cell).map_or_else(|| bare_item(cell), |items| items.join(&mark)),
        }
    }
}

/// A cell among lists in brackets that is none: one value, or no list at all.
fn bare_item(cell: &str) -> String {
    if matches!(cell, "None" | "set()") { String::new() } else { cell.to_owned() }
}

/// Says which columns hold lists. However they are written, they are joined by [`LIST_MARK`] from here on, without what
/// fills them up to one length.
pub(super) fn find_lists(table: &mut Table) -> Vec<ReadNote> {
    let mut notes = Vec::new();
    for column in &mut table.columns {
        let ColumnValues::Text { dictionary, codes } = &mut column.values else { continue };
        let Some(spelling) = Spelling::of(&column.name, dictionary) else { continue };
        let mut example = None;
        if spelling != Spelling::Marked {
            let several = dictionary.iter().find(|cell| spelling.rewritten(cell).contains(LIST_MARK));
            example = several.map(|cell| cell.chars().take(SHOWN_CHARS).collect());
            dictionary.iter_mut().for_each(|cell| *cell = spelling.rewritten(cell));
            join_equal(dictionary, codes);
        }
        let padding = padding(dictionary, LIST_MARK).map(str::to_owned);
        if let Some(word) = &padding {
            dictionary.iter_mut().for_each(|cell| *cell = without(cell, word));
            join_equal(dictionary, codes);
        }
        notes.push(ReadNote::Lists { column: column.name.clone(), example, padding });
    }
    notes
}

/// Makes lists of a column's cells that were not told as such, since they are too few: the column is known to hold lists of
/// words that `is_known` knows. They are taken apart in the way that knows most of the items.
pub fn as_known_lists(values: &mut ColumnValues, is_known: impl Fn(&str) -> bool) {
    let ColumnValues::Text { dictionary, codes } = values else { return };
    if holds_lists(dictionary) {
        return;
    }
    let n_known = |spelling: Spelling| -> usize {
        dictionary.iter().map(|cell| items(&spelling.rewritten(cell)).filter(|item| is_known(item)).count()).sum()
    };
    let mut best = (Spelling::Marked, n_known(Spelling::Marked));
    for spelling in std::iter::once(Spelling::Bracketed).chain(JOINERS.map(Spelling::Joined)) {
        let known = n_known(spelling);
        if known > best.1 {
            best = (spelling, known);
        }
    }
    let (spelling, _) = best;
    let is_padding = |item: &str| !is_known(item) && PADDINGS.iter().any(|padding| item.eq_ignore_ascii_case(padding));
    for cell in dictionary.iter_mut() {
        let rewritten = spelling.rewritten(cell);
        let kept: Vec<&str> = items(&rewritten).filter(|item| !is_padding(item)).collect();
        *cell = kept.join(&LIST_MARK.to_string());
    }
    join_equal(dictionary, codes);
}

/// Leaves out the columns with a cell that could not be read.
///
/// # Errors
/// When no column is left.
pub(super) fn leave_out_unreadable(table: &mut Table) -> Result<Option<ReadNote>, LogError> {
    let mut left_out = Vec::new();
    table.columns.retain(|column| {
        let ColumnValues::Text { dictionary, .. } = &column.values else { return true };
        let is_readable = dictionary.iter().all(|cell| cell.split(LIST_MARK).all(|item| item != UNREADABLE));
        if !is_readable {
            left_out.push(column.name.clone());
        }
        is_readable
    });
    if left_out.is_empty() {
        return Ok(None);
    }
    if table.columns.is_empty() {
        return Err(LogError::NothingReadable { columns: left_out.join(", ") });
    }
    Ok(Some(ReadNote::LeftOut { columns: left_out }))
}

/// Makes one word of equal cells, and those without any value missing.
fn join_equal(dictionary: &mut Vec<String>, codes: &mut [u32]) {
    let mut known: HashMap<String, u32> = HashMap::new();
    let mut words = Vec::new();
    let mut code = |cell: String| {
        if cell.is_empty() {
            return MISSING;
        }
        *known.entry(cell).or_insert_with_key(|cell| {
            words.push(cell.clone());
            words.len() as u32 - 1
        })
    };
    let new_codes: Vec<u32> = dictionary.drain(..).map(&mut code).collect();
    *dictionary = words;
    codes.iter_mut().filter(|code| **code != MISSING).for_each(|code| *code = new_codes[*code as usize]);
}

fn without(cell: &str, word: &str) -> String {
    items(cell).filter(|&item| item != word).collect::<Vec<_>>().join(&LIST_MARK.to_string())
}

/// Whether cells with `joiner` are the rule, and what it joins are a list's items: they come again, and in other places of it.
/// The parts of an address, of a date or of a title stay where they are.
fn are_joined_by(dictionary: &[String], joiner: char) -> bool {
    let joined = || dictionary.iter().filter(|cell| cell.contains(joiner));
    let n_joined = joined().count();
    if n_joined < MIN_JOINED_CELLS || n_joined * 2 < dictionary.len() {
        return false;
    }
    let (mut places, mut vector) = (HashMap::<&str, Places>::new(), Vector::default());
    let (mut n_items, mut n_ids) = (0, 0);
    for cell in joined().take(MOST_JUDGED_CELLS) {
        let items: Vec<&str> = cell.split(joiner).map(str::trim).filter(|item| !item.is_empty()).collect();
        vector.add(&items);
        for (place, item) in items.into_iter().enumerate() {
            if item.chars().count() > MAX_ITEM_CHARS {
                return false;
            }
            places.entry(item).or_default().add(place);
            n_items += 1;
            n_ids += usize::from(is_id_like(item));
        }
    }
    // Words make sentences; between spaces there are ids.
    if joiner == ' ' && n_ids * 10 < n_items * 9 {
        return false;
    }
    let recurring: usize = places.values().filter(|places| places.count > 1).map(|places| places.count).sum();
    let moving: usize = places.values().filter(|places| places.moves).map(|places| places.count).sum();
    let is_list = recurring >= MIN_RECURRING && moving * 2 >= recurring && !vector.is_one();
    is_list || padding(dictionary, joiner).is_some()
}

/// Where an item is in the lists that have it.
#[derive(Debug, Default)]
struct Places {
    first: usize,
    count: usize,
    moves: bool,
}

impl Places {
    fn add(&mut self, place: usize) {
        if self.count == 0 {
            self.first = place;
        }
        self.moves |= self.first != place;
        self.count += 1;
    }
}

/// Whether cells are vectors: as many numbers in each, some of them twice.
#[derive(Debug, Default)]
struct Vector {
    length: Option<usize>,
    differs: bool,
    has_word: bool,
    repeats: bool,
}

impl Vector {
    fn add(&mut self, items: &[&str]) {
        self.differs |= *self.length.get_or_insert(items.len()) != items.len();
        self.has_word |= items.iter().any(|item| item.parse::<f64>().is_err());
        self.repeats |= items.iter().enumerate().any(|(at, item)| items[..at].contains(item));
    }

    fn is_one(&self) -> bool {
        !self.differs && !self.has_word && self.repeats
    }
}

/// Whether a word between spaces may be an id.
fn is_id_like(item: &str) -> bool {
    item.contains(|c: char| c.is_ascii_digit()) && item.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// Whether nearly all cells are lists in brackets, of more than one length or longer than pairs, and no vectors of numbers.
fn are_bracketed(dictionary: &[String]) -> bool {
    let is_open = |cell: &&String| cell.starts_with(['[', '(', '{']);
    if dictionary.iter().filter(is_open).count() * 20 < dictionary.len() * 19 {
        return false;
    }
    let (mut n_lists, mut longest, mut vector) = (0, 0, Vector::default());
    for cell in dictionary {
        let Some(items) = bracketed_items(cell) else { continue };
        if items.iter().any(|item| item.parse().is_ok_and(|x: f64| x.fract() != 0.0)) {
            return false;
        }
        n_lists += 1;
        longest = longest.max(items.len());
        vector.add(&items.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let is_padded = || {
        let cells: Vec<String> = dictionary.iter().map(|cell| Spelling::Bracketed.rewritten(cell)).collect();
        padding(&cells, LIST_MARK).is_some()
    };
    // In round brackets as many numbers in each are a place, a colour, a date.
    let is_place = !vector.differs && !vector.has_word && dictionary.iter().any(|cell| cell.starts_with('('));
    let is_list = longest > 1 && (vector.differs || vector.has_word || longest >= MIN_FILLED_ITEMS);
    n_lists * 20 >= dictionary.len() * 19 && is_list && ((!vector.is_one() && !is_place) || is_padded())
}

/// The items of a list in brackets without missing ones; `None` for anything else, lists in lists among it.
fn bracketed_items(cell: &str) -> Option<Vec<String>> {
    let close = match cell.chars().next()? {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        _ => return None,
    };
    let inner = cell.get(1..)?.strip_suffix(close)?;
    // JSON's strings have escapes of their own; its numbers may be ids of more digits than a number keeps.
    if let Ok(texts) = serde_json::from_str::<Vec<Option<String>>>(cell) {
        return Some(
            texts.into_iter().flatten().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect(),
        );
    }
    let separator = if inner.contains(',') { ',' } else { ' ' };
    let (mut items, mut text, mut is_quoted) = (Vec::new(), String::new(), false);
    let (mut quote, mut has_word) = (None, false);
    let mut characters = inner.chars().chain([separator]);
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => text.push(characters.next()?),
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => text.push(character),
            (None, '"' | '\'') if text.trim().is_empty() => {
                text.clear();
                (quote, is_quoted) = (Some(character), true);
            }
            (None, '[' | ']' | '(' | ')' | '{' | '}' | ':') => return None,
            (None, _) if character == separator || (separator == ' ' && character.is_whitespace()) => {
                let item = std::mem::take(&mut text);
                let item = if is_quoted { item } else { item.trim().to_owned() };
                has_word |= !is_quoted && !item.is_empty() && item.parse::<f64>().is_err();
                if !item.is_empty() && (is_quoted || !(item == "None" || is_null_word(&item))) {
                    items.push(item);
                }
                is_quoted = false;
            }
            (None, _) if is_quoted => {} // spaces behind a quote
            (None, _) => text.push(character),
        }
    }
    let is_list = match (separator, close) {
        (',', _) => true,
        // NumPy alone writes spaces between items, and only in square brackets: "(not set)" is a word.
        (_, ']') => items.len() <= 1 || !has_word,
        (_, '}') => items.len() <= 1,
        _ => items.is_empty(),
    };
    (is_list && quote.is_none()).then_some(items)
}

/// The word that fills lists up to one length: they all have that length, and wherever the word is, it is all that follows
/// (or all that comes before), in runs of different lengths.
fn padding(dictionary: &[String], joiner: char) -> Option<&str> {
    let length = dictionary.first()?.split(joiner).count();
    if length < MIN_FILLED_ITEMS || dictionary.iter().any(|cell| cell.split(joiner).count() != length) {
        return None;
    }
    let ends = dictionary.iter().flat_map(|cell| [cell.rsplit(joiner).next(), cell.split(joiner).next()]).flatten();
    let ends = ends.map(str::trim);
    let mut words = Vec::new();
    for end in ends.filter(|end| PADDINGS.iter().any(|padding| end.eq_ignore_ascii_case(padding))) {
        if !words.contains(&end) {
            words.push(end);
        }
    }
    words.into_iter().find(|word| [true, false].into_iter().any(|is_behind| fills(dictionary, joiner, word, is_behind)))
}

/// Whether `word` is at the end of lists alone, or at their start, as padding is.
fn fills(dictionary: &[String], joiner: char, word: &str, is_behind: bool) -> bool {
    let (mut runs, mut others) = (Vec::new(), Vec::new());
    let mut n_filled = 0;
    for cell in dictionary {
        let mut list: Vec<&str> = cell.split(joiner).map(str::trim).collect();
        if is_behind {
            list.reverse();
        }
        let run = list.iter().take_while(|item| **item == word).count();
        if list[run..].contains(&word) {
            return false;
        }
        if run > 0 {
            n_filled += 1;
            if !runs.contains(&run) {
                runs.push(run);
            }
        }
        for item in &list[run..] {
            if others.len() < MIN_DISTINCT_ITEMS && !others.contains(item) {
                others.push(item);
            }
        }
    }
    n_filled >= MIN_JOINED_CELLS && runs.len() > 1 && others.len() == MIN_DISTINCT_ITEMS
}

/// Leaves out the value columns of feature lists where every feature has the value 1: they only count it.
pub(super) fn drop_counts(table: &mut Table) {
    let only_counts = |table: &Table, index: usize| {
        let dense = &table.columns[index];
        let field = dense.name.strip_prefix('D').and_then(|field| table.columns.iter().find(|c| c.name == field));
        let (Some(field), ColumnValues::Number(values)) = (field, &dense.values) else { return false };
        values.iter().enumerate().all(|(row, &value)| {
            let n_items = match &field.values {
                ColumnValues::Number(_) => 1,
                ColumnValues::Text { dictionary, codes } => {
                    dictionary.get(codes[row] as usize).map_or(0, |cell| items(cell).count())
                }
            };
            value.is_nan() || value == n_items as f64
        })
    };
    let says_something: Vec<bool> = (0..table.columns.len()).map(|index| !only_counts(table, index)).collect();
    let mut index = 0;
    table.columns.retain(|_| {
        index += 1;
        says_something[index - 1]
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Column;

    /// The column's cells after the look for lists, a missing one as "-", their items joined by "|"; and its note.
    fn read(cells: &[&str]) -> (Vec<String>, Option<ReadNote>) {
        let dictionary: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        let values = ColumnValues::Text { dictionary, codes: (0..cells.len() as u32).collect() };
        let column = Column { name: "tags".to_owned(), values };
        let mut table = Table { n_rows: cells.len(), columns: vec![column], ..Table::default() };
        let note = find_lists(&mut table).pop();
        let ColumnValues::Text { dictionary, codes } = &table.columns[0].values else { unreachable!("lists are text") };
        let cell = |&code: &u32| match code {
            MISSING => "-".to_owned(),
            code => dictionary[code as usize].replace(LIST_MARK, "|"),
        };
        (codes.iter().map(cell).collect(), note)
    }

    #[test]
    fn a_few_cells_are_taken_apart_as_their_words_are_known() {
        let known = ["a1", "b2", "c3", "d 4"];
        for (cells, expected) in [
            (vec!["a1|b2"], vec!["a1|b2"]),
            (vec!["a1,b2,zz", "c3"], vec!["a1|b2|zz", "c3"]),
            (vec!["['a1', 'd 4']"], vec!["a1|d 4"]),
            (vec!["a1 b2 c3"], vec!["a1|b2|c3"]),
            (vec!["a1;0;0", "0;0;0"], vec!["a1", "-"]),
            (vec!["d 4"], vec!["d 4"]),
            (vec!["x y"], vec!["x y"]),
        ] {
            let dictionary: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
            let mut values = ColumnValues::Text { dictionary, codes: (0..cells.len() as u32).collect() };
            as_known_lists(&mut values, |word| known.contains(&word));
            let found: Vec<String> = (0..cells.len())
                .map(
                    |row| {
                        if values.is_missing(row) { "-".to_owned() } else { values.text(row).replace(LIST_MARK, "|") }
                    },
                )
                .collect();
            assert_eq!(found, expected, "{cells:?}");
        }
    }

    fn is_list(cells: &[&str]) -> bool {
        read(cells).1.is_some()
    }

    #[test]
    fn lists_are_found_however_they_are_written() {
        let expected = ["a1", "a1|b2", "b2|c3", "a1|b2|c3", "c3|a1", "b2|a1|c3|d4", "d4|b2|a1"];
        let joined = |joiner: &str| expected.map(|cell| cell.replace('|', joiner));
        let bracketed = |open: &str, joiner: &str, close: &str, quote: &str| {
            expected.map(|cell| {
                let items: Vec<_> = cell.split('|').map(|item| format!("{quote}{item}{quote}")).collect();
                format!("{open}{}{close}", items.join(joiner))
            })
        };
        let spellings = [
            joined("|"),
            joined("^"),
            joined("\u{2}"),
            joined(";"),
            joined(","),
            joined(", "),
            joined(" "),
            bracketed("[", ", ", "]", "'"),
            bracketed("[", ",", "]", "\""),
            bracketed("[", " ", "]", "'"),
            bracketed("[", ", ", "]", ""),
            bracketed("{", ",", "}", ""),
            bracketed("(", ", ", ",)", "'"),
        ];
        for cells in spellings {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let (found, note) = read(&cells);
            assert_eq!(found, expected, "{cells:?}");
            assert!(
                matches!(note, Some(ReadNote::Lists { example: Some(example), padding: None, .. }) if example == cells[1])
            );
        }
    }

    #[test]
    fn brackets_hold_what_programs_write() {
        for (cell, items) in [
            ("[]", vec![]),
            ("[1 2\n 3]", vec!["1", "2", "3"]),
            ("['it\\'s', \"a, b\"]", vec!["it's", "a, b"]),
            ("[Action, Science Fiction]", vec!["Action", "Science Fiction"]),
            ("[1, None, nan, 2]", vec!["1", "2"]),
            ("{NULL,a}", vec!["a"]),
            ("(7,)", vec!["7"]),
        ] {
            assert_eq!(
                bracketed_items(cell).as_deref(),
                Some(&items.iter().map(|&i| i.to_owned()).collect::<Vec<_>>()[..]),
                "{cell}"
            );
        }
        for none in ["(not set)", "(none)", "[0, 10)", "[[1, 2], [3]]", "{'a': 1}", "[a b]", "['a", "[", "a]", ""] {
            assert_eq!(bracketed_items(none), None, "{none}");
        }
    }

    #[test]
    fn what_fills_lists_up_is_no_item() {
        let behind = [
            "[5, 7, 0, 0]",
            "[8, 0, 0, 0]",
            "[7, 5, 8, 9]",
            "[9, 5, 7, 0]",
            "[0, 0, 0, 0]",
            "[5, 0, 0, 0]",
            "[8, 9, 0, 0]",
        ];
        let (found, note) = read(&behind);
        assert_eq!(found, ["5|7", "8", "7|5|8|9", "9|5|7", "-", "5", "8|9"]);
        assert!(matches!(note, Some(ReadNote::Lists { padding: Some(word), .. }) if word == "0"));
        let before = ["0 0 5 7", "0 0 0 8", "7 5 8 9", "0 9 5 7", "0 0 0 5", "0 0 8 9"];
        assert_eq!(read(&before).0, ["5|7", "8", "7|5|8|9", "9|5|7", "5", "8|9"]);
        let stages =
            ["view view buy", "view buy buy", "view view view", "view cart buy", "cart buy buy", "cart cart buy"];
        assert!(
            read(&stages).1.is_none_or(|note| matches!(note, ReadNote::Lists { padding: None, .. })),
            "a word of its own"
        );
    }

    #[test]
    fn one_cell_that_is_no_list_does_not_hide_the_others_and_equal_lists_are_one_word() {
        let mut cells: Vec<String> = (0..30).map(|row| format!("[\"t{}\", \"t{}\"]", row % 5, (row + 1) % 7)).collect();
        cells.extend(["None".into(), "[\"caf\\u00e9\", \"a\\nb\"]".into(), "['t0','t1']".into()]);
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let (found, note) = read(&cells);
        assert_eq!(found[..2], ["t0|t1", "t1|t2"]);
        assert_eq!(found[30..], ["-", "café|a\nb", "t0|t1"]);
        assert!(note.is_some());
        let values = ColumnValues::Text {
            dictionary: vec!["a|b".into(), "b|a".into(), "a | b".into()],
            codes: vec![0, 1, 2, 1],
        };
        let ColumnValues::Text { mut dictionary, mut codes } = values else { unreachable!("text") };
        dictionary.iter_mut().for_each(|cell| *cell = Spelling::Joined('|').rewritten(cell));
        join_equal(&mut dictionary, &mut codes);
        assert_eq!((dictionary.len(), codes), (2, vec![0, 1, 0, 1]));
    }

    #[test]
    fn a_key_stays_whole() {
        let keys = ["3|1|0", "1|3|0", "0|1|3", "3|0|1", "1|0|3", "0|3|1", "3|1"];
        assert!(Spelling::of("tags", &keys.map(String::from)).is_some());
        assert_eq!(Spelling::of("session_id", &keys.map(String::from)), None);
    }

    #[test]
    fn ids_of_any_length_stay_as_written_and_padding_may_follow_a_space() {
        let long = "[123456789012345678901234567890, 007, null]";
        assert_eq!(bracketed_items(long), Some(vec!["123456789012345678901234567890".to_owned(), "007".to_owned()]));
        let filled = ["5, 7, 0, 0", "8, 0, 0, 0", "7, 5, 8, 9", "9, 5, 7, 0", "5, 0, 0, 0", "8, 9, 0, 0"];
        assert_eq!(read(&filled).0, ["5|7", "8", "7|5|8|9", "9|5|7", "5", "8|9"]);
    }

    #[test]
    fn what_people_write_is_no_list() {
        let titles = ["News | today", "Sports | yesterday", "Films | Rome", "x", "Cars | e", "f | g", "h | i"];
        assert!(!is_list(&titles));
        let cities =
            ["Berlin, Germany", "Bonn, Germany", "Rome, Italy", "Milan, Italy", "Turin, Italy", "Ulm, Germany"];
        assert!(!is_list(&cities), "pairs");
        let phones = ["iPhone12,1", "iPhone12,3", "iPhone13,1", "iPad13,1", "iPad13,3", "iPhone13,3"];
        assert!(!is_list(&phones));
        let times = [
            "2024-01-01 10:00:00",
            "2024-01-01 11:00:00",
            "2024-01-02 10:00:00",
            "2024-01-02 11:00:00",
            "2024-01-03 10:00:00",
            "2024-01-03 11:00:00",
        ];
        assert!(!is_list(&times));
        let ranges = ["(0, 10]", "(10, 20]", "(20, 30]", "(30, 40]", "(40, 50]"];
        assert!(!is_list(&ranges));
        let vectors = ["[0.1, 0.2, 0.3]", "[0.2, 0.1, 0.3]", "[0.3, 0.1, 0.2]", "[0.1, 0.3, 0.2]", "[0.2, 0.3, 0.1]"];
        assert!(!is_list(&vectors));
        let agents = [
            "Mozilla/5.0 (X11; Linux)",
            "Mozilla/5.0 (X11; Linux; en)",
            "Mozilla/5.0 (Windows; en; x64)",
            "Mozilla/5.0 (X11; en; Linux)",
            "Mozilla/5.0 (Windows; x64)",
        ];
        assert!(!is_list(&agents));
        let flags = ["[1, 0, 0]", "[0, 1, 0]", "[0, 0, 1]", "[1, 1, 0]", "[1, 1, 1]", "[0, 1, 1]", "[1, 0, 1]"];
        assert!(!is_list(&flags), "a vector");
        let colours = ["(170, 255, 85)", "(255, 170, 85)", "(85, 170, 255)", "(170, 85, 255)", "(255, 85, 170)"];
        assert!(!is_list(&colours));
        let places = [
            "Main St, Austin, TX",
            "High St, Austin, TX",
            "Main St, Dallas, TX",
            "Elm St, Salem, OR",
            "High St, Salem, OR",
            "Main St, Salem, OR, 97301",
        ];
        assert!(!is_list(&places), "their parts stay where they are");
        let pages = [
            "Pro | Shirts | Shop",
            "Plus | Shirts | Shop",
            "Pro | Hats | Shop",
            "Plus | Hats | Shop",
            "Max | Hats | Shop",
        ];
        assert!(!is_list(&pages));
        let seats = ["B8 R4 S1", "B7 R4 S2", "B8 R5 S1", "B7 R5 S2", "B8 R5 S2", "B7 R4 S1"];
        assert!(!is_list(&seats));
        assert!(!is_list(&["a|b", "a", "b|c", "a|b|c"]), "few prove nothing");
    }
}
