//! Puts the page into the document and draws the first log.

use leptos::prelude::*;

use super::client::Client;
use super::panels::FIRST_ROWS;
use super::shell::{Page, remembered_theme, watch_system_theme};
use super::state::{AppState, DeviceChoice};
use crate::domain::spec::{DataSpec, RunSpec, decode_link, spec_preset};

/// Mounts the page into `body`.
pub fn start() {
    console_error_panic_hook::set_once();
    let (spec, notice, is_linked) = first_spec();
    let owner = Owner::new();
    owner.set();
    let state = AppState::new(spec);
    state.notice.set(notice);
    state.theme.set(remembered_theme());
    watch_system_theme(state);
    let client = Client::new(state);
    if let Some(choice) = device_of_query() {
        client.choose_device(choice);
    }
    first_log(state, client, is_linked);
    clear_body();
    mount_to_body(move || view! { <Page state client/> });
    std::mem::forget(owner); // the state lives as long as the page
}

/// The experiment of the link, or the default one and why.
fn first_spec() -> (RunSpec, Option<String>, bool) {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let (spec, notice) = if hash.len() > 1 {
        match decode_link(&hash) {
            Ok(spec) => return (spec, None, true),
            Err(error) => (default_spec(), Some(format!("{error}. The default experiment is loaded instead."))),
        }
    } else {
        (default_spec(), None)
    };
    (spec, notice, false)
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
