//! The compared models and their settings.

use super::model_settings::settings;
use super::settings::SettingChange;
use crate::app::charts::names::hue_class;
use crate::app::format;
use crate::app::marks::{Control, Mark, number};
use crate::app::models::{FAMILIES, Family, description, display_name, family, source};
use crate::app::variants::{self, preset_of};
use crate::domain::range::Range;
use crate::domain::report::FEWEST_SEEDS;
use crate::domain::spec::{
    Embeddings, LogOffers, MAX_MODELS, ModelSpec, Objective, RunSpec, model_names, model_preset,
};
use crate::protocol::LoadedLog;

/// Number of training seeds.
const SEEDS: Range = Range::linear(1.0, 10.0).whole();

#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Add a model to the comparison or remove it.
    Choose {
        name: String,
        is_chosen: bool,
    },
    SeedCount(usize),
    Model {
        name: String,
        edit: ModelEdit,
    },
}

/// A change of one model.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEdit {
    Rename(String),
    Weight { event: String, weight: f64 },
    Parameter(SettingChange<Objective>),
    PriorCorrection(bool),
    Embeddings(Option<Embeddings>),
    Duplicate,
    Reset,
    Remove,
}

/// The form in one line.
pub fn summary(spec: &RunSpec) -> String {
    let names: Vec<&str> = spec.models.iter().map(|model| display_name(&model.name)).collect();
    if names.is_empty() { text!(model_form::none_chosen).to_owned() } else { format::listed(&names) }
}

/// Labels of the log, which decide which models can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLabels {
    pub names: Vec<String>,
    pub offers: LogOffers,
}

impl LogLabels {
    pub fn of(log: &LoadedLog) -> Self {
        Self { names: log.label_counts.iter().map(|(name, _)| name.clone()).collect(), offers: log.offers() }
    }
}

/// Fit of a model to the log.
enum OnLog {
    /// A required label is missing.
    Lacks(String),
    /// Optional inputs that are missing; empty if all are there.
    Without(Vec<String>),
}

impl OnLog {
    fn of(model: &ModelSpec, log: &LogLabels) -> Self {
        let fitted = model.on_log(log.offers);
        let lacking = fitted.model.missing_label(|label| log.names.iter().any(|known| known == label));
        match lacking.map(str::to_owned) {
            Some(label) => Self::Lacks(label),
            None => Self::Without(fitted.left_out),
        }
    }
}

/// The models by family, one box each; a chosen one has its settings. A model that needs a missing label cannot be chosen.
/// `problem` is the reason why the last change was refused.
pub fn form(spec: &RunSpec, log: Option<&LogLabels>, problem: &str) -> Vec<Mark<Edit>> {
    let on_log = |model: &ModelSpec| log.map_or(OnLog::Without(Vec::new()), |log| OnLog::of(model, log));
    let alarm = (!problem.is_empty())
        .then(|| Mark::new("p").key("problem").class("problem").attr("role", "alert").text(problem));
    let families = FAMILIES.into_iter().filter_map(|family| {
        let offered = offered(spec, family);
        let boxes = offered.iter().map(|model| model_box(spec, model, &on_log(model)));
        let title = Mark::new("legend").text(family.title());
        (!offered.is_empty())
            .then(|| Mark::new("fieldset").key(family.title()).class("model-family").child(title).children(boxes))
    });
    alarm.into_iter().chain(families).chain([seeds(spec)]).collect()
}

/// The number of seeds, and the resulting number of runs.
fn seeds(spec: &RunSpec) -> Mark<Edit> {
    let (models, seeds) = (spec.models.len(), spec.seeds.len());
    let hint = match seeds {
        n if n < FEWEST_SEEDS => text!(model_form::seeds::few, least = FEWEST_SEEDS.to_string()),
        n => text!(model_form::seeds::several, runs = (models * n).to_string(), seeds = n.to_string()),
    };
    let control = Control::new(text!(model_form::seeds::name)).hint(&hint);
    number(control, SEEDS, seeds as f64, |count| Edit::SeedCount(count as usize)).key("seed-count")
}

/// Sets the number of seeds: keeps the first ones, adds the smallest unused ones.
fn set_seed_count(spec: &mut RunSpec, wanted: usize) {
    spec.seeds.truncate(wanted);
    let mut next = 1;
    while spec.seeds.len() < wanted {
        if !spec.seeds.contains(&next) {
            spec.seeds.push(next);
        }
        next += 1;
    }
}

/// A family's models: each preset with its current settings, followed by its copies.
fn offered(spec: &RunSpec, of: Family) -> Vec<ModelSpec> {
    let is_of = |name: &str| family(preset_of(name).unwrap_or(name)) == of;
    let mut offered = Vec::new();
    for preset in model_names().into_iter().filter(|name| is_of(name)).filter_map(model_preset) {
        let chosen = spec.models.iter().filter(|model| preset_of(&model.name) == Some(preset.name.as_str()));
        if !chosen.clone().any(|model| model.name == preset.name) {
            offered.push(preset.clone());
        }
        offered.extend(chosen.cloned());
    }
    if of == Family::Own {
        offered.extend(spec.models.iter().filter(|model| preset_of(&model.name).is_none()).cloned());
    }
    offered
}

fn model_box(spec: &RunSpec, model: &ModelSpec, on_log: &OnLog) -> Mark<Edit> {
    let name = &model.name;
    let is_lacking = matches!(on_log, OnLog::Lacks(_));
    let is_chosen = spec.models.iter().any(|chosen| chosen.name == *name) && !is_lacking;
    let is_full = !is_chosen && spec.models.len() >= MAX_MODELS;
    let hint = format!("model-hint-{name}");
    let of = name.clone();
    let choose = move |state: &str| Some(Edit::Choose { name: of.clone(), is_chosen: state == "true" });
    let input = Mark::new("input")
        .attr("type", "checkbox")
        .attr("aria-describedby", &hint)
        .attr("checked", is_chosen)
        .flag("disabled", is_lacking || is_full)
        .on_change(choose);
    let hue = Mark::new("span").class("mark").class(hue_class(name)).attr("aria-hidden", "true");
    let words = Mark::new("span").text(display_name(name));
    let label = Mark::new("label").class("check").child(input).child(hue).child(words);
    let says = match on_log {
        OnLog::Lacks(label) => text!(model_form::lacks, label = label),
        OnLog::Without(left_out) => left_out
            .iter()
            .fold(describe(model), |said, sentence| format!("{said}. {}", sentence.replacen("the log", "This log", 1))),
    };
    let hint = Mark::new("p").class("hint").attr("id", hint).text(says);
    let settings = is_chosen.then(|| settings(model));
    Mark::new("div").class("model-box").key(name).child(label).child(hint).maybe(settings)
}

/// A model's description, its source, and whether it was changed.
fn describe(model: &ModelSpec) -> String {
    let name = model.name.as_str();
    match preset_of(name) {
        None => description(name).to_owned(),
        Some(preset) if preset == name && !variants::is_changed(model) => {
            text!(model_form::from_source, description = description(name), source = source(name))
        }
        Some(preset) if preset == name => {
            text!(model_form::from_source_changed, description = description(name), source = source(name))
        }
        Some(preset) if variants::is_changed(model) => text!(model_form::changed, model = display_name(preset)),
        Some(preset) => text!(model_form::copied, model = display_name(preset)),
    }
}

/// Applies a change.
///
/// # Errors
/// The reason as a sentence.
pub fn apply(spec: &mut RunSpec, edit: &Edit) -> Result<(), String> {
    match edit {
        Edit::Choose { name, is_chosen } => {
            let known = spec.models.iter().find(|model| model.name == *name).cloned().or_else(|| model_preset(name));
            if let Some(model) = known {
                variants::choose(spec, &model, *is_chosen);
            }
            Ok(())
        }
        Edit::SeedCount(wanted) => {
            set_seed_count(spec, *wanted);
            Ok(())
        }
        Edit::Model { name, edit } => apply_to(spec, name, edit),
    }
}

fn apply_to(spec: &mut RunSpec, name: &str, edit: &ModelEdit) -> Result<(), String> {
    match edit {
        ModelEdit::Rename(to) => return variants::rename(spec, name, to),
        ModelEdit::Duplicate => {
            let copy = variants::duplicate(spec, name);
            return copy.map(|_| ()).ok_or_else(|| text!(model_form::too_many, most = MAX_MODELS.to_string()));
        }
        ModelEdit::Reset => {
            variants::reset(spec, name);
            return Ok(());
        }
        ModelEdit::Remove => {
            spec.models.retain(|model| model.name != name);
            return Ok(());
        }
        _ => {}
    }
    variants::change(spec, name, |model| match edit {
        ModelEdit::Weight { event, weight } => {
            let mut events = model.objective.events_mut().iter_mut();
            if let Some(weighted) = events.find(|weighted| weighted.event == *event) {
                weighted.weight = *weight;
            }
        }
        ModelEdit::Parameter(set) => set.apply(&mut model.objective),
        ModelEdit::PriorCorrection(is_on) => {
            if let Objective::Oversampled { prior_correction, .. } = &mut model.objective {
                *prior_correction = *is_on;
            }
        }
        ModelEdit::Embeddings(embeddings) => model.embeddings = *embeddings,
        ModelEdit::Rename(_) | ModelEdit::Duplicate | ModelEdit::Reset | ModelEdit::Remove => {}
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::{Input, Listens};

    fn form_of(spec: &RunSpec) -> Mark<Edit> {
        Mark::new("div").children(form(spec, None, ""))
    }

    /// Sets a control in a model's box, or presses the button with that label.
    fn set(spec: &mut RunSpec, model: &str, label: &str, input: &str) -> Result<(), String> {
        let form = form_of(spec);
        let boxes = form.with_class("model-box");
        let of_model = boxes.iter().find(|found| found.key == model).unwrap_or_else(|| panic!("no {model}"));
        let control = of_model.control(label).unwrap_or_else(|| panic!("no {label:?} of {model}"));
        let edit = control.change(input).or_else(|| control.message(Listens::On, &Input::Press));
        apply(spec, &edit.unwrap_or_else(|| panic!("{label} of {model} says nothing")))
    }

    #[test]
    fn seeds_come_and_go_and_those_of_the_reader_stay() {
        let mut spec = RunSpec { seeds: vec![7, 2], ..RunSpec::default() };
        let count = |spec: &RunSpec, input: &str| form_of(spec).change("Seeds for each model", input);
        let more = count(&spec, "4").expect("a change");
        assert_eq!((apply(&mut spec, &more), spec.seeds.as_slice()), (Ok(()), [7, 2, 1, 3].as_slice()));
        let one = count(&spec, "1").expect("a change");
        assert_eq!((apply(&mut spec, &one), spec.seeds.as_slice()), (Ok(()), [7].as_slice()));
        assert_eq!(count(&spec, "many"), None);
        assert_eq!(spec.validate(), Ok(()));
    }

    #[test]
    fn every_preset_is_offered_in_its_family() {
        let form = form_of(&RunSpec::default());
        let boxes = form.with_class("model-box");
        assert_eq!(boxes.len(), model_names().len());
        let titles: Vec<String> = form.with_tag("legend").iter().map(|legend| legend.all_text()).collect();
        assert!(
            titles.starts_with(&["Baselines".to_owned()]) && !titles.contains(&"Your own".to_owned()),
            "{titles:?}"
        );
        assert!(form.all_text().contains("pCTR × pCVR supervised over all impressions (Ma et al. 2018)"));
    }

    #[test]
    fn a_model_without_its_label_cannot_be_chosen_and_says_why() {
        let names = vec!["click".to_owned(), "conversion".to_owned()];
        let log = LogLabels {
            names,
            offers: LogOffers {
                space: crate::domain::log::Space::Impressions,
                has_click: true,
                has_conversion: true,
                has_action: false,
                has_purchase_times: false,
            },
        };
        let form = Mark::new("div").children(form(&RunSpec::default(), Some(&log), ""));
        let boxes = form.with_class("model-box");
        let called = |name: &str| boxes.iter().find(|model| model.key == name).unwrap();
        assert!(called("hm3").all_text().contains("needs the label “action_1”"), "{}", called("hm3").all_text());
        assert!(called("hm3").with_tag("input")[0].get("disabled").is_some());
        let esm2 = called("esm2");
        assert!(esm2.all_text().contains("This log has no actions, so y2, y3 and ctavr are left out"));
        assert!(esm2.with_tag("input")[0].get("disabled").is_none());
    }

    #[test]
    fn settings_change_the_model_and_back() {
        let mut spec = RunSpec::default();
        let mut set = |label: &str, input: &str| set(&mut spec, "escm2_ips", label, input).unwrap();
        set(display_name("escm2_ips"), "true");
        set("Weight of pCVR", "0.25");
        set("Smallest propensity", "0.01");
        set("separate", "true");
        let model = spec.models.iter().find(|model| model.name == "escm2_ips").unwrap();
        assert_eq!(model.objective.events()[1].weight, 0.25);
        assert_eq!((&model.objective, model.embeddings), (&with_clip(model, 0.01), Some(Embeddings::Separate)));
        assert!(form_of(&spec).all_text().contains("with settings of your own"));
        super::tests::set(&mut spec, "escm2_ips", "Back to the preset", "").unwrap();
        assert_eq!(spec.models.last(), model_preset("escm2_ips").as_ref());
        assert!(!form_of(&spec).all_text().contains("Back to the preset"));
    }

    fn with_clip(model: &ModelSpec, smallest: f64) -> Objective {
        let mut objective = model.objective.clone();
        let Objective::Escm2Ips { clip, .. } = &mut objective else { panic!() };
        *clip = smallest;
        objective
    }

    #[test]
    fn copies_are_named_set_and_removed_apart() {
        let mut spec = RunSpec::default();
        set(&mut spec, "esmm", "Duplicate", "").unwrap();
        set(&mut spec, "esmm-2", "Name", "esmm-light").unwrap();
        set(&mut spec, "esmm-light", "Weight of pCTCVR", "0.1").unwrap();
        assert!(set(&mut spec, "esmm-light", "Name", "esmm").unwrap_err().contains("already"));
        let form = form_of(&spec);
        let boxes = form.with_class("model-box");
        let place = boxes.iter().position(|model| model.key == "esmm-light").unwrap();
        assert_eq!(boxes[place - 1].key, "esmm");
        assert!(boxes[place].all_text().contains("ESMM with settings of your own"), "{}", boxes[place].all_text());
        assert_eq!(spec.validate(), Ok(()));
        set(&mut spec, "esmm-light", "Remove", "").unwrap();
        assert_eq!(spec, RunSpec::default());
    }

    #[test]
    fn a_change_that_cannot_be_trained_is_refused_with_its_reason() {
        let mut spec = RunSpec::default();
        set(&mut spec, "esmm", "Weight of pCTR", "0").unwrap();
        let refused = set(&mut spec, "esmm", "Weight of pCTCVR", "0").unwrap_err();
        assert!(refused.contains("no event with a weight above 0"), "{refused}");
        assert_eq!(spec.models[1].objective.events()[1].weight, 1.0);
    }
}
