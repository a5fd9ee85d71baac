//! SCM, the sequential composition module: from tower logits to log-masses of events. No parameters.
//!
//! Walks the same [`Mass`] expressions as `domain::behavior::reference` and must agree with it. Everything is made of
//! log-sigmoid(±z), additions and log-add-exp; never `1 − p`, never the log of a product of probabilities, never a
//! clamp. Source: Wen et al. 2020, eq. 5–8.

use super::column::Column;
use crate::domain::behavior::Mass;

/// `ln σ(z)` and `ln σ(−z)` of one question's logits, both `[batch]`.
#[derive(Debug, Clone)]
pub struct LogAnswers<C> {
    pub log_yes: C,
    pub log_no: C,
}

/// Log-mass of an event and of its complement, in nats, both `[batch]`.
///
/// Invariant: `exp(log_p) + exp(log_not_p) = 1` within 1e-6.
#[derive(Debug, Clone)]
pub struct LogMass<C> {
    pub log_p: C,
    pub log_not_p: C,
}

/// The log-answers of one question's logits, `[batch]`.
pub fn log_answers_of<C: Column>(logits: &C) -> LogAnswers<C> {
    let [log_yes, log_no] = logits.clone().log_sigmoids();
    LogAnswers { log_yes, log_no }
}

/// `ln(eᵃ + eᵇ)`, with the gradient `σ(±(a − b))` even where `a = b`.
///
/// Written as `high − ln σ(high − low)`: nothing overflows, and a small term is not rounded away beside 1.
pub fn log_add_exp<C: Column>(a: C, b: C) -> C {
    let is_a_low = a.clone().lower(b.clone());
    let high = a.clone().mask_where(is_a_low.clone(), b.clone());
    let low = b.mask_where(is_a_low, a);
    high.clone() - (high - low).log_sigmoid()
}

/// Folds a mass expression; `None` stands for a structurally impossible side, which is left out of sums.
pub fn fold<C: Column>(mass: &Mass, answers: &[LogAnswers<C>]) -> (Option<C>, Option<C>) {
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
pub fn log_mass<C: Column>(mass: &Mass, answers: &[LogAnswers<C>]) -> Option<LogMass<C>> {
    match fold(mass, answers) {
        (Some(log_p), Some(log_not_p)) => Some(LogMass { log_p, log_not_p }),
        _ => None,
    }
}

/// Both sides of what follows an answer, with the answer's own log added.
fn branch<C: Column>(after: &Mass, log_answer: &C, answers: &[LogAnswers<C>]) -> (Option<C>, Option<C>) {
    match after {
        Mass::Always => (Some(log_answer.clone()), None),
        Mass::Never => (None, Some(log_answer.clone())),
        Mass::Question { .. } => {
            let (p, not_p) = fold(after, answers);
            (p.map(|log| log + log_answer.clone()), not_p.map(|log| log + log_answer.clone()))
        }
    }
}

fn mix<C: Column>(after_yes: Option<C>, after_no: Option<C>) -> Option<C> {
    match (after_yes, after_no) {
        (Some(a), Some(b)) => Some(log_add_exp(a, b)),
        (one, None) => one,
        (None, one) => one,
    }
}
