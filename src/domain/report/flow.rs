//! What flows through a network, forward and back, on some training impressions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Training rows that it is measured on at an evaluation.
pub const FLOW_ROWS: usize = 2048;

/// Activations on the way up, gradients on the way down, all at one state of the weights and without dropout.
///
/// A gradient is that of a loss term times its weight, as the optimiser would receive it (before clipping): a mean over
/// the rows. Norms are Euclidean.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FlowReading {
    /// Steps that the weights had made.
    pub step: u64,
    /// Training impressions that it is measured on.
    pub rows: usize,
    /// Label of the tree → rows in which it is yes.
    pub labels: Vec<(String, usize)>,
    /// Embedded fields, in pooled order.
    pub fields: Vec<FieldFlow>,
    /// Numbers that enter the towers without an embedding.
    pub n_dense: usize,
    /// Whether all towers look up the same tables.
    pub is_shared: bool,
    /// In the order of the model's towers.
    pub towers: Vec<TowerFlow>,
    /// Event → mean probability over the rows.
    pub events: BTreeMap<String, f64>,
    /// Loss terms whose weight is not 0.
    pub terms: Vec<TermFlow>,
    /// Norm of the gradient of all terms together with respect to the tables: one for shared ones, else one a tower.
    pub embeddings: Vec<f64>,
}

/// One embedded field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FieldFlow {
    pub name: String,
    /// Rows of its table.
    pub vocabulary: usize,
    /// Different values among the rows: table rows that are looked up.
    pub looked_up: usize,
}

/// One tower on the way up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TowerFlow {
    pub name: String,
    /// Hidden layer → unit → mean activation after its ReLU; exactly 0 for a unit that no row awakes.
    pub layers: Vec<Vec<f32>>,
    /// Mean of σ(logit) over the rows.
    pub mean_p: f64,
}

/// One loss term and its gradient on the way down.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TermFlow {
    /// An event, or `imputation`, `counterfactual`, `joint`, …
    pub name: String,
    pub weight: f64,
    /// Unweighted, in nats.
    pub loss: f64,
    /// Tower → norm of the gradient with respect to its weights and biases; 0 where the term does not reach it.
    pub towers: Vec<f64>,
    /// Tower → field → norm of the gradient with respect to the field's table, through that tower.
    pub through: Vec<Vec<f64>>,
    /// Norm of the gradient with respect to the tables: one for shared ones, else one a tower.
    pub embeddings: Vec<f64>,
}

impl TowerFlow {
    /// Share of a layer's units that no row awakes; `None` for a layer that is not there.
    pub fn dead_share(&self, layer: usize) -> Option<f64> {
        let units = self.layers.get(layer).filter(|units| !units.is_empty())?;
        Some(units.iter().filter(|&&mean| mean == 0.0).count() as f64 / units.len() as f64)
    }

    /// Mean activation of a layer's units; `None` for a layer that is not there.
    pub fn mean_activation(&self, layer: usize) -> Option<f64> {
        let units = self.layers.get(layer).filter(|units| !units.is_empty())?;
        Some(units.iter().map(|&mean| f64::from(mean)).sum::<f64>() / units.len() as f64)
    }
}

impl TermFlow {
    /// Norm of the gradient that reaches the tables through one tower.
    pub fn through_tower(&self, tower: usize) -> f64 {
        norm(self.through.get(tower).into_iter().flatten().copied())
    }

    /// Norm with respect to all tables.
    pub fn reaching_embeddings(&self) -> f64 {
        norm(self.embeddings.iter().copied())
    }
}

fn norm(parts: impl Iterator<Item = f64>) -> f64 {
    libm::sqrt(parts.map(|part| part * part).sum())
}
