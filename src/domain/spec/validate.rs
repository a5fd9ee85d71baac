//! What a spec must hold before anything runs.
use super::RunSpec;
use crate::domain::behavior::TreeError;

/// Why a spec cannot run: the key, the value and the range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpecError {
    #[error("{key} is {value}; it must be {range}")]
    OutOfRange { key: String, value: String, range: String },
    #[error("model \"{model}\": {source}")]
    Tree { model: String, source: TreeError },
}

impl RunSpec {
    /// Checks every range and every model.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate(&self) -> Result<(), SpecError> {
        todo!()
    }
}
