//! The table "Metrics": models as rows, metrics by task as columns, each with its interval and difference.

use super::compare::{difference, measure, paired};
use super::metric_columns::{Group, groups, short_reason};
use super::{constant, format, names, to_come};
use crate::app::marks::Mark;
use crate::app::models::display_name;
use crate::domain::metrics::{GroupCoverage, Metric};
use crate::domain::report::{Difference, Judgement, Measure, over_seeds, paired_difference};
use crate::protocol::Run;

/// The metrics of every run's newest evaluation, each with its difference from the pinned model; before the runs of a model
/// that was trained with several seeds, the model over its seeds.
pub fn table(runs: &[Run], pinned: Option<&str>, every: bool) -> Mark {
    let groups = groups(runs, every);
    let is_first = |index: usize| runs[..index].iter().all(|before| before.model.name != runs[index].model.name);
    let of_model =
        |index: usize| is_first(index).then(|| summary_row(&runs[index].model.name, runs, &groups, pinned)).flatten();
    let rows = runs
        .iter()
        .enumerate()
        .flat_map(|(index, run)| [of_model(index), row(run, runs, &groups, pinned)].into_iter().flatten());
    Mark::new("table")
        .class("data-table metrics-table")
        .child(Mark::new("caption").text(text!(metrics::table::caption)))
        .child(head(&groups, runs))
        .child(Mark::new("tbody").children(rows))
        .maybe(constant::foot(runs, &groups))
}

/// What a cell holds.
pub fn note(runs: &[Run], pinned: Option<&str>) -> String {
    let rows = runs.iter().filter_map(Run::shown).map(|evaluation| evaluation.eval_rows).max().unwrap_or(0);
    let several = runs.iter().any(|run| run.seed != runs[0].seed);
    let note = text!(
        metrics::table::note,
        rows = format::count(rows as f64),
        pinned = pinned.map(display_name).unwrap_or(text!(metrics::table::the_pinned))
    );
    let note = if several { format!("{note} {}", text!(metrics::table::over_seeds)) } else { note };
    match to_come::note(runs) {
        "" => note,
        early => format!("{note} {early}"),
    }
}

/// What of a model the log has nothing for, one sentence a model.
pub fn left_out(runs: &[Run]) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for run in runs {
        for sentence in &run.left_out {
            let sentence = format!("{}: {sentence}.", display_name(&run.model.name));
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
    }
    said
}

fn head(groups: &[Group], runs: &[Run]) -> Mark {
    let tasks = groups.iter().map(|group| {
        let head = Mark::new("th").attr("scope", "colgroup").class("group-start");
        let to_come = to_come::of_task(runs, &group.task);
        head.attr("colspan", group.metrics.len())
            .text(names::task(&group.task))
            .maybe(to_come.map(|maturity| Mark::new("span").class("cell-interval").text(to_come::beside(&maturity))))
    });
    let metrics = groups.iter().flat_map(|group| {
        group.metrics.iter().enumerate().map(|(index, metric)| {
            let (shown, meaning) = names::metric(metric).unwrap_or((metric, ""));
            let head = Mark::new("th").attr("scope", "col").attr("title", meaning);
            head.class(if index == 0 { "group-start" } else { "" }).text(shown)
        })
    });
    let first = Mark::new("th").attr("scope", "col").text(text!(charts::heads::model));
    Mark::new("thead")
        .child(Mark::new("tr").child(Mark::new("td")).children(tasks))
        .child(Mark::new("tr").child(first).children(metrics))
}

fn row(run: &Run, runs: &[Run], groups: &[Group], pinned: Option<&str>) -> Option<Mark> {
    let evaluation = run.shown()?;
    let is_twin = |twin: &&Run| Some(twin.model.name.as_str()) == pinned && twin.seed == run.seed && twin.id != run.id;
    let baseline = runs.iter().find(is_twin).and_then(Run::shown);
    let is_one_of_several = runs.iter().any(|other| other.seed != run.seed);
    let mut notes = Vec::new();
    if is_one_of_several {
        notes.push(text!(metrics::table::seed, seed = run.seed.to_string()));
    }
    if Some(run.model.name.as_str()) == pinned {
        notes.push(text!(metrics::table::pinned).to_owned());
    }
    if !run.status.is_ended() {
        notes.push(text!(metrics::table::epoch, epoch = format::significant(evaluation.epoch, 2)));
    }
    let cells = cells(groups, |key| {
        let coverage = key.strip_prefix("gauc.").and_then(|task| evaluation.coverage.get(task)).map(coverage_note);
        let differs = baseline.and_then(|baseline| difference(evaluation, baseline, key));
        (evaluation.metrics.get(key).cloned(), coverage, differs)
    });
    let class = if is_one_of_several { "seed-row" } else { "" };
    let head = head_of_row(&run.model.name, notes);
    Some(Mark::new("tr").class(class).key(run.id as usize).child(head).children(cells))
}

/// A model over the seeds that it was trained with; nothing for one seed, which is the run's own row.
fn summary_row(model: &str, runs: &[Run], groups: &[Group], pinned: Option<&str>) -> Option<Mark> {
    let measures: Vec<Measure> = runs.iter().filter(|run| run.model.name == model).filter_map(measure).collect();
    if measures.len() < 2 {
        return None;
    }
    let pairs = pinned.filter(|pinned| *pinned != model).map(|pinned| paired(runs, model, pinned)).unwrap_or_default();
    let cells = cells(groups, |key| {
        let is_known = measures.iter().any(|measure| measure.metrics.contains_key(key));
        (is_known.then(|| over_seeds(&measures, key)), None, paired_difference(&pairs, key).ok())
    });
    let mut notes = vec![text!(metrics::table::mean_of_seeds, seeds = measures.len().to_string())];
    if Some(model) == pinned {
        notes.push(text!(metrics::table::pinned).to_owned());
    }
    Some(
        Mark::new("tr")
            .class("seeds-row")
            .key(format!("seeds-{model}"))
            .child(head_of_row(model, notes))
            .children(cells),
    )
}

fn head_of_row(model: &str, notes: Vec<String>) -> Mark {
    Mark::new("th")
        .attr("scope", "row")
        .class(names::hue_class(model))
        .child(Mark::new("span").class("model-name").text(display_name(model)))
        .child(Mark::new("span").class("cell-interval").text(notes.join(", ")))
}

/// What a cell holds: the metric, more about it, its difference.
type Held = (Option<Metric>, Option<String>, Option<Difference>);

fn cells(groups: &[Group], held: impl Fn(&str) -> Held) -> Vec<Mark> {
    let mut cells = Vec::new();
    for group in groups {
        for (index, metric) in group.metrics.iter().enumerate() {
            let key = format!("{metric}.{}", group.task);
            let cell = Mark::new("td").class("num").attr("data-key", &key);
            cells.push(filled(cell.class(if index == 0 { "group-start" } else { "" }), held(&key)));
        }
    }
    cells
}

fn filled(cell: Mark, (metric, more, differs): Held) -> Mark {
    let part = |class: &str, words: String| Mark::new("span").class(class).text(words);
    let hidden = |words: String| part("visually-hidden", format!(" ({words})"));
    match metric {
        Some(Metric::Value { value, low, high }) => {
            let between = if high > low { format::interval(low, high) } else { String::new() };
            cell.attr("data-value", value.to_string())
                .child(part("cell-value", format::by_interval(value, low, high)))
                .child(part("cell-interval", more.unwrap_or_default()))
                .child(part("cell-interval", between))
                .maybe(differs.map(difference_mark))
        }
        Some(Metric::Undefined { reason }) => {
            let short = short_reason(&reason);
            cell.class("absent").attr("title", &reason).text(short).child(hidden(reason))
        }
        None => {
            let reason = text!(metrics::table::not_predicted);
            cell.class("absent").attr("title", reason).text("–").child(hidden(reason.to_owned()))
        }
    }
}

/// How much of the log a GAUC covers.
fn coverage_note(coverage: &GroupCoverage) -> String {
    let (used, skipped) = (coverage.groups_used as f64, coverage.groups_skipped as f64);
    text!(metrics::table::groups, used = format::count(used), skipped = format::count(skipped))
}

fn difference_mark(difference: Difference) -> Mark {
    let Difference { difference: value, low, high, .. } = difference;
    // Better and worse are told by a mark as well: a sign alone means one thing for AUC and another for loss.
    let (verdict, mark) = match difference.verdict {
        Judgement::NoDifference => (text!(metrics::table::no_difference), ""),
        Judgement::Differs => (text!(metrics::table::differs), ""),
        Judgement::Better => (text!(metrics::table::better), " ▲"),
        Judgement::Worse => (text!(metrics::table::worse), " ▼"),
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

    #[test]
    fn a_model_with_several_seeds_stands_over_them_too_with_the_difference_of_all_pairs() {
        let with = |value: f64| evaluation(&[("auc.ctr", value, 0.01)]);
        let runs = [
            run(1, "naive", 1, with(0.60)),
            run(2, "naive", 2, with(0.62)),
            run(3, "esmm", 1, with(0.70)),
            run(4, "esmm", 2, with(0.74)),
        ];
        let mark = table(&runs, Some("naive"), false);
        let rows = mark.with_class("seeds-row");
        assert_eq!(rows.len(), 2);
        assert_eq!(mark.with_class("seed-row").len(), 4);
        assert!(rows[1].said().contains("mean of 2 seeds"), "{}", rows[1].said());
        let value = |row: &Mark| row.all().iter().find_map(|cell| cell.get("data-value")?.parse::<f64>().ok()).unwrap();
        assert!((value(rows[1]) - 0.72).abs() < 1e-9 && (value(rows[0]) - 0.61).abs() < 1e-9);
        assert_eq!(rows[1].with_class("cell-difference").len(), 1);
        assert!(rows[0].with_class("cell-difference").is_empty());
        assert!(note(&runs, Some("naive")).contains("spread of the seeds"));
    }
}
