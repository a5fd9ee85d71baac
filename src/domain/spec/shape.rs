//! What an objective asks of a model's tree.
use super::{AuxiliaryTower, ModelSpec, Objective, SpecError};
use crate::domain::behavior::{Mass, event_mass};
use crate::domain::label;

impl ModelSpec {
    /// What an objective asks of the tree.
    pub(super) fn validate_shape(&self) -> Result<(), SpecError> {
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
            Objective::Division { .. } if !self.is_division() => Err(SpecError::DivisionShape { model: model() }),
            Objective::EntireSpace { joint_action_purchase, .. }
                if *joint_action_purchase > 0.0 && !self.tree.asks_after_click(&[label::ACTION, label::CONVERSION]) =>
            {
                Err(SpecError::JointShape { model: model() })
            }
            Objective::Oversampled { prior_correction: true, .. } if !self.is_corrected_by_a_shift() => {
                Err(SpecError::PriorCorrectionShape { model: model() })
            }
            _ => Ok(()),
        }
    }
    /// Whether the tree and the objective's events are those of DIVISION: two questions, and the events "the first is yes"
    /// and "both are yes".
    fn is_division(&self) -> bool {
        let [first, second] = self.tree.questions.as_slice() else { return false };
        let both = Mass::Question { question: 0, yes: Box::new(Mass::answered_yes(1)), no: Box::new(Mass::Never) };
        let masses = self.objective.events().iter().filter_map(|weighted| {
            let event = self.tree.event(&weighted.event).filter(|event| event.given.is_none())?;
            Some(event_mass(&self.tree, event))
        });
        first.yes.as_ref() == Some(&second.name) && masses.eq([Mass::answered_yes(0), both])
    }

    /// Whether every conditioned event is one question's answer, so that a change of its odds is a shift of one logit.
    fn is_corrected_by_a_shift(&self) -> bool {
        let events = self.objective.events().iter().filter_map(|weighted| self.tree.event(&weighted.event));
        let mut masses = events.filter(|event| event.given.is_some()).map(|event| event_mass(&self.tree, event));
        masses.all(|mass| (0..self.tree.questions.len()).any(|question| mass == Mass::answered_yes(question)))
    }
}
