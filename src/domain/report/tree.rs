//! The behaviour tree with its rates over a scope.

use std::collections::BTreeMap;

use super::late::Late;
use super::readings::{EdgeReading, Rates, Scope, TreeReading};
use super::supervision::Supervision;
use super::view::View;
use crate::domain::label;

/// One reading for each scope that has rows.
pub(super) fn tree_readings(view: &View, supervision: &[Supervision]) -> Vec<TreeReading> {
    [Scope::All, Scope::Clicked, Scope::Unclicked]
        .into_iter()
        .map(|scope| tree_reading(view, supervision, scope))
        .filter(|reading| reading.rows > 0)
        .collect()
}

fn tree_reading(view: &View, supervision: &[Supervision], scope: Scope) -> TreeReading {
    let positions: Vec<usize> = (0..view.rows.len())
        .filter(|&position| match scope {
            Scope::All | Scope::Part => true,
            Scope::Clicked => view.clicked[position],
            Scope::Unclicked => !view.clicked[position],
        })
        .collect();
    tree_over(view, supervision, scope, &positions)
}

/// The tree over some of the view's rows, which are what `scope` says.
pub(super) fn tree_over(view: &View, supervision: &[Supervision], scope: Scope, positions: &[usize]) -> TreeReading {
    let edges = (0..view.tree.questions.len())
        .map(|question| edge_reading(view, supervision[question], scope, positions, question))
        .collect();
    let events = if positions.is_empty() { BTreeMap::new() } else { event_rates(view, positions) };
    let population = view.log.weights.is_some().then(|| positions.iter().map(|&position| view.weight(position)).sum());
    TreeReading { scope, rows: positions.len(), is_early: is_early(view), population, edges, events }
}

/// Whether the labels of some question are still to come.
fn is_early(view: &View) -> bool {
    let Some(late) = Late::of(view) else { return false };
    view.tree.events.iter().any(|event| {
        let labelled = |&row: &u32| view.event_label(event, row as usize).is_some();
        let rows: Vec<u32> = (0..view.rows.len() as u32).filter(labelled).collect();
        late.exposure(event, &rows).is_some()
    })
}

/// Sums for a mean that is weighted by the probability of reaching the question.
#[derive(Default)]
struct Weighted {
    reached: f64,
    yes: f64,
    plain: f64,
}

impl Weighted {
    /// - `weight`: impressions that the row stands for
    fn add(&mut self, weight: f64, reach: f64, p: f64) {
        self.reached += weight * reach;
        self.yes += weight * (reach * p);
        self.plain += weight * p;
    }

    /// The plain mean where the question is never reached in this scope, whose rows stand for `all`.
    fn rate(&self, all: f64) -> f64 {
        if self.reached > 0.0 { self.yes / self.reached } else { self.plain / all }
    }
}

fn edge_reading(
    view: &View,
    supervision: Supervision,
    scope: Scope,
    positions: &[usize],
    question: usize,
) -> EdgeReading {
    let (mut predicted, mut truth) = (Weighted::default(), Weighted::default());
    let late = Late::of(view);
    let (mut p_reached, mut asked, mut known, mut yes, mut all) = (0.0, 0, 0.0, 0.0, 0.0);
    for &position in positions {
        let reach = predicted_reach(view, question, position);
        let weight = view.weight(position);
        all += weight;
        p_reached += weight * if scope == Scope::Clicked { reach.given_click } else { reach.from_root };
        predicted.add(weight, reach.in_scope(scope), view.answers[question][position][1]);
        if let (Some(column), Some(reach)) = (&view.truth[question], true_reach(view, question, position)) {
            truth.add(weight, reach.in_scope(scope), column[position]);
        }
        if view.paths[position].is_asked(question) {
            asked += 1;
            known += weight * late.as_ref().map_or(1.0, |late| late.known(question, position));
            yes += if view.paths[position].is_yes(question) { weight } else { 0.0 };
        }
    }
    let rows = positions.len();
    let all = if rows > 0 { all } else { 1.0 };
    EdgeReading {
        question: view.tree.questions[question].name.clone(),
        p_reached: p_reached / all,
        rates: Rates {
            predicted: predicted.rate(all),
            observed: (known > 0.0).then(|| (yes / known).min(1.0)),
            truth: (view.truth[question].is_some() && rows > 0).then(|| truth.rate(all)),
        },
        observed_rows: asked,
        own_loss: supervision.own_loss,
        identifiable: supervision.identifiable,
    }
}

/// Probability of reaching a question in one impression.
#[derive(Debug, Clone, Copy)]
struct Reach {
    from_root: f64,
    /// With the click taken as given: 0 for what is only asked after a "no" to it.
    given_click: f64,
}

impl Reach {
    fn in_scope(self, scope: Scope) -> f64 {
        if matches!(scope, Scope::All | Scope::Part) { self.from_root } else { self.given_click }
    }
}

fn reach_along(view: &View, question: usize, p_answer: impl Fn(usize, bool) -> f64) -> Reach {
    let mut reach = Reach { from_root: 1.0, given_click: 1.0 };
    for &(before, yes) in view.links.way(question) {
        let p = p_answer(before, yes);
        reach.from_root *= p;
        reach.given_click *= match (view.tree.questions[before].label == label::CLICK, yes) {
            (true, true) => 1.0,
            (true, false) => 0.0,
            (false, _) => p,
        };
    }
    reach
}

fn predicted_reach(view: &View, question: usize, position: usize) -> Reach {
    reach_along(view, question, |before, yes| view.answers[before][position][usize::from(yes)])
}

fn true_reach(view: &View, question: usize, position: usize) -> Option<Reach> {
    let is_known = view.links.way(question).iter().all(|&(before, _)| view.truth[before].is_some());
    is_known.then(|| {
        reach_along(view, question, |before, yes| {
            let p = view.truth[before].as_ref().map_or(0.0, |column| column[position]);
            if yes { p } else { 1.0 - p }
        })
    })
}

/// Means over the impressions that the scope's rows stand for; a conditional event is observed only when its condition was met
/// on all of them. Where labels are still to come, what is observed is the rate that they will have.
fn event_rates(view: &View, positions: &[usize]) -> BTreeMap<String, Rates> {
    let all: f64 = positions.iter().map(|&position| view.weight(position)).sum();
    let mean = |of: &dyn Fn(usize) -> f64| positions.iter().map(|&p| view.weight(p) * of(p)).sum::<f64>() / all;
    let events = view.tree.events.iter().zip(&view.events);
    let late = Late::of(view);
    let rows: Vec<u32> = positions.iter().map(|&position| position as u32).collect();
    let sum = |of: &dyn Fn(usize) -> f64| -> f64 {
        positions.iter().enumerate().map(|(place, &position)| view.weight(position) * of(place)).sum()
    };
    let rates = events.map(|(event, column)| {
        let labels: Option<Vec<bool>> = positions.iter().map(|&position| view.event_label(event, position)).collect();
        let observed = labels.map(|labels| match late.as_ref().and_then(|late| late.exposure(event, &rows)) {
            None => sum(&|place| if labels[place] { 1.0 } else { 0.0 }) / all,
            Some(exposure) => {
                let weight = sum(&|place| exposure.weight[place]);
                (sum(&|place| exposure.positive[place]) / weight.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
            }
        });
        let truth = column.truth.as_ref().map(|truth| mean(&|position| truth[position]));
        (event.name.clone(), Rates { predicted: mean(&|position| column.p[position]), observed, truth })
    });
    rates.collect()
}
