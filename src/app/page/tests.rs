//! Messages of workers and users, in every order that has ever caused a bug.

mod drafts;
mod gpu;
mod own_predictions;
mod patience;
mod recall;

use super::*;
use crate::app::device::Adapter;
use crate::app::fixtures;
use crate::domain::assembly::{Assembly, AssemblyReport};
use crate::domain::log::Roles;
use crate::domain::report::{Evaluation, LogSummary};
use crate::domain::spec::{first_experiment, model_preset};
use crate::protocol::{
    Answer, DeviceReport, DraftRun, Drafted, Export, LoadedLog, Progress, Question, Refusal, Reply, Request, RowsAsk,
    RowsOf, RowsPage, Run, RunStatus, StepUnit, VERSION,
};

/// A page, and what it had the browser do.
struct Browser {
    page: Page,
    surroundings: Surroundings,
    started: Vec<(WorkerKey, Program)>,
    ended: Vec<WorkerKey>,
    posted: Vec<(WorkerKey, Request, Vec<FileHandle>)>,
    waits: Vec<(u32, Message)>,
    /// Beats of the page's clock that are to come.
    beats: usize,
    /// Waits until it is time to keep what has changed.
    keeps: Vec<(u32, Message)>,
    others: Vec<Effect>,
}

impl Browser {
    /// A page that has not been opened, on a machine with two processors and no GPU.
    fn new() -> Self {
        let mut browser = Self::of(first_experiment(), Address::default());
        browser.send(Message::AdapterFound(Adapter::NoWebgpu));
        browser
    }

    fn of(spec: RunSpec, address: Address) -> Self {
        let surroundings = Surroundings { now: 0.0, cores: 2, has_pressed: true, wants_stillness: false };
        Self {
            page: Page::new(spec, address, LateFunctions::TABLE, surroundings),
            surroundings,
            started: vec![],
            ended: vec![],
            posted: vec![],
            waits: vec![],
            beats: 0,
            keeps: vec![],
            others: vec![],
        }
    }

    /// A page whose log is there, and its first worker.
    fn with_log() -> (Self, WorkerKey) {
        let mut browser = Self::new();
        browser.send(Message::Generate);
        let worker = browser.only_started();
        browser.ready(worker);
        browser.load(worker);
        (browser, worker)
    }

    /// A page with a GPU on which Train was pressed, the worker that has its log, and the GPU's, which is not ready yet.
    fn with_gpu() -> (Self, WorkerKey, WorkerKey) {
        let mut browser = Self::of(first_experiment(), Address::default());
        browser.send(Message::AdapterFound(Adapter::Hardware));
        browser.send(Message::Generate);
        let cpu = browser.only_started();
        browser.ready(cpu);
        browser.load(cpu);
        browser.send(Message::Train);
        let (gpu, program) = browser.started[1];
        assert_eq!((browser.started.len(), program), (2, Program::GpuEngine));
        (browser, cpu, gpu)
    }

    fn send(&mut self, message: Message) {
        for effect in self.page.update(message, self.surroundings) {
            match effect {
                Effect::StartWorker { worker, program } => self.started.push((worker, program)),
                Effect::EndWorker { worker } => self.ended.push(worker),
                // A preview is asked for by itself and changes nothing else.
                Effect::Post { request, .. } if is_preview(&request) => {}
                Effect::Post { worker, request, files } => self.posted.push((worker, *request, files)),
                Effect::Wait { millis, message } if *message == Message::SaveDue => {
                    self.keeps.push((millis, *message));
                }
                Effect::Wait { message, .. } if *message == Message::Beat => self.beats += 1,
                Effect::Wait { millis, message } => self.waits.push((millis, *message)),
                other => self.others.push(other),
            }
        }
    }

    fn reply(&mut self, worker: WorkerKey, reply: Reply) {
        self.reply_with(worker, reply, None);
    }

    fn reply_with(&mut self, worker: WorkerKey, reply: Reply, file: Option<FileHandle>) {
        self.send(Message::FromWorker { worker, event: WorkerEvent::Reply(Box::new(reply), file) });
    }

    fn break_down(&mut self, worker: WorkerKey) {
        self.send(Message::FromWorker { worker, event: WorkerEvent::Broken("it broke".into()) });
    }

    fn ready(&mut self, worker: WorkerKey) {
        self.ready_on(worker, DeviceKind::Cpu);
    }

    fn ready_on(&mut self, worker: WorkerKey, kind: DeviceKind) {
        let device = DeviceReport { kind, detail: "adapter".into(), usable: true };
        self.reply(worker, Reply::Ready { protocol: VERSION, device });
    }

    /// The worker reads the log that it was given last.
    fn load(&mut self, worker: WorkerKey) {
        let id = self.last_load(worker);
        self.reply(worker, Reply::Loaded { id, log: Box::new(log()) });
    }

    fn last_load(&self, worker: WorkerKey) -> RequestId {
        let loads = self.posted.iter().filter(|(to, ..)| *to == worker);
        loads.filter_map(|(_, request, _)| load_id(request)).next_back().expect("a load")
    }

    fn only_started(&self) -> WorkerKey {
        assert_eq!(self.started.len(), 1, "{:?}", self.started);
        self.started[0].0
    }

    /// Requests posted since the last call, without questions.
    fn told(&mut self) -> Vec<(WorkerKey, Request)> {
        let posted = std::mem::take(&mut self.posted);
        let is_question = |request: &Request| matches!(request, Request::Ask { .. });
        posted.into_iter().map(|(worker, request, _)| (worker, request)).filter(|(_, r)| !is_question(r)).collect()
    }

    /// Runs sent to workers since the last call.
    fn trained(&mut self) -> Vec<(WorkerKey, RunId)> {
        let run = |(worker, request): (WorkerKey, Request)| match request {
            Request::Train { run, .. } => Some((worker, run)),
            _ => None,
        };
        self.told().into_iter().filter_map(run).collect()
    }

    /// Questions that were asked since the last call.
    fn asked(&mut self) -> Vec<(WorkerKey, RequestId, Question)> {
        let question = |(worker, request, _): (WorkerKey, Request, Vec<FileHandle>)| match request {
            Request::Ask { id, question } => Some((worker, id, question)),
            _ => None,
        };
        std::mem::take(&mut self.posted).into_iter().filter_map(question).collect()
    }

    /// The race is run: the CPU's rate for one worker, and the GPU's.
    fn race(&mut self, gpu: WorkerKey, rates: [f64; 2]) {
        for (worker, id, question) in self.asked() {
            if let Question::Race(_) = question {
                let rows_per_second = rates[usize::from(worker == gpu)];
                self.reply(worker, Reply::Answer { id, answer: Ok(Answer::Race { rows_per_second }) });
            }
        }
    }

    /// Answers the worker's load, whether or not it is still pending.
    fn load_again(&mut self, worker: WorkerKey) {
        let id = match self.page.workers.iter().find(|known| known.key == worker).map(|known| known.state.phase()) {
            Some(super::worker_state::Phase::Loading { request, .. }) => *request,
            other => panic!("{other:?}"),
        };
        self.reply(worker, Reply::Loaded { id, log: Box::new(log()) });
    }

    fn statuses(&self) -> Vec<RunStatus> {
        self.page.session.runs.iter().map(|run| run.status.clone()).collect()
    }

    fn count(&self, is_such: impl Fn(&RunStatus) -> bool) -> usize {
        self.statuses().iter().filter(|status| is_such(status)).count()
    }
}

fn is_preview(request: &Request) -> bool {
    matches!(request, Request::Ask { question: Question::Preview(_), .. })
}

fn load_id(request: &Request) -> Option<RequestId> {
    match request {
        Request::Load { id, .. } => Some(*id),
        _ => None,
    }
}

fn log() -> LoadedLog {
    LoadedLog {
        name: "generated".into(),
        summary: LogSummary { rows: 100, clicks: 10, conversions: 2, truth_known: true, population: None },
        label_counts: ["click", "action", "conversion"].map(|label| (label.to_owned(), 3)).into(),
        ..LoadedLog::default()
    }
}

fn file(name: &str) -> FileHandle {
    FileHandle::new(name, 9, ())
}

fn progress(run: RunId) -> Reply {
    progress_on(DeviceKind::Cpu, run)
}

fn progress_on(device: DeviceKind, run: RunId) -> Reply {
    let progress = Progress {
        step: 1,
        total_steps: 10,
        epoch: 0.1,
        epochs: 1,
        rows_per_second: 1.0,
        seconds: 1.0,
        train_rows: 100,
        device,
    };
    Reply::Progress { run, progress, curve: vec![] }
}

fn evaluated(run: RunId) -> Reply {
    Reply::Evaluated { run, evaluation: Box::new(fixtures::evaluation(&[])) }
}

fn finished(run: RunId) -> Reply {
    Reply::Finished { run, seconds: 1.0 }
}

/// A model of a draft, trained in a tenth of a second.
fn drafted() -> Drafted {
    let Reply::Progress { progress, .. } = progress(0) else { unreachable!() };
    let evaluation = fixtures::evaluation(&[]);
    Drafted::Trained(Box::new(DraftRun { log: log(), progress, evaluation, seconds: 0.1 }))
}

/// Has every run that can start do so: workers that are started get ready and read the log. Runs by their workers.
fn start_all(browser: &mut Browser, known: &mut usize) -> Vec<(WorkerKey, RunId)> {
    let mut runs = browser.trained();
    while *known < browser.started.len() {
        let (worker, _) = browser.started[*known];
        *known += 1;
        browser.ready(worker);
        browser.load(worker);
        runs.extend(browser.trained());
    }
    runs
}

#[test]
fn a_log_is_drawn_on_a_worker_once_that_is_ready() {
    let mut browser = Browser::new();
    browser.send(Message::Generate);
    let worker = browser.only_started();
    assert!(browser.posted.is_empty(), "nothing is sent before the worker is ready");
    assert!(matches!(*browser.page.log_state, LogState::Loading { .. }));
    browser.ready(worker);
    browser.load(worker);
    assert_eq!(*browser.page.log_state, LogState::Idle);
    assert_eq!(browser.page.session.log, Some(log()));
    assert!(browser.page.status.contains("100"), "{}", *browser.page.status);
}

#[test]
fn as_many_runs_train_at_once_as_there_are_processors_and_each_is_followed_by_the_next() {
    let (mut browser, first) = Browser::with_log();
    let mut known = 1;
    browser.send(Message::Train);
    let n_runs = browser.page.session.runs.len();
    assert!(n_runs > 2);
    let runs = start_all(&mut browser, &mut known);
    assert_eq!((runs.len(), runs[0].0), (2, first), "the worker that has the log begins");
    assert_eq!(browser.started.len(), 2);
    let mut running = runs;
    let mut done = 0;
    while let Some((worker, run)) = running.pop() {
        browser.reply(worker, progress(run));
        browser.reply(worker, evaluated(run));
        browser.reply(worker, finished(run));
        done += 1;
        running.extend(start_all(&mut browser, &mut known));
        assert!(running.len() <= 2);
    }
    assert_eq!(done, n_runs);
    assert_eq!(browser.count(|status| matches!(status, RunStatus::Finished { .. })), n_runs);
    assert!(browser.started.len() <= runs::MAX_CPU_WORKERS);
}

#[test]
fn of_the_first_seed_the_shortest_run_is_the_first_and_of_others_the_longest() {
    let (mut browser, _) = Browser::with_log();
    let models = ["gbdt", "esm2", "escm2_dr", "esmm"].map(|name| model_preset(name).expect("a preset"));
    let spec = RunSpec { models: models.into(), seeds: vec![5, 1], ..browser.page.spec.clone() };
    browser.send(Message::SetSpec(Box::new(spec)));
    browser.surroundings.cores = 1;
    browser.send(Message::Train);
    let first = browser.page.plans.values().map(|plan| (plan.model.name.as_str(), plan.seed));
    let queued = browser.page.queue.iter().map(|queued| (queued.plan.model.name.as_str(), queued.plan.seed));
    let order: Vec<(&str, u64)> = first.chain(queued).collect();
    let of_first = [("esmm", 5), ("escm2_dr", 5), ("esm2", 5), ("gbdt", 5)];
    assert_eq!(order, [of_first, [("gbdt", 1), ("esm2", 1), ("escm2_dr", 1), ("esmm", 1)]].concat());
    assert_eq!(browser.page.session.runs[0].model.name, "gbdt", "they are shown in their own order");
}

#[test]
fn a_stop_ends_runs_under_way_and_those_that_have_not_begun_at_once() {
    let (mut browser, first) = Browser::with_log();
    browser.send(Message::Train);
    let (worker, run) = browser.trained()[0];
    let second = browser.started[1].0;
    browser.ready(second);
    browser.send(Message::Stop);
    assert!(browser.told().contains(&(first, Request::Stop { run })));
    assert_eq!(browser.count(RunStatus::is_ended), browser.page.session.runs.len() - 1);
    browser.load_again(second);
    browser.reply(worker, Reply::Stopped { run });
    assert_eq!(browser.trained(), [], "nothing starts after a stop");
    assert!(browser.statuses().iter().all(|status| *status == RunStatus::Stopped));
}

#[test]
fn a_new_comparison_leaves_the_runs_before_to_end_unheard() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, old) = browser.trained()[0];
    browser.reply(worker, progress(old));
    browser.send(Message::Train);
    assert!(browser.told().contains(&(worker, Request::Abandon { run: old })));
    assert!(browser.page.session.run(old).is_none());
    browser.reply(worker, evaluated(old));
    browser.reply(worker, Reply::Stopped { run: old });
    let asked_weights = browser.posted.iter().any(|(_, request, _)| matches!(request, Request::Ask { .. }));
    assert!(!asked_weights, "the old run's weights are of no use");
    let trained = browser.trained();
    assert!(trained.iter().any(|(to, run)| *to == worker && *run > old), "the worker is free for the new ones");
}

#[test]
fn a_run_whose_worker_breaks_down_starts_once_more_in_another_one_and_then_fails() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    let mut known = browser.started.len();
    browser.break_down(worker);
    assert_eq!(browser.ended, [worker]);
    assert_eq!(browser.page.session.run(run).map(|run| run.status.clone()), Some(RunStatus::Queued));
    assert!(browser.page.notice.as_ref().map(Notice::words).is_some_and(|words| words.contains("begins again")));
    let again = start_all(&mut browser, &mut known);
    let other = again.iter().find(|(_, started)| *started == run).map(|(worker, _)| *worker);
    let other = other.expect("another worker has the run");
    assert_ne!(other, worker);
    browser.reply(other, progress(run));
    browser.break_down(other);
    assert_eq!(
        browser.page.session.run(run).map(|run| run.status.clone()),
        Some(RunStatus::Failed { message: "it broke".into() })
    );
    // The next run has the place of the worker that is gone, and a late reply changes nothing.
    start_all(&mut browser, &mut known);
    browser.reply(other, finished(run));
    assert!(matches!(browser.page.session.run(run).unwrap().status, RunStatus::Failed { .. }));
}

#[test]
fn a_run_whose_worker_has_no_more_memory_fails_at_once() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.send(Message::FromWorker { worker, event: WorkerEvent::OutOfMemory });
    assert!(matches!(browser.page.session.run(run).unwrap().status, RunStatus::Failed { .. }));
}

#[test]
fn a_file_that_is_no_log_leaves_the_log_and_the_models_and_can_be_given_roles_or_left() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::FilesRead(vec![(file("a.csv"), FileContent::Table)]));
    let id = browser.last_load(worker);
    let refusal = Reply::LoadNeedsRoles {
        assembly: None,
        id,
        message: "which is the click?".into(),
        columns: vec![],
        head: vec![vec!["1".into()]],
    };
    browser.reply(worker, refusal);
    assert_eq!(browser.page.session.log, Some(log()), "the log before stays");
    assert_eq!(*browser.page.tab, Tab::Data);
    assert_eq!(*browser.page.log_state, LogState::Failed { message: "which is the click?".into() });
    assert_eq!(browser.page.mapping.refused.as_ref().map(|file| file.name.as_str()), Some("a.csv"));
    browser.told();
    browser.send(Message::SetRoles { roles: Box::default(), words: "click is a".into() });
    assert_eq!(browser.page.mapping.refused.as_ref().map(|file| file.name.as_str()), Some("a.csv"));
    let id = browser.last_load(worker);
    browser.reply(worker, Reply::LoadFailed { id, message: "no".into() });
    browser.send(Message::ForgetRefused);
    assert_eq!((browser.page.mapping.refused.as_ref(), &*browser.page.log_state), (None, &LogState::Idle));
    browser.send(Message::Train);
    assert!(!browser.trained().is_empty(), "the log before can be trained on");
}

#[test]
fn what_the_user_does_before_the_storage_is_read_is_done_after_it() {
    let open = || Message::Open { record: None, plays: true, is_linked: false };
    // A file that is dropped early is the log, and not the one that the page generates as it opens.
    let mut browser = Browser::new();
    browser.send(Message::Opening { is_linked: false });
    browser.send(Message::OpenFiles(vec![file("a.csv")]));
    assert!(browser.others.is_empty() && browser.started.is_empty());
    browser.send(open());
    let is_read = |effect: &Effect| matches!(effect, Effect::ReadFiles { files } if files[0].name == "a.csv");
    assert!(browser.others.iter().any(is_read), "{:?}", browser.others);
    browser.send(Message::FilesRead(vec![(file("a.csv"), FileContent::Table)]));
    let (others, started) = (browser.others.len(), browser.started.len());
    let (_, late) = browser.waits.remove(0);
    browser.send(late);
    assert_eq!((browser.others.len(), browser.started.len()), (others, started), "it opens once");
    assert!(browser.page.pending.as_ref().is_some_and(|(_, source)| source.name() == "a.csv"));
    // A press of Train is no mistake then.
    let mut browser = Browser::new();
    browser.send(Message::Opening { is_linked: false });
    browser.send(Message::Train);
    assert_eq!(browser.page.notice.as_ref().map(Notice::words), None);
    browser.send(open());
    let worker = browser.only_started();
    browser.ready(worker);
    browser.load(worker);
    assert!(!browser.trained().is_empty());
    // Storage that never answers does not keep the page from opening.
    let mut browser = Browser::new();
    browser.send(Message::Opening { is_linked: false });
    let (_, late) = browser.waits.remove(0);
    browser.send(late);
    browser.only_started();
}

#[test]
fn training_while_a_file_is_no_log_yet_says_on_which_log() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(tables(&["a.csv"]));
    let id = browser.last_load(worker);
    let refusal =
        Reply::LoadNeedsRoles { id, message: "no click".into(), columns: vec![], head: vec![], assembly: None };
    browser.reply(worker, refusal);
    browser.send(Message::Train);
    assert_eq!(browser.page.notice.as_ref().map(Notice::words), Some("This trains on generated: a.csv is no log yet."));
    browser.send(Message::ForgetRefused);
    browser.send(Message::Train);
    assert_eq!(browser.page.notice.as_ref().map(Notice::words), None);
}

#[test]
fn changes_of_roles_are_undone_one_by_one() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::FilesRead(vec![(file("a.csv"), FileContent::Table)]));
    browser.load(worker);
    for (words, expected) in [("first", vec!["first"]), ("second", vec!["first", "second"])] {
        browser.send(Message::SetRoles { roles: Box::default(), words: words.into() });
        browser.load(worker);
        assert_eq!(browser.page.mapping.changes, expected);
    }
    for expected in [vec!["first"], vec![]] {
        browser.send(Message::UndoChange);
        browser.load(worker);
        assert_eq!(browser.page.mapping.changes, expected);
    }
}

#[test]
fn a_load_that_was_cancelled_or_replaced_does_not_become_the_pages_log() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::FilesRead(vec![(file("a.csv"), FileContent::Table)]));
    let id = browser.last_load(worker);
    browser.send(Message::CancelLoad);
    assert!(browser.told().contains(&(worker, Request::CancelLoad { id })));
    assert_eq!(*browser.page.log_state, LogState::Idle);
    // The worker had read it before the cancellation arrived.
    let other = LoadedLog { name: "a.csv".into(), ..log() };
    browser.reply(worker, Reply::Loaded { id, log: Box::new(other) });
    assert_eq!(browser.page.session.log, Some(log()));
    assert!(matches!(browser.page.spec.data, DataSpec::Generated { .. }));
}

#[test]
fn loads_in_quick_succession_start_no_more_workers_than_there_may_be() {
    let (mut browser, _) = Browser::with_log();
    for n in 0..20 {
        browser.send(Message::FilesRead(vec![(file(&format!("{n}.csv")), FileContent::Table)]));
    }
    assert_eq!(browser.started.len(), runs::MAX_CPU_WORKERS);
    for (worker, _) in browser.started.clone() {
        browser.ready(worker);
    }
    let (id, worker) = match &browser.page.pending {
        Some((id, _)) => {
            let has_it = |(_, request, _): &&(WorkerKey, Request, _)| load_id(request) == Some(*id);
            (*id, browser.posted.iter().find(has_it).unwrap().0)
        }
        None => panic!("the last load is awaited"),
    };
    browser.reply(worker, Reply::Loaded { id, log: Box::new(LoadedLog { name: "19.csv".into(), ..log() }) });
    assert_eq!(browser.page.session.log.as_ref().map(|log| log.name.as_str()), Some("19.csv"));
}

#[test]
fn a_sample_that_comes_after_a_file_of_the_users_is_not_opened() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::OpenSample(vec!["sample.csv".into()]));
    let (_, id, _) = browser.asked().remove(0);
    browser.send(Message::FilesRead(vec![(file("own.csv"), FileContent::Table)]));
    let answer = Reply::Answer { id, answer: Ok(Answer::File { name: "sample.csv".into() }) };
    browser.reply_with(worker, answer, Some(file("")));
    browser.load(worker);
    assert!(matches!(&browser.page.spec.data, DataSpec::File { name, .. } if name == "own.csv"));
}

#[test]
fn runs_are_held_stepped_and_go_on() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Step(StepUnit::Batch));
    let begun = browser.told().into_iter().find_map(|(to, request)| match request {
        Request::Train { run, step, .. } if to == worker => Some((run, step)),
        _ => None,
    });
    let (run, step) = begun.unwrap();
    assert_eq!(step, Some(StepUnit::Batch));
    browser.reply(worker, progress(run));
    browser.reply(worker, Reply::Held { run });
    assert_eq!(browser.page.session.run(run).unwrap().status, RunStatus::Held);
    browser.send(Message::Resume);
    assert!(browser.told().contains(&(worker, Request::Resume { run })));
    assert_eq!(browser.page.session.run(run).unwrap().status, RunStatus::Training);
    // The worker had paused it before `Resume` arrived.
    browser.reply(worker, Reply::Held { run });
    assert_eq!(browser.told(), [(worker, Request::Resume { run })]);
    assert_eq!(browser.page.session.run(run).unwrap().status, RunStatus::Training);
    browser.send(Message::Pause);
    assert!(browser.told().contains(&(worker, Request::Pause { run })));
}

#[test]
fn a_changed_learning_rate_reaches_runs_under_way_and_those_that_wait() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    let mut spec = browser.page.spec.clone();
    spec.training.learning_rate = 0.5;
    browser.send(Message::SetSpec(Box::new(spec)));
    assert!(browser.told().contains(&(worker, Request::SetLearningRate { run, learning_rate: 0.5 })));
    browser.reply(worker, finished(run));
    let (next, _) = *browser.started.last().unwrap();
    browser.ready(next);
    browser.load(next);
    let posted = browser.told();
    let next = posted.iter().find_map(|(_, request)| match request {
        Request::Train { plan, .. } => Some(plan.training.learning_rate),
        _ => None,
    });
    assert_eq!(next, Some(0.5));
}

fn window(start: u32) -> Question {
    let of = RowsOf::Query(Default::default());
    Question::Rows(Box::new(RowsAsk { of, run: None, stamp: 0, start, count: 14, columns: vec![] }))
}

fn starts(asked: &[(WorkerKey, RequestId, Question)]) -> Vec<u32> {
    let start = |(_, _, question): &(WorkerKey, RequestId, Question)| match question {
        Question::Rows(ask) => Some(ask.start),
        _ => None,
    };
    asked.iter().filter_map(start).collect()
}

#[test]
fn one_window_on_the_rows_is_asked_for_and_then_the_newest_that_was_wanted() {
    let (mut browser, worker) = Browser::with_log();
    for start in [0, 10, 20] {
        browser.send(Message::Ask(window(start)));
    }
    let asked = browser.asked();
    assert_eq!(starts(&asked), [0]);
    let page = RowsPage { total: 100, start: 0, rows: vec![1, 2], ..RowsPage::default() };
    browser.reply(worker, Reply::Answer { id: asked[0].1, answer: Ok(Answer::Rows(Box::new(page))) });
    assert_eq!(browser.page.rows.page.as_ref().map(|page| page.total), Some(100));
    let asked = browser.asked();
    assert_eq!(starts(&asked), [20], "10 was not wanted any more");
    browser.reply(worker, Reply::Answer { id: asked[0].1, answer: Err(Refusal("no".into())) });
    assert_eq!(browser.page.rows.message.as_deref(), Some("no"));
}

#[test]
fn a_window_that_a_lost_worker_owed_is_asked_of_another() {
    let (mut browser, first) = Browser::with_log();
    browser.send(Message::Train);
    let second = browser.started[1].0;
    browser.ready(second);
    browser.load(second);
    browser.asked();
    browser.send(Message::Ask(window(0)));
    let asked = browser.asked();
    let (asked_of, other) = if asked[0].0 == first { (first, second) } else { (second, first) };
    browser.break_down(asked_of);
    let again = browser.asked();
    assert_eq!((starts(&again), again[0].0), (vec![0], other));
}

#[test]
fn what_a_model_says_of_another_row_than_the_inspected_one_is_not_shown() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.send(Message::Inspect(3));
    let asked = browser.asked();
    browser.send(Message::Inspect(4));
    let reading = crate::domain::report::ImpressionReading {
        row: 3,
        questions: Default::default(),
        events: Default::default(),
        features: vec![],
    };
    let (_, id, question) = &asked[0];
    assert_eq!(*question, Question::Impression { run, row: 3 });
    browser.reply(worker, Reply::Answer { id: *id, answer: Ok(Answer::Impression(Box::new(reading))) });
    assert!(browser.page.inspected.as_ref().unwrap().readings.is_empty());
}

#[test]
fn weights_become_a_graph_with_the_sheet_that_describes_them() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.send(Message::ExportGraph(run));
    for what in [Export::Weights, Export::WeightsSpec] {
        let (_, id, question) = browser.asked().remove(0);
        assert_eq!(question, Question::Export { run, what });
        let answer = Reply::Answer { id, answer: Ok(Answer::File { name: format!("{what:?}") }) };
        browser.reply_with(worker, answer, Some(file("")));
    }
    match browser.others.pop() {
        Some(Effect::SaveGraph { weights, sheet }) => {
            assert_eq!((weights.name.as_str(), sheet.name.as_str()), ("Weights", "WeightsSpec"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn parquet_is_turned_into_text_by_a_worker_of_its_own_and_then_read() {
    for is_cancelled in [false, true] {
        let (mut browser, worker) = Browser::with_log();
        browser.send(Message::FilesRead(vec![(file("a.parquet"), FileContent::Table)]));
        let id = browser.last_load(worker);
        browser.reply(worker, Reply::LoadNeedsParquet { id, file: 0 });
        let (converter, program) = browser.started[1];
        assert_eq!(program, Program::ParquetReader);
        browser.ready(converter);
        let (to, _, sent) = browser.posted.pop().unwrap();
        assert_eq!((to, sent[0].name.as_str()), (converter, "a.parquet"));
        if is_cancelled {
            browser.send(Message::CancelLoad);
        }
        browser.reply_with(converter, Reply::Converted { id, rows: 3 }, Some(file("")));
        assert_eq!(browser.ended, [converter]);
        if is_cancelled {
            assert_eq!(*browser.page.log_state, LogState::Idle);
            continue;
        }
        browser.load(worker);
        assert!(matches!(&browser.page.spec.data, DataSpec::File { name, .. } if name == "a.parquet"));
    }
}

#[test]
fn changes_are_kept_a_while_later_once_and_not_before_the_user_has_pressed_anything() {
    let (mut browser, _) = Browser::with_log();
    assert_eq!(browser.keeps.len(), 1, "many changes are written once");
    let (_, message) = browser.keeps.pop().unwrap();
    browser.surroundings.has_pressed = false;
    browser.send(message);
    assert!(browser.others.is_empty());
    browser.surroundings.has_pressed = true;
    browser.send(Message::KeepLog(true));
    let (millis, message) = browser.keeps.pop().unwrap();
    assert_eq!(millis, 2_000);
    browser.send(message);
    assert!(
        matches!(browser.others.pop(), Some(Effect::StoreState { files, .. }) if files.is_empty()),
        "a generated log has no file"
    );
    browser.send(Message::DeleteEverything);
    assert_eq!(browser.others.pop(), Some(Effect::DeleteStored));
    for result in [Message::Stored(Err("full.".into())), Message::Deleted(Err("full".into()))] {
        browser.send(result);
        assert!(browser.page.storage_message.ends_with(" full."), "{}", *browser.page.storage_message);
    }
    browser.send(Message::Stored(Ok(Some(StorageUsage { used: 3_200_000, allowed: 2e9 as u64 }))));
    assert_eq!(*browser.page.storage_message, "3.2 MB are kept of 2.0 GB that this browser allows.");
    browser.send(Message::KeepLog(false));
    let (_, message) = browser.keeps.pop().unwrap();
    browser.send(message);
    assert!(browser.others.is_empty(), "nothing is kept after everything was deleted");
}

#[test]
fn a_worker_without_memory_says_what_would_need_less() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.send(Message::FromWorker { worker, event: WorkerEvent::OutOfMemory });
    let status = &browser.page.session.run(run).unwrap().status;
    let is_said = |message: &str| message.contains("half of the rows (50)");
    assert!(matches!(status, RunStatus::Failed { message } if is_said(message)), "{status:?}");
    let synth = SynthSpec { rows: 400_000, ..browser.page.synth.clone() };
    browser.send(Message::SetSynth(Box::new(synth)));
    browser.send(Message::Generate);
    let (worker, _) = *browser.started.last().unwrap();
    browser.ready(worker);
    browser.send(Message::FromWorker { worker, event: WorkerEvent::OutOfMemory });
    let told = format!("{:?}", *browser.page.log_state);
    assert!(told.contains(r"half of the rows (200\u{202f}000)"), "of the log that was to be drawn: {told}");
}

#[test]
fn that_nothing_can_be_kept_is_said_once_where_it_is_seen() {
    let (mut browser, _) = Browser::with_log();
    let refused = || Message::Stored(Err("The operation is insecure.".into()));
    browser.send(refused());
    let said = browser.page.notice.as_ref().map(Notice::words).unwrap_or_default().to_owned();
    assert!(said.contains("The operation is insecure") && said.contains("reload"), "{said}");
    browser.send(Message::Notice(None));
    browser.send(refused());
    assert_eq!(*browser.page.notice, None, "it is known by now");
    browser.send(Message::Stored(Ok(None)));
    browser.send(refused());
    assert!(browser.page.notice.is_some(), "what was kept before is not any more");
}

/// The state that a page stores after its first run has ended, with its weights.
fn record_of_a_trained_page() -> Record {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.reply(worker, evaluated(run));
    browser.reply(worker, finished(run));
    let asked = browser.asked();
    let (_, id, _) = asked.iter().find(|(_, _, question)| matches!(question, Question::Export { .. })).unwrap();
    browser.reply_with(
        worker,
        Reply::Answer { id: *id, answer: Ok(Answer::File { name: "w".into() }) },
        Some(file("")),
    );
    browser.send(Message::Stop);
    browser.send(Message::SaveDue);
    match browser.others.pop() {
        Some(Effect::StoreState { bytes, files, weights }) => Record { bytes, files, weights },
        other => panic!("{other:?}"),
    }
}

#[test]
fn after_a_reload_runs_are_there_as_they_were_and_their_models_are_taken_up() {
    let record = record_of_a_trained_page();
    assert_eq!(record.weights.len(), 1);
    let mut browser = Browser::new();
    browser.send(Message::Open { record: Some(record), plays: true, is_linked: false });
    assert_eq!(browser.statuses(), [RunStatus::Kept]);
    assert!(browser.others.is_empty(), "the recording does not play");
    let worker = browser.only_started();
    browser.ready(worker);
    browser.load(worker);
    let (_, request, weights) = browser.posted.iter().find(|(_, r, _)| matches!(r, Request::TakeUp { .. })).unwrap();
    let Request::TakeUp { run, .. } = request else { unreachable!() };
    assert_eq!((*run, weights[0].name.as_str()), (browser.page.session.runs[0].id, "w"));
    let run = *run;
    browser.reply(worker, Reply::TakenUp { run, is_there: true });
    assert!(browser.page.session.runs[0].is_in_memory());
    browser.send(Message::Ask(Question::Flow { run }));
    assert_eq!(browser.asked().last().map(|(to, ..)| *to), Some(worker), "it can be asked");
}

/// What the worker was asked for snapshots.
fn snapshots_asked(browser: &mut Browser) -> Vec<RequestId> {
    let is_one = |asked: &Question| matches!(asked, Question::Export { what: Export::Snapshot, .. });
    browser.asked().into_iter().filter(|(_, _, asked)| is_one(asked)).map(|(_, id, _)| id).collect()
}

fn answer_snapshot(browser: &mut Browser, worker: WorkerKey) {
    let id = *snapshots_asked(browser).last().unwrap();
    let answer = Reply::Answer { id, answer: Ok(Answer::File { name: String::new() }) };
    browser.reply_with(worker, answer, Some(file("")));
}

#[test]
fn a_worker_that_is_lost_while_it_owes_a_snapshot_leaves_the_one_before() {
    let (mut browser, worker) = Browser::with_log();
    browser.surroundings.cores = 1;
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.send(Message::SaveDue);
    answer_snapshot(&mut browser, worker);
    browser.send(Message::SaveDue);
    assert_eq!(snapshots_asked(&mut browser).len(), 1, "it is not answered");
    let patience = 6 + browser.page.synth.rows / 50_000 + 80;
    (0..=patience).for_each(|_| browser.send(Message::Beat));
    assert_eq!(browser.ended, [worker]);
    let (second, _) = browser.started[1];
    browser.ready(second);
    browser.load(second);
    let sent = browser.posted.iter().rev().find(|(_, request, _)| matches!(request, Request::Train { .. }));
    assert_eq!(sent.map(|(to, _, files)| (*to, files.len())), Some((second, 1)), "the run goes on");
}

#[test]
fn a_page_that_keeps_nothing_asks_for_no_snapshots() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.send(Message::DeleteEverything);
    browser.send(Message::SaveDue);
    assert!(snapshots_asked(&mut browser).is_empty());
}

/// A page that trains, its first run evaluated once and with a snapshot, and the state that it stores then.
fn record_of_a_page_that_trains() -> Record {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    let (millis, _) = browser.keeps.pop().unwrap();
    assert!(millis <= 2_000, "that runs have begun is written soon");
    browser.reply(worker, progress(run));
    browser.reply(worker, evaluated(run));
    browser.send(Message::SaveDue);
    assert!(browser.others.is_empty(), "the state is stored with it");
    answer_snapshot(&mut browser, worker);
    match browser.others.pop() {
        Some(Effect::StoreState { bytes, files, weights }) => Record { bytes, files, weights },
        other => panic!("{other:?}"),
    }
}

#[test]
fn runs_that_trained_when_the_page_was_reloaded_go_on() {
    let record = record_of_a_page_that_trains();
    let n_runs = record.weights.len();
    assert!(n_runs > 2 && record.weights[0].is_some() && record.weights[1].is_none());
    let mut browser = Browser::new();
    browser.send(Message::Open { record: Some(record), plays: true, is_linked: false });
    assert_eq!(browser.statuses(), vec![RunStatus::Unfinished; n_runs]);
    let worker = browser.only_started();
    browser.ready(worker);
    browser.load(worker);
    assert!(
        matches!(&*browser.page.notice, Some(Notice::News(words)) if words.contains("go on")),
        "{:?}",
        browser.page.notice
    );
    assert_eq!(browser.statuses(), vec![RunStatus::Queued; n_runs]);
    let (_, request, files) = browser.posted.iter().find(|(_, r, _)| matches!(r, Request::Train { .. })).unwrap();
    let Request::Train { run, .. } = request else { unreachable!() };
    assert_eq!((*run, files.len()), (browser.page.session.runs[0].id, 1), "the first has its snapshot beside it");
    let run = *run;
    assert_eq!(browser.page.session.runs[0].evaluations.len(), 1, "what it said stays on view");
    browser.reply(worker, Reply::GoesOn { run, step: 0 });
    assert!(browser.page.session.runs[0].evaluations.is_empty(), "and goes where it will be said again");
    browser.reply(worker, evaluated(run));
    browser.reply(worker, finished(run));
    assert!(browser.page.checkpoints.is_empty(), "an ended run has no snapshot");
}

#[test]
fn runs_that_end_the_page_again_and_again_do_not_go_on_for_ever_and_paused_ones_wait_for_a_press() {
    let record = record_of_a_page_that_trains();
    let with = |reloads: Option<u32>| {
        let mut saved = crate::protocol::Saved::from_bytes(&record.bytes).unwrap();
        saved.reloads = reloads;
        Record { bytes: saved.to_bytes().unwrap(), files: vec![], weights: record.weights.clone() }
    };
    for (reloads, goes_on) in [(Some(4), true), (Some(5), false), (None, false)] {
        let mut browser = Browser::new();
        browser.send(Message::Open { record: Some(with(reloads)), plays: true, is_linked: false });
        let worker = browser.only_started();
        browser.ready(worker);
        browser.load(worker);
        assert_eq!(browser.trained().is_empty(), !goes_on, "{reloads:?}");
        if !goes_on {
            assert!(browser.statuses().iter().all(|status| *status == RunStatus::Unfinished));
            assert!(browser.page.status.starts_with("Unfinished"), "{}", *browser.page.status);
        }
    }
}

#[test]
fn what_was_kept_and_cannot_be_read_is_said_and_the_page_opens_without_it() {
    let mut browser = Browser::new();
    let record = Record { bytes: vec![1, 2, 3], files: vec![], weights: vec![] };
    browser.send(Message::Open { record: Some(record), plays: true, is_linked: false });
    assert!(browser.page.notice.is_some());
    assert!(matches!(*browser.page.log_state, LogState::Loading { .. }));
    assert!(browser.others.is_empty(), "nothing moves by itself");
}

/// A recording of the page's experiment.
fn recording() -> Vec<u8> {
    let spec = first_experiment();
    let run = fixtures::run(1, "esmm", 1, fixtures::evaluation(&[]));
    let runs = vec![Run { status: RunStatus::Finished { seconds: 1.0 }, ..run }];
    let session = Session { log: Some(log()), runs, trained: Some(spec.clone()), ..Session::default() };
    (LateFunctions::TABLE.save_state)(&session, &spec, true, None).unwrap()
}

#[test]
fn the_recording_plays_until_the_engine_is_there_unless_the_user_has_pressed_something() {
    for has_pressed in [false, true] {
        let mut browser = Browser::new();
        browser.surroundings.has_pressed = false;
        browser.send(Message::Open { record: None, plays: true, is_linked: false });
        assert_eq!(browser.others.pop(), Some(Effect::FetchRecording));
        browser.send(Message::Recording(recording()));
        assert_eq!((browser.statuses(), *browser.page.plays), (vec![RunStatus::Recorded], true));
        browser.surroundings.has_pressed = has_pressed;
        let worker = browser.only_started();
        browser.ready(worker);
        browser.load(worker);
        assert_eq!(browser.trained().is_empty(), has_pressed);
        assert_eq!(*browser.page.opened_itself, !has_pressed);
    }
}

#[test]
fn playing_goes_from_moment_to_moment_until_now_and_only_the_newest_wait_counts() {
    let mut browser = Browser::new();
    let at = |epoch| Evaluation { epoch, ..fixtures::evaluation(&[]) };
    let run = fixtures::run(1, "esmm", 1, at(0.0));
    browser.page.session.runs = vec![Run { evaluations: vec![at(0.0), at(1.0), at(2.0)], ..run }];
    browser.send(Message::Play(true));
    let mut shown = vec![*browser.page.moment];
    while let Some((_, message)) = browser.waits.pop() {
        browser.send(message);
        shown.push(*browser.page.moment);
    }
    assert_eq!((shown, *browser.page.plays), (vec![Some(0.0), Some(1.0), None], false));
    browser.send(Message::Play(true));
    let (_, outdated) = browser.waits.pop().unwrap();
    browser.send(Message::Play(false));
    browser.send(Message::Play(true));
    browser.send(outdated);
    assert_eq!(*browser.page.moment, Some(0.0));
    browser.send(Message::LookBack(Some(1.0)));
    let (_, outdated) = browser.waits.pop().unwrap();
    browser.send(outdated);
    assert_eq!((*browser.page.moment, *browser.page.plays), (Some(1.0), false), "the user looks back");
}

#[test]
fn the_recording_never_takes_the_place_of_live_runs() {
    let (mut browser, _) = Browser::with_log();
    browser.send(Message::Train);
    let before = browser.statuses();
    browser.send(Message::Recording(recording()));
    assert_eq!(browser.statuses(), before);
}

#[test]
fn without_a_log_train_generates_the_experiments_or_says_which_file_it_wants() {
    let mut browser = Browser::new();
    browser.send(Message::Train);
    let worker = browser.only_started();
    browser.ready(worker);
    browser.load(worker);
    assert_eq!(browser.trained().len(), 1);

    let mut browser = Browser::new();
    let data = DataSpec::File {
        name: "a.csv".into(),
        bytes: 9,
        crc32: 1,
        roles: None,
        limit: RowLimit::default(),
        assembly: None,
    };
    browser.send(Message::SetSpec(Box::new(RunSpec { data, ..first_experiment() })));
    browser.send(Message::Train);
    assert!(browser.page.notice.is_some() && browser.page.session.runs.is_empty());
}

#[test]
fn the_status_region_speaks_of_changes_at_once_and_of_progress_now_and_then() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    let first = browser.page.status.clone();
    let moved = |epoch| match progress(run) {
        Reply::Progress { run, mut progress, curve } => {
            progress.rows_per_second = 1000.0 * epoch;
            Reply::Progress { run, progress, curve }
        }
        other => other,
    };
    browser.surroundings.now = 1_000.0;
    browser.reply(worker, moved(1.0));
    assert_eq!(*browser.page.status, first);
    browser.surroundings.now = 6_000.0;
    browser.reply(worker, moved(2.0));
    assert_ne!(*browser.page.status, first);
}

#[test]
fn a_brush_is_followed_by_the_rows_and_by_a_tree_that_is_about_it() {
    let area = |high| PredictionBox { p_ctr: (0.0, high), p_cvr: (0.0, 1.0) };
    let mut browser = Browser::new();
    browser.send(Message::Brush { run: 1, area: Some(area(0.1)) });
    assert_eq!((browser.page.rows_choice.brush, browser.page.subset.as_ref()), (Some(area(0.1)), None));
    browser.send(Message::ShowSubset(Some(RowsPart::Brush(area(0.1)))));
    browser.send(Message::Brush { run: 1, area: Some(area(0.2)) });
    assert_eq!(*browser.page.subset, Some(RowsPart::Brush(area(0.2))));
    browser.send(Message::ClearBrush);
    assert_eq!((browser.page.rows_choice.brush, browser.page.subset.as_ref()), (None, None));
}

#[test]
fn a_worker_that_crashes_while_it_reads_loses_the_pages_load_or_the_run_that_waits_for_the_log() {
    for is_ready in [true, false] {
        let (mut browser, first) = Browser::with_log();
        browser.send(Message::Train);
        browser.trained();
        let (for_run, _) = browser.started[1];
        browser.send(Message::FilesRead(vec![(file("a.csv"), FileContent::Table)]));
        let (for_page, _) = browser.started[2];
        if is_ready {
            browser.ready(for_run);
            browser.ready(for_page);
        }
        browser.break_down(for_page);
        // What it was to do is given to another one, once.
        assert!(matches!(*browser.page.log_state, LogState::Loading { .. }));
        let (again, _) = *browser.started.last().unwrap();
        browser.break_down(again);
        assert_eq!(*browser.page.log_state, LogState::Failed { message: "it broke".into() });
        assert_eq!((browser.page.session.log.as_ref(), browser.ended[0]), (Some(&log()), for_page));
        assert_eq!(browser.count(|status| matches!(status, RunStatus::Failed { .. })), 0);
        browser.break_down(for_run);
        assert_eq!(browser.count(|status| matches!(status, RunStatus::Failed { .. })), 0);
        let (again, _) = *browser.started.last().unwrap();
        browser.break_down(again);
        assert_eq!(browser.count(|status| matches!(status, RunStatus::Failed { .. })), 1);
        let mut known = browser.started.len() - 1;
        let next = start_all(&mut browser, &mut known);
        assert!(next.len() == 1 && next[0].0 != first, "the next run has a worker");
    }
}

#[test]
fn train_while_the_first_log_is_read_trains_when_it_is_there_and_a_file_that_comes_instead_does_not() {
    for is_replaced in [false, true] {
        let mut browser = Browser::new();
        browser.send(Message::Open { record: None, plays: true, is_linked: false });
        browser.send(Message::Recording(recording()));
        browser.send(Message::Train);
        let worker = browser.only_started();
        if is_replaced {
            browser.send(Message::FilesRead(vec![(file("a.csv"), FileContent::Table)]));
        }
        for (worker, _) in browser.started.clone() {
            browser.ready(worker);
        }
        let reader = browser.started.last().map_or(worker, |(worker, _)| *worker);
        browser.load(reader);
        assert_eq!(browser.trained().is_empty(), is_replaced);
    }
}

#[test]
fn an_experiment_that_cannot_be_trained_does_not_end_the_runs_under_way() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    let mut spec = browser.page.spec.clone();
    spec.training.epochs = Some(0);
    browser.send(Message::SetSpec(Box::new(spec)));
    browser.send(Message::Train);
    assert!(browser.page.notice.is_some());
    assert_eq!(browser.page.session.run(run).map(|run| run.status.clone()), Some(RunStatus::Training));
}

/// A worker of a [`Simulation`]: what it was sent and has not answered, and the run that it trains.
#[derive(Default)]
struct SimulatedWorker {
    is_ready: bool,
    waiting: VecDeque<Request>,
    /// Origin of the log that it holds.
    origin: Option<u32>,
    training: Option<RunId>,
    is_held: bool,
}

/// A page whose user and workers do things in an order of chance.
struct Simulation {
    browser: Browser,
    workers: std::collections::BTreeMap<WorkerKey, SimulatedWorker>,
    random: crate::domain::random::Stream,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let random = crate::domain::random::Stream::new(seed, 0);
        Self { browser: Browser::new(), workers: Default::default(), random }
    }

    fn below(&mut self, n: usize) -> usize {
        self.random.below(n as u64) as usize
    }

    fn tell(&mut self, message: Message) {
        self.browser.send(message);
        for (worker, program) in std::mem::take(&mut self.browser.started) {
            assert_eq!(program, Program::CpuEngine);
            self.workers.insert(worker, SimulatedWorker::default());
        }
        for (worker, request, _) in std::mem::take(&mut self.browser.posted) {
            let simulated = self.workers.get_mut(&worker).expect("a worker that was started");
            assert!(simulated.is_ready, "{request:?} was sent before the worker was ready");
            if let Request::Train { .. } = request {
                let origin = self.browser.page.source.as_ref().map(|source| source.given.origin);
                assert_eq!(simulated.origin, origin, "the worker holds another log");
            }
            simulated.waiting.push_back(request);
        }
        for worker in std::mem::take(&mut self.browser.ended) {
            self.workers.remove(&worker);
        }
        assert!(self.workers.len() <= runs::MAX_CPU_WORKERS + 1, "{} workers", self.workers.len());
    }

    fn user_acts(&mut self) {
        let run = self.browser.page.session.runs.first().map_or(0, |run| run.id);
        let row = self.below(100);
        let message = match self.below(19) {
            0 => Message::Generate,
            1 => Message::FilesRead(vec![(file("a.csv"), FileContent::Table)]),
            2 => Message::CancelLoad,
            3 => Message::SetRoles { roles: Box::default(), words: "changed".into() },
            4 => Message::UndoChange,
            5 | 6 => Message::Train,
            7 => Message::Step(StepUnit::Epoch),
            8 => Message::Pause,
            9 => Message::Resume,
            10 => Message::Stop,
            11 => Message::Inspect(row),
            12 => Message::Ask(window(row as u32)),
            13 => Message::PauseTraining,
            14 => Message::TryOut,
            15 => Message::Settle,
            16 => {
                let waits = std::mem::take(&mut self.browser.waits);
                waits.into_iter().for_each(|(_, message)| self.tell(message));
                return;
            }
            17 => Message::Beat,
            _ => Message::Ask(Question::Flow { run }),
        };
        self.tell(message);
    }

    /// A worker does the next thing that it has to do, or breaks down where it may; whether it had anything to do.
    fn worker_acts(&mut self, worker: WorkerKey, may_break: bool) -> bool {
        let Some(simulated) = self.workers.get_mut(&worker) else { return false };
        if may_break && self.random.below(40) == 0 {
            self.tell(Message::FromWorker { worker, event: WorkerEvent::Broken("it broke".into()) });
            return true;
        }
        if !simulated.is_ready {
            simulated.is_ready = true;
            let device = DeviceReport { kind: DeviceKind::Cpu, detail: String::new(), usable: true };
            return self.reply(worker, vec![Reply::Ready { protocol: VERSION, device }]);
        }
        let Some(request) = simulated.waiting.pop_front() else {
            let Some(run) = simulated.training.filter(|_| !simulated.is_held) else { return false };
            return match self.random.below(3) {
                0 => self.reply(worker, vec![progress(run)]),
                1 => self.reply(worker, vec![evaluated(run)]),
                _ => {
                    simulated.training = None;
                    self.reply(worker, vec![finished(run)])
                }
            };
        };
        let chance = self.random.below(4);
        let replies = match request {
            Request::Load { id, .. } if simulated.waiting.contains(&Request::CancelLoad { id }) => {
                vec![Reply::LoadCancelled { id }]
            }
            Request::Load { id, .. } if chance == 0 => vec![Reply::LoadFailed { id, message: "no".into() }],
            Request::Load { id, origin, .. } => {
                simulated.origin = Some(origin);
                simulated.training = None;
                vec![Reply::Loaded { id, log: Box::new(log()) }]
            }
            Request::Train { run, step, .. } => {
                assert_eq!(simulated.training, None, "a worker trains one run at a time");
                simulated.training = Some(run);
                simulated.is_held = step.is_some();
                if step.is_some() { vec![evaluated(run), Reply::Held { run }] } else { vec![progress(run)] }
            }
            Request::Pause { run } if simulated.training == Some(run) && !simulated.is_held => {
                simulated.is_held = true;
                vec![Reply::Held { run }]
            }
            Request::Resume { run } if simulated.training == Some(run) => {
                simulated.is_held = false;
                vec![]
            }
            Request::Step { run, .. } if simulated.training == Some(run) => {
                simulated.is_held = true;
                vec![Reply::Held { run }]
            }
            Request::Stop { run } if simulated.training == Some(run) => {
                simulated.training = None;
                vec![Reply::Stopped { run }]
            }
            Request::Abandon { run } if simulated.training == Some(run) => {
                simulated.training = None;
                vec![Reply::Stopped { run }]
            }
            Request::Ask { id, question: Question::Draft(_) } if chance > 0 => {
                let share = f64::from(u8::from(chance > 1)) / 2.0;
                let slow = Drafted::TooSlow { share };
                vec![Reply::Answer { id, answer: Ok(Answer::Draft(if chance > 2 { drafted() } else { slow })) }]
            }
            Request::Ask { id, question: Question::Race(_) } if chance > 0 => {
                let rows_per_second = f64::from(u8::from(chance > 1));
                vec![Reply::Answer { id, answer: Ok(Answer::Race { rows_per_second }) }]
            }
            Request::Ask { id, .. } => vec![Reply::Answer { id, answer: Err(Refusal("no".into())) }],
            _ => vec![],
        };
        self.reply(worker, replies)
    }

    fn reply(&mut self, worker: WorkerKey, replies: Vec<Reply>) -> bool {
        for reply in replies {
            self.tell(Message::FromWorker { worker, event: WorkerEvent::Reply(Box::new(reply), None) });
        }
        true
    }

    fn any_worker_acts(&mut self) {
        let keys: Vec<WorkerKey> = self.workers.keys().copied().collect();
        if !keys.is_empty() {
            let worker = keys[self.below(keys.len())];
            self.worker_acts(worker, true);
        }
    }

    /// Workers do all that they have to do.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let keys: Vec<WorkerKey> = self.workers.keys().copied().collect();
            let acted =
                keys.into_iter().map(|worker| self.worker_acts(worker, false)).fold(false, |any, did| any | did);
            if !acted {
                return;
            }
        }
        panic!("the workers never come to rest");
    }
}

#[test]
fn whatever_the_order_no_run_is_forgotten_and_no_worker_is_asked_for_what_it_cannot_do() {
    for seed in 0..300 {
        let mut simulation = Simulation::new(seed);
        simulation.tell(Message::Generate);
        for _ in 0..120 {
            if simulation.below(3) == 0 { simulation.user_acts() } else { simulation.any_worker_acts() }
        }
        simulation.tell(Message::Resume);
        simulation.settle();
        let page = &simulation.browser.page;
        assert!(!matches!(*page.log_state, LogState::Loading { .. }), "seed {seed}: a load is awaited for ever");
        let open: Vec<&RunStatus> = page.session.runs.iter().map(|run| &run.status).filter(|s| !s.is_ended()).collect();
        assert!(open.is_empty(), "seed {seed}: {open:?}");
        assert!(page.queue.is_empty() || page.source.is_none(), "seed {seed}");
        assert!(!page.is_drafting(), "seed {seed}: a draft is awaited for ever");
    }
}

fn tables(names: &[&str]) -> Message {
    Message::FilesRead(names.iter().map(|name| (file(name), FileContent::Table)).collect())
}

/// What the load that was sent last to the worker is made of: the files' names, and the assembly.
fn last_source(browser: &Browser, worker: WorkerKey) -> (Vec<String>, Option<Assembly>, Option<Roles>, u32) {
    let loads = browser.posted.iter().rev().filter(|(to, ..)| *to == worker);
    let source = loads.filter_map(|(_, request, files)| match request {
        Request::Load { source: LogSource::Files { names, assembly, .. }, roles, origin, .. } => {
            assert_eq!(names.len(), files.len());
            assert!(names.iter().zip(files).all(|(name, file)| *name == file.name));
            Some((names.clone(), assembly.clone(), roles.clone(), *origin))
        }
        _ => None,
    });
    source.into_iter().next().expect("a load of files")
}

fn assembly(table: &str) -> Assembly {
    Assembly { table: table.into(), ..Assembly::default() }
}

fn assembled(table: &str) -> LoadedLog {
    let report = AssemblyReport { assembly: assembly(table), ..AssemblyReport::default() };
    LoadedLog { name: "x".into(), assembly: Some(report), ..log() }
}

#[test]
fn several_tables_are_one_log_and_their_assembly_is_changed_and_undone() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(tables(&["views.csv", "items.csv"]));
    assert_eq!(last_source(&browser, worker).0, ["items.csv", "views.csv"], "in the order of their names");
    let id = browser.last_load(worker);
    browser.reply(worker, Reply::Loaded { id, log: Box::new(assembled("views")) });
    let DataSpec::File { name, bytes, assembly: of_spec, .. } = &browser.page.spec.data else { panic!("a file") };
    assert_eq!((name.as_str(), *bytes, of_spec), ("items.csv + views.csv", 18, &Some(assembly("views"))));
    // What was proposed stays when the roles change.
    browser.send(Message::SetRoles { roles: Box::default(), words: "roles".into() });
    assert_eq!(last_source(&browser, worker).1, Some(assembly("views")));
    let id = browser.last_load(worker);
    browser.reply(worker, Reply::Loaded { id, log: Box::new(assembled("views")) });
    browser.send(Message::SetAssembly { assembly: Box::new(assembly("items")), words: "items".into() });
    assert_eq!(last_source(&browser, worker).1, Some(assembly("items")));
    let id = browser.last_load(worker);
    browser.reply(worker, Reply::Loaded { id, log: Box::new(assembled("items")) });
    assert_eq!(browser.page.mapping.changes, ["roles", "items"]);
    browser.send(Message::UndoChange);
    assert_eq!(last_source(&browser, worker).1, Some(assembly("views")));
}

#[test]
fn tables_are_added_to_those_of_the_log_and_one_of_the_same_name_is_replaced() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(tables(&["views.csv"]));
    browser.load(worker);
    let before = last_source(&browser, worker);
    browser.send(Message::AddFiles(vec![file("buys.csv")]));
    let (names, assembly, _, origin) = last_source(&browser, worker);
    assert_eq!((names, assembly), (vec!["views.csv".to_owned(), "buys.csv".to_owned()], None));
    assert_ne!(origin, before.3, "the files are read again");
    browser.load(worker);
    let again = file("views.csv");
    browser.send(Message::AddFiles(vec![again.clone()]));
    let posted = &browser.posted.last().unwrap().2;
    assert!(posted.len() == 2 && posted.contains(&again), "{posted:?}");
    browser.load(worker);
    browser.send(Message::UndoChange);
    browser.load(worker);
    browser.send(Message::UndoChange);
    assert_eq!(last_source(&browser, worker).0, ["views.csv"]);
}

#[test]
fn of_several_files_those_that_are_no_tables_are_opened_for_what_they_are() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::FilesRead(vec![
        (file("notes.json"), FileContent::Unreadable("it is damaged".into())),
        (file("a.csv"), FileContent::Table),
    ]));
    assert_eq!(browser.page.notice.as_ref().map(Notice::words), Some("it is damaged"));
    assert_eq!(last_source(&browser, worker).0, ["a.csv"]);
}

#[test]
fn the_files_of_an_experiment_are_read_as_it_says_and_this_can_be_undone() {
    let (mut browser, worker) = Browser::with_log();
    let roles = Roles { click: Some("seen".into()), ..Roles::default() };
    let data = DataSpec::File {
        name: "buys.csv + views.csv".into(),
        bytes: 18,
        crc32: 0,
        roles: Some(roles.clone()),
        limit: RowLimit::default(),
        assembly: Some(assembly("views")),
    };
    let spec = RunSpec { data, ..first_experiment() };
    browser.send(Message::FilesRead(vec![(file("x.esmm"), FileContent::Experiment(Box::new(spec)))]));
    browser.send(tables(&["views.csv", "buys.csv"]));
    let (_, given, known, _) = last_source(&browser, worker);
    assert_eq!((given, known), (Some(assembly("views")), Some(roles)));
    browser.load(worker);
    browser.send(Message::UndoChange);
    assert_eq!(last_source(&browser, worker).2, None);
    browser.load(worker);
    // Other files are none of the experiment's.
    browser.send(tables(&["other.csv"]));
    assert_eq!((last_source(&browser, worker).1, last_source(&browser, worker).2), (None, None));
}

#[test]
fn a_sample_log_of_several_files_is_opened_when_all_have_come() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(Message::OpenSample(vec!["shown.csv".into(), "clicks.csv".into()]));
    let asked: Vec<RequestId> = browser.asked().iter().map(|(_, id, _)| *id).collect();
    for (id, name) in asked.into_iter().zip(["shown.csv", "clicks.csv"]) {
        assert!(browser.posted.is_empty());
        let answer = Reply::Answer { id, answer: Ok(Answer::File { name: name.into() }) };
        browser.reply_with(worker, answer, Some(file("")));
    }
    assert_eq!(last_source(&browser, worker).0, ["clicks.csv", "shown.csv"]);
}
