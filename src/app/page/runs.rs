//! Runs: queued, spread over the workers, and steered.

use super::Page;
use super::questions::Purpose;
use super::schedule::{Limits, Seat, Slot, next_seat};
use super::state::Pace;
use crate::app::chosen::{Chosen, ChosenRun};
use crate::domain::report::ImpressionReading;
use crate::domain::spec::TrainPlan;
use crate::protocol::{DeviceKind, Question, Reply, Request, Run, RunId, RunStatus, StepUnit};

/// Workers that may be kept for their models' sake.
pub(super) const MAX_CPU_WORKERS: usize = 6;

/// A run that waits for a worker.
pub(super) struct Waiting {
    pub run: RunId,
    pub plan: TrainPlan,
}

impl Page {
    /// Queues every model with every seed.
    pub(super) fn train(&mut self, pace: Pace) {
        if self.workers.iter().any(|worker| worker.state.is_taken()) {
            self.stop();
        }
        let chosen = match self.what_to_train() {
            Err(message) => return self.notice.set(Some(message)),
            Ok(chosen) => chosen,
        };
        self.notice.set(Some(chosen.notice).filter(|notice| !notice.is_empty()));
        let mut runs = Vec::new();
        self.queue.clear();
        for ChosenRun { plan, left_out } in chosen.runs {
            let run = self.fresh_number();
            runs.push(Run { left_out, ..Run::queued(run, plan.model.clone(), plan.seed) });
            self.queue.push_back(Waiting { run, plan });
        }
        // Seed by seed: all models can be compared after the first, and the models that stay in memory are some of each.
        let seeds = &self.spec.seeds;
        let turn = |waiting: &Waiting| seeds.iter().position(|seed| *seed == waiting.plan.seed);
        self.queue.make_contiguous().sort_by_key(turn);
        self.plans.clear();
        self.forget_checkpoints();
        self.moment.set(None);
        self.plays.set(false);
        self.opens_itself = false;
        self.opened_itself.set(false);
        self.pace.set(pace);
        for worker in &mut self.workers {
            worker.state.forget_model();
        }
        // What was asked of the runs before cannot be asked of these.
        self.rows_choice.without_run();
        self.forget_subsets();
        let spec = self.spec.clone();
        self.session.start_over(Some(spec), runs);
        self.dispatch();
    }

    fn what_to_train(&self) -> Result<Chosen, String> {
        let log = self.session.log.as_ref().ok_or(text!(page::runs::no_log))?;
        if self.source.is_none() && self.pending.is_none() {
            return Err(text!(page::runs::log_gone).to_owned());
        }
        (self.functions.chosen)(&self.spec, log)
    }

    /// Puts waiting runs on workers as far as there is room.
    pub(super) fn dispatch(&mut self) {
        while let Some(next) = self.queue.front()
            && self.source.is_some()
            && *self.pace != Pace::Holding
        {
            // One GPU worker has one model: those that are taken up have a CPU worker each.
            let kind = if self.taking_up(next).is_some() { Some(DeviceKind::Cpu) } else { self.target() };
            let Some(kind) = kind else { return };
            let Some(index) = self.seat(kind) else { return };
            let Some(Waiting { run, plan }) = self.queue.pop_front() else { return };
            self.plans.insert(run, plan);
            self.start_or_give_log(index, run);
        }
    }

    /// Index of the worker that takes the next run, starting one where the schedule says so.
    fn seat(&mut self, kind: DeviceKind) -> Option<usize> {
        let indices: Vec<usize> = (0..self.workers.len()).filter(|&i| self.workers[i].kind == kind).collect();
        let slots: Vec<Slot> = indices
            .iter()
            .map(|&i| &self.workers[i])
            .map(|worker| Slot {
                is_training: worker.state.is_taken(),
                is_loading: worker.state.is_loading(),
                keeps_run: worker.state.keeps().is_some(),
            })
            .collect();
        let limits = match kind {
            DeviceKind::Webgpu => Limits { at_once: 1, workers: 1 },
            // Held runs need a worker each, or the later ones would never get their turn.
            DeviceKind::Cpu if *self.pace != Pace::Going => {
                Limits { at_once: MAX_CPU_WORKERS, workers: MAX_CPU_WORKERS }
            }
            DeviceKind::Cpu => {
                Limits { at_once: self.surroundings.cores.clamp(1, MAX_CPU_WORKERS), workers: MAX_CPU_WORKERS }
            }
        };
        Some(match next_seat(&slots, limits)? {
            Seat::Worker(slot) => indices[slot],
            Seat::New => self.start_worker(kind),
        })
    }

    /// Starts a run on a worker, once that holds the page's log.
    pub(super) fn start_or_give_log(&mut self, index: usize, run: RunId) {
        let Some(source) = self.source.clone() else { return };
        if self.workers[index].state.log() != Some(source.serial) {
            self.give_log(index, &source, Some(run));
            return;
        }
        let Some(plan) = self.plans.get(&run).cloned() else { return };
        self.workers[index].state.train(run);
        if let Some((request, weights)) = self.taking_up(&Waiting { run, plan: plan.clone() }) {
            return self.post(index, request, Some(weights));
        }
        let pace = *self.pace;
        let step = if let Pace::Stepping(unit) = pace { Some(unit) } else { None };
        self.post(index, Request::Train { run, plan: Box::new(plan), step }, None);
        if pace == Pace::Holding {
            self.post(index, Request::Pause { run }, None);
        }
    }

    /// A run whose GPU was lost starts again.
    pub(super) fn restart(&mut self, waiting: Waiting) {
        if let Some(run) = self.session.runs.iter_mut().find(|run| run.id == waiting.run) {
            let left_out = std::mem::take(&mut run.left_out);
            *run = Run { left_out, ..Run::queued(run.id, run.model.clone(), run.seed) };
        }
        self.queue.push_front(waiting);
    }

    pub(super) fn pause(&mut self) {
        self.pace.set(Pace::Holding);
        self.tell_training(|run| Request::Pause { run });
    }

    pub(super) fn resume(&mut self) {
        self.pace.set(Pace::Going);
        self.mark_moving();
        self.tell_training(|run| Request::Resume { run });
        self.dispatch();
    }

    pub(super) fn step(&mut self, unit: StepUnit) {
        if self.workers.iter().all(|worker| !worker.state.is_taken()) {
            return self.train(Pace::Stepping(unit));
        }
        self.pace.set(Pace::Stepping(unit));
        self.mark_moving();
        self.tell_training(|run| Request::Step { run, unit });
        self.dispatch();
    }

    /// Ends all runs; what they have learned stays.
    pub(super) fn stop(&mut self) {
        let mut unbegun: Vec<RunId> = self.queue.drain(..).map(|waiting| waiting.run).collect();
        // A run whose worker still reads the log has not begun either.
        unbegun.extend(self.workers.iter_mut().filter_map(|worker| worker.state.drop_next()));
        for run in unbegun {
            self.session.apply(Reply::Stopped { run });
        }
        self.pace.set(Pace::Going);
        self.tell_training(|run| Request::Stop { run });
    }

    fn tell_training(&mut self, request: impl Fn(RunId) -> Request) {
        for index in 0..self.workers.len() {
            if let Some(run) = self.workers[index].state.trains() {
                self.post(index, request(run), None);
            }
        }
    }

    /// Held runs move again as soon as the page has said so.
    fn mark_moving(&mut self) {
        for run in self.session.runs.iter_mut().filter(|run| run.status == RunStatus::Held) {
            run.status = RunStatus::Training;
        }
    }

    pub(super) fn on_run_reply(&mut self, index: usize, reply: Reply) {
        match &reply {
            Reply::Finished { run, .. } | Reply::Stopped { run } | Reply::Failed { run, .. } => {
                let worker = &mut self.workers[index].state;
                let is_kept = match reply {
                    Reply::Failed { .. } => worker.on_run_failed(*run),
                    _ => worker.on_run_ended(*run),
                };
                self.plans.remove(run);
                if is_kept {
                    self.ask_checkpoint(index, *run);
                }
            }
            Reply::TakenUp { run, is_there } => {
                self.workers[index].state.on_taken_up(*run, *is_there);
                self.plans.remove(run);
            }
            // Went out before the worker heard that the user wants to go on.
            Reply::Held { run } if *self.pace == Pace::Going => {
                return self.post(index, Request::Resume { run: *run }, None);
            }
            Reply::Evaluated { run, .. } => {
                let run = *run;
                self.session.apply(reply);
                self.on_model_moved(run);
                return self.ask_impression(Some(run));
            }
            _ => {}
        }
        self.session.apply(reply);
        self.dispatch();
    }

    pub(super) fn is_anything_training(&self) -> bool {
        self.workers.iter().any(|worker| worker.state.is_taken()) && *self.pace != Pace::Holding
    }

    /// Index of the worker that keeps a run's model.
    pub(super) fn keeper(&self, run: RunId) -> Option<usize> {
        self.workers.iter().position(|worker| worker.state.keeps() == Some(run))
    }

    /// Asks for what flows through a run; one that no worker keeps stays as it was last seen.
    pub(super) fn ask_flow(&mut self, run: RunId) {
        if let Some(index) = self.keeper(run) {
            self.ask(index, Purpose::Flow { run }, Question::Flow { run });
        }
    }

    /// As [`Page::ask_flow`], for the embedding map.
    pub(super) fn ask_embeddings(&mut self, run: RunId, field: usize) {
        if let Some(index) = self.keeper(run) {
            self.ask(index, Purpose::Embeddings { run }, Question::Embeddings { run, field });
        }
    }

    /// Runs under way go on with it; those that wait begin with it.
    pub(super) fn set_learning_rate(&mut self, learning_rate: f64) {
        let waiting = self.queue.iter_mut().map(|waiting| &mut waiting.plan);
        for plan in self.plans.values_mut().chain(waiting) {
            plan.training.learning_rate = learning_rate;
        }
        self.tell_training(|run| Request::SetLearningRate { run, learning_rate });
    }

    /// Asks the models for the inspected row: all of them, or the one of a run that has moved on.
    pub(super) fn ask_impression(&mut self, only: Option<RunId>) {
        let Some(row) = self.picked.as_ref().map(|picked| picked.row) else { return };
        for (index, run) in self.keepers(only) {
            self.ask(index, Purpose::Impression { run, row }, Question::Impression { run, row });
        }
    }

    pub(super) fn on_impression(&mut self, run: RunId, row: usize, reading: ImpressionReading) {
        if let Some(picked) = self.picked.as_mut().filter(|picked| picked.row == row) {
            picked.readings.insert(run, reading);
            picked.message = None;
        }
    }

    pub(super) fn on_impression_refused(&mut self, row: usize, message: &str) {
        // What one model refuses, another may have answered.
        if let Some(picked) = self.picked.as_mut().filter(|picked| picked.row == row && picked.readings.is_empty()) {
            picked.message = Some(message.to_owned());
        }
    }
}
