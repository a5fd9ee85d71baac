//! Features and network: how columns become inputs, and what the towers are made of.

use crate::app::marks::{Act, Control, Mark, check, choice, number, text_field};
use crate::app::range::Range;
use crate::app::text::{layers_text, parse_layers};
use crate::domain::spec::{NumericalEncoding, Pooling, RunSpec};

const ENCODINGS: [(&str, &str, NumericalEncoding); 2] = [
    ("buckets", text!(forms::features::quantile_buckets), NumericalEncoding::Buckets),
    ("tanh", text!(forms::features::tanh), NumericalEncoding::Tanh),
];
const POOLINGS: [(&str, &str, Pooling); 2] = [
    ("concatenate", text!(forms::features::every_field), Pooling::Concatenate),
    ("sum", text!(forms::features::by_group), Pooling::SumByGroup),
];
const BUCKETS: Range = Range::linear(2.0, 256.0).whole();
const EMBEDDING: Range = Range::linear(1.0, 128.0).whole();

/// The form in one line.
pub fn summary(spec: &RunSpec) -> String {
    let (_, encoding) = encoding_of(spec);
    let hidden = layers_text(&spec.network.hidden);
    let size = spec.network.embedding_size.to_string();
    text!(forms::features::summary, encoding = encoding, size = size, layers = hidden)
}

/// Encoding, embeddings, layers.
pub fn form(spec: &RunSpec) -> Vec<Mark> {
    let (encoding, _) = encoding_of(spec);
    let pooling = POOLINGS.iter().find(|known| known.2 == spec.network.pooling).map_or("", |known| known.0);
    let mut marks = vec![choice(
        Control::new("encoding", text!(forms::features::as_numbers)),
        "encoding",
        ENCODINGS.iter().map(|(key, words, _)| (*key, *words, "")),
        encoding,
    )];
    if spec.features.numerical == NumericalEncoding::Buckets {
        marks.push(
            number(Control::new("buckets", text!(forms::features::buckets)), spec.features.buckets as f64)
                .key("buckets"),
        );
    }
    marks.extend([
        check(Control::new("log1p", text!(forms::features::log1p)), spec.features.log1p).key("log1p"),
        number(Control::new("embedding", text!(forms::features::embedding_size)), spec.network.embedding_size as f64)
            .key("embedding"),
        choice(
            Control::new("pooling", text!(forms::features::tower_input)),
            "pooling",
            POOLINGS.iter().map(|(key, words, _)| (*key, *words, "")),
            pooling,
        )
        .key("pooling"),
        text_field(
            Control::new("hidden", text!(forms::features::hidden)).hint(text!(forms::features::widths)),
            layers_text(&spec.network.hidden),
            "numeric",
        ),
    ]);
    marks
}

/// Does what the reader did.
pub fn apply(spec: &mut RunSpec, act: &Act) {
    match act.name.as_str() {
        "encoding" => pick(&ENCODINGS, act, &mut spec.features.numerical),
        "pooling" => pick(&POOLINGS, act, &mut spec.network.pooling),
        "log1p" => spec.features.log1p = act.is_on(),
        "buckets" => set(act.number(BUCKETS), &mut spec.features.buckets),
        "embedding" => set(act.number(EMBEDDING), &mut spec.network.embedding_size),
        "hidden" => {
            if let Some(hidden) = parse_layers(&act.input) {
                spec.network.hidden = hidden;
            }
        }
        _ => {}
    }
}

fn encoding_of(spec: &RunSpec) -> (&'static str, &'static str) {
    let known = ENCODINGS.iter().find(|known| known.2 == spec.features.numerical);
    known.map_or(("", ""), |known| (known.0, known.1))
}

fn pick<T: Copy>(known: &[(&str, &str, T)], act: &Act, place: &mut T) {
    if let Some((.., chosen)) = known.iter().find(|(key, ..)| *key == act.value) {
        *place = *chosen;
    }
}

fn set(number: Option<f64>, place: &mut usize) {
    if let Some(number) = number {
        *place = number as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(name: &str, value: &str, input: &str) -> Act {
        Act { name: name.into(), value: value.into(), input: input.into(), ..Act::default() }
    }

    #[test]
    fn what_is_typed_is_set_or_left() {
        let mut spec = RunSpec::default();
        apply(&mut spec, &act("hidden", "", "128 64"));
        assert_eq!(spec.network.hidden, [128, 64]);
        apply(&mut spec, &act("hidden", "", "wide"));
        assert_eq!(spec.network.hidden, [128, 64]);
        apply(&mut spec, &act("embedding", "", "999"));
        assert_eq!(spec.network.embedding_size, 128);
        apply(&mut spec, &act("encoding", "tanh", "true"));
        assert_eq!(spec.features.numerical, NumericalEncoding::Tanh);
        assert!(form(&spec).iter().all(|mark| mark.key != "buckets"), "tanh has no buckets");
    }
}
