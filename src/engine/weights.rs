//! A run's weights as named host tensors, and as a safetensors file.
//!
//! Names: `embedding.<field>.weight [vocabulary, size]`, or `embedding.<tower>.<field>.weight` when every
//! tower has embeddings of its own; `tower.<tower>.<layer>.weight [in, out]` and `.bias [out]`, layers counted from 0, the
//! last one the logit. A tower has the name of its question; an auxiliary one stands beside the tree
//! (`domain::spec::AuxiliaryTower`), and under `division` a tower has the name of its event.

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::EngineError;
use super::sem::SemLayout;

/// One tensor on the host, row-major.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// All weights of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Weights {
    pub tensors: Vec<NamedTensor>,
}

impl Weights {
    /// The tensor called `name`.
    pub fn get(&self, name: &str) -> Option<&NamedTensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The weights as a safetensors file, all F32.
    ///
    /// # Errors
    /// When a shape and its values do not fit together.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, EngineError> {
        let refused = |error: safetensors::SafeTensorError| EngineError::Weights(error.to_string());
        let bytes: Vec<Vec<u8>> = self
            .tensors
            .iter()
            .map(|tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect())
            .collect();
        let mut views = Vec::with_capacity(self.tensors.len());
        for (tensor, bytes) in self.tensors.iter().zip(&bytes) {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).map_err(refused)?;
            views.push((tensor.name.as_str(), view));
        }
        safetensors::serialize(views, None).map_err(refused)
    }

    /// Reads a safetensors file, which may be anybody's.
    ///
    /// # Errors
    /// When it is none, or has a tensor of something other than 32-bit floats.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, EngineError> {
        let refused = |error: safetensors::SafeTensorError| EngineError::WeightsFile(error.to_string());
        let file = SafeTensors::deserialize(bytes).map_err(refused)?;
        let tensor = |(name, view): (&str, TensorView)| {
            if view.dtype() != Dtype::F32 {
                let kind = format_args!("{:?}", view.dtype());
                return Err(EngineError::WeightsFile(text!(engine::tensor_kind, name = name, kind = kind)));
            }
            let words = view.data().as_chunks().0.iter();
            let values = words.map(|&word| f32::from_le_bytes(word)).collect();
            Ok(NamedTensor { name: name.to_owned(), shape: view.shape().to_vec(), values })
        };
        Ok(Self { tensors: file.iter().map(tensor).collect::<Result<_, _>>()? })
    }

    /// Values of the tensor called `name`, checked against `shape`.
    fn values_of(&self, name: &str, shape: &[usize]) -> Result<&[f32], EngineError> {
        let missing = || EngineError::Weights(text!(engine::no_tensor, name = name));
        let tensor = self.get(name).ok_or_else(missing)?;
        if tensor.shape != shape || tensor.values.len() != shape.iter().product::<usize>() {
            let found = format_args!("{:?}", tensor.shape);
            let needed = format_args!("{shape:?}");
            let message = text!(engine::tensor_shape, name = name, found = found, needed = needed);
            return Err(EngineError::Weights(message));
        }
        Ok(&tensor.values)
    }
}

/// Where each named tensor lies in the engine's merged ones.
#[derive(Debug, Clone)]
pub(crate) struct WeightMap<'a> {
    pub layout: &'a SemLayout,
    /// Of the towers.
    pub names: &'a [String],
    /// `[in, out]` by layer.
    pub layer_sizes: &'a [[usize; 2]],
}

/// The engine's merged tensors, on the host.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct MergedWeights {
    /// `[table_rows, embedding_size]`
    pub table: Vec<f32>,
    /// `[towers, in, out]` and `[towers, 1, out]` by layer.
    pub layers: Vec<(Vec<f32>, Vec<f32>)>,
}

impl WeightMap<'_> {
    /// `(name, first value, shape)` of every field's table.
    fn tables(&self) -> Vec<(String, usize, [usize; 2])> {
        let (layout, size) = (self.layout, self.layout.embedding_size);
        let mut tables = Vec::new();
        for copy in 0..layout.copies {
            for field in &layout.fields {
                let name = match layout.copies {
                    1 => format!("embedding.{}.weight", field.name),
                    _ => format!("embedding.{}.{}.weight", self.names[copy], field.name),
                };
                let first = (copy * layout.rows_per_copy + field.offset) * size;
                tables.push((name, first, [field.vocabulary_size, size]));
            }
        }
        tables
    }

    pub(crate) fn name(&self, merged: &MergedWeights) -> Weights {
        let mut tensors = Vec::new();
        for (name, first, shape) in self.tables() {
            let values = merged.table[first..][..shape[0] * shape[1]].to_vec();
            tensors.push(NamedTensor { name, shape: shape.to_vec(), values });
        }
        for (tower, of) in self.names.iter().enumerate() {
            for (layer, (&[inputs, outputs], (weight, bias))) in self.layer_sizes.iter().zip(&merged.layers).enumerate()
            {
                let weight = weight[tower * inputs * outputs..][..inputs * outputs].to_vec();
                let bias = bias[tower * outputs..][..outputs].to_vec();
                let name = |kind| format!("tower.{of}.{layer}.{kind}");
                tensors.push(NamedTensor { name: name("weight"), shape: vec![inputs, outputs], values: weight });
                tensors.push(NamedTensor { name: name("bias"), shape: vec![outputs], values: bias });
            }
        }
        Weights { tensors }
    }

    pub(crate) fn merge(&self, weights: &Weights) -> Result<MergedWeights, EngineError> {
        let tables = self.tables();
        // All are there before there is memory for them: a file need not have what it says.
        tables.iter().try_for_each(|(name, _, shape)| weights.values_of(name, shape).map(drop))?;
        let mut table = vec![0.0; self.layout.table_rows() * self.layout.embedding_size];
        for (name, first, shape) in tables {
            table[first..][..shape[0] * shape[1]].copy_from_slice(weights.values_of(&name, &shape)?);
        }
        let mut layers = Vec::with_capacity(self.layer_sizes.len());
        for (layer, &[inputs, outputs]) in self.layer_sizes.iter().enumerate() {
            let (mut merged_weight, mut merged_bias) = (Vec::new(), Vec::new());
            for of in self.names {
                let name = |kind| format!("tower.{of}.{layer}.{kind}");
                merged_weight.extend_from_slice(weights.values_of(&name("weight"), &[inputs, outputs])?);
                merged_bias.extend_from_slice(weights.values_of(&name("bias"), &[outputs])?);
            }
            layers.push((merged_weight, merged_bias));
        }
        Ok(MergedWeights { table, layers })
    }
}
