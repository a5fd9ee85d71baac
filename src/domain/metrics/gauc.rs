//! AUC within groups (users, searches), averaged.
use super::Undefined;

/// How groups are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupWeight {
    /// Every group counts once (ESM²).
    One,
    Impressions,
    Clicks,
}

/// Grouped AUC and how much of the log it covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gauc {
    pub value: f64,
    pub groups_used: usize,
    /// Groups with one class, which have no AUC.
    pub groups_skipped: usize,
}

/// Grouped AUC.
///
/// # Errors
/// [`Undefined::NoMixedGroup`] when no group has both classes.
pub fn gauc(scores: &[f64], labels: &[bool], groups: &[u32], weight: GroupWeight) -> Result<Gauc, Undefined> {
    let _ = (scores, labels, groups, weight);
    todo!()
}
