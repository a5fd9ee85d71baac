//! Fitted encoders: raw feature columns to embedding ids and dense inputs.
//!
//! Invariant: encoders are fitted on the training rows only, and hold all that is needed to encode elsewhere.

mod encode;
mod fit;
mod prepare;

pub use fit::FeatureError;
pub(in crate::domain) use fit::MAX_VALUES_PER_ROW;
pub use prepare::{PrepareError, Prepared};

use std::ops::Range;

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

impl EncodedLog {
    /// These rows alone.
    pub fn part(&self, rows: Range<usize>) -> Self {
        let of = |length: usize| rows.start * (length / self.n_rows.max(1))..rows.end * (length / self.n_rows.max(1));
        Self {
            n_rows: rows.len(),
            ids: self.ids[of(self.ids.len())].to_vec(),
            lists: self.lists.iter().map(|list| list.part(rows.clone())).collect(),
            dense: self.dense[of(self.dense.len())].to_vec(),
        }
    }
}

impl EncodedList {
    fn part(&self, rows: Range<usize>) -> Self {
        let start = if rows.start == 0 { 0 } else { self.ends[rows.start - 1] };
        let ends: Vec<u32> = self.ends[rows].iter().map(|end| end - start).collect();
        let length = ends.last().copied().unwrap_or_default() as usize;
        Self { field: self.field, ids: self.ids[start as usize..][..length].to_vec(), ends }
    }

    /// The ids of a row.
    pub fn row(&self, row: usize) -> &[u32] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.ids[start as usize..self.ends[row] as usize]
    }
}

impl FittedFeatures {
    /// The columns that are encoded, with whether each is taken as a category or else as a number.
    pub fn columns(&self) -> impl Iterator<Item = (&str, bool)> {
        let fields = self.fields.iter().map(|field| {
            let is_category = !matches!(field.encoding, FieldEncoding::Buckets { .. });
            (field.name.as_str(), is_category)
        });
        fields.chain(self.dense.iter().map(|encoder| (encoder.name.as_str(), false)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_encoded_log_are_its_rows() {
        let list = EncodedList { field: 1, ids: vec![5, 6, 7, 8, 9, 3], ends: vec![2, 3, 5, 6] };
        let dense = vec![0.1, 0.2, 0.3, 0.4];
        let whole = EncodedLog { n_rows: 4, ids: vec![1, 5, 2, 7, 3, 8, 4, 3], lists: vec![list.clone()], dense };
        assert_eq!(whole.part(0..4), whole);
        let part = whole.part(1..3);
        assert_eq!((part.n_rows, part.ids.as_slice(), part.dense.as_slice()), (2, &[2, 7, 3, 8][..], &[0.2, 0.3][..]));
        for row in 0..2 {
            assert_eq!(part.lists[0].row(row), list.row(row + 1));
        }
        assert_eq!(
            whole.part(4..4),
            EncodedLog { lists: vec![EncodedList { field: 1, ..EncodedList::default() }], ..EncodedLog::default() }
        );
    }
}
