//! Changing a behaviour tree by hand: questions come and go, and the events follow.
//!
//! Every edit gives a tree that [`BehaviorTree::validate`] accepts, or leaves the tree as it was and says why.

use std::collections::BTreeMap;

use super::{BehaviorTree, Event, Question, TreeError};
use crate::domain::{event, label};

/// The question to whose answer something is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub question: String,
    pub yes: bool,
}

/// Why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("{}", words!(behavior::edit::no_question, question = .0))]
    NoQuestion(String),
    #[error("{}", words!(behavior::edit::occupied, answer = .answer, question = .question))]
    Occupied { question: String, answer: &'static str },
    #[error("{}", words!(behavior::edit::first))]
    First,
    #[error("{}", words!(behavior::edit::name, name = .0))]
    Name(String),
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl BehaviorTree {
    /// Asks about `label` after an answer at which the tree ended; returns the new question's name.
    ///
    /// # Errors
    /// When there is no such answer, the tree goes on there, or the label has been answered on the way.
    pub fn add_question(&mut self, after: &Ending, label: &str) -> Result<String, EditError> {
        let mut tree = self.clone();
        let name = tree.fresh_name(label);
        let next = tree.answer_mut(&after.question, after.yes)?;
        if next.is_some() {
            let answer = if after.yes { "yes" } else { "no" };
            return Err(EditError::Occupied { question: after.question.clone(), answer });
        }
        *next = Some(name.clone());
        tree.questions.push(Question { name: name.clone(), label: label.to_owned(), yes: None, no: None });
        self.accept(tree)?;
        Ok(name)
    }

    /// Removes a question and all that is only asked after it.
    ///
    /// # Errors
    /// When there is no such question, or it is the first one.
    pub fn remove_question(&mut self, name: &str) -> Result<(), EditError> {
        let mut tree = self.clone();
        match tree.question_index(name) {
            None => return Err(EditError::NoQuestion(name.to_owned())),
            Some(0) => return Err(EditError::First),
            Some(_) => {}
        }
        let mut gone = vec![name.to_owned()];
        let mut open = vec![name.to_owned()];
        while let Some(question) = open.pop().and_then(|name| tree.question_index(&name)) {
            let question = &tree.questions[question];
            let below: Vec<String> = question.yes.iter().chain(&question.no).cloned().collect();
            gone.extend(below.iter().cloned());
            open.extend(below);
        }
        tree.questions.retain(|question| !gone.contains(&question.name));
        for question in &mut tree.questions {
            question.yes.take_if(|next| gone.contains(next));
            question.no.take_if(|next| gone.contains(next));
        }
        self.accept(tree)
    }

    /// Gives a question, and so its tower, another name.
    ///
    /// # Errors
    /// When there is no such question, or the name is taken or no name.
    pub fn rename_question(&mut self, name: &str, new_name: &str) -> Result<(), EditError> {
        if !is_name(new_name) {
            return Err(EditError::Name(new_name.chars().take(64).collect()));
        }
        let mut tree = self.clone();
        let index = tree.question_index(name).ok_or_else(|| EditError::NoQuestion(name.to_owned()))?;
        if name != new_name && tree.question_index(new_name).is_some() {
            return Err(TreeError::DuplicateQuestion(new_name.to_owned()).into());
        }
        tree.questions[index].name = new_name.to_owned();
        let renamed = |next: &mut Option<String>| {
            if next.as_deref() == Some(name) {
                *next = Some(new_name.to_owned());
            }
        };
        for question in &mut tree.questions {
            renamed(&mut question.yes);
            renamed(&mut question.no);
        }
        tree.events.iter_mut().for_each(|event| renamed(&mut event.given));
        self.accept(tree)
    }

    /// Lets a question be answered by another label.
    ///
    /// # Errors
    /// When there is no such question, or the label has been answered on the way or is asked for further on.
    pub fn bind_label(&mut self, name: &str, label: &str) -> Result<(), EditError> {
        let mut tree = self.clone();
        let index = tree.question_index(name).ok_or_else(|| EditError::NoQuestion(name.to_owned()))?;
        tree.questions[index].label = label.to_owned();
        self.accept(tree)
    }

    /// The answer's slot for the next question.
    fn answer_mut(&mut self, question: &str, yes: bool) -> Result<&mut Option<String>, EditError> {
        let index = self.question_index(question).ok_or_else(|| EditError::NoQuestion(question.to_owned()))?;
        let question = &mut self.questions[index];
        Ok(if yes { &mut question.yes } else { &mut question.no })
    }

    /// A question's name that is not taken, made from its label.
    fn fresh_name(&self, label: &str) -> String {
        let stem = if label.is_empty() { "question".to_owned() } else { plain(label) };
        let mut names = (1usize..).map(|n| if n == 1 { stem.clone() } else { format!("{stem}_{n}") });
        // As many names as questions and one more: one of them is free.
        names.find(|name| self.question_index(name).is_none()).unwrap_or(stem)
    }

    /// Takes over an edited tree with the events that follow from it.
    fn accept(&mut self, mut tree: Self) -> Result<(), EditError> {
        tree.events = tree.following_events();
        tree.validate()?;
        tree.validate_ways()?;
        *self = tree;
        Ok(())
    }

    /// The events of the tree's questions: each label "yes, wherever it is asked", and the purchase given the click.
    ///
    /// Events that are there already keep their names.
    pub fn following_events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        let mut follow = |label: &str, given: Option<&str>, name: &str| {
            let answers: BTreeMap<String, bool> = [(label.to_owned(), true)].into();
            let given = given.map(str::to_owned);
            let known = self.events.iter().find(|event| event.answers == answers && event.given == given);
            let name = known.map_or_else(|| name.to_owned(), |event| event.name.clone());
            if events.iter().all(|event| event.name != name) {
                events.push(Event { name, answers, given });
            }
        };
        for label in self.labels() {
            let name = match label {
                label::CLICK => event::CTR.to_owned(),
                label::ACTION => event::CTAVR.to_owned(),
                label::CONVERSION => event::CTCVR.to_owned(),
                other => format!("ct_{}", plain(other)),
            };
            follow(label, None, &name);
        }
        if let Some(click) = self.questions.first().filter(|question| question.label == label::CLICK)
            && click.yes.is_some()
            && self.labels().contains(&label::CONVERSION)
        {
            follow(label::CONVERSION, Some(&click.name), event::CVR);
        }
        // What always happens or never can is no event: a purchase asked about before the click has none given it.
        let is_event = |event: &Event| matches!(super::event_mass(self, event), super::Mass::Question { .. });
        events.retain(is_event);
        events
    }
}

/// A label as part of a name.
fn plain(label: &str) -> String {
    label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(48).collect()
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::model_preset;

    fn esmm() -> BehaviorTree {
        model_preset("esmm").unwrap().tree
    }

    fn after(question: &str, yes: bool) -> Ending {
        Ending { question: question.to_owned(), yes }
    }

    fn events(tree: &BehaviorTree) -> Vec<(&str, Option<&str>)> {
        tree.events.iter().map(|event| (event.name.as_str(), event.given.as_deref())).collect()
    }

    #[test]
    fn the_presets_events_follow_from_their_questions() {
        for name in ["esmm", "esm2"] {
            let tree = model_preset(name).unwrap().tree;
            let mut found = tree.following_events();
            let mut expected = tree.events.clone();
            found.sort_by(|a, b| a.name.cmp(&b.name));
            expected.sort_by(|a, b| a.name.cmp(&b.name));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn esm2_can_be_drawn_from_esmm() {
        let mut tree = esmm();
        tree.remove_question("cvr").unwrap();
        assert_eq!(events(&tree), [("ctr", None)]);
        let action = tree.add_question(&after("ctr", true), "action").unwrap();
        let bought = tree.add_question(&after(&action, true), "conversion").unwrap();
        let other = tree.add_question(&after(&action, false), "conversion").unwrap();
        assert_eq!((bought.as_str(), other.as_str()), ("conversion", "conversion_2"));
        assert_eq!(events(&tree), [("ctr", None), ("ctavr", None), ("ctcvr", None), ("cvr", Some("ctr"))]);
        for (from, to) in [("ctr", "y1"), ("action", "y2"), ("conversion", "y3"), ("conversion_2", "y4")] {
            tree.rename_question(from, to).unwrap();
        }
        assert_eq!(tree.questions, model_preset("esm2").unwrap().tree.questions);
        assert_eq!(tree.event("cvr").unwrap().given.as_deref(), Some("y1"));
    }

    #[test]
    fn removing_a_question_removes_what_is_asked_after_it() {
        let mut tree = model_preset("esm2").unwrap().tree;
        tree.remove_question("y2").unwrap();
        assert_eq!(tree.questions.len(), 1);
        assert_eq!(tree.questions[0].yes, None);
        assert_eq!(events(&tree), [("ctr", None)]);
    }

    #[test]
    fn an_edit_that_cannot_be_made_changes_nothing_and_says_why() {
        type Edit = fn(&mut BehaviorTree) -> Result<(), EditError>;
        let cases: [(Edit, &str); 8] = [
            (|tree| tree.remove_question("ctr"), "the first question stays"),
            (|tree| tree.remove_question("nope"), "no question called \"nope\""),
            (
                |tree| tree.add_question(&after("ctr", true), "action").map(drop),
                "after yes to \"ctr\" the tree goes on",
            ),
            (|tree| tree.add_question(&after("cvr", true), "click").map(drop), "has already answered"),
            (|tree| tree.add_question(&after("cvr", true), "").map(drop), "names no label"),
            (|tree| tree.rename_question("ctr", "a b"), "\"a b\" is no name"),
            (|tree| tree.rename_question("ctr", "cvr"), "two questions are called \"cvr\""),
            (|tree| tree.bind_label("cvr", "click"), "has already answered"),
        ];
        for (edit, expected) in cases {
            let mut tree = esmm();
            let error = edit(&mut tree).unwrap_err();
            assert!(error.to_string().contains(expected), "{expected}: {error}");
            assert_eq!(tree, esmm(), "{expected}");
        }
    }

    #[test]
    fn a_label_s_event_is_named_after_it_and_keeps_a_name_that_it_has() {
        let mut tree = esmm();
        tree.bind_label("cvr", "sign up!").unwrap();
        assert_eq!(events(&tree), [("ctr", None), ("ct_sign_up_", None)]);
        tree.events[1].name = "signed".to_owned();
        tree.add_question(&after("cvr", true), "paid").unwrap();
        assert_eq!(events(&tree), [("ctr", None), ("signed", None), ("ct_paid", None)]);
    }
}
