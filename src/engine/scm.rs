//! SCM, the sequential composition module: from tower logits to log-masses of events. No parameters.
//!
//! Walks the same [`Mass`] expressions as `domain::behavior::reference` and must agree with it. Everything is made of
//! log-sigmoid(±z), additions and log-add-exp; never `1 − p`, never the log of a product of probabilities, never a
//! clamp. Source: Wen et al. 2020, eq. 5–8.

use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Int, Tensor};

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
/// A question's logits are taken out by a product with 1 in its row and 0 elsewhere, summed over the rows: exact, and on a
/// GPU its gradient is a product again, which is fused with what comes before, while the gradient of a slice is a kernel of
/// its own that writes into a tensor of zeros.
///
/// # Shapes
/// - `logits`: `[questions, batch]`
pub fn log_answers(logits: Tensor<2>) -> Vec<LogAnswers> {
    let [questions, batch] = logits.dims();
    let device = logits.device();
    let question_of_row = Tensor::<1, Int>::arange(0..questions as i64, &device).unsqueeze_dim::<2>(1);
    (0..questions)
        .map(|question| {
            let is_asked = question_of_row.clone().equal_elem(question as i64).float();
            let logit = (logits.clone() * is_asked).sum_dim(0).reshape([batch]);
            LogAnswers { log_yes: log_sigmoid(logit.clone()), log_no: log_sigmoid(logit.neg()) }
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
