//! Which models are compared.

use crate::app::marks::{Act, Mark};
use crate::app::models::{description, display_name};
use crate::app::sentence;
use crate::domain::spec::{ModelSpec, RunSpec, model_names, model_preset};

const CHOOSE: &str = "choose";

/// The form in one line.
pub fn summary(spec: &RunSpec) -> String {
    let names: Vec<&str> = spec.models.iter().map(|model| display_name(&model.name)).collect();
    if names.is_empty() { "none chosen".to_owned() } else { sentence::listed(&names) }
}

/// Presets first; then models that came with a link and are nobody's preset.
pub fn offered(spec: &RunSpec) -> Vec<ModelSpec> {
    let own = spec.models.iter().filter(|model| !model_names().contains(&model.name.as_str())).cloned();
    model_names().into_iter().filter_map(model_preset).chain(own).collect()
}

/// One box a model. `labels` are the log's; a model that asks for another cannot be chosen.
pub fn form(spec: &RunSpec, offered: &[ModelSpec], labels: Option<&[String]>) -> Vec<Mark> {
    let lacking = |model: &ModelSpec| {
        let labels = labels?;
        model.tree.labels().into_iter().find(|label| !labels.iter().any(|known| known == label)).map(str::to_owned)
    };
    offered
        .iter()
        .map(|model| model_box(model, spec.models.iter().any(|m| m.name == model.name), lacking(model)))
        .collect()
}

fn model_box(model: &ModelSpec, is_chosen: bool, lacking: Option<String>) -> Mark {
    let name = &model.name;
    let hint = format!("model-hint-{name}");
    let input = Mark::new("input")
        .attr("type", "checkbox")
        .attr("aria-describedby", &hint)
        .attr("checked", is_chosen && lacking.is_none())
        .flag("disabled", lacking.is_some())
        .on(CHOOSE, name);
    let says = match &lacking {
        Some(label) => format!("needs the label “{label}”, which this log does not have"),
        None => description(name).to_owned(),
    };
    let hue =
        Mark::new("span").class("mark").class(crate::app::charts::names::hue_class(name)).attr("aria-hidden", "true");
    let label =
        Mark::new("label").class("check").child(input).child(hue).child(Mark::new("span").text(display_name(name)));
    let hint = Mark::new("p").class("hint").attr("id", hint).text(says);
    Mark::new("div").class("model-box").key(name).child(label).child(hint)
}

/// Does what the reader did. Keeps the order of what is offered, whatever order the boxes are ticked in.
pub fn apply(spec: &mut RunSpec, offered: &[ModelSpec], act: &Act) {
    let Some(model) = offered.iter().find(|model| act.name == CHOOSE && model.name == act.value) else { return };
    spec.models.retain(|chosen| chosen.name != model.name);
    if act.is_on() {
        spec.models.push(model.clone());
    }
    let place = |model: &ModelSpec| offered.iter().position(|known| known.name == model.name).unwrap_or(offered.len());
    spec.models.sort_by_key(place);
}
