//! A model to compare: a behaviour tree and an objective.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Objective;
use super::presets::model_preset;
use crate::domain::behavior::BehaviorTree;

/// One model. In a file or link, a model equal to its preset is written as the preset's name alone.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSpec {
    /// One of the stable model names, or the user's own.
    pub name: String,
    pub tree: BehaviorTree,
    pub objective: Objective,
    /// For this model alone, instead of `network.share_embeddings`.
    pub embeddings: Option<Embeddings>,
}

impl ModelSpec {
    /// A model without wishes of its own for the network.
    pub fn new(name: &str, tree: BehaviorTree, objective: Objective) -> Self {
        Self { name: name.to_owned(), tree, objective, embeddings: None }
    }
}

/// Which towers look at the same embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Embeddings {
    /// One set of tables for all towers.
    Shared,
    /// Each tower has tables of its own.
    Separate,
}

/// A model spelled out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    name: String,
    tree: BehaviorTree,
    objective: Objective,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    embeddings: Option<Embeddings>,
}

impl From<Spelled> for ModelSpec {
    fn from(Spelled { name, tree, objective, embeddings }: Spelled) -> Self {
        Self { name, tree, objective, embeddings }
    }
}

impl Serialize for ModelSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if model_preset(&self.name).as_ref() == Some(self) {
            return serializer.serialize_str(&self.name);
        }
        let Self { name, tree, objective, embeddings } = self.clone();
        Spelled { name, tree, objective, embeddings }.serialize(serializer)
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
        formatter.write_str(text!(spec::expected_model))
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ModelSpec, E> {
        model_preset(name).ok_or_else(|| {
            let known = super::presets::model_names().join(", ");
            E::custom(words!(spec::unknown_model, name = name, known = known))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ModelSpec, A::Error> {
        Spelled::deserialize(MapAccessDeserializer::new(map)).map(ModelSpec::from)
    }
}
