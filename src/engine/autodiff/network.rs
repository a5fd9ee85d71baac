//! SEM and DPM on Burn: the parameters of a run, a forward pass, and one move of the optimiser.

use burn::tensor::{Gradients, Int, Tensor, Transaction};

use super::BurnDevice;
use super::dpm::{self, LayerValues, Towers};
use super::optimizer::{SquaredNorm, scaled};
use super::pool::pool;
use super::table::{Table, sum_rows};
use crate::engine::EngineError;
use crate::engine::backend::Run;
use crate::engine::optimizer::Optimizer;
use crate::engine::sem::SemLayout;
use crate::engine::weights::MergedWeights;

/// Parameters with their moments. A clone shares the tensors until one of the two changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    /// Absent without embedded fields.
    pub table: Option<Table>,
    pub towers: Towers,
}

/// A batch's rows of the embedding table.
#[derive(Debug, Clone)]
pub(crate) struct FetchedRows {
    /// `[fetched, 3·size]`
    rows: Tensor<2>,
    /// Which rows of the table these are, each once; absent when all are fetched (not lazy).
    unique: Option<Tensor<1, Int>>,
    /// `[copies · batch · fields]`: position in `rows`.
    inverse: Tensor<1, Int>,
}

/// What a step's gradient is taken with respect to.
pub(crate) struct Leaves {
    /// `[copies · batch · fields, size]`
    pub gathered: Option<Tensor<2>>,
    pub layers: Vec<LayerValues>,
}

/// Gradients of one step.
pub(crate) struct NetworkGradients {
    table: Option<RowGradients>,
    /// `(weight, bias)` by layer.
    layers: Vec<(Tensor<3>, Tensor<3>)>,
}

/// Gradients of rows of the table.
struct RowGradients {
    /// The rows as fetched, and which they are; absent for the whole table.
    rows: Option<Tensor<2>>,
    unique: Option<Tensor<1, Int>>,
    /// `[fetched, size]`
    gradient: Tensor<2>,
}

impl Network {
    /// A network that has not moved yet.
    pub(crate) fn new(device: &BurnDevice, run: &Run, weights: MergedWeights) -> Self {
        let shape = [run.layout.table_rows(), run.layout.embedding_size];
        let table = (!run.layout.fields.is_empty()).then(|| Table::new(device.floats(weights.table, shape)));
        Self { table, towers: Towers::new(device, &run.layer_sizes, weights.layers) }
    }

    /// Fetches rows of the table: the `unique` ones, or all when `unique` is absent.
    pub(crate) fn fetch(&self, unique: Option<Tensor<1, Int>>, inverse: Tensor<1, Int>) -> Option<FetchedRows> {
        self.table.as_ref().map(|table| {
            let rows = match &unique {
                Some(unique) => table.rows(unique.clone()),
                None => table.all_rows(),
            };
            FetchedRows { rows, unique, inverse }
        })
    }

    /// The leaves of a step.
    pub(crate) fn leaves(&self, fetched: Option<&FetchedRows>) -> Leaves {
        let gathered = self.table.as_ref().zip(fetched).map(|(table, fetched)| {
            table.value_of(&fetched.rows).select(0, fetched.inverse.clone()).autodiff().require_grad()
        });
        Leaves { gathered, layers: self.towers.values().into_iter().map(LayerValues::tracked).collect() }
    }

    /// Takes the leaves' gradients out of `of_leaves` and sums those of one table row.
    pub(crate) fn gradients(
        &self,
        fetched: Option<FetchedRows>,
        leaves: Leaves,
        mut of_leaves: Gradients,
    ) -> NetworkGradients {
        let gathered = leaves.gathered.map(|leaf| gradient_of(leaf, &mut of_leaves));
        let table = fetched.zip(gathered).map(|(FetchedRows { rows, unique, inverse }, gathered)| {
            let gradient = sum_rows(rows.dims()[0], inverse, gathered);
            RowGradients { rows: unique.is_some().then_some(rows), unique, gradient }
        });
        let mut of = |leaf| gradient_of(leaf, &mut of_leaves);
        let layers = leaves.layers.into_iter().map(|layer| (of(layer.weight), of(layer.bias))).collect();
        NetworkGradients { table, layers }
    }

    /// Moves every parameter against its gradient.
    pub(crate) fn update(self, optimizer: &Optimizer, gradients: NetworkGradients) -> Self {
        let table = match (self.table, gradients.table) {
            (Some(table), Some(RowGradients { rows: Some(rows), unique: Some(unique), gradient })) => {
                Some(table.update_rows(optimizer, rows, unique, gradient))
            }
            (Some(table), Some(RowGradients { gradient, .. })) => Some(table.update_all(optimizer, gradient)),
            (table, None) | (table @ None, _) => table,
        };
        Self { table, towers: self.towers.update(optimizer, gradients.layers) }
    }

    /// Every value, read back.
    pub(crate) async fn read(&self) -> Result<MergedWeights, EngineError> {
        read_merged(self.table.as_ref().map(Table::value), self.towers.values()).await
    }

    /// The towers' values, read back.
    pub(crate) async fn read_towers(&self) -> Result<MergedWeights, EngineError> {
        read_merged(None, self.towers.values()).await
    }
}

impl NetworkGradients {
    /// Scales all gradients down so that their norm together is at most `clip_norm`.
    ///
    /// Rows that are not fetched have no gradient, so the norm is that of the whole table's gradient.
    pub(crate) fn clipped(self, clip_norm: f64) -> Self {
        let of_table = match &self.table {
            Some(table) => SquaredNorm::default().add(&table.gradient),
            None => SquaredNorm::default(),
        };
        let squared = self.layers.iter().fold(of_table, |sum, (weight, bias)| sum.add(weight).add(bias));
        let Some(factor) = squared.factor(clip_norm) else { return self };
        let table = self.table.map(|rows| RowGradients { gradient: scaled(rows.gradient, &factor), ..rows });
        let layers = self.layers.into_iter().map(|(w, b)| (scaled(w, &factor), scaled(b, &factor))).collect();
        Self { table, layers }
    }

    /// Every gradient, read back. For gradients over the whole table.
    pub(crate) async fn read(self) -> Result<MergedWeights, EngineError> {
        let layers = self.layers.into_iter().map(|(weight, bias)| LayerValues { weight, bias }).collect();
        read_merged(self.table.map(|table| table.gradient), layers).await
    }
}

fn gradient_of<const D: usize>(leaf: Tensor<D>, gradients: &mut Gradients) -> Tensor<D> {
    match leaf.grad_remove(gradients) {
        Some(gradient) => gradient,
        None => leaf.without_autodiff().zeros_like(), // the loss does not depend on it
    }
}

/// Reads everything back in one transaction.
async fn read_merged(table: Option<Tensor<2>>, layers: Vec<LayerValues>) -> Result<MergedWeights, EngineError> {
    let has_table = table.is_some();
    let mut transaction = Transaction::default();
    if let Some(table) = table {
        transaction = transaction.register(table);
    }
    for LayerValues { weight, bias } in layers {
        transaction = transaction.register(weight).register(bias);
    }
    let read = transaction.execute_async().await.map_err(|error| EngineError::Readback(error.to_string()))?;
    let mut values = Vec::with_capacity(read.len());
    for data in read {
        values.push(data.try_into_vec::<f32>().map_err(|error| EngineError::Readback(error.to_string()))?);
    }
    let mut values = values.into_iter();
    let table = if has_table { values.next().unwrap_or_default() } else { Vec::new() };
    let mut layers = Vec::new();
    while let (Some(weight), Some(bias)) = (values.next(), values.next()) {
        layers.push((weight, bias));
    }
    Ok(MergedWeights { table, layers })
}

/// Logits, `[towers, batch]`; `None` when there is no input at all.
pub(crate) fn forward(
    layout: &SemLayout,
    layers: &[LayerValues],
    gathered: Option<Tensor<2>>,
    dense: Option<Tensor<2>>,
    masks: &[Tensor<3>],
) -> Option<Tensor<2>> {
    pool(layout, gathered, dense).map(|inputs| dpm::forward(layers, inputs, masks))
}
