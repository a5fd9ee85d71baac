//! The behaviour tree: a user's sequential behaviour as binary questions, as data.
//!
//! Every model composition of the papers is one of these trees; so is any that a user draws.
//! A question is answered by one tower. Both answers lead to a next question or to the end.
//! An [`Event`] is a set of answers, wherever they are asked. Source: Wen et al. 2020, section 3.

mod edit;
mod fold;
mod never;
pub mod reference;
mod resolved;
mod validate;

pub use edit::{EditError, Ending};
pub use fold::{Mass, event_mass};
pub use resolved::ResolvedTree;
pub use validate::TreeError;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::label;

/// A tree of binary questions and the events read from it.
///
/// Invariant (checked by [`BehaviorTree::validate`]): every question is reachable from the first one by exactly
/// one path, and every event names labels that some question asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviorTree {
    /// The first question is asked of every impression.
    pub questions: Vec<Question>,
    /// What is supervised, shown and measured.
    pub events: Vec<Event>,
}

/// One binary question, answered by the tower of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Name of the question and of its tower: `y1`, `ctr`, …
    pub name: String,
    /// The label that answers it: `click`, `action`, `conversion`, or a further label column.
    pub label: String,
    /// Question asked next after "yes"; the end of the path when absent.
    #[serde(default)]
    pub yes: Option<String>,
    /// Question asked next after "no"; the end of the path when absent.
    #[serde(default)]
    pub no: Option<String>,
}

/// A set of answers, given by label, wherever on a path they are asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The task's name: `ctr`, `cvr`, `ctavr`, `ctcvr`, …
    pub name: String,
    /// Label → required answer. All must have been given on the path.
    pub answers: BTreeMap<String, bool>,
    /// Seen from this question's "yes" branch instead of from the root: pCVR is `conversion` given `click`'s question.
    #[serde(default)]
    pub given: Option<String>,
}

impl BehaviorTree {
    /// Index of the question called `name`.
    pub fn question_index(&self, name: &str) -> Option<usize> {
        self.questions.iter().position(|q| q.name == name)
    }

    /// Whether its rows are impressions: the first question is the click, or there is none.
    pub fn begins_with_click(&self) -> bool {
        self.questions.first().is_none_or(|first| first.label == label::CLICK)
    }

    /// The event called `name`.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|e| e.name == name)
    }

    /// Names of the labels that the questions ask for, each once, in order of first use.
    pub fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for question in &self.questions {
            if !labels.contains(&question.label.as_str()) {
                labels.push(&question.label);
            }
        }
        labels
    }

    /// The questions asked once the click is a "yes", in the tree's order.
    pub fn questions_after_click(&self) -> Vec<usize> {
        let links = self.resolved();
        let is_clicked = |&(before, yes): &(usize, bool)| yes && self.questions[before].label == label::CLICK;
        (0..self.questions.len()).filter(|&question| links.way(question).iter().any(is_clicked)).collect()
    }

    /// Whether each of `labels` is asked about somewhere after the click.
    pub fn asks_after_click(&self, labels: &[&str]) -> bool {
        let asked = self.questions_after_click();
        labels.iter().all(|label| asked.iter().any(|&question| self.questions[question].label == *label))
    }

    /// The questions that an impression with these labels is asked, with its answers, in order.
    ///
    /// `answer` gives the label's value for the impression.
    pub fn path(&self, answer: impl Fn(&str) -> bool) -> Vec<(usize, bool)> {
        let mut path = Vec::new();
        let mut next = if self.questions.is_empty() { None } else { Some(0) };
        while let Some(index) = next {
            let question = &self.questions[index];
            let yes = answer(&question.label);
            path.push((index, yes));
            let name = if yes { &question.yes } else { &question.no };
            next = name.as_deref().and_then(|n| self.question_index(n));
            if path.len() > self.questions.len() {
                break; // a cycle; `validate` reports it
            }
        }
        path
    }

    /// The event's label for an impression: `None` where the event's condition (`given`) was not met.
    pub fn event_label(&self, event: &Event, answer: impl Fn(&str) -> bool) -> Option<bool> {
        let path = self.path(answer);
        if let Some(given) = &event.given
            && !path.iter().any(|&(q, yes)| yes && &self.questions[q].name == given)
        {
            return None;
        }
        Some(event.answers.iter().all(|(label, &required)| {
            path.iter().any(|&(q, yes)| &self.questions[q].label == label && yes == required)
        }))
    }
}
