//! A model to compare: a behaviour tree and an objective.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::presets::model_preset;
use crate::domain::behavior::BehaviorTree;

/// One model. In a file or link, a model equal to its preset is written as the preset's name alone.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSpec {
    /// One of the stable model names, or the user's own.
    pub name: String,
    pub tree: BehaviorTree,
    pub objective: Objective,
}

/// What is minimised. `models.md` section 4 of the design; one file each in `engine/objective/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Objective {
    /// `Σ_e w_e · BCE(label_e, P(e))`, every event over all impressions. Source: Ma et al. 2018, eq. 3.
    EntireSpace { events: Vec<WeightedEvent> },
    /// `Σ_e w_e · BCE(label_e, P(e | given))`, each event averaged over the impressions that meet its condition:
    /// the conventional CVR model, trained on clicks.
    ClickSpace { events: Vec<WeightedEvent> },
}

/// A supervised event and its weight in the loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedEvent {
    /// Name of an event of the model's tree.
    pub event: String,
    /// Range 0–100.
    #[serde(default = "one")]
    pub weight: f64,
}

impl Objective {
    /// The supervised events in order: also the order of a step's loss terms.
    pub fn events(&self) -> &[WeightedEvent] {
        match self {
            Self::EntireSpace { events } | Self::ClickSpace { events } => events,
        }
    }
}

fn one() -> f64 {
    1.0
}

/// A model spelled out, as in its preset's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spelled {
    name: String,
    tree: BehaviorTree,
    objective: Objective,
}

impl From<Spelled> for ModelSpec {
    fn from(Spelled { name, tree, objective }: Spelled) -> Self {
        Self { name, tree, objective }
    }
}

impl Serialize for ModelSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if model_preset(&self.name).as_ref() == Some(self) {
            return serializer.serialize_str(&self.name);
        }
        let Self { name, tree, objective } = self.clone();
        Spelled { name, tree, objective }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ModelSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable)
    }
}

/// Reads a name or a table. By hand, because an untagged enum would swallow the name of an unknown key.
struct NameOrTable;

impl<'de> Visitor<'de> for NameOrTable {
    type Value = ModelSpec;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a model's name, or a table with name, tree and objective")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ModelSpec, E> {
        model_preset(name).ok_or_else(|| {
            let known = super::presets::model_names().join(", ");
            E::custom(format!("there is no model called \"{name}\"; known are {known}"))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ModelSpec, A::Error> {
        Spelled::deserialize(MapAccessDeserializer::new(map)).map(ModelSpec::from)
    }
}
