//! The window around the page: its width, scrolling, focus, address and clipboard.

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::app::address::Embed;

#[wasm_bindgen]
extern "C" {
    /// Of `www/framed.js`: in a frame of another site, resolves when the user wants the page there.
    #[wasm_bindgen(js_name = esmmAllowed, catch)]
    async fn allowed() -> Result<JsValue, JsValue>;
}

/// Waits until the whole page may start; whether it may.
pub async fn is_allowed() -> bool {
    allowed().await.is_ok()
}

/// Whether the rail has room beside the views.
pub fn is_wide() -> bool {
    let width = web_sys::window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
    width.is_some_and(|width| width >= 900.0)
}

pub fn scroll_to_top() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// Focuses the element with this id.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Cannot fail for an element of the document.
        let _ = element.focus();
    }
}

/// Calls `act` when the user presses outside `place`, as long as the component is there.
pub fn on_press_outside(place: NodeRef<Div>, act: impl Fn() + 'static) {
    let outside = window_event_listener(ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let is_within = place.get_untracked().is_some_and(|place| place.contains(target.as_ref()));
        if !is_within {
            act();
        }
    });
    on_cleanup(move || outside.remove());
}

/// Puts this after the address's `#`, and the address into the clipboard; whether it is there.
pub async fn copy_address(hash: &str) -> bool {
    put_and_copy(&format!("#{hash}")).await.is_ok()
}

async fn put_and_copy(hash: &str) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    window.history()?.replace_state_with_url(&JsValue::NULL, "", Some(hash))?;
    let address = window.location().href()?;
    let navigator = window.navigator();
    // Absent without a secure context.
    let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into())?;
    let clipboard: web_sys::Clipboard = clipboard.dyn_into()?;
    JsFuture::from(clipboard.write_text(&address)).await.map(|_| ())
}

pub async fn wait(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

/// Marks the document as an embed: the style sheet hides the parts named in the address.
pub fn show_embed(embed: Embed, hidden: &str) {
    if let Some(body) = document().body() {
        // Valid names: neither fails.
        let _ = body.set_attribute("data-embed", crate::app::address::name(embed.view));
        let _ = body.set_attribute("data-hide", hidden);
    }
}
