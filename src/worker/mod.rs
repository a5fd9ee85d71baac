//! The engine worker: a message loop around the trainer, on a thread of the browser's own.
//!
//! One loop owns everything: it answers what the page asked, then trains for a moment, then lets the browser breathe.
//! Invariants: nothing is sent before `Ready`; the page's messages are answered in order and at most one slice of
//! training late; a request that fails changes nothing that was there.

mod answers;
#[cfg(target_arch = "wasm32")]
mod browser;
mod checkpoint;
mod draft;
mod load;
#[cfg(target_arch = "wasm32")]
mod memory;
mod own_predictions;
mod page;
mod race;
mod read_file;
mod rows;
mod run;
mod table_cache;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "wasm32")]
pub use browser::start;

use crate::domain::log::Refused;
use crate::engine::device::EngineDevice;
use crate::protocol::{DeviceKind, Reply, Request, RunId};
use draft::DraftLog;
use load::{LoadRequest, LoadStop, WorkerLog};
use page::{Page, SourceFile};
use run::ActiveRun;
use table_cache::CachedFiles;

/// What the worker holds: a log, and the run that was started last.
struct Worker<P> {
    page: P,
    kind: DeviceKind,
    device: EngineDevice,
    log: Option<WorkerLog>,
    /// The files that were read last, when no log could be made of them.
    refused: Option<CachedFiles>,
    run: Option<ActiveRun>,
    /// Rows of the page's table, as they were selected last.
    chosen: Option<rows::SelectedRows>,
    /// The log of the newest draft runs.
    draft_log: Option<DraftLog>,
}

impl<P: Page> Worker<P> {
    /// A worker that holds nothing yet.
    fn new(page: P, kind: DeviceKind, device: EngineDevice) -> Self {
        Self { page, kind, device, log: None, refused: None, run: None, chosen: None, draft_log: None }
    }

    /// Trains for one slice, when there is a run to train; whether there was.
    async fn train_for_a_moment(&mut self) -> bool {
        match &mut self.run {
            Some(run) if run.is_moving() => {
                run.train_for_a_moment(&self.page).await;
                true
            }
            _ => false,
        }
    }

    async fn carry_out(&mut self, request: Request, files: Vec<impl SourceFile>) {
        match request {
            Request::Load { id, origin, source, roles } => {
                self.load(LoadRequest { id, origin, source, roles, files }).await;
            }
            // That load has been answered already.
            Request::CancelLoad { .. } => {}
            Request::Train { run, plan, step } => {
                // Its memory is the next one's.
                self.run = None;
                let started = match &self.log {
                    Some(log) => ActiveRun::start(run, *plan, log, (self.kind, &self.device)),
                    None => Err(text!(worker::no_log_yet).to_owned()),
                };
                match started {
                    Ok(mut active) => {
                        if let Some(snapshot) = files.first() {
                            let step = checkpoint::go_on(&mut active, snapshot).await;
                            self.page.post(&Reply::GoesOn { run, step }, None);
                        }
                        if let Some(unit) = step {
                            active.step(unit);
                        }
                        self.run = Some(active);
                    }
                    Err(message) => self.page.post(&Reply::Failed { run, message }, None),
                }
            }
            Request::TakeUp { run, plan, step } => {
                if let (Some(log), Some(checkpoint)) = (&self.log, files.first()) {
                    let device = (self.kind, &self.device);
                    if let Some(active) = checkpoint::take_up(run, (*plan, step), log, device, checkpoint).await {
                        self.run = Some(active);
                    }
                }
                self.page.post(&Reply::TakenUp { run, is_there: self.run_called(run).is_some() }, None);
            }
            Request::Pause { run } => {
                if let Some((active, page)) = self.run_and_page(run) {
                    active.hold(page).await;
                }
            }
            Request::Resume { run } => {
                if let Some((active, _)) = self.run_and_page(run) {
                    active.resume();
                }
            }
            Request::Step { run, unit } => {
                if let Some((active, _)) = self.run_and_page(run) {
                    active.step(unit);
                }
            }
            Request::Stop { run } => {
                if let Some((active, page)) = self.run_and_page(run) {
                    active.stop(page).await;
                }
            }
            Request::Abandon { run } => {
                if let Some((active, page)) = self.run_and_page(run) {
                    active.abandon(page);
                }
            }
            Request::SetLearningRate { run, learning_rate } => {
                if let Some((active, _)) = self.run_and_page(run) {
                    active.set_learning_rate(learning_rate);
                }
            }
            Request::Ask { id, question } => {
                let (answer, bytes) = match self.answer(question, &files).await {
                    Ok((answer, bytes)) => (Ok(answer), bytes),
                    Err(refusal) => (Err(refusal), None),
                };
                self.page.post(&Reply::Answer { id, answer }, bytes.as_deref());
            }
        }
    }

    async fn load(&mut self, asked: LoadRequest<impl SourceFile>) {
        let id = asked.id;
        let cached = self.log.iter().filter_map(|log| log.cached.as_ref()).chain(&self.refused);
        let reply = match load::load(asked, cached, &self.page).await {
            Ok((log, loaded)) => {
                self.log = Some(log);
                self.refused = None;
                self.run = None;
                self.chosen = None;
                Reply::Loaded { id, log: Box::new(loaded) }
            }
            Err(LoadStop::Failed(message)) => Reply::LoadFailed { id, message },
            Err(LoadStop::Refused(refused, assembly, cached)) => {
                self.refused = cached.map(|cached| *cached);
                let Refused { error, columns, head } = *refused;
                let assembly = assembly.map(|report| *report);
                Reply::LoadNeedsRoles { id, message: error.to_string(), columns, head, assembly }
            }
            Err(LoadStop::Parquet(file)) => Reply::LoadNeedsParquet { id, file },
            Err(LoadStop::Cancelled) => Reply::LoadCancelled { id },
        };
        self.page.post(&reply, None);
    }

    fn run_called(&self, run: RunId) -> Option<&ActiveRun> {
        self.run.as_ref().filter(|active| active.id == run)
    }

    /// The run called `run` as something to steer, and the page to tell of it.
    fn run_and_page(&mut self, run: RunId) -> Option<(&mut ActiveRun, &P)> {
        self.run.as_mut().filter(|active| active.id == run).map(|active| (active, &self.page))
    }
}
