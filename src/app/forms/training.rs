//! Training: device, optimiser, length, seeds.

use super::training_options;
use crate::app::marks::{Act, Control, Mark, button, choice, slider, text_field};
use crate::app::numbers::decimal;
use crate::app::range::Range;
use crate::app::text::{parse_seeds, seeds_text};
use crate::domain::spec::{DataSpec, ResolvedTraining, RunSpec, TrainingSpec};
use crate::protocol::Session;

/// [`Act::name`] of the choice of a device; its value is one of [`DEVICES`].
pub const DEVICE: &str = "device";
/// Keys and words of the devices.
pub const DEVICES: [(&str, &str, &str); 3] = [
    ("auto", text!(training_form::devices::auto), ""),
    ("cpu", text!(training_form::devices::cpu), ""),
    ("webgpu", text!(training_form::devices::webgpu), ""),
];

const RATE: Range = Range::logarithmic(1e-5, 0.1);
const BATCH_RANGE: Range = Range::linear(1.0, 65_536.0).whole();
const EPOCHS_RANGE: Range = Range::linear(1.0, 1000.0).whole();

const BATCH_SIZE: &str = "batch_size";
const EPOCHS: &str = "epochs";
/// [`Act::name`] of the buttons that let a number follow the rows again; the value is which.
const FOLLOW: &str = "follow_rows";

/// How many rows the experiment trains on: as its runs have it, else as the split's shares have it of the log on view, or
/// of the log that is to be generated. `None` for a file that is not there yet.
pub fn training_rows(spec: &RunSpec, session: &Session) -> Option<usize> {
    let is_same_split = |trained: &RunSpec| trained.split == spec.split && trained.data == spec.data;
    if session.trained.as_ref().is_some_and(is_same_split)
        && let Some(progress) = session.runs.iter().find_map(|run| run.progress)
    {
        return Some(progress.train_rows);
    }
    let to_generate = match &spec.data {
        DataSpec::Generated { synth } => Some(synth.rows),
        DataSpec::File { .. } => None,
    };
    let rows = session.log.as_ref().map(|log| log.summary.rows).or(to_generate)?;
    Some(spec.split.training_rows_of(rows))
}

/// The form in one line. `train_rows` is how many rows would be trained on, where that is known.
pub fn summary(spec: &RunSpec, train_rows: Option<usize>) -> String {
    let rate = decimal(spec.training.learning_rate.to_string());
    let Some(ResolvedTraining { batch_size, epochs, .. }) = train_rows.map(|rows| spec.training.resolved(rows)) else {
        return text!(training_form::summary_without_rows, rate = rate);
    };
    counted!(training_form::summary, epochs, batch = batch_size.to_string(), rate = rate)
}

/// How the models are trained; `train_rows` as in [`summary`].
pub fn form(spec: &RunSpec, device: &str, train_rows: Option<usize>) -> Vec<Mark> {
    let TrainingSpec { epochs, batch_size, learning_rate, .. } = &spec.training;
    // Epochs follow a fixed batch too.
    let open = TrainingSpec { epochs: None, embedding_decay: None, ..spec.training.clone() };
    let follows = train_rows.map(|rows| open.resolved(rows));
    let batch_follows = train_rows.map(|rows| ResolvedTraining::of_rows(rows).batch_size.to_string());
    let batch = Control::new(BATCH_SIZE, text!(training_form::batch));
    let passes = Control::new(EPOCHS, text!(training_form::epochs));
    let seeds = Control::new("seeds", text!(training_form::seeds)).hint(text!(training_form::seeds_hint));
    vec![
        choice(Control::new(DEVICE, text!(training_form::device)), "run-on", DEVICES, device),
        slider(
            Control::new("learning_rate", text!(training_form::rate)).hint(text!(training_form::rate_hint)),
            RATE,
            *learning_rate,
        ),
        following(batch, batch_size.map(|rows| rows.to_string()), batch_follows),
        following(passes, epochs.map(|passes| passes.to_string()), follows.map(|found| found.epochs.to_string())),
        text_field(seeds, seeds_text(&spec.seeds), "numeric"),
        training_options::form(spec, follows),
    ]
}

/// A number that may follow the rows: fixed, with a way back, or the one that follows.
pub(super) fn following(control: Control, fixed: Option<String>, follows: Option<String>) -> Mark {
    let words = match &follows {
        Some(value) => text!(training_form::let_follow_to, value = value),
        None => text!(training_form::let_follow).to_owned(),
    };
    let back = fixed.as_ref().map(|_| button(Control::new(FOLLOW, &words).of(control.name), "quiet"));
    let hint = if fixed.is_none() { text!(training_form::follows) } else { "" };
    let field = text_field(control.hint(hint), fixed.or(follows).unwrap_or_default(), "decimal");
    Mark::new("div").class("field").key(control.name).child(field).maybe(back)
}

/// Does what the reader did.
pub fn apply(spec: &mut RunSpec, act: &Act) {
    if training_options::apply(spec, act) {
        return;
    }
    let training = &mut spec.training;
    match act.name.as_str() {
        "learning_rate" => training.learning_rate = act.number(RATE).unwrap_or(training.learning_rate),
        BATCH_SIZE => fix(&mut training.batch_size, act, BATCH_RANGE, |value| value as usize),
        EPOCHS => fix(&mut training.epochs, act, EPOCHS_RANGE, |value| value as usize),
        FOLLOW => match act.which() {
            BATCH_SIZE => training.batch_size = None,
            EPOCHS => training.epochs = None,
            _ => training.embedding_decay = None,
        },
        "seeds" => spec.seeds = parse_seeds(&act.input).unwrap_or(std::mem::take(&mut spec.seeds)),
        _ => {}
    }
}

/// What was typed fixes a number; an emptied field lets it follow the rows, and what is no number changes nothing.
pub(super) fn fix<T>(fixed: &mut Option<T>, act: &Act, range: Range, as_kept: impl FnOnce(f64) -> T) {
    if act.input.trim().is_empty() {
        *fixed = None;
    } else if let Some(value) = act.number(range) {
        *fixed = Some(as_kept(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::app::marks::ActKind;
    use crate::domain::log::RowLimit;
    use crate::domain::report::LogSummary;
    use crate::protocol::{DeviceKind, LoadedLog, Progress};

    fn said(spec: &RunSpec, train_rows: Option<usize>) -> String {
        Mark::new("div").children(form(spec, "auto", train_rows)).said()
    }

    fn act(name: &str, value: &str, input: &str) -> Act {
        let (name, value, input) = (name.to_owned(), value.to_owned(), input.to_owned());
        Act { kind: ActKind::Change, name, value, input, ..Act::default() }
    }

    #[test]
    fn batch_and_epochs_are_shown_as_they_follow_and_can_be_fixed_and_let_go_again() {
        let (mut spec, rows) = (RunSpec::default(), Some(15_000));
        let follows = ResolvedTraining::of_rows(15_000);
        let values = |spec: &RunSpec| -> Vec<String> {
            let marks = form(spec, "auto", rows);
            let value = |name: &str| {
                let named = marks.iter().flat_map(Mark::all).find(|mark| mark.get("data-on") == Some(name));
                named.and_then(|mark| mark.get("value")).unwrap_or_default().to_owned()
            };
            vec![value(BATCH_SIZE), value(EPOCHS)]
        };
        assert_eq!(values(&spec), [follows.batch_size.to_string(), follows.epochs.to_string()]);
        apply(&mut spec, &act(BATCH_SIZE, "", "1000"));
        assert_eq!((spec.training.batch_size, spec.training.epochs), (Some(1000), None));
        assert_eq!(values(&spec), ["1000", "18"]);
        assert!(said(&spec, rows).contains(&format!("Follow the rows: {}", follows.batch_size)));
        apply(&mut spec, &act(BATCH_SIZE, "", "many"));
        assert_eq!(spec.training.batch_size, Some(1000), "what is no number changes nothing");
        apply(&mut spec, &act(FOLLOW, BATCH_SIZE, ""));
        assert_eq!(spec, RunSpec::default());
        for (name, input) in [(EPOCHS, "3"), ("embedding_decay", "0")] {
            apply(&mut spec, &act(name, "", input));
            assert_ne!(spec, RunSpec::default(), "{name}");
            apply(&mut spec, &act(name, "", ""));
            assert_eq!(spec, RunSpec::default(), "{name}");
            apply(&mut spec, &act(name, "", input));
            apply(&mut spec, &act(FOLLOW, name, ""));
            assert_eq!(spec, RunSpec::default(), "{name}");
        }
    }

    #[test]
    fn rows_are_those_of_the_runs_of_the_log_or_of_the_log_to_come() {
        let (mut spec, mut session) = (RunSpec::default(), Session::default());
        let rows_to_generate = match &spec.data {
            DataSpec::Generated { synth } => synth.rows,
            DataSpec::File { .. } => unreachable!("the default log is generated"),
        };
        assert_eq!(training_rows(&spec, &session), Some(rows_to_generate / 4 * 3));
        let summary = LogSummary { rows: 1000, clicks: 10, conversions: 1, truth_known: true };
        session.log = Some(LoadedLog { summary, ..LoadedLog::default() });
        assert_eq!(training_rows(&spec, &session), Some(750));
        let mut run = run(1, "esmm", 1, evaluation(&[("auc.ctr", 0.7, 0.01)]));
        run.progress = Some(Progress {
            step: 1,
            total_steps: 2,
            epoch: 0.5,
            epochs: 1,
            rows_per_second: 1.0,
            seconds: 1.0,
            train_rows: 761,
            device: DeviceKind::Cpu,
        });
        (session.runs, session.trained) = (vec![run], Some(spec.clone()));
        assert_eq!(training_rows(&spec, &session), Some(761));
        spec.split.eval_share = 0.5;
        assert_eq!(training_rows(&spec, &session), Some(500), "another split");
        spec.data =
            DataSpec::File { name: "a.csv".into(), bytes: 1, crc32: 1, roles: None, limit: RowLimit::default() };
        assert_eq!(training_rows(&spec, &Session::default()), None);
    }

    #[test]
    fn without_rows_nothing_is_claimed_of_what_follows() {
        let spec = RunSpec::default();
        assert!(summary(&spec, None).starts_with("batches and epochs follow the rows"), "{}", summary(&spec, None));
        assert!(
            summary(&spec, Some(15_000))
                .contains(&format!("batches of {}", ResolvedTraining::of_rows(15_000).batch_size))
        );
        assert!(said(&spec, None).contains("follows the rows"));
    }
}
