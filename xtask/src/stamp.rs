//! Trunk's hook after a build: gives the workers' unhashed files their build id.
//!
//! A worker's loader, with the engine's script in it, is asked for by the hash of its content, and asks for its module in the same way;
//! each by its sum too, which the browser holds the file against. So a browser never mixes two builds, keeps what did not
//! change, and runs nothing else. Before, it has the page cut into its parts ([`crate::split`]) and the document in the
//! page's language ([`crate::document`]).

mod headers;

use crate::files::{read, write};
use crate::{Failure, bundle, document, hash, notices, split};
use std::fs;
use std::path::{Path, PathBuf};

/// Programs of workers.
const PROGRAMS: [&str; 3] = ["engine_cpu", "engine_gpu", "reader_parquet"];
/// What has no hash in its address. The page, its worker and what Trunk's server adds are not kept by the worker under their names.
const UNHASHED: [&str; 6] = ["index.html", "sw.js", "icon.svg", "manifest.webmanifest", "reload.js", notices::FILE];

/// Placeholder in www/index.html: the build that the service worker names too.
const OWN_BUILD: &str = r#"<meta name="build" content="unstamped""#;

/// Placeholders in www/sw.js.
const BUILD: &str = r#"const BUILD = "unstamped";"#;
const FILES: &str = "const FILES = [];";

/// Stamps the folder that Trunk is about to publish.
pub fn run() -> Result<(), Failure> {
    let folder =
        std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).ok_or("stamp is called by Trunk (Trunk.toml)")?;
    split::run(&folder)?;
    let mut loaders = Vec::new();
    for program in PROGRAMS {
        // A build without the GPU engine (`serve --no-gpu`) has no such worker.
        if folder.join(format!("{program}_loader.js")).exists() {
            let loader = stamp_loader(&folder, program)?;
            let (id, sum) = (hash::hex(loader.bytes()), hash::integrity(loader.as_bytes()));
            loaders.push(format!("{program}: [\"{program}_loader.js?{id}\", \"{sum}\"]"));
        }
    }
    remove(&folder.join("engine_cpu_relaxed_loader.js"))?;
    let page = folder.join("index.html");
    move_reload_script(&folder, &page)?;
    write(&page, &document::translated(&read(&page)?)?)?;
    bundle::run(&folder, &format!("{{ {} }}", loaders.join(", ")))?;
    notices::run(&folder)?;
    stamp_service_worker(&folder)?;
    headers::run(&folder)
}

/// `trunk serve` puts its reload script into the document, where the page's content security policy forbids it: it is
/// moved into a file.
fn move_reload_script(folder: &Path, page: &Path) -> Result<(), Failure> {
    const START: &str = "<script>\"use strict\";";
    let html = read(page)?;
    let Some(start) = html.find(START) else { return Ok(()) };
    let end = html[start..].find("</script>").ok_or("Trunk's reload script does not end")?;
    let script = html[start + "<script>".len()..start + end]
        .replace("'{{__TRUNK_ADDRESS__}}'", "location.host")
        .replace("{{__TRUNK_WS_BASE__}}", "/");
    write(&folder.join("reload.js"), &script)?;
    let tag = "<script src=\"reload.js\" defer>";
    write(page, &format!("{}{tag}{}", &html[..start], &html[start + end..]))
}

/// Writes the build and its files into the service worker, what runs with its sum.
fn stamp_service_worker(folder: &Path) -> Result<(), Failure> {
    let mut files = vec!["./".to_owned()];
    for name in all_files(folder)? {
        let is_kept = !name.starts_with("engine_gpu")
            && !["index.html", "sw.js", "reload.js", "_headers", notices::FILE].contains(&name.as_str());
        if is_kept {
            let bytes = contents(folder, &name)?;
            let query =
                if is_asked_by_query(&name) { format!("?{}", hash::hex(bytes.iter().copied())) } else { String::new() };
            let runs = name.ends_with(".js") || name.ends_with(".wasm");
            let sum = if runs { format!("#{}", hash::integrity(&bytes)) } else { String::new() };
            files.push(format!("./{name}{query}{sum}"));
        }
    }
    files.sort();
    // The build: everything that the page is made of, the document and its style included.
    let page = folder.join("index.html");
    let html = read(&page)?;
    let build = hash::hex(html.bytes().chain(files.concat().bytes()));
    let html = replaced(&html, OWN_BUILD, &format!(r#"<meta name="build" content="{build}""#))
        .ok_or_else(|| format!("www/index.html has no `{OWN_BUILD}>`: the page could not tell a newer build"))?;
    write(&page, &html)?;
    let worker = folder.join("sw.js");
    let text = read(&worker)?;
    let stamped = replaced(&text, BUILD, &format!(r#"const BUILD = "{build}";"#))
        .and_then(|text| replaced(&text, FILES, &format!("const FILES = {files:?};")))
        .ok_or_else(|| format!("www/sw.js has no `{BUILD}` and `{FILES}` to be replaced"))?;
    write(&worker, &stamped)
}

/// Names of the files in `folder`, and of the page's parts, which lie in a folder beside its script; sorted.
fn all_files(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for name in split::files(folder)? {
        let parts = name.strip_suffix(".js").map(|stem| format!("{stem}-parts"));
        if let Some(parts) = parts.filter(|parts| folder.join(parts).is_dir()) {
            names.extend(split::files(&folder.join(&parts))?.iter().map(|part| format!("{parts}/{part}")));
        }
        names.push(name);
    }
    names.sort();
    Ok(names)
}

/// Whether the file of a worker has the hash of its content behind its name: Trunk puts none into it.
fn is_asked_by_query(name: &str) -> bool {
    PROGRAMS.iter().any(|program| name.starts_with(program))
}

/// `text` with its one `placeholder` replaced; `None` without it.
fn replaced(text: &str, placeholder: &str, value: &str) -> Option<String> {
    text.contains(placeholder).then(|| text.replace(placeholder, value))
}

fn contents(folder: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))
}

/// Rewrites one loader; returns its new text. An engine that was built twice is loaded as the browser can.
fn stamp_loader(folder: &Path, engine: &str) -> Result<String, Failure> {
    let relaxed = format!("{engine}_relaxed");
    let mut text = START.to_owned();
    if folder.join(format!("{relaxed}.js")).exists() {
        let [plain, relaxed] = [load(folder, engine)?, load(folder, &relaxed)?];
        text += &format!("if ({HAS_RELAXED_SIMD}) {{\n{relaxed}}} else {{\n{plain}}}\n");
    } else {
        text += &load(folder, engine)?;
    }
    write(&folder.join(format!("{engine}_loader.js")), &text)?;
    Ok(text)
}

/// A worker made of a blob, as the page starts it, has no address of its own to be relative to: it says `engineBase`.
const START: &str = "const engineFile = (name) => String(new URL(name, self.engineBase ?? self.location.href));\n";

/// Whether the browser takes a module whose one function is `f32x4.relaxed_madd`; also in www/sw.js.
const HAS_RELAXED_SIMD: &str = "WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, \
     123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11]))";

/// An engine's script, which is taken from `folder`, and its start.
fn load(folder: &Path, name: &str) -> Result<String, Failure> {
    let (script, module) = (folder.join(format!("{name}.js")), format!("{name}_bg.wasm"));
    let text = read(&script)?;
    remove(&script)?;
    let bytes = contents(folder, &module)?;
    let (sum, id) = (hash::integrity(&bytes), hash::hex(bytes));
    // A rejected promise inside a worker is not seen by the page's `worker.onerror`, a thrown error is.
    Ok(format!(
        "{text}\n\
         wasm_bindgen({{ module_or_path: fetch(engineFile(\"{module}?{id}\"), {{ integrity: \"{sum}\" }}) }})\
         .catch((error) => setTimeout(() => {{ throw error; }}));\n"
    ))
}

fn remove(path: &Path) -> Result<(), Failure> {
    if path.exists() { fs::remove_file(path).map_err(|error| format!("{}: {error}", path.display())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loader_and_service_worker_ask_for_relaxed_simd_in_the_same_words() {
        let worker = include_str!("../../www/sw.js");
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert!(words(worker).contains(&words(HAS_RELAXED_SIMD)));
    }
}
