//! Why training cannot start or go on.

use crate::domain::spec::SpecError;

/// What the engine refuses or gives up on, with what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The loss is not a number any more. The trainer holds the last good state.
    #[error("the loss is not finite at step {step}: {cause}; {remedy}")]
    Diverged {
        /// Steps done when the loss was measured: 1 is the first.
        step: u64,
        cause: String,
        remedy: String,
    },
    #[error(
        "early stopping watches \"{metric}\", which is undefined on the validation rows: {reason}; watch another metric, or set more rows aside with split.validation_share"
    )]
    StopMetric { metric: String, reason: String },
    #[error("there is no row to train on; give the log more rows or hold out fewer")]
    NoTrainingRow,
    #[error("there is no feature to learn from; give at least one column the role categorical or numerical")]
    NoFeature,
    #[error(transparent)]
    Model(#[from] SpecError),
    #[error(
        "model \"{model}\": trees learn one question at a time, but the event \"{event}\" spans several; supervise the answer of each question"
    )]
    SeveralQuestions { model: String, event: String },
    #[error(
        "model \"{model}\": no event of its objective is the answer of the question \"{question}\"; add one, trees learn nothing else about it"
    )]
    QuestionWithoutTrees { model: String, question: String },
    #[error("model \"{model}\" is made of trees; a network's trainer cannot train it")]
    NotANetwork { model: String },
    #[error("the weights do not fit the network: {0}")]
    Weights(String),
    #[error("the device could not hand its numbers back: {0}")]
    Readback(String),
}
