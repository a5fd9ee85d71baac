//! Names and descriptions of models and runs.

pub use crate::domain::spec::Family;
use crate::domain::spec::{ModelPreset, model_presets};
use crate::protocol::Run;

/// All families, in order.
pub const FAMILIES: [Family; 5] =
    [Family::Baselines, Family::EntireSpace, Family::Causal, Family::Delayed, Family::Own];

impl Family {
    /// Heading of the family.
    pub fn title(self) -> &'static str {
        match self {
            Self::Baselines => text!(models::baselines),
            Self::EntireSpace => text!(models::entire_space),
            Self::Causal => text!(models::causal),
            Self::Delayed => text!(models::delayed_feedback),
            Self::Own => text!(models::your_own),
        }
    }
}

/// A model's name for the user.
pub fn display_name(name: &str) -> &str {
    words!(models::names[name]).unwrap_or(name)
}

/// A run's name: its model's, and its seed where there are several and it has one.
pub fn run_name(model: &str, seed: Option<u64>, several_seeds: bool) -> String {
    let model = display_name(model);
    match seed.filter(|_| several_seeds) {
        Some(seed) => text!(models::with_seed, model = model, seed = seed.to_string()),
        None => model.to_owned(),
    }
}

/// The items, each once, in order of first appearance.
pub fn distinct<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    distinct
}

/// The names of the runs' models, each once, in order.
pub fn models_of(runs: &[Run]) -> Vec<&str> {
    distinct(runs.iter().map(|run| run.model.name.as_str()))
}

/// The runs that a mean over seeds is taken of: of a model, those with an epoch behind them where it has such. One that has
/// just begun would pull the mean to what an untrained network says.
pub fn averaged(runs: &[Run]) -> impl Iterator<Item = &Run> {
    let has_epoch = |run: &Run| run.shown().is_some_and(|evaluation| evaluation.epoch >= 1.0);
    let is_alone = move |run: &Run| !runs.iter().any(|other| other.model.name == run.model.name && has_epoch(other));
    runs.iter().filter(move |run| has_epoch(run) || is_alone(run))
}

/// Whether the runs were trained with different seeds, which are then part of their names.
pub fn has_several_seeds(runs: &[Run]) -> bool {
    let mut seeds = runs.iter().filter_map(Run::known_seed);
    seeds.next().is_some_and(|first| seeds.any(|seed| seed != first))
}

/// A run's key that survives a new training, which gives runs other ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunKey {
    pub model: String,
    /// `None` before the first run.
    pub seed: Option<u64>,
}

/// The family that a model belongs to.
pub fn family(name: &str) -> Family {
    preset(name).map_or(Family::Own, |preset| preset.family)
}

/// One line about a model.
pub fn description(name: &str) -> &'static str {
    words!(models::ideas[name]).unwrap_or(text!(models::own_idea))
}

/// A model's publication; empty for the user's own.
pub fn source(name: &str) -> &'static str {
    preset(name).map_or("", |preset| &preset.source)
}

/// The preset called `name`.
pub fn preset(name: &str) -> Option<&'static ModelPreset> {
    model_presets().iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    #[test]
    fn the_papers_names_are_written_as_in_the_papers() {
        assert_eq!(["naive", "esmm", "esm2", "mine"].map(display_name), ["naive CVR", "ESMM", "ESM²", "mine"]);
    }

    #[test]
    fn a_seed_that_has_just_begun_is_not_averaged_with_one_that_has_an_epoch() {
        let mut runs: Vec<Run> = (1..=3).map(|seed| run(seed, "esmm", u64::from(seed), evaluation(&[]))).collect();
        runs.push(run(4, "naive", 1, evaluation(&[])));
        for (at, epoch) in [1.0, 0.0, 0.5, 0.0].into_iter().enumerate() {
            runs[at].evaluations[0].epoch = epoch;
        }
        assert_eq!(averaged(&runs).map(|run| run.id).collect::<Vec<_>>(), [1, 4]);
    }

    #[test]
    fn every_preset_is_presented_in_the_order_of_the_families() {
        let presets = model_presets();
        let is_said = |preset: &ModelPreset| {
            let name = preset.name.as_str();
            words!(models::names[name]).is_some() && words!(models::ideas[name]).is_some() && !preset.source.is_empty()
        };
        assert!(presets.iter().all(is_said));
        assert!(presets.is_sorted_by_key(|preset| preset.family));
        assert_eq!(distinct(presets.iter().map(|preset| preset.hue)).len(), presets.len(), "a hue of its own");
        let tokens = include_str!("../../www/css/tokens.css");
        assert!(presets.iter().all(|preset| tokens.contains(&format!(".hue.hue-{} {{", preset.hue))));
        assert_eq!((family("mine"), source("mine")), (Family::Own, ""));
    }
}
