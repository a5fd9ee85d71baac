//! What a spec must hold before anything runs.
use std::fmt::Display;
use std::ops::RangeInclusive;

use super::{
    AuxiliaryTower, Conditions, DataSpec, EarlyStopping, FeatureSpec, ModelSpec, NetworkSpec, Objective, RunSpec,
    SplitSpec, TrainingSpec, VERSION, parameters_of,
};
use crate::domain::behavior::TreeError;
use crate::domain::label;
use crate::domain::metrics::{Goal, MetricKey, metric_names};
use crate::domain::objective::{asks_after_click, is_corrected_by_a_shift, is_division};
use crate::domain::synth::SynthError;

/// Largest integer that JSON readers everywhere keep exact.
const MAX_SEED: u64 = (1 << 53) - 1;
/// Models of one experiment at the most: every preset and some copies.
pub const MAX_MODELS: usize = 24;
/// Seeds of one experiment at the most: what a simulation needs that nobody sits in front of.
const MAX_SEEDS: usize = 1_000;
const MAX_QUESTIONS: usize = 32;
const MAX_EVENTS: usize = 32;
const MAX_NAME_BYTES: usize = 64;

/// Why a spec cannot run: the key, the value and the range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpecError {
    #[error("{}", words!(spec::syntax, format = .format, reason = .reason))]
    Syntax { format: &'static str, reason: String },
    #[error("{}", words!(spec::no_version, supported = .supported))]
    NoVersion { supported: u32 },
    #[error("{}", words!(spec::version, found = .found, supported = .supported))]
    Version { found: u64, supported: u32 },
    #[error("{}", words!(spec::out_of_range, key = .key, value = .value, range = .range))]
    OutOfRange { key: String, value: String, range: String },
    #[error("{}", words!(spec::tree, model = .model, source = .source))]
    Tree { model: String, source: TreeError },
    #[error("{}", words!(spec::name, what = .what, name = .name))]
    Name { what: &'static str, name: String },
    #[error("{}", words!(spec::duplicate_model, name = .0))]
    DuplicateModel(String),
    #[error("{}", words!(spec::duplicate_seed, seed = .0))]
    DuplicateSeed(u64),
    #[error("{}", words!(spec::unknown_event, model = .model, event = .event, available = .available))]
    UnknownEvent { model: String, event: String, available: String },
    #[error("{}", words!(spec::duplicate_event, model = .model, event = .event))]
    DuplicateEvent { model: String, event: String },
    #[error("{}", words!(spec::no_objective, model = .model))]
    NoObjective { model: String },
    #[error("{}", words!(spec::conditioned_event, model = .model, event = .event, given = .given))]
    ConditionedEvent { model: String, event: String, given: String },
    #[error("{}", words!(spec::unknown_metric, metric = .metric, known = .known))]
    UnknownMetric { metric: String, known: String },
    #[error("{}", words!(spec::nothing_to_stop_by))]
    NothingToStopBy,
    #[error("{}", words!(spec::conditioned_event_count, model = .model, kind = .kind, needed = .needed, found = .found, available = .available))]
    ConditionedEventCount { model: String, kind: &'static str, needed: &'static str, found: usize, available: String },
    #[error("{}", words!(spec::delayed_event, model = .model, event = .event, available = .available))]
    DelayedEvent { model: String, event: String, available: String },
    #[error("{}", words!(spec::tower_name, model = .model, kind = .kind, tower = .tower))]
    TowerName { model: String, kind: &'static str, tower: &'static str },
    #[error("{}", words!(spec::division_shape, model = .model))]
    DivisionShape { model: String },
    #[error("{}", words!(spec::prior_correction_shape, model = .model))]
    PriorCorrectionShape { model: String },
    #[error("{}", words!(spec::joint_shape, model = .model))]
    JointShape { model: String },
    #[error("{}", words!(spec::unweighted_event, event = .event))]
    UnweightedEvent { event: String },
}

impl RunSpec {
    /// Checks every range and every model.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate(&self) -> Result<(), SpecError> {
        if self.version != VERSION {
            return Err(SpecError::Version { found: u64::from(self.version), supported: VERSION });
        }
        match &self.data {
            DataSpec::Generated { synth } => synth.validate().map_err(out_of_synth_range)?,
            DataSpec::File { limit, .. } => {
                within("data.limit.rows", limit.rows, 1_000..=20_000_000)?;
                within("data.limit.megabytes", limit.megabytes, 16..=2_000)?;
                within("data.limit.seed", limit.seed, 0..=MAX_SEED)?;
            }
        }
        self.features.validate()?;
        self.split.validate()?;
        self.network.validate()?;
        self.training.validate()?;
        self.validate_early_stopping()?;
        self.validate_positive_weights()?;
        within(text!(spec::of::models), self.models.len(), 1..=MAX_MODELS)?;
        for (index, model) in self.models.iter().enumerate() {
            if self.models[..index].iter().any(|other| other.name == model.name) {
                return Err(SpecError::DuplicateModel(model.name.clone()));
            }
            model.validate()?;
        }
        within(text!(spec::of::seeds), self.seeds.len(), 1..=MAX_SEEDS)?;
        for (index, &seed) in self.seeds.iter().enumerate() {
            within("seeds", seed, 0..=MAX_SEED)?;
            if self.seeds[..index].contains(&seed) {
                return Err(SpecError::DuplicateSeed(seed));
            }
        }
        Ok(())
    }

    fn validate_early_stopping(&self) -> Result<(), SpecError> {
        let has_rows = self.split.validation_share > 0.0;
        if self.training.early_stopping.is_some() && !has_rows { Err(SpecError::NothingToStopBy) } else { Ok(()) }
    }
}

impl RunSpec {
    /// A weight for an event that no model has would silently do nothing.
    fn validate_positive_weights(&self) -> Result<(), SpecError> {
        let is_supervised =
            |name: &str| self.models.iter().flat_map(|model| model.objective.events()).any(|e| e.event == name);
        match self.training.positive_weights.keys().find(|name| !is_supervised(name)) {
            Some(event) => Err(SpecError::UnweightedEvent { event: event.clone() }),
            None => Ok(()),
        }
    }
}

impl FeatureSpec {
    fn validate(&self) -> Result<(), SpecError> {
        within("features.buckets", self.buckets, 2..=256)?;
        within("features.min_count", self.min_count, 1..=u32::MAX)
    }
}

impl SplitSpec {
    fn validate(&self) -> Result<(), SpecError> {
        within("split.eval_share", self.eval_share, 0.05..=0.9)?;
        within("split.validation_share", self.validation_share, 0.0..=0.5)?;
        self.cutoff_days.map_or(Ok(()), |days| within("split.cutoff_days", days, 0.1..=3650.0))?;
        within("split.seed", self.seed, 0..=MAX_SEED)
    }
}

impl NetworkSpec {
    fn validate(&self) -> Result<(), SpecError> {
        within("network.embedding_size", self.embedding_size, 1..=128)?;
        within(text!(spec::of::layers), self.hidden.len(), 0..=6)?;
        self.hidden.iter().try_for_each(|&width| within("network.hidden", width, 1..=1024))?;
        within("network.dropout", self.dropout, 0.0..=0.9)
    }
}

impl TrainingSpec {
    fn validate(&self) -> Result<(), SpecError> {
        within("training.learning_rate", self.learning_rate, 1e-6..=1.0)?;
        within("training.beta1", self.beta1, 0.0..=0.999_999)?;
        within("training.beta2", self.beta2, 0.0..=0.999_999_9)?;
        within("training.epsilon", self.epsilon, 1e-12..=1.0)?;
        self.batch_size.map_or(Ok(()), |rows| within("training.batch_size", rows, 1..=65_536))?;
        self.epochs.map_or(Ok(()), |epochs| within("training.epochs", epochs, 1..=1000))?;
        within("training.warm_up_epochs", self.warm_up_epochs, 0.0..=100.0)?;
        within("training.schedule_floor", self.schedule_floor, 0.0..=1.0)?;
        within("training.decay_factor", self.decay_factor, 0.01..=1.0)?;
        within("training.decay_epochs", self.decay_epochs, 0.01..=1000.0)?;
        within("training.momentum", self.momentum, 0.0..=0.999)?;
        within("training.weight_decay", self.weight_decay, 0.0..=1.0)?;
        self.embedding_decay.map_or(Ok(()), |decay| within("training.embedding_decay", decay, 0.0..=1.0))?;
        if let Some(norm) = self.clip_norm {
            within("training.clip_norm", norm, 1e-4..=1e4)?;
        }
        for (event, &weight) in &self.positive_weights {
            within(&format!("training.positive_weights.{event}"), weight, 1e-3..=1e3)?;
        }
        match &self.early_stopping {
            Some(rule) => rule.validate(),
            None => Ok(()),
        }
    }
}

impl EarlyStopping {
    fn validate(&self) -> Result<(), SpecError> {
        within("training.early_stopping.patience", self.patience, 1..=100)?;
        within("training.early_stopping.min_change", self.min_change, 0.0..=1.0)?;
        match MetricKey::parse(&self.metric).and_then(|key| Goal::of(key.metric)) {
            Some(_) => Ok(()),
            None => Err(SpecError::UnknownMetric { metric: self.metric.clone(), known: metric_list() }),
        }
    }
}

fn metric_list() -> String {
    metric_names().filter(|name| Goal::of(name).is_some()).collect::<Vec<_>>().join(", ")
}

impl ModelSpec {
    /// Checks the model's names, tree and objective.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_name(text!(spec::of::model), &self.name)?;
        let (questions, events) = (self.tree.questions.len(), self.tree.events.len());
        within(&text!(spec::of::questions_of_model, model = self.name), questions, 0..=MAX_QUESTIONS)?;
        within(&text!(spec::of::events_of_model, model = self.name), events, 0..=MAX_EVENTS)?;
        let tree = self.tree.validate().and_then(|()| self.tree.validate_ways());
        tree.map_err(|source| SpecError::Tree { model: self.name.clone(), source })?;
        self.tree.questions.iter().try_for_each(|question| check_name(text!(spec::of::question), &question.name))?;
        self.tree.events.iter().try_for_each(|event| check_name(text!(spec::of::event), &event.name))?;
        self.validate_objective()
    }

    /// Checks the objective against the tree, which is taken as valid.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate_objective(&self) -> Result<(), SpecError> {
        let events = self.objective.events();
        for (index, weighted) in events.iter().enumerate() {
            let (model, name) = (self.name.clone(), weighted.event.clone());
            let Some(event) = self.tree.event(&name) else {
                let available: Vec<&str> = self.tree.events.iter().map(|event| event.name.as_str()).collect();
                return Err(SpecError::UnknownEvent { model, event: name, available: available.join(", ") });
            };
            if events[..index].iter().any(|other| other.event == name) {
                return Err(SpecError::DuplicateEvent { model, event: name });
            }
            within(&text!(spec::of::weight, event = name, model = model), weighted.weight, 0.0..=100.0)?;
            if let (Conditions::Refused, Some(given)) = (self.objective.conditions(), &event.given) {
                return Err(SpecError::ConditionedEvent { model, event: name, given: given.clone() });
            }
        }
        let learns = events.iter().any(|weighted| weighted.weight > 0.0);
        if !learns {
            return Err(SpecError::NoObjective { model: self.name.clone() });
        }
        self.validate_conditions()?;
        self.validate_parameters()?;
        self.validate_shape()
    }

    /// Objectives that correct an event with a condition have one.
    fn validate_conditions(&self) -> Result<(), SpecError> {
        let conditioned = |name: &str| self.tree.event(name).is_some_and(|event| event.given.is_some());
        let found = self.objective.events().iter().filter(|weighted| conditioned(&weighted.event)).count();
        let needed = match self.objective.conditions() {
            Conditions::Needed if found == 0 => text!(spec::needed::some),
            Conditions::NeededOnce if found != 1 => text!(spec::needed::one),
            _ => return Ok(()),
        };
        let of_tree: Vec<&str> =
            self.tree.events.iter().map(|event| event.name.as_str()).filter(|name| conditioned(name)).collect();
        let available = if of_tree.is_empty() { text!(spec::needed::none).to_owned() } else { of_tree.join(", ") };
        let (model, kind) = (self.name.clone(), self.objective.kind());
        Err(SpecError::ConditionedEventCount { model, kind, needed, found, available })
    }

    fn validate_parameters(&self) -> Result<(), SpecError> {
        parameters_of(&self.objective).try_for_each(|(parameter, value)| {
            let key = text!(spec::of::parameter, key = parameter.key, model = self.name);
            within(&key, value, parameter.low..=parameter.high)
        })
    }

    /// What an objective asks of the tree.
    fn validate_shape(&self) -> Result<(), SpecError> {
        let model = || self.name.clone();
        if let Some(tower) = self.objective.auxiliary_tower().map(AuxiliaryTower::name)
            && self.tree.question_index(tower).is_some()
        {
            return Err(SpecError::TowerName { model: model(), kind: self.objective.kind(), tower });
        }
        match &self.objective {
            Objective::DelayedFeedback { events, delayed } if events.iter().all(|known| known.event != *delayed) => {
                let available: Vec<&str> = events.iter().map(|weighted| weighted.event.as_str()).collect();
                Err(SpecError::DelayedEvent { model: model(), event: delayed.clone(), available: available.join(", ") })
            }
            Objective::Division { .. } if !is_division(self) => Err(SpecError::DivisionShape { model: model() }),
            Objective::EntireSpace { joint_action_purchase, .. }
                if *joint_action_purchase > 0.0 && !asks_after_click(self, &[label::ACTION, label::CONVERSION]) =>
            {
                Err(SpecError::JointShape { model: model() })
            }
            Objective::Oversampled { prior_correction: true, .. } if !is_corrected_by_a_shift(self) => {
                Err(SpecError::PriorCorrectionShape { model: model() })
            }
            _ => Ok(()),
        }
    }
}

/// The generator's control under its key in the experiment.
fn out_of_synth_range(error: SynthError) -> SpecError {
    let SynthError { field, value, range } = error;
    SpecError::OutOfRange { key: format!("data.synth.{field}"), value, range }
}

/// Names become file names, column names and keys of the weights.
fn check_name(what: &'static str, name: &str) -> Result<(), SpecError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(SpecError::Name { what, name: name.chars().take(MAX_NAME_BYTES).collect() })
}

/// NaN is in no range.
fn within<T: PartialOrd + Display>(key: &str, value: T, range: RangeInclusive<T>) -> Result<(), SpecError> {
    if range.contains(&value) {
        return Ok(());
    }
    let range = text!(spec::range, low = range.start(), high = range.end());
    Err(SpecError::OutOfRange { key: key.to_owned(), value: value.to_string(), range })
}
