//! From an event to the expression of its probability: the tree pruned to the questions that matter.

use super::{BehaviorTree, Event, ResolvedTree};

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

impl Mass {
    /// The mass of one question's "yes" alone.
    pub fn answered_yes(question: usize) -> Self {
        Self::Question { question, yes: Box::new(Self::Always), no: Box::new(Self::Never) }
    }
}

/// The mass expression of `event`, seen from the root or from its `given` branch.
///
/// Expects a tree that [`BehaviorTree::validate`] accepts.
///
/// ```
/// use esmm_playground::domain::behavior::reference::{log_mass, sigmoid};
/// use esmm_playground::domain::behavior::event_mass;
/// use esmm_playground::domain::spec::model_preset;
///
/// // ESMM asks for the click, and after a "yes" for the purchase: pCTCVR = pCTR · pCVR.
/// let tree = model_preset("esmm").ok_or("a preset")?.tree;
/// let bought = event_mass(&tree, tree.event("ctcvr").ok_or("an event")?);
/// let p_ctcvr = log_mass(&bought, &[-1.0, 0.5]).log_p.exp();
/// assert!((p_ctcvr - sigmoid(-1.0) * sigmoid(0.5)).abs() < 1e-12);
/// # Ok::<(), &str>(())
/// ```
pub fn event_mass(tree: &BehaviorTree, event: &Event) -> Mass {
    let links = tree.resolved();
    let given = event.given.as_deref().and_then(|given| tree.question_index(given));
    let (start, mut answers) = match (&event.given, given) {
        (Some(_), Some(given)) => (links.next(given, true), [links.way(given), &[(given, true)]].concat()),
        (Some(_), None) => (None, Vec::new()),
        (None, _) => (links.first(), Vec::new()),
    };
    mass_from(tree, &links, event, start, &mut answers)
}

fn mass_from(
    tree: &BehaviorTree,
    links: &ResolvedTree,
    event: &Event,
    question: Option<usize>,
    answers: &mut Vec<(usize, bool)>,
) -> Mass {
    let Some(index) = question else {
        let is_given = |label: &str, required: bool| {
            answers.iter().any(|&(asked, yes)| tree.questions[asked].label == label && yes == required)
        };
        let met = event.answers.iter().all(|(label, &required)| is_given(label, required));
        return if met { Mass::Always } else { Mass::Never };
    };
    let mut branch = |yes: bool| {
        answers.push((index, yes));
        let mass = mass_from(tree, links, event, links.next(index, yes), answers);
        answers.pop();
        mass
    };
    let yes = branch(true);
    let no = branch(false);
    match (&yes, &no) {
        (Mass::Always, Mass::Always) => Mass::Always,
        (Mass::Never, Mass::Never) => Mass::Never,
        _ => Mass::Question { question: index, yes: Box::new(yes), no: Box::new(no) },
    }
}
