//! The settings of a chosen model, shown in [`super::models`].

use super::models::{Edit, ModelEdit};
use super::settings::slider_of;
use crate::app::charts::names;
use crate::app::marks::{Control, Mark, button, check, choice, disclosure, slider, text_field};
use crate::app::variants::{self, preset_of};
use crate::domain::spec::settings::OFFERED_WEIGHT;
use crate::domain::spec::{Embeddings, ModelSpec, Objective, model_names, parameters_of};
use crate::domain::{event, label};

const EMBEDDINGS: [(Option<Embeddings>, &str, &str); 3] = [
    (None, text!(model_form::embeddings::as_in_features), ""),
    (Some(Embeddings::Shared), text!(model_form::embeddings::shared), ""),
    (Some(Embeddings::Separate), text!(model_form::embeddings::separate), ""),
];

/// Controls of weights, parameters and embeddings, and the copy and reset buttons.
pub(super) fn settings(model: &ModelSpec) -> Mark<Edit> {
    let name = model.name.as_str();
    let is_preset = model_names().contains(&name);
    let mut body = Vec::new();
    if !is_preset {
        let control = Control::new(text!(model_form::name)).hint(text!(model_form::name_hint));
        let rename = |text: &str| ModelEdit::Rename(text.trim().to_owned());
        body.push(text_field(control, name, "text", rename).key("name"));
    }
    body.extend(model.objective.events().iter().map(|weighted| {
        let label = text!(model_form::weight, event = names::event(&weighted.event));
        let control = Control::new(&label).hint(symbol(&model.objective, &weighted.event));
        let event = weighted.event.clone();
        let set = move |weight| ModelEdit::Weight { event: event.clone(), weight };
        slider(control, OFFERED_WEIGHT, weighted.weight, set).key(format!("weight-{}", weighted.event))
    }));
    let parameters = parameters_of(&model.objective).filter(|(parameter, _)| is_usable(model, parameter.key));
    body.extend(parameters.map(|(parameter, _)| slider_of(parameter, &model.objective).map(ModelEdit::Parameter)));
    if let Objective::Oversampled { prior_correction, .. } = model.objective {
        let control = Control::new(text!(model_form::prior_correction)).hint(text!(model_form::prior_hint));
        body.push(check(control, prior_correction, ModelEdit::PriorCorrection).key("prior"));
    }
    let group = format!("embeddings-{name}");
    let control = Control::new(text!(model_form::embeddings::name));
    body.push(choice(control, &group, EMBEDDINGS, &model.embeddings, ModelEdit::Embeddings).key("embeddings"));
    let can_reset = preset_of(name).is_some() && variants::is_changed(model);
    let buttons = [
        (ModelEdit::Duplicate, text!(model_form::duplicate), true),
        (ModelEdit::Reset, text!(model_form::reset), can_reset),
        (ModelEdit::Remove, text!(model_form::remove), !is_preset),
    ]
    .into_iter()
    .filter(|(_, _, is_there)| *is_there)
    .map(|(edit, words, _)| button(Control::new(words), "quiet", edit).key(words));
    body.push(Mark::new("div").key("buttons").class("buttons").children(buttons));
    let of = model.name.clone();
    disclosure("settings", text!(model_form::settings), body).map(move |edit| Edit::Model { name: of.clone(), edit })
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

/// Whether the parameter applies to the model's tree.
fn is_usable(model: &ModelSpec, key: &str) -> bool {
    key != "joint_action_purchase" || model.tree.asks_after_click(&[label::ACTION, label::CONVERSION])
}
