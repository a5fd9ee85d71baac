//! Why a metric has no value.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

/// Why a metric has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Undefined {
    #[error("{}", words!(undefined::no_rows))]
    NoRows,
    #[error("{}", words!(undefined::no_positive))]
    NoPositive,
    #[error("{}", words!(undefined::no_negative))]
    NoNegative,
    #[error("{}", words!(undefined::truth_unknown))]
    TruthUnknown,
    #[error("{}", words!(undefined::constant))]
    Constant,
    #[error("{}", words!(undefined::not_of_this_task))]
    NotOfThisTask,
    #[error("{}", words!(undefined::no_positive_in_half))]
    NoPositiveInHalf,
    #[error("{}", words!(undefined::no_click))]
    NoClick,
    #[error("{}", words!(undefined::no_mixed_group))]
    NoMixedGroup,
    #[error("{}", words!(undefined::no_group))]
    NoGroup,
    #[error("{}", words!(undefined::no_label))]
    NoLabel,
    #[error("{}", words!(undefined::too_few_labels))]
    TooFewLabels,
    #[error("{}", words!(undefined::too_few_rows))]
    TooFewRows,
    #[error("{}", words!(undefined::not_predicted))]
    NotPredicted,
    #[error("{}", words!(undefined::partly_predicted))]
    PartlyPredicted,
    #[error("{}", words!(undefined::other_rows))]
    OtherRows,
    #[error("{}", words!(undefined::still_to_come))]
    StillToCome,
    /// Of a report that gives another reason than these.
    #[error("{}", words!(undefined::unknown))]
    Unknown,
}

impl Undefined {
    /// Every reason, in the order of the variants.
    pub const ALL: [Self; 18] = [
        Self::NoRows,
        Self::NoPositive,
        Self::NoNegative,
        Self::TruthUnknown,
        Self::Constant,
        Self::NotOfThisTask,
        Self::NoPositiveInHalf,
        Self::NoClick,
        Self::NoMixedGroup,
        Self::NoGroup,
        Self::NoLabel,
        Self::TooFewLabels,
        Self::TooFewRows,
        Self::NotPredicted,
        Self::PartlyPredicted,
        Self::OtherRows,
        Self::StillToCome,
        Self::Unknown,
    ];
}

/// Why a metric has no value, and of which of several seeds that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoValue {
    pub reason: Undefined,
    /// The first seed without a value, where several were to be averaged.
    pub seed: Option<u64>,
}

impl From<Undefined> for NoValue {
    fn from(reason: Undefined) -> Self {
        Self { reason, seed: None }
    }
}

impl Display for NoValue {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self.seed {
            Some(seed) => f.write_str(&text!(report::with_seed, reason = self.reason, seed = seed)),
            None => self.reason.fmt(f),
        }
    }
}

impl NoValue {
    /// The reason that a report gives in these words; [`Undefined::Unknown`] for words of another version or language.
    pub(super) fn from_words(words: &str) -> Self {
        let in_these_words = |reason: Undefined| {
            let rest = words.strip_prefix(&reason.to_string())?;
            let seed = rest.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok();
            let why = Self { reason, seed };
            (why.to_string() == words).then_some(why)
        };
        Undefined::ALL.into_iter().find_map(in_these_words).unwrap_or(Undefined::Unknown.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metrics::Metric;

    #[test]
    fn every_reason_is_listed_in_its_place() {
        for (place, reason) in Undefined::ALL.into_iter().enumerate() {
            assert_eq!(postcard::to_allocvec(&reason), Ok(vec![place as u8]));
        }
        assert!(postcard::from_bytes::<Undefined>(&[Undefined::ALL.len() as u8]).is_err());
    }

    #[test]
    fn a_report_gives_the_reason_in_words_and_is_read_back() {
        for reason in Undefined::ALL {
            for (seed, words) in [(None, reason.to_string()), (Some(3), format!("{reason} (seed 3)"))] {
                let metric = Metric::Undefined(NoValue { reason, seed });
                let json = serde_json::to_string(&metric).unwrap();
                if option_env!("PAGE_LANGUAGE").is_none() {
                    assert_eq!(json, format!("{{\"undefined\":\"{words}\"}}"));
                }
                assert_eq!(serde_json::from_str::<Metric>(&json).unwrap(), metric);
            }
        }
        let older: Metric = serde_json::from_str("{\"undefined\":\"the moon was full\"}").unwrap();
        assert_eq!(older, Undefined::Unknown.into());
    }
}
