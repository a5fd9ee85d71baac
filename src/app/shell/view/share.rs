//! The experiment as a link or a file; exports.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::late_view::late_view;
use crate::app::modules::ViewName;
use crate::app::page::Message;
use crate::app::shell::share::shared_hash;
use crate::app::state::AppState;

const COPIED_MILLIS: u32 = 4_000;

/// Puts the experiment into the address and copies it; saves it as a file if the link would be too long.
#[component]
pub fn Share() -> impl IntoView {
    let state = AppState::get();
    let said = RwSignal::new(String::new());
    let share = move |_| {
        let link = (state.functions.write_link)(&state.spec.peek());
        let hash = match shared_hash(link, *state.tab.peek()) {
            Ok(hash) => hash,
            Err(words) => {
                let bundle = (state.functions.write_bundle)(&state.spec.peek());
                state.send(Message::Save(Some(bundle)));
                return said.set(words);
            }
        };
        spawn_local(async move {
            let copied = match put(&format!("#{hash}")).await {
                Ok(()) => text!(shell::share::copied),
                // Copying may be forbidden; the address bar has the link anyway.
                Err(_) => text!(shell::share::in_address),
            };
            said.set(copied.to_owned());
            gloo_timers::future::TimeoutFuture::new(COPIED_MILLIS).await;
            if said.get_untracked() == copied {
                said.set(String::new());
            }
        });
    };
    view! {
        <div class="share">
            <span class="share-said" aria-live="polite">{said}</span>
            <ExportMenu/>
            <button type="button" on:click=share>{text!(shell::share::share)}</button>
        </div>
    }
}

/// A button with the menu.
#[component]
fn ExportMenu() -> impl IntoView {
    let state = AppState::get();
    let is_open = RwSignal::new(false);
    let button = NodeRef::<html::Button>::new();
    let place = NodeRef::<html::Div>::new();
    let close = move || {
        is_open.set(false);
        if let Some(button) = button.get_untracked() {
            // Cannot fail for a button in the document.
            let _ = button.focus();
        }
    };
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let is_within = place.get_untracked().is_some_and(|place| place.contains(target.as_ref()));
        if is_open.get_untracked() && !is_within {
            is_open.set(false);
        }
    });
    on_cleanup(move || outside.remove());
    let toggle = move |_| {
        state.send(Message::Saved(String::new()));
        is_open.update(|open| *open = !*open);
    };
    view! {
        <div
            class="export"
            node_ref=place
            on:keydown=move |event| {
                if event.key() == "Escape" && is_open.get_untracked() {
                    close();
                }
            }
        >
            <button type="button" node_ref=button aria-expanded=move || is_open.get().to_string() on:click=toggle>
                {text!(shell::share::export)}
            </button>
            <Show when=move || is_open.get()>
                <div class="export-menu" role="group" aria-label=text!(shell::share::export)>{late_view(|| ViewName::Exports)}</div>
            </Show>
        </div>
    }
}

async fn put(hash: &str) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    window.history()?.replace_state_with_url(&JsValue::NULL, "", Some(hash))?;
    let address = window.location().href()?;
    let navigator = window.navigator();
    // Absent without a secure context.
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into())?;
    let clipboard: web_sys::Clipboard = clipboard.dyn_into()?;
    JsFuture::from(clipboard.write_text(&address)).await.map(|_| ())
}
