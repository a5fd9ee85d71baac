//! Questions that readers of the papers ask, each answered by the log and the runs on screen.
//!
//! Where the runs do not carry an answer the page says what to train; nothing is claimed beyond what they show.

use crate::app::charts::compare::claims;
use crate::app::charts::intervals::{Interval, intervals};
use crate::app::charts::intervals_drawing::{Intervals, drawing};
use crate::app::charts::{format, names};
use crate::app::marks::{Cell, Mark, Table, awaiting, figure};
use crate::app::models::display_name;
use crate::app::story::verdict;
use crate::domain::report::{Scope, TreeReading};
use crate::protocol::{LoadedLog, Run};

/// What the answers read.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub log: Option<&'a LoadedLog>,
    pub runs: &'a [Run],
    /// The runs before these.
    pub before: &'a [Run],
}

/// A question, and what there is to say.
struct Answer {
    /// Unique, and part of its element's id.
    name: &'static str,
    asks: &'static str,
    says: Vec<String>,
    /// A figure, a table, or what has to happen first.
    shows: Mark,
}

/// All of them.
pub fn questions(asked: Asked) -> Vec<Mark> {
    let answers = [
        mixture(asked),
        where_used(asked),
        encoding(asked),
        finished(asked),
        off(asked),
        on_clicks(asked),
        how_many(asked),
    ];
    answers.into_iter().map(mark).collect()
}

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
fn mixture(asked: Asked) -> Answer {
    let mut says = vec![
        "ESM²’s losses see y1, y1·y2 and y1·(y2·y3 + (1−y2)·y4), and nothing else. y2 is determined by them. y3 and y4 are not, \
         each by itself: at y2 = 0.3 the pairs 0.6, 0.1 and 0.4333, 0.1714 give the same loss. What a label on purchases \
         after a DAction and without one adds is an option of the model, a joint likelihood of the two at clicks."
            .to_owned(),
    ];
    let esm2 = asked.runs.iter().filter(|run| run.model.tree.questions.len() > 2);
    let found = esm2.filter_map(|run| Some((run, everything(run)?))).next();
    let Some((run, tree)) = found else {
        let shows =
            awaiting("Train ESM², and its questions stand here, each with its loss, its prediction and the truth.");
        return Answer { name: "mixture", asks: "What makes y2, y3 and y4 train properly?", says, shows };
    };
    let mut table = Table::new(
        format!("Questions of {}, over all held-out impressions", display_name(&run.model.name)),
        &["Question", "Determined by the losses", "Predicted", "Observed where asked", "Truth"],
    );
    for edge in &tree.edges {
        let determined = match (edge.own_loss, edge.identifiable) {
            (true, _) => "yes, by a loss of its own",
            (false, true) => "yes, through a product",
            (false, false) => "no, through a mixture alone",
        };
        let rate = |rate: Option<f64>, reason| Cell::or_reason(rate.map(format::percent), reason);
        table.row([
            Cell::words(names::symbol(&edge.question)),
            Cell::words(determined),
            rate(Some(edge.rates.predicted), ""),
            rate(edge.rates.observed, "not observable"),
            rate(edge.rates.truth, "not known"),
        ]);
    }
    let loose: Vec<String> = tree
        .edges
        .iter()
        .filter(|edge| !edge.identifiable)
        .filter_map(|edge| {
            let (symbol, predicted) = (names::symbol(&edge.question), format::percent(edge.rates.predicted));
            Some(format!("{symbol} is {predicted} where the truth is {}", format::percent(edge.rates.truth?)))
        })
        .collect();
    if !loose.is_empty() {
        says.push(format!("On this log, {}.", format::listed(&loose)));
    }
    Answer { name: "mixture", asks: "What makes y2, y3 and y4 train properly?", says, shows: scrolled(&table) }
}

/// Is it true that a CVR model is always used on all impressions?
fn where_used(asked: Asked) -> Answer {
    let mut says = vec![
        "It depends on who asks. A ranking scores impressions before anybody has clicked; a page that is opened by a click asks \
         of clicks alone. The same model answers both, and need not be right in both places."
            .to_owned(),
    ];
    if let Some(log) = asked.log {
        says.push(format!(
            "This log has {} impressions, of which {} were clicked: a model that learns CVR from clicks learns it from {}.",
            format::count(log.summary.rows as f64),
            format::count(log.summary.clicks as f64),
            format::percent(log.summary.clicks as f64 / log.summary.rows.max(1) as f64)
        ));
    }
    let mut table = Table::new(
        "Mean pCVR of held-out impressions",
        &["Model", "Where clicked", "Where not clicked", "Truth, over all"],
    );
    let mut rows = 0;
    for run in first_runs(asked.runs) {
        let scope = |scope| tree(run, scope).and_then(|tree| tree.events.get("cvr").copied());
        let Some(all) = scope(Scope::All) else { continue };
        let percent = |p: Option<f64>, reason| Cell::or_reason(p.map(format::percent), reason);
        table.row([
            Cell::words(display_name(&run.model.name)),
            percent(scope(Scope::Clicked).map(|rates| rates.predicted), "no clicks"),
            percent(scope(Scope::Unclicked).map(|rates| rates.predicted), "all clicked"),
            percent(all.truth, "not observable"),
        ]);
        rows += 1;
    }
    let shows = match rows {
        0 => {
            awaiting("Train, and each model’s mean pCVR stands here, where there was a click and where there was none.")
        }
        _ => scrolled(&table),
    };
    Answer { name: "where", asks: "Is a CVR model always used on all impressions?", says, shows }
}

/// Why might tanh beat buckets?
fn encoding(asked: Asked) -> Answer {
    let mut says = vec![
        "A bucket forgets the order within it and gets an embedding from the rows that fall into it alone; tanh keeps the order \
         and squeezes what is far out, but one slope has to do for all. Which costs more depends on the log, so try: train with \
         one, choose the other under Features, and train again. The runs before stay as ghosts."
            .to_owned(),
    ];
    if let Some(log) = asked.log {
        says.push(match log.roles.numerical.len() {
            0 => "This log has no numerical column: here the choice changes nothing.".to_owned(),
            n => format!("Columns of this log that it concerns: {n}."),
        });
    }
    let mut rows = intervals(asked.runs, "auc.ctr", false);
    rows.extend(intervals(asked.before, "auc.ctr", true));
    let shows = shown("question-ctr-auc", "How well are clicks ranked?", "CTR AUC, 95\u{202f}% interval", None, rows);
    Answer { name: "encoding", asks: "Why might tanh beat buckets?", says, shows }
}

/// Does ESM² finish what ESMM began?
fn finished(asked: Asked) -> Answer {
    let mut says = vec![
        "ESM² asks one more question between click and purchase, and supervises it. Whether that helps is a matter of the log: \
         rankings flip between seeds and logs."
            .to_owned(),
    ];
    let is_esm2 = |said: &String| said.contains(display_name("esm2"));
    says.extend(claims(asked.runs, "auc.ctcvr", "esmm").into_iter().filter(is_esm2));
    says.extend(claims(asked.runs, "mae_truth.cvr_entire_space", "esmm").into_iter().filter(is_esm2));
    let rows = intervals(asked.runs, "auc.ctcvr", false);
    let rows = rows.into_iter().filter(|row| matches!(row.model.as_str(), "esmm" | "esm2")).collect();
    let axis = "CTCVR AUC, 95\u{202f}% interval";
    let shows = shown("question-ctcvr-auc", "How well are purchases ranked?", axis, None, rows);
    Answer { name: "finished", asks: "Does ESM² finish what ESMM began?", says, shows }
}

/// Why is my pCVR near zero, or above the truth?
fn off(asked: Asked) -> Answer {
    let mut says = Vec::new();
    for run in first_runs(asked.runs).take(1) {
        let rates = |name: &str| everything(run).and_then(|tree| tree.events.get(name)).map(|rates| rates.predicted);
        if let (Some(cvr), Some(ctcvr)) = (rates("cvr"), rates("ctcvr")) {
            says.push(format!(
                "Near zero: look which number it is. The mean pCTCVR of {} is {}, its mean pCVR {}: the first counts \
                 impressions, the second clicks.",
                display_name(&run.model.name),
                format::percent(ctcvr),
                format::percent(cvr)
            ));
        }
    }
    let rows = intervals(asked.runs, "bias.cvr_entire_space", false);
    if !rows.is_empty() {
        says.push("Too high or too low: measured over all held-out impressions, against the true CVR.".to_owned());
        says.extend(rows.iter().map(verdict));
    }
    if says.is_empty() {
        says.push(
            "There are two answers, and both are numbers: which rate is meant, and how far it is off.".to_owned(),
        );
    }
    let axis = "mean pCVR minus mean true CVR, 95\u{202f}% interval";
    let truth = Some((0.0, "truth".to_owned()));
    let unknown = asked.log.is_some_and(|log| !log.summary.truth_known);
    let shows = match unknown {
        true => awaiting("Not observable on this log: the true CVR of unclicked impressions is not known."),
        false => shown("question-bias", "Too high or too low?", axis, truth, rows),
    };
    Answer { name: "off", asks: "Why is my pCVR near zero, or above the truth?", says, shows }
}

/// Why is CVR AUC on clicks not the number I want?
fn on_clicks(asked: Asked) -> Answer {
    let says = vec![
        "It is what a log can show: over clicked impressions, whether those that bought are ranked above those that did not. A \
         ranking needs the order of all impressions, also of those that nobody clicked, and clicks are no random sample of \
         them. Only a log with a known truth has both."
            .to_owned(),
    ];
    let (clicks, all) =
        (intervals(asked.runs, "auc.cvr_clicked", false), intervals(asked.runs, "auc.cvr_entire_space", false));
    if clicks.is_empty() {
        let shows = awaiting("Train, and both numbers stand here.");
        return Answer { name: "on-clicks", asks: "Why is CVR AUC on clicks not the number I want?", says, shows };
    }
    let mut table = Table::new(
        "CVR AUC, with 95\u{202f}% intervals",
        &["Model", "On clicks (biased)", "Entire space (truth known)"],
    );
    for row in &clicks {
        let twin = all.iter().find(|other| other.model == row.model);
        let cell = |row: Option<&Interval>| Cell::or_reason(row.map(value), "not observable");
        table.row([Cell::words(&row.label), cell(Some(row)), cell(twin)]);
    }
    Answer { name: "on-clicks", asks: "Why is CVR AUC on clicks not the number I want?", says, shows: scrolled(&table) }
}

/// How many clicks do I need?
fn how_many(asked: Asked) -> Answer {
    let mut says = Vec::new();
    if let Some(log) = asked.log {
        says.push(format!(
            "This log has {} clicks and {} purchases.",
            format::count(log.summary.clicks as f64),
            format::count(log.summary.conversions as f64)
        ));
    }
    let rows = intervals(asked.runs, "auc.cvr_clicked", false);
    let widest =
        rows.iter().filter(|row| row.high > row.low).max_by(|a, b| (a.high - a.low).total_cmp(&(b.high - b.low)));
    if let Some(row) = widest {
        let half = (row.high - row.low) / 2.0;
        says.push(format!(
            "Measuring has its price: on the held-out clicks the CVR AUC of {} is known to ±{}. An interval shrinks with the \
             square root of the clicks, so half of it takes about four times as many, ±0.01 about {} times.",
            row.label,
            format::significant(half, 2),
            format::significant((half / 0.01).powi(2), 2)
        ));
    }
    says.push(
        "Learning has its own: shrink the log in chapter 2 of the Story and see at what size the models fall."
            .to_owned(),
    );
    let axis = "CVR AUC on clicks, 95\u{202f}% interval";
    let shows = shown("question-cvr-auc", "How well is it known?", axis, None, rows);
    Answer { name: "how-many", asks: "How many clicks do I need?", says, shows }
}

fn shown(name: &str, title: &str, axis: &str, reference: Option<(f64, String)>, rows: Vec<Interval>) -> Mark {
    let drawn = Intervals {
        name: name.to_owned(),
        title: title.to_owned(),
        axis: axis.to_owned(),
        before: String::new(),
        reference,
        rows,
    };
    match drawing(&drawn).filter(|_| drawn.rows.iter().any(|row| !row.is_before)) {
        Some(drawn) => figure(drawn),
        None => awaiting("Train, and the answer stands here in numbers."),
    }
}

fn value(row: &Interval) -> String {
    format!("{} ({})", format::by_interval(row.value, row.low, row.high), format::interval(row.low, row.high))
}

fn scrolled(table: &Table) -> Mark {
    Mark::new("div")
        .class("table-scroll")
        .attr("tabindex", "0")
        .attr("role", "group")
        .attr("aria-label", "Table, scrolls sideways")
        .child(table.mark())
}

/// The first run of each model that has an evaluation.
fn first_runs(runs: &[Run]) -> impl Iterator<Item = &Run> {
    let is_first = |(index, run): &(usize, &Run)| {
        run.shown().is_some() && runs[..*index].iter().all(|before| before.model.name != run.model.name)
    };
    runs.iter().enumerate().filter(is_first).map(|(_, run)| run)
}

fn everything(run: &Run) -> Option<&TreeReading> {
    tree(run, Scope::All)
}

fn tree(run: &Run, scope: Scope) -> Option<&TreeReading> {
    run.shown()?.trees.iter().find(|tree| tree.scope == scope)
}

#[cfg(test)]
mod tests {
    use super::super::charts::compare::tests::{evaluation, run};
    use super::*;

    #[test]
    fn without_runs_every_question_says_what_to_do() {
        let asked = questions(Asked { log: None, runs: &[], before: &[] });
        assert_eq!(asked.len(), 7);
        assert!(asked.iter().all(|question| question.said().contains("Train")), "{asked:?}");
    }

    #[test]
    fn answers_are_the_numbers_of_the_runs() {
        let with = |auc: f64| evaluation(&[("auc.cvr_clicked", auc, 0.0), ("auc.ctcvr", auc, 0.0)]);
        let runs = [run(1, "esmm", 1, with(0.71)), run(2, "esm2", 1, with(0.71))];
        let asked = questions(Asked { log: None, runs: &runs, before: &[] });
        let said = |at: usize| asked[at].said();
        assert!(said(3).contains("no difference beyond noise in CTCVR AUC"), "{}", said(3));
        assert!(said(5).contains("0.71") && said(5).contains("not observable"), "{}", said(5));
        assert!(said(6).contains("is known to ±"), "{}", said(6));
    }
}
