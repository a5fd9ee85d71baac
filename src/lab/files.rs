//! Files in and out, with errors that name the file.

use std::path::Path;

use serde::Serialize;

use super::{LabError, terminal};

/// A file's bytes.
pub fn read(path: &Path) -> Result<Vec<u8>, LabError> {
    std::fs::read(path).map_err(|error| LabError(format!("{} cannot be read: {error}", path.display())))
}

/// A file's text.
pub fn read_text(path: &Path) -> Result<String, LabError> {
    String::from_utf8(read(path)?).map_err(|_| LabError(format!("{} is not UTF-8 text", path.display())))
}

/// Writes a file, with its folders.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    let write = || {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)
    };
    write().map_err(|error| LabError(format!("{} cannot be written: {error}", path.display())))
}

/// JSON to a file, or to stdout without one.
pub fn print_or_write_json(value: &impl Serialize, path: Option<&Path>) -> Result<(), LabError> {
    let mut json = serde_json::to_string_pretty(value).map_err(LabError::new)?;
    json.push('\n');
    match path {
        Some(path) => write(path, json.as_bytes()),
        None => {
            terminal::print_json(&json);
            Ok(())
        }
    }
}
