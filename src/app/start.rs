//! Mounts the page and loads the first log.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::address::Address;
use super::browser::{self, follow_history, remembered_theme, show_theme, watch_system_theme};
use super::device::DeviceChoice;
use super::late_functions::{FirstExperiment, LateFunctions};
use super::modules::load_late_functions;
use super::numbers;
use super::page::{Message, Page};
use super::shell;
use super::state::AppState;

/// Fetches the late functions, and mounts the page into `body`.
pub fn start() {
    console_error_panic_hook::set_once();
    follow_user();
    // Read once: a site around the page may change the address at any time.
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let address = Address::parse(&hash);
    spawn_local(async move {
        let functions = load_late_functions().await;
        if address.embed.is_none() && !browser::is_allowed().await {
            return;
        }
        match functions {
            Ok(functions) => open(functions, address),
            Err(_) => say_unreachable(),
        }
    });
}

/// Sets the number format to the user's locale, from the samples of `start.js`.
fn follow_user() {
    let root = web_sys::window().and_then(|window| window.document()).and_then(|document| document.document_element());
    if let Some(samples) = root.and_then(|root| root.get_attribute("data-numbers")) {
        numbers::follow(&samples);
    }
}

fn open(functions: LateFunctions, address: Address) {
    let query = web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default();
    let link = address.link.clone().unwrap_or_default();
    let (is_embed, plays) = (address.embed.is_some(), address.plays_recording());
    let FirstExperiment { spec, notice, is_linked } = functions.experiment_of(address.link.as_deref());
    let theme = address.theme;
    let owner = Owner::new();
    owner.set();
    let page = Page::new(spec, address, functions, browser::surroundings());
    let state = AppState::new(page, functions);
    let messages = [
        Some(Message::Notice(notice)),
        Some(Message::Opening { is_linked }),
        Some(Message::SetTheme(theme.unwrap_or_else(remembered_theme))),
        DeviceChoice::of_query(&query).map(Message::ChooseDevice),
    ];
    state.send_all(messages.into_iter().flatten().collect());
    if let Some(theme) = theme {
        show_theme(theme);
    }
    watch_system_theme(state);
    browser::look_for_adapter(state);
    spawn_local(async move {
        let record = if is_embed { None } else { browser::record(&link).await };
        state.send(Message::Open { record, plays, is_linked });
    });
    clear_body();
    // Effects need the executor that mounting starts.
    mount_to_body(move || {
        follow_history(state);
        view! { <shell::Page state/> }
    });
    std::mem::forget(owner); // the state lives as long as the page
}

/// Shows the sentence of index.html's first paint that a file has not arrived, with its button.
fn say_unreachable() {
    if let Some(sentence) = document().get_element_by_id("not-arrived") {
        // It does not fail for an element of this document.
        let _ = sentence.remove_attribute("hidden");
    }
}

/// Removes index.html's first paint.
fn clear_body() {
    if let Some(first_paint) = document().get_element_by_id("first-paint") {
        first_paint.remove();
    }
}
