//! The numbers of objectives beside the events' weights.

use super::{BoostingSpec, Objective};
use crate::domain::range::Range;
use crate::domain::setting::Setting;

/// A number of [`BoostingSpec`], under its key in it.
macro_rules! boosting {
    ($field:ident as $type:ty, $range:expr) => {
        Setting::new(
            concat!("boosting.", stringify!($field)),
            $range,
            |objective| boosting_of(objective).map(|boosting| boosting.$field as f64),
            |objective, value| {
                if let Objective::BoostedTrees { boosting, .. } = objective {
                    boosting.$field = value as $type;
                }
            },
        )
    };
}

fn boosting_of(objective: &Objective) -> Option<&BoostingSpec> {
    match objective {
        Objective::BoostedTrees { boosting, .. } => Some(boosting),
        _ => None,
    }
}

/// Every number of every objective beside the events' weights.
pub static PARAMETERS: [Setting<Objective>; 17] = [
    Setting::new(
        "joint_action_purchase",
        Range::linear(0.0, 100.0),
        |objective| match objective {
            Objective::EntireSpace { joint_action_purchase, .. } => Some(*joint_action_purchase),
            _ => None,
        },
        |objective, value| {
            if let Objective::EntireSpace { joint_action_purchase, .. } = objective {
                *joint_action_purchase = value;
            }
        },
    )
    .offered(Range::linear(0.0, 10.0))
    .words(text!(model_form::parameters::joint), text!(model_form::parameters::joint_hint)),
    Setting::new(
        "rate",
        Range::logarithmic(1.0, 100.0),
        |objective| match objective {
            Objective::Oversampled { rate, .. } => Some(*rate),
            _ => None,
        },
        |objective, value| {
            if let Objective::Oversampled { rate, .. } = objective {
                *rate = value;
            }
        },
    )
    .words(text!(model_form::parameters::bought), text!(model_form::parameters::bought_hint)),
    Setting::new(
        "share",
        Range::linear(0.0, 1.0),
        |objective| match objective {
            Objective::UnclickedAsNegative { share, .. } => Some(*share),
            _ => None,
        },
        |objective, value| {
            if let Objective::UnclickedAsNegative { share, .. } = objective {
                *share = value;
            }
        },
    )
    .words(text!(model_form::parameters::share), text!(model_form::parameters::share_hint)),
    Setting::new(
        "clip",
        Range::logarithmic(1e-4, 1.0),
        |objective| match objective {
            Objective::Escm2Ips { clip, .. } | Objective::Escm2Dr { clip, .. } | Objective::Dcmt { clip, .. } => {
                Some(*clip)
            }
            _ => None,
        },
        |objective, value| {
            if let Objective::Escm2Ips { clip, .. } | Objective::Escm2Dr { clip, .. } | Objective::Dcmt { clip, .. } =
                objective
            {
                *clip = value;
            }
        },
    )
    .words(text!(model_form::parameters::clip), text!(model_form::parameters::clip_hint)),
    Setting::new(
        "lambda",
        Range::linear(0.0, 100.0),
        |objective| match objective {
            Objective::Dcmt { lambda, .. } => Some(*lambda),
            _ => None,
        },
        |objective, value| {
            if let Objective::Dcmt { lambda, .. } = objective {
                *lambda = value;
            }
        },
    )
    .offered(Range::logarithmic(1e-6, 100.0))
    .words(text!(model_form::parameters::lambda), text!(model_form::parameters::lambda_hint)),
    boosting!(trees as usize, Range::logarithmic(1.0, 1000.0).whole())
        .words(text!(model_form::parameters::trees), text!(model_form::parameters::trees_hint)),
    boosting!(depth as usize, Range::linear(1.0, 12.0).whole())
        .words(text!(model_form::parameters::depth), text!(model_form::parameters::depth_hint)),
    boosting!(min_leaf as usize, Range::logarithmic(1.0, 100_000.0).whole())
        .words(text!(model_form::parameters::min_leaf), ""),
    boosting!(row_sampling as f64, Range::linear(0.05, 1.0))
        .words(text!(model_form::parameters::rows), text!(model_form::parameters::paper_share)),
    boosting!(feature_sampling as f64, Range::linear(0.05, 1.0))
        .words(text!(model_form::parameters::features), text!(model_form::parameters::paper_share)),
    boosting!(learning_rate as f64, Range::logarithmic(0.001, 1.0))
        .words(text!(model_form::parameters::learning_rate), text!(model_form::parameters::not_stated)),
    boosting!(l2 as f64, Range::linear(0.0, 1000.0))
        .offered(Range::linear(0.0, 100.0))
        .words(text!(model_form::parameters::l2), text!(model_form::parameters::not_stated)),
    boosting!(category_smoothing as f64, Range::linear(0.0, 1000.0)).offered(Range::linear(0.0, 100.0)).words(
        text!(model_form::parameters::category_smoothing),
        text!(model_form::parameters::category_smoothing_hint),
    ),
    boosting!(category_l2 as f64, Range::linear(0.0, 1000.0))
        .offered(Range::linear(0.0, 100.0))
        .words(text!(model_form::parameters::category_l2), text!(model_form::parameters::category_l2_hint)),
    boosting!(max_categories as usize, Range::logarithmic(1.0, 1000.0).whole())
        .words(text!(model_form::parameters::max_categories), text!(model_form::parameters::max_categories_hint)),
    boosting!(min_category_rows as usize, Range::logarithmic(1.0, 100_000.0).whole())
        .words(text!(model_form::parameters::min_category_rows), text!(model_form::parameters::min_category_rows_hint)),
    boosting!(max_one_hot as usize, Range::logarithmic(1.0, 1000.0).whole())
        .words(text!(model_form::parameters::max_one_hot), text!(model_form::parameters::max_one_hot_hint)),
];

/// The numbers that `objective` has, with their values.
pub fn parameters_of(objective: &Objective) -> impl Iterator<Item = (&'static Setting<Objective>, f64)> {
    PARAMETERS.iter().filter_map(move |parameter| (parameter.get)(objective).map(|value| (parameter, value)))
}
