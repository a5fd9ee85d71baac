//! The formula of pCTCVR, lit by the tree, and the events that the tree predicts.

use leptos::prelude::*;

use super::tree::TreeContext;
use crate::app::charts::behavior_tree::{condition, edge_sentence};
use crate::app::charts::format;
use crate::app::charts::formula::{Token, evaluate, formula, numeric, symbolic};
use crate::app::charts::names;
use crate::app::charts::tree_values::has_own_loss;

/// `pCTCVR = y1·(y2·y3 + (1−y2)·y4)`, with symbols, then with the numbers that stand on the tree.
#[component]
pub fn FormulaLine(context: TreeContext) -> impl IntoView {
    let term = move |token: &Token, text: String| {
        let question = match token {
            Token::Term { question, .. } => Some(*question),
            Token::Text(_) => None,
        };
        let is_lit = move || question.is_some() && context.lit.get() == question;
        view! { <span class="term" class:lit=is_lit>{text}</span> }
    };
    let lines = move || {
        let model = context.candidate.get()?.model;
        let event = model.tree.event("ctcvr").or(model.tree.events.last())?.clone();
        let tokens = formula(&model.tree, &event);
        let values = context.values.get();
        let predicted: Option<Vec<f64>> = values.edges.iter().map(|edge| edge.predicted).collect();
        let symbols = tokens.iter().map(|t| term(t, symbolic(&model.tree, t))).collect_view();
        let numbers = predicted.filter(|p| p.len() == model.tree.questions.len()).map(|p| {
            let value = evaluate(&model.tree, &event, |q| p[q]);
            // Over chosen rows the edges are means of their own: their product is not the mean of the products.
            let mean = values.events.iter().find(|(name, _)| *name == event.name).and_then(|(_, v)| v.predicted);
            let differs = mean.filter(|mean| (mean - value).abs() > 0.005 * mean.abs());
            let note =
                differs.map(|mean| format!(" of these means; the mean over the rows is {}", format::factor(mean)));
            let numbers = tokens.iter().map(|t| term(t, numeric(t, |q| p[q]))).collect_view();
            view! { <span class="formula-line">" = "{numbers}" = "<b>{format::factor(value)}</b>{note}</span> }
        });
        Some(view! {
            <p class="formula" aria-label="Formula of the event">
                <span class="formula-line"><b>{names::event(&event.name)}</b>" = "{symbols}</span>
                {numbers}
            </p>
        })
    };
    let readout = move || {
        let lit = context.lit.get();
        let model = context.candidate.get()?.model;
        let Some(index) = lit else {
            return Some("Point at an edge, or tab to it, to see its part of the formula.".to_owned());
        };
        let question = model.tree.questions.get(index)?;
        let edge = context.values.with(|v| v.edges.get(index).copied())?;
        let asked = format!("{} {}", names::asks(question), condition(&model.tree, index));
        Some(edge_sentence(&names::symbol(&question.name), &asked, &edge, has_own_loss(&model, index)))
    };
    view! {
        <div class="formula-box">
            {lines}
            <p class="view-note">{readout}</p>
        </div>
    }
}

/// Every event of the model, predicted, observed and true.
#[component]
pub fn EventTable(context: TreeContext) -> impl IntoView {
    move || {
        let values = context.values.get();
        (!values.events.is_empty()).then(|| {
            let rows = values.events.iter().map(|(name, event)| {
                let cell = |p: Option<f64>, none: &'static str| match p {
                    Some(p) => view! { <td class="num">{format::percent(p)}</td> }.into_any(),
                    None => view! { <td class="num absent">{none}</td> }.into_any(),
                };
                view! {
                    <tr>
                        <th scope="row">{names::event(name)}<span class="meaning">{names::event_meaning(name)}</span></th>
                        {cell(event.predicted, "–")}
                        {cell(event.observed, event.without_observed())}
                        {cell(event.truth, "not known")}
                    </tr>
                }
            });
            view! {
                <table class="data-table events-table">
                    <caption>{format!("Events, {}", values.over)}</caption>
                    <thead><tr>
                        <th scope="col">"Event"</th><th scope="col">"Predicted"</th><th scope="col">"Observed"</th>
                        <th scope="col">"True"</th>
                    </tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            }
        })
    }
}
