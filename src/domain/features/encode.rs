//! Raw columns → ids and dense inputs.
use super::{EncodedLog, FittedFeatures};
use crate::domain::log::ImpressionLog;

impl FittedFeatures {
    /// Encodes every row of `log`, whose features must be those fitted.
    pub fn encode(&self, log: &ImpressionLog) -> EncodedLog {
        let _ = log;
        todo!()
    }
}
