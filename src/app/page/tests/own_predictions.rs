//! Predictions from a file, beside the runs.

use super::*;
use crate::protocol::OwnRun;

fn own(model: &str, seed: Option<u64>, notes: &[&str]) -> OwnRun {
    let mut spec = model_preset("esmm").unwrap();
    spec.name = model.to_owned();
    let notes = notes.iter().map(|&note| note.to_owned()).collect();
    OwnRun { model: spec, seed, evaluation: fixtures::evaluation(&[]), notes }
}

/// Opens a file of predictions, and has the worker answer.
fn opened(browser: &mut Browser, name: &str, answer: Result<Vec<OwnRun>, &str>) {
    browser.posted.clear();
    browser.send(Message::OpenPredictions(file(name)));
    let posted = std::mem::take(&mut browser.posted);
    let question = posted.into_iter().find_map(|(worker, request, files)| match request {
        Request::Ask { id, question: Question::OwnPredictions(_) } => Some((worker, id, files)),
        _ => None,
    });
    let (worker, id, files) = question.expect("the question");
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), [name]);
    let answer = answer.map(Answer::OwnPredictions).map_err(|message| Refusal(message.to_owned()));
    browser.reply(worker, Reply::Answer { id, answer });
}

fn names(browser: &Browser) -> Vec<&str> {
    browser.page.session.runs.iter().map(|run| run.model.name.as_str()).collect()
}

#[test]
fn a_file_stands_beside_the_runs_and_takes_no_name_of_theirs() {
    let (mut browser, _) = Browser::with_log();
    opened(&mut browser, "mine.csv", Ok(vec![own("predictions", None, &[]), own("esmm", Some(3), &[])]));
    assert_eq!(names(&browser), ["mine (file)", "ESMM (file)"]);
    let statuses = [false, true].map(|is_seeded| RunStatus::FromFile { is_seeded });
    assert_eq!(browser.statuses(), statuses);
    assert!(matches!(browser.page.notice.as_ref(), Some(Notice::News(_))));
    assert!(browser.page.session.runs.iter().all(|run| run.status.is_ended() && !run.is_in_memory()));
    opened(&mut browser, "mine.csv", Ok(vec![own("predictions", None, &["half-of-it"])]));
    assert_eq!(names(&browser), ["ESMM (file)", "mine (file)"], "in the place of the one before");
    let said = browser.page.notice.as_ref().map(Notice::words).unwrap_or_default().to_owned();
    assert!(said.contains("half-of-it"), "{said}");
}

#[test]
fn it_stays_beside_new_runs_on_the_same_rows_and_goes_where_others_are_held_out() {
    let (mut browser, _) = Browser::with_log();
    browser.send(Message::Train);
    let trained = browser.page.session.runs.len();
    opened(&mut browser, "mine.csv", Ok(vec![own("mine", None, &[])]));
    browser.send(Message::Stop);
    browser.send(Message::Train);
    assert_eq!((names(&browser).len(), names(&browser).last()), (trained + 1, Some(&"mine (file)")));
    let mut spec = browser.page.spec.clone();
    spec.split.seed += 1;
    browser.send(Message::Stop);
    browser.send(Message::SetSpec(Box::new(spec)));
    browser.send(Message::Train);
    assert_eq!(names(&browser).len(), trained);
    let said = browser.page.notice.as_ref().map(Notice::words).unwrap_or_default();
    assert!(said.contains("Open them again"), "{said}");
}

#[test]
fn a_file_that_is_refused_changes_nothing_and_one_before_the_log_waits_for_nobody() {
    let mut browser = Browser::new();
    browser.send(Message::OpenPredictions(file("early.csv")));
    assert!(browser.page.notice.as_ref().is_some_and(|notice| notice.words().contains("open their log first")));
    let (mut browser, _) = Browser::with_log();
    opened(&mut browser, "mine.csv", Ok(vec![own("mine", None, &[])]));
    let before = browser.page.session.clone();
    opened(&mut browser, "bad.csv", Err("line-7."));
    assert_eq!(*browser.page.session, before);
    let said = browser.page.notice.as_ref().map(Notice::words).unwrap_or_default();
    assert!(said.contains("bad.csv") && said.ends_with("line-7."), "{said}");
    browser.send(Message::CloseOwnPredictions);
    assert!(browser.page.session.runs.is_empty());
}

#[test]
fn among_the_files_that_are_dropped_predictions_are_known() {
    let (mut browser, _) = Browser::with_log();
    browser.posted.clear();
    browser.send(Message::FilesRead(vec![(file("mine.csv"), FileContent::Predictions)]));
    assert!(browser.asked().iter().any(|(_, _, question)| matches!(question, Question::OwnPredictions(_))));
}
