//! The drawn behaviour tree: its structure once per model, its numbers as they change.

use leptos::prelude::*;

use super::tree::TreeContext;
use crate::app::charts::behavior_tree::{
    Bar, Edge, Layout, Node, Shape, condition, edge_sentence, layout, magnified_top, reached,
};
use crate::app::charts::format;
use crate::app::charts::names;
use crate::app::charts::scale::px;
use crate::app::charts::tree_values::{Values, has_own_loss};
use crate::domain::spec::ModelSpec;

/// The tree in one shape; the style sheet shows the shape that fits the place.
#[component]
pub fn TreeFigure(context: TreeContext, shape: Shape) -> impl IntoView {
    // The structure changes with the model alone: edges keep their focus while numbers move.
    let model = Memo::new(move |_| context.candidate.with(|c| c.as_ref().map(|c| c.model.clone())));
    move || {
        model.get().map(|model| {
            let layout = layout(&model.tree, shape);
            let reach = {
                let (tree, layout) = (model.tree.clone(), layout.clone());
                Memo::new(move |_| {
                    context.values.with(|values| {
                        let of = |pick: fn(&Values) -> Option<f64>| {
                            reached(&tree, &layout, |q| values.edges.get(q).and_then(pick))
                        };
                        (of(|v| v.predicted), of(|v| v.observed))
                    })
                })
            };
            let edges = layout.edges.iter().map(|edge| edge_view(context, &model, edge)).collect_view();
            let nodes =
                layout.nodes.iter().enumerate().map(|(i, node)| node_view(context, i, node, reach)).collect_view();
            frame(shape, &layout, edges, nodes)
        })
    }
}

fn frame<E: IntoView, N: IntoView>(shape: Shape, layout: &Layout, edges: E, nodes: N) -> impl IntoView + use<E, N> {
    let class = if shape == Shape::Wide { "tree tree-wide" } else { "tree tree-narrow" };
    let view_box = format!("0 0 {} {}", px(layout.width), px(layout.height));
    view! {
        <svg class=class viewBox=view_box width=px(layout.width) height=px(layout.height) role="group"
            aria-label="Behaviour tree: conditional probability of each answer">
            {edges}
            {nodes}
        </svg>
    }
}

/// Predicted and observed probability of reaching each state, in node order.
type Reach = Memo<(Vec<Option<f64>>, Vec<Option<f64>>)>;

fn node_view(context: TreeContext, index: usize, node: &Node, reach: Reach) -> impl IntoView + use<> {
    let is_root = node.from.is_none();
    let (x, y) = (node.x, node.y);
    let frequency = |p: Option<f64>| p.map(|p| format::frequency(p * 10_000.0));
    // Before anything is predicted, what was observed stands in the first place.
    let count = move || match is_root {
        true => "10\u{202f}000".to_owned(),
        false => reach.with(|r| frequency(r.0[index].or(r.1[index])).unwrap_or_default()),
    };
    let observed = move || match is_root {
        true => None,
        false => reach.with(|r| {
            let reached = r.1[index];
            if context.values.with(|values| values.is_single) {
                return reached.filter(|p| *p > 0.5).map(|_| "happened".to_owned());
            }
            let observed = frequency(reached)?;
            Some(if r.0[index].is_some() { format!("observed {observed}") } else { "observed".to_owned() })
        }),
    };
    let class = if node.from.is_some_and(|a| !a.yes) { "node node-no" } else { "node" };
    view! {
        <g class=class transform=format!("translate({} {})", px(x), px(y))>
            {mark(&node.mark)}
            <text class="node-count" x="20" y="1">{count}</text>
            <text class="node-state" x="20" y="16">{node.state.clone()}</text>
            <text class="node-observed" x="20" y="30">{observed}</text>
        </g>
    }
}

/// Events are told by lightness and shape.
fn mark(label: &str) -> AnyView {
    match label {
        "impression" => view! { <circle class="event-impression" cx="7" cy="-4" r="6"/> }.into_any(),
        "click" => view! { <circle class="event-click" cx="7" cy="-4" r="6"/> }.into_any(),
        "action" => view! { <rect class="event-action" x="1.5" y="-9.5" width="11" height="11"/> }.into_any(),
        "conversion" => view! { <path class="event-purchase" d="M7 -11L14 2H0Z"/> }.into_any(),
        _ => view! { <circle class="event-none" cx="7" cy="-4" r="3"/> }.into_any(),
    }
}

fn edge_view(context: TreeContext, model: &ModelSpec, edge: &Edge) -> AnyView {
    let index = edge.answer.question;
    let value = Memo::new(move |_| context.values.with(|v| v.edges.get(index).copied().unwrap_or_default()));
    let own_loss = has_own_loss(model, index);
    let class = if own_loss { "edge-path" } else { "edge-path dashed" };
    let path = edge.path.clone();
    let Some(bar) = edge.bar else {
        return view! { <path class="edge-path edge-no" d=path/> }.into_any();
    };
    let question = &model.tree.questions[index];
    let symbol = names::symbol(&question.name);
    let asked = format!("{} {}", names::asks(question), condition(&model.tree, index));
    let name = {
        let symbol = symbol.clone();
        move || edge_sentence(&symbol, &asked, &value.get(), own_loss)
    };
    let light = move |_| context.lit.set(Some(index));
    let unlight = move |_| context.lit.set(None);
    view! {
        <g class="edge" class:dashed=!own_loss class:lit=move || context.lit.get() == Some(index) tabindex="0" role="img"
            aria-label=name on:pointerenter=light on:pointerleave=unlight on:focus=move |_| context.lit.set(Some(index))
            on:blur=move |_| context.lit.set(None)>
            <rect class="edge-target" x=px(bar.x - 4.0) y=px(bar.y - 24.0) width=px(bar.width + 8.0) height="72"/>
            <path class=class d=path/>
            <text class="edge-symbol" x=px(bar.x) y=px(bar.y - 8.0)>
                {symbol}<tspan class="edge-asks" dx="6">{names::asks(question)}</tspan>
            </text>
            <text class="edge-value" x=px(bar.x + bar.width) y=px(bar.y - 8.0)>
                {move || value.with(|v| v.predicted.map(format::percent))}
            </text>
            {bar_view(bar, 1.0, value, "bar-track")}
            {move || under_bar(bar, value)}
        </g>
    }
    .into_any()
}

/// A bar from 0 to `top` with its three marks.
fn bar_view(bar: Bar, top: f64, value: Memo<Values>, track: &'static str) -> impl IntoView + use<> {
    let middle = bar.y + Bar::HEIGHT / 2.0;
    let at = move |p: f64| px(bar.at(p, top));
    view! {
        <rect class=track x=px(bar.x) y=px(bar.y) width=px(bar.width) height=Bar::HEIGHT/>
        {move || value.with(|v| v.predicted).map(|p| view! {
            <rect class="bar-fill" x=px(bar.x) y=px(bar.y) width=px(bar.at(p, top) - bar.x) height=Bar::HEIGHT/>
        })}
        {move || value.with(|v| v.observed).map(|p| view! {
            <path class="observed-tick" d=format!("M{} {}v{}", at(p), px(bar.y - 3.0), px(Bar::HEIGHT + 6.0))/>
        })}
        {move || value.with(|v| v.truth).map(|p| view! {
            <path class="truth-mark" d=format!("M{} {}l4.5 4.5l-4.5 4.5l-4.5 -4.5Z", at(p), px(middle - 4.5))/>
        })}
    }
}

/// Under the bar: its axis, or where all values are small a magnified copy of its left end with an axis of its own.
fn under_bar(bar: Bar, value: Memo<Values>) -> AnyView {
    let values = value.get();
    let is_missing = values.predicted.is_some() && values.observed.is_none();
    let not_observable = is_missing.then(|| values.without_observed());
    let axis = move |y: f64, right: String| {
        view! {
            <text class="axis-label" x=px(bar.x) y=px(y)>"0"</text>
            <text class="axis-label" x=px(bar.x + 16.0) y=px(y)>{not_observable}</text>
            <text class="axis-label end" x=px(bar.x + bar.width) y=px(y)>{right}</text>
        }
    };
    let Some(top) = magnified_top(values.known()) else {
        return axis(bar.y + Bar::HEIGHT + 13.0, "1".to_owned()).into_any();
    };
    let copy = Bar { y: bar.y + 24.0, ..bar };
    let (from, to) = (bar.y + Bar::HEIGHT, copy.y);
    let wedge = format!(
        "M{} {}H{}L{} {}H{}Z",
        px(bar.x),
        px(from),
        px(bar.at(top, 1.0)),
        px(bar.x + bar.width),
        px(to),
        px(bar.x)
    );
    view! {
        <path class="wedge" d=wedge/>
        {bar_view(copy, top, value, "bar-track bar-magnified")}
        {axis(copy.y + Bar::HEIGHT + 12.0, format::tick_percent(top))}
    }
    .into_any()
}
