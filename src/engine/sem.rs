//! SEM, the shared embedding module: field ids to the towers' input.
//!
//! All fields of all copies are one table: field `f`'s id `i` of copy `c` is row `c·rows_per_copy + offset_f + i`.
//! Shared embeddings are one copy; unshared ones (ESMM-NS) a copy for each tower.
//! Source: Ma et al. 2018, figure 2 (sum within groups); Wen et al. 2020, section 3.2 (concatenation).

use burn::tensor::Tensor;

use super::random::{HostRandom, Stream};
use crate::domain::features::FittedFeatures;
use crate::domain::spec::{NetworkSpec, Pooling};

/// Standard deviation of the initial embeddings.
const EMBEDDING_STD: f64 = 0.05;

/// Where everything of the embedding table is, and how it is pooled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SemLayout {
    /// In pooled order: fields of one group lie together.
    pub fields: Vec<Field>,
    /// Sizes of the pooled groups, in order. One field each when fields are concatenated.
    group_sizes: Vec<usize>,
    /// 1, or the number of towers when embeddings are not shared.
    pub copies: usize,
    pub rows_per_copy: usize,
    pub embedding_size: usize,
    pub n_dense: usize,
}

/// One embedded field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub name: String,
    /// Column in the encoded log.
    pub column: usize,
    /// First row in a copy of the table.
    pub offset: usize,
    pub vocabulary_size: usize,
}

impl SemLayout {
    pub(crate) fn new(fitted: &FittedFeatures, network: &NetworkSpec, n_towers: usize) -> Self {
        let mut fields = Vec::with_capacity(fitted.fields.len());
        let mut rows_per_copy = 0;
        for (column, field) in fitted.fields.iter().enumerate() {
            let vocabulary_size = field.vocabulary_size();
            fields.push(Field { name: field.name.clone(), column, offset: rows_per_copy, vocabulary_size });
            rows_per_copy += vocabulary_size;
        }
        let group_sizes = match network.pooling {
            Pooling::Concatenate => vec![1; fields.len()],
            Pooling::SumByGroup => {
                fields.sort_by_key(|field| fitted.fields[field.column].group); // stable: log order within a group
                let same_group = |a: &Field, b: &Field| fitted.fields[a.column].group == fitted.fields[b.column].group;
                fields.chunk_by(same_group).map(<[Field]>::len).collect()
            }
        };
        let copies = if network.share_embeddings { 1 } else { n_towers };
        let (embedding_size, n_dense) = (network.embedding_size, fitted.dense.len());
        Self { fields, group_sizes, copies, rows_per_copy, embedding_size, n_dense }
    }

    /// Width of the towers' input.
    pub(crate) fn input_size(&self) -> usize {
        self.group_sizes.len() * self.embedding_size + self.n_dense
    }

    /// Rows of the whole table.
    pub(crate) fn table_rows(&self) -> usize {
        self.copies * self.rows_per_copy
    }

    /// Initial embeddings, N(0, 0.05²), `[table_rows, embedding_size]`.
    ///
    /// Small beside the towers' He-uniform weights, so that an id seen once does not yet speak loudly.
    pub(crate) fn initial_values(&self, seed: u64) -> Vec<f32> {
        let count = self.table_rows() * self.embedding_size;
        HostRandom::new(seed, Stream::Embeddings).normals(count, EMBEDDING_STD)
    }

    /// Pools gathered embeddings and joins the dense inputs.
    ///
    /// # Shapes
    /// - `gathered`: `[copies · batch · fields, embedding_size]`, absent without fields
    /// - `dense`: `[batch, n_dense]`, absent without dense inputs
    /// - returns `[copies, batch, input_size]`; `[1, …]` without fields
    pub(crate) fn pool(&self, gathered: Option<Tensor<2>>, dense: Option<Tensor<2>>) -> Option<Tensor<3>> {
        let pooled = gathered.map(|rows| self.pool_fields(rows));
        match (pooled, dense) {
            (Some(pooled), None) => Some(pooled),
            (None, Some(dense)) => Some(dense.unsqueeze_dim::<3>(0)),
            (Some(pooled), Some(dense)) => {
                let [batch, n_dense] = dense.dims();
                let dense = dense.unsqueeze_dim::<3>(0).expand([self.copies, batch, n_dense]);
                Some(Tensor::cat(vec![pooled, dense], 2))
            }
            (None, None) => None,
        }
    }

    fn pool_fields(&self, rows: Tensor<2>) -> Tensor<3> {
        let (n_fields, size) = (self.fields.len(), self.embedding_size);
        let batch = rows.dims()[0] / (self.copies * n_fields);
        if self.group_sizes.len() == n_fields {
            return rows.reshape([self.copies, batch, n_fields * size]);
        }
        let rows = rows.reshape([self.copies * batch, n_fields, size]);
        let mut start = 0;
        let mut groups = Vec::with_capacity(self.group_sizes.len());
        for &length in &self.group_sizes {
            let group = rows.clone().narrow(1, start, length).sum_dim(1);
            groups.push(group.reshape([self.copies, batch, size]));
            start += length;
        }
        Tensor::cat(groups, 2)
    }
}
