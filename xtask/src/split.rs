//! Part of Trunk's hook: the page's module in parts, each fetched when it is first wanted (src/app/modules.rs).
//!
//! Trunk knows one module per page, so it has built the page whole; here its module is cut, bound anew, and put in the place
//! of the whole one.

use crate::files::{read, write};
use crate::{Failure, hash, shell};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What an uncut module with parts imports them from.
const UNCUT: &str = "__wasm_split_placeholder__";
/// How the script asks for a part: before and behind its name.
const FETCH: &str = "fetch(new URL(\"./";
const FETCH_END: &str = "\", import.meta.url))";
/// The part that the page opens with: fetched beside the main module, with what it shares with others.
const FIRST: &str = "opening";

/// The page's file names: those of Trunk, with its hash.
struct Names {
    script: String,
    module: String,
    /// Folder of the parts.
    parts: String,
}

/// Cuts the page of `folder`; does nothing for one that was built whole.
///
/// # Errors
/// When the page's module is not where cargo puts it, or cannot be cut.
pub fn run(folder: &Path) -> Result<(), Failure> {
    let Some(names) = uncut(folder)? else { return Ok(()) };
    let linked = linked_module()?;
    let main = linked.with_file_name("app-main.wasm");
    let parts = folder.join(&names.parts);
    let [linked, main, parts_text] = [&linked, &main, &parts].map(|path| path.to_string_lossy().into_owned());
    let script = format!("../{}", names.script);
    shell::run(
        "cargo",
        &["run", "--quiet", "--locked", "-p", "page-splitter", "--", &linked, &main, &parts_text, &script],
    )?;
    bind(folder, &main, &names)?;
    let script = parts.join("parts.js");
    let text = read(&script)?;
    let integrity = |part: &str| {
        let path = parts.join(part);
        fs::read(&path).map(|bytes| hash::integrity(&bytes)).map_err(|error| format!("{}: {error}", path.display()))
    };
    write(&script, &with_integrity(&text, integrity)?)?;
    let page = folder.join("index.html");
    let html = read(&page)?;
    write(&page, &with_preloads(&html, &names, &first_parts(&text)))?;
    name_by_content(folder, &names)
}

/// Gives the page's files the hash of what they have become into their names: that of Trunk is of the uncut module, and what has
/// one name for good must have one content.
fn name_by_content(folder: &Path, names: &Names) -> Result<(), Failure> {
    let describe = |error: std::io::Error| format!("{}: {error}", folder.display());
    let parts = files(&folder.join(&names.parts))?.into_iter().map(|part| format!("{}/{part}", names.parts));
    let mut contents = Vec::new();
    for file in [names.script.clone(), names.module.clone()].into_iter().chain(parts) {
        contents.extend(fs::read(folder.join(file)).map_err(describe)?);
    }
    let old = names.script.trim_end_matches(".js");
    let new = format!("app-{}", hash::hex(contents));
    for file in ["index.html", &names.script, &format!("{}/parts.js", names.parts)] {
        let path = folder.join(file);
        write(&path, &read(&path)?.replace(old, &new))?;
    }
    for file in [&names.script, &names.module, &names.parts] {
        fs::rename(folder.join(file), folder.join(file.replacen(old, &new, 1))).map_err(describe)?;
    }
    Ok(())
}

/// The script that fetches the parts, each to be held against the sum that `integrity` gives for its name.
///
/// # Errors
/// When it does not fetch them in the way that is known here.
fn with_integrity(script: &str, integrity: impl Fn(&str) -> Result<String, Failure>) -> Result<String, Failure> {
    let mut pieces = script.split(FETCH);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut n_parts = 0;
    for piece in pieces {
        let (name, rest) =
            piece.split_once(FETCH_END).ok_or("parts.js asks for a part in a way that is not known here")?;
        text += &format!("{FETCH}{name}\", import.meta.url), {{ integrity: \"{}\" }}){rest}", integrity(name)?);
        n_parts += 1;
    }
    if n_parts == 0 || script.matches("fetch(").count() != n_parts {
        return Err("parts.js fetches in a way that is not known here".into());
    }
    Ok(text)
}

/// The modules that the opening needs: its own, and those that the splitter's script says it shares (`/* data, opening */`
/// before each).
fn first_parts(script: &str) -> Vec<String> {
    let lines: Vec<&str> = script.lines().collect();
    let shared = lines.windows(2).filter_map(|pair| {
        let users = pair[0].strip_prefix("/* ")?.strip_suffix(" */")?;
        let chunk = pair[1].strip_prefix("const __")?.split_whitespace().next()?;
        (chunk.starts_with("chunk_") && users.split(", ").any(|user| user == FIRST)).then(|| format!("{chunk}.wasm"))
    });
    shared.chain([format!("split_{FIRST}.wasm")]).collect()
}

/// The names of a page that is to be cut.
fn uncut(folder: &Path) -> Result<Option<Names>, Failure> {
    for name in files(folder)? {
        let Some(stem) = name.strip_suffix(".js").filter(|stem| stem.starts_with("app-")) else { continue };
        if read(&folder.join(&name))?.contains(UNCUT) {
            let (module, parts) = (format!("{stem}_bg.wasm"), format!("{stem}-parts"));
            return Ok(Some(Names { script: name, module, parts }));
        }
    }
    Ok(None)
}

/// The page's module as cargo has linked it: the target folder is that of the environment, as Trunk's was.
fn linked_module() -> Result<PathBuf, Failure> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::paths::root().join("target"), PathBuf::from);
    let module = target.join("wasm32-unknown-unknown/page/app.wasm");
    if module.is_file() {
        Ok(module)
    } else {
        Err(format!("{} is not there: the page cannot be cut", module.display()))
    }
}

/// wasm-bindgen on the main module, in the place of what Trunk made of the whole one.
fn bind(folder: &Path, main: &str, names: &Names) -> Result<(), Failure> {
    let made = Path::new(main).with_file_name("app-bound");
    let made_text = made.to_string_lossy().into_owned();
    let options = ["--target", "web", "--keep-lld-exports", "--no-demangle", "--no-typescript"];
    let lean =
        ["--remove-name-section", "--remove-producers-section", "--out-name", "app", "--out-dir", &made_text, main];
    shell::run("wasm-bindgen", &[&options[..], &lean].concat())?;
    let script = read(&made.join("app.js"))?;
    let moved = script
        .replace("from \"./parts.js\"", &format!("from \"./{}/parts.js\"", names.parts))
        .replace("app_bg.wasm", &names.module);
    write(&folder.join(&names.script), &moved)?;
    let module = folder.join(&names.module);
    fs::copy(made.join("app_bg.wasm"), &module).map(drop).map_err(|error| format!("{}: {error}", module.display()))
}

/// The document with what it opens with asked for at once. Trunk's own hints name the sum of the uncut module.
fn with_preloads(html: &str, names: &Names, first: &[String]) -> String {
    let mut text = html.to_owned();
    for hint in ["<link rel=\"modulepreload\" href=\"./app-", "<link rel=\"preload\" href=\"./app-"] {
        if let Some(start) = text.find(hint)
            && let Some(length) = text[start..].find('>')
        {
            text.replace_range(start..=start + length, "");
        }
    }
    let script = |file: &str| format!("<link rel=\"modulepreload\" href=\"./{file}\">");
    let module = |file: &str| {
        format!(
            "<link rel=\"preload\" href=\"./{file}\" as=\"fetch\" type=\"application/wasm\" crossorigin=\"anonymous\">"
        )
    };
    let mut hints = script(&names.script) + &script(&format!("{}/parts.js", names.parts)) + &module(&names.module);
    for part in first {
        hints += &module(&format!("{}/{part}", names.parts));
    }
    text.replacen("</head>", &format!("{hints}</head>"), 1)
}

/// Names of the files in `folder`, sorted.
pub fn files(folder: &Path) -> Result<Vec<String>, Failure> {
    let describe = |error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(describe)? {
        let entry = entry.map_err(describe)?;
        if entry.path().is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::{Names, first_parts, with_integrity, with_preloads};

    #[test]
    fn every_part_is_asked_for_with_its_sum() {
        let sum = |name: &str| Ok(format!("sum of {name}"));
        let script = "a\nconst src = fetch(new URL(\"./b.wasm\", import.meta.url));\nc";
        let expected =
            "a\nconst src = fetch(new URL(\"./b.wasm\", import.meta.url), { integrity: \"sum of b.wasm\" });\nc";
        assert_eq!(with_integrity(script, sum).as_deref(), Ok(expected));
        for unknown in ["", "fetch(part)", "fetch(new URL(\"./b.wasm\"))"] {
            assert!(with_integrity(unknown, sum).is_err(), "{unknown}");
        }
    }

    #[test]
    fn the_page_asks_at_once_for_what_it_opens_with() {
        let html = "<head><link rel=\"modulepreload\" href=\"./app-1.js\" integrity=\"x\"><link rel=\"preload\" \
                    href=\"./app-1_bg.wasm\" as=\"fetch\"></head>";
        let names = Names { script: "app-1.js".into(), module: "app-1_bg.wasm".into(), parts: "app-1-parts".into() };
        let script = "/* data, opening */\nconst __chunk_3 = x;\n/* data, views */\nconst __chunk_6 = x;\n";
        let text = with_preloads(html, &names, &first_parts(script));
        assert!(!text.contains("integrity"), "{text}");
        for there in
            ["./app-1.js", "./app-1_bg.wasm", "parts/parts.js", "parts/chunk_3.wasm", "parts/split_opening.wasm"]
        {
            assert_eq!(text.matches(there).count(), 1, "{there} in {text}");
        }
        assert!(!text.contains("chunk_6"), "{text}");
    }
}
