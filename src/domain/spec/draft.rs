//! A model that is being drawn: its tree, what is supervised and how strongly, with undo.
//!
//! Invariant: [`Draft::model`] is valid after every edit, so what is drawn can be trained.

use super::{ModelSpec, Objective, SpecError, WeightedEvent};
use crate::domain::behavior::{EditError, Ending};

/// Edits that can be undone; older ones are forgotten.
const MAX_PAST: usize = 100;

/// One change of the drawing.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Asks about a label after an answer at which the tree ended.
    AddQuestion {
        after: Ending,
        label: String,
    },
    /// Removes a question and all that is asked after it.
    RemoveQuestion {
        name: String,
    },
    RenameQuestion {
        name: String,
        new_name: String,
    },
    /// Lets another label answer a question.
    BindLabel {
        name: String,
        label: String,
    },
    /// How strongly an event is supervised; 0 leaves it out of the loss.
    Supervise {
        event: String,
        weight: f64,
    },
}

/// Why the drawing cannot be changed so.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DraftError {
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error("{}", words!(spec::draft::no_event, event = .0))]
    NoEvent(String),
}

/// A drawing and what came before.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    model: ModelSpec,
    past: Vec<ModelSpec>,
    future: Vec<ModelSpec>,
}

impl Draft {
    /// Starts from a model's tree, under a name of its own. Its loss is the entire space's: the events of its tree over all
    /// impressions, each with the weight that it had.
    pub fn of(model: &ModelSpec, name: &str) -> Self {
        let mut model = ModelSpec { name: name.to_owned(), ..model.clone() };
        let weights = model.objective.events().to_vec();
        model.tree.events = model.tree.following_events();
        model.objective = following_objective(&model, &weights);
        Self { model, past: Vec::new(), future: Vec::new() }
    }

    /// The model as it is drawn now.
    pub fn model(&self) -> &ModelSpec {
        &self.model
    }

    /// Whether there is something to undo, and to do again.
    pub fn steps(&self) -> (bool, bool) {
        (!self.past.is_empty(), !self.future.is_empty())
    }

    /// Makes a change.
    ///
    /// # Errors
    /// When it cannot be made: the drawing stays as it was.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), DraftError> {
        let mut next = self.model.clone();
        match edit {
            Edit::AddQuestion { after, label } => next.tree.add_question(after, label).map(drop)?,
            Edit::RemoveQuestion { name } => next.tree.remove_question(name)?,
            Edit::RenameQuestion { name, new_name } => next.tree.rename_question(name, new_name)?,
            Edit::BindLabel { name, label } => next.tree.bind_label(name, label)?,
            Edit::Supervise { .. } => {}
        }
        let mut weights = self.model.objective.events().to_vec();
        if let Edit::Supervise { event, weight } = edit {
            let supervised = weights.iter_mut().find(|weighted| weighted.event == *event);
            supervised.ok_or_else(|| DraftError::NoEvent(event.clone()))?.weight = *weight;
        }
        next.objective = following_objective(&next, &weights);
        next.validate()?;
        if next != self.model {
            self.past.push(std::mem::replace(&mut self.model, next));
            self.future.clear();
            let forgotten = self.past.len().saturating_sub(MAX_PAST);
            self.past.drain(..forgotten);
        }
        Ok(())
    }

    /// Takes the last change back; whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.model, before));
        true
    }

    /// Makes the change again that was taken back last; whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.model, after));
        true
    }
}

/// Every event seen from the first question, with its weight where it had one, else 1.
fn following_objective(model: &ModelSpec, weights: &[WeightedEvent]) -> Objective {
    let of_all = model.tree.events.iter().filter(|event| event.given.is_none());
    let weighted = |name: &String| {
        let known = weights.iter().find(|weighted| weighted.event == *name);
        known.cloned().unwrap_or_else(|| WeightedEvent { event: name.clone(), weight: 1.0 })
    };
    Objective::entire_space(of_all.map(|event| weighted(&event.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::model_preset;
    use super::*;

    fn weights(draft: &Draft) -> Vec<(&str, f64)> {
        draft.model().objective.events().iter().map(|e| (e.event.as_str(), e.weight)).collect()
    }

    fn add(question: &str, yes: bool, label: &str) -> Edit {
        Edit::AddQuestion { after: Ending { question: question.to_owned(), yes }, label: label.to_owned() }
    }

    #[test]
    fn the_loss_follows_the_tree_and_remembers_its_weights() {
        let mut draft = Draft::of(&model_preset("esmm").unwrap(), "mine");
        assert_eq!(weights(&draft), [("ctr", 1.0), ("ctcvr", 1.0)]);
        draft.apply(&Edit::Supervise { event: "ctcvr".to_owned(), weight: 2.5 }).unwrap();
        draft.apply(&add("cvr", true, "return")).unwrap();
        assert_eq!(weights(&draft), [("ctr", 1.0), ("ctcvr", 2.5), ("ct_return", 1.0)]);
        draft.apply(&Edit::RenameQuestion { name: "return".to_owned(), new_name: "sent_back".to_owned() }).unwrap();
        assert_eq!(weights(&draft), [("ctr", 1.0), ("ctcvr", 2.5), ("ct_return", 1.0)]);
        draft.model().validate().unwrap();
    }

    #[test]
    fn a_naive_model_drawn_upon_is_supervised_over_the_entire_space() {
        let draft = Draft::of(&model_preset("naive").unwrap(), "mine");
        assert_eq!(weights(&draft), [("ctr", 1.0), ("ctcvr", 1.0)]);
        draft.model().validate().unwrap();
    }

    #[test]
    fn edits_are_undone_and_done_again_in_order() {
        let mut draft = Draft::of(&model_preset("esmm").unwrap(), "mine");
        let mut seen = vec![draft.clone().model().clone()];
        for edit in [add("cvr", true, "return"), Edit::RemoveQuestion { name: "cvr".to_owned() }] {
            draft.apply(&edit).unwrap();
            seen.push(draft.model().clone());
        }
        assert_eq!(draft.steps(), (true, false));
        for before in seen[..2].iter().rev() {
            assert!(draft.undo());
            assert_eq!(draft.model(), before);
        }
        assert!(!draft.undo());
        assert!(draft.redo() && draft.redo() && !draft.redo());
        assert_eq!(draft.model(), &seen[2]);
        draft.undo();
        draft.apply(&add("ctr", false, "saved")).unwrap();
        assert!(!draft.redo(), "a new change forgets what was undone");
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_and_changes_nothing() {
        let mut draft = Draft::of(&model_preset("esmm").unwrap(), "mine");
        let before = draft.clone();
        for (edit, expected) in [
            (Edit::RemoveQuestion { name: "ctr".to_owned() }, "the first question stays"),
            (add("ctr", true, "action"), "the tree goes on"),
            (Edit::Supervise { event: "cvr".to_owned(), weight: 1.0 }, "no event \"cvr\""),
            (Edit::Supervise { event: "ctr".to_owned(), weight: -1.0 }, "must be from 0 to 100"),
        ] {
            let error = draft.apply(&edit).unwrap_err();
            assert!(error.to_string().contains(expected), "{expected}: {error}");
        }
        assert_eq!(draft, before);
        draft.apply(&Edit::Supervise { event: "ctr".to_owned(), weight: 0.0 }).unwrap();
        let error = draft.apply(&Edit::Supervise { event: "ctcvr".to_owned(), weight: 0.0 }).unwrap_err();
        assert!(error.to_string().contains("nothing to learn"), "{error}");
    }
}
