//! Drop and paste anywhere on the page.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::dropped::dropped_files;
use crate::app::page::Message;
use crate::app::state::AppState;

/// Listens on the whole window; highlights it while a file is dragged over it.
#[component]
pub fn DropTarget() -> impl IntoView {
    let state = AppState::get();
    let is_over = RwSignal::new(false);
    let over = window_event_listener(ev::dragover, move |event| {
        if carries_file(&event) {
            event.prevent_default(); // or the browser would open the file instead
            is_over.set(true);
        }
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        // The pointer has left the window, not just an element.
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
        if let Some(data) = event.data_transfer() {
            open(state, &data);
        }
    });
    let paste = window_event_listener(ev::paste, move |event| {
        if is_in_field(&event) {
            return;
        }
        let Some(data) = event.clipboard_data() else { return };
        if data.files().is_some_and(|files| files.length() > 0) {
            event.prevent_default();
            return open(state, &data);
        }
        let text = data.get_data("text/plain").unwrap_or_default();
        if !text.trim().is_empty() {
            event.prevent_default();
            state.send(Message::OpenText(text));
        }
    });
    on_cleanup(move || [over, leave, drop, paste].into_iter().for_each(|listener| listener.remove()));
    view! {
        <div class="drop-target" hidden=move || !is_over.get() aria-hidden="true">
            <p>{text!(shell::drop_here)}</p>
        </div>
    }
}

fn open(state: AppState, data: &web_sys::DataTransfer) {
    let files = dropped_files(data);
    spawn_local(async move {
        let files = files.await;
        if !files.is_empty() {
            state.send(Message::OpenFiles(files));
        }
    });
}

/// Whether the target is a text field, which handles the paste itself.
fn is_in_field(event: &web_sys::ClipboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

fn carries_file(event: &web_sys::DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().iter().any(|kind| kind == "Files"))
}
