//! The workers: started, sent requests, and removed when they crash.

use super::device::Gpu;
use super::effect::{Effect, FileHandle, Program, WorkerKey};
use super::message::WorkerEvent;
use super::runs::QueuedRun;
use super::worker_state::{Phase, WorkerState};
use super::{Notice, Page};
use crate::app::format::count;
use crate::app::models::display_name;
use crate::protocol::{DeviceKind, DeviceReport, LogSource, Reply, Request, Run, RunId, VERSION};

/// A worker with an engine.
pub(super) struct Worker {
    pub key: WorkerKey,
    pub kind: DeviceKind,
    pub state: WorkerState<FileHandle>,
    /// Beats of the clock since its last message.
    pub silent_beats: usize,
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
        let state = WorkerState::default();
        self.workers.push(Worker { key, kind, state, silent_beats: 0 });
        self.workers.len() - 1
    }

    /// Sends a request now, or as soon as the worker is ready.
    pub(super) fn post(&mut self, index: usize, request: Request, files: Vec<FileHandle>) {
        let worker = &mut self.workers[index];
        if let Some((request, files)) = worker.state.post(request, files) {
            self.effects.push(Effect::Post { worker: worker.key, request: Box::new(request), files });
        }
    }

    pub(super) fn on_worker(&mut self, key: WorkerKey, event: WorkerEvent) {
        if self.converter.is_some_and(|(worker, _)| worker == key) {
            return self.on_converter(event);
        }
        // A removed worker may have sent this before it ended.
        let Some(index) = self.workers.iter().position(|worker| worker.key == key) else { return };
        self.workers[index].silent_beats = 0;
        match event {
            WorkerEvent::Broken(message) => self.on_broken(index, message),
            // Another one would have no more of it.
            WorkerEvent::OutOfMemory => self.remove_worker(index, self.out_of_memory(index), false),
            WorkerEvent::Reply(reply, file) => match *reply {
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
        self.tell_what_is_loaded(index);
        let worker = &mut self.workers[index];
        let key = worker.key;
        let queued = worker.state.on_ready().into_iter();
        self.effects.extend(queued.map(|(request, files)| Effect::Post {
            worker: key,
            request: Box::new(request),
            files,
        }));
        if worker.kind == DeviceKind::Webgpu {
            self.gpu = Gpu::Usable(device.detail);
            self.dispatch();
        }
    }

    /// Removes a worker that cannot work: its engine has not arrived, or has crashed, as a browser's own compiler of wasm has it at
    /// times. What it was to do is given to another one, once.
    pub(super) fn on_broken(&mut self, index: usize, message: String) {
        self.remove_worker(index, message, true);
    }

    /// That a worker's memory has run out, and what would need less of it.
    fn out_of_memory(&self, index: usize) -> String {
        let loads = matches!(self.workers[index].state.phase(), Phase::Loading { .. });
        let pending = self.pending.as_ref().filter(|_| loads).map(|(_, source)| match &source.given.source {
            LogSource::Generated { synth } => synth.rows,
            LogSource::Files { limit, .. } => limit.rows,
        });
        let rows = pending.or(self.session.log.as_ref().map(|log| log.summary.rows)).unwrap_or_default();
        text!(page::workers::out_of_memory, rows = count(rows / 2))
    }

    /// Says of a run under way that it has lost its engine, and where it goes on.
    fn tell_of_restart(&mut self, run: RunId, is_gpu: bool) {
        let Some(started) = self.session.run(run).filter(|run| run.progress.is_some()) else { return };
        let model = display_name(&started.model.name);
        let words = match (is_gpu, self.snapshot(run).is_some()) {
            (true, true) => text!(page::workers::gpu_lost_goes_on, model = model),
            (true, false) => text!(page::workers::gpu_lost_begins, model = model),
            (false, true) => text!(page::workers::lost_goes_on, model = model),
            (false, false) => text!(page::workers::lost_begins, model = model),
        };
        self.notice.set(Some(Notice::News(words)));
    }

    /// Removes a worker that has not answered for so long; what it was to do is given to another one, once.
    pub(super) fn replace(&mut self, index: usize, seconds: usize) {
        self.remove_worker(index, text!(page::workers::no_answer, seconds = seconds.to_string()), true);
    }

    fn remove_worker(&mut self, index: usize, message: String, again: bool) {
        let worker = self.workers.remove(index);
        self.effects.push(Effect::EndWorker { worker: worker.key });
        let is_gpu = worker.kind == DeviceKind::Webgpu;
        if is_gpu {
            self.on_gpu_lost(message.clone());
        }
        self.forget_questions_of(worker.key, &message);
        if let Phase::Loading { request, .. } = worker.state.phase()
            && !(again && self.load_again(*request))
        {
            self.on_page_load_failed(*request, message.clone());
        }
        if let Some(run) = worker.state.lost_run() {
            let is_kept = self.session.run(run).is_some_and(Run::has_learned);
            match self.plans.remove(&run) {
                // What it has shown stays, whether or not another worker can take its model up.
                Some(plan) if is_kept && again && self.retried.insert(run) => {
                    self.queue.push_front(QueuedRun { run, plan });
                }
                Some(_) if is_kept => self.give_up_weights(run),
                Some(plan) if is_gpu || again && self.retried.insert(run) => {
                    self.tell_of_restart(run, is_gpu);
                    self.restart(QueuedRun { run, plan });
                }
                Some(_) => drop(self.session.apply(Reply::Failed { run, message })),
                // It had been told to stop.
                None => drop(self.session.apply(Reply::Stopped { run })),
            }
        }
        self.dispatch();
        self.ask_what_waits();
    }
}
