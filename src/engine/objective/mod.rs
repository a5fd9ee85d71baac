//! What is minimised: one file for each objective, one loss term for each supervised event.

mod click_space;
mod entire_space;

use burn::tensor::Tensor;

use super::EngineError;
use super::scm::{LogAnswers, LogMass, log_mass};
use crate::domain::behavior::{Mass, event_mass};
use crate::domain::spec::{ModelSpec, Objective};

/// An event with a loss term of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct SupervisedEvent {
    pub name: String,
    pub weight: f64,
    pub mass: Mass,
    /// Whether the event is only defined for the impressions that meet its condition.
    pub is_conditional: bool,
}

/// What a loss term is made from, for one batch.
#[derive(Debug, Clone)]
pub struct EventBatch {
    pub mass: LogMass,
    /// `[batch]`, 0 or 1; 0 where the event's condition is not met.
    pub label: Tensor<1>,
    /// `[batch]`, 1 where the event's condition is met; absent for an event seen from the first question.
    pub condition: Option<Tensor<1>>,
}

/// The events that `model` supervises, in the objective's order.
///
/// # Errors
/// When there are none, when the tree does not have one, or when the objective cannot supervise one.
pub fn supervised_events(model: &ModelSpec) -> Result<Vec<SupervisedEvent>, EngineError> {
    let name = || model.name.clone();
    if model.objective.events().is_empty() {
        return Err(EngineError::NoSupervisedEvent { model: name() });
    }
    let supervise = |weighted: &crate::domain::spec::WeightedEvent| {
        let unknown = || EngineError::UnknownEvent { model: name(), event: weighted.event.clone() };
        let event = model.tree.event(&weighted.event).ok_or_else(unknown)?;
        let mass = event_mass(&model.tree, event);
        if !matches!(mass, Mass::Question { .. }) {
            return Err(EngineError::TrivialEvent { model: name(), event: event.name.clone() });
        }
        if let (Objective::EntireSpace { .. }, Some(given)) = (&model.objective, &event.given) {
            let (event, given) = (event.name.clone(), given.clone());
            return Err(EngineError::ConditionalEvent { model: name(), event, given });
        }
        let (name, is_conditional) = (event.name.clone(), event.given.is_some());
        Ok(SupervisedEvent { name, weight: weighted.weight, mass, is_conditional })
    };
    model.objective.events().iter().map(supervise).collect()
}

/// One loss term for each supervised event, unweighted, in nats for an impression.
///
/// # Shapes
/// - `label`, `condition`: one `[batch]` for each event
/// - returns one `[1]` for each event
pub fn loss_terms(objective: &Objective, batches: Vec<EventBatch>) -> Vec<Tensor<1>> {
    let term = match objective {
        Objective::EntireSpace { .. } => entire_space::loss_term,
        Objective::ClickSpace { .. } => click_space::loss_term,
    };
    batches.into_iter().map(term).collect()
}

/// `Σ w_e · term_e`, `[1]`.
pub fn total_loss(events: &[SupervisedEvent], terms: &[Tensor<1>]) -> Option<Tensor<1>> {
    let weighted = events.iter().zip(terms).map(|(event, term)| match event.weight {
        1.0 => term.clone(),
        weight => term.clone().mul_scalar(weight),
    });
    weighted.reduce(|sum, term| sum + term)
}

/// The log-mass of an event.
///
/// # Panics
/// When the event is trivial, which [`supervised_events`] refuses.
pub fn event_log_mass(event: &SupervisedEvent, answers: &[LogAnswers]) -> LogMass {
    match log_mass(&event.mass, answers) {
        Some(mass) => mass,
        None => unreachable!("a supervised event has mass on both sides"),
    }
}

/// Cross-entropy of every impression, in nats: `−label·log_p − (1−label)·log_not_p`, `[batch]`.
fn cross_entropy(mass: LogMass, label: Tensor<1>) -> Tensor<1> {
    let not_label = label.clone().neg().add_scalar(1.0);
    (label * mass.log_p + not_label * mass.log_not_p).neg()
}
