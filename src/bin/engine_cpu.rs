//! The CPU engine's worker.

fn main() {
    #[cfg(target_arch = "wasm32")]
    {
        use esmm_playground::{engine::device::EngineDevice, protocol::DeviceKind, worker};
        worker::start(DeviceKind::Cpu, async { Ok(EngineDevice::cpu()) });
    }
}
