//! Draft runs follow a control while it moves; the runs in full follow when it is let go.

use super::*;
use crate::protocol::DraftAsk;

type Asked = (WorkerKey, RequestId, DraftAsk);

/// Drafts that were asked for since the last call.
fn asked(browser: &mut Browser) -> Vec<Asked> {
    let draft = |(worker, id, question): (WorkerKey, RequestId, Question)| match question {
        Question::Draft(ask) => Some((worker, id, *ask)),
        _ => None,
    };
    browser.asked().into_iter().filter_map(draft).collect()
}

fn answer(browser: &mut Browser, (worker, id, _): &Asked, drafted: Drafted) {
    browser.reply(*worker, Reply::Answer { id: *id, answer: Ok(Answer::Draft(drafted)) });
}

/// A control moves to this correlation.
fn move_to(browser: &mut Browser, correlation: f64) {
    let synth = SynthSpec { correlation, ..browser.page.synth.clone() };
    browser.send(Message::SetSynth(Box::new(synth)));
    browser.send(Message::TryOut);
}

/// Workers do all that is asked for drafts; how many models that were.
fn finish(browser: &mut Browser) -> usize {
    let (mut open, mut n) = (asked(browser), 0);
    while let Some(next) = open.pop() {
        answer(browser, &next, drafted());
        n += 1;
        open.extend(asked(browser));
    }
    n
}

/// A page with its log on one worker, and another one that is ready.
fn page() -> (Browser, [WorkerKey; 2]) {
    let (mut browser, first) = Browser::with_log();
    move_to(&mut browser, 0.8);
    let second = browser.started[1].0;
    browser.ready(second);
    assert_eq!(finish(&mut browser), 3);
    (browser, [first, second])
}

/// The time passes in which a control that was let go may move again.
fn wait(browser: &mut Browser) {
    pass(browser, 150);
}

/// The newest wait of this length is over.
fn pass(browser: &mut Browser, millis: u32) {
    let at = browser.waits.iter().rposition(|(of, _)| *of == millis).expect("a wait");
    let (_, message) = browser.waits.remove(at);
    browser.send(message);
}

/// Loads that were posted since drafts were looked for last.
fn loads(browser: &Browser) -> usize {
    browser.posted.iter().filter(|(_, request, _)| load_id(request).is_some()).count()
}

#[test]
fn the_models_of_a_draft_are_spread_over_the_workers_and_shown_together() {
    let (mut browser, workers) = page();
    let rows = browser.page.drafts.as_ref().map(|drafts| drafts.rows);
    assert_eq!(rows, Some([10_000, 60_000]));
    browser.page.drafts.set(None);
    move_to(&mut browser, 0.3);
    let open = asked(&mut browser);
    assert_eq!(open.iter().map(|(worker, ..)| *worker).collect::<Vec<_>>(), workers);
    assert_eq!(open[0].2.plan.model.name, "esm2", "the longest is the first");
    assert!(open.iter().all(|(_, _, ask)| ask.synth.correlation == 0.3 && ask.synth.rows < browser.page.synth.rows));
    answer(&mut browser, &open[1], drafted());
    let third = asked(&mut browser);
    assert_eq!((third.len(), third[0].0), (1, workers[1]));
    answer(&mut browser, &open[0], drafted());
    assert_eq!(*browser.page.drafts, None, "a model is missing");
    answer(&mut browser, &third[0], drafted());
    let Some(drafts) = &*browser.page.drafts else { panic!() };
    assert_eq!(drafts.runs.iter().map(|run| run.model.name.as_str()).collect::<Vec<_>>(), ["naive", "esmm", "esm2"]);
    assert!(drafts.runs.iter().all(|run| run.latest().is_some()));
    assert_eq!(drafts.log, Some(log()));
    assert!(drafts.rows[0] > 10_000, "the first one was fast");
}

#[test]
fn one_draft_at_a_time_is_asked_for_and_then_that_of_the_newest_controls() {
    let (mut browser, _) = page();
    move_to(&mut browser, 0.3);
    move_to(&mut browser, 0.2);
    move_to(&mut browser, 0.1);
    let open = asked(&mut browser);
    assert!(open.len() == 2 && open.iter().all(|(_, _, ask)| ask.synth.correlation == 0.3));
    for draft in &open {
        answer(&mut browser, draft, drafted());
    }
    let third = asked(&mut browser);
    answer(&mut browser, &third[0], drafted());
    let next = asked(&mut browser);
    assert!(next.len() == 2 && next.iter().all(|(_, _, ask)| ask.synth.correlation == 0.1));
}

#[test]
fn runs_in_full_follow_once_a_control_is_let_go_and_its_draft_is_there() {
    let (mut browser, _) = page();
    move_to(&mut browser, 0.3);
    browser.send(Message::Settle);
    wait(&mut browser);
    assert_eq!(loads(&browser), 0, "the draft comes first");
    assert_eq!(finish(&mut browser), 3);
    move_to(&mut browser, 0.2);
    browser.send(Message::Settle);
    assert_eq!(finish(&mut browser), 3);
    assert!(browser.page.pending.is_none(), "it may move on");
    wait(&mut browser);
    assert_eq!(loads(&browser), 1);
    let newest = browser.posted.iter().rfind(|(_, request, _)| load_id(request).is_some());
    let worker = newest.expect("a load").0;
    browser.load(worker);
    let trained = browser.trained();
    assert!(!trained.is_empty());
    assert!(browser.page.drafts.is_some(), "it stays until the runs have something to show");
    let seed = browser.page.session.runs[0].seed;
    let ids: Vec<RunId> = browser.page.session.runs.iter().filter(|run| run.seed == seed).map(|run| run.id).collect();
    for run in ids {
        assert!(browser.page.drafts.is_some());
        browser.page.session.runs.iter_mut().filter(|known| known.id == run).for_each(|run| {
            run.evaluations.push(fixtures::evaluation(&[]));
        });
        browser.send(Message::Notice(None));
    }
    assert_eq!(*browser.page.drafts, None);
}

#[test]
fn a_control_that_moves_again_at_once_is_not_let_go() {
    let (mut browser, _) = page();
    move_to(&mut browser, 0.3);
    browser.send(Message::Settle);
    move_to(&mut browser, 0.2);
    finish(&mut browser);
    finish(&mut browser);
    wait(&mut browser);
    assert_eq!(loads(&browser), 0);
}

#[test]
fn a_control_that_rests_counts_as_let_go() {
    let (mut browser, _) = page();
    move_to(&mut browser, 0.3);
    move_to(&mut browser, 0.2);
    pass(&mut browser, 1_500);
    assert_eq!(finish(&mut browser), 6, "of 0.3, which was under way, and of 0.2");
    assert!(browser.page.pending.is_some() && browser.page.trains_when_loaded);
}

#[test]
fn a_control_that_is_back_where_the_runs_are_shows_them_and_trains_nothing() {
    let (mut browser, _) = Browser::with_log();
    browser.send(Message::Train);
    let mut known = 1;
    let mut running = start_all(&mut browser, &mut known);
    while let Some((worker, run)) = running.pop() {
        let Reply::Progress { mut progress, .. } = progress(run) else { unreachable!() };
        progress.step = progress.total_steps;
        browser.reply(worker, Reply::Progress { run, progress, curve: vec![] });
        browser.reply(worker, evaluated(run));
        browser.reply(worker, finished(run));
        running.extend(start_all(&mut browser, &mut known));
    }
    let correlation = browser.page.synth.correlation;
    for (to, is_back) in [(0.3, false), (correlation, true)] {
        move_to(&mut browser, to);
        finish(&mut browser);
        assert!(browser.page.drafts.is_some());
        if is_back {
            pass(&mut browser, 1_500);
        }
    }
    assert_eq!((&*browser.page.drafts, loads(&browser)), (&None, 0));
    assert!(browser.trained().is_empty());
}

#[test]
fn a_change_of_the_training_alone_keeps_the_log() {
    let (mut browser, _) = page();
    let DataSpec::Generated { synth } = browser.page.spec.data.clone() else { panic!() };
    browser.send(Message::SetSynth(Box::new(synth)));
    let mut spec = browser.page.spec.clone();
    spec.network.hidden = vec![8];
    browser.send(Message::SetSpec(Box::new(spec)));
    browser.send(Message::TryOut);
    browser.send(Message::Settle);
    assert_eq!(finish(&mut browser), 3);
    assert!(browser.page.drafts.as_ref().is_some_and(|drafts| drafts.log.is_none()));
    wait(&mut browser);
    let told = browser.told();
    assert!(told.iter().any(|(_, request)| matches!(request, Request::Train { .. })), "{told:?}");
}

#[test]
fn a_move_abandons_the_runs_that_it_outdates_and_stop_ends_the_drafts() {
    let (mut browser, [first, _]) = page();
    browser.send(Message::Train);
    let (worker, run) = browser.trained()[0];
    assert_eq!(worker, first);
    move_to(&mut browser, 0.3);
    assert!(browser.posted.iter().any(|(to, request, _)| *to == first && *request == Request::Abandon { run }));
    assert!(browser.page.session.runs.iter().all(|run| run.status == RunStatus::Stopped));
    browser.send(Message::Stop);
    assert!(!browser.page.is_drafting() && browser.page.drafts.is_none());
}

#[test]
fn a_machine_that_is_too_slow_has_smaller_drafts_and_then_none() {
    let (mut browser, _) = page();
    move_to(&mut browser, 0.3);
    let open = asked(&mut browser);
    answer(&mut browser, &open[0], Drafted::TooSlow { share: 0.5 });
    let smaller = asked(&mut browser);
    assert!(!smaller.is_empty() && smaller.iter().all(|(_, _, ask)| (2_000..6_000).contains(&ask.synth.rows)));
    answer(&mut browser, &open[1], drafted());
    assert_eq!(asked(&mut browser), [], "an answer to the draft that was given up");
    answer(&mut browser, &smaller[0], Drafted::TooSlow { share: 0.01 });
    assert!(asked(&mut browser).is_empty() && !browser.page.is_drafting());
    move_to(&mut browser, 0.2);
    assert!(asked(&mut browser).is_empty());
    browser.send(Message::Settle);
    wait(&mut browser);
    assert_eq!(loads(&browser), 1, "it is trained in full all the same");
}

#[test]
fn a_draft_whose_worker_is_lost_is_given_up_and_the_full_runs_follow() {
    let (mut browser, [_, second]) = page();
    move_to(&mut browser, 0.3);
    browser.send(Message::Settle);
    wait(&mut browser);
    browser.posted.clear();
    browser.break_down(second);
    assert!(!browser.page.is_drafting());
    assert_eq!(loads(&browser), 1);
}

#[test]
fn on_a_file_of_the_users_nothing_follows_by_itself() {
    let (mut browser, worker) = Browser::with_log();
    browser.send(tables(&["views.csv"]));
    browser.load(worker);
    browser.posted.clear();
    move_to(&mut browser, 0.3);
    browser.send(Message::Settle);
    assert!(asked(&mut browser).is_empty() && browser.waits.is_empty());
}
