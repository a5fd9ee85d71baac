//! The views in the browser's history.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::app::address::Address;
use crate::app::page::Message;
use crate::app::state::AppState;

/// Pushes every change of view to the history, and shows the view of an entry on back and forward.
pub fn follow_history(state: AppState) {
    if state.address().embed.is_some() {
        return;
    }
    let address = || Address::parse(&window().location().hash().unwrap_or_default());
    Effect::new(move |before: Option<()>| {
        let hash = address().hash_of_move(state.tab.get());
        if let (Some(()), Some(hash), Ok(history)) = (before, hash, window().history()) {
            // A browser may refuse after very many changes; the view has changed anyway.
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&format!("#{hash}")));
        }
    });
    let back = window_event_listener(ev::popstate, move |_| {
        let there = address().shown();
        if there != *state.tab.peek() {
            state.send(Message::Show(there));
        }
    });
    std::mem::forget(back); // for the life of the page
}
