//! Turns `locales/LANGUAGE/*.toml`, all that is said to readers, into Rust: a macro that gives each text, by its key, as the
//! literal that it is, and one with arguments (`{{ rows }}`) as `format_args!` with that literal. So a key or an argument
//! that is not there does not compile, a text costs what it would cost in the code, and lands in the module that says it.

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

/// The language that shows what is in no catalogue: English, each text in ⟦brackets⟧.
pub const PSEUDO: &str = "qps";

/// `english` with every text in brackets.
pub fn pseudo(english: &Group) -> Group {
    let wrapped = |text: &Text| {
        let (open, close) = (Part::Words("⟦".to_owned()), Part::Words("⟧".to_owned()));
        // Words that meet are one part, as `text_of` cuts them.
        let mut parts = Text::new();
        for part in [open].into_iter().chain(text.iter().cloned()).chain([close]) {
            match (parts.last_mut(), part) {
                (Some(Part::Words(last)), Part::Words(words)) => *last += &words,
                (_, part) => parts.push(part),
            }
        }
        parts
    };
    let of = |entry: &Entry| match entry {
        Entry::Text(text) => Entry::Text(wrapped(text)),
        Entry::Counted { one, other } => Entry::Counted { one: one.as_ref().map(wrapped), other: wrapped(other) },
        Entry::Group(group) => Entry::Group(pseudo(group)),
    };
    english.iter().map(|(key, entry)| (key.clone(), of(entry))).collect()
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

/// Whether a language has these forms and no others, and which numbers take the form for one.
///
/// # Errors
/// A language with more forms: its texts would need them.
pub fn form_for_one(language: &str) -> Result<&'static str, String> {
    match language.split(['-', '_']).next().unwrap_or(language) {
        "id" | "ja" | "ko" | "lo" | "ms" | "my" | "th" | "vi" | "zh" => Ok("false"),
        "fr" | "hi" | "hy" | "pt" => Ok("number <= 1"),
        "ar" | "be" | "bs" | "cs" | "cy" | "ga" | "he" | "hr" | "lt" | "lv" | "mt" | "pl" | "ro" | "ru" | "sk"
        | "sl" | "sr" | "uk" => Err(format!(
            "`{language}` has more forms than `one` and `other`: build/catalogue.rs has to learn them first"
        )),
        _ => Ok("number == 1"),
    }
}

/// The macro `words!`, which says each text by its key, or finds one of a group by a name; and a type for each counted one.
///
/// # Errors
/// What [`form_for_one`] says of the language.
pub fn code(texts: &Group, language: &str) -> Result<String, String> {
    let mut code =
        format!("pub(super) fn is_one(number: usize) -> bool {{ let _ = number; {} }}\n", form_for_one(language)?);
    let mut files = String::new();
    // Writing into a string cannot fail.
    for (file, entry) in texts {
        let (mut arms, mut types) = (String::new(), String::new());
        if let Entry::Group(group) = entry {
            say(group, file, "", &mut arms, &mut types);
        }
        let _ = writeln!(code, "macro_rules! words_of_{file} {{\n{arms}}}\npub mod {file} {{\n{types}}}");
        let _ = writeln!(files, "({file}::$($text:tt)+) => {{ words_of_{file}! {{ $($text)+ }} }};");
    }
    let _ = writeln!(code, "macro_rules! words {{\n{files}}}");
    Ok(code)
}

/// An arm for each text below `path` of a file, and a type for each counted one.
fn say(group: &Group, file: &str, path: &str, arms: &mut String, types: &mut String) {
    for (key, entry) in group {
        let below = if path.is_empty() { key.clone() } else { format!("{path}::{key}") };
        let _ = match entry {
            Entry::Group(group) => {
                let mut within = String::new();
                say(group, file, &below, arms, &mut within);
                let by_name: String = group.iter().filter_map(literal_of).collect();
                let _ = writeln!(arms, "({below}[$name:expr]) => {{ match $name {{ {by_name}_ => None }} }};");
                if within.is_empty() { Ok(()) } else { writeln!(types, "pub mod {key} {{\n{within}}}") }
            }
            Entry::Text(text) => match text.as_slice() {
                [Part::Words(words)] => writeln!(arms, "({below}) => {{ {words:?} }};"),
                parts => writeln!(
                    arms,
                    "({below}, $($given:tt)+) => {{ ::std::format_args!({:?}, $($given)+) }};",
                    template(parts)
                ),
            },
            Entry::Counted { one, other } => {
                let _ = writeln!(
                    arms,
                    "({below}, $($name:ident = $value:expr),+ $(,)?) => {{ \
                     $crate::catalogue::texts::{file}::{below} {{ $($name: &$value),+ }} }};"
                );
                counted(types, key, entry, one.as_ref().unwrap_or(other), other)
            }
        };
    }
}

/// The arm that finds a text by its key, of one without arguments.
fn literal_of((key, entry): (&String, &Entry)) -> Option<String> {
    match entry {
        Entry::Text(text) => match text.as_slice() {
            [Part::Words(words)] => Some(format!("{key:?} => Some({words:?}), ")),
            _ => None,
        },
        _ => None,
    }
}

fn counted(types: &mut String, key: &str, entry: &Entry, one: &Text, other: &Text) -> std::fmt::Result {
    let names = arguments(entry);
    let kinds: Vec<String> = (0..names.len()).map(|index| format!("A{index}")).collect();
    let fields: Vec<String> = names.iter().zip(&kinds).map(|(name, kind)| format!("pub {name}: &'a {kind}")).collect();
    let bounds: Vec<String> = kinds.iter().map(|kind| format!("{kind}: ::std::fmt::Display")).collect();
    let (kinds, bounds, fields) = (kinds.join(", "), bounds.join(", "), fields.join(", "));
    let form = |parts: &Text| {
        let given: Vec<String> = names
            .iter()
            .filter(|name| parts.iter().any(|part| argument(part) == Some(name)))
            .map(|name| format!(", {name} = self.{name}"))
            .collect();
        format!("to.write_fmt(::std::format_args!({:?}{}))", template(parts), given.concat())
    };
    writeln!(types, "pub struct {key}<'a, {kinds}> {{ pub number: &'a usize, {fields} }}")?;
    writeln!(
        types,
        "impl<{bounds}> ::std::fmt::Display for {key}<'_, {kinds}> {{ \
         fn fmt(&self, to: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {{ \
         if crate::catalogue::texts::is_one(*self.number) {{ {} }} else {{ {} }} }} }}",
        form(one),
        form(other)
    )
}

/// A text as a template of Rust's own formatting, which is the smallest in a module.
fn template(parts: &[Part]) -> String {
    let escaped = |words: &String| words.replace('{', "{{").replace('}', "}}");
    parts
        .iter()
        .map(|part| match part {
            Part::Words(words) => escaped(words),
            Part::Argument(name) => format!("{{{name}}}"),
        })
        .collect()
}
