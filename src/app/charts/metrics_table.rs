//! The table "Metrics": models as rows, metrics by task as columns, each with its interval and difference.

use super::compare::difference;
use super::metric_columns::{Group, groups, short_reason};
use super::{format, names};
use crate::app::marks::Mark;
use crate::app::models::display_name;
use crate::domain::metrics::{GroupCoverage, Metric};
use crate::domain::report::{Difference, Evaluation, Judgement};
use crate::protocol::Run;

/// The metrics of every run's newest evaluation, each with its difference from the pinned model.
pub fn table(runs: &[Run], pinned: Option<&str>, every: bool) -> Mark {
    let groups = groups(runs, every);
    let rows = runs.iter().filter_map(|run| row(run, runs, &groups, pinned));
    Mark::new("table")
        .class("data-table metrics-table")
        .child(Mark::new("caption").text("Metrics"))
        .child(head(&groups))
        .child(Mark::new("tbody").children(rows))
}

/// What a cell holds.
pub fn note(runs: &[Run], pinned: Option<&str>) -> String {
    let rows = runs.iter().filter_map(Run::shown).map(|evaluation| evaluation.eval_rows).max().unwrap_or(0);
    format!(
        "On {} held-out impressions. Each cell: the value; its 95\u{202f}% bootstrap interval; Δ, the difference from {} on \
         the same resamples, grey when its interval spans zero.",
        format::count(rows as f64),
        pinned.map(display_name).unwrap_or("the pinned model")
    )
}

fn head(groups: &[Group]) -> Mark {
    let tasks = groups.iter().map(|group| {
        let head = Mark::new("th").attr("scope", "colgroup").class("group-start");
        head.attr("colspan", group.metrics.len()).text(names::task(&group.task))
    });
    let metrics = groups.iter().flat_map(|group| {
        group.metrics.iter().enumerate().map(|(index, metric)| {
            let (name, meaning) = names::metric(metric);
            let shown = if name == "metric" { metric.as_str() } else { name };
            let head = Mark::new("th").attr("scope", "col").attr("title", meaning);
            head.class(if index == 0 { "group-start" } else { "" }).text(shown)
        })
    });
    let first = Mark::new("th").attr("scope", "col").text("Model");
    Mark::new("thead")
        .child(Mark::new("tr").child(Mark::new("td")).children(tasks))
        .child(Mark::new("tr").child(first).children(metrics))
}

fn row(run: &Run, runs: &[Run], groups: &[Group], pinned: Option<&str>) -> Option<Mark> {
    let evaluation = run.shown()?;
    let is_twin = |twin: &&Run| Some(twin.model.name.as_str()) == pinned && twin.seed == run.seed && twin.id != run.id;
    let baseline = runs.iter().find(is_twin).and_then(Run::shown);
    let mut notes = Vec::new();
    if runs.iter().any(|other| other.seed != run.seed) {
        notes.push(format!("seed {}", run.seed));
    }
    if Some(run.model.name.as_str()) == pinned {
        notes.push("pinned".to_owned());
    }
    if !run.status.is_ended() {
        notes.push(format!("epoch {}", format::significant(evaluation.epoch, 2)));
    }
    let name = Mark::new("span").class("model-name").text(display_name(&run.model.name));
    let head = Mark::new("th")
        .attr("scope", "row")
        .class(names::hue_class(&run.model.name))
        .child(name)
        .child(Mark::new("span").class("cell-interval").text(notes.join(", ")));
    let cells = groups.iter().flat_map(|group| {
        group.metrics.iter().enumerate().map(move |(index, metric)| {
            let key = format!("{metric}.{}", group.task);
            let cell = Mark::new("td").class("num").attr("data-key", &key);
            filled(cell.class(if index == 0 { "group-start" } else { "" }), evaluation, baseline, &key)
        })
    });
    Some(Mark::new("tr").key(run.id as usize).child(head).children(cells))
}

fn filled(cell: Mark, evaluation: &Evaluation, baseline: Option<&Evaluation>, key: &str) -> Mark {
    let part = |class: &str, words: String| Mark::new("span").class(class).text(words);
    let hidden = |words: String| part("visually-hidden", format!(" ({words})"));
    match evaluation.metrics.get(key) {
        Some(Metric::Value { value, low, high }) => {
            let coverage = key.strip_prefix("gauc.").and_then(|task| evaluation.coverage.get(task)).map(coverage_note);
            let between = if high > low { format::interval(*low, *high) } else { String::new() };
            let differs = baseline.and_then(|baseline| difference(evaluation, baseline, key));
            cell.attr("data-value", value.to_string())
                .child(part("cell-value", format::by_interval(*value, *low, *high)))
                .child(part("cell-interval", coverage.unwrap_or_default()))
                .child(part("cell-interval", between))
                .maybe(differs.map(difference_mark))
        }
        Some(Metric::Undefined { reason }) => {
            cell.class("absent").attr("title", reason).text(short_reason(reason)).child(hidden(reason.clone()))
        }
        None => {
            let reason = "this model does not predict it";
            cell.class("absent").attr("title", reason).text("–").child(hidden(reason.to_owned()))
        }
    }
}

/// How much of the log a GAUC covers.
fn coverage_note(coverage: &GroupCoverage) -> String {
    let (used, skipped) = (coverage.groups_used as f64, coverage.groups_skipped as f64);
    format!("{} groups, {} of one class skipped", format::count(used), format::count(skipped))
}

fn difference_mark(difference: Difference) -> Mark {
    let Difference { difference: value, low, high, .. } = difference;
    // Better and worse are told by a mark as well: a sign alone means one thing for AUC and another for loss.
    let (verdict, mark) = match difference.verdict {
        Judgement::NoDifference => ("no difference beyond noise", ""),
        Judgement::Differs => ("differs", ""),
        Judgement::Better => ("better", " ▲"),
        Judgement::Worse => ("worse", " ▼"),
    };
    let shown = format::signed(value, low, high);
    let between = format::interval(low, high);
    Mark::new("span")
        .class(if difference.spans_zero() { "cell-difference noise" } else { "cell-difference" })
        .attr("title", format!("{verdict}: {shown} ({between})"))
        .text(format!("Δ\u{a0}{shown}"))
        .child(Mark::new("span").attr("aria-hidden", "true").text(mark))
        .child(Mark::new("span").class("visually-hidden").text(format!(" ({verdict}, {between})")))
}

#[cfg(test)]
mod tests {
    use super::super::compare::tests::{evaluation, run};
    use super::*;

    #[test]
    fn cells_are_found_by_their_key_and_say_their_verdict() {
        let low = evaluation(&[("auc.ctr", 0.60, 0.01)]);
        let high = evaluation(&[("auc.ctr", 0.80, 0.01)]);
        let runs = [run(1, "naive", 1, low), run(2, "esmm", 1, high)];
        let mark = table(&runs, Some("naive"), false);
        let keyed: Vec<&Mark> = mark.all().into_iter().filter(|m| m.get("data-key") == Some("auc.ctr")).collect();
        assert_eq!(keyed.len(), 2);
        assert!(keyed[0].with_class("cell-difference").is_empty(), "the pinned model does not differ from itself");
        assert!(keyed[1].said().contains("better"), "{}", keyed[1].said());
    }
}
