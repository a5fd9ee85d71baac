//! Engines that do not arrive, do not answer, or do not stop.

use super::*;

/// Beats after which a worker that trains on the tests' log is given up; the generator's controls are of a longer one.
fn patience(browser: &Browser) -> usize {
    6 + browser.page.synth.rows / 50_000
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
    beat(&mut browser, patience);
    browser.reply(first, progress(run));
    beat(&mut browser, patience);
    assert!(browser.ended.is_empty(), "it has answered");
    beat(&mut browser, 1);
    assert_eq!(browser.ended, [first]);
    let (second, _) = browser.started[1];
    browser.ready(second);
    browser.load(second);
    assert_eq!(browser.trained(), [(second, run)], "from its start, with the same number");
    beat(&mut browser, patience + 1);
    assert_eq!(browser.ended, [first, second]);
    let RunStatus::Failed { message } = &browser.page.session.run(run).unwrap().status else { panic!() };
    assert!(message.contains("35 s") || message.contains("40 s"), "{message}");
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
    let (mut browser, worker) = Browser::with_log();
    browser.surroundings.cores = 1;
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.send(Message::Stop);
    let time_is_up = Message::StopTimeIsUp { worker, run };
    let at = browser.waits.iter().position(|(_, message)| *message == time_is_up).expect("a limit");
    assert_eq!(browser.waits.remove(at).0, 1_000);
    browser.send(time_is_up);
    assert_eq!(browser.page.session.run(run).unwrap().status, RunStatus::Stopped);
    assert!(browser.ended.is_empty(), "it may still answer");
    browser.send(Message::Train);
    assert_eq!(browser.ended, [worker]);
    let (next, _) = browser.started[1];
    browser.ready(next);
    browser.load(next);
    assert_eq!(browser.trained().len(), 1);
}

#[test]
fn a_stop_that_is_answered_late_leaves_the_model() {
    let (mut browser, worker) = Browser::with_log();
    browser.surroundings.cores = 1;
    browser.send(Message::Train);
    let (_, run) = browser.trained()[0];
    browser.reply(worker, progress(run));
    browser.send(Message::Stop);
    browser.send(Message::StopTimeIsUp { worker, run });
    browser.reply(worker, Reply::Stopped { run });
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
