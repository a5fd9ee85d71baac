//! A file for the reader to keep.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// Offers these bytes as a file called `name`.
pub fn save(name: &str, bytes: &[u8]) {
    let Ok(blob) = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))) else { return };
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let link = document.create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    if let (Some(link), Ok(address)) = (link, Url::create_object_url_with_blob(&blob)) {
        link.set_href(&address);
        link.set_download(name);
        link.click();
        // The browser may read it later than now; until then the address costs its bytes and nothing else.
        let forget = move || drop(Url::revoke_object_url(&address));
        leptos::prelude::set_timeout(forget, std::time::Duration::from_secs(60));
    }
}
