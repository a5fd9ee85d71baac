//! The tree over a part of the held-out rows that the reader chooses: a slice of a feature, or a rectangle of predictions.

use serde::{Deserialize, Serialize};

use super::readings::{Scope, TreeReading};
use super::slices::{membership, slice_features};
use super::supervision::supervision;
use super::tree::tree_over;
use super::view::View;
use crate::domain::event;
use crate::domain::log::ImpressionLog;
use crate::domain::metrics::SliceMembership;
use crate::domain::spec::ModelSpec;

/// Slices of one feature that are offered, the largest first; any can be asked for by its name.
const MAX_OFFERED: usize = 60;

/// Which held-out rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RowsPart {
    /// One slice of a feature, by the names that the slices of the metrics have.
    Slice { feature: String, value: String },
    /// The rows for which the model's own predictions lie in a rectangle.
    Brush(PredictionBox),
}

/// A rectangle of pCTR × pCVR: each a lower and an upper bound, neither of them within.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictionBox {
    pub p_ctr: (f64, f64),
    pub p_cvr: (f64, f64),
}

/// What a model says of a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartReading {
    /// Steps that the model had done.
    pub step: u64,
    /// What is read: the part asked for, or the largest slice of the (first) feature where there is none of that name.
    pub part: RowsPart,
    /// With no rows its rates are 0 and mean nothing.
    pub tree: TreeReading,
    /// Of its rows.
    pub clicked_rows: usize,
    /// What the log can be sliced by.
    pub features: Vec<String>,
    /// The largest slices of the feature with their rows, in the feature's own order; empty for a rectangle.
    pub slices: Vec<(String, usize)>,
    /// Slices that have rows.
    pub n_slices: usize,
}

impl PredictionBox {
    /// Whether both predictions are within.
    pub fn holds(&self, p_ctr: f64, p_cvr: f64) -> bool {
        let within = |p: f64, (low, high): (f64, f64)| p > low && p < high;
        within(p_ctr, self.p_ctr) && within(p_cvr, self.p_cvr)
    }
}

/// Reads a part of an evaluation's rows; `step` is the caller's. `None` when there is nothing to slice by, or, for a
/// rectangle, when the model has no events `ctr` and `cvr`.
///
/// # Shapes
/// - `logits`: `[eval_rows, questions]`, finite
///
/// # Panics
/// As [`super::evaluate`].
pub fn read_part(
    log: &ImpressionLog,
    model: &ModelSpec,
    eval_rows: &[u32],
    logits: &[f32],
    part: &RowsPart,
) -> Option<PartReading> {
    let view = View::new(log, &model.tree, eval_rows, logits);
    let features = slice_features(log);
    let mut reading = PartReading {
        step: 0,
        part: part.clone(),
        tree: TreeReading {
            scope: Scope::Part,
            rows: 0,
            is_early: false,
            population: None,
            edges: Vec::new(),
            events: Default::default(),
        },
        clicked_rows: 0,
        features,
        slices: Vec::new(),
        n_slices: 0,
    };
    let positions: Vec<usize> = match part {
        RowsPart::Brush(area) => {
            let p = |name: &str| {
                let index = view.tree.events.iter().position(|event| event.name == name)?;
                Some(&view.events[index].p)
            };
            let (ctr, cvr) = (p(event::CTR)?, p(event::CVR)?);
            (0..eval_rows.len()).filter(|&position| area.holds(ctr[position], cvr[position])).collect()
        }
        RowsPart::Slice { feature, value } => {
            let feature = if reading.features.contains(feature) { feature } else { reading.features.first()? };
            let membership = membership(log, eval_rows, feature)?;
            let rows = rows_of_slices(&membership);
            let largest = (0..rows.len()).max_by_key(|&slice| (rows[slice], std::cmp::Reverse(slice)))?;
            let slice = membership.values.iter().position(|name| name == value).unwrap_or(largest);
            reading.part =
                RowsPart::Slice { feature: membership.feature.clone(), value: membership.values[slice].clone() };
            reading.n_slices = rows.iter().filter(|&&rows| rows > 0).count();
            reading.slices = offered(&membership, &rows, slice);
            (0..eval_rows.len()).filter(|&p| membership.slice_of_row[p] as usize == slice).collect()
        }
    };
    reading.tree = tree_over(&view, &supervision(model), Scope::Part, &positions);
    reading.clicked_rows = positions.iter().filter(|&&position| view.clicked[position]).count();
    Some(reading)
}

fn rows_of_slices(membership: &SliceMembership) -> Vec<usize> {
    let mut rows = vec![0; membership.values.len()];
    for &slice in &membership.slice_of_row {
        // A row may be in no slice.
        if let Some(rows) = rows.get_mut(slice as usize) {
            *rows += 1;
        }
    }
    rows
}

/// The largest slices and the chosen one.
fn offered(membership: &SliceMembership, rows: &[usize], chosen: usize) -> Vec<(String, usize)> {
    let mut slices: Vec<usize> = (0..rows.len()).filter(|&slice| rows[slice] > 0).collect();
    slices.sort_by_key(|&slice| (slice != chosen, std::cmp::Reverse(rows[slice]), slice));
    slices.truncate(MAX_OFFERED);
    slices.sort_unstable();
    slices.into_iter().map(|slice| (membership.values[slice].clone(), rows[slice])).collect()
}
