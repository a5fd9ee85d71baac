//! Files as text, with an error that names them.

use crate::Failure;
use std::fs;
use std::path::Path;

pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(said(path))
}

pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(said(path))
}

/// What went wrong with the file, as one sentence.
pub fn said(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| format!("{}: {error}", path.display())
}
