//! What a spec must hold before anything runs.
use std::ops::RangeInclusive;

use super::{
    Conditions, DataSpec, EarlyStopping, ModelSpec, NetworkSpec, RunSpec, TrainPlan, TrainingSpec, VERSION,
    parameters_of, settings,
};
use crate::domain::behavior::TreeError;
use crate::domain::metrics::{Goal, MetricKey, metric_names};
use crate::domain::range::Range;
use crate::domain::setting::{OutOfRange, SEED, Setting, check_all};

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
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
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
            DataSpec::Generated { synth } => synth.validate().map_err(|error| error.under("data.synth"))?,
            DataSpec::File { limit, .. } => {
                check(&settings::LIMIT, limit, "data.limit")?;
            }
        }
        check(&settings::FEATURES, &self.features, "features")?;
        check(&settings::SPLIT, &self.split, "split")?;
        self.network.validate()?;
        self.training.validate()?;
        self.validate_early_stopping()?;
        self.validate_positive_weights()?;
        count(text!(spec::of::models), self.models.len(), 1..=MAX_MODELS)?;
        for (index, model) in self.models.iter().enumerate() {
            if self.models[..index].iter().any(|other| other.name == model.name) {
                return Err(SpecError::DuplicateModel(model.name.clone()));
            }
            model.validate()?;
        }
        count(text!(spec::of::seeds), self.seeds.len(), 1..=MAX_SEEDS)?;
        for (index, &seed) in self.seeds.iter().enumerate() {
            within("seeds", seed as f64, SEED)?;
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

impl TrainPlan {
    /// Checks every range, and the model: a plan may come out of a file.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate(&self) -> Result<(), SpecError> {
        check(&settings::FEATURES, &self.features, "features")?;
        check(&settings::SPLIT, &self.split, "split")?;
        self.network.validate()?;
        self.training.validate()?;
        within("seed", self.seed as f64, SEED)?;
        self.model.validate()
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

impl NetworkSpec {
    fn validate(&self) -> Result<(), SpecError> {
        check(&settings::NETWORK, self, "network")?;
        count(text!(spec::of::layers), self.hidden.len(), 0..=6)?;
        self.hidden.iter().try_for_each(|&width| within("network.hidden", width as f64, settings::LAYER_WIDTH))
    }
}

impl TrainingSpec {
    fn validate(&self) -> Result<(), SpecError> {
        check(&settings::TRAINING, self, "training")?;
        for (event, &weight) in &self.positive_weights {
            within(&format!("training.positive_weights.{event}"), weight, settings::POSITIVE_WEIGHT)?;
        }
        self.early_stopping.as_ref().map_or(Ok(()), EarlyStopping::validate)
    }
}

impl EarlyStopping {
    fn validate(&self) -> Result<(), SpecError> {
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
        count(&text!(spec::of::questions_of_model, model = self.name), questions, 0..=MAX_QUESTIONS)?;
        count(&text!(spec::of::events_of_model, model = self.name), events, 0..=MAX_EVENTS)?;
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
            within(&text!(spec::of::weight, event = name, model = model), weighted.weight, settings::WEIGHT)?;
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
            within(&key, value, parameter.range)
        })
    }
}

/// Names become file names, column names and keys of the weights.
fn check_name(what: &'static str, name: &str) -> Result<(), SpecError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(SpecError::Name { what, name: name.chars().take(MAX_NAME_BYTES).collect() })
}

fn within(key: &str, value: f64, range: Range) -> Result<(), SpecError> {
    match range.holds(value) {
        true => Ok(()),
        false => Err(OutOfRange::new(key, value, range.low, range.high).into()),
    }
}

fn check<S>(settings: &[&'static Setting<S>], of: &S, path: &str) -> Result<(), SpecError> {
    Ok(check_all(settings.iter().copied(), of).map_err(|error| error.under(path))?)
}

fn count(what: &str, found: usize, allowed: RangeInclusive<usize>) -> Result<(), SpecError> {
    match allowed.contains(&found) {
        true => Ok(()),
        false => Err(OutOfRange::new(what, found, allowed.start(), allowed.end()).into()),
    }
}
