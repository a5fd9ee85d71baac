//! Advanced training options: optimiser, schedule, decay, clipping, early stopping.

use super::settings::{following, number_of, number_with};
use super::training::Edit;
use crate::app::format;
use crate::app::marks::{Control, Mark, disclosure, select};
use crate::app::numbers::decimal;
use crate::domain::spec::settings::{
    CLIP_NORM, DECAY_EPOCHS, DECAY_FACTOR, EMBEDDING_DECAY, MOMENTUM, PATIENCE, SCHEDULE_FLOOR, WARM_UP_EPOCHS,
    WEIGHT_DECAY,
};
use crate::domain::spec::{OptimizerKind, ResolvedTraining, Schedule, TrainingSpec};

const OPTIMIZERS: [(OptimizerKind, &str); 3] = [
    (OptimizerKind::Adam, text!(training_form::optimisers::adam)),
    (OptimizerKind::AdamW, text!(training_form::optimisers::adamw)),
    (OptimizerKind::Sgd, text!(training_form::optimisers::sgd)),
];
const SCHEDULES: [(Schedule, &str); 5] = [
    (Schedule::Constant, text!(training_form::schedules::constant)),
    (Schedule::Linear, text!(training_form::schedules::linear)),
    (Schedule::Cosine, text!(training_form::schedules::cosine)),
    (Schedule::Step, text!(training_form::schedules::step)),
    (Schedule::Exponential, text!(training_form::schedules::exponential)),
];
/// Metrics for early stopping, which every model with a purchase has.
const STOPS: [(&str, &str); 4] = [
    ("auc.ctcvr", text!(training_form::stops::auc_ctcvr)),
    ("logloss.ctcvr", text!(training_form::stops::logloss_ctcvr)),
    ("auc.ctr", text!(training_form::stops::auc_ctr)),
    ("logloss.ctr", text!(training_form::stops::logloss_ctr)),
];

/// The options, behind their title; `follows` are the values that follow from the rows, if known.
pub fn form(training: &TrainingSpec, follows: Option<ResolvedTraining>) -> Mark<Edit> {
    let number = |setting| number_of(setting, training).map(|mark| mark.map(Edit::Set));
    let optimizer = Control::new(text!(training_form::optimisers::name));
    let schedule = Control::new(text!(training_form::schedules::name)).hint(text!(training_form::schedules::hint));
    let is_decoupled = training.optimizer == OptimizerKind::AdamW;
    let decay_hint = if is_decoupled { text!(training_form::decay::decoupled) } else { WEIGHT_DECAY.hint };
    let decay = number_with(Control::new(WEIGHT_DECAY.label).hint(decay_hint), &WEIGHT_DECAY, training);
    let written = |decay: f64| decimal(format::significant(decay, 2));
    let decay_follows = follows.map(|found| found.embedding_decay);
    let mut marks = vec![select(optimizer, OPTIMIZERS, &training.optimizer, Edit::Optimizer)];
    marks.extend(number(&MOMENTUM));
    marks.push(select(schedule, SCHEDULES, &training.schedule, Edit::Schedule).key("schedule"));
    marks.extend([&WARM_UP_EPOCHS, &SCHEDULE_FLOOR, &DECAY_FACTOR, &DECAY_EPOCHS].into_iter().filter_map(number));
    marks.extend(decay.map(|mark| mark.map(Edit::Set)));
    marks.push(following(&EMBEDDING_DECAY, training, decay_follows, written).map(Edit::Set));
    marks.extend(number(&CLIP_NORM));
    marks.push(stop_by(training));
    marks.extend(number(&PATIENCE));
    disclosure("training-options", text!(training_form::more), marks)
}

fn stop_by(training: &TrainingSpec) -> Mark<Edit> {
    let metric = training.early_stopping.as_ref().map(|rule| rule.metric.clone());
    let mut stops = vec![(None, text!(training_form::stops::never).to_owned())];
    stops.extend(STOPS.map(|(key, words)| (Some(key.to_owned()), words.to_owned())));
    // Another metric of a link is offered too.
    if let Some(foreign) = metric.as_ref().filter(|metric| STOPS.iter().all(|(key, _)| key != metric)) {
        stops.push((Some(foreign.clone()), foreign.clone()));
    }
    let control = Control::new(text!(training_form::stops::name)).hint(text!(training_form::stops::hint));
    select(control, stops, &metric, Edit::StopBy).key("stop")
}
