//! The experiment as a link.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::app::address::{Address, Tab};
use crate::app::parts::letters;
use crate::app::state::AppState;

const COPIED_MILLIS: u32 = 4_000;

/// Puts the experiment into the address and copies it.
#[component]
pub fn Share() -> impl IntoView {
    let state = AppState::get();
    let said = RwSignal::new("");
    let share = move |_| {
        let tab = state.tab.get_untracked();
        let link = letters().map(|letters| state.spec.with_untracked(letters.write_link));
        let hash =
            format!("#{}", Address { link, view: (tab != Tab::Story).then_some(tab), ..Address::default() }.hash());
        spawn_local(async move {
            said.set(match put(&hash).await {
                Ok(()) => "link copied",
                // Copying may be forbidden; the address bar has the link all the same.
                Err(_) => "the link is in the address bar",
            });
            gloo_timers::future::TimeoutFuture::new(COPIED_MILLIS).await;
            said.set("");
        });
    };
    view! {
        <div class="share">
            <span class="share-said" aria-live="polite">{said}</span>
            <button type="button" on:click=share>"Share"</button>
        </div>
    }
}

async fn put(hash: &str) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    window.history()?.replace_state_with_url(&JsValue::NULL, "", Some(hash))?;
    let address = window.location().href()?;
    let navigator = window.navigator();
    // Absent where the page is not served securely.
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into())?;
    let clipboard: web_sys::Clipboard = clipboard.dyn_into()?;
    JsFuture::from(clipboard.write_text(&address)).await.map(|_| ())
}
