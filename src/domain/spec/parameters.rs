//! The numbers of objectives that a user may set, with their ranges: what validation checks and the page offers.

use super::Objective;

/// One number of an objective.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Its key in a spec.
    pub key: &'static str,
    pub low: f64,
    pub high: f64,
    /// Absent where an objective has no such number.
    pub get: fn(&Objective) -> Option<f64>,
    /// Does nothing where an objective has no such number.
    pub set: fn(&mut Objective, f64),
}

/// Every number of every objective beside the events' weights.
pub const PARAMETERS: &[Parameter] = &[
    Parameter {
        key: "joint_action_purchase",
        low: 0.0,
        high: 100.0,
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
];

/// The numbers that `objective` has, with their values.
pub fn parameters_of(objective: &Objective) -> impl Iterator<Item = (&'static Parameter, f64)> {
    PARAMETERS.iter().filter_map(move |parameter| (parameter.get)(objective).map(|value| (parameter, value)))
}
