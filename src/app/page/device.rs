//! Choice of the device for the next run.

use super::effect::{Effect, WorkerKey};
use super::{Message, Page};
use crate::app::device::{Adapter, DeviceChoice, DeviceState};
use crate::protocol::DeviceKind;

/// Time for a GPU engine to load and warm up.
const GPU_TIMEOUT_MILLIS: u32 = 90_000;
/// Losses of the GPU after which it is tried no more.
const MOST_GPU_LOSSES: u32 = 3;

/// State of the GPU engine.
#[derive(Debug, PartialEq)]
pub(super) enum Gpu {
    Untried,
    Starting,
    /// The adapter's name.
    Usable(String),
    /// The reason.
    Unusable(String),
    /// It was lost while it trained: the next runs may have it again. What the browser said of it is for developers.
    Lost,
}

impl Page {
    /// The device of the next run; `None` while that is unknown.
    pub(super) fn target(&mut self) -> Option<DeviceKind> {
        let wants_gpu = match (self.device.choice, self.adapter) {
            (DeviceChoice::Cpu, _) => false,
            (DeviceChoice::Webgpu, _) => true,
            (DeviceChoice::Auto, None) => return None,
            (DeviceChoice::Auto, Some(adapter)) => adapter.objection().is_none(),
        };
        if !wants_gpu {
            return Some(DeviceKind::Cpu);
        }
        match self.gpu {
            Gpu::Usable(_) if self.device.choice == DeviceChoice::Auto => self.faster(),
            Gpu::Usable(_) => Some(DeviceKind::Webgpu),
            Gpu::Unusable(_) | Gpu::Lost => Some(DeviceKind::Cpu),
            Gpu::Starting => None,
            Gpu::Untried => {
                self.try_gpu();
                None
            }
        }
    }

    fn try_gpu(&mut self) {
        let index = self.start_worker(DeviceKind::Webgpu);
        self.gpu = Gpu::Starting;
        let message = Box::new(Message::GpuTimeIsUp(self.workers[index].key));
        self.effects.push(Effect::Wait { millis: GPU_TIMEOUT_MILLIS, message });
    }

    /// A GPU that was lost may have a new device, unless it was lost again and again.
    pub(super) fn try_gpu_again(&mut self) {
        if self.gpu == Gpu::Lost && self.gpu_losses < MOST_GPU_LOSSES {
            self.gpu = Gpu::Untried;
        }
    }

    pub(super) fn on_gpu_lost(&mut self, reason: String) {
        let was_used = matches!(self.gpu, Gpu::Usable(_));
        self.gpu_losses += u32::from(was_used);
        self.gpu = if was_used { Gpu::Lost } else { Gpu::Unusable(reason) };
        self.race = None;
    }

    pub(super) fn on_gpu_time_is_up(&mut self, key: WorkerKey) {
        let index = self.workers.iter().position(|worker| worker.key == key);
        if let (Gpu::Starting, Some(index)) = (&self.gpu, index) {
            self.on_broken(index, text!(page::workers::silent).into());
        }
    }

    pub(super) fn on_adapter(&mut self, adapter: Adapter) {
        self.adapter = Some(adapter);
        self.dispatch();
    }

    pub(super) fn choose_device(&mut self, choice: DeviceChoice) {
        self.device.choice = choice;
        if choice == DeviceChoice::Webgpu && !matches!(self.gpu, Gpu::Usable(_) | Gpu::Starting) {
            self.try_gpu();
        }
        self.dispatch();
    }

    /// Updates the shown device and the reason for it: they follow from the choice, the adapter and the GPU engine.
    pub(super) fn update_device(&mut self) {
        let choice = self.device.choice;
        let objection = self.adapter.and_then(Adapter::objection);
        let cpu = |reason: &str| (DeviceKind::Cpu, reason.to_owned());
        let (active, reason) = match (choice, &self.gpu) {
            (DeviceChoice::Cpu, _) => cpu(text!(page::workers::as_chosen)),
            (DeviceChoice::Auto, _) if objection.is_some() => cpu(objection.unwrap_or_default()),
            (DeviceChoice::Auto, _) if self.adapter.is_none() => cpu(text!(page::workers::looking)),
            (DeviceChoice::Auto, Gpu::Usable(adapter)) => match self.raced() {
                Some((Some(DeviceKind::Webgpu), rates)) if adapter.is_empty() => (DeviceKind::Webgpu, rates),
                Some((Some(DeviceKind::Webgpu), rates)) => (DeviceKind::Webgpu, format!("{adapter} · {rates}")),
                Some((_, rates)) => cpu(&rates),
                None => (DeviceKind::Webgpu, adapter.clone()),
            },
            (_, Gpu::Usable(adapter)) => (DeviceKind::Webgpu, adapter.clone()),
            (_, Gpu::Unusable(reason)) => cpu(reason),
            (_, Gpu::Lost) => cpu(text!(page::workers::gpu_gone)),
            (_, Gpu::Starting) => cpu(text!(page::workers::starting)),
            (_, Gpu::Untried) => (DeviceKind::Webgpu, text!(page::workers::found).to_owned()),
        };
        let trying = self.gpu == Gpu::Starting;
        self.device.set(DeviceState { choice, active, reason, trying });
    }
}
