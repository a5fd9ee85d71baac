//! Training options beyond the everyday ones: optimiser, schedule, decay, clipping, early stopping.

use super::training::{fix, following};
use crate::app::format;
use crate::app::marks::{Act, Control, Mark, disclosure, number, select};
use crate::app::numbers::decimal;
use crate::app::range::Range;
use crate::domain::spec::{EarlyStopping, OptimizerKind, ResolvedTraining, RunSpec, Schedule, TrainingSpec};

const OPTIMIZERS: [(&str, &str, OptimizerKind); 3] = [
    ("adam", text!(training_form::optimisers::adam), OptimizerKind::Adam),
    ("adamw", text!(training_form::optimisers::adamw), OptimizerKind::AdamW),
    ("sgd", text!(training_form::optimisers::sgd), OptimizerKind::Sgd),
];
const SCHEDULES: [(&str, &str, Schedule); 5] = [
    ("constant", text!(training_form::schedules::constant), Schedule::Constant),
    ("linear", text!(training_form::schedules::linear), Schedule::Linear),
    ("cosine", text!(training_form::schedules::cosine), Schedule::Cosine),
    ("step", text!(training_form::schedules::step), Schedule::Step),
    ("exponential", text!(training_form::schedules::exponential), Schedule::Exponential),
];
/// Metrics that a run can stop by, of those that every model with a purchase has.
const STOPS: [(&str, &str); 5] = [
    ("", text!(training_form::stops::never)),
    ("auc.ctcvr", text!(training_form::stops::auc_ctcvr)),
    ("logloss.ctcvr", text!(training_form::stops::logloss_ctcvr)),
    ("auc.ctr", text!(training_form::stops::auc_ctr)),
    ("logloss.ctr", text!(training_form::stops::logloss_ctr)),
];
/// Share of the training rows that is set aside when early stopping is turned on.
const VALIDATION_SHARE: f64 = 0.1;

const SHARE: Range = Range::linear(0.0, 1.0);
const MOMENTUM: Range = Range::linear(0.0, 0.999);
const WARM_UP: Range = Range::linear(0.0, 100.0);
const FACTOR: Range = Range::linear(0.01, 1.0);
const EVERY: Range = Range::linear(0.01, 1000.0);
const NORM: Range = Range::linear(0.0, 1e4);
const PATIENCE: Range = Range::linear(1.0, 100.0).whole();

/// The options, behind their title; `follows` is what follows from the rows, where they are known.
pub fn form(spec: &RunSpec, follows: Option<ResolvedTraining>) -> Mark {
    let training = &spec.training;
    let optimizer = OPTIMIZERS.iter().find(|(_, _, kind)| *kind == training.optimizer).map_or("", |(key, ..)| key);
    let words = OPTIMIZERS.map(|(key, words, _)| (key, words));
    let mut marks = vec![select(Control::new("optimizer", text!(training_form::optimisers::name)), words, optimizer)];
    if training.optimizer == OptimizerKind::Sgd {
        marks.push(
            number(Control::new("momentum", text!(training_form::optimisers::momentum)), training.momentum)
                .key("momentum"),
        );
    }
    marks.extend(schedule(training));
    let decoupled = training.optimizer == OptimizerKind::AdamW;
    let hint = if decoupled { text!(training_form::decay::decoupled) } else { text!(training_form::decay::l2) };
    marks.push(
        number(Control::new("weight_decay", text!(training_form::decay::weights)).hint(hint), training.weight_decay)
            .key("decay"),
    );
    let written = |decay: f64| decimal(format::significant(decay, 2));
    marks.push(following(
        Control::new("embedding_decay", text!(training_form::decay::embeddings)),
        training.embedding_decay.map(|decay| decimal(decay.to_string())),
        follows.map(|found| written(found.embedding_decay)),
    ));
    let clip = Control::new("clip_norm", text!(training_form::norm)).hint(text!(training_form::norm_hint));
    marks.push(number(clip, training.clip_norm.unwrap_or(0.0)).key("clip"));
    marks.extend(stopping(training));
    disclosure("training-options", text!(training_form::more), marks)
}

fn schedule(training: &TrainingSpec) -> Vec<Mark> {
    let chosen = SCHEDULES.iter().find(|(_, _, kind)| *kind == training.schedule).map_or("", |(key, ..)| key);
    let words = SCHEDULES.map(|(key, words, _)| (key, words));
    let schedule = Control::new("schedule", text!(training_form::schedules::name));
    let mut marks = vec![
        select(schedule.hint(text!(training_form::schedules::hint)), words, chosen).key("schedule"),
        number(Control::new("warm_up_epochs", text!(training_form::schedules::warm_up)), training.warm_up_epochs)
            .key("warm-up"),
    ];
    match training.schedule {
        Schedule::Constant => {}
        Schedule::Linear | Schedule::Cosine => {
            let control = Control::new("schedule_floor", text!(training_form::schedules::floor));
            marks.push(number(control, training.schedule_floor).key("floor"));
        }
        Schedule::Step | Schedule::Exponential => {
            marks.push(
                number(Control::new("decay_factor", text!(training_form::schedules::factor)), training.decay_factor)
                    .key("factor"),
            );
            marks.push(
                number(Control::new("decay_epochs", text!(training_form::schedules::every)), training.decay_epochs)
                    .key("every"),
            );
        }
    }
    marks
}

fn stopping(training: &TrainingSpec) -> Vec<Mark> {
    let rule = training.early_stopping.as_ref();
    let hint = text!(training_form::stops::hint);
    let control = Control::new("stop_metric", text!(training_form::stops::name)).hint(hint);
    let metric = rule.map_or("", |rule| rule.metric.as_str());
    // A metric that came with a link is kept as it is.
    let foreign = (!STOPS.iter().any(|(key, _)| *key == metric)).then_some((metric, metric));
    let mut marks = vec![select(control, STOPS.into_iter().chain(foreign), metric).key("stop")];
    if let Some(rule) = rule {
        let control = Control::new("stop_patience", text!(training_form::stops::patience));
        marks.push(number(control, rule.patience as f64).key("patience"));
    }
    marks
}

/// Does what the reader did; whether it was about these options.
pub fn apply(spec: &mut RunSpec, act: &Act) -> bool {
    let training = &mut spec.training;
    let set = |value: &mut f64, range: Range| *value = act.number(range).unwrap_or(*value);
    match act.name.as_str() {
        "optimizer" => {
            let chosen = OPTIMIZERS.iter().find(|(key, ..)| *key == act.input);
            training.optimizer = chosen.map_or(training.optimizer, |(_, _, kind)| *kind);
        }
        "schedule" => {
            let chosen = SCHEDULES.iter().find(|(key, ..)| *key == act.input);
            training.schedule = chosen.map_or(training.schedule, |(_, _, kind)| *kind);
        }
        "momentum" => set(&mut training.momentum, MOMENTUM),
        "warm_up_epochs" => set(&mut training.warm_up_epochs, WARM_UP),
        "schedule_floor" => set(&mut training.schedule_floor, SHARE),
        "decay_factor" => set(&mut training.decay_factor, FACTOR),
        "decay_epochs" => set(&mut training.decay_epochs, EVERY),
        "weight_decay" => set(&mut training.weight_decay, SHARE),
        "embedding_decay" => fix(&mut training.embedding_decay, act, SHARE, |decay| decay),
        "clip_norm" => {
            let norm = act.number(NORM).unwrap_or(training.clip_norm.unwrap_or(0.0));
            training.clip_norm = (norm > 0.0).then(|| norm.max(1e-4));
        }
        "stop_metric" => {
            let patience = training.early_stopping.as_ref().map_or(1, |rule| rule.patience);
            let rule = EarlyStopping { metric: act.input.clone(), patience, min_change: 0.0 };
            training.early_stopping = (!act.input.is_empty()).then_some(rule);
            spec.split.validation_share = match training.early_stopping {
                Some(_) if spec.split.validation_share > 0.0 => spec.split.validation_share,
                Some(_) => VALIDATION_SHARE,
                None => 0.0,
            };
        }
        "stop_patience" => {
            if let (Some(rule), Some(patience)) = (&mut training.early_stopping, act.number(PATIENCE)) {
                rule.patience = patience as usize;
            }
        }
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::ActKind;

    fn set(spec: &mut RunSpec, name: &str, input: &str) {
        let act = Act { kind: ActKind::Change, name: name.to_owned(), input: input.to_owned(), ..Act::default() };
        assert!(apply(spec, &act), "{name}");
        spec.validate().unwrap();
    }

    fn names(spec: &RunSpec) -> Vec<String> {
        form(spec, None).all().into_iter().filter_map(|mark| mark.get("data-on").map(str::to_owned)).collect()
    }

    #[test]
    fn what_an_option_needs_is_asked_for_when_it_is_chosen() {
        let mut spec = RunSpec::default();
        set(&mut spec, "schedule", "constant");
        assert!(
            !names(&spec).iter().any(|name| ["momentum", "schedule_floor", "stop_patience"].contains(&name.as_str()))
        );
        set(&mut spec, "optimizer", "sgd");
        set(&mut spec, "momentum", "0.9");
        set(&mut spec, "schedule", "cosine");
        set(&mut spec, "schedule_floor", "0.1");
        set(&mut spec, "stop_metric", "auc.ctcvr");
        set(&mut spec, "stop_patience", "3");
        for name in ["momentum", "schedule_floor", "stop_patience"] {
            assert!(names(&spec).contains(&name.to_owned()), "{name}");
        }
        assert_eq!(
            (spec.training.momentum, spec.training.schedule_floor, spec.split.validation_share),
            (0.9, 0.1, 0.1)
        );
        assert_eq!(spec.training.early_stopping.as_ref().map(|rule| rule.patience), Some(3));
    }

    #[test]
    fn every_option_can_be_turned_off_again() {
        let mut spec = RunSpec::default();
        for (name, on, off) in [
            ("optimizer", "adamw", "adam"),
            ("schedule", "constant", "linear"),
            ("weight_decay", "0.01", "0"),
            ("embedding_decay", "0.01", ""),
            ("clip_norm", "1", "0"),
            ("warm_up_epochs", "0.5", "0"),
            ("stop_metric", "logloss.ctr", ""),
        ] {
            set(&mut spec, name, on);
            assert_ne!(spec, RunSpec::default(), "{name}");
            set(&mut spec, name, off);
            assert_eq!(spec, RunSpec::default(), "{name}");
        }
    }

    #[test]
    fn a_metric_from_a_link_stays_chosen() {
        let mut spec = RunSpec::default();
        set(&mut spec, "stop_metric", "pcoc.ctcvr");
        assert!(
            form(&spec, None).all().iter().any(|mark| mark.tag == "option" && mark.get("value") == Some("pcoc.ctcvr"))
        );
    }
}
