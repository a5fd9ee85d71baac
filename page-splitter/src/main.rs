//! Cuts the page's module along `src/app/modules.rs`: `page-splitter INPUT.wasm MAIN.wasm PARTS_FOLDER MAIN_SCRIPT`.
//!
//! - `INPUT.wasm`: as cargo links it, with relocations and before wasm-bindgen.
//! - `MAIN.wasm`: what is left of it; wasm-bindgen comes next.
//! - `PARTS_FOLDER`: gets the parts and `parts.js`, which fetches them.
//! - `MAIN_SCRIPT`: wasm-bindgen's script of the main module, as `parts.js` imports it.

mod sections;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};
use wasm_split_cli_support::{Options, transform};

/// The script that fetches the parts; the main module imports it by this address.
const LINK: &str = "./parts.js";

/// What the splitter writes to start a part, and what works on every static server: streaming wants the type
/// `application/wasm`, which not all of them send, and a missing file is an error before it is compiled.
const STREAMING: &str = "WebAssembly.instantiateStreaming(src, imports)";
const BYTES: &str = "src.then((file) => file.ok ? file.arrayBuffer() : Promise.reject(new Error(`${file.url}: ${file.status}`))).then((bytes) => WebAssembly.instantiate(bytes, imports))";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, main, parts, script] = arguments.as_slice() else {
        eprintln!("usage: page-splitter INPUT.wasm MAIN.wasm PARTS_FOLDER MAIN_SCRIPT");
        return ExitCode::from(2);
    };
    match split(Path::new(input), Path::new(main), Path::new(parts), script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("page-splitter: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn split(input: &Path, main: &Path, parts: &Path, script: &str) -> Result<(), String> {
    let at = |path: &Path| {
        let path = path.display().to_string();
        move |error| format!("{path}: {error}")
    };
    let wasm = fs::read(input).map_err(at(input))?;
    let mut options = Options::new(&wasm);
    options.output_dir = parts;
    options.main_out_path = main;
    options.link_name = LINK;
    options.main_module = script;
    let made = transform(options).map_err(|error| format!("{}: {error:#}", input.display()))?;
    for part in made.split_modules {
        let bytes = fs::read(&part).map_err(at(&part))?;
        let lean = sections::without_custom(&bytes).ok_or_else(|| format!("{}: not a module", part.display()))?;
        fs::write(&part, lean).map_err(at(&part))?;
    }
    let link = parts.join(LINK);
    let text = fs::read_to_string(&link).map_err(at(&link))?;
    if !text.contains(STREAMING) {
        return Err(format!("{} starts its parts in a way that is not known here", link.display()));
    }
    fs::write(&link, text.replace(STREAMING, BYTES)).map_err(at(&link))
}
