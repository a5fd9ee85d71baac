//! Fitted encoders: raw feature columns to embedding ids and dense inputs.
//!
//! Invariant: encoders are fitted on the training rows only, and hold all that is needed to encode elsewhere.

mod encode;
mod fit;
mod prepare;

pub use fit::FeatureError;
pub use prepare::{PrepareError, Prepared};

use serde::{Deserialize, Serialize};

use crate::domain::log::FeatureGroup;
use crate::domain::spec::ListPooling;

/// Id of a missing value in every field.
pub const ID_MISSING: u32 = 0;
/// Id of a value that training never saw (or saw too rarely).
pub const ID_UNKNOWN: u32 = 1;
/// First id of a known category or bucket.
pub const ID_FIRST: u32 = 2;

/// Encoders fitted on a log's training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedFeatures {
    /// Embedded fields, in the log's feature order.
    pub fields: Vec<FieldEncoder>,
    /// Dense inputs, in the log's feature order; each value in (−1, 1), 0 when missing.
    pub dense: Vec<DenseEncoder>,
}

/// An embedded field: raw value → id in `0..vocabulary_size()`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldEncoder {
    pub name: String,
    pub group: FeatureGroup,
    pub encoding: FieldEncoding,
}

/// How a field's raw value becomes an id. Ids 0 and 1 are "missing" and "unknown" in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldEncoding {
    /// Category `values[i]` has id `i + 2`. Ordered by training frequency, then by text.
    Vocabulary { values: Vec<String> },
    /// As a vocabulary, for a field with several values a row, of which the first `values_per_row` are pooled.
    Lists { values: Vec<String>, values_per_row: usize, pooling: ListPooling },
    /// `x` has id `2 + number of edges ≤ x` (edges ascending), after ln(1+x) when `log1p`.
    Buckets { edges: Vec<f64>, log1p: bool },
}

/// A numerical feature as `tanh((x − mean)/std)`, after ln(1+x) when `log1p`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DenseEncoder {
    pub name: String,
    pub mean: f64,
    pub std: f64,
    pub log1p: bool,
}

/// An encoded log, row-major, ready for the engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EncodedLog {
    pub n_rows: usize,
    /// `[n_rows, n_fields]`: each field's own id, not offset; of a field with several values a row the first one's.
    pub ids: Vec<u32>,
    /// All values of the fields that have several a row.
    pub lists: Vec<EncodedList>,
    /// `[n_rows, n_dense]`.
    pub dense: Vec<f32>,
}

/// The ids of a field with several values a row; of a row without one [`ID_MISSING`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncodedList {
    /// Position of its field in [`FittedFeatures::fields`].
    pub field: usize,
    /// Each field's own ids, not offset, row after row; at least one a row.
    pub ids: Vec<u32>,
    /// `[n_rows]`: where each row's ids end.
    pub ends: Vec<u32>,
}

impl EncodedList {
    /// The ids of a row.
    pub fn row(&self, row: usize) -> &[u32] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.ids[start as usize..self.ends[row] as usize]
    }
}

impl FieldEncoder {
    /// Number of ids, "missing" and "unknown" included.
    pub fn vocabulary_size(&self) -> usize {
        ID_FIRST as usize
            + match &self.encoding {
                FieldEncoding::Vocabulary { values } | FieldEncoding::Lists { values, .. } => values.len(),
                FieldEncoding::Buckets { edges, .. } => edges.len() + 1,
            }
    }
}
