//! An embedding table with its moments side by side, and an optimiser on the rows of a batch.

use burn::tensor::{Int, Tensor};

use super::{Optimizer, Parameter};
use crate::engine::device::{InMemory, RowKernels};

/// A table of rows `[value | first moment | second moment]`, `[rows, 3·size]`.
///
/// The three lie side by side so that a batch's rows are fetched and put back by one kernel each. Lazy Adam touches
/// these rows alone, as `torch.optim.SparseAdam` and TensorFlow's LazyAdam do: moments of other rows do not decay, the
/// step count of the bias correction is shared. A step's cost does not grow with the number of rows. The other
/// optimisers are lazy in the same way, their decay included.
#[derive(Debug, Clone)]
pub struct Table {
    packed: Tensor<2>,
    size: usize,
}

impl Table {
    /// A table that has not moved yet.
    ///
    /// # Shapes
    /// - `value`: `[rows, size]`
    pub fn new(value: Tensor<2>) -> Self {
        let size = value.dims()[1];
        let moments = value.zeros_like();
        Self { packed: Tensor::cat(vec![value, moments.clone(), moments], 1), size }
    }

    /// The values, `[rows, size]`.
    pub fn value(&self) -> Tensor<2> {
        self.packed.clone().narrow(1, 0, self.size)
    }

    /// Rows `unique` with their moments, `[unique, 3·size]`.
    pub fn rows(&self, unique: Tensor<1, Int>) -> Tensor<2> {
        self.packed.clone().select(0, unique)
    }

    /// The values of fetched rows, `[rows, size]`.
    pub fn value_of(&self, rows: &Tensor<2>) -> Tensor<2> {
        rows.clone().narrow(1, 0, self.size)
    }

    /// The whole table as if fetched.
    pub fn all_rows(&self) -> Tensor<2> {
        self.packed.clone()
    }

    /// Moves the fetched `rows` against their gradient and puts them back at `unique`.
    ///
    /// # Shapes
    /// - `rows`: `[unique, 3·size]`, `unique`: `[unique]` without repetition, `gradient`: `[unique, size]`
    pub fn update_rows(
        self,
        kernels: RowKernels,
        optimizer: &Optimizer,
        rows: Tensor<2>,
        unique: Tensor<1, Int>,
        gradient: Tensor<2>,
    ) -> Self {
        let moved = moved(optimizer, rows, gradient, self.size);
        Self { packed: kernels.put_rows(self.packed, unique, moved), size: self.size }
    }

    /// Its rows `[value | first moment | second moment]` in memory.
    pub(crate) fn into_packed(self) -> InMemory {
        InMemory::of(self.packed)
    }

    /// A table of rows in memory, as [`Table::into_packed`] gives them.
    ///
    /// # Shapes
    /// - `packed`: `[rows, 3·size]`
    pub(crate) fn of_packed(packed: Tensor<2>) -> Self {
        let size = packed.dims()[1] / 3;
        Self { packed, size }
    }

    /// Moves every row against its gradient (dense).
    ///
    /// # Shapes
    /// - `gradient`: `[rows, size]`
    pub fn update_all(self, optimizer: &Optimizer, gradient: Tensor<2>) -> Self {
        Self { packed: moved(optimizer, self.packed, gradient, self.size), size: self.size }
    }
}

fn moved(optimizer: &Optimizer, rows: Tensor<2>, gradient: Tensor<2>, size: usize) -> Tensor<2> {
    let part = |index: usize| rows.clone().narrow(1, index * size, size);
    let parameter = Parameter { value: part(0), moment1: part(1), moment2: part(2) };
    let Parameter { value, moment1, moment2 } = optimizer.update(parameter, gradient, optimizer.embedding_decay);
    Tensor::cat(vec![value, moment1, moment2], 1)
}
