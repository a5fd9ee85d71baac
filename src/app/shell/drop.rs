//! A file may be dropped anywhere.

use leptos::ev;
use leptos::prelude::*;

use crate::app::client::Client;

/// Listens on the whole window; shows that it would take what is held over it.
#[component]
pub fn DropTarget() -> impl IntoView {
    let client = Client::get();
    let is_over = RwSignal::new(false);
    let over = window_event_listener(ev::dragover, move |event| {
        if carries_file(&event) {
            event.prevent_default(); // or the browser would open the file instead
            is_over.set(true);
        }
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        // Leaving the window, not passing from one element to the next.
        if event.related_target().is_none() {
            is_over.set(false);
        }
    });
    let drop = window_event_listener(ev::drop, move |event| {
        is_over.set(false);
        if !carries_file(&event) {
            return;
        }
        event.prevent_default();
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            client.open_file(file);
        }
    });
    on_cleanup(move || [over, leave, drop].into_iter().for_each(|listener| listener.remove()));
    view! {
        <div class="drop-target" hidden=move || !is_over.get() aria-hidden="true">
            <p>"Drop the impression log"</p>
        </div>
    }
}

fn carries_file(event: &web_sys::DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().iter().any(|kind| kind == "Files"))
}
