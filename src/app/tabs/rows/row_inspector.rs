//! The inspected row: the models' predictions for it as logged and as edited, and the most similar rows.

use std::collections::BTreeMap;

use super::rows_table::ModelColumn;
use crate::app::charts::names;
use crate::app::format;
use crate::app::marks::{Control, Mark, button, scrolled, text_field};
use crate::app::rows::RowsShown;
use crate::domain::log::ColumnReport;
use crate::domain::report::{ImpressionReading, Rates};
use crate::protocol::RunId;

#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Set a feature to another value.
    Edit {
        feature: String,
        value: String,
    },
    AsItIs,
    /// Inspect another row.
    Inspect(u32),
}

/// Values of the features that the user has changed.
pub type Edits = BTreeMap<String, String>;

/// The row's features as fields.
pub fn features(features: &[(String, String)], edits: &Edits) -> Mark<Msg> {
    let field = |(name, value): &(String, String)| {
        let edit = edits.get(name);
        let feature = name.clone();
        let set = move |text: &str| Msg::Edit { feature: feature.clone(), value: text.to_owned() };
        let field = text_field(Control::new(name), edit.unwrap_or(value), "text", set).key(name);
        match edit {
            Some(_) => field
                .class("is-edited")
                .child(Mark::new("small").text(text!(rows::one::was, value = or_missing(value)))),
            None => field,
        }
    };
    Mark::new("div").class("row-features").children(features.iter().map(field))
}

fn or_missing(value: &str) -> &str {
    if value.is_empty() { text!(rows::one::missing) } else { value }
}

/// Each model's predictions for the row by event, beside those for the edited row.
pub fn predictions(
    models: &[ModelColumn],
    as_it_is: &BTreeMap<RunId, ImpressionReading>,
    shown: &RowsShown,
    is_edited: bool,
) -> Mark<Msg> {
    let mut heads = vec![text!(charts::heads::model), text!(rows::one::probability), text!(rows::one::as_it_is)];
    if is_edited {
        heads.extend([text!(rows::one::what_if), text!(rows::one::change)]);
    }
    let has_truth = as_it_is.values().any(|reading| reading.events.values().any(|rates| rates.truth.is_some()));
    if has_truth {
        heads.push(text!(rows::one::truth));
    }
    let heads = heads.into_iter().map(|words| Mark::new("th").attr("scope", "col").text(words));
    let mut lines = Vec::new();
    for model in models {
        let Some(reading) = as_it_is.get(&model.run) else { continue };
        let what_if = shown.what_if.get(&model.run).map(|(reading, _)| reading);
        for (index, (event, rates)) in reading.events.iter().enumerate() {
            let first = if index == 0 { model.name.as_str() } else { "" };
            let number = |p: Option<f64>| {
                Mark::new("td").class("num").text(p.map_or("–".to_owned(), |p| format::significant(p, 3)))
            };
            let mut line = Mark::new("tr")
                .class(if index == 0 { "is-first" } else { "" })
                .child(Mark::new("th").attr("scope", "row").class(names::hue_class(&model.model)).text(first))
                .child(Mark::new("td").text(names::event(event)))
                .child(number(Some(rates.predicted)));
            if is_edited {
                let other = what_if.and_then(|reading| reading.events.get(event)).map(|rates| rates.predicted);
                let change = other.map_or("–".to_owned(), |p| change(rates, p));
                line = line.child(number(other)).child(Mark::new("td").class("num").text(change));
            }
            if has_truth {
                line = line.child(number(rates.truth));
            }
            lines.push(line);
        }
    }
    let table = Mark::new("table")
        .class("head-table")
        .child(Mark::new("thead").child(Mark::new("tr").children(heads)))
        .child(Mark::new("tbody").children(lines));
    scrolled(text!(rows::one::name), table)
}

/// The ratio of the edited to the logged probability: `×1.42`.
fn change(rates: &Rates, p: f64) -> String {
    match p / rates.predicted {
        ratio if ratio.is_finite() => format!("×{}", format::significant(ratio, 3)),
        _ => "–".to_owned(),
    }
}

/// A note about edits with values that no model has seen.
pub fn edits_note(shown: &RowsShown, is_edited: bool) -> Option<Mark<Msg>> {
    if !is_edited {
        return None;
    }
    let unknown = shown.what_if.values().map(|(_, unknown)| unknown).find(|unknown| !unknown.is_empty());
    let passes = text!(rows::one::passes);
    let listed = |names: &Vec<String>| {
        let both = |features: String, feature: String| text!(rows::one::and_of, first = features, last = feature);
        names.iter().cloned().reduce(both).unwrap_or_default()
    };
    let words = match unknown {
        Some(names) => format!("{} {passes}", text!(rows::one::unknown, features = listed(names))),
        None => passes.to_owned(),
    };
    let back = button(Control::new(text!(rows::one::as_it_is)), "", Msg::AsItIs);
    Some(Mark::new("p").class("view-note").key("edits").text(words).child(back))
}

/// The most similar rows.
pub fn alike(
    shown: &RowsShown,
    columns: &[(u32, &ColumnReport)],
    models: &[ModelColumn],
    event: &str,
) -> Option<Mark<Msg>> {
    let page = &shown.alike;
    if page.rows.is_empty() {
        return None;
    }
    let labels: Vec<_> = columns.iter().enumerate().filter(|(_, (_, column))| column.role.is_label()).collect();
    let others: Vec<_> = columns.iter().enumerate().filter(|(_, (_, column))| !column.role.is_label()).collect();
    let mut heads = vec![text!(rows::row).to_owned(), text!(rows::alike::alike).to_owned()];
    heads.extend(labels.iter().map(|(_, (_, column))| column.name.clone()));
    heads.extend(models.iter().map(|model| format!("{} {}", model.name, names::event(event))));
    heads.extend(others.iter().map(|(_, (_, column))| column.name.clone()));
    let lines = page.rows.iter().enumerate().map(|(place, &row)| {
        let of = row.to_string();
        let go = button(Control::new(&of), "link", Msg::Inspect(row))
            .attr("aria-label", text!(rows::alike::inspect, row = of));
        let text = |at: usize| page.cells.get(place).and_then(|cells| cells.get(at)).map_or("", String::as_str);
        let likeness = page.similarity.get(place).copied().map_or("–".to_owned(), format::percent);
        let mut cells = vec![Mark::new("td").class("num").text(likeness)];
        cells.extend(labels.iter().map(|(at, _)| Mark::new("td").class("num").text(text(*at))));
        cells.extend(models.iter().map(|model| {
            let said = shown.predicted(model.run, row, event);
            Mark::new("td").class("num").text(said.map_or("–".to_owned(), |p| format::significant(p, 3)))
        }));
        cells.extend(others.iter().map(|(at, _)| Mark::new("td").text(text(*at))));
        Mark::new("tr").child(Mark::new("th").attr("scope", "row").child(go)).children(cells)
    });
    let head =
        Mark::new("tr").children(heads.into_iter().map(|words| Mark::new("th").attr("scope", "col").text(words)));
    let table = Mark::new("table")
        .class("head-table")
        .child(Mark::new("caption").text(text!(rows::alike::caption)))
        .child(Mark::new("thead").child(head))
        .child(Mark::new("tbody").children(lines));
    Some(scrolled(text!(rows::alike::name), table).key("alike"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::Element;

    fn reading(p: f64) -> ImpressionReading {
        let rates = Rates { predicted: p, observed: None, truth: None };
        ImpressionReading {
            row: 3,
            questions: BTreeMap::new(),
            events: [("cvr".to_owned(), rates)].into(),
            features: vec![("city".to_owned(), "Bern".to_owned())],
        }
    }

    #[test]
    fn an_edited_impression_stands_beside_the_original() {
        let models = [ModelColumn { run: 1, name: "ESMM".into(), model: "esmm".into() }];
        let as_it_is = BTreeMap::from([(1, reading(0.1))]);
        let mut shown = RowsShown::default();
        let cells = |mark: &Mark<Msg>| mark.with_tag("td").into_iter().map(Element::all_text).collect::<Vec<_>>();
        assert_eq!(cells(&predictions(&models, &as_it_is, &shown, false)), ["pCVR", "0.100"]);
        assert!(edits_note(&shown, false).is_none());
        shown.what_if.insert(1, (reading(0.25), vec!["city".into()]));
        assert_eq!(cells(&predictions(&models, &as_it_is, &shown, true)), ["pCVR", "0.100", "0.250", "×2.50"]);
        assert!(edits_note(&shown, true).unwrap().all_text().contains("this value of city"));
        let edits = Edits::from([("city".to_owned(), "Basel".to_owned())]);
        assert!(features(&reading(0.1).features, &edits).all_text().contains("was Bern"));
    }
}
