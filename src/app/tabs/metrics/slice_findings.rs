//! Slices that differ, as a table with the rule by which they were found.

use crate::app::charts::maturity;
use crate::app::format;
use crate::app::marks::{Cell, Mark, Table, scrolled};
use crate::app::models::display_name;
use crate::domain::metrics::{Metric, SliceFinding, SliceFlag};
use crate::domain::report::RowsPart;
use crate::protocol::{Run, RunId};

/// Message of a press on a finding: show the tree of that slice.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeOf {
    pub run: RunId,
    pub slice: RowsPart,
}

/// The rule, and every run's findings in a task; `None` before they are computed.
pub fn findings(runs: &[Run], task: &str) -> Option<Mark<TreeOf>> {
    let sliced: Vec<_> = runs.iter().filter_map(|run| Some((run, run.shown()?.slices.get(task)?))).collect();
    let tests: usize = sliced.iter().map(|(_, slices)| slices.tests).sum();
    if sliced.is_empty() {
        return None;
    }
    let mut table = Table::new(
        text!(metrics::slices::caption),
        &[
            text!(metrics::slices::place),
            text!(charts::heads::model),
            text!(metrics::slices::what),
            text!(metrics::slices::there),
            text!(metrics::slices::elsewhere),
            text!(charts::heads::rows),
        ],
    );
    for (run, slices) in &sliced {
        for finding in &slices.findings {
            table.row(row(run, finding));
        }
    }
    let found = table.rows.len();
    let sentence = match (tests, found) {
        (0, _) => text!(metrics::slices::too_few).to_owned(),
        (tests, 0) => text!(metrics::slices::none, tests = format::count(tests)),
        (tests, found) => {
            text!(metrics::slices::found, found = format::count(found), tests = format::count(tests))
        }
    };
    let scroll = scrolled(text!(metrics::slices::scrolls), table.mark());
    let can_press = found > 0 && sliced.iter().any(|(run, _)| run.is_in_memory());
    let rule = text!(metrics::slices::rule);
    let rule = if can_press { format!("{rule} {}", text!(metrics::slices::press)) } else { rule.to_owned() };
    let rule = match maturity::figure_note(runs, task) {
        Some(_) => format!("{rule} {}", text!(metrics::to_come::slices)),
        None => rule,
    };
    let section = Mark::new("div").key("slices").child(Mark::new("p").text(sentence));
    Some(section.maybe((found > 0).then_some(scroll)).child(Mark::new("p").class("view-note").text(rule)))
}

fn row(run: &Run, finding: &SliceFinding) -> [Cell<TreeOf>; 6] {
    let (what, metric) = match finding.flag {
        SliceFlag::OverPredicted => (text!(metrics::slices::too_high), &finding.slice.pcoc),
        SliceFlag::UnderPredicted => (text!(metrics::slices::too_low), &finding.slice.pcoc),
        SliceFlag::WorseRanked => (text!(metrics::slices::worse), &finding.slice.auc),
    };
    let there = match metric {
        Metric::Value { value, low, high } => {
            Cell::number(format!("{} ({})", format::by_interval(*value, *low, *high), format::interval(*low, *high)))
        }
        Metric::Undefined(why) => Cell::or_reason(None, &why.to_string()),
    };
    let place = Cell::words(format!("{} = {}", finding.feature, finding.slice.value));
    let place = if run.is_in_memory() {
        let slice = RowsPart::Slice { feature: finding.feature.clone(), value: finding.slice.value.clone() };
        place.pressing(TreeOf { run: run.id, slice })
    } else {
        place
    };
    [
        place,
        Cell::words(display_name(&run.model.name)),
        Cell::words(what),
        there,
        Cell::number(format::significant(finding.elsewhere, 3)),
        Cell::number(format::count(finding.slice.rows)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::metrics::{Slice, TaskSlices};

    #[test]
    fn findings_say_where_and_of_how_many_tests() {
        let value = |value: f64| Metric::Value { value, low: value * 0.8, high: value * 1.2 };
        let slice = Slice {
            value: "Bern".into(),
            rows: 200,
            positives: 30,
            auc: value(0.7),
            pcoc: value(2.0),
            logloss: value(0.3),
        };
        let finding = SliceFinding {
            feature: "city".into(),
            flag: SliceFlag::OverPredicted,
            slice,
            elsewhere: 1.1,
            p_value: 1e-6,
        };
        let mut found = evaluation(&[]);
        let slices = TaskSlices { tests: 40, found: 1, findings: vec![finding], features: vec![] };
        found.slices.insert("ctr".into(), slices);
        let runs = [run(1, "esmm", 1, found)];
        let found = findings(&runs, "ctr").unwrap();
        let slice = RowsPart::Slice { feature: "city".into(), value: "Bern".into() };
        assert_eq!(found.press("city = Bern"), Some(TreeOf { run: 1, slice }));
        let said = found.all_text();
        for part in ["1 of 40 tests", "city = Bern", "predicted too high", "200"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(findings(&runs, "ctcvr").is_none());
    }
}
