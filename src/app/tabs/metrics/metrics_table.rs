//! The table "Metrics": models as rows, metrics by task as columns, each with its interval and difference.

use crate::app::charts::certainty;
use crate::app::charts::compare::measure;
use crate::app::charts::metric_columns::{Group, groups, short_reason};
use crate::app::charts::{constant, maturity, names};
use crate::app::format;
use crate::app::marks::Mark;
use crate::app::models::{display_name, distinct, has_several_seeds, models_of};
use crate::domain::metrics::{GroupCoverage, Metric, MetricInfo, MetricKey};
use crate::domain::report::{Comparisons, Difference, Evaluation, Judgement, Measure, over_seeds};
use crate::protocol::Run;

/// Detail of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// All metrics, instead of three per task.
    pub all_metrics: bool,
    /// Each seed's run below its model.
    pub each_seed: bool,
}

/// The metrics of every model's newest evaluations: the mean over its seeds, where there are several, or its only run. Each
/// model has its difference from the pinned one once: a single seed of several has no verdict.
pub fn table(runs: &[Run], pinned: Option<&str>, compared: Option<&Comparisons>, detail: Detail) -> Mark {
    let groups = groups(runs, detail.all_metrics);
    let against = (pinned, compared);
    let rows = models_of(runs).into_iter().flat_map(|model| {
        let of_model = runs.iter().filter(|run| run.model.name == model);
        let shown = of_model.filter(|run| detail.each_seed || !has_summary(run, runs));
        let rows: Vec<Mark> = shown.filter_map(|run| row(run, runs, &groups, against)).collect();
        summary_row(model, runs, &groups, against).into_iter().chain(rows)
    });
    Mark::new("table")
        .class("data-table metrics-table")
        .child(Mark::new("caption").text(text!(metrics::table::caption)))
        .child(head(&groups, runs))
        .child(Mark::new("tbody").children(rows))
        .maybe(constant::foot(runs, &groups))
}

/// Note on the cells' content and the number of differences.
pub fn note(runs: &[Run], pinned: Option<&str>, compared: Option<&Comparisons>) -> String {
    let rows = runs.iter().filter_map(Run::shown).map(|evaluation| evaluation.eval_rows).max().unwrap_or(0);
    let several = has_several_seeds(runs);
    let note = text!(
        metrics::table::note,
        rows = format::count(rows),
        pinned = pinned.map(display_name).unwrap_or(text!(metrics::table::the_pinned))
    );
    let mut sentences = vec![note];
    if several {
        sentences.push(text!(metrics::table::over_seeds).to_owned());
    }
    if let Some(Comparisons { tests, found, .. }) = compared.filter(|compared| compared.tests > 0) {
        sentences.push(text!(metrics::table::of_many, tests = format::count(*tests), found = format::count(*found)));
    }
    sentences.push(maturity::note(runs).to_owned());
    sentences.extend(weighted(runs));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

/// Note on held-out rows that stand for more than themselves.
fn weighted(runs: &[Run]) -> Option<String> {
    let population = runs.iter().find_map(|run| run.shown()?.trees.first()?.population)?;
    Some(text!(metrics::weighted, population = format::rounded(population)))
}

/// Inputs that the log lacks, one sentence per model.
pub fn left_out(runs: &[Run]) -> Vec<String> {
    let said = runs
        .iter()
        .flat_map(|run| run.left_out.iter().map(|sentence| format!("{}: {sentence}.", display_name(&run.model.name))));
    distinct(said)
}

fn head(groups: &[Group], runs: &[Run]) -> Mark {
    let tasks = groups.iter().map(|group| {
        let head = Mark::new("th").attr("scope", "colgroup").class("group-start");
        let maturity = maturity::of_task(runs, &group.task);
        head.attr("colspan", group.metrics.len())
            .text(names::task(&group.task))
            .maybe(maturity.map(|maturity| Mark::new("span").class("cell-interval").text(maturity::beside(&maturity))))
    });
    let metrics = groups.iter().flat_map(|group| {
        group.metrics.iter().enumerate().map(|(index, metric)| {
            let (shown, meaning) =
                MetricInfo::of(metric).map_or((metric.as_str(), ""), |info| (info.title, info.meaning));
            let head = Mark::new("th").attr("scope", "col").attr("title", meaning);
            head.class(if index == 0 { "group-start" } else { "" }).text(shown)
        })
    });
    let first = Mark::new("th").attr("scope", "col").text(text!(charts::heads::model));
    Mark::new("thead")
        .child(Mark::new("tr").child(Mark::new("td")).children(tasks))
        .child(Mark::new("tr").child(first).children(metrics))
}

/// The pinned model, and all others against it.
type Against<'a> = (Option<&'a str>, Option<&'a Comparisons>);

/// Whether the model of `run` has a row over its seeds.
fn has_summary(run: &Run, runs: &[Run]) -> bool {
    runs.iter().filter(|other| other.model.name == run.model.name).filter_map(measure).count() > 1
}

/// Pairs of runs that a model is compared by.
fn n_seeds(compared: Option<&Comparisons>, model: &str) -> usize {
    let of_model = |compared: &Comparisons| compared.models.iter().find(|m| m.model == model).map(|m| m.seeds.len());
    compared.and_then(of_model).unwrap_or(0)
}

fn row(run: &Run, runs: &[Run], groups: &[Group], (pinned, compared): Against) -> Option<Mark> {
    let evaluation = run.shown()?;
    let seed = run.known_seed().filter(|_| has_several_seeds(runs));
    let compared = if has_summary(run, runs) { None } else { compared };
    let mut notes: Vec<String> = seed.iter().map(|seed| text!(metrics::table::seed, seed = seed.to_string())).collect();
    if Some(run.model.name.as_str()) == pinned {
        notes.push(text!(metrics::table::pinned).to_owned());
    }
    if !run.status.is_ended() {
        notes.push(text!(metrics::table::epoch, epoch = format::significant(evaluation.epoch, 2)));
    }
    let cells = cells(groups, |key| {
        let coverage = key.strip_prefix("gauc.").and_then(|task| evaluation.coverage.get(task)).map(coverage_note);
        let differs = compared.and_then(|compared| compared.difference(&run.model.name, key));
        CellContent {
            metric: evaluation.metrics.get(key).cloned(),
            more: coverage,
            why: why_no_interval(evaluation, key),
            differs: differs.map(|found| difference_mark(found, key, n_seeds(compared, &run.model.name))),
        }
    });
    let class = if seed.is_some() { "seed-row" } else { "" };
    let head = head_of_row(&run.model.name, notes);
    Some(Mark::new("tr").class(class).key(run.id as usize).child(head).children(cells))
}

/// A model over the seeds that it was trained with; nothing for one seed, which is the run's own row.
fn summary_row(model: &str, runs: &[Run], groups: &[Group], (pinned, compared): Against) -> Option<Mark> {
    let measures: Vec<Measure> = runs.iter().filter(|run| run.model.name == model).filter_map(measure).collect();
    if measures.len() < 2 {
        return None;
    }
    let n_seeds = n_seeds(compared, model);
    let cells = cells(groups, |key| {
        let is_known = measures.iter().any(|measure| measure.metrics.contains_key(key));
        let differs = compared.and_then(|compared| compared.difference(model, key));
        let differs = differs.map(|found| difference_mark(found, key, n_seeds));
        let why = runs.iter().find(|run| run.model.name == model).and_then(Run::shown);
        CellContent {
            metric: is_known.then(|| over_seeds(&measures, key)),
            more: None,
            why: why.and_then(|evaluation| why_no_interval(evaluation, key)),
            differs,
        }
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

#[derive(Default)]
struct CellContent {
    metric: Option<Metric>,
    /// A further note.
    more: Option<String>,
    /// Reason for a missing interval.
    why: Option<String>,
    differs: Option<Mark>,
}

fn cells(groups: &[Group], content_of: impl Fn(&str) -> CellContent) -> Vec<Mark> {
    let mut cells = Vec::new();
    for group in groups {
        for (index, metric) in group.metrics.iter().enumerate() {
            let key = MetricKey { metric, task: &group.task }.to_string();
            let cell = Mark::new("td").class("num").attr("data-key", &key);
            cells.push(filled(cell.class(if index == 0 { "group-start" } else { "" }), content_of(&key)));
        }
    }
    cells
}

/// Reason why one metric of an evaluation has no interval.
fn why_no_interval(evaluation: &Evaluation, key: &str) -> Option<String> {
    let MetricKey { metric, task } = MetricKey::parse(key)?;
    if evaluation.replicates.is_empty() {
        return None;
    }
    evaluation.support.get(task)?.law(metric).err().map(|reason| reason.to_string())
}

fn filled(cell: Mark, CellContent { metric, more, why, differs }: CellContent) -> Mark {
    let part = |class: &str, words: String| Mark::new("span").class(class).text(words);
    let hidden = |words: String| part("visually-hidden", format!(" ({words})"));
    match metric {
        Some(Metric::Value { value, low, high }) => {
            let between = if high > low { format::interval(low, high) } else { String::new() };
            let cell = match why {
                Some(why) => cell.attr("title", why),
                None => cell,
            };
            cell.attr("data-value", value.to_string())
                .child(part("cell-value", format::by_interval(value, low, high)))
                .child(part("cell-interval", more.unwrap_or_default()))
                .child(part("cell-interval", between))
                .maybe(differs)
        }
        Some(Metric::Undefined(why)) => {
            let reason = why.to_string();
            cell.class("absent").attr("title", &reason).text(short_reason(why.reason)).child(hidden(reason))
        }
        None => {
            let reason = text!(metrics::table::not_predicted);
            cell.class("absent").attr("title", reason).text("–").child(hidden(reason.to_owned()))
        }
    }
}

/// Share of the log that a GAUC covers.
fn coverage_note(coverage: &GroupCoverage) -> String {
    let (used, skipped) = (format::count(coverage.groups_used), format::count(coverage.groups_skipped));
    text!(metrics::table::groups, used = used, skipped = skipped)
}

fn difference_mark(found: &Difference, key: &str, n_seeds: usize) -> Mark {
    let Difference { difference: value, low, high, .. } = *found;
    let few_seeds = match n_seeds {
        1 => text!(metrics::table::one_seed).to_owned(),
        n => text!(metrics::table::few_seeds, seeds = n.to_string()),
    };
    // Better and worse have a symbol as well: a sign means one thing for AUC and another for loss.
    let (verdict, mark) = match found.verdict {
        Judgement::NoDifference => (text!(metrics::table::no_difference), ""),
        Judgement::Differs => (text!(metrics::table::differs), ""),
        Judgement::Better => (text!(metrics::table::better), " ▲"),
        Judgement::Worse => (text!(metrics::table::worse), " ▼"),
        Judgement::FewSeeds => (few_seeds.as_str(), ""),
        Judgement::TooFewPositives => (text!(metrics::table::too_few), ""),
        Judgement::NotConverged => (text!(metrics::table::not_converged), ""),
        Judgement::AmongMany => (text!(metrics::table::among_many), ""),
    };
    let has_interval = found.has_interval();
    let about = value.abs() / 10.0;
    let shown = if has_interval {
        format::signed(value, low, high)
    } else {
        format::signed(value, value - about, value + about)
    };
    // With one seed the interval would cover the rows alone; with two it is not reliable.
    let between =
        if has_interval && found.verdict != Judgement::FewSeeds { format::interval(low, high) } else { String::new() };
    let certain = certainty::sentence(found, key, n_seeds);
    let parts = [verdict.to_owned(), between, certain].into_iter().filter(|part| !part.is_empty());
    let words = parts.collect::<Vec<_>>().join("; ");
    Mark::new("span")
        .class(if found.verdict.tells() { "cell-difference" } else { "cell-difference noise" })
        .attr("title", format!("{shown}: {words}"))
        .text(format!("Δ\u{a0}{shown}"))
        .child(Mark::new("span").attr("aria-hidden", "true").text(mark))
        .child(Mark::new("span").class("visually-hidden").text(format!(" ({words})")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::charts::compare::compared;
    use crate::app::fixtures::{evaluation, run};
    use crate::app::marks::Element;
    use crate::protocol::RunStatus;

    fn with(value: f64) -> Evaluation {
        evaluation(&[("auc.ctr", value, 0.01)])
    }

    #[test]
    fn cells_are_found_by_their_key_and_one_seed_has_no_verdict() {
        let runs = [run(1, "naive", 1, with(0.60)), run(2, "esmm", 1, with(0.80))];
        let mark = table(&runs, Some("naive"), compared(&runs, Some("naive")).as_ref(), Detail::default());
        let keyed: Vec<&Element> = mark.all().into_iter().filter(|m| m.get("data-key") == Some("auc.ctr")).collect();
        assert_eq!(keyed.len(), 2);
        assert!(keyed[0].with_class("cell-difference").is_empty(), "the pinned model does not differ from itself");
        assert!(keyed[1].all_text().contains("one seed: cannot be told"), "{}", keyed[1].all_text());
        assert!(!keyed[1].all_text().contains('▲'), "{}", keyed[1].all_text());
    }

    #[test]
    fn predictions_without_a_seed_are_no_seed_s_and_are_judged_by_those_of_the_others() {
        let mut runs: Vec<Run> = (1..=2).map(|seed| run(seed, "naive", u64::from(seed) + 6, with(0.60))).collect();
        let own = run(3, "mine (file)", 1, with(0.80));
        runs.push(Run { status: RunStatus::FromFile { is_seeded: false }, ..own });
        let mark = table(&runs, Some("naive"), compared(&runs, Some("naive")).as_ref(), Detail::default());
        assert!(mark.with_class("seed-row").is_empty() && !mark.all_text().contains("seed 1"), "{}", mark.all_text());
        let judged = mark.with_class("cell-difference");
        assert!(judged[0].all_text().contains("2 seeds: cannot be told"), "{}", judged[0].all_text());
        assert!(!has_several_seeds(&runs[1..]), "one seed, and one that is not known");
    }

    #[test]
    fn a_model_with_several_seeds_stands_over_them_and_alone_has_the_verdict() {
        let runs = [
            run(1, "naive", 1, with(0.60)),
            run(2, "naive", 2, with(0.61)),
            run(3, "naive", 3, with(0.62)),
            run(4, "esmm", 1, with(0.80)),
            run(5, "esmm", 2, with(0.82)),
            run(6, "esmm", 3, with(0.84)),
        ];
        let compared = compared(&runs, Some("naive"));
        let mark = table(&runs, Some("naive"), compared.as_ref(), Detail::default());
        assert!(mark.with_class("seed-row").is_empty());
        let mark = table(&runs, Some("naive"), compared.as_ref(), Detail { each_seed: true, ..Detail::default() });
        let rows = mark.with_class("seeds-row");
        assert_eq!(rows.len(), 2);
        let seeds = mark.with_class("seed-row");
        assert_eq!(seeds.len(), 6);
        assert!(seeds.iter().all(|row| row.with_class("cell-difference").is_empty()));
        assert!(rows[1].all_text().contains("mean of 3 seeds"), "{}", rows[1].all_text());
        let value =
            |row: &Element| row.all().iter().find_map(|cell| cell.get("data-value")?.parse::<f64>().ok()).unwrap();
        assert!((value(rows[1]) - 0.82).abs() < 1e-9 && (value(rows[0]) - 0.61).abs() < 1e-9);
        assert!(rows[1].with_class("cell-difference")[0].all_text().contains("better"), "{}", rows[1].all_text());
        assert!(rows[0].with_class("cell-difference").is_empty());
        let note = note(&runs, Some("naive"), compared.as_ref());
        assert!(note.contains("spread of the seeds") && note.contains("1 of 1 comparisons"), "{note}");
    }
}
