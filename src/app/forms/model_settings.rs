//! The settings of one model: what [`super::models`] shows of a chosen one.

use crate::app::charts::names;
use crate::app::marks::{Control, Mark, button, check, choice, disclosure, slider, text_field};
use crate::app::range::Range;
use crate::app::variants::{self, preset_of};
use crate::domain::spec::{Embeddings, ModelSpec, Objective, model_names, parameters_of};

/// Weights on the page; a file may go up to 100.
pub(super) const WEIGHT: Range = Range::linear(0.0, 10.0);

/// What of a chosen model can be set: weights, parameters, embeddings; its copy, its preset.
pub(super) fn settings(model: &ModelSpec) -> Mark {
    let name = model.name.as_str();
    let is_preset = model_names().contains(&name);
    let mut body = Vec::new();
    if !is_preset {
        let control = Control::new("rename", "Name").of(name).hint("letters, digits, “_” and “-”");
        body.push(text_field(control, name, "text").key("name"));
    }
    body.extend(model.objective.events().iter().map(|weighted| {
        let event = names::event(&weighted.event);
        let (label, which) = (format!("Weight of {event}"), format!("{name}/{}", weighted.event));
        let hint = symbol(&model.objective, &weighted.event);
        slider(Control::new("weight", &label).of(&which).hint(hint), WEIGHT, weighted.weight).key(&which)
    }));
    body.extend(parameters_of(&model.objective).filter_map(|(parameter, value)| {
        let words = words_of(parameter.key).filter(|_| is_usable(model, parameter.key))?;
        let which = format!("{name}/{}", parameter.key);
        Some(slider(Control::new("parameter", words.label).of(&which).hint(words.hint), words.range, value).key(&which))
    }));
    if let Objective::Oversampled { prior_correction, .. } = model.objective {
        let hint = "takes ln k off the logit, so that pCVR is a rate again";
        let control = Control::new("prior_correction", "Prior correction").of(name).hint(hint);
        body.push(check(control, prior_correction).key("prior"));
    }
    let embeddings = match model.embeddings {
        None => format!("{name}/experiment"),
        Some(Embeddings::Shared) => format!("{name}/shared"),
        Some(Embeddings::Separate) => format!("{name}/separate"),
    };
    let options = [("experiment", "as in Features"), ("shared", "shared"), ("separate", "separate")]
        .map(|(key, words)| (format!("{name}/{key}"), words));
    let options = options.iter().map(|(value, words)| (value.as_str(), *words, ""));
    let group = format!("embeddings-{name}");
    body.push(choice(Control::new("embeddings", "Embeddings"), &group, options, &embeddings).key("embeddings"));
    let can_reset = preset_of(name).is_some() && variants::is_changed(model);
    let buttons = [
        ("duplicate", "Duplicate", true),
        ("reset", "Back to the preset", can_reset),
        ("remove", "Remove", !is_preset),
    ]
    .into_iter()
    .filter(|(_, _, is_there)| *is_there)
    .map(|(act, words, _)| button(Control::new(act, words).of(name), "quiet").key(act));
    body.push(Mark::new("div").key("buttons").class("buttons").children(buttons));
    disclosure("settings", "Settings", body)
}

/// The paper's letter for an event's weight.
fn symbol(objective: &Objective, event: &str) -> &'static str {
    match (objective, event) {
        (Objective::Escm2Ips { .. } | Objective::Escm2Dr { .. }, "cvr") => {
            "the paper's λ for the corrected CVR loss; 0 is ESMM"
        }
        (Objective::Escm2Ips { .. } | Objective::Escm2Dr { .. }, "ctcvr") => "the paper's λ for the global loss",
        _ => "",
    }
}

/// A parameter in words.
pub(super) struct Words {
    label: &'static str,
    hint: &'static str,
    pub range: Range,
}

/// How the page calls the parameter under `key` of a spec; `None` for one that it does not offer.
pub(super) fn words_of(key: &str) -> Option<Words> {
    let (label, hint, range) = match key {
        "joint_action_purchase" => {
            ("Weight of (action, purchase) at clicks", "above 0, y3 and y4 are told apart", Range::linear(0.0, 10.0))
        }
        "rate" => ("A bought click counts (times)", "the papers try 2, 3, 5 and 10", Range::logarithmic(1.0, 100.0)),
        "share" => ("Share of unclicked impressions", "taken as not bought", Range::linear(0.0, 1.0)),
        "clip" => (
            "Smallest propensity",
            "a click less likely than this is weighted as if it were this likely",
            Range::logarithmic(1e-4, 1.0),
        ),
        "lambda" => {
            ("λ of the constraint", "that pCVR and its counterfactual add up to 1", Range::logarithmic(1e-6, 100.0))
        }
        "boosting.trees" => ("Trees of each ensemble", "the paper has 150", Range::logarithmic(1.0, 1000.0).whole()),
        "boosting.depth" => ("Depth of a tree", "the paper has 8", Range::linear(1.0, 12.0).whole()),
        "boosting.min_leaf" => ("Rows in a leaf at the least", "", Range::logarithmic(1.0, 100_000.0).whole()),
        "boosting.row_sampling" => ("Share of the rows for each tree", "the paper has 0.6", Range::linear(0.05, 1.0)),
        "boosting.feature_sampling" => {
            ("Share of the features for each tree", "the paper has 0.6", Range::linear(0.05, 1.0))
        }
        "boosting.learning_rate" => {
            ("Shrinkage of each tree", "the paper does not state it", Range::logarithmic(0.001, 1.0))
        }
        "boosting.l2" => ("λ, which draws leaves to 0", "the paper does not state it", Range::linear(0.0, 100.0)),
        _ => return None,
    };
    Some(Words { label, hint, range })
}

/// Whether the model's tree has what the parameter is about.
fn is_usable(model: &ModelSpec, key: &str) -> bool {
    key != "joint_action_purchase" || crate::domain::objective::asks_after_click(model, &["action", "conversion"])
}
