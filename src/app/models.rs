//! Names, descriptions and line styles of models and runs.

use crate::protocol::Run;

/// A family of models, in the page's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Baselines,
    EntireSpace,
    Causal,
    Delayed,
    Own,
}

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

/// Texts about a model.
struct Presented {
    name: &'static str,
    display_name: &'static str,
    family: Family,
    source: &'static str,
    dash: &'static str,
    description: &'static str,
}

/// A model's name for the user.
pub fn display_name(name: &str) -> &str {
    presented(name).map_or(name, |model| model.display_name)
}

/// A run's name: its model's, and its seed where there are several.
pub fn run_name(model: &str, seed: u64, several_seeds: bool) -> String {
    let model = display_name(model);
    if several_seeds { text!(models::with_seed, model = model, seed = seed.to_string()) } else { model.to_owned() }
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

/// Whether the runs were trained with different seeds, which are then part of their names.
pub fn has_several_seeds(runs: &[Run]) -> bool {
    runs.iter().any(|run| run.seed != runs[0].seed)
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
    presented(name).map_or(Family::Own, |model| model.family)
}

/// One line about a model.
pub fn description(name: &str) -> &'static str {
    presented(name).map_or(text!(models::own_idea), |model| model.description)
}

/// A model's publication; empty for the user's own.
pub fn source(name: &str) -> &'static str {
    presented(name).map_or("", |model| model.source)
}

/// The stroke pattern of a model's lines, beside its hue. Copies of a model share the hue and differ here.
pub fn dash(name: &str) -> &'static str {
    const OWN: [&str; 5] = ["8 3 2 3", "1 3", "14 4", "4 4 1 4", "2 6"];
    presented(name).map_or_else(|| OWN[name.bytes().map(usize::from).sum::<usize>() % OWN.len()], |model| model.dash)
}

fn presented(name: &str) -> Option<&'static Presented> {
    MODELS.iter().find(|model| model.name == name)
}

const fn model(
    name: &'static str,
    display_name: &'static str,
    family: Family,
    source: &'static str,
    dash: &'static str,
    description: &'static str,
) -> Presented {
    Presented { name, display_name, family, source, dash, description }
}

const MA: &str = "Ma et al. 2018";
const WEN: &str = "Wen et al. 2020";
const WANG: &str = "Wang et al. 2022";

#[rustfmt::skip] // a table
const MODELS: &[Presented] = &[
    model("naive", text!(models::naive), Family::Baselines, MA, "6 3",
        text!(models::naive_idea)),
    model("independent", text!(models::independent), Family::Baselines, WEN, "3 3",
        text!(models::independent_idea)),
    model("oversampled", text!(models::oversampled), Family::Baselines, MA, "10 3",
        text!(models::oversampled_idea)),
    model("aman", text!(models::aman), Family::Baselines, MA, "2 4",
        text!(models::aman_idea)),
    model("unbias", text!(models::unbias), Family::Baselines, MA, "6 2 2 2",
        text!(models::unbias_idea)),
    model("division", text!(models::division), Family::Baselines, MA, "4 2 1 2",
        text!(models::division_idea)),
    model("gbdt", text!(models::gbdt), Family::Baselines, WEN, "1 2",
        text!(models::gbdt_idea)),
    model("esmm", text!(models::esmm), Family::EntireSpace, MA, "none",
        text!(models::esmm_idea)),
    model("esmm_ns", text!(models::esmm_ns), Family::EntireSpace, MA, "12 2 2 2",
        text!(models::esmm_ns_idea)),
    model("esm2", text!(models::esm2), Family::EntireSpace, WEN, "2 2",
        text!(models::esm2_idea)),
    model("hm3", text!(models::hm3), Family::EntireSpace, "Wen et al. 2021", "5 2 5 6",
        text!(models::hm3_idea)),
    model("esm2_returns", text!(models::esm2_returns), Family::EntireSpace, WEN, "2 2 8 2",
        text!(models::esm2_returns_idea)),
    model("escm2_ips", text!(models::escm2_ips), Family::Causal, WANG, "5 2",
        text!(models::escm2_ips_idea)),
    model("escm2_dr", text!(models::escm2_dr), Family::Causal, WANG, "7 2 1 2 1 2",
        text!(models::escm2_dr_idea)),
    model("dcmt", text!(models::dcmt), Family::Causal, "Zhu et al. 2023", "3 1",
        text!(models::dcmt_idea)),
    model("dfm", text!(models::dfm), Family::Delayed, "Chapelle 2014", "9 2 1 2",
        text!(models::dfm_idea)),
    model("dfm_entire", text!(models::dfm_entire), Family::Delayed, "Chapelle 2014", "9 2 4 2",
        text!(models::dfm_entire_idea)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_names_are_written_as_in_the_papers() {
        assert_eq!(["naive", "esmm", "esm2", "mine"].map(display_name), ["naive CVR", "ESMM", "ESM²", "mine"]);
    }

    #[test]
    fn every_preset_is_presented_in_the_order_of_the_families() {
        let names = crate::domain::spec::model_names();
        assert!(names.iter().all(|name| family(name) != Family::Own && !source(name).is_empty()));
        assert!(names.is_sorted_by_key(|name| family(name)));
        let mut dashes: Vec<&str> = names.iter().map(|name| dash(name)).collect();
        dashes.sort_unstable();
        dashes.dedup();
        assert_eq!(dashes.len(), names.len(), "each has a dash of its own");
        assert_eq!((family("mine"), source("mine")), (Family::Own, ""));
    }
}
