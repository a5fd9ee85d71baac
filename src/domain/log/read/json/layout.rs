//! What the first object of a file is: a row, or what holds the rows.

/// Where a file has its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each object is a row.
    Records,
    /// The items of the list under `key`, whose columns may be named beside it (pandas: `split`).
    List { key: String, names: Vec<String> },
    /// The values of one object, under the rows' labels (pandas: `index`).
    Index,
    /// One object of columns: a list each, or an object from the rows' labels to values (pandas: `columns`).
    Columns,
}

/// What a file can name its columns in, beside its rows.
const NAMES: [&str; 4] = ["columns", "fields", "header", "headers"];

impl Layout {
    /// The layout of a file that consists of `object`, which may be cut.
    pub(super) fn of(object: &[u8]) -> Self {
        let entries = entries(object);
        let lists = entries.iter().filter(|entry| matches!(entry.kind, Kind::ListOfObjects | Kind::ListOfLists));
        if let Some(list) = lists.max_by_key(|entry| entry.text.len()) {
            let names = entries.iter().find(|entry| NAMES.contains(&entry.key.as_str()) && entry.key != list.key);
            let names = names.and_then(|entry| names_in(entry.text)).unwrap_or_default();
            return Self::List { key: list.key.clone(), names };
        }
        let all = |is: fn(&Entry<'_>) -> bool| !entries.is_empty() && entries.iter().all(is);
        if all(|entry| matches!(entry.kind, Kind::Object | Kind::Labelled) && is_label(entry.key.as_bytes())) {
            return Self::Index;
        }
        let is_of_lists = entries.len() > 1 && all(|entry| entry.kind == Kind::List);
        if is_of_lists || all(|entry| entry.kind == Kind::Labelled) {
            return Self::Columns;
        }
        Self::Records
    }
}

/// The names in a list of texts, or of objects with a name.
fn names_in(list: &[u8]) -> Option<Vec<String>> {
    let items: Vec<serde_json::Value> = serde_json::from_slice(list).ok()?;
    let name = |item: &serde_json::Value| item.as_str().or_else(|| item.get("name")?.as_str()).map(str::to_owned);
    items.iter().map(name).collect()
}

/// Whether a key is a row's number.
fn is_label(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(u8::is_ascii_digit)
}

/// What an object has under a key.
struct Entry<'a> {
    key: String,
    kind: Kind,
    /// The value, as far as it is there.
    text: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    Object,
    /// An object whose first key is a number.
    Labelled,
    List,
    ListOfObjects,
    ListOfLists,
}

impl Kind {
    fn of(value: &[u8]) -> Self {
        let mut marks = value.iter().enumerate().filter(|(_, byte)| !byte.is_ascii_whitespace());
        let (first, second) = (marks.next().map(|(_, &byte)| byte), marks.next());
        match (first, second) {
            (Some(b'['), Some((_, b'{'))) => Self::ListOfObjects,
            (Some(b'['), Some((_, b'['))) => Self::ListOfLists,
            (Some(b'['), _) => Self::List,
            (Some(b'{'), Some((at, b'"'))) => {
                let key = value[at + 1..].split(|&byte| byte == b'"').next().unwrap_or_default();
                if is_label(key) { Self::Labelled } else { Self::Object }
            }
            (Some(b'{'), _) => Self::Object,
            _ => Self::Scalar,
        }
    }
}

/// The entries of an object; the last may be cut.
fn entries(object: &[u8]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    let (mut start, mut colon) = (0, None);
    let mut add = |start: usize, colon: Option<usize>, end: usize| {
        let Some(colon) = colon else { return };
        let Ok(key) = serde_json::from_slice(object[start..colon].trim_ascii()) else { return };
        let text = &object[colon + 1..end];
        entries.push(Entry { key, kind: Kind::of(text), text });
    };
    for (at, &byte) in object.iter().enumerate() {
        if is_in_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_in_string = true,
            b'{' | b'[' => {
                depth += 1;
                start = if depth == 1 { at + 1 } else { start };
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 && colon.is_none() => colon = Some(at),
            b',' if depth == 1 => {
                add(start, colon.take(), at);
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            add(start, colon.take(), at);
            return entries;
        }
    }
    add(start, colon, object.len());
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_object_tells_where_the_rows_are() {
        let list = |key: &str, names: &[&str]| Layout::List {
            key: key.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        for (object, layout) in [
            (r#"{"click": 1, "tags": ["a"], "user": {"id": 3}}"#, Layout::Records),
            ("{}", Layout::Records),
            (r#"{"status": "ok", "data": [ {"a": 1}, {"a": "}]"}], "n": 2}"#, list("data", &[])),
            (r#"{"links": [{"next": 2}], "rows": [{"a": 1}, {"a": 2}, {"#, list("rows", &[])),
            (r#"{"columns": ["a", "b"], "index": [0], "data": [[1, 2]]}"#, list("data", &["a", "b"])),
            (r#"{"fields": [{"name": "a"}], "rows": [[1], [2], [3], [4], [5]]}"#, list("rows", &["a"])),
            (r#"{"0": {"a": 1}, "1": {"a": 2}}"#, Layout::Index),
            (r#"{"a": {"0": 1, "1": 2}, "b": {"0": 1, "1": 2}}"#, Layout::Columns),
            (r#"{"a": [1, 2], "b": [3, 4]}"#, Layout::Columns),
            (r#"{"features": {"101": 3}, "click": 1}"#, Layout::Records),
        ] {
            assert_eq!(Layout::of(object.as_bytes()), layout, "{object}");
        }
    }
}
