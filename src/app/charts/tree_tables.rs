//! What stands under the tree: the formula of its event with symbols and numbers, and its tables.

use super::behavior_tree::{condition, edge_sentence};
use super::formula::{Token, evaluate, formula, numeric, symbolic};
use super::tree_values::{TreeValues, Values, has_own_loss};
use super::{format, names};
use crate::app::marks::{Cell, Mark, Table};
use crate::domain::spec::ModelSpec;

/// `pCTCVR = y1·(y2·y3 + (1−y2)·y4)`, with symbols, then with the numbers that stand on the tree.
pub fn formula_lines(model: &ModelSpec, values: &TreeValues, lit: Option<usize>) -> Option<Mark> {
    let event = model.tree.event("ctcvr").or(model.tree.events.last())?;
    let tokens = formula(&model.tree, event);
    let term = |token: &Token, words: String| {
        let is_lit = matches!(token, Token::Term { question, .. } if lit == Some(*question));
        Mark::new("span").class(if is_lit { "term lit" } else { "term" }).text(words)
    };
    let line = || Mark::new("span").class("formula-line");
    let symbols = line()
        .child(Mark::new("b").text(names::event(&event.name)))
        .text(" = ")
        .children(tokens.iter().map(|token| term(token, symbolic(&model.tree, token))));
    let predicted: Option<Vec<f64>> = values.edges.iter().map(|edge| edge.predicted).collect();
    let numbers = predicted.filter(|p| p.len() == model.tree.questions.len()).map(|p| {
        let value = evaluate(&model.tree, event, |q| p[q]);
        // Over chosen rows the edges are means of their own: their product is not the mean of the products.
        let mean = values.events.iter().find(|(name, _)| *name == event.name).and_then(|(_, v)| v.predicted);
        let differs = mean.filter(|mean| (mean - value).abs() > 0.005 * mean.abs());
        let note = differs.map(|mean| format!(" of these means; the mean over the rows is {}", format::factor(mean)));
        line()
            .text(" = ")
            .children(tokens.iter().map(|token| term(token, numeric(token, |q| p[q]))))
            .text(" = ")
            .child(Mark::new("b").text(format::factor(value)))
            .text(note.unwrap_or_default())
    });
    Some(Mark::new("p").class("formula").attr("aria-label", "Formula of the event").child(symbols).maybe(numbers))
}

/// The edge that is pointed at, in a sentence.
pub fn readout(model: &ModelSpec, values: &TreeValues, lit: Option<usize>) -> String {
    let pointed = lit.and_then(|index| Some((index, model.tree.questions.get(index)?, values.edges.get(index)?)));
    let Some((index, question, edge)) = pointed else {
        return "Point at an edge, or tab to it, to see its part of the formula.".to_owned();
    };
    let asked = format!("{} {}", names::asks(question), condition(&model.tree, index));
    edge_sentence(&names::symbol(&question.name), &asked, edge, has_own_loss(model, index))
}

/// Every event of the model, predicted, observed and true.
pub fn events(values: &TreeValues) -> Option<Mark> {
    let mut table = Table::new(format!("Events, {}", values.over), &["Event", "Predicted", "Observed", "True"]);
    for (name, event) in &values.events {
        let meaning = names::event_meaning(name);
        let named = if meaning.is_empty() { names::event(name) } else { format!("{}, {meaning}", names::event(name)) };
        table.row([Cell::words(named)].into_iter().chain(cells(event, "–")));
    }
    (!values.events.is_empty()).then(|| table.mark().class("events-table"))
}

/// The tree as a table: one row a question.
pub fn edges(label: &str, model: &ModelSpec, values: &TreeValues) -> Table {
    let caption = format!("Conditional probabilities of {label}, {}", values.over);
    let mut table = Table::new(caption, &["Question", "Asked", "Predicted", "Observed", "True", "Loss"]);
    for (index, question) in model.tree.questions.iter().enumerate() {
        let edge = values.edges.get(index).copied().unwrap_or_default();
        let asked = format!("{} {}", names::asks(question), condition(&model.tree, index));
        let loss = if has_own_loss(model, index) { "its own" } else { "through a product or mixture" };
        let named = [Cell::words(names::symbol(&question.name)), Cell::words(asked)];
        table.row(named.into_iter().chain(cells(&edge, "not trained")).chain([Cell::words(loss)]));
    }
    table
}

fn cells(values: &Values, without_prediction: &str) -> [Cell; 3] {
    let shown = |p: Option<f64>, none: &str| Cell::or_reason(p.map(format::percent), none);
    [
        shown(values.predicted, without_prediction),
        shown(values.observed, values.without_observed()),
        shown(values.truth, "not known"),
    ]
}
