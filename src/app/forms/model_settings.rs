//! The settings of one model: what [`super::models`] shows of a chosen one.

use crate::app::charts::names;
use crate::app::marks::{Control, Mark, button, check, choice, disclosure, slider, text_field};
use crate::app::range::Range;
use crate::app::variants::{self, preset_of};
use crate::domain::spec::{Embeddings, ModelSpec, Objective, model_names, parameters_of};
use crate::domain::{event, label};

/// Weights on the page; a file may go up to 100.
pub(super) const WEIGHT: Range = Range::linear(0.0, 10.0);

/// What of a chosen model can be set: weights, parameters, embeddings; its copy, its preset.
pub(super) fn settings(model: &ModelSpec) -> Mark {
    let name = model.name.as_str();
    let is_preset = model_names().contains(&name);
    let mut body = Vec::new();
    if !is_preset {
        let control = Control::new("rename", text!(model_form::name)).of(name).hint(text!(model_form::name_hint));
        body.push(text_field(control, name, "text").key("name"));
    }
    body.extend(model.objective.events().iter().map(|weighted| {
        let event = names::event(&weighted.event);
        let (label, which) = (text!(model_form::weight, event = event), format!("{name}/{}", weighted.event));
        let hint = symbol(&model.objective, &weighted.event);
        slider(Control::new("weight", &label).of(&which).hint(hint), WEIGHT, weighted.weight).key(&which)
    }));
    body.extend(parameters_of(&model.objective).filter_map(|(parameter, value)| {
        let words = words_of(parameter.key).filter(|_| is_usable(model, parameter.key))?;
        let which = format!("{name}/{}", parameter.key);
        Some(slider(Control::new("parameter", words.label).of(&which).hint(words.hint), words.range, value).key(&which))
    }));
    if let Objective::Oversampled { prior_correction, .. } = model.objective {
        let hint = text!(model_form::prior_hint);
        let control = Control::new("prior_correction", text!(model_form::prior_correction)).of(name).hint(hint);
        body.push(check(control, prior_correction).key("prior"));
    }
    let embeddings = match model.embeddings {
        None => format!("{name}/experiment"),
        Some(Embeddings::Shared) => format!("{name}/shared"),
        Some(Embeddings::Separate) => format!("{name}/separate"),
    };
    let options = [
        ("experiment", text!(model_form::embeddings::as_in_features)),
        ("shared", text!(model_form::embeddings::shared)),
        ("separate", text!(model_form::embeddings::separate)),
    ]
    .map(|(key, words)| (format!("{name}/{key}"), words));
    let options = options.iter().map(|(value, words)| (value.as_str(), *words, ""));
    let group = format!("embeddings-{name}");
    body.push(
        choice(Control::new("embeddings", text!(model_form::embeddings::name)), &group, options, &embeddings)
            .key("embeddings"),
    );
    let can_reset = preset_of(name).is_some() && variants::is_changed(model);
    let buttons = [
        ("duplicate", text!(model_form::duplicate), true),
        ("reset", text!(model_form::reset), can_reset),
        ("remove", text!(model_form::remove), !is_preset),
    ]
    .into_iter()
    .filter(|(_, _, is_there)| *is_there)
    .map(|(act, words, _)| button(Control::new(act, words).of(name), "quiet").key(act));
    body.push(Mark::new("div").key("buttons").class("buttons").children(buttons));
    disclosure("settings", text!(model_form::settings), body)
}

/// The paper's letter for an event's weight.
fn symbol(objective: &Objective, event: &str) -> &'static str {
    match (objective, event) {
        (Objective::Escm2Ips { .. } | Objective::Escm2Dr { .. }, event::CVR) => {
            text!(model_form::lambdas::cvr)
        }
        (Objective::Escm2Ips { .. } | Objective::Escm2Dr { .. }, event::CTCVR) => text!(model_form::lambdas::ctcvr),
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
            (text!(model_form::parameters::joint), text!(model_form::parameters::joint_hint), Range::linear(0.0, 10.0))
        }
        "rate" => (
            text!(model_form::parameters::bought),
            text!(model_form::parameters::bought_hint),
            Range::logarithmic(1.0, 100.0),
        ),
        "share" => {
            (text!(model_form::parameters::share), text!(model_form::parameters::share_hint), Range::linear(0.0, 1.0))
        }
        "clip" => (
            text!(model_form::parameters::clip),
            text!(model_form::parameters::clip_hint),
            Range::logarithmic(1e-4, 1.0),
        ),
        "lambda" => (
            text!(model_form::parameters::lambda),
            text!(model_form::parameters::lambda_hint),
            Range::logarithmic(1e-6, 100.0),
        ),
        "boosting.trees" => (
            text!(model_form::parameters::trees),
            text!(model_form::parameters::trees_hint),
            Range::logarithmic(1.0, 1000.0).whole(),
        ),
        "boosting.depth" => (
            text!(model_form::parameters::depth),
            text!(model_form::parameters::depth_hint),
            Range::linear(1.0, 12.0).whole(),
        ),
        "boosting.min_leaf" => {
            (text!(model_form::parameters::min_leaf), "", Range::logarithmic(1.0, 100_000.0).whole())
        }
        "boosting.row_sampling" => {
            (text!(model_form::parameters::rows), text!(model_form::parameters::paper_share), Range::linear(0.05, 1.0))
        }
        "boosting.feature_sampling" => (
            text!(model_form::parameters::features),
            text!(model_form::parameters::paper_share),
            Range::linear(0.05, 1.0),
        ),
        "boosting.learning_rate" => (
            text!(model_form::parameters::learning_rate),
            text!(model_form::parameters::not_stated),
            Range::logarithmic(0.001, 1.0),
        ),
        "boosting.l2" => {
            (text!(model_form::parameters::l2), text!(model_form::parameters::not_stated), Range::linear(0.0, 100.0))
        }
        "boosting.category_smoothing" => (
            text!(model_form::parameters::category_smoothing),
            text!(model_form::parameters::category_smoothing_hint),
            Range::linear(0.0, 100.0),
        ),
        "boosting.category_l2" => (
            text!(model_form::parameters::category_l2),
            text!(model_form::parameters::category_l2_hint),
            Range::linear(0.0, 100.0),
        ),
        "boosting.max_categories" => (
            text!(model_form::parameters::max_categories),
            text!(model_form::parameters::max_categories_hint),
            Range::logarithmic(1.0, 1000.0).whole(),
        ),
        "boosting.min_category_rows" => (
            text!(model_form::parameters::min_category_rows),
            text!(model_form::parameters::min_category_rows_hint),
            Range::logarithmic(1.0, 100_000.0).whole(),
        ),
        "boosting.max_one_hot" => (
            text!(model_form::parameters::max_one_hot),
            text!(model_form::parameters::max_one_hot_hint),
            Range::logarithmic(1.0, 1000.0).whole(),
        ),
        _ => return None,
    };
    Some(Words { label, hint, range })
}

/// Whether the model's tree has what the parameter is about.
fn is_usable(model: &ModelSpec, key: &str) -> bool {
    key != "joint_action_purchase"
        || crate::domain::objective::asks_after_click(model, &[label::ACTION, label::CONVERSION])
}
