//! Engines that do not arrive, do not answer, or do not stop.

use super::*;

/// Beats that a worker may be silent for after its first step, and 4 of its epochs of 100 rows at one a second; the
/// generator's controls are of a longer log than the tests'.
fn patience(browser: &Browser) -> usize {
    6 + browser.page.synth.rows / 50_000 + 80
}

/// A page on which Stop was pressed, its only worker, and the run that has not stopped yet.
fn stopped() -> (Browser, WorkerKey, RunId) {
    let (mut browser, worker) = Browser::with_log();
    browser.surroundings.cores = 1;
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.send(Message::Stop);
    (browser, worker, run)
}

fn beat(browser: &mut Browser, times: usize) {
    for _ in 0..times {
        assert_eq!(std::mem::take(&mut browser.beats), 1, "the clock beats once at a time");
        browser.send(Message::Beat);
    }
}

#[test]
fn a_silent_worker_is_replaced_and_its_run_begins_again_once() {
    let (mut browser, first) = Browser::with_log();
    browser.surroundings.cores = 1;
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    let patience = patience(&browser);
    beat(&mut browser, 60);
    browser.reply(first, progress(run));
    beat(&mut browser, patience);
    assert!(browser.ended.is_empty(), "it has answered");
    beat(&mut browser, 1);
    assert_eq!(browser.ended, [first]);
    let (second, _) = browser.started[1];
    browser.ready(second);
    browser.load(second);
    assert_eq!(browser.trained(), [(second, run)], "from its start, with the same number");
    browser.reply(second, progress(run));
    beat(&mut browser, patience + 1);
    assert_eq!(browser.ended, [first, second]);
    let RunStatus::Failed { message } = &browser.page.session.run(run).unwrap().status else { panic!() };
    assert!(message.contains(&format!("{} s", 5 * (patience + 1))), "{message}");
}

#[test]
fn who_owes_nothing_is_not_waited_for() {
    let (mut browser, worker) = Browser::with_log();
    browser.surroundings.cores = 1;
    browser.send(Message::Step(StepUnit::Batch));
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.reply(worker, Reply::Held { run });
    while std::mem::take(&mut browser.beats) > 0 {
        browser.send(Message::Beat);
    }
    assert!(!browser.ended.contains(&worker), "a run that is held says nothing");
}

#[test]
fn an_engine_that_does_not_arrive_is_asked_for_twice_and_then_train_asks_again() {
    let mut browser = Browser::new();
    browser.send(Message::Generate);
    for n in 1..=2 {
        assert_eq!(browser.started.len(), n);
        assert!(!browser.page.status.contains("Waiting"));
        beat(&mut browser, 2);
        assert!(browser.page.status.contains("Waiting"), "{}", *browser.page.status);
        beat(&mut browser, 11);
        assert_eq!(browser.ended.len(), n);
    }
    assert!(matches!(*browser.page.log_state, LogState::Failed { .. }), "{:?}", *browser.page.log_state);
    assert_eq!(browser.beats, 0, "nothing is waited for");
    browser.send(Message::Train);
    let (third, _) = browser.started[2];
    browser.ready(third);
    browser.load(third);
    assert_eq!(browser.trained().len(), 1);
}

#[test]
fn a_run_that_does_not_stop_gives_train_back_and_its_worker_goes_when_it_is_needed() {
    let (mut browser, worker, run) = stopped();
    let time_is_up = Message::StopTimeIsUp { worker, run };
    let at = browser.waits.iter().position(|(_, message)| *message == time_is_up).expect("a limit");
    assert_eq!(browser.waits.remove(at).0, 1_000);
    browser.send(time_is_up);
    assert_eq!(browser.page.session.run(run).unwrap().status, RunStatus::Stopped);
    assert!(browser.ended.is_empty(), "it may still answer");
    beat(&mut browser, 2);
    browser.send(Message::Train);
    assert_eq!(browser.ended, [worker]);
    let (next, _) = browser.started[1];
    browser.ready(next);
    browser.load(next);
    assert_eq!(browser.trained().len(), 1);
}

#[test]
fn a_stop_that_is_answered_late_leaves_the_model_and_what_it_said_last() {
    let (mut browser, worker, run) = stopped();
    browser.send(Message::StopTimeIsUp { worker, run });
    browser.reply(worker, progress(run));
    browser.reply(worker, evaluated(run));
    assert_eq!(browser.page.session.run(run).unwrap().status, RunStatus::Stopped);
    browser.reply(worker, Reply::Stopped { run });
    let of_run = browser.page.session.run(run).unwrap();
    assert_eq!((&of_run.status, of_run.evaluations.len()), (&RunStatus::Stopped, 1));
    assert_eq!(browser.page.worker_of_run(run), Some(0));
    browser.send(Message::Train);
    assert!(browser.ended.is_empty(), "it has stopped");
}

#[test]
fn the_second_press_of_a_double_click_on_train_does_not_pause() {
    let (mut browser, worker) = Browser::with_log();
    browser.surroundings.now = 1_000.0;
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    for (now, told) in [(1_250.0, vec![]), (1_600.0, vec![(worker, Request::Pause { run })])] {
        browser.surroundings.now = now;
        browser.send(Message::Pause);
        assert_eq!(browser.told(), told);
    }
}

#[test]
fn while_a_run_has_not_stopped_step_begins_a_new_one_and_its_worker_may_go_on() {
    let (mut browser, worker, run) = stopped();
    browser.send(Message::StopTimeIsUp { worker, run });
    browser.send(Message::Step(StepUnit::Batch));
    assert!(browser.page.session.run(run).is_none(), "another comparison has begun");
    assert!(browser.ended.is_empty(), "it has not been silent for long");
    browser.reply(worker, Reply::Stopped { run });
    assert_eq!(browser.trained().len(), 1);
}

#[test]
fn a_kept_run_whose_worker_is_lost_keeps_what_it_has_shown_and_is_not_trained() {
    let mut browser = Browser::new();
    let record = Some(record_of_a_trained_page());
    browser.send(Message::Open { record, plays: true, is_linked: false });
    let evaluations = browser.page.session.runs[0].evaluations.len();
    assert!(evaluations > 0);
    let first = browser.only_started();
    browser.ready(first);
    browser.load(first);
    browser.told();
    while browser.ended.is_empty() {
        beat(&mut browser, 1);
    }
    let (second, _) = browser.started[1];
    browser.ready(second);
    browser.load(second);
    let told = browser.told();
    assert!(told.iter().any(|(to, request)| *to == second && matches!(request, Request::TakeUp { .. })), "{told:?}");
    browser.break_down(second);
    assert_eq!(browser.statuses(), [RunStatus::Kept]);
    assert_eq!(browser.page.session.runs[0].evaluations.len(), evaluations);
    assert!(browser.trained().is_empty());
}
