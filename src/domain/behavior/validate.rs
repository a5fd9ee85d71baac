//! What a behaviour tree must hold before anything is trained on it.

use super::BehaviorTree;

/// Why a behaviour tree cannot be used, with the question or event at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("{}", words!(behavior::no_question))]
    NoQuestion,
    #[error("{}", words!(behavior::duplicate_question, question = .0))]
    DuplicateQuestion(String),
    #[error("{}", words!(behavior::unknown_question, question = .question, next = .next))]
    UnknownQuestion { question: String, next: String },
    #[error("{}", words!(behavior::asked_twice, question = .0))]
    AskedTwice(String),
    #[error("{}", words!(behavior::unreached, question = .0))]
    Unreached(String),
    #[error("{}", words!(behavior::no_label, question = .0))]
    NoLabel(String),
    #[error("{}", words!(behavior::answered_before, question = .question, label = .label, before = .before))]
    AnsweredBefore { question: String, before: String, label: String },
    #[error("{}", words!(behavior::duplicate_event, event = .0))]
    DuplicateEvent(String),
    #[error("{}", words!(behavior::unasked_label, event = .event, label = .label))]
    UnaskedLabel { event: String, label: String },
    #[error("{}", words!(behavior::unknown_condition, event = .event, given = .given))]
    UnknownCondition { event: String, given: String },
    #[error("{}", words!(behavior::trivial_event, event = .0))]
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
        let links = self.resolved();
        match (1..self.questions.len()).find(|&question| links.way(question).is_empty()) {
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
        let links = self.resolved();
        (0..self.questions.len()).try_for_each(|question| self.validate_way(question, links.way(question)))
    }

    fn validate_way(&self, question: usize, way: &[(usize, bool)]) -> Result<(), TreeError> {
        let question = &self.questions[question];
        let before = way.iter().rev().map(|&(before, _)| &self.questions[before]);
        match before.into_iter().find(|before| before.label == question.label) {
            Some(before) => Err(TreeError::AnsweredBefore {
                question: question.name.clone(),
                before: before.name.clone(),
                label: question.label.clone(),
            }),
            None => Ok(()),
        }
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
