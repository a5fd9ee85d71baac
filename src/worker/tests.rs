//! The worker told what the page says, with a file in memory and a clock that tests move.

use std::cell::{Cell, RefCell};
use std::future::{Future, ready};

use super::*;
use crate::domain::assembly::Assembly;
use crate::domain::log::{Condition, NewDecoder, Roles, RowFilter, RowLimit, RowQuery, TextDecoder};
use crate::domain::report::{Predictions, RowsPart, WeightsSheet, write_predictions_csv};
use crate::domain::spec::{RunSpec, TrainPlan, model_preset};
use crate::domain::synth::SynthSpec;
use crate::engine::Predictor;
use crate::protocol::{
    Answer, DraftAsk, DraftRun, Drafted, Export, HELD_OUT, LogSource, Question, RequestId, RowsAsk, RowsOf, StepUnit,
    predicted,
};

/// A page that remembers what it was sent.
#[derive(Default)]
struct Sent {
    replies: RefCell<Vec<(Reply, Option<Vec<u8>>)>>,
    now: Cell<f64>,
    /// Milliseconds that each look at the clock takes.
    tick: Cell<f64>,
    /// The load that is cancelled while it is read.
    cancels: Cell<Option<RequestId>>,
}

/// Takes every byte for the character of that number.
struct Latin1;

impl TextDecoder for Latin1 {
    fn decode(&mut self, bytes: &[u8], _: bool, text: &mut Vec<u8>) {
        let characters: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        text.extend_from_slice(characters.as_bytes());
    }
}

impl Page for Sent {
    const DECODER: NewDecoder = |_| Some(Box::new(Latin1));

    fn post(&self, reply: &Reply, bytes: Option<&[u8]>) {
        self.replies.borrow_mut().push((reply.clone(), bytes.map(<[u8]>::to_vec)));
    }

    fn takes_cancel(&self, load: RequestId) -> bool {
        self.cancels.get() == Some(load)
    }

    fn now(&self) -> f64 {
        self.now.set(self.now.get() + self.tick.get());
        self.now.get()
    }

    fn breathe(&self) -> impl Future<Output = ()> {
        ready(())
    }
}

/// A file in memory; one that is `None` cannot be read.
struct MemoryFile(Option<Vec<u8>>);

impl SourceFile for MemoryFile {
    fn size(&self) -> u64 {
        self.0.as_ref().map_or(9, |bytes| bytes.len() as u64)
    }

    fn piece(&self, start: u64, length: u64) -> impl Future<Output = Option<Vec<u8>>> + use<> {
        ready(self.0.as_ref().map(|bytes| {
            let end = bytes.len().min((start + length) as usize);
            bytes[end.min(start as usize)..end].to_vec()
        }))
    }
}

fn file(text: &str) -> MemoryFile {
    MemoryFile(Some(text.as_bytes().to_vec()))
}

type TestWorker = Worker<Sent>;

impl TestWorker {
    fn on_cpu() -> Self {
        let page = Sent::default();
        page.tick.set(1.0);
        Self::new(page, DeviceKind::Cpu, EngineDevice::cpu())
    }

    /// A worker whose log is generated.
    fn with_log() -> Self {
        let mut worker = Self::on_cpu();
        let synth = SynthSpec { rows: 600, users: 100, items: 50, ..SynthSpec::default() };
        worker.tell(Request::Load { id: 1, origin: 1, source: LogSource::Generated { synth }, roles: None });
        assert!(matches!(worker.sent().as_slice(), [Reply::Loaded { id: 1, .. }]));
        worker
    }

    /// A worker that has trained run 7 to its end.
    fn trained() -> Self {
        let mut worker = Self::with_log();
        worker.tell(train(7, None));
        worker.finish();
        worker.sent();
        worker
    }

    fn tell(&mut self, request: Request) {
        self.tell_with(request, None);
    }

    fn tell_with(&mut self, request: Request, file: Option<MemoryFile>) {
        self.tell_with_all(request, file.into_iter().collect());
    }

    fn tell_with_all(&mut self, request: Request, files: Vec<MemoryFile>) {
        pollster::block_on(self.carry_out(request, files));
    }

    fn finish(&mut self) {
        while pollster::block_on(self.train_for_a_moment()) {}
    }

    /// What was sent since the last call.
    fn sent(&self) -> Vec<Reply> {
        self.page.replies.take().into_iter().map(|(reply, _)| reply).collect()
    }

    fn ask(&mut self, question: Question) -> Result<Answer, String> {
        self.tell(Request::Ask { id: 99, question });
        match self.sent().pop() {
            Some(Reply::Answer { id: 99, answer }) => answer.map_err(|refusal| refusal.0),
            other => panic!("{other:?}"),
        }
    }
}

fn plan() -> TrainPlan {
    plan_of("esmm")
}

/// A plan of a preset.
fn plan_of(model: &str) -> TrainPlan {
    let mut spec = RunSpec::default();
    spec.training.epochs = Some(2);
    spec.training.batch_size = Some(100);
    spec.plan(&model_preset(model).unwrap(), 1)
}

fn train(run: RunId, step: Option<StepUnit>) -> Request {
    train_model("esmm", run, step)
}

fn train_model(model: &str, run: RunId, step: Option<StepUnit>) -> Request {
    Request::Train { run, plan: Box::new(plan_of(model)), step }
}

fn draft(rows: usize, longest: f64) -> Question {
    let synth = SynthSpec { rows, users: 100, items: 50, ctr: 0.3, cvr: 0.3, ..SynthSpec::default() };
    Question::Draft(Box::new(DraftAsk { synth, plan: plan(), longest }))
}

#[test]
fn a_race_says_a_rate_and_leaves_the_run() {
    let mut worker = TestWorker::trained();
    let answer = worker.ask(Question::Race(Box::new(plan())));
    let Ok(Answer::Race { rows_per_second }) = answer else { panic!("{answer:?}") };
    assert!(rows_per_second > 0.0, "{rows_per_second}");
    assert!(matches!(worker.ask(Question::Impression { run: 7, row: 3 }), Ok(Answer::Impression(_))));
    assert!(TestWorker::on_cpu().ask(Question::Race(Box::new(plan()))).is_err(), "it has no log");
}

#[test]
fn a_draft_is_trained_beside_the_workers_log_and_run_and_leaves_both() {
    let mut worker = TestWorker::trained();
    let Ok(Answer::Draft(Drafted::Trained(drafted))) = worker.ask(draft(900, 1e9)) else { panic!("a draft") };
    assert_eq!((drafted.log.summary.rows, drafted.log.dots.len()), (900, 0));
    let DraftRun { progress, evaluation, .. } = *drafted;
    assert_eq!((progress.step, progress.epoch, evaluation.epoch), (progress.total_steps, 2.0, 2.0));
    assert!(!evaluation.deciles.is_empty() && evaluation.metrics["auc.ctr"].value().is_some());
    assert!(evaluation.replicates.is_empty() && evaluation.curves.is_empty(), "what the Story does not show");
    assert!(matches!(worker.ask(Question::Impression { run: 7, row: 3 }), Ok(Answer::Impression(_))));
    assert_eq!(worker.log.as_ref().map(|log| log.opened.log.n_rows), Some(600));
}

#[test]
fn a_draft_is_what_a_run_on_that_log_would_come_to() {
    let mut worker = TestWorker::on_cpu();
    let Ok(Answer::Draft(Drafted::Trained(drafted))) = worker.ask(draft(900, 1e9)) else { panic!("a draft") };
    let Question::Draft(ask) = draft(900, 1e9) else { unreachable!() };
    let source = LogSource::Generated { synth: ask.synth };
    worker.tell(Request::Load { id: 1, origin: 1, source, roles: None });
    worker.tell(train(7, None));
    worker.finish();
    let last = worker.sent().into_iter().rev().find_map(|reply| match reply {
        Reply::Evaluated { evaluation, .. } => Some(evaluation),
        _ => None,
    });
    let last = last.expect("an evaluation");
    assert_eq!((&drafted.evaluation.deciles, &drafted.evaluation.losses), (&last.deciles, &last.losses));
}

#[test]
fn a_draft_that_takes_too_long_says_how_far_it_came_and_one_that_cannot_be_trained_why() {
    let mut worker = TestWorker::on_cpu();
    // Each look at the clock takes a millisecond; there is one in sixteen steps.
    let Ok(Answer::Draft(Drafted::TooSlow { share })) = worker.ask(draft(6_000, 2.5)) else { panic!("too slow") };
    assert!((0.2..0.9).contains(&share), "{share}");
    let Question::Draft(mut ask) = draft(900, 1e9) else { unreachable!() };
    ask.synth.ctr = 7.0;
    assert!(worker.ask(Question::Draft(ask)).unwrap_err().contains("ctr"));
}

#[test]
fn a_run_that_is_abandoned_ends_without_an_evaluation() {
    let mut worker = TestWorker::with_log();
    worker.tell(train(7, None));
    pollster::block_on(worker.train_for_a_moment());
    worker.sent();
    worker.tell(Request::Abandon { run: 7 });
    assert_eq!(worker.sent(), [Reply::Stopped { run: 7 }]);
    assert!(!pollster::block_on(worker.train_for_a_moment()));
}

#[test]
fn a_preview_is_of_the_settings_asked_about_and_needs_no_log() {
    let mut worker = TestWorker::on_cpu();
    let synth = SynthSpec { ctr: 0.4, ..SynthSpec::default() };
    let Ok(Answer::Preview(preview)) = worker.ask(Question::Preview(Box::new(synth))) else { panic!("a preview") };
    assert!((preview.ctr - 0.4).abs() < 0.01);
    assert!(worker.ask(Question::Preview(Box::new(SynthSpec { ctr: 7.0, ..SynthSpec::default() }))).is_err());
}

fn load_file(id: RequestId, origin: u32, roles: Option<Roles>) -> Request {
    let source = LogSource::Files { names: vec!["a.csv".into()], limit: RowLimit::default(), assembly: None };
    Request::Load { id, origin, source, roles }
}

/// 40 impressions: a user, a price, and every second one clicked, every fourth bought.
fn csv() -> String {
    let row =
        |i: usize| format!("u{},{},{},{}\n", i % 7, i, u8::from(i.is_multiple_of(2)), u8::from(i.is_multiple_of(4)));
    format!("user,price,click,conversion\n{}", (0..40).map(row).collect::<String>())
}

fn kinds(replies: &[Reply]) -> Vec<&'static str> {
    let kind = |reply: &Reply| match reply {
        Reply::Evaluated { .. } => "evaluated",
        Reply::Held { .. } => "held",
        Reply::Finished { .. } => "finished",
        Reply::Stopped { .. } => "stopped",
        Reply::Failed { .. } => "failed",
        Reply::LoadProgress { .. } => "load progress",
        Reply::Loaded { .. } => "loaded",
        Reply::Progress { .. } => "progress",
        _ => "other",
    };
    replies.iter().map(kind).collect()
}

#[test]
fn a_run_is_evaluated_before_its_first_step_at_each_epochs_end_and_when_it_has_finished() {
    let mut worker = TestWorker::with_log();
    worker.page.tick.set(0.0); // evaluations between the ends of epochs depend on what they cost
    worker.tell(train(7, None));
    worker.finish();
    let sent = worker.sent();
    let epochs: Vec<f64> = sent
        .iter()
        .filter_map(|reply| match reply {
            Reply::Evaluated { evaluation, .. } => Some(evaluation.epoch),
            _ => None,
        })
        .collect();
    assert_eq!((epochs[0], *epochs.last().unwrap()), (0.0, 2.0));
    assert!(epochs.contains(&1.0) && epochs.is_sorted(), "{epochs:?}");
    assert!(matches!(sent.last(), Some(Reply::Finished { run: 7, .. })));
    let with_intervals =
        |reply: &&Reply| matches!(reply, Reply::Evaluated { evaluation, .. } if !evaluation.replicates.is_empty());
    assert_eq!(sent.iter().filter(with_intervals).count(), 1, "the last evaluation alone is drawn again and again");
}

#[test]
fn a_step_trains_one_batch_or_to_the_epochs_end_and_holds() {
    for (unit, epoch) in [(StepUnit::Batch, 100.0 / 450.0), (StepUnit::Epoch, 1.0)] {
        let mut worker = TestWorker::with_log();
        worker.tell(train(7, Some(unit)));
        worker.finish();
        let sent = worker.sent();
        assert!(matches!(sent.last(), Some(Reply::Held { run: 7 })), "{:?}", kinds(&sent));
        let position = worker.run.as_ref().unwrap().learner.position();
        assert!((position.epoch - epoch).abs() < 0.06, "{unit:?}: {}", position.epoch);
        worker.tell(Request::Resume { run: 7 });
        worker.finish();
        assert!(matches!(worker.sent().last(), Some(Reply::Finished { .. })));
    }
}

#[test]
fn a_pause_holds_and_a_stop_ends_a_run_with_an_evaluation_and_neither_concerns_another_run() {
    let mut worker = TestWorker::with_log();
    worker.page.tick.set(100.0); // a slice is one batch
    worker.tell(train(7, None));
    pollster::block_on(worker.train_for_a_moment());
    worker.sent();
    worker.tell(Request::Pause { run: 6 });
    assert_eq!(worker.sent(), []);
    worker.tell(Request::Pause { run: 7 });
    let sent = worker.sent();
    assert_eq!(kinds(&sent[sent.len() - 2..]), ["evaluated", "held"]);
    assert!(!pollster::block_on(worker.train_for_a_moment()), "a held run does not train");
    worker.tell(Request::Stop { run: 7 });
    assert_eq!(kinds(&worker.sent()), ["evaluated", "stopped"]);
    worker.tell(Request::Stop { run: 7 });
    assert_eq!(worker.sent(), [], "a run ends once");
}

#[test]
fn a_run_without_a_log_fails_with_a_sentence() {
    let mut worker = TestWorker::on_cpu();
    worker.tell(train(7, None));
    match worker.sent().as_slice() {
        [Reply::Failed { run: 7, message }] => assert!(message.len() > 10),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_is_read_with_progress_and_its_checksum() {
    let mut worker = TestWorker::on_cpu();
    worker.tell_with(load_file(3, 5, None), Some(file(&csv())));
    let sent = worker.sent();
    match sent.as_slice() {
        [Reply::LoadProgress { progress, .. }, .., Reply::Loaded { id: 3, log }] => {
            assert_eq!(progress.total_bytes, csv().len() as u64);
            assert_eq!((log.summary.rows, log.summary.clicks), (40, 20));
            assert_eq!(log.crc32, crc32fast::hash(csv().as_bytes()));
        }
        other => panic!("{:?}", kinds(other)),
    }
}

#[test]
fn a_load_that_is_cancelled_lost_or_refused_leaves_the_log_and_the_run() {
    type Expectation = (&'static str, Option<MemoryFile>, fn(&Reply) -> bool);
    let expectations: [Expectation; 4] = [
        ("cancelled", Some(file(&csv())), |reply| matches!(reply, Reply::LoadCancelled { id: 3 })),
        ("without its file", None, |reply| matches!(reply, Reply::LoadFailed { id: 3, .. })),
        ("unreadable", Some(MemoryFile(None)), |reply| matches!(reply, Reply::LoadFailed { id: 3, .. })),
        ("no log", Some(file("a,b\n1,2\n3,4\n")), |reply| matches!(reply, Reply::LoadNeedsRoles { id: 3, .. })),
    ];
    let mut worker = TestWorker::trained();
    for (what, file, is_expected) in expectations {
        worker.page.cancels.set((what == "cancelled").then_some(3));
        worker.tell_with(load_file(3, 5, None), file);
        let sent = worker.sent();
        assert!(is_expected(sent.last().unwrap()), "{what}: {sent:?}");
        assert!(matches!(worker.ask(Question::Flow { run: 7 }), Ok(Answer::Flow(_))), "{what}: the run can be asked");
    }
}

#[test]
fn other_roles_do_not_read_the_file_again() {
    let mut worker = TestWorker::on_cpu();
    worker.tell_with(load_file(3, 5, None), Some(file("seen,kept,user\n1,0,a\n0,0,b\n1,1,c\n")));
    assert!(matches!(worker.sent().last(), Some(Reply::LoadNeedsRoles { .. })));
    let roles = Roles { click: Some("seen".into()), conversion: Some("kept".into()), ..Roles::default() };
    worker.tell_with(load_file(4, 5, Some(roles)), Some(MemoryFile(None)));
    let sent = worker.sent();
    assert!(matches!(sent.last(), Some(Reply::Loaded { id: 4, .. })), "{sent:?}");
}

#[test]
fn what_is_asked_of_a_run_that_is_gone_is_refused_in_a_sentence() {
    let mut worker = TestWorker::trained();
    for question in [
        Question::Flow { run: 8 },
        Question::Impression { run: 8, row: 0 },
        Question::Part { run: 8, part: RowsPart::Slice { feature: String::new(), value: String::new() } },
        Question::Export { run: 8, what: Export::Weights },
        Question::Impression { run: 7, row: 600 },
        Question::Sample { file: "none.csv".into() },
    ] {
        let refusal = worker.ask(question.clone()).unwrap_err();
        assert!(refusal.len() > 10, "{question:?}: {refusal}");
    }
}

#[test]
fn a_trained_run_answers_about_its_rows_its_network_and_its_embeddings() {
    let mut worker = TestWorker::trained();
    match worker.ask(Question::Impression { run: 7, row: 3 }).unwrap() {
        Answer::Impression(reading) => assert!((0.0..1.0).contains(&reading.events["ctcvr"].predicted)),
        other => panic!("{other:?}"),
    }
    match worker.ask(Question::Embeddings { run: 7, field: 0 }).unwrap() {
        Answer::Embeddings(reading) => assert_eq!((reading.index, reading.tower), (0, None)),
        other => panic!("{other:?}"),
    }
    match worker.ask(Question::Part { run: 7, part: RowsPart::Slice { feature: String::new(), value: String::new() } })
    {
        Ok(Answer::Part(reading)) => assert!(reading.tree.rows > 0 && reading.step > 0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_are_selected_by_what_a_model_predicts_and_handed_out_window_by_window() {
    let mut worker = TestWorker::trained();
    let held_out = RowFilter { column: HELD_OUT.into(), condition: Condition::Is("1".into()) };
    let sort = crate::domain::log::SortBy { column: predicted("ctcvr"), descending: true };
    let query = RowQuery { filters: vec![held_out], sort: Some(sort), ..RowQuery::default() };
    let ask =
        |start| RowsAsk { of: RowsOf::Query(query.clone()), run: Some(7), stamp: 1, start, count: 5, columns: vec![0] };
    let mut window = |start| match worker.ask(Question::Rows(Box::new(ask(start)))).unwrap() {
        Answer::Rows(page) => *page,
        other => panic!("{other:?}"),
    };
    let (first, beyond) = (window(0), window(10_000));
    assert_eq!((first.total, first.rows.len(), first.cells.len()), (150, 5, 5));
    assert_eq!(beyond.start, 145, "the last window there is");
    let rows = [first.rows, beyond.rows].concat();
    let said = match worker.ask(Question::Predictions { run: 7, rows }).unwrap() {
        Answer::Predictions(events) => events.into_iter().find(|event| event.event == "ctcvr").unwrap().predicted,
        other => panic!("{other:?}"),
    };
    assert!(said.is_sorted_by(|a, b| a >= b), "{said:?}");
}

#[test]
fn a_run_is_restored_from_its_checkpoint_and_not_from_other_bytes() {
    for model in ["esmm", "gbdt"] {
        let mut worker = TestWorker::with_log();
        worker.tell(train_model(model, 7, None));
        worker.finish();
        worker.page.replies.take();
        worker.tell(Request::Ask { id: 9, question: Question::Export { run: 7, what: Export::Checkpoint } });
        let (_, bytes) = worker.page.replies.take().pop().unwrap();
        let before = worker.ask(Question::Impression { run: 7, row: 3 });
        for (bytes, is_there) in [(bytes.unwrap(), true), (b"other".to_vec(), false)] {
            let mut worker = TestWorker::with_log();
            let plan = Box::new(plan_of(model));
            worker.tell_with(Request::TakeUp { run: 11, plan, step: 10 }, Some(MemoryFile(Some(bytes))));
            assert_eq!(worker.sent(), [Reply::TakenUp { run: 11, is_there }], "{model}");
            assert!(!pollster::block_on(worker.train_for_a_moment()), "it trains nothing");
            if is_there {
                assert_eq!(worker.ask(Question::Impression { run: 11, row: 3 }), before, "{model}");
            }
        }
    }
}

#[test]
fn a_run_goes_on_from_its_snapshot_to_the_same_numbers_and_begins_again_with_other_bytes() {
    let last = |sent: &[Reply]| {
        let evaluated = |reply: &Reply| match reply {
            Reply::Evaluated { evaluation, .. } => Some((evaluation.step, evaluation.metrics.clone())),
            _ => None,
        };
        sent.iter().rev().find_map(evaluated).unwrap()
    };
    for model in ["esmm", "gbdt"] {
        let mut whole = TestWorker::with_log();
        whole.tell(train_model(model, 7, None));
        whole.finish();
        let expected = last(&whole.sent());
        let mut first = TestWorker::with_log();
        first.tell(train_model(model, 7, Some(StepUnit::Epoch)));
        first.finish();
        let told = first.sent();
        first.tell(Request::Ask { id: 9, question: Question::Export { run: 7, what: Export::Snapshot } });
        let (_, bytes) = first.page.replies.take().pop().unwrap();
        let steps: Vec<u64> = curve(&told).collect();
        for (bytes, from) in [(bytes.unwrap(), steps[steps.len() - 1]), (b"other".to_vec(), 0)] {
            let mut second = TestWorker::with_log();
            second.tell_with(train_model(model, 8, None), Some(MemoryFile(Some(bytes))));
            second.finish();
            let sent = second.sent();
            assert_eq!(sent[0], Reply::GoesOn { run: 8, step: from }, "{model}");
            assert_eq!(last(&sent), expected, "{model}");
            assert_eq!(curve(&sent).next(), Some(from + 1), "what was told before is not told again");
            assert!(sent.iter().any(|reply| matches!(reply, Reply::Finished { run: 8, seconds } if *seconds > 0.0)));
        }
        whole.tell(Request::Ask { id: 9, question: Question::Export { run: 7, what: Export::Snapshot } });
        assert_eq!(whole.page.replies.take().pop().unwrap().1, Some(Vec::new()), "an ended run has none");
    }
}

/// Steps whose losses were told.
fn curve(sent: &[Reply]) -> impl Iterator<Item = u64> {
    let curves = sent.iter().filter_map(|reply| match reply {
        Reply::Progress { curve, .. } => Some(curve),
        _ => None,
    });
    curves.flatten().map(|point| point.step)
}

#[test]
fn a_learning_rate_that_was_changed_under_way_is_noted_with_its_step() {
    let mut worker = TestWorker::with_log();
    worker.tell(train(7, Some(StepUnit::Epoch)));
    worker.finish();
    worker.tell(Request::SetLearningRate { run: 7, learning_rate: 0.01 });
    worker.tell(Request::Resume { run: 7 });
    worker.finish();
    let sent = worker.sent();
    let last = sent.iter().rev().find_map(|reply| match reply {
        Reply::Evaluated { evaluation, .. } => Some(&evaluation.notes),
        _ => None,
    });
    let notes = last.unwrap();
    assert_eq!((notes["learning_rate"], notes["learning_rate_since_step"] > 0.0), (0.01, true));
}

#[test]
fn exports_have_a_name_and_bytes() {
    let mut worker = TestWorker::trained();
    for (what, name) in [
        (Export::Predictions, "esmm-1.predictions.csv"),
        (Export::Weights, "esmm-1.safetensors"),
        (Export::WeightsSpec, "esmm-1.json"),
    ] {
        worker.tell(Request::Ask { id: 9, question: Question::Export { run: 7, what } });
        match worker.page.replies.take().pop() {
            Some((Reply::Answer { answer: Ok(Answer::File { name: found }), .. }, Some(bytes))) => {
                assert_eq!((found.as_str(), bytes.is_empty()), (name, false));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_the_page_saves_of_a_run_predicts_its_log_again() {
    let mut worker = TestWorker::trained();
    let mut saved = |what| {
        worker.tell(Request::Ask { id: 9, question: Question::Export { run: 7, what } });
        worker.page.replies.take().pop().and_then(|(_, bytes)| bytes).unwrap()
    };
    let [weights, sheet] = [Export::Weights, Export::WeightsSpec].map(&mut saved);
    let sheet = WeightsSheet::from_json(std::str::from_utf8(&sheet).unwrap()).unwrap();
    let predictor = Predictor::new(&sheet, &weights).unwrap();
    let expected = saved(Export::Predictions);
    let log = &worker.log.as_ref().unwrap().opened.log;
    let logits = predictor.logits_of(&sheet.features.encode(log)).unwrap();
    let again = Predictions { model: "esmm".into(), seed: 1, tree: sheet.tree.clone(), logits };
    let split = &crate::domain::log::split(log, &sheet.plan.split).unwrap();
    assert!(write_predictions_csv(log, split, &[again]) == expected);
}

const EVENTS: &str = "user_id,item_id,event,ts
u1,i1,pv,2024-01-01 10:00:00
u1,i1,cart,2024-01-01 11:00:00
u1,i1,buy,2024-01-02 11:00:00
u2,i2,pv,2024-01-03 10:00:00
";

fn load_tables(id: RequestId, origin: u32, names: &[&str], assembly: Option<Assembly>) -> Request {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let source = LogSource::Files { names, limit: RowLimit::default(), assembly };
    Request::Load { id, origin, source, roles: None }
}

fn loaded(sent: &[Reply]) -> &crate::protocol::LoadedLog {
    match sent.last() {
        Some(Reply::Loaded { log, .. }) => log,
        other => panic!("{other:?}"),
    }
}

#[test]
fn tables_are_assembled_step_by_step_and_again_without_their_files() {
    let mut worker = TestWorker::on_cpu();
    let items = "item_id,brand\ni1,a\ni2,b\ni3,c\n";
    let request = load_tables(1, 1, &["events.csv", "items.csv"], None);
    worker.tell_with_all(request, vec![file(EVENTS), file(items)]);
    let sent = worker.sent();
    let steps: Vec<_> = sent
        .iter()
        .filter_map(|reply| match reply {
            Reply::LoadProgress { progress, .. } => progress.steps,
            _ => None,
        })
        .collect();
    assert_eq!(steps, [(0, 2), (1, 2), (2, 2)]);
    let log = loaded(&sent);
    let report = log.assembly.clone().expect("how it was made");
    assert_eq!((log.summary.rows, report.tables.len(), report.error), (2, 2, None));
    assert!(log.columns.iter().any(|column| column.name == "brand"));
    // Another assembly of the same files, which are not sent again.
    let mut fewer = report.assembly;
    fewer.steps.pop();
    worker.tell(load_tables(2, 1, &["events.csv", "items.csv"], Some(fewer.clone())));
    let sent = worker.sent();
    assert!(loaded(&sent).columns.iter().all(|column| column.name != "brand"));
    // An assembly that does not work leaves the log, and the files for the next one.
    let nothing = Assembly { table: "nothing".into(), ..Assembly::default() };
    worker.tell(load_tables(3, 1, &["events.csv", "items.csv"], Some(nothing)));
    match worker.sent().last() {
        Some(Reply::LoadNeedsRoles { assembly: Some(report), message, .. }) => {
            assert!(message.contains("no table called") && report.error.is_some(), "{message}");
        }
        other => panic!("{other:?}"),
    }
    worker.tell(load_tables(4, 1, &["events.csv", "items.csv"], Some(fewer)));
    assert_eq!(loaded(&worker.sent()).summary.rows, 2);
}

#[test]
fn tables_of_which_nothing_is_known_are_shown_to_be_joined_by_hand() {
    let mut worker = TestWorker::on_cpu();
    let request = load_tables(1, 1, &["a.csv", "b.csv"], None);
    worker.tell_with_all(request, vec![file("x,y\n1,2\n3,4\n"), file("z,w\n5,6\n7,8\n")]);
    match worker.sent().last() {
        Some(Reply::LoadNeedsRoles { assembly: Some(report), .. }) => {
            assert_eq!((report.assembly.table.as_str(), report.tables.len()), ("a", 2));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_list_of_events_in_each_record_is_unrolled_by_itself() {
    let record = |user: usize, events: &str| format!("{{\"session\": {user}, \"events\": [{events}]}}\n");
    let event = |item: usize, at: usize, kind: &str| format!("{{\"aid\": {item}, \"ts\": {at}, \"type\": \"{kind}\"}}");
    let text: String = (0..30)
        .map(|user| {
            let at = 1_661_724_000_000 + user * 1000;
            record(user, &[event(1, at, "clicks"), event(1, at + 5, "carts"), event(2, at + 9, "clicks")].join(","))
        })
        .collect();
    let mut worker = TestWorker::on_cpu();
    worker.tell_with_all(load_tables(1, 1, &["sessions.jsonl"], None), vec![file(&text)]);
    let sent = worker.sent();
    let log = loaded(&sent);
    assert_eq!(log.summary.rows, 60);
    let report = log.assembly.as_ref().expect("how it was made");
    assert_eq!(report.assembly.unroll.get("sessions").map(String::as_str), Some("events"));
    // The same assembly reads the file in the same way.
    let assembly = Some(report.assembly.clone());
    worker.tell(load_tables(2, 1, &["sessions.jsonl"], assembly.clone()));
    assert_eq!(loaded(&worker.sent()).summary.rows, 60);
    worker.tell_with_all(load_tables(3, 2, &["sessions.jsonl"], assembly.clone()), vec![file(&text)]);
    assert_eq!(loaded(&worker.sent()).summary.rows, 60);
    // Its owner may want the records as rows, and the list again.
    let records = Assembly { unroll: [].into(), steps: vec![], ..report.assembly.clone() };
    worker.tell(load_tables(4, 3, &["sessions.jsonl"], Some(records.clone())));
    worker.tell_with_all(load_tables(5, 3, &["sessions.jsonl"], Some(records)), vec![file(&text)]);
    match worker.sent().last() {
        Some(Reply::LoadNeedsRoles { assembly: Some(report), .. }) => {
            assert_eq!(report.tables[0].rows, 30);
            assert_eq!(report.tables[0].lists, ["events"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_assembly_is_cancelled_between_its_steps() {
    let mut worker = TestWorker::on_cpu();
    worker.tell_with_all(load_tables(1, 1, &["events.csv"], None), vec![file(EVENTS)]);
    worker.sent();
    worker.page.cancels.set(Some(2));
    worker.tell(load_tables(2, 1, &["events.csv"], None));
    assert!(matches!(worker.sent().last(), Some(Reply::LoadCancelled { id: 2 })));
    assert!(worker.log.is_some(), "the log before stays");
}

#[test]
fn predictions_of_a_trained_model_come_back_from_their_file_as_they_were() {
    let mut worker = TestWorker::trained();
    let log = worker.log.as_ref().unwrap().opened.clone();
    let (evaluation, split) = {
        let active = worker.run.as_ref().unwrap();
        let evaluated = active.learner.evaluate(&log.log, &active.plan.model, &active.prepared, Default::default());
        (pollster::block_on(evaluated).unwrap().0, active.plan.split.clone())
    };
    worker.tell(Request::Ask { id: 1, question: Question::Export { run: 7, what: Export::Predictions } });
    let (_, csv) = worker.page.replies.borrow_mut().pop().unwrap();
    for (id, file) in [(2, csv), (3, None)] {
        let question = Question::OwnPredictions(split.clone());
        worker.tell_with(Request::Ask { id, question }, file.map(|bytes| MemoryFile(Some(bytes))));
    }
    let replies = worker.sent();
    let [Reply::Answer { id: 2, answer: Ok(Answer::OwnPredictions(runs)) }, Reply::Answer { id: 3, answer: Err(_) }] =
        replies.as_slice()
    else {
        panic!("{replies:?}")
    };
    assert_eq!(runs.len(), 1);
    assert!(runs[0].evaluation.trees.is_empty() && runs[0].notes.is_empty());
    // Of the one purchase of so short a log the model is so sure that the file's 32 bits have 0.
    for (key, metric) in evaluation.metrics.iter().filter(|(key, _)| key.ends_with(".ctr")) {
        assert_eq!(&runs[0].evaluation.metrics[key], metric, "{key}");
    }
    assert_eq!(runs[0].evaluation.slices["ctr"], evaluation.slices["ctr"]);
    assert_eq!(runs[0].evaluation.rows_crc32, evaluation.rows_crc32);
}
