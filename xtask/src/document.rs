//! The words of `www/index.html` in the page's language (`PAGE_LANGUAGE`), from `locales/LANGUAGE/document.toml`: they are
//! there before any module. The document itself is in English, so that Trunk alone builds a whole page.

use crate::{Failure, paths};
use std::fs;

/// `html` in the language that the page is built in.
///
/// # Errors
/// A text that is not in the document, or not translated.
pub fn translated(html: &str) -> Result<String, Failure> {
    let language = std::env::var("PAGE_LANGUAGE").unwrap_or_else(|_| "en".to_owned());
    let english = texts(&read("en")?)?;
    match language.as_str() {
        "en" => Ok(html.to_owned()),
        // The language that shows what is in no catalogue (build/catalogue.rs).
        "qps" => {
            let wrapped = |(key, text): &(String, String)| {
                (key.clone(), if key == "lang" { language.clone() } else { format!("⟦{text}⟧") })
            };
            put(html, &english, &english.iter().map(wrapped).collect::<Vec<_>>())
        }
        _ => put(html, &english, &texts(&read(&language)?)?),
    }
}

fn read(language: &str) -> Result<String, Failure> {
    let path = paths::root().join("locales").join(language).join("document.toml");
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Key and text of each line; of TOML the file has comments and lines of `key = "text"`, and no escapes.
fn texts(file: &str) -> Result<Vec<(String, String)>, Failure> {
    let lines = file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (key, text) = line.split_once(" = ").ok_or_else(|| format!("document.toml: no text: {line}"))?;
            let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            let text = quoted.filter(|text| !text.contains(['"', '\\']));
            Ok((key.to_owned(), text.ok_or_else(|| format!("document.toml: {key} is no plain text"))?.to_owned()))
        })
        .collect()
}

/// `html` with each text, where it is all of an element or an attribute, in the other language.
fn put(html: &str, english: &[(String, String)], others: &[(String, String)]) -> Result<String, Failure> {
    let mut html = html.to_owned();
    for (key, text) in english {
        let other = others.iter().find(|(known, _)| known == key);
        let (_, other) = other.ok_or_else(|| format!("document.toml: {key} is not translated"))?;
        let places = [(">", "<"), ("=\"", "\"")];
        if !places.iter().any(|(before, after)| html.contains(&format!("{before}{text}{after}"))) {
            return Err(format!(
                "www/index.html has no element or attribute that says {text:?} (document.toml: {key})"
            ));
        }
        for (before, after) in places {
            html = html.replace(&format!("{before}{text}{after}"), &format!("{before}{other}{after}"));
        }
    }
    Ok(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = r#"<html lang="en"><meta content="Look." /><p>Look.</p><dd>a <kbd>b</kbd> c</dd></html>"#;

    #[test]
    fn each_text_of_the_document_is_put_in_where_it_stands_alone() {
        let file = |lang, look, keys| format!("# Words.\nlang = \"{lang}\"\nlook = \"{look}\"\nkeys = \"{keys}\"\n");
        let english = texts(&file("en", "Look.", "a <kbd>b</kbd> c")).expect("texts");
        let other = texts(&file("ja", "見る。", "<kbd>b</kbd> d")).expect("texts");
        let expected = r#"<html lang="ja"><meta content="見る。" /><p>見る。</p><dd><kbd>b</kbd> d</dd></html>"#;
        assert_eq!(put(HTML, &english, &other), Ok(expected.to_owned()));
        assert!(put(HTML, &english, &other[1..]).is_err_and(|error| error.contains("lang is not translated")));
        assert!(put("<html lang=\"en\">", &english, &other).is_err_and(|error| error.contains("Look.")));
    }

    #[test]
    fn what_is_no_line_of_text_is_an_error() {
        for file in ["[keys]", "a = 3", "a = \"b\\\"c\"", "a = 'b'"] {
            assert!(texts(file).is_err(), "{file}");
        }
    }

    #[test]
    fn the_document_says_every_text_of_its_catalogue() {
        let path = paths::root().join("www/index.html");
        let html = fs::read_to_string(path).expect("the document");
        let english = texts(&read("en").expect("a file")).expect("texts");
        assert_eq!(put(&html, &english, &english), Ok(html.clone()));
    }
}
