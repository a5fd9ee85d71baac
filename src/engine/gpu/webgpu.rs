//! The GPU engine's device: adapter → device → a few training steps that must give the CPU's losses.
//!
//! Feature `webgpu` makes it a browser's, `graphics` one of Vulkan, Metal or Direct3D.

use wgpu::{DeviceDescriptor, Instance, InstanceDescriptor, Limits, RequestAdapterOptions};

use super::GpuBackend;
use super::device::Gpu;
use crate::engine::device::{DeviceError, DeviceKind, EngineDevice};
use crate::engine::warm_up;

impl EngineDevice {
    /// A WebGPU device that has been seen to train.
    ///
    /// That a browser offers WebGPU proves nothing: it may have no adapter, the adapter may give no device, and the
    /// device may reject kernels. Each is found out here, once.
    ///
    /// # Errors
    /// The first rung that failed, in plain words.
    pub async fn webgpu() -> Result<Self, DeviceError> {
        let (gpu, name) = Gpu::found().await?;
        let device = Self::new(DeviceKind::Webgpu, name, move |run, weights| {
            Box::new(GpuBackend::new(gpu.clone(), run, &weights))
        });
        warm_up(&device).await.map_err(DeviceError::WarmUp)?;
        Ok(device)
    }
}

impl Gpu {
    /// A device, and the name of its adapter; it has not been seen to train.
    pub(super) async fn found() -> Result<(Self, String), DeviceError> {
        if !offers_webgpu() {
            return Err(DeviceError::NoWebgpu);
        }
        let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
        let adapter = instance.request_adapter(&RequestAdapterOptions::default()).await;
        let adapter = adapter.map_err(|error| DeviceError::NoAdapter(error.to_string()))?;
        let offered = adapter.limits();
        // A long log and a large table are one binding each.
        let required_limits = Limits {
            max_buffer_size: offered.max_buffer_size,
            max_storage_buffer_binding_size: offered.max_storage_buffer_binding_size,
            ..Limits::default()
        };
        let asked = DeviceDescriptor { required_limits, ..DeviceDescriptor::default() };
        let (device, queue) =
            adapter.request_device(&asked).await.map_err(|error| DeviceError::NoDevice(error.to_string()))?;
        let info = adapter.get_info();
        Ok((Self::new(device, queue), adapter_name(&info.name, &info.driver)))
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
