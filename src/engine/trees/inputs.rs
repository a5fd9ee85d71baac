//! The encoded log as small whole numbers, column by column: what trees split on.

use crate::domain::features::{EncodedLog, FieldEncoding, ID_FIRST, ID_MISSING, ID_UNKNOWN, Prepared};

/// Bins of a field at the most. Ids are given by frequency, so what has no bin is rarer than all that has one.
const MAX_BINS: usize = 1 << 16;

/// Categories that have a bin however rare they are, the most frequent first: one less than LightGBM's `max_bin`.
const SURE_CATEGORIES: usize = 254;

/// Further categories have a bin until this share of the training rows' values has one. Source: `BinMapper::FindBin` of
/// LightGBM 4.
const BINNED_SHARE: f64 = 0.99;

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
    /// `[n_rows]`; of lists every row's bins after those of the row before, each once.
    pub bins: Vec<u16>,
}

/// What an input's bins mean.
#[derive(Debug, Clone, PartialEq)]
pub enum InputKind {
    /// Ids without an order: a split names some of them. Bin = id; an id beyond the last bin, which is a rare one's, is
    /// in the bin of the unknown ones.
    Categories,
    /// As `Categories`, with at least one of them a row.
    Lists {
        /// `[n_rows]`: where each row's bins end.
        ends: Vec<u32>,
    },
    /// Ids of ascending buckets. Bin = id; missing values come first.
    Buckets,
    /// A dense input. Bin = number of edges below the value.
    Dense { edges: Vec<f64> },
}

impl TreeInputs {
    /// Bins the encoded log; the quantiles of dense inputs are those of the training rows.
    pub fn new(prepared: &Prepared) -> Self {
        let (fitted, encoded) = (&prepared.fitted, &prepared.encoded);
        let (n_fields, n_dense) = (fitted.fields.len(), fitted.dense.len());
        let mut inputs = Vec::with_capacity(n_fields + n_dense);
        for (index, field) in fitted.fields.iter().enumerate() {
            let kind = match field.encoding {
                FieldEncoding::Vocabulary { .. } => InputKind::Categories,
                FieldEncoding::Lists { .. } => InputKind::Lists { ends: Vec::new() },
                FieldEncoding::Buckets { .. } => InputKind::Buckets,
            };
            let n_bins = field.vocabulary_size().min(MAX_BINS);
            let empty = Input { name: field.name.clone(), kind, n_bins, bins: Vec::new() };
            let mut input = empty.binned(encoded, index, n_fields);
            if !input.is_ordered() && n_bins > ID_FIRST as usize + SURE_CATEGORIES {
                input.n_bins = frequent_bins(&input, &prepared.split.train);
                input = input.binned(encoded, index, n_fields);
            }
            inputs.push(input);
        }
        for (index, dense) in fitted.dense.iter().enumerate() {
            let values: Vec<f64> = dense_column(encoded, index, n_dense).collect();
            let edges = quantile_edges(prepared.split.train.iter().map(|&row| values[row as usize]).collect());
            let (name, n_bins) = (dense.name.clone(), edges.len() + 1);
            let bins = values.iter().map(|&value| value_bin(value, &edges)).collect();
            inputs.push(Input { name, kind: InputKind::Dense { edges }, n_bins, bins });
        }
        Self { n_rows: encoded.n_rows, inputs }
    }

    /// Other impressions in the same bins.
    pub fn binned(&self, encoded: &EncodedLog) -> Self {
        let n_dense = self.inputs.iter().filter(|input| matches!(input.kind, InputKind::Dense { .. })).count();
        let n_fields = self.inputs.len() - n_dense;
        let inputs = self.inputs.iter().enumerate().map(|(index, input)| match &input.kind {
            InputKind::Dense { edges } => {
                let values = dense_column(encoded, index - n_fields, n_dense);
                Input { bins: values.map(|value| value_bin(value, edges)).collect(), ..input.clone() }
            }
            _ => input.binned(encoded, index, n_fields),
        });
        Self { n_rows: encoded.n_rows, inputs: inputs.collect() }
    }
}

impl Input {
    /// The bins of a row: one, or of lists at least one.
    pub fn row(&self, row: usize) -> &[u16] {
        match &self.kind {
            InputKind::Lists { ends } => {
                let start = if row == 0 { 0 } else { ends[row - 1] };
                &self.bins[start as usize..ends[row] as usize]
            }
            _ => &self.bins[row..=row],
        }
    }

    /// Whether its bins have an order that a split may cut.
    pub fn is_ordered(&self) -> bool {
        matches!(self.kind, InputKind::Buckets | InputKind::Dense { .. })
    }

    /// The ids of field `index` in this input's bins.
    fn binned(&self, encoded: &EncodedLog, index: usize, n_fields: usize) -> Self {
        let bin = |&id: &u32| if (id as usize) < self.n_bins { id as u16 } else { ID_UNKNOWN as u16 };
        let list = encoded.lists.iter().find(|list| list.field == index);
        let (kind, bins) = match (&self.kind, list) {
            (InputKind::Lists { .. }, Some(list)) => {
                let (mut bins, mut ends) = (Vec::with_capacity(list.ids.len()), Vec::with_capacity(encoded.n_rows));
                for row in 0..encoded.n_rows {
                    let mut of_row: Vec<u16> = list.row(row).iter().map(bin).collect();
                    of_row.sort_unstable();
                    of_row.dedup();
                    bins.extend(of_row);
                    ends.push(bins.len() as u32);
                }
                (InputKind::Lists { ends }, bins)
            }
            (kind, _) => (kind.clone(), encoded.ids.iter().skip(index).step_by(n_fields).map(bin).collect()),
        };
        Self { name: self.name.clone(), kind, n_bins: self.n_bins, bins }
    }
}

/// How many of a field's bins are kept: the rarest categories are to be one with the unknown ones.
fn frequent_bins(input: &Input, train: &[u32]) -> usize {
    let mut counts = vec![0_usize; input.n_bins];
    let values = train.iter().flat_map(|&row| input.row(row as usize));
    values.for_each(|&bin| counts[usize::from(bin)] += 1);
    let present = counts.iter().sum::<usize>() - counts[ID_MISSING as usize];
    let enough = libm::round(present as f64 * BINNED_SHARE) as usize;
    let (mut n_bins, mut binned) = (ID_FIRST as usize, 0);
    for count in &counts[ID_FIRST as usize..] {
        if n_bins >= ID_FIRST as usize + SURE_CATEGORIES && binned >= enough {
            break;
        }
        n_bins += 1;
        binned += count;
    }
    n_bins
}

fn dense_column(encoded: &EncodedLog, index: usize, n_dense: usize) -> impl Iterator<Item = f64> {
    encoded.dense.iter().skip(index).step_by(n_dense).map(|&value| f64::from(value))
}

fn value_bin(value: f64, edges: &[f64]) -> u16 {
    edges.partition_point(|&edge| edge < value) as u16
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
