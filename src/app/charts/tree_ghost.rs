//! The tree with changed conditionals: states and events recomputed, drawn as a ghost beside the tree.

use std::collections::BTreeMap;

use super::behavior_tree::{Bar, Layout, magnified_top, reached};
use super::formula::evaluate;
use super::names;
use super::tree_values::{TreeValues, Values};
use crate::app::format;
use crate::app::marks::{Control, Grab, Key, Mark, button, circle, disclosure, path, slider};
use crate::domain::behavior::BehaviorTree;
use crate::domain::event;
use crate::domain::range::Range;
use crate::domain::spec::ModelSpec;

/// Messages of the tree's probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Msg {
    /// Set a question's conditional.
    Move {
        question: usize,
        p: f64,
    },
    /// Add to its logit, from the user's value or else from this one.
    Nudge {
        question: usize,
        by: f64,
        from: f64,
    },
    /// Reset it to the predicted value.
    TakeBack {
        question: usize,
    },
    Reset,
}

/// Step of an arrow key, in logits: a fifth of the odds.
const KEY_STEP: f64 = 0.2;

/// Conditionals that the user has changed, by question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ghost(BTreeMap<usize, f64>);

impl Ghost {
    /// Whether nothing has been changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The user's value of a question, if any.
    pub fn moved(&self, question: usize) -> Option<f64> {
        self.0.get(&question).copied()
    }

    /// The user's value of a question, else the predicted one.
    pub fn p(&self, question: usize, values: &TreeValues) -> Option<f64> {
        self.moved(question).or_else(|| values.edges.get(question)?.predicted)
    }

    pub fn apply(&mut self, message: Msg) {
        match message {
            Msg::Move { question, p } => drop(self.0.insert(question, p)),
            Msg::Nudge { question, by, from } => {
                let p = self.moved(question).unwrap_or(from).clamp(1e-6, 1.0 - 1e-6);
                let odds = p / (1.0 - p) * by.exp();
                self.0.insert(question, odds / (1.0 + odds));
            }
            Msg::TakeBack { question } => drop(self.0.remove(&question)),
            Msg::Reset => self.0.clear(),
        }
    }
}

const RANGE: Range = Range::linear(0.0, 1.0);

/// The message for a key on a question's handle; `None` for other keys.
fn keyed(question: usize, predicted: f64, key: Key) -> Option<Msg> {
    Some(match key {
        Key::Left | Key::Down => Msg::Nudge { question, by: -KEY_STEP, from: predicted },
        Key::Right | Key::Up => Msg::Nudge { question, by: KEY_STEP, from: predicted },
        Key::Home => Msg::Move { question, p: 0.0 },
        Key::End => Msg::Move { question, p: 1.0 },
        Key::Escape => Msg::TakeBack { question },
        Key::PageUp | Key::PageDown => return None,
    })
}

/// The bar with the handle, and the value of its right end: the magnified copy if there is one.
fn handle_bar(bar: Bar, value: &Values) -> (Bar, f64) {
    match magnified_top(value.known()) {
        Some(top) => (Bar { y: bar.y + 24.0, ..bar }, top),
        None => (bar, 1.0),
    }
}

/// The handle of a question's bar, and the outline of the changed bar.
pub fn handle(model: &ModelSpec, values: &TreeValues, ghost: &Ghost, question: usize, bar: Bar) -> Vec<Mark<Msg>> {
    let value = values.edges.get(question).copied().unwrap_or_default();
    let (bar, top) = handle_bar(bar, &value);
    let Some(p) = ghost.p(question, values) else { return Vec::new() };
    let (x, middle) = (bar.at(p, top), bar.y + Bar::HEIGHT / 2.0);
    let moved = ghost.moved(question).map(|_| {
        let outline = format!("M{} {}H{x}v{}H{}Z", bar.x, bar.y - 2.0, Bar::HEIGHT + 4.0, bar.x);
        path("ghost-bar", outline).key("ghost")
    });
    let symbol = names::symbol(&model.tree.questions[question].name);
    let grabbed = move |grab: Grab| match grab {
        Grab::Drag { x, .. } | Grab::Drop { x, .. } => {
            let p = ((x - bar.x) / bar.width).clamp(0.0, 1.0) * top;
            Some(Msg::Move { question, p })
        }
        Grab::Key(key) => keyed(question, p, key),
    };
    let knob = circle("ghost-handle", x, middle, 7.0)
        .key("handle")
        .attr("role", "slider")
        .attr("tabindex", "0")
        .attr("aria-label", text!(tree::ghost::handle, symbol = symbol))
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", "1")
        .attr("aria-valuenow", p.to_string())
        .attr("aria-valuetext", format::percent(p))
        .on_grab(grabbed);
    moved.into_iter().chain([knob]).collect()
}

/// Probability of reaching each state with the ghost's conditionals, in node order; `None` if nothing was changed.
pub fn ghost_reached(
    tree: &BehaviorTree,
    layout: &Layout,
    values: &TreeValues,
    ghost: &Ghost,
) -> Option<Vec<Option<f64>>> {
    (!ghost.is_empty()).then(|| reached(tree, layout, |question| ghost.p(question, values)))
}

/// The changed tree's result in a sentence.
pub fn sentence(model: &ModelSpec, values: &TreeValues, ghost: &Ghost) -> Option<String> {
    let event = model.tree.event(event::CTCVR).or(model.tree.events.last())?;
    let all =
        |of: &dyn Fn(usize) -> Option<f64>| -> Option<Vec<f64>> { (0..model.tree.questions.len()).map(of).collect() };
    let before = all(&|q| values.edges.get(q)?.predicted)?;
    let after = all(&|q| ghost.p(q, values))?;
    if ghost.is_empty() {
        return None;
    }
    let (from, to) = (evaluate(&model.tree, event, |q| before[q]), evaluate(&model.tree, event, |q| after[q]));
    let moved: Vec<String> = (0..model.tree.questions.len())
        .filter_map(|q| {
            let symbol = names::symbol(&model.tree.questions[q].name);
            Some(text!(tree::ghost::moved, symbol = symbol, p = format::percent(ghost.moved(q)?)))
        })
        .collect();
    Some(text!(
        tree::ghost::sentence,
        moved = format::listed(&moved),
        event = names::event(&event.name),
        to = format::significant(to, 3),
        from = format::significant(from, 3),
        count_to = format::frequency(to * format::NATURAL),
        count_from = format::frequency(from * format::NATURAL),
        all = format::natural()
    ))
}

/// A slider and field for each question, and a reset button.
pub fn form(model: &ModelSpec, values: &TreeValues, ghost: &Ghost) -> Option<Mark<Msg>> {
    let known = (0..model.tree.questions.len()).map(|q| ghost.p(q, values)).collect::<Option<Vec<f64>>>()?;
    let sliders = model.tree.questions.iter().enumerate().map(|(index, question)| {
        let label =
            text!(tree::ghost::slider, symbol = names::symbol(&question.name), question = names::asks(question));
        let rounded = (known[index] * 1e4).round() / 1e4;
        slider(Control::new(&label), RANGE, rounded, move |p| Msg::Move { question: index, p }).key(index)
    });
    let says = sentence(model, values, ghost).unwrap_or_else(|| text!(tree::ghost::hint).to_owned());
    let line = Mark::new("p").class("view-note").attr("aria-live", "polite").key("ghost-says").text(says);
    let reset = Control::new(text!(tree::ghost::reset)).disabled(ghost.is_empty());
    let reset = button(reset, "quiet", Msg::Reset).key("reset");
    Some(disclosure("ghost", text!(tree::ghost::title), std::iter::once(line).chain(sliders).chain([reset])))
}

#[cfg(test)]
mod tests {
    use super::super::behavior_tree::{Shape, layout};
    use super::*;
    use crate::app::marks::{Input, Listens};
    use crate::domain::spec::model_preset;

    fn esm2() -> (ModelSpec, TreeValues) {
        let edge = |p: f64| Values { predicted: Some(p), ..Values::default() };
        let edges = [0.04, 0.2, 0.3, 0.05].map(edge).to_vec();
        (model_preset("esm2").unwrap(), TreeValues { edges, ..TreeValues::default() })
    }

    /// The message of a drag or a key on a question's handle, in this shape.
    fn grab(question: usize, shape: Shape, ghost: &Ghost, grab: impl Fn(Bar) -> Grab) -> Option<Msg> {
        let (model, values) = esm2();
        let layout = layout(&model.tree, shape);
        let bar = layout.edges.iter().find(|edge| edge.answer.question == question).and_then(|edge| edge.bar).unwrap();
        let marks = handle(&model, &values, ghost, question, bar);
        marks.last().and_then(|knob| knob.message(Listens::Drag, &Input::Grab(grab(bar))))
    }

    #[test]
    fn a_dragged_probability_recomposes_the_tree() {
        let (model, values) = esm2();
        let mut ghost = Ghost::default();
        assert_eq!(sentence(&model, &values, &ghost), None);
        let middle = |bar: Bar| Grab::Drag { x: bar.x + bar.width / 2.0, y: 0.0 };
        ghost.apply(grab(2, Shape::Wide, &ghost, middle).unwrap());
        assert_eq!(ghost.moved(2), Some(0.5));
        let said = sentence(&model, &values, &ghost).unwrap();
        assert!(said.starts_with("If y3 were 50\u{202f}%, pCTCVR would be 0.00560 instead of 0.00400"), "{said}");
        let layout = layout(&model.tree, Shape::Wide);
        let reached = ghost_reached(&model.tree, &layout, &values, &ghost).unwrap();
        assert!((reached.iter().flatten().fold(0.0, |sum: f64, p| sum.max(*p)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_small_probability_is_moved_on_its_magnified_bar() {
        let end = |bar: Bar| Grab::Drag { x: bar.x + bar.width, y: 0.0 };
        let top = magnified_top([0.04]).unwrap();
        assert_eq!(grab(0, Shape::Narrow, &Ghost::default(), end), Some(Msg::Move { question: 0, p: top }));
    }

    #[test]
    fn keys_move_the_odds_and_escape_takes_back() {
        let (mut ghost, drawn) = (Ghost::default(), Ghost::default());
        // Keys faster than drawings: each starts from the current value.
        for (key, expected) in [(Key::Right, 0.0484), (Key::Right, 0.0585), (Key::Left, 0.0484), (Key::Home, 0.0)] {
            ghost.apply(grab(0, Shape::Wide, &drawn, |_| Grab::Key(key)).unwrap());
            assert!((ghost.moved(0).unwrap() - expected).abs() < 1e-4, "{key:?}: {:?}", ghost.moved(0));
        }
        ghost.apply(grab(0, Shape::Wide, &ghost, |_| Grab::Key(Key::Escape)).unwrap());
        assert!(ghost.is_empty());
        assert_eq!(grab(0, Shape::Wide, &ghost, |_| Grab::Key(Key::PageUp)), None);
    }

    #[test]
    fn the_form_has_a_slider_for_every_question_and_a_way_back() {
        let (model, values) = esm2();
        let form = form(&model, &values, &Ghost::default()).unwrap();
        let tracks = form.all().into_iter().filter(|mark| mark.get("type") == Some("range")).count();
        assert_eq!(tracks, 4);
        assert!(form.with_tag("button")[0].get("disabled").is_some(), "there is nothing to take back yet");
        let untrained = TreeValues { edges: vec![Values::default(); 4], ..TreeValues::default() };
        assert!(super::form(&model, &untrained, &Ghost::default()).is_none());
    }
}
