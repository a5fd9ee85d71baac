//! The texts: how their files become Rust, that each is used, that no other stands in the code, and that translations fit.

#[path = "../build/catalogue.rs"]
mod catalogue;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use catalogue::{Entry, Group, PSEUDO, code, differences, form_for_one, parse, pseudo, read};

const FILE: &str = r#"
stop = "Stop"
[share]
too_long = "{{ length }} characters, beyond {{ most }}: {no argument}"
rows = { one = "{{ count }} row", other = "{{ count }} rows" }
"#;

/// A file of the language, as `parse` gives it to `code`.
fn language() -> Group {
    Group::from([("shell".to_owned(), Entry::Group(parse(FILE).unwrap()))])
}

#[test]
fn a_text_becomes_a_literal_and_one_with_arguments_a_format() {
    let code = code(&language(), "en").unwrap();
    let lines = [
        r#"(stop) => { "Stop" };"#,
        r#"(share::too_long, $($given:tt)+) => { ::std::format_args!("{length} characters, beyond {most}: {{no argument}}", $($given)+) };"#,
        "(share::rows, $($name:ident = $value:expr),+ $(,)?) => { $crate::catalogue::texts::shell::share::rows { $($name: &$value),+ } };",
        r#"(share[$name:expr]) => { match $name { _ => None } };"#,
        "pub mod share {",
        "pub struct rows<'a, A0> { pub number: &'a usize, pub count: &'a A0 }",
        r#"is_one(*self.number) { to.write_fmt(::std::format_args!("{count} row", count = self.count)) } else"#,
        "(shell::$($text:tt)+) => { words_of_shell! { $($text)+ } };",
        "pub(super) fn is_one(number: usize) -> bool { let _ = number; number == 1 }",
    ];
    for line in lines {
        assert!(code.contains(line), "{line}\n{code}");
    }
}

#[test]
fn a_language_chooses_its_forms() {
    for (language, form) in [("en", "number == 1"), ("ja", "false"), ("zh-CN", "false"), ("fr", "number <= 1")] {
        assert_eq!(form_for_one(language), Ok(form), "{language}");
    }
    for language in ["ru", "pl", "cs", "ar"] {
        let error = code(&Group::new(), language).unwrap_err();
        assert!(error.contains(&format!("`{language}` has more forms")), "{error}");
    }
}

#[test]
fn what_is_no_text_is_an_error_with_its_key() {
    let cases = [
        ("a.b = 3", "a: b: integer is no text"),
        ("type = 'x'", "type: `type` cannot be a name in Rust"),
        ("Stop = 'x'", "Stop: `Stop` cannot be a name in Rust"),
        ("a = '{{ rows'", "a: an argument is not closed"),
        ("a = '{{ two words }}'", "a: `two words` cannot be a name in Rust"),
        (
            "a = { one = 'x', other = 'y', few = 'z' }",
            "a: few is no form of a counted text: they are `one` and `other`",
        ),
    ];
    for (file, expected) in cases {
        assert_eq!(parse(file).unwrap_err(), expected, "{file}");
    }
    assert!(parse("a = 'x'\na = 'y'").unwrap_err().contains("duplicate key"));
}

#[test]
fn a_translation_that_does_not_fit_is_found() {
    let differences = |translation: &str| differences(&parse(FILE).unwrap(), &parse(translation).unwrap());
    assert_eq!(differences(FILE), Vec::<String>::new());
    let other_alone = FILE.replace("one = \"{{ count }} row\", ", "");
    assert_eq!(differences(&other_alone), Vec::<String>::new());
    assert_eq!(
        differences(&FILE.replace("stop =", "halt =")),
        ["halt: is no text of the page", "stop: is not translated"]
    );
    let fewer = FILE.replace("{{ most }}", "many");
    assert_eq!(differences(&fewer), [r#"share.too_long: takes {"length"} and should take {"length", "most"}"#]);
}

#[test]
fn the_pseudo_language_has_every_text_in_brackets() {
    let expected = FILE
        .replace("\"Stop\"", "\"⟦Stop⟧\"")
        .replace("\"{{ length", "\"⟦{{ length")
        .replace("no argument}\"", "no argument}⟧\"")
        .replace("{{ count }} row\"", "⟦{{ count }} row⟧\"")
        .replace("\"{{ count }} rows\"", "\"⟦{{ count }} rows⟧\"");
    assert_eq!(pseudo(&parse(FILE).unwrap()), parse(&expected).unwrap());
    assert!(!Path::new("locales").join(PSEUDO).exists(), "the build makes it, so it has no folder");
}

#[test]
fn every_translation_fits_the_page() {
    let english = read(Path::new("locales/en")).unwrap();
    for language in fs::read_dir("locales").unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let found = differences(&english, &read(&language).unwrap());
        assert!(found.is_empty(), "{}: {found:#?}", language.display());
    }
}

#[test]
fn every_text_is_used() {
    let code: String = sources(Path::new("src")).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let squeezed: String = code.split_whitespace().collect();
    let squeezed = squeezed.as_str();
    let after = |name: &'static str| {
        let places = squeezed.match_indices(name);
        places.filter_map(move |(at, _)| squeezed[at..].strip_prefix(name)?.split([')', ',']).next())
    };
    let used: BTreeSet<&str> = ["text!(", "words!(", "counted!("].into_iter().flat_map(after).collect();
    let is_used = |path: &String| {
        let group = path.rsplit_once("::").map_or("", |(group, _)| group);
        used.contains(path.as_str()) || squeezed.contains(&format!("words!({group}["))
    };
    // Those of the document are put into it by xtask, whose tests find them there.
    let texts = paths(&read(Path::new("locales/en")).unwrap()).into_iter();
    let unused: Vec<String> = texts.filter(|path| !path.starts_with("document::") && !is_used(path)).collect();
    assert!(unused.is_empty(), "{unused:#?}");
}

/// What has words and is no text: papers, the language of style sheets, a worker's first lines, classes.
const NO_TEXTS: [&str; 6] = [" et al. ", "var(--", "(prefers-", "importScripts", "hue hue-", "term lit"];

/// Sentences that stand in the code for a reason: where, how they begin, and why.
const IN_CODE: [(&str, &str, &str); 13] = [
    ("domain/assembly/propose.rs", "", "what events, tables and columns are called in logs"),
    ("domain/assembly/spread.rs", "", "what columns are called in logs"),
    (
        "domain/spec/bundle.rs",
        "An experiment of ESMM Playground.",
        "the file format's first line, alike in all languages",
    ),
    ("domain/log/read/sniff.rs", "SQLite format 3", "the first bytes of such a file"),
    ("domain/log/read/json/", " at line ", "how serde_json ends a message"),
    (
        "domain/log/read/json/",
        "a value that is no row's",
        "carries an error of our own through serde, which replaces it",
    ),
    ("domain/onnx/encoders.rs", "values of {column}", "the name of a graph's dimension"),
    ("domain/onnx/mod.rs", "ESMM Playground", "the program's name"),
    ("engine/gpu/", "", "lines of kernels, in WGSL"),
    ("parquet/worker.rs", "Parquet reader", "a device's detail, for developers"),
    ("parquet/worker.rs", "the page could not be reached", "for the console"),
    ("worker/browser.rs", "", "what the console says to developers"),
    ("lab/", "", "the command line speaks English about its flags, as its help does"),
];

/// Whether a file is of tests alone: `tests.rs`, and the files of its folder.
fn is_of_tests(path: &Path) -> bool {
    path.ends_with("tests.rs") || path.parent().is_some_and(|folder| folder.ends_with("tests"))
}

fn stands_in_code(path: &Path, words: &str) -> bool {
    let path = path.strip_prefix("src").unwrap().to_str().unwrap();
    IN_CODE.iter().any(|(place, start, _)| path.starts_with(place) && words.starts_with(start))
}

#[test]
fn no_sentence_stands_in_the_code() {
    let mut found = Vec::new();
    for path in sources(Path::new("src")).iter().filter(|path| !is_of_tests(path)) {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let sentences = sentences(code).into_iter().filter(|words| !stands_in_code(path, words));
        found.extend(sentences.map(|words| format!("{}: {words}", path.display())));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_exception_is_needed() {
    let paths = sources(Path::new("src"));
    for (place, start, why) in IN_CODE {
        let there = paths.iter().filter(|path| path.strip_prefix("src").unwrap().to_str().unwrap().starts_with(place));
        let texts: String = there.map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(sentences(&texts).iter().any(|words| words.starts_with(start)), "{place}: {start:?}, {why}");
    }
}

#[test]
fn sentences_in_code_are_found() {
    let cases = [
        (r#"button(Control::new("now", "Train again"))"#, vec!["Train again"]),
        (r#"let a = format!("{rows} rows, and {clicks} clicks");"#, vec!["{rows} rows, and {clicks} clicks"]),
        (r#"Mark::new("p").class("view-note trouble").text(text!(a::b))"#, vec![]),
        (r#"view! { <p class="quiet note">{text!(a::b)}</p> }"#, vec![]),
        (r#"view! { <p class="quiet">"Look here"</p> }"#, vec!["Look here"]),
        ("/// It says \"no log yet\".\nlet quote = '\"'; // \"not here\"", vec![]),
        (r#"#[allow(dead_code, reason = "it is used elsewhere")]"#, vec![]),
        ("assert_eq!(rows.len(), labels.len(), \"one label a row\");", vec![]),
        ("None => unreachable!(\"a tree has a question\"),", vec![]),
        ("const CLICK: Words = \"\n    click clicked\";", vec![]),
        (r##"#[error("the file is empty")]"##, vec!["the file is empty"]),
    ];
    for (code, expected) in cases {
        assert_eq!(sentences(code), expected, "{code}");
    }
}

/// The literals of `code` that are more than one word, but for classes, attributes, keys and patterns.
fn sentences(code: &str) -> Vec<&str> {
    let is_sentence = |literal: &&Literal| {
        let letters: Vec<char> = literal.words.chars().collect();
        let is_end = |c: char| c.is_alphabetic() || "{},;:.".contains(c);
        let before = literal.before.trim_end();
        // Classes and attributes; what developers read of a broken assumption; names of columns.
        let ends = ["class(", "class=", "reason =", "key(format!(", "expect(", "unreachable!(", "Words ="];
        let is_for_machines = ends.iter().any(|end| before.ends_with(end))
            || before.lines().last().is_some_and(|line| line.trim_start().starts_with("assert") || line.contains("debug_assert"))
            || literal.after.trim_start().starts_with("=>")
            // A sentence of the domain's, put into another place.
            || literal.before.lines().last().is_some_and(|line| line.contains("replacen("))
            || NO_TEXTS.iter().any(|known| literal.words.contains(known))
            || is_class(literal.words);
        letters.windows(3).any(|w| is_end(w[0]) && w[1] == ' ' && w[2].is_alphabetic()) && !is_for_machines
    };
    literals(code).iter().filter(is_sentence).map(|literal| literal.words).collect()
}

/// Two or three names of a style sheet, as `axis-label end`.
fn is_class(words: &str) -> bool {
    let is_name = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-{}".contains(c));
    words.contains('-') && words.split(' ').count() <= 3 && words.split(' ').all(is_name)
}

struct Literal<'a> {
    before: &'a str,
    words: &'a str,
    after: &'a str,
}

/// Each literal; comments and characters are passed over.
fn literals(code: &str) -> Vec<Literal<'_>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("'\"'") {
            at += 3;
        } else if let Some(inside) = rest.strip_prefix('"') {
            let mut is_escaped = false;
            let end = inside.find(|c| {
                let is_end = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            });
            let end = end.expect("a literal ends");
            found.push(Literal { before: &code[..at], words: &inside[..end], after: &inside[end + 1..] });
            at += end + 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// The paths of all texts, `file::group::key`.
fn paths(group: &Group) -> Vec<String> {
    let below = |(key, entry): (&String, &Entry)| match entry {
        Entry::Group(group) => paths(group).into_iter().map(|path| format!("{key}::{path}")).collect(),
        _ => vec![key.clone()],
    };
    group.iter().flat_map(below).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
