//! The CPU engine's worker for browsers with relaxed SIMD; which of the two it is, the loader finds out (`xtask/src/stamp.rs`).

fn main() {
    #[cfg(target_arch = "wasm32")]
    {
        use esmm_playground::{engine::device::EngineDevice, protocol::DeviceKind, worker};
        worker::start(DeviceKind::Cpu, async { Ok(EngineDevice::cpu()) });
    }
}
