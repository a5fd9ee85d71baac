//! Draft runs: while a control of the Story moves, the whole comparison is trained on a small log of the same kind.
//!
//! One draft is under way at a time, its models spread over the workers; then the newest state of the controls has its turn.
//! Once a control is let go and its draft is there, the comparison is trained in full; the draft stays on view until the
//! runs have an epoch to show.

use std::collections::VecDeque;

use super::effect::Effect;
use super::questions::Asked;
use super::runs::{MAX_CPU_WORKERS, cost};
use super::state::TrainingMode;
use super::{Message, Page};
use crate::app::order::sort_few;
use crate::app::planned_runs::PlannedRun;
use crate::domain::spec::{DataSpec, RunSpec};
use crate::domain::synth::SynthSpec;
use crate::protocol::{DeviceKind, DraftAsk, DraftRun, Drafted, LoadedLog, Question, Run, RunStatus};

/// Impressions of a draft's log, where the machine trains them in time.
const MOST_ROWS: usize = 20_000;
const FIRST_ROWS: usize = 10_000;
const LEAST_ROWS: usize = 2_000;
/// Seconds of work on each core that a draft is made to take.
const AIM_SECONDS: f64 = 0.2;
/// A draft that takes this much more or less has more or fewer impressions the next time.
const TOLERANCE: f64 = 1.3;
/// Milliseconds that a model's training may take before it is given up.
const LONGEST_TRAINING: f64 = 400.0;
/// A key that is held moves a control again within this time.
const SETTLE_MILLIS: u32 = 150;
/// A control that rests so long counts as let go: a slider that is dragged back to where it was tells of no change.
const REST_MILLIS: u32 = 1_500;

/// Draft runs on view.
#[derive(Debug, Clone, PartialEq)]
pub struct Drafts {
    /// The experiment as it is trained in full.
    pub spec: RunSpec,
    /// The draft's log, of fewer impressions; none where only the training is another.
    pub log: Option<LoadedLog>,
    pub runs: Vec<Run>,
    /// Impressions of the draft, and of the log in full.
    pub rows: [usize; 2],
}

/// The page's record of its drafts.
#[derive(Debug)]
pub(super) struct Drafting {
    now: Option<Draft>,
    /// The controls have moved since that draft began.
    is_outdated: bool,
    /// Number of the wait after which the controls count as let go.
    settling: Option<u32>,
    /// What the page does when the draft is there.
    next: Next,
    /// Impressions of the next draft's log: as many as this machine trains in time, 0 when it does not train any.
    rows: usize,
}

/// A draft under way.
#[derive(Debug)]
struct Draft {
    spec: RunSpec,
    synth: SynthSpec,
    waiting: VecDeque<PlannedRun>,
    /// The models of the comparison, in order, those that are not there yet without an evaluation.
    runs: Vec<Run>,
    log: Option<LoadedLog>,
    n_open: usize,
    /// Of all its models together.
    seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The controls still move, or have not moved.
    Nothing,
    /// Train in full.
    Train,
    /// That trains: the draft goes when the runs can take its place.
    Replace,
}

impl Default for Drafting {
    fn default() -> Self {
        Self { now: None, is_outdated: false, settling: None, next: Next::Nothing, rows: FIRST_ROWS }
    }
}

impl Page {
    /// A control of the experiment has moved: drafts follow it, where the log is a generated one.
    pub(super) fn try_out(&mut self) {
        if !self.is_log_generated() {
            return;
        }
        self.settle_in(REST_MILLIS);
        self.drafting.next = Next::Nothing;
        // What is under way is outdated.
        if self.pending.is_some() {
            self.cancel_pending();
        }
        if *self.mode == TrainingMode::Running && self.workers.iter().any(|worker| worker.state.is_busy()) {
            self.abandon();
        }
        match self.drafting.now {
            Some(_) => self.drafting.is_outdated = true,
            None => self.begin_draft(),
        }
    }

    /// A control was let go: the comparison is trained in full, unless a control moves again at once.
    pub(super) fn settle(&mut self) {
        if self.is_log_generated() {
            self.settle_in(SETTLE_MILLIS);
        }
    }

    fn settle_in(&mut self, millis: u32) {
        let number = self.fresh_number();
        self.drafting.settling = Some(number);
        self.effects.push(Effect::Wait { millis, message: Box::new(Message::Settled(number)) });
    }

    pub(super) fn on_settled(&mut self, number: u32) {
        if self.drafting.settling != Some(number) {
            return;
        }
        self.drafting.settling = None;
        match self.drafting.now {
            Some(_) => self.drafting.next = Next::Train,
            None => self.train_settled(),
        }
    }

    pub(super) fn is_drafting(&self) -> bool {
        self.drafting.now.is_some()
    }

    /// Whether the experiment is on a log that the page can generate anew.
    fn is_log_generated(&self) -> bool {
        matches!(self.spec.data, DataSpec::Generated { .. })
    }

    /// The experiment of the controls.
    fn settled_spec(&self) -> RunSpec {
        RunSpec { data: DataSpec::Generated { synth: self.synth.clone() }, ..self.spec.clone() }
    }

    fn train_settled(&mut self) {
        if self.drafting.rows == 0 {
            self.drafting.rows = LEAST_ROWS; // another network may be fast enough
        }
        let is_back = self.session.trained.as_ref() == Some(&self.settled_spec());
        if is_back && !self.session.runs.is_empty() && self.session.runs.iter().all(Run::is_complete) {
            return self.forget_drafts(); // its runs in full are there
        }
        let shown = std::mem::take(&mut *self.drafts);
        if self.source.is_some() && self.settled_spec().data == self.spec.data {
            self.train(TrainingMode::Running);
        } else {
            self.generate();
            self.trains_when_loaded = true;
        }
        self.drafts.set(shown);
        self.drafting.next = Next::Replace;
    }

    fn begin_draft(&mut self) {
        self.drafting.is_outdated = false;
        let spec = self.settled_spec();
        let is_shown = self.drafts.as_ref().is_some_and(|drafts| drafts.spec == spec);
        if is_shown || self.drafting.rows == 0 {
            return self.after_draft();
        }
        let synth = SynthSpec { rows: self.synth.rows.min(self.drafting.rows), ..self.synth.clone() };
        let one_seed = RunSpec { seeds: spec.seeds.iter().copied().take(1).collect(), ..spec.clone() };
        let planned = self.session.log.as_ref().map(|log| (self.functions.plan_runs)(&one_seed, log));
        // What cannot be trained is said when it is trained in full.
        let Some(Ok(planned)) = planned else { return self.after_draft() };
        let run = |run: &PlannedRun| Run::queued(0, run.plan.model.clone(), run.plan.seed);
        let runs = planned.runs.iter().map(run).collect();
        let mut waiting = planned.runs;
        // The longest first: the cores are done at about the same time.
        sort_few(&mut waiting, |a, b| cost(&a.plan) > cost(&b.plan));
        let waiting = VecDeque::from(waiting);
        self.drafting.now = Some(Draft { spec, synth, waiting, runs, log: None, n_open: 0, seconds: 0.0 });
    }

    fn draft_cores(&self) -> usize {
        self.surroundings.cores.clamp(1, MAX_CPU_WORKERS)
    }

    /// Asks for the draft's next models, one of each worker.
    pub(super) fn ask_drafts(&mut self) {
        let limit = self.draft_cores();
        while let Some(draft) = &self.drafting.now
            && draft.n_open < limit
            && !draft.waiting.is_empty()
            && let Some(index) = self.worker_for_draft()
            && let Some(draft) = &mut self.drafting.now
            && let Some(PlannedRun { plan, .. }) = draft.waiting.pop_front()
        {
            draft.n_open += 1;
            let ask = DraftAsk { synth: draft.synth.clone(), plan, longest: LONGEST_TRAINING };
            self.ask_worker(index, Question::Draft(Box::new(ask)));
        }
    }

    /// A CPU worker without a draft: first one that trains, which does not go on meanwhile.
    fn worker_for_draft(&mut self) -> Option<usize> {
        let is_free = |index: &usize| {
            let worker = &self.workers[*index];
            let is_drafting = self.awaited.has_of(worker.key, Asked::is_draft);
            worker.kind == DeviceKind::Cpu && !worker.state.is_loading() && !is_drafting
        };
        let free = (0..self.workers.len()).filter(is_free).min_by_key(|&index| !self.workers[index].state.is_busy());
        let n_cpu = self.workers.iter().filter(|worker| worker.kind == DeviceKind::Cpu).count();
        match free {
            Some(index) => Some(index),
            None => (n_cpu < self.draft_cores()).then(|| self.start_worker(DeviceKind::Cpu)),
        }
    }

    pub(super) fn on_drafted(&mut self, ask: &DraftAsk, drafted: Drafted) {
        let Some(draft) = &mut self.drafting.now else { return };
        draft.n_open -= 1;
        match drafted {
            Drafted::TooSlow { share } => {
                let rows = rounded(ask.synth.rows as f64 * share / TOLERANCE);
                self.drafting.rows = if rows < LEAST_ROWS { 0 } else { rows };
                self.drafting.is_outdated |= rows >= LEAST_ROWS;
                self.give_up_draft();
            }
            Drafted::Trained(drafted) => {
                let DraftRun { log, progress, evaluation, seconds } = *drafted;
                draft.log = Some(log);
                draft.seconds += seconds;
                if let Some(run) = draft.runs.iter_mut().find(|run| run.model.name == ask.plan.model.name) {
                    run.status = RunStatus::Finished { seconds };
                    run.progress = Some(progress);
                    run.evaluations = vec![evaluation];
                }
                if draft.waiting.is_empty() && draft.n_open == 0 {
                    self.show_draft();
                }
            }
        }
    }

    /// A model of a draft that failed, or whose worker is gone: there is no draft of these controls.
    pub(super) fn on_draft_refused(&mut self) {
        if self.drafting.now.is_some() {
            self.give_up_draft();
        }
    }

    fn give_up_draft(&mut self) {
        self.drafting.now = None;
        self.awaited.forget(Asked::is_draft);
        if self.drafting.is_outdated { self.begin_draft() } else { self.after_draft() }
    }

    fn show_draft(&mut self) {
        let Some(Draft { spec, synth, runs, log, seconds, .. }) = self.drafting.now.take() else { return };
        let cores = self.draft_cores().min(runs.len().max(1));
        let taken = seconds / cores as f64;
        let fits = AIM_SECONDS / taken.max(1e-3);
        if !(1.0 / TOLERANCE..=TOLERANCE).contains(&fits) {
            let rows = rounded(self.drafting.rows as f64 * fits.min(2.0));
            self.drafting.rows = rows.clamp(LEAST_ROWS, MOST_ROWS);
        }
        let DataSpec::Generated { synth: in_full } = &spec.data else { return };
        let rows = [synth.rows, in_full.rows];
        let is_other_log = spec.data != self.spec.data;
        self.drafts.set(Some(Drafts { spec, log: log.filter(|_| is_other_log), runs, rows }));
        if self.drafting.is_outdated { self.begin_draft() } else { self.after_draft() }
    }

    fn after_draft(&mut self) {
        if self.drafting.next == Next::Train {
            self.train_settled();
        }
    }

    /// Takes the draft from view, and what would follow it.
    pub(super) fn forget_drafts(&mut self) {
        let rows = self.drafting.rows;
        self.drafting = Drafting { rows, ..Drafting::default() };
        self.awaited.forget(Asked::is_draft);
        if self.drafts.is_some() {
            self.drafts.set(None);
        }
    }

    /// Takes the draft from view once the runs that follow it have an epoch to show, or have ended.
    pub(super) fn replace_drafts(&mut self) {
        if self.drafting.next != Next::Replace || self.pending.is_some() {
            return;
        }
        let seed = self.session.runs.first().map(|run| run.seed);
        let mut runs = self.session.runs.iter().filter(|run| Some(run.seed) == seed);
        let is_trained = |run: &Run| run.latest().is_some_and(|evaluation| evaluation.epoch >= 1.0);
        if runs.all(|run| is_trained(run) || run.status.is_ended()) {
            self.forget_drafts();
        }
    }
}

/// In thousands.
fn rounded(rows: f64) -> usize {
    (rows / 1e3).round() as usize * 1_000
}
