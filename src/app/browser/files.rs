//! Files that the user opens and saves.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Event, File, HtmlInputElement};

use super::download::download as save_as;
use crate::app::exports;
use crate::app::late_functions::LateFunctions;
use crate::app::modules::{ModuleLost, load_graph_writer, load_roles_reader};
use crate::app::page::{FileContent, FileHandle};
use crate::domain::log::{Roles, is_roles_file};
use crate::domain::report::is_predictions_file;
use crate::domain::spec::{MAX_BUNDLE_BYTES, is_bundle};

/// Bytes that distinguish an experiment from a log.
const BEGINNING: i32 = 4096;

/// A handle of a file that the user opened.
pub fn file_handle(file: File) -> FileHandle {
    FileHandle::new(file.name(), file.size() as u64, Blob::from(file))
}

/// The name and the text of the file that the user has picked in a file field; `None` without one.
pub fn picked_text(event: &Event) -> impl Future<Output = Option<(String, String)>> + use<> {
    let file = picked_files(event).into_iter().next();
    async move {
        let file = file?;
        let text = text(&file, i32::MAX).await.unwrap_or_default();
        Some((file.name, text))
    }
}

/// The files that the user has picked in a file field. The field is emptied: the same file, corrected, can be picked again.
pub fn picked_files(event: &Event) -> Vec<FileHandle> {
    let input: Option<HtmlInputElement> = event.target().and_then(|target| target.dyn_into().ok());
    let Some(input) = input else { return Vec::new() };
    let files = input.files().map(|files| Array::from(&files)).unwrap_or_default();
    let files = files.iter().filter_map(|file| file.dyn_into().ok()).map(file_handle).collect();
    input.set_value("");
    files
}

/// A handle of bytes from a worker.
pub fn blob_handle(blob: Blob) -> FileHandle {
    let name = blob.dyn_ref::<File>().map(File::name).unwrap_or_default();
    FileHandle::new(name, blob.size() as u64, blob)
}

/// A file of this text.
pub fn of_text(name: &str, text: &str) -> Option<FileHandle> {
    File::new_with_str_sequence(&Array::of1(&text.into()), name).ok().map(file_handle)
}

/// The browser's file, under the handle's name.
pub fn browser_file(handle: &FileHandle) -> Option<File> {
    let blob = handle.content::<Blob>()?;
    match blob.dyn_ref::<File>() {
        Some(file) if file.name() == handle.name => Some(file.clone()),
        _ => File::new_with_blob_sequence(&Array::of1(blob), &handle.name).ok(),
    }
}

/// The detected content of a file. A file that cannot be read counts as a table: the worker reports the error.
pub async fn content(file: &FileHandle, functions: LateFunctions) -> FileContent {
    let Some(beginning) = text(file, BEGINNING).await else { return FileContent::Table };
    if is_roles_file(&file.name, &beginning) {
        return match roles_of(file).await {
            Ok(roles) => FileContent::Roles(Box::new(roles)),
            Err(message) => FileContent::Unreadable(message),
        };
    }
    if is_predictions_file(&beginning) {
        return FileContent::Predictions;
    }
    if !is_bundle(&file.name, &beginning) {
        return FileContent::Table;
    }
    // A longer one is refused for its length: no more of it has to be read.
    let Some(all) = text(file, MAX_BUNDLE_BYTES as i32 + 1).await else { return FileContent::Table };
    match (functions.read_bundle)(&all) {
        Ok(spec) => FileContent::Experiment(Box::new(spec)),
        Err(error) => {
            FileContent::Unreadable(text!(page::files_read::refused, name = &file.name, error = error.to_string()))
        }
    }
}

async fn roles_of(file: &FileHandle) -> Result<Roles, String> {
    let name = &file.name;
    if file.bytes > MAX_BUNDLE_BYTES as u64 {
        return Err(text!(page::files_read::too_large, name = name));
    }
    let unread = || text!(page::files_read::unreadable, name = name);
    let text = text(file, MAX_BUNDLE_BYTES as i32).await.ok_or_else(unread)?;
    let read = load_roles_reader().await.map_err(|_| unread())?;
    read(&text).map_err(|error| text!(page::files_read::refused, name = name, error = error))
}

/// The first bytes of a file as text.
async fn text(file: &FileHandle, bytes: i32) -> Option<String> {
    let beginning = file.content::<Blob>()?.slice_with_i32_and_i32(0, bytes).ok()?;
    JsFuture::from(beginning.text()).await.ok()?.as_string()
}

/// Saves a file; returns the result as text.
pub fn download(file: &FileHandle) -> String {
    let name = &file.name;
    match file.content::<Blob>().map(|blob| save_as(name, blob)) {
        Some(Ok(())) => text!(page::files::saved, name = name, size = exports::size(file.bytes)),
        _ => text!(page::files::not_saved, name = name),
    }
}

/// Saves bytes as a file; returns the result as text.
pub fn download_bytes(name: &str, bytes: &[u8]) -> String {
    match Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))) {
        Ok(blob) => download(&blob_handle(blob).named(name)),
        Err(_) => text!(page::files::no_room, name = name),
    }
}

/// Writes the ONNX graph of a run's weights and the sheet that describes them, and saves it; returns the result as text.
/// The page writes it to keep the workers' modules small.
pub async fn save_graph(weights: &FileHandle, sheet: &FileHandle) -> String {
    let name = exports::graph_name(&weights.name);
    let write = match load_graph_writer().await {
        Ok(write) => write,
        Err(ModuleLost) => return text!(page::files::no_writer).to_owned(),
    };
    let (Some(weights), Some(sheet)) = (bytes(weights).await, text(sheet, i32::MAX).await) else {
        return text!(page::files::not_arrived, name = &name);
    };
    match write(&weights, &sheet) {
        Ok(graph) => download_bytes(&name, &graph),
        Err(error) => text!(page::files::no_graph, name = &name, error = error),
    }
}

async fn bytes(file: &FileHandle) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.content::<Blob>()?.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
