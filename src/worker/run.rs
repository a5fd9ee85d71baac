//! One run: trains in slices, tells how it goes, evaluates at every epoch's end.

use std::rc::Rc;

use crate::domain::features::Prepared;
use crate::domain::log::OpenedLog;
use crate::domain::metrics::Bootstrap;
use crate::domain::report::{
    EmbeddingReading, Evaluation, FLOW_ROWS, FlowReading, PartReading, RowsPart, embedding_reading, is_middle,
    read_part,
};
use crate::domain::spec::TrainPlan;
use crate::engine::LearnerCheckpoint;
use crate::engine::device::EngineDevice;
use crate::engine::{EngineError, Learned, Learner};
use crate::protocol::{DeviceKind, DeviceReport, Progress, Reply, RunId, StepUnit, VERSION, wire};

use super::checkpoint::{Snapshot, is_kept};
use super::load::WorkerLog;
use super::page::Page;

/// How long one slice of training may hold the worker's thread.
const SLICE_MILLIS: f64 = 40.0;
/// How often progress is sent to the page; each time is one readback.
const REPORT_MILLIS: f64 = 125.0;
/// Steps between readbacks of a GPU at the most, so that a fast one's queue stays short.
const MAX_STEPS_PER_READBACK: u64 = 64;

/// Evaluations per epoch: before the first step, at each epoch's end, and between where they are cheap.
const EVALUATIONS_PER_EPOCH: f64 = 4.0;
/// Evaluations of a long run at the most, epochs' ends aside: the page keeps them all.
const MAX_EVALUATIONS: f64 = 80.0;
/// An evaluation between epochs' ends may cost this share of the training since the last one.
const EVALUATION_SHARE: f64 = 0.2;

/// The run that a worker trains, or trained last.
pub struct ActiveRun {
    pub id: RunId,
    pub plan: TrainPlan,
    pub prepared: Prepared,
    pub learner: Learner,
    /// What it trains on.
    device: DeviceKind,
    log: Rc<OpenedLog>,
    mode: RunMode,
    clock: Clock,
    evaluated: Option<Evaluated>,
    /// Training rows that the flow through the network is measured on, the same at every evaluation.
    sample: Vec<u32>,
    /// What the newest evaluation was read from: its step, and `[eval_rows, questions]`.
    newest: Option<(u64, Vec<f32>)>,
    /// The step after which the learning rate was changed last, and the rate since: the run is no longer its plan's.
    rate_since: Option<(u64, f64)>,
}

/// The last evaluation: where the run stood, in epochs and milliseconds of training, and what it cost.
#[derive(Debug, Clone, Copy)]
struct Evaluated {
    epoch: f64,
    trained: f64,
    cost: f64,
}

/// What the run does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunMode {
    Moving,
    /// One unit of work, then `Held`.
    Stepping(StepUnit),
    Held,
    Ended,
}

/// Time spent training, in milliseconds; pauses and evaluations are left out.
#[derive(Debug, Clone, Copy, Default)]
struct Clock {
    trained: f64,
    reported: Reported,
}

/// Where the run stood when progress was last sent.
#[derive(Debug, Clone, Copy, Default)]
struct Reported {
    trained: f64,
    step: u64,
    rows: u64,
}

impl ActiveRun {
    /// Prepares the log for the plan and puts the model on the device.
    pub fn start(
        id: RunId,
        plan: TrainPlan,
        log: &WorkerLog,
        (kind, device): (DeviceKind, &EngineDevice),
    ) -> Result<Self, String> {
        let prepared = Prepared::new(&log.opened.log, &plan).map_err(|error| error.to_string())?;
        let plan = plan.on_rows(prepared.split.train.len());
        let learner = Learner::new(device, &plan, &prepared).map_err(|error| error.to_string())?;
        let log = log.opened.clone();
        let sample = prepared.training_sample(FLOW_ROWS);
        let clock = Clock::default();
        Ok(Self {
            id,
            plan,
            prepared,
            learner,
            device: kind,
            log,
            mode: RunMode::Moving,
            clock,
            evaluated: None,
            sample,
            newest: None,
            rate_since: None,
        })
    }

    /// Ends at once, with what was learned up to `step`. `None` when it is not its own.
    pub async fn take_up(mut self, learned: Learned, step: u64) -> Option<Self> {
        if !self.learner.take_up(learned) {
            return None;
        }
        self.mode = RunMode::Ended;
        let predicted = self.learner.predict(&self.prepared.split.eval).await.ok()?;
        self.newest = Some((step, predicted.logits));
        Some(self)
    }

    /// The run as it stands, in the writing of [`wire`]; empty where it cannot be gone on with. What its losses say so far is sent
    /// before.
    pub(super) async fn snapshot(&mut self, page: &impl Page) -> Result<Vec<u8>, String> {
        let checkpoint = match self.checkpoint(page).await {
            Ok(Some(checkpoint)) => checkpoint,
            Ok(None) => return Ok(Vec::new()),
            Err(error) => {
                let message = error.to_string();
                self.settle(Err(error), page);
                return Err(message);
            }
        };
        let snapshot = Snapshot { checkpoint, trained: self.clock.trained, rate_since: self.rate_since };
        wire::encode(&snapshot).map_err(|error| error.to_string())
    }

    async fn checkpoint(&mut self, page: &impl Page) -> Result<Option<LearnerCheckpoint>, EngineError> {
        self.report_rest(page).await?;
        // Value and two moments; with early stopping those of the best state too.
        let parts = if self.learner.early_stopping().is_some() { 6 } else { 3 };
        let may_be_kept = self.mode != RunMode::Ended && is_kept(&self.learner, parts);
        if may_be_kept { self.learner.checkpoint().await } else { Ok(None) }
    }

    /// Goes on from a snapshot, before the first step; where it is not this run's, nothing changes.
    pub(super) fn go_on(&mut self, Snapshot { checkpoint, trained, rate_since }: Snapshot) {
        let learning_rate = checkpoint.learning_rate();
        if !self.learner.go_on(checkpoint) {
            return;
        }
        let position = self.learner.position();
        self.plan.training.learning_rate = learning_rate.unwrap_or(self.plan.training.learning_rate);
        self.rate_since = rate_since;
        let reported = Reported { trained, step: position.step, rows: position.rows_seen };
        self.clock = Clock { trained, reported };
        self.evaluated = Some(Evaluated { epoch: position.epoch, trained, cost: 0.0 });
    }

    /// Whether there is training to do now.
    pub fn is_moving(&self) -> bool {
        matches!(self.mode, RunMode::Moving | RunMode::Stepping(_))
    }

    /// Goes on after a hold.
    pub fn resume(&mut self) {
        if self.mode == RunMode::Held {
            self.mode = RunMode::Moving;
        }
    }

    /// Goes on with another learning rate.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        if learning_rate != self.plan.training.learning_rate && self.learner.set_learning_rate(learning_rate) {
            self.plan.training.learning_rate = learning_rate;
            let step = self.learner.position().step;
            // Before the first step it is the run's own rate.
            self.rate_since = (step > 0).then_some((step, learning_rate)).or(self.rate_since);
        }
    }

    /// What evaluations note of it.
    fn changed_rate(&self) -> impl Iterator<Item = (String, f64)> {
        let noted =
            self.rate_since.map(|(step, rate)| [("learning_rate", rate), ("learning_rate_since_step", step as f64)]);
        noted.into_iter().flatten().map(|(key, value)| (key.to_owned(), value))
    }

    /// Does one unit of work, then holds.
    pub fn step(&mut self, unit: StepUnit) {
        if self.mode != RunMode::Ended {
            self.mode = RunMode::Stepping(unit);
        }
    }

    /// Holds after the batch under way, and shows where the model stands.
    pub async fn hold(&mut self, page: &impl Page) {
        if self.is_moving() {
            let next = self.show(page, Bootstrap::NONE).await.map(|()| RunMode::Held);
            self.settle(next, page);
        }
    }

    /// Ends the run with what it has learned so far.
    pub async fn stop(&mut self, page: &impl Page) {
        if self.mode != RunMode::Ended {
            let next = self.show(page, Bootstrap::default()).await.map(|()| RunMode::Ended);
            self.settle(next, page);
        }
    }

    /// Ends the run as it is.
    pub fn abandon(&mut self, page: &impl Page) {
        if self.mode != RunMode::Ended {
            self.settle(Ok(RunMode::Ended), page);
        }
    }

    /// Trains for one slice and sends the page what is due.
    pub async fn train_for_a_moment(&mut self, page: &impl Page) {
        let next = self.train_and_show(page).await;
        self.settle(next, page);
    }

    /// Trains for one slice, shows what is due and returns what the run does next.
    async fn train_and_show(&mut self, page: &impl Page) -> Result<RunMode, EngineError> {
        if self.evaluated.is_none() && self.learner.position().step == 0 {
            self.show(page, Bootstrap::NONE).await?;
        }
        self.train_slice(page).await?;
        let ends_epoch = self.learner.is_evaluation_due();
        if ends_epoch {
            self.end_epoch(page).await?;
        }
        let next = match self.mode {
            _ if self.learner.is_finished() => RunMode::Ended,
            RunMode::Stepping(StepUnit::Batch) => RunMode::Held,
            RunMode::Stepping(StepUnit::Epoch) if ends_epoch => RunMode::Held,
            mode => mode,
        };
        if next == RunMode::Ended {
            self.show(page, Bootstrap::default()).await?;
        } else if next == RunMode::Held || ends_epoch || self.is_evaluation_due() {
            self.show(page, Bootstrap::NONE).await?;
        }
        Ok(next)
    }

    /// Early stopping's look at the epoch, and what ends a run.
    async fn end_epoch(&mut self, page: &impl Page) -> Result<(), EngineError> {
        self.report_rest(page).await?; // the losses of the epoch's last steps belong to the state before
        self.learner.end_epoch(&self.log.log).await?;
        if let Some(report) = self.learner.early_stopping() {
            page.post(&Reply::EarlyStopping { run: self.id, report: Box::new(report.clone()) }, None);
        }
        Ok(())
    }

    /// Batches until the slice is over, an epoch ends or one batch was asked for.
    async fn train_slice(&mut self, page: &impl Page) -> Result<(), EngineError> {
        let started = page.now();
        loop {
            self.learner.step()?;
            if page.now() - started > SLICE_MILLIS
                || self.learner.is_evaluation_due()
                || self.mode == RunMode::Stepping(StepUnit::Batch)
                || self.is_queue_long()
            {
                break;
            }
        }
        self.clock.trained += page.now() - started;
        let since_report = self.clock.trained - self.clock.reported.trained;
        if since_report > REPORT_MILLIS || self.is_queue_long() {
            self.report(page).await?;
        }
        Ok(())
    }

    fn is_queue_long(&self) -> bool {
        self.device == DeviceKind::Webgpu && self.steps_unread() >= MAX_STEPS_PER_READBACK
    }

    /// Steps whose losses have not been read back.
    fn steps_unread(&self) -> u64 {
        self.learner.position().step.saturating_sub(self.clock.reported.step)
    }

    /// Reports the steps since the last report, if there are any.
    async fn report_rest(&mut self, page: &impl Page) -> Result<(), EngineError> {
        if self.steps_unread() > 0 { self.report(page).await } else { Ok(()) }
    }

    /// Reads the losses back, which counts as training, and sends them with the progress.
    async fn report(&mut self, page: &impl Page) -> Result<(), EngineError> {
        let started = page.now();
        let curve = self.learner.take_losses().await?;
        self.clock.trained += page.now() - started;
        let position = self.learner.position();
        let Reported { trained, rows, .. } = self.clock.reported;
        let seconds = (self.clock.trained - trained) / 1e3;
        let rows_per_second =
            if seconds > 0.0 { (position.rows_seen.saturating_sub(rows)) as f64 / seconds } else { 0.0 };
        self.clock.reported = Reported { trained: self.clock.trained, step: position.step, rows: position.rows_seen };
        let progress = Progress {
            step: position.step,
            total_steps: position.total_steps,
            epoch: position.epoch,
            epochs: position.epochs,
            rows_per_second,
            seconds: self.clock.trained / 1e3,
            train_rows: self.prepared.split.train.len(),
            device: self.device,
        };
        page.post(&Reply::Progress { run: self.id, progress, curve }, None);
        Ok(())
    }

    /// Whether the run has moved on enough since its last evaluation to be worth another one before the epoch ends.
    fn is_evaluation_due(&self) -> bool {
        let Some(last) = self.evaluated else { return false };
        let position = self.learner.position();
        // Whatever it costs: without it nobody knows whether the run was still learning when it ended.
        if is_middle(position.step, position.total_steps) {
            return true;
        }
        let apart = (1.0 / EVALUATIONS_PER_EPOCH).max(position.epochs as f64 / MAX_EVALUATIONS);
        position.epoch - last.epoch >= apart && (self.clock.trained - last.trained) * EVALUATION_SHARE >= last.cost
    }

    /// Sends what is left to tell and an evaluation of the held-out rows.
    async fn show(&mut self, page: &impl Page, bootstrap: Bootstrap) -> Result<(), EngineError> {
        self.report_rest(page).await?;
        let started = page.now();
        let model = &self.plan.model;
        let (mut evaluation, logits) = self.learner.evaluate(&self.log.log, model, &self.prepared, bootstrap).await?;
        evaluation.notes.extend(self.changed_rate());
        evaluation.flow = self.learner.flow(model, &self.prepared, &self.sample).await?;
        let Evaluation { step, epoch, .. } = evaluation;
        page.post(&Reply::Evaluated { run: self.id, evaluation: Box::new(evaluation) }, None);
        self.newest = Some((step, logits));
        self.evaluated = Some(Evaluated { epoch, trained: self.clock.trained, cost: page.now() - started });
        Ok(())
    }

    /// The tree over a part of the held-out rows, as the newest evaluation saw them.
    pub fn read_part(&self, part: &RowsPart) -> Result<PartReading, String> {
        let (step, logits) = self.newest.as_ref().ok_or(text!(worker::no_evaluation))?;
        let (log, rows) = (&self.log.log, &self.prepared.split.eval);
        let reading = read_part(log, &self.plan.model, rows, logits, part);
        let reading = reading.ok_or(text!(worker::no_part))?;
        Ok(PartReading { step: *step, ..reading })
    }

    /// What flows through the network on the batch that is next.
    pub async fn next_flow(&mut self) -> Result<FlowReading, String> {
        let rows = self.learner.batch_under_glass();
        let flow =
            self.learner.flow(&self.plan.model, &self.prepared, &rows).await.map_err(|error| error.to_string())?;
        flow.ok_or_else(|| text!(worker::no_network).to_owned())
    }

    /// Where the values of a field lie.
    pub async fn embeddings(&self, field: usize) -> Result<EmbeddingReading, String> {
        let none = || text!(worker::no_embeddings).to_owned();
        let network = self.learner.network().ok_or_else(|| text!(worker::no_network).to_owned())?;
        let fields = &self.prepared.fitted.fields;
        let index = if field < fields.len() { field } else { 0 };
        let embeddings = network.embeddings(index).await.map_err(|error| error.to_string())?;
        let (table, tower) = embeddings.ok_or_else(none)?;
        let labels = self.plan.model.tree.labels();
        let mut reading = embedding_reading(&self.prepared, &labels, index, &table).ok_or_else(none)?;
        // A run that was taken up has made no step of its own.
        reading.step = self.newest.as_ref().map_or(0, |(step, _)| *step).max(self.learner.position().step);
        reading.tower = tower.map(str::to_owned);
        Ok(reading)
    }

    /// Takes up the next mode, and says so where the page has to know.
    fn settle(&mut self, next: Result<RunMode, EngineError>, page: &impl Page) {
        let (run, seconds) = (self.id, self.clock.trained / 1e3);
        self.mode = *next.as_ref().unwrap_or(&RunMode::Ended);
        let reply = match next {
            // The device is lost, or cannot hold this: the page ends this worker and trains elsewhere.
            Err(EngineError::Readback(detail)) => {
                let device = DeviceReport { kind: self.device, detail, usable: false };
                Reply::Ready { protocol: VERSION, device }
            }
            Err(error) => Reply::Failed { run, message: error.to_string() },
            Ok(RunMode::Held) => Reply::Held { run },
            Ok(RunMode::Ended) if self.learner.is_finished() => Reply::Finished { run, seconds },
            Ok(RunMode::Ended) => Reply::Stopped { run },
            Ok(RunMode::Moving | RunMode::Stepping(_)) => return,
        };
        page.post(&reply, None);
    }
}
