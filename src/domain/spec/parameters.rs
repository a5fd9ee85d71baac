//! The numbers of objectives that a user may set, with their ranges: what validation checks and the page offers.

use super::{BoostingSpec, Objective};

/// One number of an objective.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Its key in a spec.
    pub key: &'static str,
    pub low: f64,
    pub high: f64,
    /// Whole numbers only.
    pub is_whole: bool,
    /// Absent where an objective has no such number.
    pub get: fn(&Objective) -> Option<f64>,
    /// Does nothing where an objective has no such number.
    pub set: fn(&mut Objective, f64),
}

/// A number of [`BoostingSpec`], under its key in it.
macro_rules! boosting {
    ($field:ident as $type:ty, $range:expr) => {
        Parameter {
            key: concat!("boosting.", stringify!($field)),
            low: *$range.start(),
            high: *$range.end(),
            is_whole: <$type>::MIN == 0 as $type,
            get: |objective| boosting_of(objective).map(|boosting| boosting.$field as f64),
            set: |objective, value| {
                if let Objective::BoostedTrees { boosting, .. } = objective {
                    boosting.$field = value as $type;
                }
            },
        }
    };
}

fn boosting_of(objective: &Objective) -> Option<&BoostingSpec> {
    match objective {
        Objective::BoostedTrees { boosting, .. } => Some(boosting),
        _ => None,
    }
}

/// Every number of every objective beside the events' weights.
pub const PARAMETERS: &[Parameter] = &[
    Parameter {
        key: "joint_action_purchase",
        low: 0.0,
        high: 100.0,
        is_whole: false,
        get: |objective| match objective {
            Objective::EntireSpace { joint_action_purchase, .. } => Some(*joint_action_purchase),
            _ => None,
        },
        set: |objective, value| {
            if let Objective::EntireSpace { joint_action_purchase, .. } = objective {
                *joint_action_purchase = value;
            }
        },
    },
    Parameter {
        key: "rate",
        low: 1.0,
        high: 100.0,
        is_whole: false,
        get: |objective| match objective {
            Objective::Oversampled { rate, .. } => Some(*rate),
            _ => None,
        },
        set: |objective, value| {
            if let Objective::Oversampled { rate, .. } = objective {
                *rate = value;
            }
        },
    },
    Parameter {
        key: "share",
        low: 0.0,
        high: 1.0,
        is_whole: false,
        get: |objective| match objective {
            Objective::UnclickedAsNegative { share, .. } => Some(*share),
            _ => None,
        },
        set: |objective, value| {
            if let Objective::UnclickedAsNegative { share, .. } = objective {
                *share = value;
            }
        },
    },
    Parameter {
        key: "clip",
        low: 1e-4,
        high: 1.0,
        is_whole: false,
        get: |objective| match objective {
            Objective::Escm2Ips { clip, .. } | Objective::Escm2Dr { clip, .. } | Objective::Dcmt { clip, .. } => {
                Some(*clip)
            }
            _ => None,
        },
        set: |objective, value| {
            if let Objective::Escm2Ips { clip, .. } | Objective::Escm2Dr { clip, .. } | Objective::Dcmt { clip, .. } =
                objective
            {
                *clip = value;
            }
        },
    },
    Parameter {
        key: "lambda",
        low: 0.0,
        high: 100.0,
        is_whole: false,
        get: |objective| match objective {
            Objective::Dcmt { lambda, .. } => Some(*lambda),
            _ => None,
        },
        set: |objective, value| {
            if let Objective::Dcmt { lambda, .. } = objective {
                *lambda = value;
            }
        },
    },
    boosting!(trees as usize, 1.0..=1000.0),
    boosting!(depth as usize, 1.0..=12.0),
    boosting!(min_leaf as usize, 1.0..=100_000.0),
    boosting!(row_sampling as f64, 0.05..=1.0),
    boosting!(feature_sampling as f64, 0.05..=1.0),
    boosting!(learning_rate as f64, 0.001..=1.0),
    boosting!(l2 as f64, 0.0..=1000.0),
    boosting!(category_smoothing as f64, 0.0..=1000.0),
    boosting!(category_l2 as f64, 0.0..=1000.0),
    boosting!(max_categories as usize, 1.0..=1000.0),
    boosting!(min_category_rows as usize, 1.0..=100_000.0),
    boosting!(max_one_hot as usize, 1.0..=1000.0),
];

/// The numbers that `objective` has, with their values.
pub fn parameters_of(objective: &Objective) -> impl Iterator<Item = (&'static Parameter, f64)> {
    PARAMETERS.iter().filter_map(move |parameter| (parameter.get)(objective).map(|value| (parameter, value)))
}
