//! Files in: a log goes to a worker as it is, an experiment is read here.

use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use crate::app::parts::letters;
use crate::domain::spec::{MAX_BUNDLE_BYTES, RunSpec, is_bundle};

/// Enough to tell an experiment from a log.
const BEGINNING: i32 = 4096;

/// The experiment in a file, or why it cannot be read; `None` when the file is a log.
pub async fn experiment_of(file: &File) -> Option<Result<RunSpec, String>> {
    let beginning = text(&file.slice_with_i32_and_i32(0, BEGINNING).ok()?).await?;
    if !is_bundle(&file.name(), &beginning) {
        return None;
    }
    // What is longer is refused for its length: no more of it has to be read.
    let all = text(&file.slice_with_i32_and_i32(0, MAX_BUNDLE_BYTES as i32 + 1).ok()?).await?;
    let letters = letters()?;
    Some((letters.read_bundle)(&all).map_err(|error| format!("{}: {error}. The page keeps what it had.", file.name())))
}

/// What cannot be read as a file at all is left to the worker, which says so.
async fn text(file: &Blob) -> Option<String> {
    JsFuture::from(file.text()).await.ok()?.as_string()
}
