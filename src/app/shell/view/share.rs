//! The experiment as a link or a file; exports.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::late_view::late_view;
use crate::app::browser::{copy_address, on_press_outside, wait};
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
            let is_copied = copy_address(&hash).await;
            // Copying may be forbidden; the address bar has the link anyway.
            let copied = if is_copied { text!(shell::share::copied) } else { text!(shell::share::in_address) };
            said.set(copied.to_owned());
            wait(COPIED_MILLIS).await;
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
    on_press_outside(place, move || {
        if is_open.get_untracked() {
            is_open.set(false);
        }
    });
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
