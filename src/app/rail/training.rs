//! Training: device, optimiser, length, seeds.

use super::settings::{SettingChange, following, slider_of};
use super::training_options;
use crate::app::device::DeviceChoice;
use crate::app::marks::{Control, Mark, choice, field};
use crate::app::numbers::decimal;
use crate::app::text::{parse_seeds, seeds_text};
use crate::domain::spec::settings::{BATCH_SIZE, EPOCHS, LEARNING_RATE};
use crate::domain::spec::{DataSpec, EarlyStopping, OptimizerKind, ResolvedTraining, RunSpec, Schedule, TrainingSpec};
use crate::protocol::Session;

const DEVICES: [(DeviceChoice, &str, &str); 3] = [
    (DeviceChoice::Auto, text!(training_form::devices::auto), ""),
    (DeviceChoice::Cpu, text!(training_form::devices::cpu), ""),
    (DeviceChoice::Webgpu, text!(training_form::devices::webgpu), ""),
];
/// Share of the training rows that early stopping validates on.
const VALIDATION_SHARE: f64 = 0.1;

#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    RunOn(DeviceChoice),
    Edit(Edit),
}

/// Changes of the training.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Set(SettingChange<TrainingSpec>),
    Optimizer(OptimizerKind),
    Schedule(Schedule),
    /// The metric of early stopping, if any.
    StopBy(Option<String>),
    Seeds(Vec<u64>),
}

/// The number of training rows: of the runs, else by the split's shares of the current log, or of the log to generate.
/// `None` for a file that is not loaded yet.
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

/// The form in one line. `train_rows` is the number of training rows, if known.
pub fn summary(spec: &RunSpec, train_rows: Option<usize>) -> String {
    let rate = decimal(spec.training.learning_rate.to_string());
    let Some(ResolvedTraining { batch_size, epochs, .. }) = train_rows.map(|rows| spec.training.resolved(rows)) else {
        return text!(training_form::summary_without_rows, rate = rate);
    };
    counted!(training_form::summary, epochs, batch = batch_size.to_string(), rate = rate)
}

/// The form; `train_rows` as in [`summary`].
pub fn form(spec: &RunSpec, device: DeviceChoice, train_rows: Option<usize>) -> Vec<Mark<Msg>> {
    // Epochs follow a fixed batch too.
    let open = TrainingSpec { epochs: None, embedding_decay: None, ..spec.training.clone() };
    let follows = train_rows.map(|rows| open.resolved(rows));
    let batch_follows = train_rows.map(|rows| ResolvedTraining::of_rows(rows).batch_size as f64);
    let epochs_follow = follows.map(|found| found.epochs as f64);
    let whole = |value: f64| value.to_string();
    let device = choice(Control::new(text!(training_form::device)), "run-on", DEVICES, &device, Msg::RunOn);
    let edits = [
        slider_of(&LEARNING_RATE, &spec.training).map(Edit::Set),
        following(&BATCH_SIZE, &spec.training, batch_follows, whole).map(Edit::Set),
        following(&EPOCHS, &spec.training, epochs_follow, whole).map(Edit::Set),
        seeds(spec, Control::new(text!(training_form::seeds)).hint(text!(training_form::seeds_hint))),
        training_options::form(&spec.training, follows),
    ];
    [device].into_iter().chain(edits.map(|mark| mark.map(Msg::Edit))).collect()
}

/// The training seeds.
pub fn seeds(spec: &RunSpec, control: Control) -> Mark<Edit> {
    field(control, seeds_text(&spec.seeds), "numeric", |text| parse_seeds(text).map(Edit::Seeds))
}

pub fn apply(spec: &mut RunSpec, edit: &Edit) {
    let training = &mut spec.training;
    match edit {
        Edit::Set(set) => set.apply(training),
        Edit::Optimizer(kind) => training.optimizer = *kind,
        Edit::Schedule(schedule) => training.schedule = *schedule,
        Edit::StopBy(None) => {
            training.early_stopping = None;
            spec.split.validation_share = 0.0;
        }
        Edit::StopBy(Some(metric)) => {
            let patience = training.early_stopping.as_ref().map_or(1, |rule| rule.patience);
            training.early_stopping = Some(EarlyStopping { metric: metric.clone(), patience, min_change: 0.0 });
            if spec.split.validation_share == 0.0 {
                spec.split.validation_share = VALIDATION_SHARE;
            }
        }
        Edit::Seeds(seeds) => spec.seeds.clone_from(seeds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::log::RowLimit;
    use crate::domain::report::LogSummary;
    use crate::protocol::{DeviceKind, LoadedLog, Progress};

    fn form_of(spec: &RunSpec, train_rows: Option<usize>) -> Mark<Msg> {
        Mark::new("div").children(form(spec, DeviceChoice::Auto, train_rows))
    }

    fn said(spec: &RunSpec, train_rows: Option<usize>) -> String {
        form_of(spec, train_rows).all_text()
    }

    fn make(spec: &mut RunSpec, message: Option<Msg>) {
        match message {
            Some(Msg::Edit(edit)) => apply(spec, &edit),
            other => panic!("{other:?}"),
        }
        spec.validate().unwrap();
    }

    fn change(spec: &mut RunSpec, label: &str, input: &str) {
        let message = form_of(spec, Some(15_000)).change(label, input);
        make(spec, message);
    }

    #[test]
    fn batch_and_epochs_are_shown_as_they_follow_and_can_be_fixed_and_let_go_again() {
        let mut spec = RunSpec::default();
        let follows = ResolvedTraining::of_rows(15_000);
        let values = |spec: &RunSpec| {
            let form = form_of(spec, Some(15_000));
            ["Batch size", "Epochs"]
                .map(|label| form.control(label).and_then(|field| field.get("value")).unwrap_or_default().to_owned())
        };
        let back = |spec: &RunSpec, to: &str| form_of(spec, Some(15_000)).press(&format!("Follow the rows: {to}"));
        assert_eq!(values(&spec), [follows.batch_size.to_string(), follows.epochs.to_string()]);
        change(&mut spec, "Batch size", "1000");
        assert_eq!((spec.training.batch_size, spec.training.epochs), (Some(1000), None));
        assert_eq!(values(&spec), ["1000", "18"]);
        assert_eq!(form_of(&spec, Some(15_000)).change("Batch size", "many"), None);
        let message = back(&spec, &follows.batch_size.to_string());
        make(&mut spec, message);
        assert_eq!(spec, RunSpec::default());
        let decay = decimal(crate::app::format::significant(follows.embedding_decay, 2));
        for (label, input, to) in [("Epochs", "3", follows.epochs.to_string()), ("Decay of embeddings", "0", decay)] {
            change(&mut spec, label, input);
            assert_ne!(spec, RunSpec::default(), "{label}");
            change(&mut spec, label, "");
            assert_eq!(spec, RunSpec::default(), "{label}");
            change(&mut spec, label, input);
            let message = back(&spec, &to);
            make(&mut spec, message);
            assert_eq!(spec, RunSpec::default(), "{label}");
        }
    }

    #[test]
    fn what_an_option_needs_is_asked_for_when_it_is_chosen() {
        let mut spec = RunSpec::default();
        let needed = ["Momentum", "Share of the rate at the end", "Epochs without a better value"];
        let is_there = |spec: &RunSpec| needed.map(|label| form_of(spec, None).change(label, "0.5").is_some());
        change(&mut spec, "Learning rate over time", "constant");
        assert_eq!(is_there(&spec), [false; 3]);
        change(&mut spec, "Optimiser", "SGD");
        change(&mut spec, "Momentum", "0.9");
        change(&mut spec, "Learning rate over time", "falls as a cosine");
        change(&mut spec, "Share of the rate at the end", "0.1");
        change(&mut spec, "Stop early by", "CTCVR AUC");
        change(&mut spec, "Epochs without a better value", "3");
        assert_eq!(is_there(&spec), [true; 3]);
        assert_eq!(
            (spec.training.momentum, spec.training.schedule_floor, spec.split.validation_share),
            (0.9, 0.1, 0.1)
        );
        assert_eq!(spec.training.early_stopping.as_ref().map(|rule| rule.patience), Some(3));
    }

    #[test]
    fn every_option_can_be_turned_off_again() {
        let mut spec = RunSpec::default();
        for (label, on, off) in [
            ("Optimiser", "AdamW", "Adam"),
            ("Learning rate over time", "constant", "falls in a line"),
            ("Weight decay", "0.01", "0"),
            ("Decay of embeddings", "0.01", ""),
            ("Largest gradient norm", "1", "0"),
            ("Epochs of warm-up", "0.5", "0"),
            ("Stop early by", "CTR log-loss", "never"),
        ] {
            change(&mut spec, label, on);
            assert_ne!(spec, RunSpec::default(), "{label}");
            change(&mut spec, label, off);
            assert_eq!(spec, RunSpec::default(), "{label}");
        }
    }

    #[test]
    fn a_metric_from_a_link_stays_chosen() {
        let mut spec = RunSpec::default();
        apply(&mut spec, &Edit::StopBy(Some("pcoc.ctcvr".to_owned())));
        let form = form_of(&spec, None);
        assert_eq!(
            form.change("Stop early by", "pcoc.ctcvr"),
            Some(Msg::Edit(Edit::StopBy(Some("pcoc.ctcvr".into()))))
        );
    }

    #[test]
    fn rows_are_those_of_the_runs_of_the_log_or_of_the_log_to_come() {
        let (mut spec, mut session) = (RunSpec::default(), Session::default());
        let rows_to_generate = match &spec.data {
            DataSpec::Generated { synth } => synth.rows,
            DataSpec::File { .. } => unreachable!("the default log is generated"),
        };
        assert_eq!(training_rows(&spec, &session), Some(rows_to_generate / 4 * 3));
        let summary = LogSummary { rows: 1000, clicks: 10, conversions: 1, truth_known: true, population: None };
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
        spec.data = DataSpec::File {
            name: "a.csv".into(),
            bytes: 1,
            crc32: 1,
            roles: None,
            limit: RowLimit::default(),
            assembly: None,
        };
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
