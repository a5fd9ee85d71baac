//! Models that have made way for later ones are taken up again when something is asked of them.

use super::*;

/// A page whose runs have all ended, more than there are workers, with what each has learned; and all workers.
fn many_ended_runs() -> (Browser, Vec<WorkerKey>) {
    let mut browser = Browser::of(first_experiment(), Address::default());
    browser.surroundings.cores = 8;
    browser.send(Message::AdapterFound(Adapter::NoWebgpu));
    browser.send(Message::Generate);
    let worker = browser.only_started();
    browser.ready(worker);
    browser.load(worker);
    browser.send(Message::Train);
    let mut known = 1;
    let mut runs = start_all(&mut browser, &mut known);
    while !runs.is_empty() {
        for (worker, run) in std::mem::take(&mut runs) {
            browser.reply(worker, progress(run));
            browser.reply(worker, evaluated(run));
            browser.posted.clear();
            browser.reply(worker, finished(run));
            let posted = browser.posted.clone();
            let is_kept = |question: &Question| matches!(question, Question::Export { what: Export::Checkpoint, .. });
            let kept = browser.asked().into_iter().find(|(_, _, question)| is_kept(question)).expect("its weights");
            answer_file(&mut browser, worker, kept.1);
            browser.posted = posted;
            runs.extend(start_all(&mut browser, &mut known));
        }
    }
    let workers: Vec<WorkerKey> = browser.started.iter().map(|(worker, _)| *worker).collect();
    assert!(workers.len() < browser.page.session.runs.len(), "each has a worker");
    assert!(browser.statuses().iter().all(|status| matches!(status, RunStatus::Finished { .. })));
    browser.posted.clear();
    (browser, workers)
}

fn answer_file(browser: &mut Browser, worker: WorkerKey, id: RequestId) {
    let answer = Reply::Answer { id, answer: Ok(Answer::File { name: "file".into() }) };
    browser.reply_with(worker, answer, Some(file("")));
}

/// A run whose model no worker has.
fn displaced(browser: &Browser) -> RunId {
    let runs = browser.page.session.runs.iter().map(|run| run.id);
    runs.into_iter().find(|run| browser.page.worker_of_run(*run).is_none()).expect("a run without a worker")
}

/// The worker that is to take a run up again.
fn takes_up(browser: &Browser, of: RunId) -> Option<WorkerKey> {
    let is_of = |request: &Request| matches!(request, Request::TakeUp { run, .. } if *run == of);
    browser.posted.iter().find(|(_, request, weights)| is_of(request) && weights.len() == 1).map(|(worker, ..)| *worker)
}

#[test]
fn a_displaced_model_comes_back_for_a_file_a_subset_and_rows() {
    let file = |run| Message::Ask(Question::Export { run, what: Export::Weights });
    let subset =
        |run| Message::Ask(Question::Part { run, part: RowsPart::Slice { feature: "f".into(), value: "v".into() } });
    let rows = |run| {
        let ask = RowsAsk {
            of: RowsOf::Query(Default::default()),
            run: Some(run),
            stamp: 0,
            start: 0,
            count: 14,
            columns: vec![],
        };
        Message::Ask(Question::Rows(Box::new(ask)))
    };
    let asks: [fn(RunId) -> Message; 3] = [file, subset, rows];
    for ask in asks {
        let (mut browser, workers) = many_ended_runs();
        let run = displaced(&browser);
        browser.send(ask(run));
        let worker = takes_up(&browser, run).expect("it is taken up");
        assert_eq!(browser.started.len(), workers.len(), "by one that is there");
        browser.reply(worker, Reply::TakenUp { run, is_there: true });
        let asked = browser.asked();
        let is_of_run = |question: &Question| match question {
            Question::Rows(ask) => ask.run == Some(run),
            other => other.run() == Some(run),
        };
        assert!(asked.iter().any(|(to, _, question)| *to == worker && is_of_run(question)), "{asked:?}");
        assert!(browser.statuses().iter().all(|status| matches!(status, RunStatus::Finished { .. })));
        assert!(!browser.page.is_any_under_way());
        assert_ne!(displaced(&browser), run, "another has made way");
    }
}

#[test]
fn weights_that_no_worker_takes_up_are_given_up_with_a_sentence() {
    let (mut browser, _) = many_ended_runs();
    let run = displaced(&browser);
    browser.send(Message::Ask(Question::Export { run, what: Export::Weights }));
    let worker = takes_up(&browser, run).expect("it is taken up");
    browser.posted.clear();
    browser.reply(worker, Reply::TakenUp { run, is_there: false });
    let asked = browser.asked();
    for (_, id, _) in asked {
        browser.reply(worker, Reply::Answer { id, answer: Err(Refusal("that run is not kept".into())) });
    }
    assert_eq!(takes_up(&browser, run), None, "once is enough");
    browser.send(Message::Ask(Question::Export { run, what: Export::Weights }));
    assert_eq!(takes_up(&browser, run), None, "also when asked again");
    assert!(browser.page.exported.contains("not kept"), "{:?}", *browser.page.exported);
}

#[test]
fn a_worker_that_crashes_with_a_model_of_before_costs_no_result() {
    let (mut browser, _) = many_ended_runs();
    let run = displaced(&browser);
    browser.send(Message::Ask(Question::Export { run, what: Export::Weights }));
    for _ in 0..2 {
        let worker = browser.page.workers.iter().find(|worker| worker.state.training_run() == Some(run));
        let Some(worker) = worker.map(|worker| worker.key) else { break };
        browser.break_down(worker);
        while let Some((worker, _)) = browser.started.iter().find(|(worker, _)| {
            let known = browser.page.workers.iter().find(|known| known.key == *worker);
            known.is_some_and(|known| !known.state.is_started())
        }) {
            let worker = *worker;
            browser.ready(worker);
            browser.load(worker);
        }
    }
    assert!(
        browser.statuses().iter().all(|status| matches!(status, RunStatus::Finished { .. })),
        "{:?}",
        browser.statuses()
    );
    assert!(!browser.page.is_any_under_way());
}

#[test]
fn a_run_that_was_stopped_is_taken_up_as_one_that_is_not_late() {
    let (mut browser, _) = many_ended_runs();
    let run = displaced(&browser);
    if let Some(known) = browser.page.session.runs.iter_mut().find(|known| known.id == run) {
        known.status = RunStatus::Stopped;
    }
    browser.send(Message::Ask(Question::Export { run, what: Export::Weights }));
    let worker = takes_up(&browser, run).expect("it is taken up");
    browser.reply(worker, Reply::TakenUp { run, is_there: true });
    assert_eq!(browser.page.session.run(run).map(|run| run.status.clone()), Some(RunStatus::Stopped));
    assert!(browser.asked().iter().any(|(to, _, question)| *to == worker && question.run() == Some(run)));
}
