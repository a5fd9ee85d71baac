//! Losses of the steps since they were last asked for: kept on the device, read back together.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use super::EngineError;
use super::objective::SupervisedEvent;
use super::trainer::read;

/// Loss terms by step, on the device.
#[derive(Debug)]
pub(crate) struct LossLedger {
    /// `(loss.<event>, weight)` in the objective's order.
    events: Vec<(String, f64)>,
    /// `[events]` for each step.
    pending: Vec<Tensor<1>>,
}

impl LossLedger {
    pub(crate) fn new(events: &[SupervisedEvent]) -> Self {
        let events = events.iter().map(|event| (format!("loss.{}", event.name), event.weight)).collect();
        Self { events, pending: Vec::new() }
    }

    /// Steps not yet read back.
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Keeps a step's terms, without what autodiff knows of them.
    pub(crate) fn push(&mut self, terms: Vec<Tensor<1>>) {
        self.pending.push(Tensor::cat(terms.into_iter().map(Tensor::without_autodiff).collect(), 0));
    }

    /// The kept steps' losses by name, oldest first, `loss.total` included.
    pub(crate) async fn take(&mut self) -> Result<Vec<BTreeMap<String, f64>>, EngineError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let values = read(Tensor::cat(pending, 0)).await?;
        let steps = values.chunks_exact(self.events.len()).map(|terms| {
            let total = self.events.iter().zip(terms).map(|((_, weight), &term)| weight * f64::from(term)).sum();
            let named = self.events.iter().zip(terms).map(|((name, _), &term)| (name.clone(), f64::from(term)));
            named.chain([("loss.total".to_owned(), total)]).collect()
        });
        Ok(steps.collect())
    }
}
