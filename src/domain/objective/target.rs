//! What a loss term is about.

use std::collections::BTreeMap;

use crate::domain::behavior::{BehaviorTree, Event, Mass, event_mass};
use crate::domain::spec::{ModelSpec, Objective};

/// Something with a label: a supervised event, or a question of a joint likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub name: String,
    pub weight: f64,
    /// Factor of the loss of its positive labels.
    pub positive_weight: f64,
    /// Its probability where its label is observed, over the tree's questions.
    pub mass: Mass,
    /// What must have happened for its label to be observed, seen from the first question: the propensity. Absent where
    /// every impression has the label.
    pub condition: Option<Mass>,
    about: About,
}

#[derive(Debug, Clone, PartialEq)]
enum About {
    Event(Event),
    Question(usize),
}

impl Target {
    /// The label of an impression; `None` where it is not observed. `answer` gives the label column's value.
    pub fn label(&self, tree: &BehaviorTree, answer: impl Fn(&str) -> bool) -> Option<bool> {
        match &self.about {
            About::Event(event) => tree.event_label(event, answer),
            About::Question(question) => {
                tree.path(answer).into_iter().find(|(asked, _)| asked == question).map(|(_, yes)| yes)
            }
        }
    }

    /// The label of every row, `[rows]`. `columns`: `[tree labels][rows]`, in the order of [`BehaviorTree::labels`].
    pub fn labels(&self, tree: &BehaviorTree, columns: &[Vec<bool>]) -> Vec<Option<bool>> {
        let names = tree.labels();
        // Few of the possible combinations of answers occur, so the tree is walked once for each.
        let mut known: BTreeMap<Vec<bool>, Option<bool>> = BTreeMap::new();
        let mut answers = Vec::with_capacity(names.len());
        let label_of = |row: usize| {
            answers.clear();
            answers.extend(columns.iter().map(|column| column[row]));
            if let Some(label) = known.get(&answers) {
                return *label;
            }
            let answer = |name: &str| names.iter().zip(&answers).any(|(known, &yes)| *known == name && yes);
            let label = self.label(tree, answer);
            known.insert(answers.clone(), label);
            label
        };
        (0..columns.first().map_or(0, Vec::len)).map(label_of).collect()
    }

    /// The target with its class weight among `weights`, by event.
    pub fn weighted(self, weights: &BTreeMap<String, f64>) -> Self {
        Self { positive_weight: weights.get(&self.name).copied().unwrap_or(1.0), ..self }
    }

    /// Factor of the loss of a label.
    pub fn label_weight(&self, label: bool) -> f64 {
        if label { self.positive_weight } else { 1.0 }
    }

    /// Whether the label is observed for some impressions only.
    pub fn is_conditional(&self) -> bool {
        self.condition.is_some()
    }

    /// Whether it is one question's answer and nothing else.
    pub fn is_about(&self, question: usize) -> bool {
        self.mass == Mass::answered_yes(question)
    }
}

/// All that `model` supervises: the objective's events in order, then the questions of its joint likelihood.
///
/// Expects a model that [`ModelSpec::validate`] accepts; an event that the tree does not have is left out.
pub fn targets(model: &ModelSpec) -> Vec<Target> {
    let tree = &model.tree;
    let of_event = |weighted: &crate::domain::spec::WeightedEvent| {
        let event = tree.event(&weighted.event)?;
        let condition = event.given.as_deref().and_then(|given| tree.question_index(given));
        Some(Target {
            name: event.name.clone(),
            weight: weighted.weight,
            positive_weight: 1.0,
            mass: event_mass(tree, event),
            condition: condition.map(|given| reached(tree, given, Mass::answered_yes(given))),
            about: About::Event(event.clone()),
        })
    };
    let mut targets: Vec<Target> = model.objective.events().iter().filter_map(of_event).collect();
    if let Objective::EntireSpace { joint_action_purchase: weight, .. } = model.objective
        && weight > 0.0
    {
        targets.extend(tree.questions_after_click().into_iter().map(|question| Target {
            name: tree.questions[question].name.clone(),
            weight,
            positive_weight: 1.0,
            mass: Mass::answered_yes(question),
            condition: Some(asked(tree, question)),
            about: About::Question(question),
        }));
    }
    targets
}

/// The mass of being asked a question.
fn asked(tree: &BehaviorTree, question: usize) -> Mass {
    reached(tree, question, Mass::Always)
}

/// From the first question: the mass of reaching `question`, and of `then` from there on.
fn reached(tree: &BehaviorTree, question: usize, then: Mass) -> Mass {
    tree.resolved().way(question).iter().rev().fold(then, |mass, &(before, is_yes)| {
        let (on, off) = (Box::new(mass), Box::new(Mass::Never));
        let (yes, no) = if is_yes { (on, off) } else { (off, on) };
        Mass::Question { question: before, yes, no }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::behavior::reference::{fold, log_sigmoid};
    use crate::domain::spec::model_preset;

    #[test]
    fn the_propensity_of_a_conditioned_event_is_the_way_to_its_condition() {
        let model = model_preset("naive").unwrap();
        let targets = targets(&model);
        let names: Vec<_> = targets.iter().map(|target| (target.name.as_str(), target.is_conditional())).collect();
        assert_eq!(names, [("ctr", false), ("cvr", true)]);
        let (log_p, log_not_p) = fold(targets[1].condition.as_ref().unwrap(), &[0.7, -2.0]);
        assert_eq!((log_p, log_not_p), (Some(log_sigmoid(0.7)), Some(log_sigmoid(-0.7))));
    }

    #[test]
    fn the_joint_likelihood_is_about_every_question_after_the_click() {
        let mut model = model_preset("esm2").unwrap();
        let Objective::EntireSpace { joint_action_purchase, .. } = &mut model.objective else { panic!() };
        *joint_action_purchase = 2.0;
        let targets = targets(&model);
        let names: Vec<_> = targets.iter().map(|target| (target.name.as_str(), target.weight)).collect();
        assert_eq!(names, [("ctr", 1.0), ("ctavr", 1.0), ("ctcvr", 1.0), ("y2", 2.0), ("y3", 2.0), ("y4", 2.0)]);
        // y4 is asked after a click without a DAction.
        let logits = [0.3, -0.4, 1.0, 1.0];
        let (log_p, _) = fold(targets[5].condition.as_ref().unwrap(), &logits);
        assert!((log_p.unwrap() - log_sigmoid(0.3) - log_sigmoid(0.4)).abs() < 1e-15);
        let bought_without_action = |label: &str| label != "action";
        let labels: Vec<_> =
            targets[3..].iter().map(|target| target.label(&model.tree, bought_without_action)).collect();
        assert_eq!(labels, [Some(false), None, Some(true)]);
    }
}
