//! Part of Trunk's hook: the document's files, made fewer, so that fewer can be late or lost.
//!
//! First script and styles go into the document and arrive with it; the content security policy names them by their hashes.
//! The modules become one file: none of them is there without the others, and they run in the document's order, the start
//! of the page's wasm last. The recording gets the hash of its content into its name.
//!
//! What the document asks for, and what that asks for, is to be what this build has made: tags and an import map carry the
//! sums, and the browser runs nothing else. A map, since `import()` and `import … from` have no place for one.

use crate::files::{read, write};
use crate::{Failure, hash, split};
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
/// Placeholder in www/workers.js.
const LOADERS: &str = "const LOADERS = {};";
/// The import map is before everything that it is about.
const MAP: &str = "script type=\"importmap\"";
const HINT: &str = "<link rel=\"modulepreload\" href=\"";

/// Rewrites the document in `folder`, and its files; `loaders` are addresses and sums of the workers' loaders by program, as
/// an object of JavaScript.
///
/// # Errors
/// When the document does not ask for what is put into it.
pub fn run(folder: &Path, loaders: &str) -> Result<(), Failure> {
    let page = folder.join("index.html");
    let mut html = read(&page)?;
    let first = take(folder, "first.js")?;
    html = inlined(&html, FIRST_SCRIPT, ("script", &first), SCRIPT_POLICY)?.replacen(FIRST_SCRIPT, "", 1);
    let (without, styles) = without_styles(&html, |name| take(folder, name))?;
    html = inlined(&without, "</head>", ("style", &styles), STYLE_POLICY)?;
    let imports = imported(folder)?;
    html = inlined(&html, "<title>", (MAP, &map(&imports)), SCRIPT_POLICY)?;
    for (file, sum) in &imports {
        html = html.replace(&format!("{HINT}{file}\">"), &format!("{HINT}{file}\" integrity=\"{sum}\">"));
    }
    let recording = named_by_content(folder, RECORDING)?;
    let (without, start, modules) = without_modules(&html)?;
    let mut script = String::new();
    for name in &modules {
        script += &format!("{{\n{}}}\n", take(folder, name)?);
    }
    for (placeholder, value) in [(RECORDING, &recording), (LOADERS, &format!("const LOADERS = {loaders};"))] {
        if !script.contains(placeholder) {
            return Err(format!("no script of www/ has `{placeholder}`"));
        }
        script = script.replace(placeholder, value);
    }
    let name = format!("page-{}.js", hash::hex(script.bytes()));
    write(&folder.join(&name), &script)?;
    let module = integrity(folder, file_of(value_of(&start, "data-wasm")?)?)?;
    let sums = format!("integrity=\"{}\" data-wasm-integrity=\"{module}\"", hash::integrity(script.as_bytes()));
    html = without.replacen(&start, &format!("{MODULE}{name}\" {sums} {}", attributes(&start)), 1);
    write(&page, &html)
}

/// The scripts that are imported by others, with their sums: the page's own of wasm-bindgen, and that of its parts.
fn imported(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut imports = Vec::new();
    for name in split::files(folder)? {
        let Some(stem) = name.strip_suffix(".js").filter(|stem| stem.starts_with("app-")) else { continue };
        let parts = format!("{stem}-parts/parts.js");
        for file in [&name, &parts] {
            if folder.join(file).exists() {
                imports.push((format!("./{file}"), integrity(folder, file)?));
            }
        }
    }
    if imports.is_empty() { Err("Trunk has made no app-….js".into()) } else { Ok(imports) }
}

/// An import map with these sums.
fn map(imports: &[(String, String)]) -> String {
    let sums: Vec<String> = imports.iter().map(|(file, sum)| format!("\"{file}\":\"{sum}\"")).collect();
    format!("{{\"integrity\":{{{}}}}}", sums.join(","))
}

fn integrity(folder: &Path, name: &str) -> Result<String, Failure> {
    fs::read(folder.join(name)).map(|bytes| hash::integrity(&bytes)).map_err(|error| format!("{name}: {error}"))
}

/// `html` with an element of this text before `mark`, and in the policy.
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
    let name = element.split(' ').next().unwrap_or(element);
    let inline = format!("<{element}>{text}</{name}>{mark}");
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

/// What follows `name="` in a tag.
fn value_of<'tag>(tag: &'tag str, name: &str) -> Result<&'tag str, Failure> {
    let value = tag.split_once(&format!("{name}=\"")).map(|(_, value)| value);
    value.ok_or_else(|| format!("a tag in www/index.html has no {name}: {tag}"))
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
                        <script>alert('Hello, world.');</script><script src=\"first.js\"></script>";
        assert_eq!(made, Ok(expected.to_owned()));
        assert!(inlined(html, FIRST_SCRIPT, ("script", "'</script>'"), SCRIPT_POLICY).is_err());
        assert!(inlined("<p>", FIRST_SCRIPT, ("script", ""), SCRIPT_POLICY).is_err());
    }

    #[test]
    fn an_import_map_holds_each_script_against_its_sum() {
        let imports = [("./a.js".to_owned(), "sha384-a".to_owned()), ("./b/c.js".to_owned(), "sha384-c".to_owned())];
        assert_eq!(map(&imports), r#"{"integrity":{"./a.js":"sha384-a","./b/c.js":"sha384-c"}}"#);
        let html = "<meta content=\"script-src 'self'\"><title>";
        let made = inlined(html, "<title>", (MAP, &map(&imports)), SCRIPT_POLICY).expect("a map");
        assert!(made.contains("<script type=\"importmap\">{") && made.ends_with("}}</script><title>"), "{made}");
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
