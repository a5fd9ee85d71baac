//! Every objective in f64, to be read and to be tested against: losses and their gradients by hand, no tensors.
//!
//! A [`Sample`] holds the towers' logits of some impressions; a [`Term`] the value of one loss and its derivative with
//! respect to every one of these logits. Rows may stand for any mass of impressions, so a sample can be a population.

mod losses;

pub use losses::terms;

use std::collections::BTreeMap;

use super::Target;
use crate::domain::behavior::reference::{cross_entropy, fold, log_mass, log_mass_gradient};
use crate::domain::log::Wait;
use crate::domain::spec::ModelSpec;

/// Impressions as an objective sees them, one entry a row.
#[derive(Debug, Clone)]
pub struct Sample<'a> {
    pub model: &'a ModelSpec,
    /// `[rows][towers]`
    pub logits: Vec<Vec<f64>>,
    /// `[rows][towers]`: the logits at which what has a stop-gradient is evaluated, such as the propensity. Equal to
    /// `logits`, but not moved by what derives with respect to those.
    pub held: Vec<Vec<f64>>,
    /// `[targets][rows]`; `None` where a label is not observed.
    pub labels: Vec<Vec<Option<bool>>>,
    /// `[rows]`: impressions that a row stands for, 1 in a log.
    pub mass: Vec<f64>,
    /// What 1/|D| divides by, where it is not the masses' sum: the number of rows, of a batch from a log whose weights have
    /// the mean 1.
    pub divisor: Option<f64>,
    /// `[rows]`: uniform in (0, 1], for objectives that draw.
    pub draws: Vec<f64>,
    /// `[rows]`: how long the delayed event took or has not come, for an objective that has one.
    pub waits: Vec<Wait>,
    /// Class weights by event.
    pub positive_weights: BTreeMap<String, f64>,
}

/// One loss term.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub name: String,
    pub weight: f64,
    /// Unweighted, in nats.
    pub value: f64,
    /// `[rows][towers]`: derivative of `value`.
    pub gradient: Vec<Vec<f64>>,
}

/// `Σ weight · value` and its gradient, `[rows][towers]`.
pub fn total(terms: &[Term]) -> (f64, Vec<Vec<f64>>) {
    let loss = terms.iter().map(|term| term.weight * term.value).sum();
    let mut gradient = terms.first().map(|term| zeros_like(&term.gradient)).unwrap_or_default();
    for term in terms {
        for (sum, row) in gradient.iter_mut().zip(&term.gradient) {
            sum.iter_mut().zip(row).for_each(|(sum, d)| *sum += term.weight * d);
        }
    }
    (loss, gradient)
}

impl<'a> Sample<'a> {
    /// Single impressions, without draws.
    pub fn new(model: &'a ModelSpec, logits: Vec<Vec<f64>>, labels: Vec<Vec<Option<bool>>>) -> Self {
        let mass = vec![1.0; logits.len()];
        let (draws, waits, positive_weights) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { model, held: logits.clone(), logits, labels, mass, divisor: None, draws, waits, positive_weights }
    }

    fn total_mass(&self) -> f64 {
        self.divisor.unwrap_or_else(|| self.mass.iter().sum())
    }

    /// Mass of the rows whose label of target `index` is observed.
    fn observed_mass(&self, target: &Target, index: usize) -> f64 {
        if !target.is_conditional() {
            return self.total_mass();
        }
        self.labels[index].iter().zip(&self.mass).filter(|(label, _)| label.is_some()).map(|(_, mass)| mass).sum()
    }

    /// `Σ_rows coefficient · BCE(label, P(target))`, where `coefficient` gives both or leaves the row out.
    fn cross_entropy_term(&self, target: &Target, coefficient: impl Fn(usize) -> Option<(f64, bool)>) -> Term {
        let mut term = Term::zero(&target.name, target.weight, &self.logits);
        for (row, logits) in self.logits.iter().enumerate() {
            if let Some((coefficient, label)) = coefficient(row) {
                let coefficient = target.label_weight(label) * coefficient;
                term.value += coefficient * cross_entropy(log_mass(&target.mass, logits), label);
                let (d_log_p, d_log_not_p) = log_mass_gradient(&target.mass, logits);
                let side = if label { d_log_p } else { d_log_not_p };
                term.gradient[row].iter_mut().zip(side).for_each(|(d, side)| *d -= coefficient * side);
            }
        }
        term
    }

    /// Mean cross-entropy over the rows where target `index` is observed.
    fn mean_where_observed(&self, target: &Target, index: usize) -> Term {
        let observed = self.observed_mass(target, index);
        self.cross_entropy_term(target, |row| Some((self.mass[row] / observed, self.labels[index][row]?)))
    }

    /// `ln P` and `ln(1−P)` of the target's condition: constants to every loss.
    fn log_propensity(&self, target: &Target, row: usize) -> (f64, f64) {
        let sides = target.condition.as_ref().map(|condition| fold(condition, &self.held[row]));
        match sides {
            Some((Some(log_p), Some(log_not_p))) => (log_p, log_not_p),
            _ => (0.0, f64::NEG_INFINITY),
        }
    }

    /// `1 / max(P(condition), clip)`.
    fn inverse_propensity(&self, target: &Target, row: usize, clip: f64) -> f64 {
        inverse(self.log_propensity(target, row).0, clip)
    }
}

impl Term {
    fn zero(name: &str, weight: f64, logits: &[Vec<f64>]) -> Self {
        Self { name: name.to_owned(), weight, value: 0.0, gradient: zeros_like(logits) }
    }
}

/// `1 / max(p, clip)` from `ln p`.
fn inverse(log_p: f64, clip: f64) -> f64 {
    libm::exp(-log_p.max(libm::log(clip)))
}

fn zeros_like(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    rows.iter().map(|row| vec![0.0; row.len()]).collect()
}
