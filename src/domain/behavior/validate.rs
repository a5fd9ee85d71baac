//! What a behaviour tree must hold before anything is trained on it.

use super::{BehaviorTree, Question};

/// Why a behaviour tree cannot be used, with the question or event at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("the behaviour tree has no question; add one, for example click")]
    NoQuestion,
    #[error("two questions are called \"{0}\"; rename one of them")]
    DuplicateQuestion(String),
    #[error("question \"{question}\" leads to \"{next}\", which is not a question of the tree")]
    UnknownQuestion { question: String, next: String },
    #[error("question \"{0}\" is reached by two paths or leads back to itself; a tree asks each question once")]
    AskedTwice(String),
    #[error("question \"{0}\" is never reached from the first one; lead to it or remove it")]
    Unreached(String),
    #[error("question \"{0}\" names no label column")]
    NoLabel(String),
    #[error(
        "question \"{question}\" asks for \"{label}\", which \"{before}\" has already answered on the way there, so one of its answers can never be given; ask for another label or remove it"
    )]
    AnsweredBefore { question: String, before: String, label: String },
    #[error("two events are called \"{0}\"; rename one of them")]
    DuplicateEvent(String),
    #[error("event \"{event}\" needs an answer about \"{label}\", which no question asks")]
    UnaskedLabel { event: String, label: String },
    #[error("event \"{event}\" is conditioned on \"{given}\", which is not a question of the tree")]
    UnknownCondition { event: String, given: String },
    #[error("event \"{0}\" can never happen in this tree, or always does")]
    TrivialEvent(String),
}

impl BehaviorTree {
    /// Checks every invariant of the tree and of its events.
    ///
    /// # Errors
    /// The first fault found, as a [`TreeError`].
    pub fn validate(&self) -> Result<(), TreeError> {
        if self.questions.is_empty() {
            return Err(TreeError::NoQuestion);
        }
        self.validate_questions()?;
        self.validate_events()
    }

    fn validate_questions(&self) -> Result<(), TreeError> {
        let mut times_asked = vec![0usize; self.questions.len()];
        times_asked[0] = 1;
        for (index, question) in self.questions.iter().enumerate() {
            if self.question_index(&question.name) != Some(index) {
                return Err(TreeError::DuplicateQuestion(question.name.clone()));
            }
            if question.label.is_empty() {
                return Err(TreeError::NoLabel(question.name.clone()));
            }
            for next in question.yes.iter().chain(&question.no) {
                let target = self.question_index(next).ok_or_else(|| TreeError::UnknownQuestion {
                    question: question.name.clone(),
                    next: next.clone(),
                })?;
                times_asked[target] += 1;
                if times_asked[target] > 1 {
                    return Err(TreeError::AskedTwice(next.clone()));
                }
            }
        }
        // Each question has one parent at most and the first has none, so what is left to find is a detached cycle.
        let mut is_reached = vec![false; self.questions.len()];
        let mut open = vec![0];
        while let Some(index) = open.pop() {
            is_reached[index] = true;
            let question = &self.questions[index];
            open.extend(question.yes.iter().chain(&question.no).filter_map(|next| self.question_index(next)));
        }
        match is_reached.iter().position(|reached| !reached) {
            Some(index) => Err(TreeError::Unreached(self.questions[index].name.clone())),
            None => Ok(()),
        }
    }

    /// Checks that no label is asked for twice on one way: the second answer would be known, and its tower have nothing to
    /// learn. The fold itself copes with such a tree.
    ///
    /// # Errors
    /// The first question that asks again.
    pub fn validate_ways(&self) -> Result<(), TreeError> {
        self.questions.iter().try_for_each(|question| self.validate_way(question))
    }

    fn validate_way(&self, question: &Question) -> Result<(), TreeError> {
        let parent_of = |name: &str| {
            let leads = |next: &Option<String>| next.as_deref() == Some(name);
            self.questions.iter().find(|before| leads(&before.yes) || leads(&before.no))
        };
        let mut before = parent_of(&question.name);
        while let Some(asked) = before {
            if asked.label == question.label {
                let (before, label) = (asked.name.clone(), asked.label.clone());
                return Err(TreeError::AnsweredBefore { question: question.name.clone(), before, label });
            }
            before = parent_of(&asked.name);
        }
        Ok(())
    }

    fn validate_events(&self) -> Result<(), TreeError> {
        for (index, event) in self.events.iter().enumerate() {
            if self.events[..index].iter().any(|other| other.name == event.name) {
                return Err(TreeError::DuplicateEvent(event.name.clone()));
            }
            for label in event.answers.keys() {
                if !self.questions.iter().any(|q| &q.label == label) {
                    return Err(TreeError::UnaskedLabel { event: event.name.clone(), label: label.clone() });
                }
            }
            if let Some(given) = &event.given
                && self.question_index(given).is_none()
            {
                return Err(TreeError::UnknownCondition { event: event.name.clone(), given: given.clone() });
            }
            if !matches!(super::event_mass(self, event), super::Mass::Question { .. }) {
                return Err(TreeError::TrivialEvent(event.name.clone()));
            }
        }
        Ok(())
    }
}
