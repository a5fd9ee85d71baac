//! Puts the page into the document and draws the first log.

use leptos::prelude::*;

use super::address::Address;
use super::client::Client;
use super::panels::FIRST_ROWS;
use super::shell::{Page, follow_history, remembered_theme, show_theme, watch_system_theme};
use super::state::{AppState, DeviceChoice};
use crate::domain::spec::{DataSpec, RunSpec, decode_link, spec_preset};

/// Mounts the page into `body`.
pub fn start() {
    console_error_panic_hook::set_once();
    let address = Address::parse(&web_sys::window().and_then(|w| w.location().hash().ok()).unwrap_or_default());
    let (spec, notice, is_linked) = first_spec(address.link.as_deref());
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
    first_log(state, client, is_linked);
    clear_body();
    // Effects need the executor that mounting starts.
    mount_to_body(move || {
        follow_history(state);
        view! { <Page state client/> }
    });
    std::mem::forget(owner); // the state lives as long as the page
}

/// The experiment of the link, or the default one and why.
fn first_spec(link: Option<&str>) -> (RunSpec, Option<String>, bool) {
    match link.map(decode_link) {
        None => (default_spec(), None, false),
        Some(Ok(spec)) => (spec, None, true),
        Some(Err(error)) => {
            (default_spec(), Some(format!("{error}. The default experiment is loaded instead.")), false)
        }
    }
}

fn default_spec() -> RunSpec {
    let mut spec = spec_preset("default").unwrap_or_default();
    if let DataSpec::Generated { synth } = &mut spec.data {
        synth.rows = synth.rows.min(FIRST_ROWS);
    }
    spec
}

/// Draws the experiment's log; a file of somebody's own has to be asked for.
fn first_log(state: AppState, client: Client, is_linked: bool) {
    match state.spec.with_untracked(|spec| spec.data.clone()) {
        DataSpec::Generated { synth } => client.generate(synth),
        DataSpec::File { name, .. } if is_linked => state.notice.set(Some(format!(
            "This experiment was made with the file {name}, which a link does not carry. Drop it here to go on."
        ))),
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

/// Takes away what index.html shows until the page is there.
fn clear_body() {
    if let Some(first_paint) = document().get_element_by_id("first-paint") {
        first_paint.remove();
    }
}
