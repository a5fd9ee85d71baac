//! The training device: the user's choice, and the available ones.

use crate::protocol::DeviceKind;

/// The user's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    #[default]
    Auto,
    Cpu,
    Webgpu,
}

impl DeviceChoice {
    /// The choice in a page's query, if any: `?device=cpu`, `?device=webgpu`.
    pub fn of_query(query: &str) -> Option<Self> {
        let device = query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix("device="))?;
        match device {
            "cpu" => Some(Self::Cpu),
            "webgpu" => Some(Self::Webgpu),
            _ => None,
        }
    }
}

/// The active device, and the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceState {
    pub choice: DeviceChoice,
    pub active: DeviceKind,
    /// Reason for the CPU; on WebGPU the adapter's name.
    pub reason: String,
    /// A GPU worker is starting.
    pub trying: bool,
}

/// The browser's WebGPU support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// `navigator.gpu` is missing.
    NoWebgpu,
    /// `requestAdapter` answers null.
    NoneFound,
    /// The adapter computes on the CPU: correct, but slower than the CPU engine.
    Software,
    Hardware,
}

impl Adapter {
    /// Reason to use the CPU engine, if any.
    pub fn objection(self) -> Option<&'static str> {
        match self {
            Self::NoWebgpu => Some(text!(page::device::none)),
            Self::NoneFound => Some(text!(page::device::not_found)),
            Self::Software => Some(text!(page::device::software)),
            Self::Hardware => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_from_the_query() {
        for (query, choice) in [
            ("?device=cpu", Some(DeviceChoice::Cpu)),
            ("?lang=en&device=webgpu", Some(DeviceChoice::Webgpu)),
            ("?device=tpu", None),
            ("?devices=cpu", None),
            ("", None),
        ] {
            assert_eq!(DeviceChoice::of_query(query), choice, "{query}");
        }
    }
}
