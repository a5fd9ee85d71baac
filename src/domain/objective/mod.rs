//! What an objective makes of a model, before any tensor: what is supervised, which towers there are, how the tree's
//! answers are read off them, and every loss in plain f64.
//!
//! The engine's losses (`engine/objective/`) and the reports read the same [`Target`]s, so a supervised event means the
//! same everywhere.

mod readout;
pub mod reference;
mod target;

pub use readout::{Predicted, Readout, Readouts, tower_names};
pub use target::{Target, targets};

use crate::domain::behavior::{BehaviorTree, Mass, event_mass};
use crate::domain::label;
use crate::domain::spec::ModelSpec;

/// Whether the tree and the objective's events are those of DIVISION: two questions, and the events "the first is yes"
/// and "both are yes".
pub fn is_division(model: &ModelSpec) -> bool {
    let [first, second] = model.tree.questions.as_slice() else { return false };
    let alone = |question, after: Mass| Mass::Question { question, yes: Box::new(after), no: Box::new(Mass::Never) };
    let expected = [alone(0, Mass::Always), alone(0, alone(1, Mass::Always))];
    let masses = model.objective.events().iter().filter_map(|weighted| {
        let event = model.tree.event(&weighted.event).filter(|event| event.given.is_none())?;
        Some(event_mass(&model.tree, event))
    });
    first.yes.as_ref() == Some(&second.name) && masses.eq(expected)
}

/// Whether every conditioned event is one question's answer, so that a change of its odds is a shift of one logit.
pub fn is_corrected_by_a_shift(model: &ModelSpec) -> bool {
    let is_one_question = |target: &Target| (0..model.tree.questions.len()).any(|question| target.is_about(question));
    targets(model).iter().filter(|target| target.is_conditional()).all(is_one_question)
}

/// Whether each of `labels` is asked about somewhere after the click.
pub fn asks_after_click(model: &ModelSpec, labels: &[&str]) -> bool {
    let asked = questions_after_click(&model.tree);
    labels.iter().all(|label| asked.iter().any(|&question| model.tree.questions[question].label == *label))
}

/// The questions asked once the click is a "yes", in the tree's order.
fn questions_after_click(tree: &BehaviorTree) -> Vec<usize> {
    let links = tree.resolved();
    let is_clicked = |&(before, yes): &(usize, bool)| yes && tree.questions[before].label == label::CLICK;
    (0..tree.questions.len()).filter(|&question| links.way(question).iter().any(is_clicked)).collect()
}
