//! SEM and DPM together: the parameters of a run, a forward pass, and one move of the optimiser.

use burn::tensor::{Gradients, Int, Tensor, Transaction};

use super::EngineError;
use super::device::{EngineDevice, RowKernels};
use super::dpm::{self, LayerValues, Towers};
use super::optimizer::{Optimizer, SquaredNorm, Table, scaled};
use super::sem::SemLayout;
use super::weights::MergedWeights;
use crate::domain::spec::NetworkSpec;

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
    pub(crate) fn new(
        device: &EngineDevice,
        layout: &SemLayout,
        spec: &NetworkSpec,
        n_towers: usize,
        seed: u64,
    ) -> Self {
        let shape = [layout.table_rows(), layout.embedding_size];
        let table = (!layout.fields.is_empty()).then(|| Table::new(device.floats(layout.initial_values(seed), shape)));
        Self { table, towers: Towers::new(device, seed, n_towers, layout.input_size(), &spec.hidden) }
    }

    /// The same shapes with given values, not moved yet.
    pub(crate) fn with_values(&self, device: &EngineDevice, layout: &SemLayout, merged: MergedWeights) -> Self {
        let shape = [layout.table_rows(), layout.embedding_size];
        let table = self.table.as_ref().map(|_| Table::new(device.floats(merged.table, shape)));
        Self { table, towers: self.towers.with_values(device, merged.layers) }
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
        kernels: RowKernels,
        fetched: Option<FetchedRows>,
        leaves: Leaves,
        mut of_leaves: Gradients,
    ) -> NetworkGradients {
        let gathered = leaves.gathered.map(|leaf| gradient_of(leaf, &mut of_leaves));
        let table = fetched.zip(gathered).map(|(FetchedRows { rows, unique, inverse }, gathered)| {
            let gradient = kernels.sum_rows(rows.dims()[0], inverse, gathered);
            RowGradients { rows: unique.is_some().then_some(rows), unique, gradient }
        });
        let mut of = |leaf| gradient_of(leaf, &mut of_leaves);
        let layers = leaves.layers.into_iter().map(|layer| (of(layer.weight), of(layer.bias))).collect();
        NetworkGradients { table, layers }
    }

    /// Moves every parameter against its gradient.
    pub(crate) fn update(self, kernels: RowKernels, optimizer: &Optimizer, gradients: NetworkGradients) -> Self {
        let table = match (self.table, gradients.table) {
            (Some(table), Some(RowGradients { rows: Some(rows), unique: Some(unique), gradient })) => {
                Some(table.update_rows(kernels, optimizer, rows, unique, gradient))
            }
            (Some(table), Some(RowGradients { gradient, .. })) => Some(table.update_all(optimizer, gradient)),
            (table, None) | (table @ None, _) => table,
        };
        Self { table, towers: self.towers.update(optimizer, gradients.layers) }
    }

    /// Every value, read back.
    pub(crate) async fn read(&self) -> Result<MergedWeights, EngineError> {
        let values = |layer: &dpm::Layer| (layer.weight.value.clone(), layer.bias.value.clone());
        let layers = self.towers.layers.iter().map(values).collect();
        read_merged(self.table.as_ref().map(Table::value), layers).await
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
        read_merged(self.table.map(|table| table.gradient), self.layers).await
    }
}

fn gradient_of<const D: usize>(leaf: Tensor<D>, gradients: &mut Gradients) -> Tensor<D> {
    match leaf.grad_remove(gradients) {
        Some(gradient) => gradient,
        None => leaf.without_autodiff().zeros_like(), // the loss does not depend on it
    }
}

/// Reads everything back in one transaction.
async fn read_merged(
    table: Option<Tensor<2>>,
    layers: Vec<(Tensor<3>, Tensor<3>)>,
) -> Result<MergedWeights, EngineError> {
    let has_table = table.is_some();
    let mut transaction = Transaction::default();
    if let Some(table) = table {
        transaction = transaction.register(table);
    }
    for (weight, bias) in layers {
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
    layout.pool(gathered, dense).map(|inputs| dpm::forward(layers, inputs, masks))
}
