//! The GPU engine's device: adapter → device → a few training steps that must give the CPU's losses.
//!
//! Compiled with feature `webgpu` alone; `lib.rs` says so.

use burn::tensor::Device;
use burn::tensor::wgpu::WgpuInitError;

use super::engine::device::{DeviceError, DeviceKind, EngineDevice};
use super::engine::warm_up;
use super::gpu::{BurnBackend, BurnDevice};

impl EngineDevice {
    /// A WebGPU device that has been seen to train.
    ///
    /// That a browser offers WebGPU proves nothing: it may have no adapter, the adapter may give no device, and the
    /// device may reject kernels. Each is found out here, once.
    ///
    /// # Errors
    /// The first rung that failed, in plain words.
    pub async fn webgpu() -> Result<Self, DeviceError> {
        if !offers_webgpu() {
            return Err(DeviceError::NoWebgpu);
        }
        let (device, setup) = Device::wgpu_options().init_with_setup_async().await.map_err(explain)?;
        let info = setup.adapter.get_info();
        let device = BurnDevice(device);
        let device = Self::new(DeviceKind::Webgpu, adapter_name(&info.name, &info.driver), move |run, weights| {
            Box::new(BurnBackend::new(device.clone(), run, weights))
        });
        warm_up(&device).await.map_err(DeviceError::WarmUp)?;
        Ok(device)
    }
}

fn explain(error: WgpuInitError) -> DeviceError {
    match error {
        WgpuInitError::AdapterUnavailable { message, .. } => DeviceError::NoAdapter(message),
        WgpuInitError::RequestDevice { message } => DeviceError::NoDevice(message),
        other => DeviceError::NoDevice(other.to_string()),
    }
}

fn adapter_name(name: &str, driver: &str) -> String {
    [name, driver].into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

/// Whether `navigator.gpu` is there.
#[cfg(target_arch = "wasm32")]
fn offers_webgpu() -> bool {
    let property = |of: &wasm_bindgen::JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).unwrap_or_default();
    let navigator = property(&js_sys::global(), "navigator");
    let is_object = |value: &wasm_bindgen::JsValue| !value.is_undefined() && !value.is_null();
    is_object(&navigator) && is_object(&property(&navigator, "gpu"))
}

/// Native graphics APIs are asked for an adapter at once.
#[cfg(not(target_arch = "wasm32"))]
fn offers_webgpu() -> bool {
    true
}
