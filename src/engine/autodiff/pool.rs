//! Pooling on Burn; see `engine/sem.rs`.

use burn::tensor::Tensor;

use crate::engine::sem::SemLayout;

/// Pools gathered embeddings and joins the dense inputs.
///
/// # Shapes
/// - `gathered`: `[copies · batch · places, embedding_size]`, absent without fields
/// - `dense`: `[batch, n_dense + n_weights]`, absent without either
/// - returns `[copies, batch, input_size]`; `[1, …]` without fields
pub(crate) fn pool(layout: &SemLayout, gathered: Option<Tensor<2>>, dense: Option<Tensor<2>>) -> Option<Tensor<3>> {
    let weights = dense
        .as_ref()
        .filter(|_| layout.has_lists())
        .map(|dense| dense.clone().narrow(1, layout.n_dense, layout.n_weights()));
    let dense = dense.filter(|_| layout.n_dense > 0).map(|dense| match layout.has_lists() {
        true => dense.narrow(1, 0, layout.n_dense),
        false => dense,
    });
    let pooled = gathered.map(|rows| pool_fields(layout, rows, weights));
    match (pooled, dense) {
        (Some(pooled), None) => Some(pooled),
        (None, Some(dense)) => Some(dense.unsqueeze_dim::<3>(0)),
        (Some(pooled), Some(dense)) => {
            let [batch, n_dense] = dense.dims();
            let dense = dense.unsqueeze_dim::<3>(0).expand([layout.copies, batch, n_dense]);
            Some(Tensor::cat(vec![pooled, dense], 2))
        }
        (None, None) => None,
    }
}

fn pool_fields(layout: &SemLayout, rows: Tensor<2>, weights: Option<Tensor<2>>) -> Tensor<3> {
    let (n_places, size) = (layout.n_places(), layout.embedding_size);
    let batch = rows.dims()[0] / (layout.copies * n_places);
    if layout.group_sizes.len() == n_places {
        return rows.reshape([layout.copies, batch, n_places * size]);
    }
    let rows = match weights {
        Some(weights) => {
            let rows = rows.reshape([layout.copies, batch, n_places, size]);
            (rows * weights.reshape([1, batch, n_places, 1])).reshape([layout.copies * batch, n_places, size])
        }
        None => rows.reshape([layout.copies * batch, n_places, size]),
    };
    let mut start = 0;
    let mut groups = Vec::with_capacity(layout.group_sizes.len());
    for &length in &layout.group_sizes {
        let group = rows.clone().narrow(1, start, length).sum_dim(1);
        groups.push(group.reshape([layout.copies, batch, size]));
        start += length;
    }
    Tensor::cat(groups, 2)
}
