//! Edits of the compared models: presets, changed presets, and renamed copies.

use crate::domain::spec::{MAX_MODELS, ModelSpec, RunSpec, model_names, model_preset};

/// The preset of a model's name: `esmm` of `esmm-2`. `None` for other names.
pub fn preset_of(name: &str) -> Option<&'static str> {
    let is_from =
        |preset: &&str| name.strip_prefix(*preset).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    model_names().into_iter().find(is_from)
}

/// Whether a model differs from its preset in more than its name.
pub fn is_changed(model: &ModelSpec) -> bool {
    match preset_of(&model.name).and_then(model_preset) {
        Some(preset) => ModelSpec { name: preset.name.clone(), ..model.clone() } != preset,
        None => true,
    }
}

/// Adds or removes a model. Models are ordered as the presets, copies after theirs, own models last.
pub fn choose(spec: &mut RunSpec, model: &ModelSpec, on: bool) {
    spec.models.retain(|chosen| chosen.name != model.name);
    if on {
        spec.models.push(model.clone());
        sort(spec);
    }
}

/// Copies a chosen model under the first free name; returns that name, or `None` at the maximum number of models.
pub fn duplicate(spec: &mut RunSpec, name: &str) -> Option<String> {
    let model = spec.models.iter().find(|model| model.name == name)?;
    let stem = preset_of(name).unwrap_or(name);
    let is_free = |name: &String| spec.models.iter().all(|model| model.name != *name);
    let free = (2..).map(|number| format!("{stem}-{number}")).find(is_free)?;
    let copy = ModelSpec { name: free.clone(), ..model.clone() };
    if spec.models.len() >= MAX_MODELS || copy.validate().is_err() {
        return None;
    }
    spec.models.push(copy);
    sort(spec);
    Some(free)
}

/// Renames a model.
///
/// # Errors
/// The problem with the name as a sentence.
pub fn rename(spec: &mut RunSpec, from: &str, to: &str) -> Result<(), String> {
    if from == to {
        return Ok(());
    }
    if model_names().contains(&to) || spec.models.iter().any(|model| model.name == to) {
        return Err(text!(parts::name_taken, name = to));
    }
    let Some(index) = spec.models.iter().position(|model| model.name == from) else { return Ok(()) };
    let renamed = ModelSpec { name: to.to_owned(), ..spec.models[index].clone() };
    renamed.validate().map_err(|error| error.to_string())?;
    spec.models[index] = renamed;
    sort(spec);
    Ok(())
}

/// Changes a chosen model, unless the result cannot be trained.
///
/// # Errors
/// The reason as a sentence.
pub fn change(spec: &mut RunSpec, name: &str, change: impl FnOnce(&mut ModelSpec)) -> Result<(), String> {
    let Some(model) = spec.models.iter_mut().find(|model| model.name == name) else { return Ok(()) };
    let mut changed = model.clone();
    change(&mut changed);
    changed.validate().map_err(|error| error.to_string())?;
    *model = changed;
    Ok(())
}

/// Resets a model to its preset.
pub fn reset(spec: &mut RunSpec, name: &str) {
    if let (Some(preset), Some(model)) =
        (preset_of(name).and_then(model_preset), spec.models.iter_mut().find(|model| model.name == name))
    {
        *model = ModelSpec { name: name.to_owned(), ..preset };
    }
}

fn sort(spec: &mut RunSpec) {
    let names = model_names();
    let rank = |model: &ModelSpec| {
        let preset = preset_of(&model.name);
        let place = preset.and_then(|preset| names.iter().position(|name| *name == preset)).unwrap_or(names.len());
        (place, preset != Some(model.name.as_str()))
    };
    spec.models.sort_by_key(rank); // stable: copies stay in the order in which they were made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(spec: &RunSpec) -> Vec<&str> {
        spec.models.iter().map(|model| model.name.as_str()).collect()
    }

    #[test]
    fn copies_stand_beside_the_model_they_come_from() {
        let mut spec = RunSpec::default();
        assert_eq!(duplicate(&mut spec, "esmm").as_deref(), Some("esmm-2"));
        assert_eq!(duplicate(&mut spec, "esmm-2").as_deref(), Some("esmm-3"));
        assert_eq!(names(&spec), ["naive", "esmm", "esmm-2", "esmm-3", "esm2"]);
        choose(&mut spec, &model_preset("dcmt").unwrap(), true);
        choose(&mut spec, &model_preset("esmm").unwrap(), false);
        assert_eq!(names(&spec), ["naive", "esmm-2", "esmm-3", "esm2", "dcmt"]);
        assert_eq!(
            [preset_of("esmm-3"), preset_of("esmm_ns"), preset_of("mine")],
            [Some("esmm"), Some("esmm_ns"), None]
        );
        while duplicate(&mut spec, "naive").is_some() {}
        assert_eq!(spec.models.len(), MAX_MODELS);
        assert_eq!(spec.validate(), Ok(()));
    }

    #[test]
    fn a_name_is_plain_and_there_once() {
        let mut spec = RunSpec::default();
        assert!(rename(&mut spec, "esmm", "naive").unwrap_err().contains("already"));
        assert!(rename(&mut spec, "esmm", "dcmt").unwrap_err().contains("already"));
        assert!(rename(&mut spec, "esmm", "my model").unwrap_err().contains("a name is 1 to 64 letters"));
        assert_eq!(rename(&mut spec, "esmm", "esmm-small"), Ok(()));
        assert_eq!(names(&spec), ["naive", "esmm-small", "esm2"]);
    }

    #[test]
    fn a_model_equal_to_its_preset_is_its_name_in_the_link() {
        let mut spec = RunSpec::default();
        let set_weight = |model: &mut ModelSpec| model.objective.events_mut()[1].weight = 0.5;
        assert_eq!(change(&mut spec, "esmm", set_weight), Ok(()));
        assert!(is_changed(&spec.models[1]) && spec.to_json().contains("0.5"));
        assert!(change(&mut spec, "esmm", |model| model.objective.events_mut().clear()).is_err());
        reset(&mut spec, "esmm");
        assert!(!is_changed(&spec.models[1]));
        assert!(spec.to_json().contains(r#""models":["naive","esmm","esm2"]"#));
    }
}
