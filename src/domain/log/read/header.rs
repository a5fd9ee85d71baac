//! Names of the columns, as a header writes them or made up.

use std::collections::HashSet;

use super::notes::ReadNote;

/// What RecBole writes behind a name.
const FIELD_TYPES: [&str; 4] = ["token", "float", "token_seq", "float_seq"];

/// Names of all columns, each once, and what was done to the header's own.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Header {
    pub names: Vec<String>,
    pub notes: Vec<ReadNote>,
}

/// The names that a header's fields make.
pub(super) fn read_header(fields: &[&str], has_row_names: bool) -> Header {
    let mut notes = Vec::new();
    let mut names: Vec<&str> = fields.to_vec();
    if let Some(untyped) = without_types(&names) {
        names = untyped;
        notes.push(ReadNote::TypesInNames);
    }
    if let Some((prefix, own)) = without_prefix(&names) {
        notes.push(ReadNote::Prefix { prefix: prefix.to_owned() });
        names = own;
    }
    if has_row_names {
        names.insert(0, "");
        notes.push(ReadNote::RowNames);
    }
    let unnamed: Vec<usize> = (1..).zip(&names).filter(|(_, name)| name.is_empty()).map(|(at, _)| at).collect();
    if !unnamed.is_empty() && !has_row_names {
        notes.push(ReadNote::Unnamed { positions: unnamed });
    }
    let (names, twice) = distinct(&names);
    if !twice.is_empty() {
        notes.push(ReadNote::NamesTwice { names: twice });
    }
    Header { names, notes }
}

/// The name of a column that has none.
pub(super) fn made_up(index: usize) -> String {
    format!("column_{}", index + 1)
}

/// Names with a number behind those that were there before, and these.
fn distinct(names: &[&str]) -> (Vec<String>, Vec<String>) {
    let given: HashSet<&str> = names.iter().copied().collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut twice = Vec::new();
    let distinct = names.iter().enumerate().map(|(index, &name)| {
        let plain = if name.is_empty() { made_up(index) } else { name.to_owned() };
        let is_free = |name: &String| !taken.contains(name);
        let mut chosen = plain.clone();
        let mut number = 2;
        while !is_free(&chosen) || (chosen != plain && given.contains(chosen.as_str())) {
            chosen = format!("{plain} ({number})");
            number += 1;
        }
        if chosen != plain {
            twice.push(chosen.clone());
        }
        taken.insert(chosen.clone());
        chosen
    });
    let distinct = distinct.collect();
    (distinct, twice)
}

/// The names without the type behind each; `None` where one has none.
fn without_types<'a>(names: &[&'a str]) -> Option<Vec<&'a str>> {
    let untyped = |name: &&'a str| {
        let (name, kind) = name.rsplit_once(':')?;
        FIELD_TYPES.contains(&kind).then_some(name)
    };
    names.iter().map(untyped).collect()
}

/// The table's name before the point of every name, and what is behind it.
fn without_prefix<'a>(names: &[&'a str]) -> Option<(&'a str, Vec<&'a str>)> {
    let (prefix, _) = names.first()?.split_once('.')?;
    let own = |name: &&'a str| {
        let (before, own) = name.split_once('.')?;
        (before == prefix && !own.is_empty()).then_some(own)
    };
    let own: Vec<&str> = names.iter().map(own).collect::<Option<_>>()?;
    let is_word = !prefix.is_empty() && !prefix.bytes().all(|byte| byte.is_ascii_digit());
    (names.len() > 1 && is_word).then_some((prefix, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(fields: &[&str]) -> Vec<String> {
        read_header(fields, false).names
    }

    #[test]
    fn names_are_told_once_each() {
        assert_eq!(names(&["a", "b", "a", "a (2)", "a"]), ["a", "b", "a (3)", "a (2)", "a (4)"]);
        assert_eq!(names(&["", "a", ""]), ["column_1", "a", "column_3"]);
        let twice = read_header(&["a", "a"], false).notes;
        assert_eq!(twice, [ReadNote::NamesTwice { names: vec!["a (2)".into()] }]);
    }

    #[test]
    fn what_every_name_carries_is_left_out() {
        assert_eq!(names(&["t.user_id", "t.click"]), ["user_id", "click"]);
        assert_eq!(names(&["t.user_id", "u.click"]), ["t.user_id", "u.click"]);
        assert_eq!(names(&["0.5", "0.7"]), ["0.5", "0.7"]);
        assert_eq!(names(&["user_id:token", "genre:token_seq"]), ["user_id", "genre"]);
        assert_eq!(names(&["user_id:token", "at:12"]), ["user_id:token", "at:12"]);
        assert_eq!(read_header(&["a"], true).names, ["column_1", "a"]);
    }
}
