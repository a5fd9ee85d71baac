//! Puts the page into the document and draws the first log.

use leptos::prelude::*;

use super::address::Address;
use super::client::{Client, Opening};
use super::numbers;
use super::parts::{Letters, load_letters};
use super::shell::{Page, follow_history, remembered_theme, show_theme, watch_system_theme};
use super::state::{AppState, DeviceChoice};
use crate::domain::spec::{DataSpec, RunSpec};

/// Fetches what the page opens with, and mounts it into `body`.
pub fn start() {
    console_error_panic_hook::set_once();
    follow_reader();
    wasm_bindgen_futures::spawn_local(async {
        match load_letters().await {
            Ok(letters) => open(letters),
            Err(_) => say_unreachable(),
        }
    });
}

/// Numbers as `start.js` found that the reader's locale writes them.
fn follow_reader() {
    let root = web_sys::window().and_then(|window| window.document()).and_then(|document| document.document_element());
    if let Some(samples) = root.and_then(|root| root.get_attribute("data-numbers")) {
        numbers::follow(&samples);
    }
}

fn open(letters: Letters) {
    let address = Address::parse(&web_sys::window().and_then(|w| w.location().hash().ok()).unwrap_or_default());
    let (spec, notice, is_linked) = first_spec(address.link.as_deref(), letters);
    let owner = Owner::new();
    owner.set();
    let theme = address.theme;
    let state = AppState::new(spec, address);
    state.notice.set(notice);
    state.theme.set(theme.unwrap_or_else(remembered_theme));
    if let Some(theme) = theme {
        show_theme(theme);
    }
    watch_system_theme(state);
    let client = Client::new(state);
    if let Some(choice) = device_of_query() {
        client.choose_device(choice);
    }
    let (opening, link) = state.address.with_value(|address| {
        let is_bare = address.link.is_none() && !address.hide.iter().any(|part| part == "recording");
        let is_embed = address.embed.is_some();
        let opening = Opening { recalls: !is_embed, plays: is_bare && !is_embed };
        (opening, address.link.clone().unwrap_or_default())
    });
    client.open(opening, link, move || first_log(state, client, is_linked));
    clear_body();
    // Effects need the executor that mounting starts.
    mount_to_body(move || {
        follow_history(state);
        client.keep_up(state);
        view! { <Page state client/> }
    });
    std::mem::forget(owner); // the state lives as long as the page
}

/// The experiment of the link, or the default one and why.
fn first_spec(link: Option<&str>, letters: Letters) -> (RunSpec, Option<String>, bool) {
    match link.map(letters.read_link) {
        None => ((letters.first_experiment)(), None, false),
        Some(Ok(spec)) => (spec, None, true),
        Some(Err(error)) => {
            ((letters.first_experiment)(), Some(text!(start::default_instead, error = error.to_string())), false)
        }
    }
}

/// Draws the experiment's log; a file of somebody's own has to be asked for.
fn first_log(state: AppState, client: Client, is_linked: bool) {
    match state.spec.with_untracked(|spec| spec.data.clone()) {
        DataSpec::Generated { synth } => client.generate(synth),
        DataSpec::File { name, .. } if is_linked => state.notice.set(Some(text!(start::drop_file, name = name))),
        DataSpec::File { .. } => {}
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

/// The page's own files did not come: said where index.html has painted.
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

/// Takes away what index.html shows until the page is there.
fn clear_body() {
    if let Some(first_paint) = document().get_element_by_id("first-paint") {
        first_paint.remove();
    }
}
