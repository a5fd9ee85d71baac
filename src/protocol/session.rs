//! What the page knows of its runs: a plain state and the reducer that replies pass through.
//!
//! Invariant: replies of unknown or ended runs change nothing. Nothing derivable is stored.

use super::{LoadedLog, Progress, Reply, RunId};
use crate::domain::report::{
    CurvePoint, EarlyStoppingReport, EmbeddingReading, Evaluation, FlowReading, Measure, Training,
};
use crate::domain::spec::{DataSpec, ModelSpec, RunSpec};

/// Everything that engine workers have said, reduced.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    pub log: Option<LoadedLog>,
    /// In the order in which they were started.
    pub runs: Vec<Run>,
    /// The experiment that the runs are.
    pub trained: Option<RunSpec>,
    /// What the runs are compared with, when there were others before.
    pub before: Option<Before>,
}

/// One model trained with one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub model: ModelSpec,
    pub seed: u64,
    pub status: RunStatus,
    pub progress: Option<Progress>,
    /// Training losses, in step order.
    pub curve: Vec<CurvePoint>,
    /// In step order; the last one is the current state of the model.
    pub evaluations: Vec<Evaluation>,
    /// Absent when the run trains to its last epoch.
    pub early_stopping: Option<EarlyStoppingReport>,
    /// What of the model the log has nothing for, one sentence each.
    pub left_out: Vec<String>,
    /// Index of the evaluation that the reader looks back at; none for the newest.
    pub looked_at: Option<usize>,
    /// The batch in slow motion, of the state that it belongs to; absent until it is asked for.
    pub batch: Option<FlowReading>,
    /// The embedding map that was asked for last.
    pub embeddings: Option<EmbeddingReading>,
}

/// Runs that newer ones have taken the place of, and the experiment that they were.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    pub spec: RunSpec,
    pub runs: Vec<Run>,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RunStatus {
    /// Waits for a worker.
    Queued,
    Training,
    /// Paused, or stepped and waiting.
    Held,
    Finished {
        seconds: f64,
    },
    Stopped,
    Failed {
        message: String,
    },
    /// Trained beforehand by the lab; no worker has its model.
    Recorded,
    /// From before the page was reloaded; no worker has its model any more.
    Kept,
    /// The same of a run that had not ended.
    Unfinished,
    /// Predictions from a file of the user's: nobody here had a model. Without a seed they are as they are.
    FromFile {
        is_seeded: bool,
    },
}

impl RunStatus {
    /// Whether the run will say no more.
    pub fn is_ended(&self) -> bool {
        !matches!(self, Self::Queued | Self::Training | Self::Held)
    }
}

impl Run {
    /// A run that waits for a worker.
    pub fn queued(id: RunId, model: ModelSpec, seed: u64) -> Self {
        Self {
            id,
            model,
            seed,
            status: RunStatus::Queued,
            progress: None,
            curve: Vec::new(),
            evaluations: Vec::new(),
            early_stopping: None,
            left_out: Vec::new(),
            looked_at: None,
            batch: None,
            embeddings: None,
        }
    }

    /// Whether a worker had its model since the page was opened.
    pub fn is_in_memory(&self) -> bool {
        let is_recalled = matches!(self.status, RunStatus::Recorded | RunStatus::Kept | RunStatus::Unfinished);
        !is_recalled && !self.is_from_file()
    }

    /// Whether it has ended with a model, wherever that is now.
    pub fn has_learned(&self) -> bool {
        matches!(self.status, RunStatus::Finished { .. } | RunStatus::Stopped | RunStatus::Kept)
    }

    /// Whether it is predictions from a file, without tree, towers and steps.
    pub fn is_from_file(&self) -> bool {
        matches!(self.status, RunStatus::FromFile { .. })
    }

    /// The seed that it was trained with; predictions that stand as they are have none that is known.
    pub fn known_seed(&self) -> Option<u64> {
        (self.status != RunStatus::FromFile { is_seeded: false }).then_some(self.seed)
    }

    /// Whether it has more to say, or had when the page was reloaded.
    pub fn is_unfinished(&self) -> bool {
        !self.status.is_ended() || self.status == RunStatus::Unfinished
    }

    /// Whether a reload is to bring it back: it says something, or is still to.
    pub fn is_worth_saving(&self) -> bool {
        self.latest().is_some() || self.is_unfinished()
    }

    /// The newest evaluation.
    pub fn latest(&self) -> Option<&Evaluation> {
        self.evaluations.last()
    }

    /// One of its evaluations, as runs are compared by.
    pub fn measure<'a>(&'a self, evaluation: &'a Evaluation) -> Option<Measure<'a>> {
        let until = self.evaluations.iter().rposition(|known| known.step == evaluation.step)?;
        let path = &self.evaluations[..=until];
        let training = match self.status {
            RunStatus::FromFile { is_seeded: false } => Training::Given,
            RunStatus::FromFile { is_seeded: true } => Training::Seeded { is_complete: true, path: &[] },
            _ => Training::Seeded { is_complete: self.is_complete(), path },
        };
        Some(evaluation.measure(&self.model.name, self.seed, training))
    }

    /// The evaluation that the page shows: the one looked back at, else the newest.
    pub fn shown(&self) -> Option<&Evaluation> {
        self.looked_at.and_then(|index| self.evaluations.get(index)).or(self.latest())
    }
}

impl Session {
    /// The run called `id`.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// Shows every run as it was at `epoch`, by its last evaluation until then (its first one, when all are later); as it is
    /// now without one.
    pub fn look_back(&mut self, epoch: Option<f64>) {
        for run in &mut self.runs {
            run.looked_at = epoch.filter(|_| !run.evaluations.is_empty()).map(|epoch| {
                let until = run.evaluations.iter().filter(|evaluation| evaluation.epoch <= epoch + 1e-9).count();
                until.saturating_sub(1)
            });
        }
    }

    /// Whether the runs are the recording that the page opens with.
    pub fn is_recorded(&self) -> bool {
        self.runs.first().is_some_and(|run| run.status == RunStatus::Recorded)
    }

    /// Whether the runs are none of this page's own, but of this log.
    pub fn is_recalled_for(&self, data: &DataSpec) -> bool {
        let is_recalled = self.runs.first().is_some_and(|run| !run.is_in_memory());
        is_recalled && self.trained.as_ref().is_some_and(|spec| spec.data == *data)
    }

    /// Puts predictions from a file beside the runs; those of the same names make room.
    pub fn add_from_file(&mut self, runs: Vec<Run>) {
        let is_replaced = |run: &Run| run.is_from_file() && runs.iter().any(|new| new.model.name == run.model.name);
        self.runs.retain(|run| !is_replaced(run));
        self.runs.extend(runs);
    }

    /// Takes out the predictions from files; they can stand beside runs of `spec` where these are `true`: the log is the same,
    /// and the rows that are held out of it.
    pub fn take_from_file(&mut self, spec: &RunSpec) -> (Vec<Run>, bool) {
        let is_same = |trained: &RunSpec| trained.data == spec.data && trained.split == spec.split;
        let may_stay = self.trained.as_ref().is_some_and(is_same);
        // They are the last.
        let first = self.runs.iter().position(Run::is_from_file).unwrap_or(self.runs.len());
        (self.runs.split_off(first), may_stay)
    }

    /// Puts the runs of another experiment in the place of those there were. Of these the ones that were trained to their end
    /// are kept for comparison: one that was left on the way, perhaps before its first step, says nothing of its experiment.
    /// The same experiment again would be compared with itself.
    pub fn start_over(&mut self, spec: Option<RunSpec>, runs: Vec<Run>) {
        let is_recorded = self.is_recorded();
        let mut ended = std::mem::replace(&mut self.runs, runs);
        ended.retain(Run::is_complete);
        let trained = std::mem::replace(&mut self.trained, spec);
        if let Some(spec) =
            trained.filter(|spec| !is_recorded && !ended.is_empty() && self.trained.as_ref() != Some(spec))
        {
            self.before = Some(Before { spec, runs: ended });
        }
        // What is drawn differently is compared; what came of two files is not.
        let is_comparable = |now: &RunSpec, before: &Before| match (&now.data, &before.spec.data) {
            (DataSpec::Generated { .. }, DataSpec::Generated { .. }) => true,
            (DataSpec::File { crc32: now, .. }, DataSpec::File { crc32: before, .. }) => now == before,
            _ => false,
        };
        if let Some(now) = &self.trained {
            self.before.take_if(|before| !is_comparable(now, before));
        }
    }

    /// Takes in what flows through a run's network on one batch; a run that has ended still answers.
    pub fn show_flow(&mut self, run: RunId, flow: FlowReading) {
        if let Some(run) = self.runs.iter_mut().find(|known| known.id == run) {
            run.batch = Some(flow);
        }
    }

    /// Takes in where the values of a field lie.
    pub fn show_embeddings(&mut self, run: RunId, reading: EmbeddingReading) {
        if let Some(run) = self.runs.iter_mut().find(|known| known.id == run) {
            run.embeddings = Some(reading);
        }
    }

    /// Applies what a worker said. Returns whether anything changed.
    pub fn apply(&mut self, reply: Reply) -> bool {
        match &reply {
            Reply::Loaded { .. } => {
                if let Reply::Loaded { log, .. } = reply {
                    self.log = Some(*log);
                }
                return true;
            }
            Reply::TakenUp { run, is_there } => {
                let kept = self.runs.iter_mut().find(|known| known.id == *run && known.status == RunStatus::Kept);
                let Some(run) = kept.filter(|_| *is_there) else { return false };
                run.status = run.ended();
                return true;
            }
            _ => {}
        }
        match self.run_of(&reply) {
            Some(run) if !run.status.is_ended() => run.apply(reply),
            _ => false,
        }
    }

    /// Applies what a worker still says of a run that counts as stopped; returns whether that changed anything.
    pub fn apply_late(&mut self, reply: Reply) -> bool {
        let Some(run) = self.run_of(&reply).filter(|run| run.status == RunStatus::Stopped) else { return false };
        run.status = RunStatus::Training;
        let is_changed = run.apply(reply);
        if !run.status.is_ended() {
            run.status = RunStatus::Stopped;
        }
        is_changed
    }

    /// The run that a reply is about.
    fn run_of(&mut self, reply: &Reply) -> Option<&mut Run> {
        let id = match reply {
            Reply::Progress { run, .. }
            | Reply::Evaluated { run, .. }
            | Reply::EarlyStopping { run, .. }
            | Reply::GoesOn { run, .. }
            | Reply::Held { run }
            | Reply::Finished { run, .. }
            | Reply::Stopped { run }
            | Reply::Failed { run, .. } => *run,
            _ => return None,
        };
        self.runs.iter_mut().find(|run| run.id == id)
    }
}

impl Run {
    /// Whether it was trained to its end, which early stopping may have brought forward.
    pub fn is_complete(&self) -> bool {
        let stopped_early = self.early_stopping.as_ref().is_some_and(|report| report.stopped);
        let is_at_end = self.progress.is_some_and(|progress| progress.step >= progress.total_steps);
        is_at_end || stopped_early
    }

    /// How a run ended of which only what it has shown is known.
    fn ended(&self) -> RunStatus {
        match self.progress.filter(|_| self.is_complete()) {
            Some(progress) => RunStatus::Finished { seconds: progress.seconds },
            None => RunStatus::Stopped,
        }
    }

    fn apply(&mut self, reply: Reply) -> bool {
        match reply {
            Reply::Progress { progress, curve, .. } => {
                self.progress = Some(progress);
                self.curve.extend(curve);
                if self.status == RunStatus::Queued {
                    self.status = RunStatus::Training;
                }
            }
            Reply::Evaluated { evaluation, .. } => self.evaluations.push(*evaluation),
            Reply::EarlyStopping { report, .. } => self.early_stopping = Some(*report),
            Reply::GoesOn { step, .. } => {
                // Whatever begins again is evaluated before its first step, too.
                self.evaluations.retain(|evaluation| step > 0 && evaluation.step <= step);
                self.curve.retain(|point| point.step <= step);
                self.looked_at = None;
                // The next epoch's report has them all.
                let is_ahead = |report: &EarlyStoppingReport| report.epochs.last().is_some_and(|seen| seen.step > step);
                self.early_stopping.take_if(|report| step == 0 || is_ahead(report));
                if step == 0 {
                    self.progress = None;
                }
            }
            Reply::Held { .. } => self.status = RunStatus::Held,
            Reply::Finished { seconds, .. } => self.status = RunStatus::Finished { seconds },
            Reply::Stopped { .. } => self.status = RunStatus::Stopped,
            Reply::Failed { message, .. } => self.status = RunStatus::Failed { message },
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::behavior::BehaviorTree;
    use crate::domain::log::RowLimit;
    use crate::domain::spec::Objective;

    fn session_with_run(id: RunId) -> Session {
        let tree = BehaviorTree { questions: Vec::new(), events: Vec::new() };
        let model = ModelSpec::new("m", tree, Objective::entire_space(Vec::new()));
        Session { runs: vec![Run::queued(id, model, 1)], ..Session::default() }
    }

    fn progress(run: RunId, step: u64) -> Reply {
        let progress = Progress {
            step,
            total_steps: 10,
            epoch: 0.5,
            epochs: 1,
            rows_per_second: 1.0,
            seconds: 1.0,
            train_rows: 10,
            device: super::super::DeviceKind::Cpu,
        };
        let point = CurvePoint { step, epoch: 0.5, losses: [("loss.total".to_owned(), 0.7)].into() };
        Reply::Progress { run, progress, curve: vec![point] }
    }

    #[test]
    fn first_progress_turns_a_queued_run_into_a_training_one() {
        let mut session = session_with_run(7);
        assert!(session.apply(progress(7, 1)));
        assert_eq!(session.runs[0].status, RunStatus::Training);
        assert_eq!(session.runs[0].curve.len(), 1);
    }

    #[test]
    fn a_kept_run_whose_model_is_back_has_ended_as_it_had() {
        let mut session = session_with_run(7);
        assert!(!session.apply(Reply::TakenUp { run: 7, is_there: true }), "only kept runs are taken up");
        for (step, status) in [(10, RunStatus::Finished { seconds: 1.0 }), (4, RunStatus::Stopped)] {
            let mut session = session_with_run(7);
            session.apply(progress(7, step));
            session.runs[0].status = RunStatus::Kept;
            assert!(!session.apply(Reply::TakenUp { run: 7, is_there: false }));
            assert!(!session.runs[0].is_in_memory());
            assert!(session.apply(Reply::TakenUp { run: 7, is_there: true }));
            assert_eq!(session.runs[0].status, status, "after {step} of 10 steps");
        }
    }

    #[test]
    fn runs_are_compared_with_those_before_that_were_trained_to_their_end() {
        let other = || Some(RunSpec { seeds: vec![9], ..RunSpec::default() });
        for (step, is_kept) in [(10, true), (9, false)] {
            let mut session = session_with_run(7);
            session.trained = Some(RunSpec::default());
            session.apply(progress(7, step));
            let mut again = session.clone();
            session.start_over(other(), Vec::new());
            assert_eq!(session.before.is_some(), is_kept, "after {step} of 10 steps");
            again.start_over(Some(RunSpec::default()), Vec::new());
            assert_eq!(again.before, None, "the same experiment");
        }
    }

    #[test]
    fn runs_on_one_file_are_not_compared_with_those_on_another() {
        let file = |crc32| DataSpec::File {
            name: "a.csv".into(),
            bytes: 9,
            crc32,
            roles: None,
            limit: RowLimit::default(),
            assembly: None,
        };
        let generated = RunSpec::default().data;
        for (before, now, is_kept) in [
            (generated.clone(), generated.clone(), true),
            (file(1), file(1), true),
            (file(1), file(2), false),
            (generated, file(1), false),
        ] {
            let of =
                |data: &DataSpec, seed| Some(RunSpec { data: data.clone(), seeds: vec![seed], ..RunSpec::default() });
            let mut session = session_with_run(7);
            session.trained = of(&before, 1);
            session.apply(progress(7, 10));
            session.start_over(of(&now, 2), Vec::new());
            assert_eq!(session.before.is_some(), is_kept, "{before:?} and {now:?}");
        }
    }

    #[test]
    fn replies_of_unknown_or_ended_runs_change_nothing() {
        let mut session = session_with_run(7);
        assert!(!session.apply(progress(8, 1)));
        assert!(session.apply(Reply::Stopped { run: 7 }));
        let stopped = session.clone();
        assert!(!session.apply(progress(7, 2)));
        assert!(!session.apply(Reply::Finished { run: 7, seconds: 1.0 }));
        assert_eq!(session, stopped);
    }
}
