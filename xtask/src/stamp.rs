//! Trunk's hook after a build: gives the workers' unhashed files their build id.
//!
//! The page is told by `<meta name="engine-build">` and starts a worker as `engine_cpu_loader.js?<id>`; the loader asks
//! for its own script and module by the hash of their content. So a browser never mixes two builds, and keeps what did
//! not change.

use crate::{Failure, hash};
use std::fs;
use std::path::{Path, PathBuf};

/// Placeholder in www/index.html.
const PLACEHOLDER: &str = r#"<meta name="engine-build" content="unstamped""#;

/// Stamps the folder that Trunk is about to publish.
pub fn run() -> Result<(), Failure> {
    let folder =
        std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).ok_or("stamp is called by Trunk (Trunk.toml)")?;
    let mut loaders = String::new();
    for engine in ["engine_cpu", "engine_gpu"] {
        // A build without the GPU engine (`serve --no-gpu`) has no such worker.
        if folder.join(format!("{engine}_loader.js")).exists() {
            loaders += &stamp_loader(&folder, engine)?;
        }
    }
    let page = folder.join("index.html");
    let html = read_text(&page)?;
    if !html.contains(PLACEHOLDER) {
        return Err(format!(
            "www/index.html has no `{PLACEHOLDER}>`: the page could not tell two builds of an engine apart"
        ));
    }
    let id = hash::hex(loaders.bytes());
    write(&page, &html.replace(PLACEHOLDER, &format!(r#"<meta name="engine-build" content="{id}""#)))
}

/// Rewrites one loader; returns its new text.
fn stamp_loader(folder: &Path, engine: &str) -> Result<String, Failure> {
    let content_hash =
        |name: &str| fs::read(folder.join(name)).map(hash::hex).map_err(|error| format!("{name}: {error}"));
    let (script, module) = (format!("{engine}.js"), format!("{engine}_bg.wasm"));
    let text = loader(&script, &content_hash(&script)?, &module, &content_hash(&module)?);
    write(&folder.join(format!("{engine}_loader.js")), &text)?;
    Ok(text)
}

fn loader(script: &str, script_hash: &str, module: &str, module_hash: &str) -> String {
    // A rejected promise inside a worker is not seen by the page's `worker.onerror`, a thrown error is.
    format!(
        "importScripts(\"./{script}?{script_hash}\");\n\
         wasm_bindgen({{ module_or_path: \"./{module}?{module_hash}\" }})\
         .catch((error) => setTimeout(() => {{ throw error; }}));\n"
    )
}

fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
