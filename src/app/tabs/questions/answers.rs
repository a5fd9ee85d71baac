//! Frequent questions about the papers, each answered by the log and the runs on screen.
//!
//! If the runs do not contain an answer the page shows what to train; nothing is claimed beyond the runs.

use crate::app::charts::compare::{DISTANCE, RANKING, claims};
use crate::app::charts::constant::constant_rate;
use crate::app::charts::intervals::{Interval, intervals, verdict};
use crate::app::charts::intervals_drawing::{Intervals, drawing};
use crate::app::charts::names;
use crate::app::format;
use crate::app::marks::{Cell, Mark, Table, awaiting, figure, scrolled};
use crate::app::models::{display_name, models_of};
use crate::app::sentence::share;
use crate::domain::event;
use crate::domain::report::{Scope, TreeReading};
use crate::protocol::{LoadedLog, Run};

/// Input of the answers.
#[derive(Clone, Copy)]
pub struct AnswerInput<'a> {
    pub log: Option<&'a LoadedLog>,
    pub runs: &'a [Run],
    /// The runs before these.
    pub before: &'a [Run],
}

/// A question with its answer.
struct Answer {
    /// Unique, and part of its element's id.
    name: &'static str,
    asks: &'static str,
    says: Vec<String>,
    /// A figure, a table, or what to train first.
    shows: Mark,
}

pub fn questions(input: AnswerInput) -> Vec<Mark> {
    let answers = [
        mixture(input),
        where_used(input),
        encoding(input),
        finished(input),
        off(input),
        on_clicks(input),
        how_many(input),
    ];
    answers.into_iter().map(mark).collect()
}

/// The truth's value with its name, and what a constant rate scores.
type Reference = ((f64, String), Option<f64>);

fn mark(answer: Answer) -> Mark {
    let heading = format!("question-{}", answer.name);
    let title = Mark::new("h2").attr("id", &heading).text(answer.asks);
    let says = answer.says.into_iter().filter(|said| !said.is_empty()).map(|said| Mark::new("p").text(said));
    Mark::new("section")
        .class("chapter question")
        .key(answer.name)
        .attr("aria-labelledby", heading)
        .child(Mark::new("div").class("chapter-says").child(title).children(says))
        .child(Mark::new("div").class("chapter-figure").child(answer.shows))
}

/// What makes y2, y3 and y4 train properly?
fn mixture(input: AnswerInput) -> Answer {
    let mut says = vec![text!(questions::mixture).to_owned()];
    let esm2 = input.runs.iter().filter(|run| run.model.tree.questions.len() > 2);
    let found = esm2.filter_map(|run| Some((run, everything(run)?))).next();
    let Some((run, tree)) = found else {
        let shows = awaiting(esm2_or(input, text!(questions::mixture_awaiting)));
        return Answer { name: "mixture", asks: text!(questions::mixture_asks), says, shows };
    };
    let mut table = Table::new(
        text!(questions::mixture_table, model = display_name(&run.model.name)),
        &[
            text!(questions::question),
            text!(questions::determined_losses),
            text!(questions::predicted),
            text!(questions::observed_where_asked),
            text!(questions::truth),
        ],
    );
    for edge in &tree.edges {
        let determined = match (edge.own_loss, edge.identifiable) {
            (true, _) => text!(questions::by_own_loss),
            (false, true) => text!(questions::by_product),
            (false, false) => text!(questions::by_mixture),
        };
        let rate = |rate: Option<f64>, reason| Cell::or_reason(rate.map(format::percent), reason);
        table.row([
            Cell::words(names::symbol(&edge.question)),
            Cell::words(determined),
            rate(Some(edge.rates.predicted), ""),
            rate(edge.rates.observed, text!(questions::not_observable)),
            rate(edge.rates.truth, text!(questions::not_known)),
        ]);
    }
    let loose: Vec<String> = tree
        .edges
        .iter()
        .filter(|edge| !edge.identifiable)
        .filter_map(|edge| {
            let (symbol, predicted) = (names::symbol(&edge.question), format::percent(edge.rates.predicted));
            Some(text!(
                questions::loose,
                symbol = symbol,
                predicted = predicted,
                truth = format::percent(edge.rates.truth?)
            ))
        })
        .collect();
    if !loose.is_empty() {
        says.push(text!(questions::on_this_log, facts = format::listed(&loose)));
    }
    Answer {
        name: "mixture",
        asks: text!(questions::mixture_asks),
        says,
        shows: scrolled(text!(marks::drawing::table_scrolls), table.mark()),
    }
}

/// `awaiting`, or that no action of the log tells ESM² from ESMM.
fn esm2_or(input: AnswerInput, awaiting: &'static str) -> &'static str {
    let has_action = input.log.is_none_or(|log| log.offers().has_action);
    if has_action { awaiting } else { text!(questions::no_action) }
}

/// Is it true that a CVR model is always used on all impressions?
fn where_used(input: AnswerInput) -> Answer {
    let mut says = vec![text!(questions::where_used).to_owned()];
    if let Some(log) = input.log.filter(|log| log.offers().has_click) {
        says.push(text!(
            questions::where_learned,
            rows = format::count(log.summary.rows),
            clicks = format::count(log.summary.clicks),
            share = share(&log.summary, log.summary.impressions().clicks, log.summary.impressions().rows)
        ));
    }
    let mut table = Table::new(
        text!(questions::where_table),
        &[
            text!(questions::model),
            text!(questions::where_clicked),
            text!(questions::where_not_clicked),
            text!(questions::truth_over_all),
        ],
    );
    let mut rows = 0;
    for run in first_runs(input.runs) {
        let scope = |scope| tree(run, scope).and_then(|tree| tree.events.get(event::CVR).copied());
        let Some(all) = scope(Scope::All) else { continue };
        let percent = |p: Option<f64>, reason| Cell::or_reason(p.map(format::percent), reason);
        table.row([
            Cell::words(display_name(&run.model.name)),
            percent(scope(Scope::Clicked).map(|rates| rates.predicted), text!(questions::no_clicks)),
            percent(scope(Scope::Unclicked).map(|rates| rates.predicted), text!(questions::all_clicked)),
            percent(all.truth, text!(questions::not_observable)),
        ]);
        rows += 1;
    }
    let shows = match rows {
        0 => awaiting(text!(questions::where_awaiting)),
        _ => scrolled(text!(marks::drawing::table_scrolls), table.mark()),
    };
    Answer { name: "where", asks: text!(questions::where_asks), says, shows }
}

/// Why might tanh beat buckets?
fn encoding(input: AnswerInput) -> Answer {
    let mut says = vec![text!(questions::encoding).to_owned()];
    if let Some(log) = input.log {
        says.push(match log.roles.numerical.len() {
            0 => text!(questions::encoding_none).to_owned(),
            n => text!(questions::encoding_columns, count = n.to_string()),
        });
    }
    let mut rows = intervals(input.runs, "auc.ctr", false);
    rows.extend(intervals(input.before, "auc.ctr", true));
    let shows = shown("question-ctr-auc", text!(questions::clicks_ranked), text!(questions::ctr_auc), None, rows);
    Answer { name: "encoding", asks: text!(questions::encoding_asks), says, shows }
}

/// Does ESM² finish what ESMM began?
fn finished(input: AnswerInput) -> Answer {
    let mut says = vec![esm2_or(input, text!(questions::finished)).to_owned()];
    let is_esm2 = |said: &String| said.contains(display_name("esm2"));
    says.extend(claims(input.runs, RANKING, "esmm").into_iter().filter(is_esm2));
    says.extend(claims(input.runs, DISTANCE, "esmm").into_iter().filter(is_esm2));
    let rows = intervals(input.runs, "auc.ctcvr", false);
    let rows = rows.into_iter().filter(|row| matches!(row.model.as_str(), "esmm" | "esm2")).collect();
    let axis = text!(questions::ctcvr_auc);
    let shows = shown("question-ctcvr-auc", text!(story::sparsity::figure_title), axis, None, rows);
    Answer { name: "finished", asks: text!(questions::finished_asks), says, shows }
}

/// Why is my pCVR near zero, or above the truth?
fn off(input: AnswerInput) -> Answer {
    let mut says = Vec::new();
    for run in first_runs(input.runs).take(1) {
        let rates = |name: &str| everything(run).and_then(|tree| tree.events.get(name)).map(|rates| rates.predicted);
        if let (Some(cvr), Some(ctcvr)) = (rates(event::CVR), rates(event::CTCVR)) {
            says.push(text!(
                questions::near_zero,
                model = display_name(&run.model.name),
                ctcvr = format::percent(ctcvr),
                cvr = format::percent(cvr)
            ));
        }
    }
    let rows = intervals(input.runs, "bias.cvr_entire_space", false);
    if !rows.is_empty() {
        says.push(text!(questions::measured).to_owned());
        says.extend(rows.iter().map(verdict));
    }
    if says.is_empty() {
        says.push(text!(questions::two_answers).to_owned());
    }
    let axis = text!(story::inherent::figure_axis);
    let constant = constant_rate(input.runs).get("bias.cvr_entire_space").copied();
    let truth = Some(((0.0, text!(questions::truth_line).to_owned()), constant));
    let unknown = input.log.is_some_and(|log| !log.summary.truth_known);
    let shows = if unknown {
        awaiting(text!(questions::truth_not_observable))
    } else {
        shown("question-bias", text!(questions::bias_title), axis, truth, rows)
    };
    Answer { name: "off", asks: text!(questions::off_asks), says, shows }
}

/// Why is CVR AUC on clicks not the number I want?
fn on_clicks(input: AnswerInput) -> Answer {
    let says = vec![text!(questions::on_clicks).to_owned()];
    let (clicks, all) =
        (intervals(input.runs, "auc.cvr_clicked", false), intervals(input.runs, "auc.cvr_entire_space", false));
    if clicks.is_empty() {
        let shows = awaiting(text!(questions::on_clicks_awaiting));
        return Answer { name: "on-clicks", asks: text!(questions::on_clicks_asks), says, shows };
    }
    let mut table = Table::new(
        text!(questions::on_clicks_table),
        &[text!(questions::model), text!(questions::clicks_biased), text!(questions::entire_space)],
    );
    for row in &clicks {
        let twin = all.iter().find(|other| other.model == row.model);
        let cell = |row: Option<&Interval>| Cell::or_reason(row.map(value), text!(questions::not_observable));
        table.row([Cell::words(&row.label), cell(Some(row)), cell(twin)]);
    }
    Answer {
        name: "on-clicks",
        asks: text!(questions::on_clicks_asks),
        says,
        shows: scrolled(text!(marks::drawing::table_scrolls), table.mark()),
    }
}

/// How many clicks do I need?
fn how_many(input: AnswerInput) -> Answer {
    let mut says = Vec::new();
    if let Some(log) = input.log.filter(|log| log.offers().has_click) {
        says.push(text!(
            questions::how_many,
            clicks = format::count(log.summary.clicks),
            conversions = format::count(log.summary.conversions)
        ));
    }
    let rows = intervals(input.runs, "auc.cvr_clicked", false);
    let widest =
        rows.iter().filter(|row| row.high > row.low).max_by(|a, b| (a.high - a.low).total_cmp(&(b.high - b.low)));
    if let Some(row) = widest {
        let half = (row.high - row.low) / 2.0;
        says.push(text!(
            questions::measuring,
            model = row.label,
            half = format::significant(half, 2),
            times = format::significant((half / 0.01).powi(2), 2)
        ));
    }
    says.push(text!(questions::learning).to_owned());
    let axis = text!(questions::cvr_auc);
    let shows = shown("question-cvr-auc", text!(questions::how_well_known), axis, None, rows);
    Answer { name: "how-many", asks: text!(questions::how_many_asks), says, shows }
}

fn shown(name: &str, title: &str, axis: &str, reference: Option<Reference>, rows: Vec<Interval>) -> Mark {
    let (reference, constant) = reference.map_or((None, None), |(truth, constant)| (Some(truth), constant));
    let drawn = Intervals {
        name: name.to_owned(),
        title: title.to_owned(),
        axis: axis.to_owned(),
        before: String::new(),
        reference,
        constant,
        rows,
    };
    match drawing(&drawn) {
        Some(shown) if drawn.rows.iter().any(|row| !row.is_before) => figure(shown),
        _ => awaiting(text!(questions::awaiting)),
    }
}

fn value(row: &Interval) -> String {
    format!("{} ({})", format::by_interval(row.value, row.low, row.high), format::interval(row.low, row.high))
}

/// The first run of each model that has an evaluation.
fn first_runs(runs: &[Run]) -> impl Iterator<Item = &Run> {
    let first = |model| runs.iter().find(|run| run.model.name == model && run.shown().is_some());
    models_of(runs).into_iter().filter_map(first)
}

fn everything(run: &Run) -> Option<&TreeReading> {
    tree(run, Scope::All)
}

fn tree(run: &Run, scope: Scope) -> Option<&TreeReading> {
    run.shown()?.trees.iter().find(|tree| tree.scope == scope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    #[test]
    fn without_runs_every_question_says_what_to_do() {
        let asked = questions(AnswerInput { log: None, runs: &[], before: &[] });
        assert_eq!(asked.len(), 7);
        assert!(asked.iter().all(|question| question.all_text().contains("Train")), "{asked:?}");
    }

    #[test]
    fn without_actions_nothing_asks_to_train_esm2() {
        let log = LoadedLog { label_counts: vec![("click".into(), 9)], ..LoadedLog::default() };
        let asked = questions(AnswerInput { log: Some(&log), runs: &[], before: &[] });
        assert!(!asked.iter().any(|question| question.all_text().contains("Train ESM²")), "{asked:?}");
        assert!(asked[0].all_text().contains("No column of this log is an action"), "{:?}", asked[0]);
    }

    #[test]
    fn answers_are_the_numbers_of_the_runs() {
        let with = |auc: f64| evaluation(&[("auc.cvr_clicked", auc, 0.0), ("auc.ctcvr", auc, 0.0)]);
        let runs: Vec<Run> = (1..=3)
            .flat_map(|seed| {
                let other = 0.71 + 0.01 * (f64::from(seed) - 2.0);
                [run(2 * seed, "esmm", seed.into(), with(0.71)), run(2 * seed + 1, "esm2", seed.into(), with(other))]
            })
            .collect();
        let asked = questions(AnswerInput { log: None, runs: &runs, before: &[] });
        let said = |at: usize| asked[at].all_text();
        assert!(said(3).contains("no difference beyond noise in CTCVR AUC"), "{}", said(3));
        assert!(said(5).contains("0.71") && said(5).contains("not observable"), "{}", said(5));
        assert!(said(6).contains("is known to ±"), "{}", said(6));
    }
}
