//! The fold of the behaviour tree in f64, to be read and to be tested against.
//!
//! No tensors, no batching: one impression's logits in, the event's two log-masses and their gradients out.

use super::Mass;

/// Log-mass of an event and of its complement, in nats.
///
/// Invariant: `exp(log_p) + exp(log_not_p) = 1` within 1e-12 for finite logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogMass {
    pub log_p: f64,
    pub log_not_p: f64,
}

/// `ln σ(z)`, exact for large |z|.
pub fn log_sigmoid(z: f64) -> f64 {
    if z >= 0.0 { -libm::log1p(libm::exp(-z)) } else { z - libm::log1p(libm::exp(z)) }
}

/// `σ(z)`, without overflow.
pub fn sigmoid(z: f64) -> f64 {
    libm::exp(log_sigmoid(z))
}

/// `ln(eᵃ + eᵇ)` for finite `a` and `b`.
pub fn log_add_exp(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    high + libm::log1p(libm::exp(low - high))
}

/// `ln P` of "no" and of "yes" to a question with the logit `z`: `[log_sigmoid(−z), log_sigmoid(z)]` of one exponential.
pub fn log_answers(z: f64) -> [f64; 2] {
    let rest = libm::log1p(libm::exp(-z.abs()));
    if z >= 0.0 { [-z - rest, -rest] } else { [-rest, z - rest] }
}

/// Folds a mass expression over one impression's logits (one logit per question of the tree).
///
/// `None` stands for a structurally impossible side: `Always` has no complement, `Never` no mass.
pub fn fold(mass: &Mass, logits: &[f64]) -> (Option<f64>, Option<f64>) {
    fold_answers(mass, &|question| log_answers(logits[question]))
}

/// [`fold`] over `ln P` of "no" and of "yes" to each question.
pub fn fold_answers(mass: &Mass, answers: &impl Fn(usize) -> [f64; 2]) -> (Option<f64>, Option<f64>) {
    match mass {
        Mass::Always => (Some(0.0), None),
        Mass::Never => (None, Some(0.0)),
        Mass::Question { question, yes, no } => {
            let [log_no, log_yes] = answers(*question);
            let (p_yes, not_p_yes) = fold_answers(yes, answers);
            let (p_no, not_p_no) = fold_answers(no, answers);
            let mix = |after_yes: Option<f64>, after_no: Option<f64>| match (after_yes, after_no) {
                (Some(a), Some(b)) => Some(log_add_exp(log_yes + a, log_no + b)),
                (Some(a), None) => Some(log_yes + a),
                (None, Some(b)) => Some(log_no + b),
                (None, None) => None,
            };
            (mix(p_yes, p_no), mix(not_p_yes, not_p_no))
        }
    }
}

/// [`fold`] for an event that is neither certain nor impossible.
///
/// # Panics
/// On `Mass::Always` and `Mass::Never`, which [`super::BehaviorTree::validate`] refuses as events.
pub fn log_mass(mass: &Mass, logits: &[f64]) -> LogMass {
    log_mass_of_answers(mass, &|question| log_answers(logits[question]))
}

/// [`log_mass`] over `ln P` of "no" and of "yes" to each question.
pub fn log_mass_of_answers(mass: &Mass, answers: &impl Fn(usize) -> [f64; 2]) -> LogMass {
    match fold_answers(mass, answers) {
        (Some(log_p), Some(log_not_p)) => LogMass { log_p, log_not_p },
        _ => unreachable!("a validated event has mass on both sides"),
    }
}

/// `∂ log_p / ∂ logits` and `∂ log_not_p / ∂ logits` of a mass expression, by hand.
///
/// # Shapes
/// - `logits`, both results: one value per question of the tree.
pub fn log_mass_gradient(mass: &Mass, logits: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut d_log_p = vec![0.0; logits.len()];
    let mut d_log_not_p = vec![0.0; logits.len()];
    accumulate(mass, logits, 1.0, Side::P, &mut d_log_p);
    accumulate(mass, logits, 1.0, Side::NotP, &mut d_log_not_p);
    (d_log_p, d_log_not_p)
}

#[derive(Clone, Copy)]
enum Side {
    P,
    NotP,
}

/// Adds `weight · ∂ log_side / ∂ logits` to `gradient`.
///
/// Each branch's share of the mixture is its softmax weight `w`; `∂ ln σ(z) = σ(−z)`, `∂ ln σ(−z) = −σ(z)`.
fn accumulate(mass: &Mass, logits: &[f64], weight: f64, side: Side, gradient: &mut [f64]) {
    let Mass::Question { question, yes, no } = mass else {
        return;
    };
    let z = logits[*question];
    let pick = |(p, not_p): (Option<f64>, Option<f64>)| match side {
        Side::P => p,
        Side::NotP => not_p,
    };
    let log_yes = pick(fold(yes, logits)).map(|after| log_sigmoid(z) + after);
    let log_no = pick(fold(no, logits)).map(|after| log_sigmoid(-z) + after);
    let share_of_yes = match (log_yes, log_no) {
        (Some(a), Some(b)) => sigmoid(a - b),
        (Some(_), None) => 1.0,
        (None, _) => 0.0,
    };
    gradient[*question] += weight * (share_of_yes * sigmoid(-z) - (1.0 - share_of_yes) * sigmoid(z));
    if log_yes.is_some() {
        accumulate(yes, logits, weight * share_of_yes, side, gradient);
    }
    if log_no.is_some() {
        accumulate(no, logits, weight * (1.0 - share_of_yes), side, gradient);
    }
}

/// Binary cross-entropy of an event, in nats: `−label·log_p − (1−label)·log_not_p`.
pub fn cross_entropy(mass: LogMass, label: bool) -> f64 {
    if label { -mass.log_p } else { -mass.log_not_p }
}
