//! Name, purpose, device, privacy, theme.

use leptos::prelude::*;

use super::theme::ThemeSwitch;
use crate::app::model_progress::rows_per_second;
use crate::app::sentence;
use crate::app::state::AppState;

#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="top">
            <div class="top-name">
                <h1>{text!(shell::title)}</h1>
                <p>{text!(shell::purpose)}</p>
            </div>
            <div class="top-side">
                <DeviceChip/>
                <p class="private">{text!(shell::private)}</p>
                <ThemeSwitch/>
                <button type="button" class="quiet" data-opens="keys" aria-label=text!(shell::keyboard_map) aria-keyshortcuts="?">"?"</button>
            </div>
        </header>
    }
}

/// The device, its speed, and the reason for it.
#[component]
fn DeviceChip() -> impl IntoView {
    let state = AppState::get();
    let rate = Memo::new(move |_| rows_per_second(&state.session.read().runs));
    let text = move || state.device.with(|device| sentence::device_chip(device.active, rate.get(), &device.reason));
    view! {
        <div role="group" aria-label=text!(shell::device) class="device" class:is-trying=move || state.device.with(|d| d.trying)>
            {text}
        </div>
    }
}
