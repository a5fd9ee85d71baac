//! Trunk's hook after a build: gives the workers' unhashed files their build id.
//!
//! The page is told by `<meta name="engine-build">` and starts a worker as `engine_cpu_loader.js?<id>`; the loader asks
//! for its own script and module by the hash of their content. So a browser never mixes two builds, and keeps what did
//! not change. Before, it has the page cut into its parts ([`crate::split`]) and the document in the page's language
//! ([`crate::document`]).

use crate::files::{read, write};
use crate::{Failure, bundle, document, hash, notices, split};
use std::fs;
use std::path::{Path, PathBuf};

/// Placeholder in www/index.html.
const PLACEHOLDER: &str = r#"<meta name="engine-build" content="unstamped""#;

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
    let mut loaders = String::new();
    for engine in ["engine_cpu", "engine_gpu", "reader_parquet"] {
        // A build without the GPU engine (`serve --no-gpu`) has no such worker.
        if folder.join(format!("{engine}_loader.js")).exists() {
            loaders += &stamp_loader(&folder, engine)?;
        }
    }
    remove(&folder.join("engine_cpu_relaxed_loader.js"))?;
    let id = hash::hex(loaders.bytes());
    let page = folder.join("index.html");
    move_reload_script(&folder, &page)?;
    let html = document::translated(&read(&page)?)?;
    let html = replaced(&html, PLACEHOLDER, &format!(r#"<meta name="engine-build" content="{id}""#))
        .ok_or_else(|| format!("www/index.html has no `{PLACEHOLDER}>`: the page could not tell two builds apart"))?;
    write(&page, &html)?;
    bundle::run(&folder)?;
    notices::run(&folder)?;
    stamp_service_worker(&folder, &id)
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

/// Writes the build and its files into the service worker.
fn stamp_service_worker(folder: &Path, id: &str) -> Result<(), Failure> {
    let mut files = vec!["./".to_owned()];
    for name in split::files(folder)? {
        let is_kept = !name.starts_with("engine_gpu")
            && !["index.html", "sw.js", "reload.js", notices::FILE].contains(&name.as_str());
        if is_kept {
            files.push(format!("./{name}{}", query(folder, &name, id)?));
        }
        // The page's parts lie in a folder beside its script.
        let parts = name.strip_suffix(".js").map(|stem| format!("{stem}-parts"));
        if let Some(parts) = parts.filter(|parts| folder.join(parts).is_dir()) {
            files.extend(split::files(&folder.join(&parts))?.iter().map(|part| format!("./{parts}/{part}")));
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

/// What follows the name of an engine's file in its address: the page asks for the loader by the build, the loader for the
/// rest by its content.
fn query(folder: &Path, name: &str, id: &str) -> Result<String, Failure> {
    match name {
        "engine_cpu_loader.js" | "reader_parquet_loader.js" => Ok(format!("?{id}")),
        _ if name.starts_with("engine_cpu") || name.starts_with("reader_parquet") => {
            content_hash(folder, name).map(|hash| format!("?{hash}"))
        }
        _ => Ok(String::new()),
    }
}

/// `text` with its one `placeholder` replaced; `None` without it.
fn replaced(text: &str, placeholder: &str, value: &str) -> Option<String> {
    text.contains(placeholder).then(|| text.replace(placeholder, value))
}

fn content_hash(folder: &Path, name: &str) -> Result<String, Failure> {
    fs::read(folder.join(name)).map(hash::hex).map_err(|error| format!("{name}: {error}"))
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

fn load(folder: &Path, name: &str) -> Result<String, Failure> {
    let (script, module) = (format!("{name}.js"), format!("{name}_bg.wasm"));
    let (script_hash, module_hash) = (content_hash(folder, &script)?, content_hash(folder, &module)?);
    // A rejected promise inside a worker is not seen by the page's `worker.onerror`, a thrown error is.
    Ok(format!(
        "importScripts(engineFile(\"{script}?{script_hash}\"));\n\
         wasm_bindgen({{ module_or_path: engineFile(\"{module}?{module_hash}\") }})\
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
