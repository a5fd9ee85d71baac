//! Bootstrap over users (rows when there is no user).

/// How intervals are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    pub replicates: usize,
    pub seed: u64,
}

/// How often each row is drawn in one replicate: whole units (users) together.
pub fn resample_weights(units: Option<&[u32]>, n_rows: usize, bootstrap: Bootstrap, replicate: usize) -> Vec<f64> {
    let _ = (units, n_rows, bootstrap, replicate);
    todo!()
}
