//! What a run says: its steps, its evaluations, and the readings that the page draws.
//!
//! Invariant: every number here is finite; what cannot be computed is absent or a reason (JSON has no NaN).

mod predictions;
mod readings;
mod run;

pub use predictions::{Predictions, write_predictions_csv};
pub use readings::{
    DecileReading, DensityReading, EdgeReading, Evaluation, Histogram, ImpressionReading, Rates, Scope, TowerReading,
    TreeReading, evaluate, read_impression,
};
pub use run::{CurvePoint, LogSummary, Report, RunReport};
