//! Files that were dropped or pasted, those of folders among them.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File};

use super::files::file_handle;
use crate::app::page::FileHandle;

/// Most files that are taken of a folder.
const MOST_FILES: usize = 200;

#[wasm_bindgen]
extern "C" {
    /// A thing that is dragged.
    type Item;
    #[wasm_bindgen(method, js_name = webkitGetAsEntry, catch)]
    fn entry(this: &Item) -> Result<Option<Entry>, JsValue>;

    /// A file or a folder.
    #[derive(Clone)]
    type Entry;
    #[wasm_bindgen(method, getter, js_name = isDirectory)]
    fn is_folder(this: &Entry) -> bool;
    #[wasm_bindgen(method)]
    fn file(this: &Entry, found: &Function, failed: &Function);
    #[wasm_bindgen(method, js_name = createReader)]
    fn reader(this: &Entry) -> FolderReader;

    type FolderReader;
    #[wasm_bindgen(method, js_name = readEntries)]
    fn read(this: &FolderReader, found: &Function, failed: &Function);
}

/// The files of a drop or a paste, those in folders too. Called within the event's handler: the browser forgets them after it.
pub fn dropped_files(data: &DataTransfer) -> impl Future<Output = Vec<FileHandle>> + use<> {
    let files = data.files().map(|files| Array::from(&files)).unwrap_or_default();
    let items = Reflect::get(data, &"items".into()).map(|items| Array::from(&items)).unwrap_or_default();
    let entries: Vec<Entry> =
        items.iter().filter_map(|item| item.unchecked_into::<Item>().entry().ok().flatten()).collect();
    let has_folder = entries.iter().any(Entry::is_folder);
    async move {
        let found = match has_folder {
            true => files_of(entries).await,
            false => files.iter().filter_map(|file| file.dyn_into().ok()).collect(),
        };
        found.into_iter().map(file_handle).collect()
    }
}

/// The files among the entries and in their folders, but for hidden ones.
async fn files_of(entries: Vec<Entry>) -> Vec<File> {
    let mut waiting = entries;
    let mut files: Vec<File> = Vec::new();
    while let Some(entry) = waiting.pop() {
        if files.len() >= MOST_FILES {
            break;
        }
        if entry.is_folder() {
            let reader = entry.reader();
            // A reader gives a folder's entries in portions, and an empty one in the end.
            while let Ok(found) = promised(|found, failed| reader.read(found, failed)).await {
                let found = Array::from(&found);
                waiting.extend(found.iter().map(JsCast::unchecked_into::<Entry>));
                if found.length() == 0 || waiting.len() > MOST_FILES {
                    break;
                }
            }
        } else if let Ok(file) = promised(|found, failed| entry.file(found, failed)).await
            && let Ok(file) = file.dyn_into::<File>()
            && !file.name().starts_with('.')
        {
            files.push(file);
        }
    }
    files
}

/// The outcome of a browser's function that takes what to call with its result, and with its failure.
async fn promised(mut start: impl FnMut(&Function, &Function)) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::new(&mut |found, failed| start(&found, &failed))).await
}
