//! What is minimised: [`losses()`] turns a [`Batch`] into loss terms, a function for each objective.

mod batch;
mod losses;
mod propensity;

pub use batch::{Batch, BatchWaits, TargetLabels};
pub use losses::losses;

use super::column::Column;

/// A loss term, `[1]`, unweighted, in nats for an impression.
#[derive(Debug, Clone)]
pub struct LossTerm<C> {
    pub name: String,
    pub weight: f64,
    pub value: C,
}

/// A number that says how a loss was made, `[1]`: a clip share, an effective sample size. Nothing is learned from it.
#[derive(Debug, Clone)]
pub struct Reading<C> {
    /// Key of a curve's point: `<what>.<target>`.
    pub key: String,
    pub value: C,
}

/// All that an objective says of a batch.
#[derive(Debug, Clone)]
pub struct Losses<C> {
    pub terms: Vec<LossTerm<C>>,
    pub readings: Vec<Reading<C>>,
}

impl<C> Losses<C> {
    /// The values of terms and readings, in this order.
    pub(crate) fn into_values(self) -> impl Iterator<Item = C> {
        self.terms.into_iter().map(|term| term.value).chain(self.readings.into_iter().map(|reading| reading.value))
    }
}

impl<C> Default for Losses<C> {
    fn default() -> Self {
        Self { terms: Vec::new(), readings: Vec::new() }
    }
}

impl<C: Column> Losses<C> {
    /// `Σ weight · term`, `[1]`; `None` when nothing has a weight above 0.
    pub fn total(&self) -> Option<C> {
        let weighted = self.terms.iter().filter(|term| term.weight != 0.0).map(|term| match term.weight {
            1.0 => term.value.clone(),
            weight => term.value.clone().mul_scalar(weight),
        });
        weighted.reduce(|sum, term| sum + term)
    }

    fn push(&mut self, name: &str, weight: f64, value: C) {
        self.terms.push(LossTerm { name: name.to_owned(), weight, value });
    }

    fn say(&mut self, what: &str, of: &str, value: C) {
        self.readings.push(Reading { key: format!("{what}.{of}"), value });
    }
}
