//! Whether the same sources and the same compiler make the same files, byte for byte.

use crate::{Failure, files::said, paths, shell};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Builds the page again, with a target folder of its own, and compares.
///
/// # Errors
/// Which files differ.
pub fn build_and_compare(first: &Path) -> Result<(), Failure> {
    let folder = paths::target()?.with_file_name("target-of-the-second-build");
    // What is left of an earlier one would not be built.
    let _ = fs::remove_dir_all(&folder);
    let second = folder.join("dist");
    let to = second.to_string_lossy().into_owned();
    let mut build = shell::command("trunk", &["build", "--locked", "--dist", &to])?;
    build.env("CARGO_TARGET_DIR", &folder);
    shell::finish(build)?;
    let outcome = compare(&read(first)?, &read(&second)?);
    let _ = fs::remove_dir_all(&folder);
    outcome
}

type Files = BTreeMap<String, Vec<u8>>;

fn compare(first: &Files, second: &Files) -> Result<(), Failure> {
    let names = first.keys().chain(second.keys().filter(|name| !first.contains_key(*name)));
    let differ: Vec<&str> = names.filter(|name| first.get(*name) != second.get(*name)).map(String::as_str).collect();
    if differ.is_empty() {
        println!("xtask: {} files, each the same byte for byte in both builds", first.len());
        return Ok(());
    }
    Err(format!("of {} files these differ between two builds: {}", first.len(), differ.join(", ")))
}

/// All files below a folder, by their path in it.
fn read(folder: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(said(&next))? {
            let path = entry.map_err(said(&next))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).map_err(said(&path))?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{Files, compare};

    #[test]
    fn a_file_that_differs_or_is_missing_is_named() {
        let files =
            |of: &[(&str, &[u8])]| of.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        let first: Files = files(&[("a.js", b"1"), ("b.wasm", b"2")]);
        assert_eq!(compare(&first, &first.clone()), Ok(()));
        let other = files(&[("a.js", b"1"), ("b.wasm", b"3"), ("c.css", b"")]);
        let said = compare(&first, &other).expect_err("two differ");
        assert!(said.ends_with(": b.wasm, c.css"), "{said}");
        assert!(compare(&other, &first).is_err());
    }
}
