//! An embedding table with its moments side by side, and an optimiser on the rows of a batch.

use burn::tensor::{IndexingUpdateOp, Int, Tensor};

use super::optimizer::Parameter;
use crate::engine::optimizer::Optimizer;

/// Lanes that sum side by side.
const LANES: usize = 16;

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
        optimizer: &Optimizer,
        rows: Tensor<2>,
        unique: Tensor<1, Int>,
        gradient: Tensor<2>,
    ) -> Self {
        let moved = moved(optimizer, rows, gradient, self.size);
        // `scatter_nd` is one thread an element; `select_assign` one a column, which would walk all rows.
        let packed = self.packed.scatter_nd(unique.unsqueeze_dim::<2>(1), moved, IndexingUpdateOp::Assign);
        Self { packed, size: self.size }
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

/// Sums the rows of `values` that have one index: row `i` of the result is `Σ values[j]` over `indices[j] = i`.
///
/// In [`LANES`] independent parts, then over the parts: WebGPU adds no floats atomically, so Burn's kernel has one
/// thread a column, which walks its rows one after the other.
///
/// # Shapes
/// - `indices`: `[n]` in `0..n_rows`, `values`: `[n, width]`; returns `[n_rows, width]`
pub(crate) fn sum_rows(n_rows: usize, indices: Tensor<1, Int>, values: Tensor<2>) -> Tensor<2> {
    let [n, width] = values.dims();
    let lanes = (1..=LANES).rev().find(|&lanes| n.is_multiple_of(lanes)).unwrap_or(1);
    let columns = [n / lanes, lanes * width];
    let indices = indices.reshape([n / lanes, lanes, 1]).expand([n / lanes, lanes, width]).reshape(columns);
    let zeros = Tensor::<2>::zeros([n_rows, lanes * width], &values.device());
    let parts = zeros.scatter(0, indices, values.reshape(columns), IndexingUpdateOp::Add);
    parts.reshape([n_rows, lanes, width]).sum_dim(1).reshape([n_rows, width])
}

#[cfg(test)]
mod tests {
    use super::super::BurnDevice;
    use super::*;

    #[test]
    fn rows_of_one_index_are_summed() {
        let device = BurnDevice::flex();
        for (n_rows, n) in [(5, 64), (7, 36), (3, 13), (4, 1)] {
            let values: Vec<f32> = (0..n * 3).map(|index| index as f32).collect();
            let indices: Vec<i32> = (0..n).map(|index| (index * index % n_rows) as i32).collect();
            let mut expected = vec![0.0; n_rows * 3];
            for (row, &index) in values.chunks_exact(3).zip(&indices) {
                expected[index as usize * 3..][..3].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            let summed = sum_rows(n_rows, device.indices(indices), device.floats(values, [n, 3]));
            // Small whole numbers: exact in any order.
            assert_eq!(summed.into_data().try_into_vec::<f32>().unwrap(), expected, "{n} rows into {n_rows}");
        }
    }
}
