//! Logits of an evaluation and PRED.csv.

use std::fmt::Write;

use super::predictions_read::{MATURITY, WEIGHT};
use super::view::Probabilities;
use crate::domain::behavior::BehaviorTree;
use crate::domain::csv::{field, inert_cell};
use crate::domain::log::{ImpressionLog, Split, Truth};
use crate::domain::{event, label};

/// One run's logits for every row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    pub model: String,
    pub seed: u64,
    pub tree: BehaviorTree,
    /// `[n_rows, questions]`.
    pub logits: Vec<f32>,
}

/// Labels that PRED.csv tells, by the name that it gives them.
pub(super) const LABELS: [&str; 3] = [label::CLICK, label::CONVERSION, label::ACTION];

/// Events whose columns come first, in this order.
const FIRST_EVENTS: [&str; 4] = [event::CTR, event::CVR, event::CTCVR, event::CTAVR];

/// PRED.csv: one line per run and row of the log that is trained or evaluated on.
///
/// Columns: `row`, `split`, `model`, `seed`; `user` and `group` as codes where the log has them; `maturity`, the share of the
/// conversions that is known at the row's age, where some are still to come; `weight`, the impressions that the row stands for,
/// where the log is a sample of them; the labels that the log has, those that
/// only a model's tree asks for as `label_<name>`; `p_<event>`
/// and, for questions that are no event's name, `p_<question>`, empty where a model lacks them; the truth when it is
/// known. Probabilities are computed in f64 and written as the shortest decimal that reads back as the same f32. People open
/// the file in spreadsheets: what is text in it is inert there.
pub fn write_predictions_csv(log: &ImpressionLog, split: &Split, runs: &[Predictions]) -> Vec<u8> {
    let names = probability_names(runs);
    let own_labels = own_labels(log, runs);
    let maturity = conversion_maturity(log);
    let mut text = header(log, maturity.is_some(), &own_labels, &names);
    let labels: Vec<&[bool]> =
        LABELS.iter().copied().chain(own_labels.iter().copied()).filter_map(|name| log.label(name)).collect();
    let mut use_of_row = vec![None; log.n_rows];
    split.train.iter().for_each(|&row| use_of_row[row as usize] = Some("train"));
    split.validation.iter().for_each(|&row| use_of_row[row as usize] = Some("validation"));
    split.eval.iter().for_each(|&row| use_of_row[row as usize] = Some("eval"));
    for run in runs {
        let model = inert_cell(&run.model);
        let model = field(&model);
        let probabilities = Probabilities::new(&run.tree, &run.logits);
        let columns: Vec<Option<Vec<f64>>> = names.iter().map(|name| probabilities.of(name)).collect();
        for (row, used) in use_of_row.iter().enumerate() {
            let Some(used) = used else { continue };
            // Writing to a string cannot fail.
            let _ = write!(text, "{row},{used},{model},{}", run.seed);
            for codes in log.user.iter().chain(&log.group) {
                let _ = write!(text, ",{}", codes[row]);
            }
            if let Some(maturity) = &maturity {
                let _ = write!(text, ",{}", maturity[row]);
            }
            if let Some(weights) = &log.weights {
                let _ = write!(text, ",{}", weights[row]);
            }
            for label in &labels {
                text.push_str(if label[row] { ",1" } else { ",0" });
            }
            for column in &columns {
                text.push(',');
                if let Some(column) = column {
                    let _ = write!(text, "{}", column[row] as f32);
                }
            }
            if let Some(truth) = &log.truth {
                write_truth(&mut text, truth, row);
            }
            text.push('\n');
        }
    }
    text.into_bytes()
}

/// Share of the conversions that is known at each row's age; `None` where all are.
fn conversion_maturity(log: &ImpressionLog) -> Option<Vec<f64>> {
    let timing = log.timing.as_ref()?;
    let maturity: Vec<f64> = (0..log.n_rows).map(|row| timing.conversion_maturity(row)).collect();
    maturity.iter().any(|&known| known < 1.0).then_some(maturity)
}

fn header(log: &ImpressionLog, has_maturity: bool, own_labels: &[&str], names: &[String]) -> String {
    let mut header = vec!["row", "split", "model", "seed"];
    header.extend(log.user.as_ref().map(|_| "user"));
    header.extend(log.group.as_ref().map(|_| "group"));
    header.extend(has_maturity.then_some(MATURITY));
    header.extend(log.weights.as_ref().map(|_| WEIGHT));
    header.extend(LABELS.iter().filter(|name| log.label(name).is_some()));
    // Their beginnings are ours, so none is a formula: a label is called whatever a log calls its column.
    let own_labels: Vec<String> = own_labels.iter().map(|name| field(&format!("label_{name}")).into_owned()).collect();
    header.extend(own_labels.iter().map(String::as_str));
    let names: Vec<String> = names.iter().map(|name| format!("p_{name}")).collect();
    header.extend(names.iter().map(String::as_str));
    if log.truth.is_some() {
        header.extend(["truth_p_click", "truth_p_action", "truth_p_buy_action", "truth_p_buy_other"]);
        header.extend(["potential_action", "potential_conversion"]);
    }
    header.join(",") + "\n"
}

/// Labels of the log that the runs' trees ask for beyond [`LABELS`], each once.
fn own_labels<'a>(log: &ImpressionLog, runs: &'a [Predictions]) -> Vec<&'a str> {
    let mut own: Vec<&str> = Vec::new();
    for label in runs.iter().flat_map(|run| run.tree.labels()) {
        if !LABELS.contains(&label) && !own.contains(&label) && log.label(label).is_some() {
            own.push(label);
        }
    }
    own
}

fn write_truth(text: &mut String, truth: &Truth, row: usize) {
    for p in [&truth.p_click, &truth.p_action, &truth.p_buy_action, &truth.p_buy_other] {
        let _ = write!(text, ",{}", p[row]);
    }
    for potential in [&truth.potential_action, &truth.potential_conversion] {
        text.push_str(if potential[row] { ",1" } else { ",0" });
    }
}

/// Names of events and questions over all runs, the well-known events first.
fn probability_names(runs: &[Predictions]) -> Vec<String> {
    let events = runs.iter().flat_map(|run| run.tree.events.iter().map(|event| &event.name));
    let questions = runs.iter().flat_map(|run| run.tree.questions.iter().map(|question| &question.name));
    let mut names: Vec<String> = FIRST_EVENTS.iter().map(|&name| name.to_owned()).collect();
    names.retain(|name| events.clone().any(|event| event == name));
    for name in events.clone().chain(questions) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}
