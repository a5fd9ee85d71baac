//! Puts the page into the document.

use leptos::prelude::*;

/// Mounts the page into `body`.
pub fn start() {
    console_error_panic_hook::set_once();
    mount_to_body(|| view! { <main></main> });
}
