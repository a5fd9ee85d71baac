//! Why training cannot start or go on.

use crate::domain::spec::SpecError;

/// What the engine refuses or gives up on, with what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The loss is not a number any more. The trainer holds the last good state.
    #[error("{}", words!(engine::diverged, step = .step, cause = .cause, remedy = .remedy))]
    Diverged {
        /// Steps done when the loss was measured: 1 is the first.
        step: u64,
        cause: String,
        remedy: String,
    },
    #[error("{}", words!(engine::stop_metric, metric = .metric, reason = .reason))]
    StopMetric { metric: String, reason: String },
    #[error("{}", words!(engine::no_training_row))]
    NoTrainingRow,
    #[error("{}", words!(engine::no_feature))]
    NoFeature,
    #[error(transparent)]
    Model(#[from] SpecError),
    #[error("{}", words!(engine::several_questions, model = .model, event = .event))]
    SeveralQuestions { model: String, event: String },
    #[error("{}", words!(engine::question_without_trees, model = .model, question = .question))]
    QuestionWithoutTrees { model: String, question: String },
    #[error("{}", words!(engine::not_a_network, model = .model))]
    NotANetwork { model: String },
    /// Embedded values times the numbers of each, with what training keeps beside them; in bytes.
    #[error("{}", too_large(*rows, *size, *needed, *left, *fits))]
    TableTooLarge { rows: usize, size: usize, needed: u64, left: u64, fits: usize },
    #[error("{}", words!(engine::weights, reason = .0))]
    Weights(String),
    #[error("{}", words!(engine::weights_file, reason = .0))]
    WeightsFile(String),
    #[error("{}", words!(engine::trees_file, reason = .0))]
    TreesFile(String),
    #[error("{}", words!(engine::readback, reason = .0))]
    Readback(String),
}

fn too_large(rows: usize, size: usize, needed: u64, left: u64, fits: usize) -> String {
    let gigabytes = |bytes: u64| text!(engine::gigabytes, size = format!("{:.1}", bytes as f64 / 1e9));
    let remedy = match fits {
        0 => text!(engine::fewer_values).to_owned(),
        _ => text!(engine::smaller_embedding, fits = fits),
    };
    let (needed, left) = (gigabytes(needed), gigabytes(left));
    text!(engine::table_too_large, rows = rows, size = size, needed = needed, left = left, remedy = remedy)
}
