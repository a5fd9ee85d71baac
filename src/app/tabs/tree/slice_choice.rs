//! The choice of a slice: a feature, and one of its values with their counts.

use crate::app::format;
use crate::app::marks::{Control, Mark, select};
use crate::domain::report::{PartReading, RowsPart};

#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Feature(String),
    Value { feature: String, value: String },
}

/// The lists of features and values; empty if the subset is no slice.
pub fn controls(reading: &PartReading) -> Vec<Mark<Msg>> {
    let RowsPart::Slice { feature, value } = &reading.part else { return Vec::new() };
    let of = feature.clone();
    let choose = move |value| Msg::Value { feature: of.clone(), value };
    let features = reading.features.iter().map(|name| (name.clone(), name.as_str()));
    let words = |(name, rows): &(String, usize)| (name.clone(), format!("{name} ({})", format::count(*rows)));
    let values = reading.slices.iter().map(words);
    let left_out = reading.n_slices.saturating_sub(reading.slices.len());
    let hint = match left_out {
        0 => String::new(),
        n => text!(tree::slice::left_out, left_out = format::count(n), all = format::count(reading.n_slices)),
    };
    vec![
        select(Control::new(text!(tree::slice::feature)), features, feature, Msg::Feature).key("slice-feature"),
        select(Control::new(text!(tree::slice::value)).hint(&hint), values, value, choose).key("slice-value"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::{PredictionBox, Scope, TreeReading};

    fn reading(part: RowsPart) -> PartReading {
        PartReading {
            step: 3,
            part,
            tree: TreeReading {
                scope: Scope::Part,
                rows: 30,
                is_early: false,
                population: None,
                edges: Vec::new(),
                events: Default::default(),
            },
            clicked_rows: 2,
            features: vec!["city".into(), "time".into()],
            slices: vec![("Bern".into(), 30), ("Basel".into(), 12)],
            n_slices: 9,
        }
    }

    #[test]
    fn values_are_offered_with_their_counts_and_what_is_left_out_is_said() {
        let marks = controls(&reading(RowsPart::Slice { feature: "city".into(), value: "Bern".into() }));
        let said: Vec<String> = marks.iter().map(|mark| mark.all_text()).collect();
        assert!(said[0].contains("city") && said[0].contains("time"), "{said:?}");
        for part in ["Bern (30)", "Basel (12)", "7 smallest values of 9"] {
            assert!(said[1].contains(part), "{part}: {said:?}");
        }
        let area = PredictionBox { p_ctr: (0.0, 1.0), p_cvr: (0.0, 1.0) };
        assert!(controls(&reading(RowsPart::Brush(area))).is_empty());
    }
}
