//! The colour theme of the document, and of the system.

use leptos::prelude::document;
use wasm_bindgen::prelude::*;

use crate::app::address::Theme;
use crate::app::page::Message;
use crate::app::state::AppState;

const KEY: &str = "theme";

/// The theme stored on an earlier visit.
pub fn remembered_theme() -> Theme {
    let name = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    name.and_then(|name| Theme::of_name(&name)).unwrap_or_default()
}

/// Sends a message when the system's theme changes: canvases are drawn anew.
pub fn watch_system_theme(state: AppState) {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten());
    let Some(query) = query else { return };
    let redraw = Closure::<dyn FnMut()>::new(move || state.send(Message::PaletteChanged));
    // Listening can only fail for a null callback.
    let _ = query.add_event_listener_with_callback("change", redraw.as_ref().unchecked_ref());
    redraw.forget(); // for the life of the page
}

/// Sets the theme on the document; www/first.js does the same before the first paint.
pub fn show_theme(theme: Theme) {
    if let Some(root) = document().document_element() {
        // Cannot fail: the names are valid.
        let _ = match theme {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.name()),
        };
    }
}

/// Sets the theme on the document and stores it for the next visit.
pub fn choose_theme(theme: Theme) {
    show_theme(theme);
    // A browser may store nothing (private mode): the theme then lasts as long as the page.
    let _ = storage().map(|storage| storage.set_item(KEY, theme.name()));
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}
