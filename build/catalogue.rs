//! Turns `locales/LANGUAGE/*.toml`, the page's texts, into Rust: one module per file, a constant for each text, and for
//! each text with arguments (`{{ rows }}`) a struct with a field for each. So a key or an argument that is not there does
//! not compile, and each text lands in the module of the page that says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Texts by key; a file is a group, and so is a table in it.
pub type Group = BTreeMap<String, Entry>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Text(Text),
    /// Two forms, for one and for any other number.
    Counted {
        one: Option<Text>,
        other: Text,
    },
    Group(Group),
}

/// A text, cut at its arguments.
pub type Text = Vec<Part>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Words(String),
    Argument(String),
}

/// The number that chooses between the forms of a counted text.
const NUMBER: &str = "number";

/// Names that Rust keeps for itself.
const KEYWORDS: [&str; 38] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "yield",
];

/// Reads a language: every file of its folder.
///
/// # Errors
/// The file, the key, and what is wrong with it.
pub fn read(folder: &Path) -> Result<Group, String> {
    let mut files = Group::new();
    let broken = |path: &Path, error: String| format!("{}: {error}", path.display());
    for entry in fs::read_dir(folder).map_err(|error| broken(folder, error.to_string()))? {
        let path = entry.map_err(|error| broken(folder, error.to_string()))?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| is_toml(&path)) else { continue };
        let text = fs::read_to_string(&path).map_err(|error| broken(&path, error.to_string()))?;
        let group = checked_key(name).and_then(|()| parse(&text)).map_err(|error| broken(&path, error))?;
        files.insert(name.to_owned(), Entry::Group(group));
    }
    Ok(files)
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

/// Reads one file.
///
/// # Errors
/// The key, and what is wrong with it.
pub fn parse(text: &str) -> Result<Group, String> {
    group_of(toml::from_str(text).map_err(|error| error.to_string())?)
}

fn group_of(table: toml::Table) -> Result<Group, String> {
    let mut group = Group::new();
    for (key, value) in table {
        let entry = checked_key(&key).and_then(|()| entry_of(value)).map_err(|error| format!("{key}: {error}"))?;
        group.insert(key, entry);
    }
    Ok(group)
}

fn entry_of(value: toml::Value) -> Result<Entry, String> {
    match value {
        toml::Value::String(text) => Ok(Entry::Text(text_of(&text)?)),
        toml::Value::Table(mut forms) if forms.get("other").is_some_and(toml::Value::is_str) => {
            let mut form = |name| forms.remove(name).and_then(|form| Some(text_of(form.as_str()?))).transpose();
            let (one, other) = (form("one")?, form("other")?.unwrap_or_default());
            match forms.keys().next() {
                None => Ok(Entry::Counted { one, other }),
                Some(form) => Err(format!("{form} is no form of a counted text: they are `one` and `other`")),
            }
        }
        toml::Value::Table(table) => Ok(Entry::Group(group_of(table)?)),
        other => Err(format!("{} is no text", other.type_str())),
    }
}

/// Cuts a text at its arguments.
fn text_of(text: &str) -> Result<Text, String> {
    let mut parts = Text::new();
    let mut rest = text;
    while let Some((words, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or("an argument is not closed")?;
        checked_key(name.trim())?;
        parts.extend((!words.is_empty()).then(|| Part::Words(words.to_owned())));
        parts.push(Part::Argument(name.trim().to_owned()));
        rest = after;
    }
    parts.extend((!rest.is_empty() || parts.is_empty()).then(|| Part::Words(rest.to_owned())));
    Ok(parts)
}

fn checked_key(key: &str) -> Result<(), String> {
    let is_name = key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !KEYWORDS.contains(&key);
    if is_name { Ok(()) } else { Err(format!("`{key}` cannot be a name in Rust")) }
}

/// Where a translation does not fit the texts that the page is written with.
pub fn differences(reference: &Group, translation: &Group) -> Vec<String> {
    let keys: BTreeSet<&String> = reference.keys().chain(translation.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let within: Vec<String> = match (reference.get(key), translation.get(key)) {
            (Some(Entry::Group(reference)), Some(Entry::Group(translation))) => differences(reference, translation),
            (Some(Entry::Group(_)), Some(_)) | (Some(_), Some(Entry::Group(_))) => vec![": group or text".to_owned()],
            (Some(reference), Some(translation)) => different_arguments(reference, translation),
            (Some(_), None) => vec![": is not translated".to_owned()],
            (None, _) => vec![": is no text of the page".to_owned()],
        };
        found.extend(within.into_iter().map(|rest| match rest.starts_with(':') {
            true => format!("{key}{rest}"),
            false => format!("{key}.{rest}"),
        }));
    }
    found
}

fn different_arguments(reference: &Entry, translation: &Entry) -> Vec<String> {
    let (wanted, there) = (arguments(reference), arguments(translation));
    let is_counted = |entry: &Entry| matches!(entry, Entry::Counted { .. });
    match wanted == there && is_counted(reference) == is_counted(translation) {
        true => Vec::new(),
        false => vec![format!(": takes {there:?} and should take {wanted:?}")],
    }
}

/// What a text takes, each once.
fn arguments(entry: &Entry) -> BTreeSet<&str> {
    let texts: Vec<&Text> = match entry {
        Entry::Text(text) => vec![text],
        Entry::Counted { one, other } => one.iter().chain([other]).collect(),
        Entry::Group(_) => Vec::new(),
    };
    texts.into_iter().flatten().filter_map(argument).collect()
}

fn argument(part: &Part) -> Option<&str> {
    match part {
        Part::Argument(name) if name != NUMBER => Some(name),
        _ => None,
    }
}

/// The modules.
pub fn code(group: &Group) -> String {
    let mut code = String::new();
    for (key, entry) in group {
        // Writing into a string cannot fail.
        let _ = match entry {
            Entry::Group(group) => writeln!(code, "pub mod {key} {{\n{}}}", self::code(group)),
            Entry::Text(text) => match text.as_slice() {
                [Part::Words(words)] => writeln!(code, "pub const {key}: &str = {words:?};"),
                parts => said(&mut code, key, entry, "", &formatted(parts)),
            },
            Entry::Counted { one, other } => {
                let (one, other) = (one.as_ref().unwrap_or(other), other);
                let body = format!(
                    "if crate::app::catalogue::is_one(*self.number) {{ {} }} else {{ {} }}",
                    formatted(one),
                    formatted(other)
                );
                said(&mut code, key, entry, "pub number: &'a usize, ", &body)
            }
        };
    }
    code
}

fn said(code: &mut String, key: &str, entry: &Entry, number: &str, body: &str) -> std::fmt::Result {
    let fields: Vec<String> = arguments(entry).iter().map(|name| format!("pub {name}: &'a str")).collect();
    writeln!(code, "pub struct {key}<'a> {{ {number}{} }}", fields.join(", "))?;
    writeln!(code, "impl {key}<'_> {{ pub fn said(self) -> String {{ {body} }} }}")
}

/// A text as Rust's own formatting, which is the smallest in the module.
fn formatted(parts: &[Part]) -> String {
    let (mut template, mut given) = (String::new(), String::new());
    for part in parts {
        match part {
            Part::Words(words) => template += &words.replace('{', "{{").replace('}', "}}"),
            Part::Argument(name) => {
                template += &format!("{{{name}}}");
                let field = format!(", {name} = self.{name}");
                if !given.contains(&field) {
                    given += &field;
                }
            }
        }
    }
    format!("format!({template:?}{given})")
}
