//! The workers, and which device the next run goes to.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::adapter::Adapter;
use super::checkpoints::CheckpointDesk;
use super::parts::PartsDesk;
use super::port::{Letter, Port};
use super::questions::Purpose;
use super::rows::RowsDesk;
use crate::app::awaited::Awaited;
use crate::app::sentence::{self, Status};
use crate::app::state::{AppState, DeviceChoice, LogState};
use crate::app::worker_state::{Message, Phase, WorkerState};
use crate::domain::log::Roles;
use crate::domain::spec::TrainPlan;
use crate::protocol::{DeviceKind, DeviceReport, LogSource, Reply, Request, RequestId, RunId, VERSION};

/// How long a GPU engine may take to arrive and warm up.
const GPU_PATIENCE_MILLIS: u32 = 90_000;
/// What workers say is read this late at the most.
const LONGEST_FRAME: Duration = Duration::from_millis(250);
/// How often the status region may speak of mere progress.
const STATUS_PAUSE_MILLIS: f64 = 5_000.0;

/// Where the log on the page comes from, so that any worker can be given it.
#[derive(Clone)]
pub struct Source {
    pub source: LogSource,
    pub file: Option<web_sys::File>,
    pub roles: Option<Roles>,
    /// What was changed about the roles since the file came, in words, each with the roles before it.
    pub changes: Vec<(String, Option<Roles>)>,
    /// Tells one log from the next, however its columns are read.
    pub origin: u32,
    /// Tells one load from the next.
    pub serial: u32,
}

/// One worker.
pub struct Engine {
    pub key: u32,
    pub kind: DeviceKind,
    port: Port,
    pub state: WorkerState<web_sys::File>,
}

/// What is known of the GPU engine.
pub enum Gpu {
    Untried,
    Starting,
    Usable(String),
    Unusable(String),
}

/// A run that waits for a worker.
pub struct Waiting {
    pub run: RunId,
    pub plan: TrainPlan,
}

/// All workers and what they are about.
pub struct Engines {
    pub state: AppState,
    me: Weak<RefCell<Engines>>,
    pub workers: Vec<Engine>,
    /// The log on the page.
    pub source: Option<Source>,
    /// The file that came last and that no log could be made of yet.
    pub refused: Option<Source>,
    /// The log that the page waits for.
    pub pending: Option<(RequestId, Source)>,
    /// Turns the pending log's file into text, when it is Parquet.
    pub converter: Option<Port>,
    pub queue: VecDeque<Waiting>,
    /// Plans of runs that are on a worker: a broken GPU's run starts again on the CPU.
    pub plans: HashMap<RunId, TrainPlan>,
    pub adapter: Option<Adapter>,
    pub gpu: Gpu,
    /// Questions that are open.
    pub awaited: Awaited<Purpose>,
    /// Weights of runs that have ended.
    pub checkpoints: CheckpointDesk,
    /// The window on the rows that is shown or wanted.
    pub rows: RowsDesk,
    /// The part of the held-out rows that is wanted next.
    pub parts: PartsDesk,
    /// The log that is awaited is to be trained on at once.
    pub train_when_loaded: bool,
    /// The page has opened by itself: when its log is there and nothing was pressed, it trains.
    pub opens_itself: bool,
    /// Everything was deleted: nothing is to be kept any more.
    pub keeps_nothing: bool,
    /// What workers, by their keys, have said since the last frame.
    inbox: Rc<RefCell<Vec<(u32, Letter)>>>,
    next_id: u32,
    said: Status,
    said_at: f64,
}

impl Engine {
    /// Sends now or as soon as the worker listens.
    pub fn post(&mut self, request: Request, file: Option<web_sys::File>) {
        if let Some(message) = self.state.post(request, file) {
            self.send(&message);
        }
    }

    fn send(&self, (request, file): &Message<web_sys::File>) {
        if let Err(message) = self.port.post(request, file.as_ref()) {
            leptos::logging::error!("{message}");
        }
    }
}

impl Engines {
    pub fn new(state: AppState, me: Weak<RefCell<Engines>>) -> Self {
        Self {
            state,
            me,
            workers: Vec::new(),
            source: None,
            refused: None,
            pending: None,
            converter: None,
            queue: VecDeque::new(),
            plans: HashMap::new(),
            adapter: None,
            gpu: Gpu::Untried,
            awaited: Awaited::default(),
            checkpoints: CheckpointDesk::default(),
            rows: RowsDesk::default(),
            parts: PartsDesk::default(),
            train_when_loaded: false,
            opens_itself: false,
            keeps_nothing: false,
            inbox: Rc::default(),
            next_id: 1,
            said: Status::default(),
            said_at: 0.0,
        }
    }

    /// A number never given before.
    pub fn fresh_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// Passes over numbers that were given from here on.
    pub fn skip_ids(&mut self, count: usize) {
        self.next_id += count as u32;
    }

    /// A way back to these engines, for what outlives the current call.
    pub fn weak(&self) -> Weak<RefCell<Engines>> {
        self.me.clone()
    }

    /// Runs `act` on these engines once the current call has returned.
    pub fn later(&self, act: impl AsyncFnOnce(&RefCell<Engines>) + 'static) {
        let me = self.me.clone();
        spawn_local(async move {
            if let Some(engines) = me.upgrade() {
                act(&engines).await;
            }
        });
    }

    /// Starts a worker; returns its index.
    pub fn start_worker(&mut self, kind: DeviceKind) -> Result<usize, String> {
        let key = self.fresh_id();
        let (me, inbox) = (self.me.clone(), self.inbox.clone());
        let receive = move |letter| {
            inbox.borrow_mut().push((key, letter));
            // Not at once: a port is never dropped by its own event handler, and what comes within one frame is drawn in
            // one go. The timer is for a page that is not on view, which has no frames.
            for is_timer in [false, true] {
                let me = me.clone();
                let open = move || {
                    if let Some(engines) = me.upgrade() {
                        engines.borrow_mut().open_letters();
                    }
                };
                if is_timer { set_timeout(open, LONGEST_FRAME) } else { request_animation_frame(open) }
            }
        };
        let port = Port::open(kind, receive)?;
        self.workers.push(Engine { key, kind, port, state: WorkerState::default() });
        Ok(self.workers.len() - 1)
    }

    /// Reads all that has come since the last frame.
    fn open_letters(&mut self) {
        let letters = std::mem::take(&mut *self.inbox.borrow_mut());
        if letters.is_empty() {
            return;
        }
        for (key, letter) in letters {
            self.receive(key, letter);
        }
        self.say_status();
    }

    fn receive(&mut self, key: u32, letter: Letter) {
        let Some(index) = self.workers.iter().position(|worker| worker.key == key) else { return };
        match letter {
            Letter::Reply(reply, beside) => match *reply {
                Reply::Answer { id, answer } => self.on_answer(id, answer, beside),
                Reply::Ready { protocol, device } => self.on_ready(index, protocol, device),
                Reply::Loaded { .. }
                | Reply::LoadFailed { .. }
                | Reply::LoadProgress { .. }
                | Reply::LoadCancelled { .. }
                | Reply::LoadNeedsRoles { .. }
                | Reply::LoadNeedsParquet { .. } => self.on_load_reply(index, *reply),
                reply => self.on_run_reply(index, reply),
            },
            Letter::Broken(message) => self.on_broken(index, message),
        }
    }

    fn on_ready(&mut self, index: usize, protocol: u32, device: DeviceReport) {
        if protocol != VERSION {
            return self.on_broken(index, text!(client::engines::other_build).into());
        }
        if !device.usable {
            return self.on_broken(index, device.detail);
        }
        let worker = &mut self.workers[index];
        for message in worker.state.on_ready() {
            worker.send(&message);
        }
        if worker.kind == DeviceKind::Webgpu {
            self.gpu = Gpu::Usable(device.detail);
            self.show_device();
            self.dispatch();
        }
    }

    /// A worker that cannot work is let go; its runs fail, or start again on the CPU when it was the GPU's.
    fn on_broken(&mut self, index: usize, message: String) {
        let worker = self.workers.remove(index);
        self.forget_worker(worker.key, &message);
        if let Phase::Loading { request, .. } = worker.state.phase() {
            self.on_page_load_failed(*request, message.clone());
        }
        let run = worker.state.lost_run().and_then(|run| Some(Waiting { run, plan: self.plans.remove(&run)? }));
        if worker.kind == DeviceKind::Webgpu {
            self.gpu = Gpu::Unusable(message);
            self.show_device();
            if let Some(waiting) = run {
                self.restart(waiting);
            }
        } else if let Some(Waiting { run, .. }) = run {
            let reply = Reply::Failed { run, message };
            self.state.session.update(|session| {
                session.apply(reply);
            });
        }
        self.dispatch();
    }

    /// The device of the next run; `None` while that is being found out.
    pub fn target(&mut self) -> Option<DeviceKind> {
        let wants_gpu = match (self.state.device.with_untracked(|device| device.choice), self.adapter) {
            (DeviceChoice::Cpu, _) => false,
            (DeviceChoice::Webgpu, _) => true,
            (DeviceChoice::Auto, None) => return None,
            (DeviceChoice::Auto, Some(adapter)) => adapter.objection().is_none(),
        };
        if !wants_gpu {
            return Some(DeviceKind::Cpu);
        }
        match self.gpu {
            Gpu::Usable(_) => Some(DeviceKind::Webgpu),
            Gpu::Unusable(_) => Some(DeviceKind::Cpu),
            Gpu::Starting => None,
            Gpu::Untried => {
                self.try_gpu();
                None
            }
        }
    }

    fn try_gpu(&mut self) {
        match self.start_worker(DeviceKind::Webgpu) {
            Ok(index) => {
                self.gpu = Gpu::Starting;
                let key = self.workers[index].key;
                self.later(async move |engines| {
                    gloo_timers::future::TimeoutFuture::new(GPU_PATIENCE_MILLIS).await;
                    let mut engines = engines.borrow_mut();
                    if let (Gpu::Starting, Some(index)) =
                        (&engines.gpu, engines.workers.iter().position(|worker| worker.key == key))
                    {
                        engines.on_broken(index, text!(client::engines::silent).into());
                    }
                });
            }
            Err(message) => {
                self.gpu = Gpu::Unusable(message);
                self.later(async |engines| engines.borrow_mut().dispatch());
            }
        }
        self.show_device();
    }

    pub fn set_adapter(&mut self, adapter: Adapter) {
        self.adapter = Some(adapter);
        self.show_device();
        self.dispatch();
    }

    pub fn choose_device(&mut self, choice: DeviceChoice) {
        self.state.device.update(|device| device.choice = choice);
        if choice == DeviceChoice::Webgpu && !matches!(self.gpu, Gpu::Usable(_) | Gpu::Starting) {
            self.try_gpu();
        }
        self.show_device();
        self.dispatch();
    }

    /// Tells the chip what is used and why.
    fn show_device(&self) {
        let choice = self.state.device.with_untracked(|device| device.choice);
        let objection = self.adapter.and_then(Adapter::objection);
        let cpu = |reason: &str| (DeviceKind::Cpu, reason.to_owned());
        let (active, reason) = match (choice, &self.gpu) {
            (DeviceChoice::Cpu, _) => cpu(text!(client::engines::as_chosen)),
            (DeviceChoice::Auto, _) if objection.is_some() => cpu(objection.unwrap_or_default()),
            (DeviceChoice::Auto, _) if self.adapter.is_none() => cpu(text!(client::engines::looking)),
            (_, Gpu::Usable(adapter)) => (DeviceKind::Webgpu, adapter.clone()),
            (_, Gpu::Unusable(reason)) => cpu(reason),
            (_, Gpu::Starting) => cpu(text!(client::engines::starting)),
            (_, Gpu::Untried) => (DeviceKind::Webgpu, text!(client::engines::found).to_owned()),
        };
        let trying = matches!(self.gpu, Gpu::Starting);
        self.state.device.update(|device| (device.active, device.reason, device.trying) = (active, reason, trying));
    }

    /// Speaks in the status region: changes of state at once, mere progress now and then.
    pub fn say_status(&mut self) {
        let state = self.state;
        let loading = state.log_state.with_untracked(|log| match log {
            LogState::Loading { what, .. } => Some(what.clone()),
            _ => None,
        });
        let device = state.device.with_untracked(|device| device.active);
        let status = state.session.with_untracked(|session| {
            // What was kept of a log without its rows is no log to train on.
            let is_there = self.source.is_some() || session.runs.iter().any(|run| !run.is_in_memory());
            let log = session.log.as_ref().filter(|_| is_there);
            sentence::status(loading.as_deref(), log, &session.runs, device)
        });
        let now = js_sys::Date::now();
        let is_due = status.state != self.said.state || now - self.said_at >= STATUS_PAUSE_MILLIS;
        if is_due && status != self.said {
            state.status.set(status.text.clone());
            (self.said, self.said_at) = (status, now);
        }
    }
}
