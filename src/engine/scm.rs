//! SCM, the sequential composition module: from tower logits to log-masses of events. No parameters.
//!
//! Walks the same [`Mass`] expressions as `domain::behavior::reference` and must agree with it. Everything is made of
//! log-sigmoid(±z), additions and log-add-exp; never `1 − p`, never the log of a product of probabilities, never a
//! clamp. Source: Wen et al. 2020, eq. 5–8.

use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;

use crate::domain::behavior::Mass;

/// `ln σ(z)` and `ln σ(−z)` of one question's logits, both `[batch]`.
#[derive(Debug, Clone)]
pub struct LogAnswers {
    pub log_yes: Tensor<1>,
    pub log_no: Tensor<1>,
}

/// Log-mass of an event and of its complement, in nats, both `[batch]`.
///
/// Invariant: `exp(log_p) + exp(log_not_p) = 1` within 1e-6.
#[derive(Debug, Clone)]
pub struct LogMass {
    pub log_p: Tensor<1>,
    pub log_not_p: Tensor<1>,
}

/// The log-answers of every question.
///
/// # Shapes
/// - `logits`: `[questions, batch]`
pub fn log_answers(logits: Tensor<2>) -> Vec<LogAnswers> {
    let [questions, batch] = logits.dims();
    let yes = log_sigmoid(logits.clone());
    let no = log_sigmoid(logits.neg());
    (0..questions)
        .map(|question| LogAnswers {
            log_yes: yes.clone().narrow(0, question, 1).reshape([batch]),
            log_no: no.clone().narrow(0, question, 1).reshape([batch]),
        })
        .collect()
}

/// `ln(eᵃ + eᵇ)`, with the gradient `σ(±(a − b))` even where `a = b`.
///
/// Written as `high − ln σ(high − low)`: nothing overflows, and a small term is not rounded away beside 1.
pub fn log_add_exp(a: Tensor<1>, b: Tensor<1>) -> Tensor<1> {
    let is_a_low = a.clone().lower(b.clone());
    let high = a.clone().mask_where(is_a_low.clone(), b.clone());
    let low = b.mask_where(is_a_low, a);
    high.clone() - log_sigmoid(high - low)
}

/// Folds a mass expression; `None` stands for a structurally impossible side, which is left out of sums.
pub fn fold(mass: &Mass, answers: &[LogAnswers]) -> (Option<Tensor<1>>, Option<Tensor<1>>) {
    match mass {
        // An ended path adds nothing to its answers' logs, so no tensor of zeros is made for it.
        Mass::Always | Mass::Never => (None, None),
        Mass::Question { question, yes, no } => {
            let answer = &answers[*question];
            let (p_yes, not_p_yes) = branch(yes, &answer.log_yes, answers);
            let (p_no, not_p_no) = branch(no, &answer.log_no, answers);
            (mix(p_yes, p_no), mix(not_p_yes, not_p_no))
        }
    }
}

/// [`fold`] for an event that is neither certain nor impossible; `None` when it is.
pub fn log_mass(mass: &Mass, answers: &[LogAnswers]) -> Option<LogMass> {
    match fold(mass, answers) {
        (Some(log_p), Some(log_not_p)) => Some(LogMass { log_p, log_not_p }),
        _ => None,
    }
}

/// Both sides of what follows an answer, with the answer's own log added.
fn branch(after: &Mass, log_answer: &Tensor<1>, answers: &[LogAnswers]) -> (Option<Tensor<1>>, Option<Tensor<1>>) {
    match after {
        Mass::Always => (Some(log_answer.clone()), None),
        Mass::Never => (None, Some(log_answer.clone())),
        Mass::Question { .. } => {
            let (p, not_p) = fold(after, answers);
            (p.map(|log| log + log_answer.clone()), not_p.map(|log| log + log_answer.clone()))
        }
    }
}

fn mix(after_yes: Option<Tensor<1>>, after_no: Option<Tensor<1>>) -> Option<Tensor<1>> {
    match (after_yes, after_no) {
        (Some(a), Some(b)) => Some(log_add_exp(a, b)),
        (one, None) => one,
        (None, one) => one,
    }
}
