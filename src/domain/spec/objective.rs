//! What a model minimises, as data: `models.md` section 4 of the design.
//!
//! The equations are in `engine/objective/losses.rs` (on tensors) and in `domain/objective/reference/losses.rs` (in plain
//! f64). Defaults are the papers' values; where a paper tunes over a set, the default is one of that set.

use serde::{Deserialize, Deserializer, Serialize};

use super::boosting::BOOSTING;
use super::{AuxiliaryTower, BoostingSpec};
use crate::domain::range::Range;
use crate::domain::setting::Setting;

/// What is minimised.
///
/// Every variant names the events that it supervises, each with a weight. An event seen from the first question is
/// supervised over all impressions; one with a condition (`cvr` given `ctr`) in the objective's own way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Objective {
    /// `Σ_e w_e · BCE(label_e, P(e))`, every event over all impressions. Source: Ma et al. 2018, eq. 3.
    EntireSpace {
        events: Vec<WeightedEvent>,
        /// Weight of the likelihood of (action, purchase) at clicks, which identifies y3 and y4 of ESM²; 0 leaves it
        /// out. `true` is 1, `false` is 0.
        #[serde(default, deserialize_with = "weight_or_switch", skip_serializing_if = "is_zero")]
        joint_action_purchase: f64,
    },
    /// `Σ_e w_e · BCE(label_e, P(e | given))`, each event averaged over the impressions that meet its condition:
    /// the conventional CVR model, trained on clicks.
    ClickSpace { events: Vec<WeightedEvent> },
    /// As `click_space`, every positive of a conditioned event counted `rate` times. Source: Ma et al. 2018, section
    /// 3.1 (OVERSAMPLING); Wen et al. 2020, section 4 (DNN-OS).
    Oversampled {
        events: Vec<WeightedEvent>,
        /// How often a positive click counts. The papers try 2, 3, 5 and 10.
        #[serde(default = "oversampling_rate")]
        rate: f64,
        /// Takes `ln rate` off the logit that is handed out, which undoes the inflation of the odds.
        #[serde(default)]
        prior_correction: bool,
    },
    /// As `click_space`, with a share of the unclicked impressions as negatives of the conditioned events (AMAN).
    /// Source: Ma et al. 2018, section 3.1, after Pan et al. 2008.
    UnclickedAsNegative {
        events: Vec<WeightedEvent>,
        /// Share of the unclicked impressions that are taken. The paper tries 0.1, 0.2, 0.5 and 1.
        #[serde(default = "one")]
        share: f64,
    },
    /// As `click_space` on clicks kept with a probability proportional to 1/pCTR (UNBIAS). Source: Ma et al. 2018,
    /// section 3.1, after Zhang et al. 2016.
    RejectionSampled { events: Vec<WeightedEvent> },
    /// One net for each event over all impressions, pCVR their ratio (DIVISION). Source: Ma et al. 2018, section 3.1.
    Division { events: Vec<WeightedEvent> },
    /// ESMM's loss and the conditioned event's over clicks, each click weighted by 1/pCTR. The weight of `cvr` is the
    /// paper's λ_c, that of `ctcvr` its λ_g. Source: Wang et al. 2022, eq. 7 and 13.
    Escm2Ips {
        events: Vec<WeightedEvent>,
        /// Smallest propensity that is divided by.
        #[serde(default = "escm2_clip")]
        clip: f64,
    },
    /// As `escm2_ips`, doubly robust by an imputation tower for the conditioned event's loss. Source: Wang et al. 2022,
    /// eq. 9–12.
    Escm2Dr {
        events: Vec<WeightedEvent>,
        /// Smallest propensity that is divided by.
        #[serde(default = "escm2_clip")]
        clip: f64,
    },
    /// Factual loss over clicks, counterfactual loss over the others, each weighted by its inverse propensity, and a soft
    /// constraint that the two probabilities add up to 1. Source: Zhu et al. 2023, eq. 9–14.
    Dcmt {
        events: Vec<WeightedEvent>,
        /// Weight of the constraint.
        #[serde(default = "dcmt_lambda")]
        lambda: f64,
        /// Smallest propensity that is divided by. The paper states none; without one a single impression
        /// can outweigh all others.
        #[serde(default = "dcmt_clip")]
        clip: f64,
    },
    /// What looks like a negative may be a conversion still to come: the likelihood of what is known so far, with a
    /// conversion's delay exponential at a rate that a tower predicts (DFM). Source: Chapelle 2014, eq. 4–8.
    DelayedFeedback {
        events: Vec<WeightedEvent>,
        /// Which of the events comes late: `cvr` over clicks, or `ctcvr` over all impressions.
        delayed: String,
    },
    /// Gradient-boosted trees, one ensemble for each event, over the impressions that meet its condition. Every event is
    /// one question's answer. Source: the tree baseline of Wen et al. 2020, section 4.
    BoostedTrees {
        events: Vec<WeightedEvent>,
        #[serde(default)]
        boosting: BoostingSpec,
    },
}

/// A number that one or more variants have as a field.
macro_rules! number {
    ($field:ident of $($variant:ident)|+, $range:expr) => {
        Setting::new(
            stringify!($field),
            $range,
            |objective| match objective {
                $(Objective::$variant { $field, .. })|+ => Some(*$field),
                _ => None,
            },
            |objective, value| {
                if let $(Objective::$variant { $field, .. })|+ = objective {
                    *$field = value;
                }
            },
        )
    };
}

/// The numbers of the objectives beside the events' weights.
static NUMBERS: [Setting<Objective>; 5] = [
    number!(joint_action_purchase of EntireSpace, Range::linear(0.0, 100.0))
        .offered(Range::linear(0.0, 10.0))
        .words(text!(models::parameters::joint), text!(models::parameters::joint_hint)),
    number!(rate of Oversampled, Range::logarithmic(1.0, 100.0))
        .words(text!(models::parameters::bought), text!(models::parameters::bought_hint)),
    number!(share of UnclickedAsNegative, Range::linear(0.0, 1.0))
        .words(text!(models::parameters::share), text!(models::parameters::share_hint)),
    number!(clip of Escm2Ips | Escm2Dr | Dcmt, Range::logarithmic(1e-4, 1.0))
        .words(text!(models::parameters::clip), text!(models::parameters::clip_hint)),
    number!(lambda of Dcmt, Range::linear(0.0, 100.0))
        .offered(Range::logarithmic(1e-6, 100.0))
        .words(text!(models::parameters::lambda), text!(models::parameters::lambda_hint)),
];

/// The numbers that `objective` has beside the events' weights, with their values.
pub fn parameters_of(objective: &Objective) -> impl Iterator<Item = (&'static Setting<Objective>, f64)> {
    NUMBERS.iter().chain(&BOOSTING).filter_map(move |number| (number.get)(objective).map(|value| (number, value)))
}

/// A supervised event and its weight in the loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedEvent {
    /// Name of an event of the model's tree.
    pub event: String,
    #[serde(default = "one")]
    pub weight: f64,
}

/// Uniform numbers that an objective compares with, drawn from the run's seed on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draws {
    /// None needed.
    Never,
    /// One for each row of the log, the same in every epoch.
    PerRow,
    /// One for each row of a batch, anew at every step.
    PerStep,
}

/// The field that all variants have, borrowed as the objective is.
macro_rules! events_of {
    ($objective:expr) => {
        match $objective {
            Objective::EntireSpace { events, .. }
            | Objective::ClickSpace { events }
            | Objective::Oversampled { events, .. }
            | Objective::UnclickedAsNegative { events, .. }
            | Objective::RejectionSampled { events }
            | Objective::Division { events }
            | Objective::Escm2Ips { events, .. }
            | Objective::Escm2Dr { events, .. }
            | Objective::Dcmt { events, .. }
            | Objective::DelayedFeedback { events, .. }
            | Objective::BoostedTrees { events, .. } => events,
        }
    };
}

impl Objective {
    /// ESMM's and ESM²'s objective, without options.
    pub fn entire_space(events: Vec<WeightedEvent>) -> Self {
        Self::EntireSpace { events, joint_action_purchase: 0.0 }
    }

    /// The supervised events in order: also the order of a step's loss terms.
    pub fn events(&self) -> &[WeightedEvent] {
        events_of!(self)
    }

    /// [`Objective::events`], to be changed.
    pub fn events_mut(&mut self) -> &mut Vec<WeightedEvent> {
        events_of!(self)
    }

    /// How the conditioned events (`cvr` given a click) are taken.
    pub fn conditions(&self) -> Conditions {
        match self {
            Self::EntireSpace { .. } | Self::Division { .. } => Conditions::Refused,
            Self::ClickSpace { .. } | Self::DelayedFeedback { .. } | Self::BoostedTrees { .. } => Conditions::Allowed,
            Self::Oversampled { .. }
            | Self::UnclickedAsNegative { .. }
            | Self::RejectionSampled { .. }
            | Self::Escm2Ips { .. } => Conditions::Needed,
            Self::Escm2Dr { .. } | Self::Dcmt { .. } => Conditions::NeededOnce,
        }
    }

    /// The tower that stands beside the tree's questions, if there is one.
    pub fn auxiliary_tower(&self) -> Option<AuxiliaryTower> {
        match self {
            Self::Escm2Dr { .. } => Some(AuxiliaryTower::Imputation),
            Self::Dcmt { .. } => Some(AuxiliaryTower::Counterfactual),
            Self::DelayedFeedback { .. } => Some(AuxiliaryTower::Delay),
            _ => None,
        }
    }

    /// The event that comes late, if one does.
    pub fn delayed_event(&self) -> Option<&str> {
        match self {
            Self::DelayedFeedback { delayed, .. } => Some(delayed),
            _ => None,
        }
    }

    /// The uniform numbers that this objective compares with.
    pub fn draws(&self) -> Draws {
        match self {
            Self::UnclickedAsNegative { .. } => Draws::PerRow,
            Self::RejectionSampled { .. } => Draws::PerStep,
            _ => Draws::Never,
        }
    }

    /// The key under which a spec names this objective.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::EntireSpace { .. } => "entire_space",
            Self::ClickSpace { .. } => "click_space",
            Self::Oversampled { .. } => "oversampled",
            Self::UnclickedAsNegative { .. } => "unclicked_as_negative",
            Self::RejectionSampled { .. } => "rejection_sampled",
            Self::Division { .. } => "division",
            Self::Escm2Ips { .. } => "escm2_ips",
            Self::Escm2Dr { .. } => "escm2_dr",
            Self::Dcmt { .. } => "dcmt",
            Self::DelayedFeedback { .. } => "delayed_feedback",
            Self::BoostedTrees { .. } => "boosted_trees",
        }
    }
}

/// Whether an objective supervises events with a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditions {
    /// Every event is seen from the first question.
    Refused,
    Allowed,
    /// The objective is about at least one.
    Needed,
    /// The objective is about exactly one.
    NeededOnce,
}

fn one() -> f64 {
    1.0
}

fn oversampling_rate() -> f64 {
    5.0
}

fn escm2_clip() -> f64 {
    0.1
}

fn dcmt_lambda() -> f64 {
    1e-3
}

fn dcmt_clip() -> f64 {
    0.01
}

fn is_zero(weight: &f64) -> bool {
    *weight == 0.0
}

fn weight_or_switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct WeightOrSwitch;
    impl serde::de::Visitor<'_> for WeightOrSwitch {
        type Value = f64;

        fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
            formatter.write_str(text!(spec::expected_weight))
        }

        fn visit_bool<E>(self, on: bool) -> Result<f64, E> {
            Ok(f64::from(u8::from(on)))
        }

        fn visit_f64<E>(self, weight: f64) -> Result<f64, E> {
            Ok(weight)
        }

        fn visit_i64<E>(self, weight: i64) -> Result<f64, E> {
            Ok(weight as f64)
        }

        fn visit_u64<E>(self, weight: u64) -> Result<f64, E> {
            Ok(weight as f64)
        }
    }
    deserializer.deserialize_any(WeightOrSwitch)
}
