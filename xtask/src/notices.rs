//! Part of Trunk's hook: whose work is in the modules, and under which licence, as `third-party.txt` beside them.

use crate::files::{said, write};
use crate::{Failure, shell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The file's name; the page links to it.
pub const FILE: &str = "third-party.txt";

/// Beginnings of the names of files that say what a crate may be used for.
const TEXTS: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

const HEAD: &str = "\
ESMM Playground is made with the work of others. Each of these is used under a licence that it names; where its authors ship
the licence's text it follows, once for all that have the same.
";

/// One crate of a module.
struct Dependency {
    name: String,
    version: String,
    licence: String,
}

/// Writes the file into `folder`.
///
/// # Errors
/// When cargo cannot say what the modules are made of.
pub fn run(folder: &Path) -> Result<(), Failure> {
    let sources = sources()?;
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Dependency { name, version, licence } in dependencies()? {
        let which = format!("{name} {version}");
        list += &format!("{which}: {licence}\n");
        for text in licence_texts(&sources, &format!("{name}-{version}"))? {
            texts.entry(text).or_default().push(which.clone());
        }
    }
    let mut of_crates: Vec<(Vec<String>, String)> = texts.into_iter().map(|(text, crates)| (crates, text)).collect();
    of_crates.sort();
    let texts = of_crates.iter().map(|(crates, text)| format!("{:=<100}\n{}\n\n{text}\n", "", crates.join(", ")));
    write(&folder.join(FILE), &format!("{HEAD}\n{list}\n{}", texts.collect::<String>()))
}

/// What is compiled into the modules: not what compiles them.
fn dependencies() -> Result<Vec<Dependency>, Failure> {
    let which = ["--package", "esmm-playground", "--target", "wasm32-unknown-unknown", "--no-default-features"];
    let features = ["--features", "app,relaxed,webgpu,parquet", "--edges", "normal,no-proc-macro"];
    let written = ["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"];
    let words = [&["tree", "--quiet", "--locked"], &which[..], &features, &written].concat();
    let output = shell::command("cargo", &words)?.output().map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let mut lines: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    lines.dedup();
    Ok(lines.iter().filter_map(|line| dependency(line)).collect())
}

/// `serde v1.0.229|MIT OR Apache-2.0`; none for a folder of this project, whose line ends in its path.
fn dependency(line: &str) -> Option<Dependency> {
    let (package, licence) = line.split_once('|')?;
    let (name, version) = package.split_once(" v")?;
    let is_own = version.contains(' ');
    (!is_own).then(|| Dependency { name: name.into(), version: version.into(), licence: licence.into() })
}

/// Folders in which cargo unpacks crates.
fn sources() -> Result<Vec<PathBuf>, Failure> {
    let home =
        || env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(|home| Path::new(&home).join(".cargo"));
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home).ok_or("no home of cargo: set CARGO_HOME")?;
    let registry = cargo.join("registry/src");
    let entries = fs::read_dir(&registry).map_err(said(&registry))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn licence_texts(sources: &[PathBuf], folder: &str) -> Result<Vec<String>, Failure> {
    let Some(folder) = sources.iter().map(|source| source.join(folder)).find(|folder| folder.is_dir()) else {
        return Ok(Vec::new());
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).map_err(said(&folder))?.flatten().map(|e| e.path()).collect();
    paths.sort();
    let is_text = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        path.is_file() && TEXTS.iter().any(|start| name.starts_with(start))
    };
    // The same text with other breaks of lines is the same text.
    let read = |path: &PathBuf| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).replace('\r', ""));
    paths.iter().filter(is_text).map(|path| read(path).map(|text| text.trim().to_owned()).map_err(said(path))).collect()
}

#[cfg(test)]
mod tests {
    use super::dependency;

    #[test]
    fn a_line_of_cargo_tree_is_a_crate_unless_it_is_of_this_project() {
        let found = dependency("serde v1.0.229|MIT OR Apache-2.0").expect("a crate");
        assert_eq!((found.name.as_str(), found.version.as_str()), ("serde", "1.0.229"));
        assert_eq!(found.licence, "MIT OR Apache-2.0");
        assert!(dependency("esmm-slices v0.1.0 (/here/slices)|").is_none());
    }
}
