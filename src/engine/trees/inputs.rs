//! The encoded log as small whole numbers, column by column: what trees split on.

use crate::domain::features::{EncodedLog, FieldEncoding, ID_FIRST, Prepared};

/// Bins of an input at the most; rarer categories share the last one.
const MAX_BINS: usize = 1024;

/// Bins of a dense input at the most.
const DENSE_BINS: usize = 255;

/// Every input of the trees, binned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TreeInputs {
    pub n_rows: usize,
    pub inputs: Vec<Input>,
}

/// One input: a field's ids, or a dense input in quantile bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub name: String,
    pub kind: InputKind,
    pub n_bins: usize,
    /// `[n_rows]`
    pub bins: Vec<u16>,
}

/// What an input's bins mean.
#[derive(Debug, Clone, PartialEq)]
pub enum InputKind {
    /// Ids without an order: a split sends a set of them one way. Bin = id; ids beyond the last bin share it.
    Categories,
    /// Ids of ascending buckets. Bin = id; missing values come first.
    Buckets,
    /// A dense input. Bin = number of edges below the value.
    Dense { edges: Vec<f64> },
}

impl TreeInputs {
    /// Bins the encoded log; the quantiles of dense inputs are those of the training rows.
    pub fn new(prepared: &Prepared) -> Self {
        let (fitted, encoded) = (&prepared.fitted, &prepared.encoded);
        let (n_rows, n_fields, n_dense) = (encoded.n_rows, fitted.fields.len(), fitted.dense.len());
        let mut inputs = Vec::with_capacity(n_fields + n_dense);
        for (index, field) in fitted.fields.iter().enumerate() {
            let kind = match field.encoding {
                FieldEncoding::Buckets { .. } => InputKind::Buckets,
                _ => InputKind::Categories,
            };
            let n_bins = field.vocabulary_size().min(MAX_BINS);
            let bins = id_bins(encoded, n_bins, index, n_fields);
            inputs.push(Input { name: field.name.clone(), kind, n_bins, bins });
        }
        for (index, dense) in fitted.dense.iter().enumerate() {
            let values: Vec<f64> =
                encoded.dense.iter().skip(index).step_by(n_dense).map(|&value| f64::from(value)).collect();
            let edges = quantile_edges(prepared.split.train.iter().map(|&row| values[row as usize]).collect());
            let bins = value_bins(&values, &edges);
            let n_bins = edges.len() + 1;
            inputs.push(Input { name: dense.name.clone(), kind: InputKind::Dense { edges }, n_bins, bins });
        }
        Self { n_rows, inputs }
    }

    /// Other impressions in the same bins.
    pub fn binned(&self, encoded: &EncodedLog) -> Self {
        let n_dense = self.inputs.iter().filter(|input| matches!(input.kind, InputKind::Dense { .. })).count();
        let n_fields = self.inputs.len() - n_dense;
        let inputs = self.inputs.iter().enumerate().map(|(index, input)| {
            let bins = match &input.kind {
                InputKind::Dense { edges } => {
                    let column = encoded.dense.iter().skip(index - n_fields).step_by(n_dense);
                    value_bins(&column.map(|&value| f64::from(value)).collect::<Vec<_>>(), edges)
                }
                _ => id_bins(encoded, input.n_bins, index, n_fields),
            };
            Input { name: input.name.clone(), kind: input.kind.clone(), n_bins: input.n_bins, bins }
        });
        Self { n_rows: encoded.n_rows, inputs: inputs.collect() }
    }
}

fn id_bins(encoded: &EncodedLog, n_bins: usize, index: usize, n_fields: usize) -> Vec<u16> {
    let bin = |id: &u32| (*id as usize).min(n_bins - 1) as u16;
    encoded.ids.iter().skip(index).step_by(n_fields).map(bin).collect()
}

fn value_bins(values: &[f64], edges: &[f64]) -> Vec<u16> {
    values.iter().map(|value| edges.partition_point(|edge| edge < value) as u16).collect()
}

impl Input {
    /// Whether bins have an order that a split may cut.
    pub fn is_ordered(&self) -> bool {
        !matches!(self.kind, InputKind::Categories)
    }

    /// First bin that training can have filled with known values.
    pub fn first_known(&self) -> usize {
        if matches!(self.kind, InputKind::Dense { .. }) { 0 } else { ID_FIRST as usize }
    }
}

/// Midpoints between neighbouring distinct values, at most [`DENSE_BINS`] − 1 of them, evenly over the rows.
fn quantile_edges(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    let midpoint = |pair: &[f64]| (pair[0] + pair[1]) / 2.0;
    if distinct.len() <= DENSE_BINS {
        return distinct.windows(2).map(midpoint).collect();
    }
    let edge = |k: usize| {
        let value = values[k * values.len() / DENSE_BINS];
        let place = distinct.partition_point(|&x| x < value);
        (place > 0).then(|| midpoint(&distinct[place - 1..=place]))
    };
    let mut edges: Vec<f64> = (1..DENSE_BINS).filter_map(edge).collect();
    edges.dedup();
    edges
}
