//! Mounts the page and loads the first log.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::address::Address;
use super::browser;
use super::device::DeviceChoice;
use super::late_functions::LateFunctions;
use super::modules::load_late_functions;
use super::numbers;
use super::page::{Message, Page};
use super::shell::{self, follow_history, remembered_theme, show_theme, watch_system_theme};
use super::state::AppState;
use crate::domain::spec::RunSpec;

/// Fetches the late functions, and mounts the page into `body`.
pub fn start() {
    console_error_panic_hook::set_once();
    follow_user();
    spawn_local(async {
        match load_late_functions().await {
            Ok(functions) => open(functions),
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

fn open(functions: LateFunctions) {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let address = Address::parse(&hash);
    let link = address.link.clone().unwrap_or_default();
    let is_embed = address.embed.is_some();
    let is_bare = address.link.is_none() && !address.hide.iter().any(|part| part == "recording");
    let (spec, notice, is_linked) = first_spec(address.link.as_deref(), functions);
    let theme = address.theme;
    let owner = Owner::new();
    owner.set();
    let page = Page::new(spec, address, functions, browser::surroundings());
    let state = AppState::new(page, functions);
    let messages = [
        Some(Message::Notice(notice)),
        Some(Message::SetTheme(theme.unwrap_or_else(remembered_theme))),
        device_of_query().map(Message::ChooseDevice),
    ];
    state.send_all(messages.into_iter().flatten().collect());
    if let Some(theme) = theme {
        show_theme(theme);
    }
    watch_system_theme(state);
    browser::look_for_adapter(state);
    spawn_local(async move {
        let record = if is_embed { None } else { browser::record(&link).await };
        state.send(Message::Open { record, plays: is_bare && !is_embed, is_linked });
    });
    clear_body();
    // Effects need the executor that mounting starts.
    mount_to_body(move || {
        follow_history(state);
        view! { <shell::Page state/> }
    });
    std::mem::forget(owner); // the state lives as long as the page
}

/// The experiment of the link, or the default one and the reason; and whether it is the link's.
fn first_spec(link: Option<&str>, functions: LateFunctions) -> (RunSpec, Option<String>, bool) {
    match link.map(functions.read_link) {
        None => ((functions.first_experiment)(), None, false),
        Some(Ok(spec)) => (spec, None, true),
        Some(Err(error)) => {
            ((functions.first_experiment)(), Some(text!(start::default_instead, error = error.to_string())), false)
        }
    }
}

/// `?device=cpu` and `?device=webgpu`.
fn device_of_query() -> Option<DeviceChoice> {
    let query = web_sys::window()?.location().search().ok()?;
    let device = query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix("device="))?;
    match device {
        "cpu" => Some(DeviceChoice::Cpu),
        "webgpu" => Some(DeviceChoice::Webgpu),
        _ => None,
    }
}

/// Shows in index.html's first paint that the page's files could not be fetched.
fn say_unreachable() {
    let Some(place) = document().get_element_by_id("first-paint") else { return };
    let notice = document().create_element("p").ok();
    if let Some(notice) = notice {
        // Neither fails for an element of this document.
        let _ = notice.set_attribute("role", "alert");
        notice.set_text_content(Some(text!(start::incomplete)));
        let _ = place.append_child(&notice);
    }
}

/// Removes index.html's first paint.
fn clear_body() {
    if let Some(first_paint) = document().get_element_by_id("first-paint") {
        first_paint.remove();
    }
}
