//! Metrics on the host in f64, over a whole evaluation set, never averaged per batch.
//!
//! One file each; the registry lists them with their keys. A metric that cannot be computed says why:
//! [`Metric::Undefined`], never 0 or 0.5.

mod auc;
mod bootstrap;
mod calibration;
mod constant;
mod curves;
mod f1;
mod gauc;
#[cfg(test)]
mod given;
mod goal;
#[cfg(test)]
mod golden;
mod independence;
mod input;
mod interval;
mod key;
mod logloss;
mod operating;
mod precision;
mod ranking;
mod registry;
mod slice_estimates;
mod slices;
mod student;
mod threshold;
mod truth;
mod undefined;
mod unit_sums;
mod walk;

pub use auc::auc;
pub use bootstrap::Bootstrap;
pub use constant::constant_rate;
pub use curves::{CalibrationPoint, Curves, PrPoint, RocPoint, curves};
pub use goal::Goal;
pub use input::{Exposure, GroupCoverage, MetricInput, TASKS, TaskInput, as_f32_carries};
pub use interval::{
    FEWEST_EVENTS, FEWEST_GROUPS, FEWEST_HITS, FEWEST_REPLICATES, NoInterval, NoiseLaw, Scale, Support, has_interval,
    variance,
};
pub use key::MetricKey;
pub use operating::{OperatingPoint, cheapest, operating_points};
pub use ranking::{Ranking, Tie};
pub use registry::{METRICS, Measured, Measurement, MetricInfo, metric_names};
pub use slices::{FeatureSlices, NO_SLICE, Slice, SliceFinding, SliceFlag, SliceMembership, TaskSlices, discoveries};
pub use student::{Z_975, lower_p, t_975, t_two_sided_p, two_sided_p};
pub use undefined::{NoValue, Undefined};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A metric's value with its interval, or the reason why it has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Metric {
    /// `low` and `high` bound 95 % ([`Support::interval`]); equal to `value` when there is no interval: no replicates were
    /// drawn, or it rests on too little ([`Support::law`] says on what).
    Value {
        value: f64,
        low: f64,
        high: f64,
    },
    Undefined(NoValue),
}

impl From<Undefined> for Metric {
    fn from(reason: Undefined) -> Self {
        Self::Undefined(reason.into())
    }
}

/// A metric as it is written for people: `{value, low, high}` or `{undefined}`.
///
/// Plain fields rather than an untagged enum, whose buffering would be compiled once more for every type within.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undefined: Option<String>,
}

/// A metric as it is written for machines, where absent fields cannot be told from others.
#[derive(Serialize, Deserialize)]
enum MetricParts {
    Value(f64, f64, f64),
    Undefined(NoValue),
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return MetricFields::from(self.clone()).serialize(serializer);
        }
        let parts = match self.clone() {
            Self::Value { value, low, high } => MetricParts::Value(value, low, high),
            Self::Undefined(why) => MetricParts::Undefined(why),
        };
        parts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return MetricFields::deserialize(deserializer)?.try_into().map_err(D::Error::custom);
        }
        Ok(match MetricParts::deserialize(deserializer)? {
            MetricParts::Value(value, low, high) => Self::Value { value, low, high },
            MetricParts::Undefined(why) => Self::Undefined(why),
        })
    }
}

impl From<Metric> for MetricFields {
    fn from(metric: Metric) -> Self {
        match metric {
            Metric::Value { value, low, high } => {
                Self { value: Some(value), low: Some(low), high: Some(high), undefined: None }
            }
            Metric::Undefined(why) => Self { value: None, low: None, high: None, undefined: Some(why.to_string()) },
        }
    }
}

impl TryFrom<MetricFields> for Metric {
    type Error = &'static str;

    fn try_from(fields: MetricFields) -> Result<Self, Self::Error> {
        match fields {
            MetricFields { value: Some(value), low: Some(low), high: Some(high), undefined: None } => {
                Ok(Self::Value { value, low, high })
            }
            MetricFields { value: None, low: None, high: None, undefined: Some(words) } => {
                Ok(Self::Undefined(NoValue::from_words(&words)))
            }
            _ => Err(text!(report::metric_fields)),
        }
    }
}

impl Metric {
    /// The value, when there is one.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Value { value, .. } => Some(*value),
            Self::Undefined(_) => None,
        }
    }
}
