//! Runs: queued, assigned to workers, and controlled.

use super::schedule::{Limits, Placement, Slot, next_placement};
use super::state::TrainingMode;
use super::{Notice, Page};
use crate::app::order::sort_few;
use crate::app::planned_runs::{PlannedRun, PlannedRuns};
use crate::domain::report::ImpressionReading;
use crate::domain::spec::{DataSpec, Objective, TrainPlan};
use crate::protocol::{DeviceKind, Question, Reply, Request, Run, RunId, RunStatus, StepUnit};

/// Maximum number of CPU workers.
pub(super) const MAX_CPU_WORKERS: usize = 6;

/// A run without a worker yet.
pub(super) struct QueuedRun {
    pub run: RunId,
    pub plan: TrainPlan,
}

/// How long a run takes beside others on the same log: by its towers, each of which is trained on every row; trees last.
pub(super) fn cost(plan: &TrainPlan) -> usize {
    match plan.model.objective {
        Objective::BoostedTrees { .. } => usize::MAX,
        _ => plan.model.tree.questions.len() + usize::from(plan.model.objective.auxiliary_tower().is_some()),
    }
}

impl Page {
    /// Queues every model with every seed.
    pub(super) fn train(&mut self, mode: TrainingMode) {
        if self.source.is_none() && self.pending.is_some() {
            self.trains_when_loaded = true;
            return;
        }
        if self.source.is_none() && matches!(self.spec.data, DataSpec::Generated { .. }) {
            // No engine has it, or had it.
            self.generate();
            self.trains_when_loaded = true;
            return;
        }
        let planned = match self.plan_runs() {
            Err(message) => return self.warn(message),
            Ok(planned) => planned,
        };
        self.end_overdue();
        if self.workers.iter().any(|worker| worker.state.is_busy()) {
            self.abandon();
        }
        let notices = [self.other_log(), Some(planned.notice)].into_iter().flatten().filter(|words| !words.is_empty());
        let notices = notices.collect::<Vec<_>>().join(" ");
        self.notice.set((!notices.is_empty()).then_some(Notice::Trouble(notices)));
        let mut runs = Vec::new();
        self.queue.clear();
        for PlannedRun { plan, left_out } in planned.runs {
            let run = self.fresh_number();
            runs.push(Run { left_out, ..Run::queued(run, plan.model.clone(), plan.seed) });
            self.queue.push_back(QueuedRun { run, plan });
        }
        // Seed by seed: all models can be compared after the first seed. Of that the shortest first, so that soon there is
        // something to look at; of others the longest, so that no core is idle while a long one ends.
        let seeds = &self.spec.seeds;
        let place = |QueuedRun { plan, .. }: &QueuedRun| match seeds.iter().position(|seed| *seed == plan.seed) {
            Some(later @ 1..) => (later, usize::MAX - cost(plan)),
            first => (first.unwrap_or_default(), cost(plan)),
        };
        sort_few(self.queue.make_contiguous(), |a, b| place(a) < place(b));
        self.try_gpu_again();
        self.prepare_race();
        self.plans.clear();
        self.forget_checkpoints();
        (self.reloads, self.restored_reloads) = (0, None);
        self.moment.set(None);
        self.plays.set(false);
        self.opens_itself = false;
        self.opened_itself.set(false);
        self.mode.set(mode);
        for worker in &mut self.workers {
            worker.state.forget_model();
        }
        // Queries about the earlier runs do not apply to these.
        self.rows_choice.without_run();
        self.forget_subsets();
        let spec = self.spec.clone();
        let (own, may_stay) = self.session.take_from_file(&spec);
        self.session.start_over(Some(spec), runs);
        if may_stay {
            self.session.add_from_file(own);
        } else if !own.is_empty() {
            self.warn(text!(page::own_predictions::other_rows).to_owned());
        }
        self.dispatch();
    }

    /// What is trained on, when the Data tab shows files that are no log yet.
    fn other_log(&self) -> Option<String> {
        let (refused, log) = (self.refused.as_ref()?, self.session.log.as_ref()?);
        Some(text!(page::runs::other_log, log = &log.name, files = refused.name()))
    }

    fn plan_runs(&self) -> Result<PlannedRuns, String> {
        let log = self.session.log.as_ref().ok_or(text!(page::runs::no_log))?;
        if self.source.is_none() {
            return Err(text!(page::runs::log_gone).to_owned());
        }
        (self.functions.plan_runs)(&self.spec, log)
    }

    /// Assigns queued runs to workers, up to the limits.
    pub(super) fn dispatch(&mut self) {
        while let Some(next) = self.queue.front()
            && self.source.is_some()
        {
            let is_taken_up = self.take_up_request(next).is_some();
            if *self.mode == TrainingMode::Paused && !is_taken_up {
                return;
            }
            // The GPU worker has one model: restored runs get a CPU worker each.
            // Trees are grown in memory on either.
            let is_for_cpu = matches!(next.plan.model.objective, Objective::BoostedTrees { .. });
            let is_for_cpu = is_for_cpu || is_taken_up || self.goes_on_on_cpu(next.run);
            let kind = if is_for_cpu { Some(DeviceKind::Cpu) } else { self.target() };
            let Some(kind) = kind else { return };
            let Some(index) = self.worker_for_next_run(kind) else { return };
            let Some(QueuedRun { run, plan }) = self.queue.pop_front() else { return };
            self.plans.insert(run, plan);
            self.start_or_send_log(index, run);
        }
    }

    /// Index of the worker for the next run; starts one if the schedule asks for it.
    fn worker_for_next_run(&mut self, kind: DeviceKind) -> Option<usize> {
        let indices: Vec<usize> = (0..self.workers.len()).filter(|&i| self.workers[i].kind == kind).collect();
        let slots: Vec<Slot> = indices
            .iter()
            .map(|&i| &self.workers[i])
            .map(|worker| Slot {
                is_training: worker.state.is_busy(),
                is_loading: worker.state.is_loading(),
                has_model: worker.state.model().is_some(),
            })
            .collect();
        let limits = match kind {
            DeviceKind::Webgpu => Limits { at_once: 1, workers: 1 },
            // Paused runs need a worker each, or the later ones would never start.
            DeviceKind::Cpu if *self.mode != TrainingMode::Running => {
                Limits { at_once: MAX_CPU_WORKERS, workers: MAX_CPU_WORKERS }
            }
            DeviceKind::Cpu => {
                Limits { at_once: self.surroundings.cores.clamp(1, MAX_CPU_WORKERS), workers: MAX_CPU_WORKERS }
            }
        };
        Some(match next_placement(&slots, limits)? {
            Placement::Worker(slot) => indices[slot],
            Placement::New => self.start_worker(kind),
        })
    }

    /// Starts a run on a worker; sends the page's log first if needed.
    pub(super) fn start_or_send_log(&mut self, index: usize, run: RunId) {
        let Some(source) = self.source.clone() else { return };
        if self.workers[index].state.log() != Some(source.serial) {
            self.send_log(index, &source, Some(run));
            return;
        }
        let Some(plan) = self.plans.get(&run).cloned() else { return };
        self.workers[index].state.train(run);
        if let Some((request, weights)) = self.take_up_request(&QueuedRun { run, plan: plan.clone() }) {
            return self.post(index, request, vec![weights]);
        }
        let mode = *self.mode;
        let step = if let TrainingMode::Stepping(unit) = mode { Some(unit) } else { None };
        let snapshot = self.snapshot(run).cloned();
        self.post(index, Request::Train { run, plan: Box::new(plan), step }, snapshot.into_iter().collect());
        if mode == TrainingMode::Paused {
            self.post(index, Request::Pause { run }, Vec::new());
        }
    }

    /// Queues a run again whose worker was lost, or that was under way before a reload; it goes on where it has a snapshot.
    pub(super) fn restart(&mut self, queued: QueuedRun) {
        let has_snapshot = self.snapshot(queued.run).is_some();
        if let Some(run) = self.session.runs.iter_mut().find(|run| run.id == queued.run) {
            if has_snapshot {
                run.status = RunStatus::Queued;
            } else {
                let left_out = std::mem::take(&mut run.left_out);
                *run = Run { left_out, ..Run::queued(run.id, run.model.clone(), run.seed) };
            }
        }
        self.queue.push_front(queued);
    }

    pub(super) fn pause(&mut self) {
        self.forget_drafts();
        self.mode.set(TrainingMode::Paused);
        self.post_to_training(|run| Request::Pause { run });
    }

    pub(super) fn resume(&mut self) {
        self.mode.set(TrainingMode::Running);
        self.mark_training();
        self.post_to_training(|run| Request::Resume { run });
        self.dispatch();
    }

    pub(super) fn step(&mut self, unit: StepUnit) {
        if !self.is_any_under_way() {
            return self.train(TrainingMode::Stepping(unit));
        }
        self.forget_drafts();
        self.mode.set(TrainingMode::Stepping(unit));
        self.mark_training();
        self.post_to_training(|run| Request::Step { run, unit });
        self.dispatch();
    }

    /// Stops all runs; their models stay.
    pub(super) fn stop(&mut self) {
        self.forget_drafts();
        self.drop_queue();
        self.post_to_training(|run| Request::Stop { run });
        self.await_stop();
    }

    /// Stops all runs, whose place others take.
    pub(super) fn abandon(&mut self) {
        self.drop_queue();
        self.post_to_training(|run| Request::Abandon { run });
        for worker in &mut self.workers {
            if let Some(run) = worker.state.training_run() {
                worker.state.forget_model();
                self.session.apply(Reply::Stopped { run });
            }
        }
    }

    /// Stops the runs that have not begun.
    fn drop_queue(&mut self) {
        let mut unbegun: Vec<RunId> = self.queue.drain(..).map(|queued| queued.run).collect();
        // A run whose worker still loads the log has not started either.
        unbegun.extend(self.workers.iter_mut().filter_map(|worker| worker.state.drop_next()));
        for run in unbegun {
            self.session.apply(Reply::Stopped { run });
        }
        // A run that stops does not start again when its worker crashes before it has stopped.
        self.plans.clear();
        self.mode.set(TrainingMode::Running);
    }

    fn post_to_training(&mut self, request: impl Fn(RunId) -> Request) {
        for index in 0..self.workers.len() {
            if let Some(run) = self.workers[index].state.training_run() {
                self.post(index, request(run), Vec::new());
            }
        }
    }

    /// Marks paused runs as training without waiting for the worker.
    fn mark_training(&mut self) {
        for run in self.session.runs.iter_mut().filter(|run| run.status == RunStatus::Held) {
            run.status = RunStatus::Training;
        }
    }

    pub(super) fn on_run_reply(&mut self, index: usize, reply: Reply) {
        let is_late = self.is_overdue(&self.workers[index]);
        match &reply {
            Reply::Finished { run, .. } | Reply::Stopped { run } | Reply::Failed { run, .. } => {
                let worker = &mut self.workers[index].state;
                let has_model = if let Reply::Failed { .. } = reply {
                    worker.on_run_failed(*run);
                    false
                } else {
                    worker.on_run_ended(*run)
                };
                self.plans.remove(run);
                if has_model {
                    self.ask_checkpoint(index, *run);
                }
            }
            Reply::TakenUp { run, is_there } => {
                self.workers[index].state.on_taken_up(*run, *is_there);
                self.plans.remove(run);
                if !is_there {
                    self.give_up_weights(*run);
                }
            }
            // Sent before the worker received `Resume`.
            Reply::Held { run } if *self.mode == TrainingMode::Running => {
                return self.post(index, Request::Resume { run: *run }, Vec::new());
            }
            Reply::Evaluated { run, .. } => {
                let run = *run;
                self.hear(reply, is_late);
                self.on_model_changed(run);
                return self.ask_impression(Some(run));
            }
            _ => {}
        }
        self.hear(reply, is_late);
        self.dispatch();
        self.ask_what_waits();
    }

    /// Applies what a worker says of its run, and the last of what it says of one that counts as stopped.
    fn hear(&mut self, reply: Reply, is_late: bool) {
        if is_late {
            self.session.apply_late(reply)
        } else {
            self.session.apply(reply)
        };
    }

    /// Pauses if anything trains.
    pub(super) fn pause_training(&mut self) {
        if self.is_any_under_way() && *self.mode != TrainingMode::Paused {
            self.pause();
        }
    }

    /// Index of the worker with a run's model.
    pub(super) fn worker_of_run(&self, run: RunId) -> Option<usize> {
        self.workers.iter().position(|worker| worker.state.model() == Some(run))
    }

    /// Sets the learning rate of queued runs and of those under way.
    pub(super) fn set_learning_rate(&mut self, learning_rate: f64) {
        let queued = self.queue.iter_mut().map(|queued| &mut queued.plan);
        for plan in self.plans.values_mut().chain(queued) {
            plan.training.learning_rate = learning_rate;
        }
        self.post_to_training(|run| Request::SetLearningRate { run, learning_rate });
    }

    /// Asks the models for the inspected row's predictions; with `only`, that run's model.
    pub(super) fn ask_impression(&mut self, only: Option<RunId>) {
        let Some(row) = self.inspected.as_ref().map(|inspected| inspected.row) else { return };
        for (index, run) in self.workers_with_models(only) {
            self.ask_worker(index, Question::Impression { run, row });
        }
    }

    pub(super) fn on_impression(&mut self, run: RunId, row: usize, reading: ImpressionReading) {
        if let Some(inspected) = self.inspected.as_mut()
            && inspected.row == row
        {
            inspected.readings.insert(run, reading);
            inspected.message = None;
        }
    }

    pub(super) fn on_impression_refused(&mut self, row: usize, message: &str) {
        // Another model may have answered.
        if let Some(inspected) = self.inspected.as_mut()
            && inspected.row == row
            && inspected.readings.is_empty()
        {
            inspected.message = Some(message.to_owned());
        }
    }
}
