//! Detection of a WebGPU adapter, before 2.6 MB of engine are fetched in vain.
//!
//! It can only rule WebGPU out; the GPU engine's warm-up step shows whether a device trains.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::app::device::Adapter;

/// Asks the browser.
pub async fn look() -> Adapter {
    let navigator = web_sys::window().map(|window| window.navigator());
    let Some(gpu) = navigator.and_then(|navigator| get(&navigator, "gpu")) else { return Adapter::NoWebgpu };
    let Some(adapter) = request(&gpu).await.filter(JsValue::is_object) else { return Adapter::NoneFound };
    let info = get(&adapter, "info");
    let is_true = |object: Option<&JsValue>| {
        object.and_then(|object| get(object, "isFallbackAdapter")).is_some_and(|flag| flag.is_truthy())
    };
    let architecture = info.as_ref().and_then(|info| get(info, "architecture")).and_then(|text| text.as_string());
    if is_true(Some(&adapter)) || is_true(info.as_ref()) || architecture.as_deref() == Some("swiftshader") {
        Adapter::Software
    } else {
        Adapter::Hardware
    }
}

async fn request(gpu: &JsValue) -> Option<JsValue> {
    let request: Function = get(gpu, "requestAdapter")?.dyn_into().ok()?;
    let promise: Promise = request.call0(gpu).ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()
}

fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(object, &key.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}
