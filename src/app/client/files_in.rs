//! Files in: a log goes to a worker as it is, an experiment and roles are read here.

use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use crate::app::parts::{letters, load_roles_reader};
use crate::domain::log::{Roles, is_roles_file};
use crate::domain::spec::{MAX_BUNDLE_BYTES, RunSpec, is_bundle};

/// Enough to tell an experiment from a log.
const BEGINNING: i32 = 4096;

/// What a file that is no log holds.
pub enum Found {
    Experiment(Box<RunSpec>),
    Roles(Box<Roles>),
}

/// What is in a file that is no log, or why it cannot be read; `None` when the file is a log.
pub async fn found_in(file: &File) -> Option<Result<Found, String>> {
    let beginning = text(&file.slice_with_i32_and_i32(0, BEGINNING).ok()?).await?;
    if is_roles_file(&file.name(), &beginning) {
        return Some(roles_of(file).await.map(|roles| Found::Roles(Box::new(roles))));
    }
    if !is_bundle(&file.name(), &beginning) {
        return None;
    }
    // What is longer is refused for its length: no more of it has to be read.
    let all = text(&file.slice_with_i32_and_i32(0, MAX_BUNDLE_BYTES as i32 + 1).ok()?).await?;
    let letters = letters()?;
    let spec = (letters.read_bundle)(&all);
    let found = spec.map(|spec| Found::Experiment(Box::new(spec)));
    Some(found.map_err(|error| text!(client::files_in::refused, name = file.name(), error = error.to_string())))
}

async fn roles_of(file: &File) -> Result<Roles, String> {
    let name = file.name();
    if file.size() > MAX_BUNDLE_BYTES as f64 {
        return Err(text!(client::files_in::too_large, name = name));
    }
    let unread = || text!(client::files_in::unreadable, name = name);
    let text = text(file).await.ok_or_else(unread)?;
    let read = load_roles_reader().await.map_err(|_| unread())?;
    read(&text).map_err(|error| text!(client::files_in::refused, name = name, error = error))
}

/// What cannot be read as a file at all is left to the worker, which says so.
async fn text(file: &Blob) -> Option<String> {
    JsFuture::from(file.text()).await.ok()?.as_string()
}
