//! Draft runs: a comparison in miniature, while the controls of an experiment still move.

use serde::{Deserialize, Serialize};

use super::{LoadedLog, Progress, wire};
use crate::domain::report::Evaluation;
use crate::domain::spec::TrainPlan;
use crate::domain::synth::SynthSpec;

/// One model of a draft: what is generated and trained, apart from the log and the run that the worker holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftAsk {
    pub synth: SynthSpec,
    #[serde(with = "wire::as_json")]
    pub plan: TrainPlan,
    /// Milliseconds of training after which the worker gives up.
    pub longest: f64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Drafted {
    Trained(Box<DraftRun>),
    /// The time was over after this share of the steps, 0 to 1.
    TooSlow {
        share: f64,
    },
}

/// A draft run that was trained to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftRun {
    /// The log without its rows.
    pub log: LoadedLog,
    /// Where the training ended.
    pub progress: Progress,
    /// At its end, without intervals, and without what the Story does not show.
    pub evaluation: Evaluation,
    /// Seconds of work: generating, encoding, training, evaluating.
    pub seconds: f64,
}
