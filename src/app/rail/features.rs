//! Features and network: encoding, embeddings and layers.

use super::settings::{SettingChange, number_of};
use crate::app::marks::{Control, Mark, check, choice, field};
use crate::app::text::{layers_text, parse_layers};
use crate::domain::spec::settings::{BUCKETS, EMBEDDING_SIZE};
use crate::domain::spec::{FeatureSpec, NetworkSpec, NumericalEncoding, Pooling, RunSpec};

const ENCODINGS: [(NumericalEncoding, &str, &str); 2] = [
    (NumericalEncoding::Buckets, text!(forms::features::quantile_buckets), ""),
    (NumericalEncoding::Tanh, text!(forms::features::tanh), ""),
];
const POOLINGS: [(Pooling, &str, &str); 2] = [
    (Pooling::Concatenate, text!(forms::features::every_field), ""),
    (Pooling::SumByGroup, text!(forms::features::by_group), ""),
];

#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Encoding(NumericalEncoding),
    Log1p(bool),
    Feature(SettingChange<FeatureSpec>),
    Network(SettingChange<NetworkSpec>),
    Pooling(Pooling),
    /// Widths of the hidden layers.
    Hidden(Vec<usize>),
    ShareEmbeddings(bool),
}

/// The form in one line.
pub fn summary(spec: &RunSpec) -> String {
    let known = ENCODINGS.iter().find(|known| known.0 == spec.features.numerical);
    let encoding = known.map_or("", |(_, words, _)| words);
    let hidden = layers_text(&spec.network.hidden);
    let size = spec.network.embedding_size.to_string();
    text!(forms::features::summary, encoding = encoding, size = size, layers = hidden)
}

/// Encoding, embeddings, layers.
pub fn form(spec: &RunSpec) -> Vec<Mark<Edit>> {
    let encoding = Control::new(text!(forms::features::as_numbers));
    let mut marks = vec![choice(encoding, "encoding", ENCODINGS, &spec.features.numerical, Edit::Encoding)];
    marks.extend(number_of(&BUCKETS, &spec.features).map(|mark| mark.map(Edit::Feature)));
    marks.push(check(Control::new(text!(forms::features::log1p)), spec.features.log1p, Edit::Log1p).key("log1p"));
    marks.extend(number_of(&EMBEDDING_SIZE, &spec.network).map(|mark| mark.map(Edit::Network)));
    let pooling = Control::new(text!(forms::features::tower_input));
    marks.push(choice(pooling, "pooling", POOLINGS, &spec.network.pooling, Edit::Pooling).key("pooling"));
    marks.push(hidden(spec));
    marks
}

/// Widths of the hidden layers.
pub fn hidden(spec: &RunSpec) -> Mark<Edit> {
    let control = Control::new(text!(forms::features::hidden)).hint(text!(forms::features::widths));
    field(control, layers_text(&spec.network.hidden), "numeric", |text| parse_layers(text).map(Edit::Hidden))
}

pub fn apply(spec: &mut RunSpec, edit: &Edit) {
    match edit {
        Edit::Encoding(encoding) => spec.features.numerical = *encoding,
        Edit::Log1p(is_on) => spec.features.log1p = *is_on,
        Edit::Feature(set) => set.apply(&mut spec.features),
        Edit::Network(set) => set.apply(&mut spec.network),
        Edit::Pooling(pooling) => spec.network.pooling = *pooling,
        Edit::Hidden(widths) => spec.network.hidden = widths.clone(),
        Edit::ShareEmbeddings(are_shared) => spec.network.share_embeddings = *are_shared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_set_or_left() {
        let mut spec = RunSpec::default();
        let mut change = |label: &str, input: &str| {
            if let Some(edit) = Mark::new("div").children(form(&spec)).change(label, input) {
                apply(&mut spec, &edit);
            }
            spec.clone()
        };
        assert_eq!(change("Hidden layers", "128 64").network.hidden, [128, 64]);
        assert_eq!(change("Hidden layers", "wide").network.hidden, [128, 64]);
        assert_eq!(change("Embedding size", "999").network.embedding_size, 128);
        assert_eq!(change("Buckets", "4").features.buckets, 4);
        let tanh = change("tanh", "true");
        assert_eq!(tanh.features.numerical, NumericalEncoding::Tanh);
        assert!(!form(&tanh).iter().any(|mark| mark.all_text().contains("Buckets")), "tanh has no buckets");
    }
}
