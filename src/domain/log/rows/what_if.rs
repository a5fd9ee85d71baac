//! One impression as it would be with other feature values.

use super::super::lists::LIST_MARK;
use crate::domain::log::{ColumnValues, Feature, ImpressionLog, Label, MISSING};

/// Why a feature cannot have that value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    #[error("{}", words!(log::what_if::unknown_feature, name = .0))]
    UnknownFeature(String),
    #[error("{}", words!(log::what_if::not_a_number, name = .feature, value = .value))]
    NotANumber { feature: String, value: String },
    #[error("{}", words!(log::what_if::no_row, rows = .rows, row = .row))]
    NoRow { row: usize, rows: usize },
}

/// A log of the one impression in `row`, with `values` (feature, value as people write it) in the place of its own. An
/// empty value is a missing one; several values of a list are parted by `|`. It has no truth: nobody knows what the
/// generator would have made of it.
///
/// # Errors
/// [`WhatIfError`], when a value does not fit its feature.
pub fn what_if(log: &ImpressionLog, row: usize, values: &[(String, String)]) -> Result<ImpressionLog, WhatIfError> {
    if row >= log.n_rows {
        return Err(WhatIfError::NoRow { row, rows: log.n_rows });
    }
    if let Some((name, _)) = values.iter().find(|(name, _)| log.features.iter().all(|feature| &feature.name != name)) {
        return Err(WhatIfError::UnknownFeature(name.clone()));
    }
    let feature = |feature: &Feature| {
        let edit = values.iter().find(|(name, _)| name == &feature.name).map(|(_, value)| value.trim());
        let values = match (&feature.values, edit) {
            (ColumnValues::Number(numbers), None) => ColumnValues::Number(vec![numbers[row]]),
            (ColumnValues::Number(_), Some("")) => ColumnValues::Number(vec![f64::NAN]),
            (ColumnValues::Number(_), Some(text)) => ColumnValues::Number(vec![number(&feature.name, text)?]),
            (own @ ColumnValues::Text { .. }, None) => one_text(own.text(row)),
            (ColumnValues::Text { .. }, Some(text)) => one_text(as_list(text)),
        };
        Ok(Feature { name: feature.name.clone(), group: feature.group, values })
    };
    let label = |label: &Label| Label { name: label.name.clone(), values: vec![label.values[row]] };
    Ok(ImpressionLog {
        n_rows: 1,
        labels: log.labels.iter().map(label).collect(),
        aliases: log.aliases.clone(),
        features: log.features.iter().map(feature).collect::<Result<_, _>>()?,
        ..ImpressionLog::default()
    })
}

fn number(feature: &str, text: &str) -> Result<f64, WhatIfError> {
    let refused = || WhatIfError::NotANumber { feature: feature.to_owned(), value: text.to_owned() };
    let number: f64 = text.replace(',', ".").parse().map_err(|_| refused())?;
    if number.is_finite() { Ok(number) } else { Err(refused()) }
}

fn one_text(text: String) -> ColumnValues {
    if text.is_empty() {
        return ColumnValues::Text { dictionary: Vec::new(), codes: vec![MISSING] };
    }
    ColumnValues::Text { dictionary: vec![text], codes: vec![0] }
}

/// `a | b` as a cell keeps it.
fn as_list(text: &str) -> String {
    text.split(" | ").map(str::trim).collect::<Vec<_>>().join(&LIST_MARK.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::FeatureGroup;

    fn log() -> ImpressionLog {
        let feature = |name: &str, values| Feature { name: name.into(), group: FeatureGroup::Context, values };
        let dictionary = vec!["x".into(), "y".into()];
        ImpressionLog {
            n_rows: 2,
            labels: vec![Label { name: "click".into(), values: vec![false, true] }],
            features: vec![
                feature("city", ColumnValues::Text { dictionary, codes: vec![0, 1] }),
                feature("price", ColumnValues::Number(vec![1.0, 2.5])),
            ],
            ..ImpressionLog::default()
        }
    }

    fn edit(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.into(), value.into())]
    }

    #[test]
    fn what_is_not_edited_stays() {
        let one = what_if(&log(), 1, &edit("price", "7,5")).unwrap();
        assert_eq!((one.n_rows, one.label("click")), (1, Some([true].as_slice())));
        assert_eq!(one.features[0].values.text(0), "y");
        assert_eq!(one.features[1].values.text(0), "7.5");
        assert!(what_if(&log(), 1, &edit("city", "")).unwrap().features[0].values.text(0).is_empty());
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused() {
        for (row, edit) in [(0, edit("price", "dear")), (0, edit("price", "inf")), (0, edit("size", "1")), (9, vec![])]
        {
            assert!(what_if(&log(), row, &edit).is_err(), "{edit:?}");
        }
    }
}
