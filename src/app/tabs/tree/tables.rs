//! Formula and tables below the tree.

use crate::app::charts::behavior_tree::{asked, edge_sentence};
use crate::app::charts::formula::{Token, evaluate, formula, numeric, symbolic};
use crate::app::charts::names;
use crate::app::charts::tree_values::{TreeValues, Values, has_own_loss};
use crate::app::format;
use crate::app::marks::{Cell, Mark, Table};
use crate::domain::event;
use crate::domain::spec::ModelSpec;

/// `pCTCVR = y1·(y2·y3 + (1−y2)·y4)`, with symbols, then with the tree's numbers.
pub fn formula_lines(model: &ModelSpec, values: &TreeValues, lit: Option<usize>) -> Option<Mark> {
    let event = model.tree.event(event::CTCVR).or(model.tree.events.last())?;
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
        // Over several rows each edge is a mean: their product is not the mean of the products.
        let mean = values.events.iter().find(|(name, _)| *name == event.name).and_then(|(_, v)| v.predicted);
        let differs = mean.filter(|mean| (mean - value).abs() > 0.005 * mean.abs());
        let note = differs.map(|mean| format!(" {}", text!(tree::formula::means, mean = format::significant(mean, 3))));
        line()
            .text(" = ")
            .children(tokens.iter().map(|token| term(token, numeric(token, |q| p[q]))))
            .text(" = ")
            .child(Mark::new("b").text(format::significant(value, 3)))
            .text(note.unwrap_or_default())
    });
    Some(Mark::new("p").class("formula").attr("aria-label", text!(tree::formula::name)).child(symbols).maybe(numbers))
}

/// The highlighted edge in a sentence.
pub fn readout(model: &ModelSpec, values: &TreeValues, lit: Option<usize>) -> String {
    let pointed = lit.and_then(|index| Some((index, model.tree.questions.get(index)?, values.edges.get(index)?)));
    let Some((index, question, edge)) = pointed else {
        return text!(tree::formula::hint).to_owned();
    };
    let asked = asked(&model.tree, index);
    edge_sentence(&names::symbol(&question.name), &asked, edge, has_own_loss(model, index))
}

/// Every event of the model, predicted, observed and true.
pub fn events(values: &TreeValues) -> Option<Mark> {
    let mut table = Table::new(
        text!(tree::tables::events, over = values.over),
        &[
            text!(tree::tables::event),
            text!(charts::heads::predicted),
            text!(charts::heads::observed),
            text!(charts::heads::truth),
        ],
    );
    for (name, event) in &values.events {
        let meaning = names::event_meaning(name);
        let named = if meaning.is_empty() { names::event(name) } else { format!("{}, {meaning}", names::event(name)) };
        table.row([Cell::words(named)].into_iter().chain(cells(event, "–")));
    }
    (!values.events.is_empty()).then(|| table.mark().class("events-table"))
}

/// The tree as a table: one row a question.
pub fn edges(label: &str, model: &ModelSpec, values: &TreeValues) -> Table {
    let caption = text!(tree::tables::questions, model = label, over = values.over);
    let mut table = Table::new(
        caption,
        &[
            text!(tree::tables::question),
            text!(tree::tables::asked),
            text!(charts::heads::predicted),
            text!(charts::heads::observed),
            text!(charts::heads::truth),
            text!(charts::heads::loss),
        ],
    );
    for (index, question) in model.tree.questions.iter().enumerate() {
        let edge = values.edges.get(index).copied().unwrap_or_default();
        let asked = asked(&model.tree, index);
        let loss =
            if has_own_loss(model, index) { text!(tree::tables::own_loss) } else { text!(tree::tables::no_loss) };
        let named = [Cell::words(names::symbol(&question.name)), Cell::words(asked)];
        table.row(named.into_iter().chain(cells(&edge, text!(tree::tables::not_trained))).chain([Cell::words(loss)]));
    }
    table
}

fn cells(values: &Values, without_prediction: &str) -> [Cell; 3] {
    let shown = |p: Option<f64>, none: &str| Cell::or_reason(p.map(format::percent), none);
    [
        shown(values.predicted, without_prediction),
        shown(values.observed, values.without_observed()),
        shown(values.truth, text!(tree::tables::not_known)),
    ]
}
