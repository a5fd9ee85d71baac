//! Downloads.

use std::time::Duration;

use js_sys::{Array, Uint8Array};
use leptos::prelude::{document, set_timeout};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, Url};

/// Time after which the browser has read the file.
const TAKEN_UP: Duration = Duration::from_secs(60);

/// Offers these bytes as a file called `name`.
///
/// # Errors
/// When the browser has no room for them.
pub fn save(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    download(name, &Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes)))?)
}

/// Offers a file under `name`.
///
/// # Errors
/// The browser's own.
pub fn download(name: &str, file: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(file)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    set_timeout(move || drop(Url::revoke_object_url(&url)), TAKEN_UP);
    Ok(())
}
