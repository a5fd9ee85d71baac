//! An engine worker of `dist/`, spoken to in the page's own protocol: numbers in full precision, and counts of what a
//! GPU engine asks of WebGPU.

use crate::{Page, Step, ensure, eventually};
use esmm_playground::domain::report::{CurvePoint, Evaluation};
use esmm_playground::domain::spec::TrainPlan;
use esmm_playground::protocol::{
    Answer, DeviceKind, DeviceReport, Export, LoadedLog, LogSource, Question, Refusal, Reply, Request, RunId, wire,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Patience for one answer of an engine: a software GPU compiles every kernel first.
const PATIENCE: Duration = Duration::from_secs(400);

/// A worker under way.
pub struct Engine<'page> {
    page: &'page Page,
    device: DeviceReport,
    letters: RefCell<VecDeque<Letter>>,
    next_id: Cell<u32>,
}

/// What came of a training run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    pub run: RunId,
    pub curve: Vec<CurvePoint>,
    /// The last evaluation.
    pub evaluation: Evaluation,
    /// Time spent training.
    pub seconds: f64,
}

/// What a GPU engine asked of WebGPU since it was started (counting.js).
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GpuCounts {
    /// Compute kernels started.
    pub dispatches: u64,
    /// Command buffers' submissions.
    pub submits: u64,
    /// Uploads, and their bytes.
    pub writes: u64,
    pub written_bytes: u64,
    /// Buffers mapped to be read.
    pub readbacks: u64,
    /// Kernels compiled.
    pub pipelines: u64,
    pub buffers: u64,
    pub copies: u64,
    /// Pipelines set, by kernel.
    pub kernels: BTreeMap<String, u64>,
    /// Memory of the engine's module, which never shrinks.
    pub memory_bytes: u64,
}

/// One message of the worker.
enum Letter {
    Reply(Box<Reply>, Vec<u8>),
    Counts(GpuCounts),
    Broken(String),
}

impl<'page> Engine<'page> {
    /// Starts the engine of `kind` on an empty page of the site and waits until it is ready.
    ///
    /// # Errors
    /// When it breaks down; when it says that it cannot train.
    pub async fn start(page: &'page Page, kind: DeviceKind) -> Step<Self> {
        let loader = match kind {
            DeviceKind::Cpu => "counting_engine_cpu_loader.js",
            DeviceKind::Webgpu => "counting_engine_gpu_loader.js",
        };
        page.open_empty().await?;
        script(page, "startEngine(arguments[0]);", vec![json!(loader)]).await?;
        let device = DeviceReport { kind, detail: String::new(), usable: false };
        let mut engine = Self { page, device, letters: RefCell::default(), next_id: Cell::new(1) };
        let ready = |reply: &Reply| if let Reply::Ready { device, .. } = reply { Some(device.clone()) } else { None };
        engine.device = engine.answer("Ready", ready).await?.0;
        ensure(engine.device.usable, || format!("the {kind:?} engine cannot train: {}", engine.device.detail))?;
        Ok(engine)
    }

    /// What the engine says that it computes on.
    pub fn device(&self) -> &DeviceReport {
        &self.device
    }

    /// Gives the engine a log; `csv` is the file's text for a [`LogSource::Files`].
    ///
    /// # Errors
    /// The engine's own words.
    pub async fn load(&self, source: LogSource, csv: Option<&str>) -> Step<LoadedLog> {
        let id = self.fresh_id();
        self.tell(&Request::Load { id, origin: id, source, roles: None }, csv).await?;
        let loaded = |reply: &Reply| match reply {
            Reply::Loaded { log, .. } => Some(Ok((**log).clone())),
            Reply::LoadFailed { message, .. } => Some(Err(message.clone())),
            _ => None,
        };
        self.answer("the log", loaded).await?.0
    }

    /// Gives the engine a log whose files are made by a script: the body of a function that returns the parts of each file's
    /// text.
    ///
    /// # Errors
    /// The engine's own words.
    pub async fn load_made(&self, source: LogSource, make: &str) -> Step<LoadedLog> {
        let id = self.begin_load_made(source, make).await?;
        let loaded = |reply: &Reply| match reply {
            Reply::Loaded { log, id: of } if *of == id => Some(Ok((**log).clone())),
            Reply::LoadFailed { message, .. } | Reply::LoadNeedsRoles { message, .. } => Some(Err(message.clone())),
            _ => None,
        };
        self.answer("the log", loaded).await?.0
    }

    /// Sends such a load; returns its id.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn begin_load_made(&self, source: LogSource, make: &str) -> Step<u32> {
        let id = self.fresh_id();
        let request = Request::Load { id, origin: id, source, roles: None };
        let request = wire::encode(&request).map_err(|error| error.to_string())?;
        script(self.page, "tellEngineMade(arguments[0], arguments[1]);", vec![json!(request), json!(make)]).await?;
        Ok(id)
    }

    /// Cancels a load once its assembly has begun.
    ///
    /// # Errors
    /// When it ends before.
    pub async fn cancel_assembly(&self, id: u32) -> Step {
        let begins = |reply: &Reply| match reply {
            Reply::LoadProgress { progress, .. } => progress.steps.map(|_| Ok(())),
            Reply::Loaded { .. } => Some(Err("it was loaded before it could be cancelled".to_owned())),
            _ => None,
        };
        self.answer("the assembly", begins).await?.0?;
        self.tell(&Request::CancelLoad { id }, None).await?;
        let ended = |reply: &Reply| match reply {
            Reply::LoadCancelled { .. } => Some(Ok(())),
            Reply::Loaded { .. } => Some(Err("it was loaded all the same".to_owned())),
            _ => None,
        };
        self.answer("the end of the load", ended).await?.0
    }

    /// Trains to the end.
    ///
    /// # Errors
    /// The engine's own words.
    pub async fn train(&self, plan: TrainPlan) -> Step<Trained> {
        let run = self.fresh_id();
        self.tell(&Request::Train { run, plan: Box::new(plan), step: None }, None).await?;
        let (mut curve, mut last) = (Vec::new(), None);
        let seconds = loop {
            let any = |reply: &Reply| Some(reply.clone());
            match self.answer("training", any).await?.0 {
                Reply::Progress { curve: points, .. } => curve.extend(points),
                Reply::Evaluated { evaluation, .. } => last = Some(*evaluation),
                Reply::Finished { seconds, .. } => break seconds,
                Reply::Failed { message, .. } => return Err(message),
                _ => {}
            }
        };
        let evaluation = last.ok_or("the run ended without an evaluation")?;
        Ok(Trained { run, curve, evaluation, seconds })
    }

    /// Loses the GPU in the middle of a run; returns what the engine says of it.
    ///
    /// # Errors
    /// When it does not say that it cannot train any more.
    pub async fn lose_device(&self, plan: TrainPlan) -> Step<String> {
        let run = self.fresh_id();
        self.tell(&Request::Train { run, plan: Box::new(plan), step: None }, None).await?;
        let begins = |reply: &Reply| matches!(reply, Reply::Progress { .. }).then_some(());
        self.answer("the first steps", begins).await?;
        script(self.page, "window.engine.worker.postMessage('lose');", vec![]).await?;
        let ended = |reply: &Reply| match reply {
            Reply::Ready { device, .. } if !device.usable => Some(Ok(device.detail.clone())),
            Reply::Finished { .. } => Some(Err("it trained to the end without a device".to_owned())),
            Reply::Failed { message, .. } => Some(Err(format!("the run failed: {message}"))),
            _ => None,
        };
        self.answer("the loss of the device", ended).await?.0
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// The engine's own words.
    pub async fn ask(&self, question: Question) -> Step<Answer> {
        let id = self.fresh_id();
        self.tell(&Request::Ask { id, question }, None).await?;
        let answered = |reply: &Reply| match reply {
            Reply::Answer { id: of, answer } if *of == id => Some(answer.clone().map_err(|Refusal(message)| message)),
            _ => None,
        };
        self.answer("the answer", answered).await?.0
    }

    /// A file made from a run: its name and bytes.
    ///
    /// # Errors
    /// The engine's own words.
    pub async fn export(&self, run: RunId, what: Export) -> Step<(String, Vec<u8>)> {
        let id = self.fresh_id();
        self.tell(&Request::Ask { id, question: Question::Export { run, what } }, None).await?;
        let exported = |reply: &Reply| match reply {
            Reply::Answer { answer: Ok(Answer::File { name }), .. } => Some(Ok(name.clone())),
            Reply::Answer { answer: Err(Refusal(message)), .. } => Some(Err(message.clone())),
            _ => None,
        };
        let (name, bytes) = self.answer("the file", exported).await?;
        Ok((name?, bytes))
    }

    /// What the engine has asked of WebGPU so far, and its module's memory.
    ///
    /// # Errors
    /// When the engine has broken down.
    pub async fn counts(&self) -> Step<GpuCounts> {
        script(self.page, "countsOfEngine();", vec![]).await?;
        loop {
            match self.letter("the counts").await? {
                Letter::Counts(counts) => return Ok(counts),
                Letter::Broken(message) => return Err(message),
                Letter::Reply(..) => {}
            }
        }
    }

    fn fresh_id(&self) -> u32 {
        self.next_id.set(self.next_id.get() + 1);
        self.next_id.get()
    }

    async fn tell(&self, request: &Request, text: Option<&str>) -> Step {
        let request = wire::encode(request).map_err(|error| error.to_string())?;
        script(self.page, "tellEngine(arguments[0], arguments[1]);", vec![json!(request), json!(text)]).await.map(drop)
    }

    /// The first reply that `wanted` answers, with the bytes beside it.
    async fn answer<T>(&self, what: &str, wanted: impl Fn(&Reply) -> Option<T>) -> Step<(T, Vec<u8>)> {
        loop {
            match self.letter(what).await? {
                Letter::Reply(reply, bytes) => {
                    if let Some(answer) = wanted(&reply) {
                        return Ok((answer, bytes));
                    }
                }
                Letter::Broken(message) => return Err(format!("the engine broke down: {message}")),
                Letter::Counts(_) => {}
            }
        }
    }

    /// The oldest message not yet read.
    async fn letter(&self, what: &str) -> Step<Letter> {
        eventually(what, PATIENCE, || async {
            if self.letters.borrow().is_empty() {
                let taken = script(self.page, "return takeReplies();", vec![]).await?;
                let taken = taken.as_array().cloned().unwrap_or_default();
                let read: Step<Vec<Letter>> = taken.into_iter().map(read_letter).collect();
                self.letters.borrow_mut().extend(read?);
            }
            self.letters.borrow_mut().pop_front().ok_or_else(|| "the engine is silent".to_owned())
        })
        .await
    }
}

async fn script(page: &Page, body: &str, arguments: Vec<Value>) -> Step<Value> {
    page.script(&format!("{}\n{body}", include_str!("engine.js")), arguments).await
}

fn read_letter(mut letter: Value) -> Step<Letter> {
    let read = |error: serde_json::Error| format!("a reply cannot be read: {error}");
    if let Some(message) = letter["broken"].as_str() {
        return Ok(Letter::Broken(message.to_owned()));
    }
    if letter["counts"].is_object() {
        return serde_json::from_value(letter["counts"].take()).map(Letter::Counts).map_err(read);
    }
    let bytes: Option<Vec<u8>> = serde_json::from_value(letter["bytes"].take()).map_err(read)?;
    let reply: Vec<u8> = serde_json::from_value(letter["reply"].take()).map_err(read)?;
    let reply = wire::decode(&reply).map_err(|error| error.to_string())?;
    Ok(Letter::Reply(Box::new(reply), bytes.unwrap_or_default()))
}
