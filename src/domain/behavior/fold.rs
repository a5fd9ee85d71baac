//! From an event to the expression of its probability: the tree pruned to the questions that matter.

use super::{BehaviorTree, Event};

/// Probability mass of an event seen from a point of the tree.
///
/// `Always` and `Never` are structural: they are left out of sums rather than carried as `−inf`, whose
/// gradient is NaN. A `Question` whose branches are equal in structure is removed.
#[derive(Debug, Clone, PartialEq)]
pub enum Mass {
    /// Every path from here is the event.
    Always,
    /// No path from here is the event.
    Never,
    /// `σ(z_q)·P(yes) + σ(−z_q)·P(no)`.
    Question {
        /// Index into [`BehaviorTree::questions`], and of the tower's logit.
        question: usize,
        /// Mass after "yes".
        yes: Box<Mass>,
        /// Mass after "no".
        no: Box<Mass>,
    },
}

/// The mass expression of `event`, seen from the root or from its `given` branch.
///
/// Expects a tree that [`BehaviorTree::validate`] accepts.
pub fn event_mass(tree: &BehaviorTree, event: &Event) -> Mass {
    let start = match &event.given {
        None => Some(0),
        Some(given) => tree
            .question_index(given)
            .and_then(|q| tree.questions[q].yes.as_deref())
            .and_then(|next| tree.question_index(next)),
    };
    let mut answered = Vec::new();
    if let Some(given) = &event.given {
        answered = answers_before(tree, given);
    }
    mass_from(tree, event, start, &mut answered)
}

/// Answers on the path from the root through the "yes" branch of `given`.
fn answers_before<'a>(tree: &'a BehaviorTree, given: &str) -> Vec<(&'a str, bool)> {
    let mut answers = Vec::new();
    let mut name = given;
    let mut yes = true;
    while let Some(index) = tree.question_index(name) {
        answers.push((tree.questions[index].label.as_str(), yes));
        let parent = tree.questions.iter().find(|q| q.yes.as_deref() == Some(name) || q.no.as_deref() == Some(name));
        match parent {
            Some(parent) if answers.len() <= tree.questions.len() => {
                yes = parent.yes.as_deref() == Some(name);
                name = &parent.name;
            }
            _ => break,
        }
    }
    answers
}

fn mass_from<'a>(
    tree: &'a BehaviorTree,
    event: &Event,
    question: Option<usize>,
    answered: &mut Vec<(&'a str, bool)>,
) -> Mass {
    let Some(index) = question else {
        let met = event.answers.iter().all(|(label, &required)| answered.contains(&(label.as_str(), required)));
        return if met { Mass::Always } else { Mass::Never };
    };
    let node = &tree.questions[index];
    let mut branch = |yes: bool, next: &Option<String>| {
        answered.push((&node.label, yes));
        let next = next.as_deref().and_then(|name| tree.question_index(name));
        let mass = mass_from(tree, event, next, answered);
        answered.pop();
        mass
    };
    let yes = branch(true, &node.yes);
    let no = branch(false, &node.no);
    match (&yes, &no) {
        (Mass::Always, Mass::Always) => Mass::Always,
        (Mass::Never, Mass::Never) => Mass::Never,
        _ => Mass::Question { question: index, yes: Box::new(yes), no: Box::new(no) },
    }
}
