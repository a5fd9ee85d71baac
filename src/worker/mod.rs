//! The engine worker: a message loop around the trainer, on a thread of the browser's own.
//!
//! One loop owns everything: it answers what the page asked, then trains for a moment, then lets the browser breathe.
//! Invariants: nothing is sent before `Ready`; the page's messages are answered in order and at most one slice of
//! training late; a request that fails changes nothing that was there.

mod answers;
mod checkpoint;
mod file;
mod kept;
mod load;
mod port;
mod rows;
mod run;

use std::future::Future;

use web_sys::Blob;

use crate::domain::log::Refused;
use crate::engine::device::{DeviceError, EngineDevice};
use crate::protocol::{DeviceKind, DeviceReport, Reply, Request, RunId, VERSION};
use kept::Kept;
use load::{Asked, LoadStop, WorkerLog};
use port::Port;
use run::ActiveRun;

/// Starts the worker on the device that `device` resolves to, and never returns to its caller's task.
///
/// A device that cannot be had is reported to the page with its reason; the worker then stays silent.
pub fn start(kind: DeviceKind, device: impl Future<Output = Result<EngineDevice, DeviceError>> + 'static) {
    console_error_panic_hook::set_once();
    let port = Port::open();
    wasm_bindgen_futures::spawn_local(async move {
        let report =
            |detail: String, usable| Reply::Ready { protocol: VERSION, device: DeviceReport { kind, detail, usable } };
        match device.await {
            Ok(device) => {
                port.post(&report(device.detail().to_owned(), true), None);
                Worker { port, kind, device, log: None, refused: None, run: None, chosen: None }.serve().await;
            }
            Err(error) => port.post(&report(error.to_string(), false), None),
        }
    });
}

/// What the worker holds: a log, and the run that was started last.
struct Worker {
    port: Port,
    kind: DeviceKind,
    device: EngineDevice,
    log: Option<WorkerLog>,
    /// The file that came last, when no log could be made of it.
    refused: Option<Kept>,
    run: Option<ActiveRun>,
    /// Rows of the page's table, as they were chosen last.
    chosen: Option<rows::Chosen>,
}

impl Worker {
    async fn serve(mut self) {
        loop {
            while let Some((request, file)) = self.port.take() {
                self.carry_out(request, file).await;
            }
            match &mut self.run {
                Some(run) if run.is_moving() => {
                    run.train_for_a_moment(&self.port).await;
                    port::breathe().await;
                }
                _ => self.port.wait().await,
            }
        }
    }

    async fn carry_out(&mut self, request: Request, file: Option<Blob>) {
        match request {
            Request::Load { id, origin, source, roles } => {
                self.load(Asked { id, origin, source, roles, file: file.as_ref() }).await;
            }
            // Too late: that load has been answered.
            Request::CancelLoad { .. } => {}
            Request::Train { run, plan, step } => {
                let started = match &self.log {
                    Some(log) => ActiveRun::start(run, *plan, log, (self.kind, &self.device)),
                    None => Err(text!(worker::no_log_yet).to_owned()),
                };
                match started {
                    Ok(mut active) => {
                        if let Some(unit) = step {
                            active.step(unit);
                        }
                        self.run = Some(active);
                    }
                    Err(message) => self.port.post(&Reply::Failed { run, message }, None),
                }
            }
            Request::TakeUp { run, plan, step } => {
                if let (Some(log), Some(checkpoint)) = (&self.log, &file) {
                    let device = (self.kind, &self.device);
                    self.run = checkpoint::take_up(run, (*plan, step), log, device, checkpoint).await;
                }
                self.port.post(&Reply::TakenUp { run, is_there: self.run_called(run).is_some() }, None);
            }
            Request::Pause { run } => {
                if let Some((active, port)) = self.run_and_port(run) {
                    active.hold(port).await;
                }
            }
            Request::Resume { run } => {
                if let Some((active, _)) = self.run_and_port(run) {
                    active.resume();
                }
            }
            Request::Step { run, unit } => {
                if let Some((active, _)) = self.run_and_port(run) {
                    active.step(unit);
                }
            }
            Request::Stop { run } => {
                if let Some((active, port)) = self.run_and_port(run) {
                    active.stop(port).await;
                }
            }
            Request::SetLearningRate { run, learning_rate } => {
                if let Some((active, _)) = self.run_and_port(run) {
                    active.set_learning_rate(learning_rate);
                }
            }
            Request::Ask { id, question } => {
                let (answer, bytes) = match self.answer(question).await {
                    Ok((answer, bytes)) => (Ok(answer), bytes),
                    Err(refusal) => (Err(refusal), None),
                };
                self.port.post(&Reply::Answer { id, answer }, bytes.as_deref());
            }
        }
    }

    async fn load(&mut self, asked: Asked<'_>) {
        let id = asked.id;
        let kept = self.log.iter().filter_map(|log| log.kept.as_ref()).chain(&self.refused);
        let reply = match load::load(asked, kept, &self.port).await {
            Ok((log, loaded)) => {
                self.log = Some(log);
                self.refused = None;
                self.run = None;
                self.chosen = None;
                Reply::Loaded { id, log: Box::new(loaded) }
            }
            Err(LoadStop::Failed(message)) => Reply::LoadFailed { id, message },
            Err(LoadStop::Refused(refused, kept)) => {
                self.refused = kept.map(|kept| *kept);
                let Refused { error, columns, head } = *refused;
                Reply::LoadNeedsRoles { id, message: error.to_string(), columns, head }
            }
            Err(LoadStop::Parquet) => Reply::LoadNeedsParquet { id },
            Err(LoadStop::Cancelled) => Reply::LoadCancelled { id },
        };
        self.port.post(&reply, None);
    }

    fn run_called(&self, run: RunId) -> Option<&ActiveRun> {
        self.run.as_ref().filter(|active| active.id == run)
    }

    /// The run called `run` as something to steer, and the port to tell of it.
    fn run_and_port(&mut self, run: RunId) -> Option<(&mut ActiveRun, &Port)> {
        self.run.as_mut().filter(|active| active.id == run).map(|active| (active, &self.port))
    }
}
