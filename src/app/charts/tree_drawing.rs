//! The drawing of a behaviour tree: states with natural frequencies, answers with their conditional probabilities.

use super::behavior_tree::{Bar, Edge, Layout, Node, Shape, asked, edge_sentence, layout, magnified_top, reached};
use super::frame::key_item;
use super::names;
use super::scale::px;
use super::tree_ghost::{self, Ghost, ghost_reached, handle};
use super::tree_values::{TreeValues, Values, has_own_loss};
use crate::app::format;
use crate::app::marks::{Mark, circle, group, path, rect, text};
use crate::domain::label;
use crate::domain::spec::ModelSpec;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Msg {
    /// Highlight a question's edge, or none.
    Point(Option<usize>),
    Ghost(tree_ghost::Msg),
}

/// The tree in one shape; the style sheet shows the shape that fits the page. `lit` is the highlighted question. Without a
/// `ghost` its probabilities cannot be changed.
pub fn tree(
    model: &ModelSpec,
    values: &TreeValues,
    ghost: Option<&Ghost>,
    lit: Option<usize>,
    shape: Shape,
) -> Mark<Msg> {
    let layout = layout(&model.tree, shape);
    let of = |pick: fn(&Values) -> Option<f64>| {
        reached(&model.tree, &layout, |question| values.edges.get(question).and_then(pick))
    };
    let (predicted, observed) = (of(|v| v.predicted), of(|v| v.observed));
    let edges = layout.edges.iter().map(|edge| {
        let movable = ghost.zip(edge.bar);
        let handles = movable.map(|(ghost, bar)| handle(model, values, ghost, edge.answer.question, bar));
        let handles = handles.unwrap_or_default().into_iter().map(|mark| mark.map(Msg::Ghost));
        edge_mark(model, edge, values, lit).children(handles)
    });
    let moved = ghost.and_then(|ghost| ghost_reached(&model.tree, &layout, values, ghost));
    let nodes = layout.nodes.iter().enumerate().map(|(i, node)| {
        let moved = moved.as_ref().and_then(|moved| moved[i]).filter(|_| node.from.is_some());
        node_mark(node, predicted[i], observed[i], values).maybe(moved.map(ghost_count))
    });
    frame(shape, &layout).children(edges).children(nodes)
}

fn frame(shape: Shape, layout: &Layout) -> Mark<Msg> {
    Mark::new("svg")
        .class(if shape == Shape::Wide { "tree tree-wide" } else { "tree tree-narrow" })
        .attr("viewBox", format!("0 0 {} {}", px(layout.width), px(layout.height)))
        .attr("width", layout.width)
        .attr("height", layout.height)
        .attr("role", "group")
        .attr("aria-label", text!(tree::name))
}

fn node_mark(node: &Node, predicted: Option<f64>, observed: Option<f64>, values: &TreeValues) -> Mark<Msg> {
    let is_root = node.from.is_none();
    let frequency = |p: Option<f64>| p.map(|p| format::frequency(p * format::NATURAL));
    // Before training, the observed frequency is shown.
    let count = if is_root { format::natural() } else { frequency(predicted.or(observed)).unwrap_or_default() };
    let seen = match (is_root, values.is_single) {
        (true, _) => None,
        (false, true) => observed.filter(|p| *p > 0.5).map(|_| text!(tree::happened).to_owned()),
        (false, false) => frequency(observed).map(|seen| match predicted {
            Some(_) => text!(tree::edge::observed, p = seen),
            None => text!(tree::observed).to_owned(),
        }),
    };
    group(if node.from.is_some_and(|answer| !answer.yes) { "node node-no" } else { "node" })
        .attr("transform", format!("translate({} {})", px(node.x), px(node.y)))
        .child(event(&node.mark))
        .child(text("node-count", 20.0, 1.0, count))
        .child(text("node-state", 20.0, 16.0, &node.state))
        .child(text("node-observed", 20.0, 30.0, seen.unwrap_or_default()))
}

/// The changed tree's frequency of 10 000 in a state.
fn ghost_count(p: f64) -> Mark<Msg> {
    text("node-ghost", 68.0, 1.0, format!("→ {}", format::frequency(p * format::NATURAL))).key("ghost")
}

/// The mark of an event, by lightness and shape.
fn event(label: &str) -> Mark<Msg> {
    match label {
        "impression" => circle("event-impression", 7.0, -4.0, 6.0),
        label::CLICK => circle("event-click", 7.0, -4.0, 6.0),
        label::ACTION => rect("event-action", 1.5, -9.5, 11.0, 11.0),
        label::CONVERSION => path("event-purchase", "M7 -11L14 2H0Z"),
        _ => circle("event-none", 7.0, -4.0, 3.0),
    }
}

fn edge_mark(model: &ModelSpec, edge: &Edge, values: &TreeValues, lit: Option<usize>) -> Mark<Msg> {
    let index = edge.answer.question;
    let Some(bar) = edge.bar else {
        return path("edge-path edge-no", &edge.path);
    };
    let value = values.edges.get(index).copied().unwrap_or_default();
    let own_loss = has_own_loss(model, index);
    let question = &model.tree.questions[index];
    let symbol = names::symbol(&question.name);
    let asked = asked(&model.tree, index);
    let dashed = if own_loss { "" } else { "dashed" };
    let title = text("edge-symbol", bar.x, bar.y - 8.0, &symbol)
        .child(Mark::new("tspan").class("edge-asks").attr("dx", "6").text(names::asks(question)));
    let shown = value.predicted.map(format::percent).unwrap_or_default();
    group("edge")
        .class(dashed)
        .class(if lit == Some(index) { "lit" } else { "" })
        .attr("tabindex", "0")
        .attr("role", "group")
        .attr("aria-label", edge_sentence(&symbol, &asked, &value, own_loss))
        .on_point(Msg::Point(Some(index)), Msg::Point(None))
        .child(rect("edge-target", bar.x - 4.0, bar.y - 24.0, bar.width + 8.0, 72.0))
        .child(path("edge-path", &edge.path).class(dashed))
        .child(title)
        .child(text("edge-value", bar.x + bar.width, bar.y - 8.0, shown))
        .child(bar_mark(bar, 1.0, &value, "bar-track"))
        .children(under_bar(bar, &value))
}

/// A bar from 0 to `top` with its three marks.
fn bar_mark(bar: Bar, top: f64, value: &Values, track: &'static str) -> Mark<Msg> {
    let middle = bar.y + Bar::HEIGHT / 2.0;
    let at = |p: f64| px(bar.at(p, top));
    let fill = |p: f64| rect("bar-fill", bar.x, bar.y, bar.at(p, top) - bar.x, Bar::HEIGHT);
    let tick = |p: f64| path("observed-tick", format!("M{} {}v{}", at(p), px(bar.y - 3.0), px(Bar::HEIGHT + 6.0)));
    let diamond = |p: f64| path("truth-mark", format!("M{} {}l4.5 4.5l-4.5 4.5l-4.5 -4.5Z", at(p), px(middle - 4.5)));
    group("")
        .child(rect(track, bar.x, bar.y, bar.width, Bar::HEIGHT))
        .maybe(value.predicted.map(fill))
        .maybe(value.observed.map(tick).map(|mark| mark.key("observed")))
        .maybe(value.truth.map(diamond).map(|mark| mark.key("truth")))
}

/// The axis below a bar, or for small values a magnified copy of its left end with its own axis.
fn under_bar(bar: Bar, value: &Values) -> Vec<Mark<Msg>> {
    let is_missing = value.predicted.is_some() && value.observed.is_none();
    let missing = if is_missing { value.without_observed() } else { "" };
    let axis = |y: f64, right: String| {
        [
            text("axis-label", bar.x, y, "0"),
            text("axis-label", bar.x + 16.0, y, missing),
            text("axis-label end", bar.x + bar.width, y, right),
        ]
    };
    let Some(top) = magnified_top(value.known()) else {
        return axis(bar.y + Bar::HEIGHT + 13.0, "1".to_owned()).into();
    };
    let copy = Bar { y: bar.y + 24.0, ..bar };
    let (from, to) = (bar.y + Bar::HEIGHT, copy.y);
    let (left, right) = (px(bar.x), px(bar.x + bar.width));
    let wedge = format!("M{left} {}H{}L{right} {}H{left}Z", px(from), px(bar.at(top, 1.0)), px(to));
    let mut marks =
        vec![path("wedge", wedge).key("wedge"), bar_mark(copy, top, value, "bar-track bar-magnified").key("copy")];
    marks.extend(axis(copy.y + Bar::HEIGHT + 12.0, format::tick_percent(top)));
    marks
}

/// Key of the marks.
pub fn key() -> Mark {
    let bar = [rect("bar-track", 0.5, 2.5, 27.0, 9.0), rect("bar-fill", 0.5, 2.5, 15.0, 9.0)];
    Mark::new("ul").class("key").children([
        key_item(28.0, bar, text!(tree::key::predicted)),
        key_item(10.0, [path("observed-tick", "M5 0V14")], text!(tree::key::observed)),
        key_item(14.0, [path("truth-mark", "M7 2L12 7L7 12L2 7Z")], text!(tree::key::truth)),
        key_item(28.0, [path("edge-path", "M0 7H28")], text!(tree::edge::own_loss)),
        key_item(28.0, [path("edge-path dashed", "M0 7H28")], text!(tree::edge::no_loss)),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::behavior_tree::tests::esm2;
    use super::*;
    use crate::domain::spec::Objective;

    #[test]
    fn every_edge_says_its_numbers_and_can_be_reached_by_keyboard() {
        let model = ModelSpec::new("esm2", esm2(), Objective::entire_space(vec![]));
        let edge = Values { predicted: Some(0.3), observed: Some(0.25), ..Values::default() };
        let values = TreeValues { edges: vec![edge; 4], ..TreeValues::default() };
        let mark = tree(&model, &values, Some(&Ghost::default()), Some(1), Shape::Wide);
        let edges = mark.with_class("edge");
        assert_eq!(edges.len(), 4);
        assert!(edges.iter().all(|edge| edge.get("tabindex") == Some("0")));
        assert!(edges.iter().all(|edge| edge.get("aria-label").is_some_and(|said| said.contains("predicted 30"))));
        assert_eq!(mark.with_class("lit").len(), 1);
        assert_eq!(mark.with_class("observed-tick").len(), 4);
        assert!(mark.with_class("truth-mark").is_empty());
        assert_eq!(mark.with_class("ghost-handle").len(), 4);
        let looked_at = tree(&model, &values, None, None, Shape::Wide);
        assert!(looked_at.with_class("ghost-handle").is_empty(), "what cannot be moved has no handle");
    }
}
