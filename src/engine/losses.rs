//! Losses of the steps since they were last asked for: kept on the device, read back together; the CPU's in memory.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use super::EngineError;
use super::objective::Losses;
use super::tape::Taped;
use super::trainer::read;

/// Loss terms and readings by step, on the device.
#[derive(Debug, Default)]
pub(crate) struct LossLedger {
    /// Keys of a step's values, in order; the same at every step. Terms with their weight, readings without.
    keys: Vec<(String, Option<f64>)>,
    /// `[keys]` for each step.
    pending: Vec<Tensor<1>>,
    /// The same of steps whose losses are in memory, one after the other.
    values: Vec<f32>,
}

impl LossLedger {
    /// Steps not yet read back.
    pub(crate) fn len(&self) -> usize {
        self.pending.len() + self.values.len() / self.keys.len().max(1)
    }

    /// Keeps a step's terms and readings, without what autodiff knows of them.
    pub(crate) fn push(&mut self, losses: Losses) {
        self.know_keys(&losses);
        self.pending.push(Tensor::cat(values(losses).map(Tensor::without_autodiff).collect(), 0));
    }

    /// [`LossLedger::push`] of losses that are in memory.
    pub(crate) fn push_values(&mut self, losses: Losses<Taped>) {
        self.know_keys(&losses);
        self.values.extend(values(losses).map(|value| value.values()[0]));
    }

    fn know_keys<C>(&mut self, Losses { terms, readings }: &Losses<C>) {
        if self.keys.is_empty() {
            let terms = terms.iter().map(|term| (format!("loss.{}", term.name), Some(term.weight)));
            self.keys = terms.chain(readings.iter().map(|reading| (reading.key.clone(), None))).collect();
        }
    }

    /// The kept steps' values by key, oldest first, `loss.total` included.
    pub(crate) async fn take(&mut self) -> Result<Vec<BTreeMap<String, f64>>, EngineError> {
        let pending = std::mem::take(&mut self.pending);
        let mut values = std::mem::take(&mut self.values);
        if !pending.is_empty() {
            values.extend(read(Tensor::cat(pending, 0)).await?);
        }
        let steps = values.chunks_exact(self.keys.len().max(1)).map(|values| {
            let keyed = || self.keys.iter().zip(values).map(|((key, weight), &value)| (key, weight, f64::from(value)));
            let weighted = keyed().filter_map(|(_, weight, value)| weight.filter(|w| *w != 0.0).map(|w| w * value));
            let total: f64 = weighted.sum();
            keyed().map(|(key, _, value)| (key.clone(), value)).chain([("loss.total".to_owned(), total)]).collect()
        });
        Ok(steps.collect())
    }
}

/// The values of terms and readings, in the order of their keys.
fn values<C>(Losses { terms, readings }: Losses<C>) -> impl Iterator<Item = C> {
    terms.into_iter().map(|term| term.value).chain(readings.into_iter().map(|reading| reading.value))
}
