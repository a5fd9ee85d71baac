//! A step's losses and readings by name.

use super::backend::StepLosses;
use super::objective::Losses;

/// What a step's values are called, in order; the same at every step.
#[derive(Debug, Default)]
pub(crate) struct LossKeys {
    /// Terms with their weight, readings without.
    keys: Vec<(String, Option<f64>)>,
}

impl LossKeys {
    /// Takes the keys over from a step's losses.
    pub(crate) fn learn<C>(&mut self, Losses { terms, readings }: &Losses<C>) {
        if self.keys.is_empty() {
            let terms = terms.iter().map(|term| (format!("loss.{}", term.name), Some(term.weight)));
            self.keys = terms.chain(readings.iter().map(|reading| (reading.key.clone(), None))).collect();
        }
    }

    /// The values of several steps by key, `loss.total` included.
    pub(crate) fn by_step(&self, values: &[f32]) -> Vec<StepLosses> {
        let steps = values.chunks_exact(self.keys.len().max(1)).map(|values| {
            let keyed = || self.keys.iter().zip(values).map(|((key, weight), &value)| (key, weight, f64::from(value)));
            let weighted = keyed().filter_map(|(_, weight, value)| weight.filter(|w| *w != 0.0).map(|w| w * value));
            let total: f64 = weighted.sum();
            keyed().map(|(key, _, value)| (key.clone(), value)).chain([("loss.total".to_owned(), total)]).collect()
        });
        steps.collect()
    }
}
