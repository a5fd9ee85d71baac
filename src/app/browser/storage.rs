//! Bindings of `www/keep.js`: the recording, and the state that is stored for a reload.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::File;

use super::files::{browser_file, file_handle};
use crate::app::address::Address;
use crate::app::page::{FileHandle, Record, StorageUsage};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = esmmKeep, catch)]
    async fn recorded() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = esmmKeep, catch)]
    async fn recall() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = esmmKeep, catch)]
    async fn keep(link: &str, bytes: Uint8Array, files: Array, weights: Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = esmmKeep, catch)]
    async fn forget() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = esmmKeep, js_name = isStill, catch)]
    fn is_still() -> Result<bool, JsValue>;
}

/// The recording's bytes; `None` if they cannot be fetched.
pub async fn recording() -> Option<Vec<u8>> {
    recorded().await.ok().map(|bytes| Uint8Array::new(&bytes).to_vec())
}

/// The state stored under this link; `None` if there is none or the browser stores nothing.
pub async fn record(link: &str) -> Option<Record> {
    let record = recall().await.ok().filter(JsValue::is_object)?;
    let get = |key: &str| Reflect::get(&record, &key.into()).ok();
    let file = |value: JsValue| value.dyn_into::<File>().ok().map(file_handle);
    if get("link")?.as_string()? != link {
        return None;
    }
    Some(Record {
        bytes: get("bytes").filter(JsValue::is_object).map(|bytes| Uint8Array::new(&bytes).to_vec())?,
        files: get("files").filter(JsValue::is_object).map(|files| files_of(&files)).unwrap_or_default(),
        weights: get("weights")
            .filter(JsValue::is_object)
            .map(|weights| Array::from(&weights).iter().map(file).collect())
            .unwrap_or_default(),
    })
}

fn files_of(list: &JsValue) -> Vec<FileHandle> {
    Array::from(list).iter().filter_map(|file| file.dyn_into::<File>().ok()).map(file_handle).collect()
}

/// Replaces the stored state, under the link in the address. Returns what the site has stored and may store, where the browser
/// says so.
pub async fn write(
    bytes: &[u8],
    files: &[FileHandle],
    weights: &[Option<FileHandle>],
) -> Result<Option<StorageUsage>, String> {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let link = Address::parse(&hash).link.unwrap_or_default();
    let or_null = |file: Option<&FileHandle>| file.and_then(browser_file).map_or(JsValue::NULL, JsValue::from);
    let weights: Array = weights.iter().map(|one| or_null(one.as_ref())).collect();
    let files: Array = files.iter().filter_map(browser_file).collect();
    let estimate = keep(&link, Uint8Array::from(bytes), files, weights).await.map_err(|error| words(&error))?;
    let bytes = |key: &str| Some(Reflect::get(&estimate, &key.into()).ok()?.as_f64()? as u64);
    Ok(bytes("usage").zip(bytes("quota")).map(|(used, allowed)| StorageUsage { used, allowed }))
}

/// Deletes all that the site has stored.
pub async fn delete_everything() -> Result<(), String> {
    forget().await.map(drop).map_err(|error| words(&error))
}

/// Whether the user prefers no animation.
pub fn wants_stillness() -> bool {
    is_still().unwrap_or(true)
}

/// Whether the user has pressed or typed anything yet.
pub fn has_pressed() -> bool {
    let keep = Reflect::get(&js_sys::global(), &"esmmKeep".into()).ok().filter(JsValue::is_object);
    keep.and_then(|keep| Reflect::get(&keep, &"pressed".into()).ok()).is_none_or(|pressed| pressed.is_truthy())
}

fn words(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| text!(page::storage::nothing).to_owned())
}
