//! What a run says: its steps, its evaluations, and the readings that the page draws.
//!
//! Invariant: every number here is finite; what cannot be computed is absent or a reason (JSON has no NaN).

mod certainty;
mod compare;
mod early_stopping;
mod embedding;
mod evaluate;
mod flow;
mod late;
mod learning;
mod maturity;
mod noise;
mod own_predictions;
mod part;
mod predictions;
mod predictions_evaluate;
mod predictions_read;
mod readings;
mod run;
mod sheet;
mod significance;
mod slices;
mod supervision;
mod tasks;
mod towers;
mod tree;
mod verdict;
mod view;

pub use certainty::{FEWEST_SEEDS, Needed};
pub use compare::{
    Comparisons, Measure, ModelComparison, ModelSummary, Spread, compare, default_baseline, over_seeds, seed_pairs,
    summarize,
};
pub use early_stopping::{EarlyStoppingReport, EpochValue, Verdict};
pub use embedding::{EmbeddingPoint, EmbeddingReading, embedding_reading};
pub use evaluate::{constant_rate_on, evaluate, evaluate_with_common_ctr, predicted_ctr, read_impression, read_rows};
pub use flow::{FLOW_ROWS, FieldFlow, FlowReading, TermFlow, TowerFlow};
pub use late::TaskMaturity;
pub use learning::{Training, is_middle};
pub use maturity::{DelayReading, MaturityPoint, Standing};
pub use own_predictions::{OwnPredictions, OwnPredictionsError, evaluate_own_predictions, is_predictions_file};
pub use part::{PartReading, PredictionBox, RowsPart, read_part};
pub use predictions::{Predictions, write_predictions_csv};
pub use predictions_evaluate::{EvaluateOptions, EvaluatedRun, PredictionsReport, evaluate_predictions_csv};
pub use predictions_read::PredictionsError;
pub use readings::{
    BandReading, DecileReading, DensityReading, EdgeReading, Evaluation, EventRows, Histogram, ImpressionReading,
    Rates, Scope, TowerReading, TreeReading,
};
pub use run::{
    CurvePoint, FailedRun, IntervalMethod, LogSummary, Population, Report, RunReport, last_epoch_readings,
    on_which_runs_agree,
};
pub use sheet::{SheetError, WeightsSheet};
pub use verdict::{Compared, Difference, FEWEST_TO_JUDGE, Judgement, paired_difference, why_untold_alone};
