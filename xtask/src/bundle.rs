//! Part of Trunk's hook: the document's files, made fewer, so that fewer can be late or lost.
//!
//! First script and styles go into the document and arrive with it; the content security policy names them by their hashes.
//! The modules become one file: none of them is there without the others, and they run in the document's order, the start
//! of the page's wasm last. The recording gets the hash of its content into its name.

use crate::files::{read, write};
use crate::{Failure, hash};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::{fs, iter};

const FIRST_SCRIPT: &str = r#"<script src="first.js"></script>"#;
const STYLESHEET: &str = r#"<link rel="stylesheet" href=""#;
const MODULE: &str = r#"<script type="module" src=""#;
const SCRIPT_END: &str = "></script>";
const SCRIPT_POLICY: &str = "script-src 'self'";
const STYLE_POLICY: &str = "style-src 'self'";
const RECORDING: &str = "recorded.bin";

/// Rewrites the document in `folder`, and its files.
///
/// # Errors
/// When the document does not ask for what is put into it.
pub fn run(folder: &Path) -> Result<(), Failure> {
    let page = folder.join("index.html");
    let mut html = read(&page)?;
    let first = take(folder, "first.js")?;
    html = inlined(&html, FIRST_SCRIPT, ("script", &first), SCRIPT_POLICY)?;
    let (without, styles) = without_styles(&html, |name| take(folder, name))?;
    html = inlined(&without, "</head>", ("style", &styles), STYLE_POLICY)?.replacen("</style>", "</style></head>", 1);
    let recording = named_by_content(folder, RECORDING)?;
    let (without, start, modules) = without_modules(&html)?;
    let mut script = String::new();
    for name in &modules {
        script += &format!("{{\n{}}}\n", take(folder, name)?);
    }
    let script = script.replace(RECORDING, &recording);
    let name = format!("page-{}.js", hash::hex(script.bytes()));
    write(&folder.join(&name), &script)?;
    html = without.replacen(&start, &format!("{MODULE}{name}\" {}", attributes(&start)), 1);
    write(&page, &html)
}

/// `html` with an element of this text in the place of `mark`, and in the policy.
fn inlined(html: &str, mark: &str, (element, text): (&str, &str), policy: &str) -> Result<String, Failure> {
    for needed in [mark, policy] {
        if html.matches(needed).count() != 1 {
            return Err(format!("www/index.html does not have `{needed}` once"));
        }
    }
    // As the browser has it when it takes the sum.
    let text = &text.replace("\r\n", "\n");
    if text.contains("</") {
        return Err(format!("an inline {element} would end at the first `</` in it"));
    }
    let sum = BASE64_STANDARD.encode(Sha256::digest(text));
    let inline = format!("<{element}>{text}</{element}>");
    Ok(html.replacen(mark, &inline, 1).replacen(policy, &format!("{policy} 'sha256-{sum}'"), 1))
}

/// `html` without its stylesheets, and their text in its order.
fn without_styles(
    html: &str,
    mut read: impl FnMut(&str) -> Result<String, Failure>,
) -> Result<(String, String), Failure> {
    let (mut html, mut styles) = (html.to_owned(), String::new());
    while let Some(start) = html.find(STYLESHEET) {
        let length = html[start..].find('>').ok_or("a link in www/index.html does not end")?;
        let tag: String = html.drain(start..=start + length).collect();
        styles += &read(file_of(&tag[STYLESHEET.len()..])?)?;
        styles += "\n";
    }
    if styles.is_empty() { Err("www/index.html has no stylesheet".into()) } else { Ok((html, styles)) }
}

/// `html` without its modules but the one that starts the wasm; that one's tag; and the files' names, in its order, the start
/// last.
fn without_modules(html: &str) -> Result<(String, String, Vec<String>), Failure> {
    let mut rest = html.to_owned();
    let (mut start, mut names, mut from) = (None, Vec::new(), 0);
    while let Some(at) = rest[from..].find(MODULE).map(|at| at + from) {
        let length = rest[at..].find(SCRIPT_END).ok_or("a script in www/index.html does not end")? + SCRIPT_END.len();
        let tag = rest[at..at + length].to_owned();
        let name = file_of(&tag[MODULE.len()..])?.to_owned();
        if tag.contains("data-wasm") {
            start = Some((tag, name));
            from = at + length;
        } else {
            names.push(name);
            rest.replace_range(at..at + length, "");
        }
    }
    let (start, name) = start.ok_or("www/index.html does not start the page's wasm")?;
    Ok((rest, start, names.into_iter().chain(iter::once(name)).collect()))
}

/// What follows `src="…" ` in a tag.
fn attributes(tag: &str) -> &str {
    tag[MODULE.len()..].split_once("\" ").map_or("", |(_, attributes)| attributes)
}

/// The file's name at the start of `text`, which goes on after a quotation mark.
fn file_of(text: &str) -> Result<&str, Failure> {
    let name = text.split_once('"').map(|(name, _)| name.strip_prefix("./").unwrap_or(name));
    name.ok_or_else(|| format!("an address in www/index.html does not end: {text}"))
}

/// Gives the file the hash of its content into its name, which is returned.
fn named_by_content(folder: &Path, name: &str) -> Result<String, Failure> {
    let (from, (stem, extension)) = (folder.join(name), name.split_once('.').unwrap_or((name, "")));
    let describe = |error| format!("{}: {error}", from.display());
    let new = format!("{stem}-{}.{extension}", hash::hex(fs::read(&from).map_err(describe)?));
    fs::rename(&from, folder.join(&new)).map_err(describe)?;
    Ok(new)
}

/// The text of a file, which is removed.
fn take(folder: &Path, name: &str) -> Result<String, Failure> {
    let path = folder.join(name);
    let text = read(&path)?;
    fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_into_the_document_is_what_its_policy_allows() {
        let html = "<meta content=\"script-src 'self' 'x'\"><script src=\"first.js\"></script>";
        let made = inlined(html, FIRST_SCRIPT, ("script", "alert('Hello, world.');"), SCRIPT_POLICY);
        // The sum that the policy's specification has for this script.
        let expected = "<meta content=\"script-src 'self' 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=' 'x'\">\
                        <script>alert('Hello, world.');</script>";
        assert_eq!(made, Ok(expected.to_owned()));
        assert!(inlined(html, FIRST_SCRIPT, ("script", "'</script>'"), SCRIPT_POLICY).is_err());
        assert!(inlined("<p>", FIRST_SCRIPT, ("script", ""), SCRIPT_POLICY).is_err());
    }

    #[test]
    fn stylesheets_are_taken_in_the_documents_order() {
        let html = "a<link rel=\"stylesheet\" href=\"./b-1.css\" integrity=\"x\"/>c<link rel=\"stylesheet\" href=\"a-2.css\"/>d";
        let read = |name: &str| Ok(format!("{name} {{}}"));
        assert_eq!(without_styles(html, read), Ok(("acd".to_owned(), "b-1.css {}\na-2.css {}\n".to_owned())));
    }

    #[test]
    fn modules_run_in_the_documents_order_and_the_start_last() {
        let start = "<script type=\"module\" src=\"./start.js\" data-js=\"a.js\" data-wasm=\"a.wasm\"></script>";
        let html = format!("a{start}b<script type=\"module\" src=\"keep.js\"></script>c");
        let (rest, tag, names) = without_modules(&html).expect("modules");
        assert_eq!((rest, tag.as_str()), (format!("a{start}bc"), start));
        assert_eq!(names, ["keep.js", "start.js"]);
        assert_eq!(attributes(start), "data-js=\"a.js\" data-wasm=\"a.wasm\"></script>");
    }
}
