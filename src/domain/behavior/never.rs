//! A tree on a log where one of its labels is the same in every row.

use super::{BehaviorTree, Event, Question};

impl BehaviorTree {
    /// The tree where `label` is never 1: each question about it is skipped along its "no", and what only follows a "yes"
    /// is not asked at all. Events that name the label are gone.
    pub fn never(&self, label: &str) -> Self {
        self.answered(label, false)
    }

    /// The tree where `label` is 1 in every row: each question about it is skipped along its "yes". Events no longer name it,
    /// and those of which nothing is left are gone.
    pub fn always(&self, label: &str) -> Self {
        self.answered(label, true)
    }

    fn answered(&self, label: &str, answer: bool) -> Self {
        let first = self.questions.first().and_then(|first| self.skip(&first.name, label, answer));
        let Some(first) = first.map(str::to_owned) else { return self.clone() };
        let relinked = |question: &Question| Question {
            yes: question.yes.as_deref().and_then(|next| self.skip(next, label, answer)).map(str::to_owned),
            no: question.no.as_deref().and_then(|next| self.skip(next, label, answer)).map(str::to_owned),
            ..question.clone()
        };
        let mut questions: Vec<Question> = self.questions.iter().map(relinked).collect();
        let mut asked = vec![first.clone()];
        // Every round goes one question further down.
        for _ in 0..questions.len() {
            let known = questions.iter().filter(|question| asked.contains(&question.name));
            let next: Vec<String> =
                known.flat_map(|question| question.yes.iter().chain(&question.no)).cloned().collect();
            asked.extend(next);
            asked.sort_unstable();
            asked.dedup();
        }
        questions.retain(|question| asked.contains(&question.name));
        questions.sort_by_key(|question| question.name != first);
        let is_about =
            |question: &String| self.question_index(question).is_some_and(|at| self.questions[at].label == label);
        let mut events: Vec<Event> = Vec::new();
        for event in &self.events {
            let mut event = event.clone();
            let is_possible = event.answers.remove(label).is_none_or(|required| required == answer && answer);
            if answer {
                event.given.take_if(|given| is_about(given));
            }
            let is_asked = event.given.as_ref().is_none_or(|given| asked.contains(given));
            if is_possible && is_asked && !event.answers.is_empty() {
                events.push(event);
            }
        }
        Self { questions, events }
    }

    /// The first question from `name` on, along `answer`, that is not about `label`.
    fn skip(&self, name: &str, label: &str, answer: bool) -> Option<&str> {
        let links = self.resolved();
        let mut question = self.question_index(name)?;
        while self.questions[question].label == label {
            question = links.next(question, answer)?;
        }
        Some(&self.questions[question].name)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::spec::model_preset;

    #[test]
    fn what_only_follows_a_yes_is_not_asked() {
        let tree = model_preset("esm2").unwrap().tree.never("action");
        let asked: Vec<_> =
            tree.questions.iter().map(|q| (q.name.as_str(), q.yes.as_deref(), q.no.as_deref())).collect();
        assert_eq!(asked, [("y1", Some("y4"), None), ("y4", None, None)]);
        let events: Vec<_> = tree.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(events, ["ctr", "cvr", "ctcvr"]);
        tree.validate().unwrap();
    }

    #[test]
    fn where_every_row_is_clicked_the_tree_begins_after_the_click() {
        let tree = model_preset("esm2").unwrap().tree.always("click");
        let asked: Vec<_> =
            tree.questions.iter().map(|q| (q.name.as_str(), q.yes.as_deref(), q.no.as_deref())).collect();
        assert_eq!(asked, [("y2", Some("y3"), Some("y4")), ("y3", None, None), ("y4", None, None)]);
        let events: Vec<_> = tree.events.iter().map(|event| (event.name.as_str(), event.given.as_deref())).collect();
        assert_eq!(events, [("cvr", None), ("ctavr", None), ("ctcvr", None)]);
        tree.validate().unwrap();
    }

    #[test]
    fn a_label_that_is_not_asked_about_changes_nothing() {
        let tree = model_preset("esm2_returns").unwrap().tree;
        assert_eq!(tree.never("wishlist"), tree);
    }

    #[test]
    fn the_first_question_can_be_skipped_and_a_tree_of_one_question_stays() {
        let tree = model_preset("esmm").unwrap().tree;
        assert_eq!(tree.never("click"), tree, "nothing is asked after its no");
    }
}
