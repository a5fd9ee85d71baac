//! What tensors live on. Only this file and its halves `cpu` and `webgpu` name a device.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};

/// The two kinds of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    Cpu,
    Webgpu,
}

/// A device that can train.
#[derive(Debug, Clone)]
pub struct EngineDevice {
    pub(crate) device: Device,
    pub(crate) kind: DeviceKind,
    pub(crate) detail: String,
}

/// Why there is no such device, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("{}", words!(engine::device::no_webgpu))]
    NoWebgpu,
    #[error("{}", words!(engine::device::no_adapter, reason = .0))]
    NoAdapter(String),
    #[error("{}", words!(engine::device::no_device, reason = .0))]
    NoDevice(String),
    #[error("{}", words!(engine::device::warm_up, reason = .0))]
    WarmUp(String),
}

impl EngineDevice {
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The adapter's name where one is known, else empty.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Uploads numbers.
    ///
    /// # Panics
    /// When `values` has not as many elements as `shape`.
    pub(crate) fn floats<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// Uploads indices.
    pub(crate) fn indices(&self, values: Vec<i32>) -> Tensor<1, Int> {
        let length = values.len();
        Tensor::from_data(TensorData::new(values, [length]), &self.device)
    }

    pub(crate) fn zeros<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        Tensor::zeros(shape, &self.device)
    }

    pub(crate) fn row_kernels(&self) -> RowKernels {
        RowKernels { kind: self.kind }
    }
}

/// A tensor of the CPU engine with its numbers at hand. There and back nothing is copied where this is its only handle.
#[derive(Debug)]
pub(crate) struct InMemory(TensorData);

impl InMemory {
    pub(crate) fn of<const D: usize>(tensor: Tensor<D>) -> Self {
        Self(tensor.into_data())
    }

    /// # Panics
    /// When they are no f32, which all tensors of the engine are.
    pub(crate) fn numbers(&self) -> &[f32] {
        match self.0.as_slice() {
            Ok(numbers) => numbers,
            Err(_) => unreachable!("the engine computes in f32"),
        }
    }

    /// # Panics
    /// As [`InMemory::numbers`].
    pub(crate) fn numbers_mut(&mut self) -> &mut [f32] {
        match self.0.as_mut_slice() {
            Ok(numbers) => numbers,
            Err(_) => unreachable!("the engine computes in f32"),
        }
    }

    pub(crate) fn tensor<const D: usize>(self, device: &EngineDevice) -> Tensor<D> {
        Tensor::from_data(self.0, &device.device)
    }
}

/// Writing rows by index, with the kernel that each backend does well.
///
/// Burn 0.22 has two: `select_assign`, in place on the CPU, but on a GPU one thread a column that walks all rows; and
/// `scatter_nd`, one thread an element on a GPU, but on the CPU a copy of the whole table.
#[derive(Debug, Clone, Copy)]
pub struct RowKernels {
    kind: DeviceKind,
}

impl RowKernels {
    /// Replaces the rows `indices` (without repetition) of `table`. In place when `table` is the only handle.
    ///
    /// # Shapes
    /// - `table`: `[rows, width]`, `indices`: `[n]`, `values`: `[n, width]`
    pub fn put_rows(self, table: Tensor<2>, indices: Tensor<1, Int>, values: Tensor<2>) -> Tensor<2> {
        match self.kind {
            DeviceKind::Cpu => table.select_assign(0, indices, values, IndexingUpdateOp::Assign),
            DeviceKind::Webgpu => table.scatter_nd(indices.unsqueeze_dim::<2>(1), values, IndexingUpdateOp::Assign),
        }
    }

    /// Sums the rows of `values` that have one index: row `i` of the result is `Σ values[j]` over `indices[j] = i`.
    ///
    /// # Shapes
    /// - `indices`: `[n]` in `0..n_rows`, `values`: `[n, width]`; returns `[n_rows, width]`
    pub fn sum_rows(self, n_rows: usize, indices: Tensor<1, Int>, values: Tensor<2>) -> Tensor<2> {
        match self.kind {
            DeviceKind::Cpu => {
                let zeros = Tensor::zeros([n_rows, values.dims()[1]], &values.device());
                zeros.select_assign(0, indices, values, IndexingUpdateOp::Add)
            }
            DeviceKind::Webgpu => sum_rows_in_lanes(n_rows, indices, values),
        }
    }
}

/// Lanes that sum side by side on a GPU.
const LANES: usize = 16;

/// The sum in `LANES` independent parts, then over the parts: WebGPU adds no floats atomically, so Burn's kernel has one
/// thread a column, which walks its rows one after the other.
fn sum_rows_in_lanes(n_rows: usize, indices: Tensor<1, Int>, values: Tensor<2>) -> Tensor<2> {
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
    use super::*;

    #[test]
    fn both_kinds_of_row_kernels_give_the_same_rows() {
        let device = EngineDevice::cpu();
        for (n_rows, n) in [(5, 64), (7, 36), (3, 13), (4, 1)] {
            let values = device.floats((0..n * 3).map(|index| index as f32).collect(), [n, 3]);
            let indices: Vec<i32> = (0..n).map(|index| (index * index % n_rows) as i32).collect();
            let sums = [DeviceKind::Cpu, DeviceKind::Webgpu].map(|kind| {
                let summed = RowKernels { kind }.sum_rows(n_rows, device.indices(indices.clone()), values.clone());
                summed.into_data().try_into_vec::<f32>().unwrap()
            });
            assert_eq!(sums[0], sums[1], "{n} rows into {n_rows}"); // small whole numbers: exact in any order
            assert_eq!(sums[0].iter().sum::<f32>(), (0..n * 3).sum::<usize>() as f32);
        }
        let table = device.floats((0..12).map(|index| index as f32).collect(), [4, 3]);
        let rows = device.floats(vec![-1.0; 6], [2, 3]);
        let tables = [DeviceKind::Cpu, DeviceKind::Webgpu].map(|kind| {
            let written = RowKernels { kind }.put_rows(table.clone(), device.indices(vec![3, 1]), rows.clone());
            written.into_data().try_into_vec::<f32>().unwrap()
        });
        assert_eq!(tables[0], tables[1]);
        assert_eq!(tables[0], [0.0, 1.0, 2.0, -1.0, -1.0, -1.0, 6.0, 7.0, 8.0, -1.0, -1.0, -1.0]);
    }
}
