//! Fits encoders on training rows.
use super::FittedFeatures;
use crate::domain::log::ImpressionLog;
use crate::domain::spec::FeatureSpec;

/// Why features cannot be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    #[error("the log has no feature column; give at least one column the role categorical or numerical")]
    NoFeature,
}

impl FittedFeatures {
    /// Fits on `train_rows` of `log`.
    ///
    /// # Errors
    /// When the log has no feature.
    pub fn fit(log: &ImpressionLog, train_rows: &[u32], spec: &FeatureSpec) -> Result<Self, FeatureError> {
        let _ = (log, train_rows, spec);
        todo!()
    }
}
