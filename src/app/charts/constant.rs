//! Scores of a constant prediction, below which a model has learned nothing.

use std::collections::BTreeMap;

use super::metric_columns::Group;
use crate::app::format;
use crate::app::marks::Mark;
use crate::domain::metrics::MetricKey;
use crate::domain::report::on_which_runs_agree;
use crate::protocol::Run;

/// Scores of a constant rate on the held-out rows by `<metric>.<task>`; empty until a run has ended.
pub fn constant_rate(runs: &[Run]) -> BTreeMap<String, f64> {
    on_which_runs_agree(runs.iter().filter_map(Run::shown).map(|evaluation| evaluation.constant_rate.clone()))
}

/// A score as text; rounding noise around 0 is 0.
pub(super) fn score(value: f64) -> String {
    if value.abs() < 1e-9 { "0".to_owned() } else { format::significant(value, 3) }
}

/// The last row of the metrics table, below all models.
pub fn foot(runs: &[Run], groups: &[Group]) -> Option<Mark> {
    let scores = constant_rate(runs);
    if scores.is_empty() {
        return None;
    }
    let head = Mark::new("th")
        .attr("scope", "row")
        .attr("title", text!(metrics::constant::what))
        .child(Mark::new("span").class("model-name").text(text!(metrics::constant::name)))
        .child(Mark::new("span").class("visually-hidden").text(format!(" ({})", text!(metrics::constant::what))));
    let cells = groups.iter().flat_map(|group| {
        let scores = &scores;
        group.metrics.iter().enumerate().map(move |(index, metric)| {
            let key = MetricKey { metric, task: &group.task }.to_string();
            let cell = Mark::new("td").class(if index == 0 { "num group-start" } else { "num" });
            match scores.get(&key) {
                Some(score) => cell
                    .attr("data-key", key)
                    .attr("data-value", score.to_string())
                    .child(Mark::new("span").class("cell-value").text(self::score(*score))),
                None => cell.class("absent").text("–"),
            }
        })
    });
    Some(Mark::new("tfoot").child(Mark::new("tr").class("constant-row").child(head).children(cells)))
}

#[cfg(test)]
mod tests {
    use super::super::metric_columns::groups;
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    #[test]
    fn the_constant_rate_stands_below_the_models_once_it_is_known() {
        let keys = [("auc.ctr", 0.7, 0.01), ("kl_truth.cvr_entire_space", 0.02, 0.001)];
        let mut runs = [run(1, "naive", 1, evaluation(&keys)), run(2, "esmm", 1, evaluation(&keys))];
        assert!(foot(&runs, &groups(&runs, true)).is_none());
        // The second run still trains: its newest evaluation has no constant rate.
        runs[0].evaluations[0].constant_rate = [("kl_truth.cvr_entire_space".to_owned(), 0.0271)].into();
        let foot = foot(&runs, &groups(&runs, true)).unwrap();
        assert!(foot.all_text().contains("constant rate") && foot.all_text().contains("0.0271"), "{}", foot.all_text());
        let values: Vec<_> = foot.all().into_iter().filter_map(|cell| cell.get("data-value")).collect();
        assert_eq!(values, ["0.0271"]);
    }
}
