//! The workers: started, told, heard, and let go when they break down.

use super::Page;
use super::device::Gpu;
use super::effect::{Effect, FileHandle, Program, WorkerKey};
use super::message::WorkerSaid;
use super::runs::Waiting;
use super::worker_state::{Phase, WorkerState};
use crate::protocol::{DeviceKind, DeviceReport, Reply, Request, VERSION};

/// One worker with an engine.
pub(super) struct Worker {
    pub key: WorkerKey,
    pub kind: DeviceKind,
    pub state: WorkerState<FileHandle>,
}

impl Page {
    /// Starts a worker with an engine; returns its index.
    pub(super) fn start_worker(&mut self, kind: DeviceKind) -> usize {
        let key = self.fresh_number();
        let program = match kind {
            DeviceKind::Cpu => Program::CpuEngine,
            DeviceKind::Webgpu => Program::GpuEngine,
        };
        self.effects.push(Effect::StartWorker { worker: key, program });
        self.workers.push(Worker { key, kind, state: WorkerState::default() });
        self.workers.len() - 1
    }

    /// Sends now or as soon as the worker is ready.
    pub(super) fn post(&mut self, index: usize, request: Request, file: Option<FileHandle>) {
        let worker = &mut self.workers[index];
        if let Some((request, file)) = worker.state.post(request, file) {
            self.effects.push(Effect::Post { worker: worker.key, request: Box::new(request), file });
        }
    }

    pub(super) fn on_worker(&mut self, key: WorkerKey, said: WorkerSaid) {
        if self.converter == Some(key) {
            return self.on_converter(said);
        }
        // A worker that was let go may have spoken before it ended.
        let Some(index) = self.workers.iter().position(|worker| worker.key == key) else { return };
        match said {
            WorkerSaid::Broken(message) => self.on_broken(index, message),
            WorkerSaid::Reply(reply, file) => match *reply {
                Reply::Answer { id, answer } => self.on_answer(id, answer, file),
                Reply::Ready { protocol, device } => self.on_ready(index, protocol, device),
                Reply::Loaded { .. }
                | Reply::LoadFailed { .. }
                | Reply::LoadProgress { .. }
                | Reply::LoadCancelled { .. }
                | Reply::LoadNeedsRoles { .. }
                | Reply::LoadNeedsParquet { .. } => self.on_load_reply(index, *reply),
                reply => self.on_run_reply(index, reply),
            },
        }
    }

    fn on_ready(&mut self, index: usize, protocol: u32, device: DeviceReport) {
        if protocol != VERSION {
            return self.on_broken(index, text!(page::workers::other_build).into());
        }
        if !device.usable {
            return self.on_broken(index, device.detail);
        }
        let worker = &mut self.workers[index];
        let key = worker.key;
        let waiting = worker.state.on_ready().into_iter();
        self.effects.extend(waiting.map(|(request, file)| Effect::Post {
            worker: key,
            request: Box::new(request),
            file,
        }));
        if worker.kind == DeviceKind::Webgpu {
            self.gpu = Gpu::Usable(device.detail);
            self.show_device();
            self.dispatch();
        }
    }

    /// A worker that cannot work is let go; its runs fail, or start again on the CPU when it was the GPU's.
    pub(super) fn on_broken(&mut self, index: usize, message: String) {
        let worker = self.workers.remove(index);
        self.effects.push(Effect::EndWorker { worker: worker.key });
        self.forget_questions_of(worker.key, &message);
        if let Phase::Loading { request, .. } = worker.state.phase() {
            self.on_page_load_failed(*request, message.clone());
        }
        let lost = worker.state.lost_run().and_then(|run| Some(Waiting { run, plan: self.plans.remove(&run)? }));
        if worker.kind == DeviceKind::Webgpu {
            self.gpu = Gpu::Unusable(message);
            self.show_device();
            if let Some(waiting) = lost {
                self.restart(waiting);
            }
        } else if let Some(Waiting { run, .. }) = lost {
            self.session.apply(Reply::Failed { run, message });
        }
        self.dispatch();
    }
}
