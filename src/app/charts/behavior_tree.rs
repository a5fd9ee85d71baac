//! Layout of the behaviour tree: states as nodes, answers as edges, left to right or indented.
//!
//! A question becomes two edges that leave the state in which it is asked: "yes", which carries the conditional
//! probability as a bar, and "no", its complement. Source of the figure: Wen et al. 2020, figure 3.

use crate::domain::behavior::{BehaviorTree, ResolvedTree};

use super::names;
use super::scale::nice_ceil;
use super::tree_values::Values;
use crate::app::format::percent;

/// Direction of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Left to right: a column per answer. For wide pages.
    Wide,
    /// Top to bottom with an indent per answer. For phones.
    Narrow,
}

/// A drawn tree: everything in pixels of a view box of `width × height`.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// A state: all impressions, those clicked, those clicked and bought, …
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub x: f64,
    pub y: f64,
    /// The answer that leads here; `None` at the root.
    pub from: Option<Answer>,
    /// The state in words.
    pub state: String,
    /// The label whose mark is drawn: `impression`, `click`, `action`, `conversion`.
    pub mark: String,
}

/// An answer to a question of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Index into [`BehaviorTree::questions`].
    pub question: usize,
    pub yes: bool,
}

/// A drawn answer: a curve from state to state and, for "yes", its bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    pub answer: Answer,
    /// SVG path data of the connection up to the bar (or to the next state for "no").
    pub path: String,
    /// Bar of the conditional probability; none for "no".
    pub bar: Option<Bar>,
}

/// A full-width bar: 0 at its left end, 1 at its right end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    pub x: f64,
    pub y: f64,
    pub width: f64,
}

const BAR_HEIGHT: f64 = 10.0;

impl Bar {
    pub const HEIGHT: f64 = BAR_HEIGHT;

    /// Pixel of probability `p` when the bar's right end stands for `top`.
    pub fn at(&self, p: f64, top: f64) -> f64 {
        self.x + (p / top).clamp(0.0, 1.0) * self.width
    }
}

/// The right end of a magnified copy of a bar; `None` unless all `shares` are small.
pub fn magnified_top(shares: impl IntoIterator<Item = f64>) -> Option<f64> {
    let largest = shares.into_iter().fold(0.0, f64::max);
    (largest > 0.0 && largest < 0.15).then(|| nice_ceil(largest * 1.25))
}

/// Sizes that differ between the two shapes, in pixels.
struct Measure {
    node_width: f64,
    gap: f64,
    bar: f64,
    yes_height: f64,
    no_height: f64,
    top: f64,
}

const WIDE: Measure =
    Measure { node_width: 112.0, gap: 34.0, bar: 152.0, yes_height: 96.0, no_height: 64.0, top: 56.0 };

/// Lays the tree out. Expects a tree that [`BehaviorTree::validate`] accepts.
pub fn layout(tree: &BehaviorTree, shape: Shape) -> Layout {
    let mut builder = Builder {
        tree,
        links: tree.resolved(),
        layout: Layout { width: 0.0, height: 0.0, nodes: vec![], edges: vec![] },
        cursor: 0.0,
    };
    match shape {
        Shape::Wide => builder.wide(),
        Shape::Narrow => builder.narrow(),
    }
    builder.layout
}

struct Builder<'a> {
    tree: &'a BehaviorTree,
    links: ResolvedTree,
    layout: Layout,
    /// Next free y.
    cursor: f64,
}

impl Builder<'_> {
    fn wide(&mut self) {
        self.cursor = WIDE.top;
        let root = self.push_root();
        self.wide_question(0, root);
        let depth = self.links.depth() as f64;
        self.layout.width = WIDE.node_width + depth * (WIDE.gap + WIDE.bar + WIDE.node_width);
        self.layout.height = self.cursor - 12.0;
    }

    fn push_root(&mut self) -> usize {
        self.layout.nodes.push(Node {
            x: 0.0,
            y: self.cursor,
            from: None,
            state: rows_of(self.tree).to_owned(),
            mark: "impression".to_owned(),
        });
        0
    }

    /// Adds question `index` after the state `node`; moves the cursor down.
    fn wide_question(&mut self, index: usize, node: usize) {
        let (x, y) = (self.layout.nodes[node].x, self.layout.nodes[node].y);
        let mut first = true;
        for yes in [true, false] {
            // The first branch is straight; the next one begins at the cursor.
            let branch_y = if first { y } else { self.cursor };
            first = false;
            let answer = Answer { question: index, yes };
            let start = x + WIDE.node_width - 8.0;
            let bend = x + WIDE.node_width + WIDE.gap;
            let end = bend + WIDE.bar;
            let curve = if (branch_y - y).abs() < 1.0 {
                format!("M{start} {y}H{bend}")
            } else {
                let middle = (start + bend) / 2.0;
                format!("M{start} {y}C{middle} {y} {middle} {branch_y} {bend} {branch_y}")
            };
            let path = if yes { curve } else { format!("{curve}H{}", end - 4.0) };
            let bar = yes.then_some(Bar { x: bend, y: branch_y - BAR_HEIGHT / 2.0, width: WIDE.bar - 12.0 });
            self.layout.edges.push(Edge { answer, path, bar });
            let child = self.push_state(answer, end, branch_y);
            self.cursor = self.cursor.max(branch_y);
            match self.links.next(answer.question, answer.yes) {
                Some(next) => self.wide_question(next, child),
                None => self.cursor = branch_y + if yes { WIDE.yes_height } else { WIDE.no_height },
            }
        }
    }

    fn narrow(&mut self) {
        self.layout.width = 358.0;
        self.cursor = 24.0;
        let root = self.push_root();
        self.cursor += 30.0;
        self.narrow_question(0, root);
        self.layout.height = self.cursor - 4.0;
    }

    fn narrow_question(&mut self, index: usize, node: usize) {
        let (parent_x, parent_y) = (self.layout.nodes[node].x, self.layout.nodes[node].y);
        let stem = parent_x + 7.0;
        let x = parent_x + 26.0;
        for yes in [true, false] {
            let answer = Answer { question: index, yes };
            // A bar's title and axis are above its state.
            let bar_y = self.cursor + 22.0;
            let node_y = if yes { bar_y + 72.0 } else { self.cursor + 10.0 };
            let target = if yes { bar_y + BAR_HEIGHT / 2.0 } else { node_y };
            let path = format!("M{stem} {}V{target}H{}", parent_y + 14.0, x - 4.0);
            let bar = yes.then_some(Bar { x, y: bar_y, width: self.layout.width - x - 2.0 });
            self.layout.edges.push(Edge { answer, path, bar });
            let child = self.push_state(answer, x, node_y);
            self.cursor = node_y + 42.0;
            if let Some(next) = self.links.next(answer.question, answer.yes) {
                self.narrow_question(next, child);
            }
        }
    }

    fn push_state(&mut self, answer: Answer, x: f64, y: f64) -> usize {
        let label = &self.tree.questions[answer.question].label;
        self.layout.nodes.push(Node {
            x,
            y,
            from: Some(answer),
            state: names::state(label, answer.yes),
            mark: if answer.yes { label.clone() } else { "none".to_owned() },
        });
        self.layout.nodes.len() - 1
    }
}

/// Probability of each state of `layout`, as the product of the conditionals that lead to it; in node order.
///
/// `p_yes(q)` is question q's conditional; unknown where any conditional on the path is.
pub fn reached(tree: &BehaviorTree, layout: &Layout, p_yes: impl Fn(usize) -> Option<f64>) -> Vec<Option<f64>> {
    let links = tree.resolved();
    let mut at_question: Vec<Option<f64>> = vec![None; tree.questions.len()];
    if let Some(first) = at_question.first_mut() {
        *first = Some(1.0);
    }
    // Nodes come parents first, so a question's reach is known before its answers are visited.
    layout
        .nodes
        .iter()
        .map(|node| {
            let Some(answer) = node.from else { return Some(1.0) };
            let conditional = p_yes(answer.question).map(|p| if answer.yes { p } else { 1.0 - p });
            let reach = at_question[answer.question].zip(conditional).map(|(before, p)| before * p);
            if let Some(next) = links.next(answer.question, answer.yes) {
                at_question[next] = reach;
            }
            reach
        })
        .collect()
}

/// An edge in a sentence, for its accessible name.
pub fn edge_sentence(symbol: &str, asked: &str, values: &Values, has_own_loss: bool) -> String {
    let mut parts = Vec::new();
    parts.extend(values.predicted.map(|p| text!(tree::edge::predicted, p = percent(p))));
    parts.push(match values.observed {
        Some(p) => text!(tree::edge::observed, p = percent(p)),
        None => text!(tree::edge::not_observed, reason = values.without_observed()),
    });
    parts.extend(values.truth.map(|p| text!(tree::edge::truth, p = percent(p))));
    let loss = if has_own_loss { text!(tree::edge::own_loss) } else { text!(tree::edge::no_loss) };
    text!(tree::edge::sentence, symbol = symbol, asked = asked, values = parts.join(", "), loss = loss)
}

/// What the first question is asked of: impressions, or other rows.
pub fn rows_of(tree: &BehaviorTree) -> &'static str {
    if tree.begins_with_click() { text!(tree::impressions) } else { text!(tree::rows) }
}

/// Question `index` and when it is asked: "click? of all impressions".
pub fn asked(tree: &BehaviorTree, index: usize) -> String {
    text!(tree::asked, question = names::asks(&tree.questions[index]), when = condition(tree, index))
}

/// When question `index` is asked: "of all impressions", "after clicked, DAction".
fn condition(tree: &BehaviorTree, index: usize) -> String {
    let links = tree.resolved();
    let way = links.way(index).iter();
    let states: Vec<String> = way.map(|&(before, yes)| names::state(&tree.questions[before].label, yes)).collect();
    if states.is_empty() {
        text!(tree::of_all, rows = rows_of(tree))
    } else {
        text!(tree::once, states = states.join(", "))
    }
}

#[cfg(test)]
pub(in crate::app) mod tests {
    use super::*;

    pub fn tree(questions: &[(&str, &str, Option<&str>, Option<&str>)]) -> BehaviorTree {
        let text = |s: &Option<&str>| s.map(str::to_owned);
        let questions = questions
            .iter()
            .map(|(name, label, yes, no)| crate::domain::behavior::Question {
                name: (*name).to_owned(),
                label: (*label).to_owned(),
                yes: text(yes),
                no: text(no),
            })
            .collect();
        BehaviorTree { questions, events: vec![] }
    }

    pub fn esm2() -> BehaviorTree {
        tree(&[
            ("y1", "click", Some("y2"), None),
            ("y2", "action", Some("y3"), Some("y4")),
            ("y3", "conversion", None, None),
            ("y4", "conversion", None, None),
        ])
    }

    pub fn esmm() -> BehaviorTree {
        tree(&[("ctr", "click", Some("cvr"), None), ("cvr", "conversion", None, None)])
    }

    #[test]
    fn every_answer_is_an_edge_and_every_state_a_node() {
        for (tree, questions) in [(esmm(), 2), (esm2(), 4)] {
            for shape in [Shape::Wide, Shape::Narrow] {
                let layout = layout(&tree, shape);
                assert_eq!(layout.edges.len(), 2 * questions);
                assert_eq!(layout.nodes.len(), 2 * questions + 1);
                assert_eq!(layout.edges.iter().filter(|e| e.bar.is_some()).count(), questions);
            }
        }
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_view_box() {
        for tree in [esmm(), esm2()] {
            let wide = layout(&tree, Shape::Wide);
            for (i, a) in wide.nodes.iter().enumerate() {
                assert!(a.x + WIDE.node_width <= wide.width + 0.1 && a.y < wide.height);
                for b in &wide.nodes[i + 1..] {
                    assert!((a.x - b.x).abs() > 1.0 || (a.y - b.y).abs() >= 60.0, "{a:?} {b:?}");
                }
            }
            let narrow = layout(&tree, Shape::Narrow);
            let mut ys: Vec<f64> = narrow.nodes.iter().map(|n| n.y).collect();
            ys.sort_by(f64::total_cmp);
            assert!(ys.windows(2).all(|w| w[1] - w[0] >= 44.0), "{ys:?}");
            assert!(narrow.edges.iter().filter_map(|e| e.bar).all(|b| b.x + b.width <= narrow.width));
        }
    }

    #[test]
    fn leaves_share_out_all_impressions() {
        let tree = esm2();
        let layout = layout(&tree, Shape::Wide);
        let p = [0.04, 0.2, 0.3, 0.05];
        let reached = reached(&tree, &layout, |q| Some(p[q]));
        let leaves: f64 = layout
            .nodes
            .iter()
            .zip(&reached)
            .filter(|(node, _)| {
                node.from.is_some_and(|a| {
                    let q = &tree.questions[a.question];
                    (if a.yes { &q.yes } else { &q.no }).is_none()
                })
            })
            .filter_map(|(_, p)| *p)
            .sum();
        assert!((leaves - 1.0).abs() < 1e-12);
        let bought: Vec<f64> =
            layout.nodes.iter().zip(&reached).filter(|(n, _)| n.state == "bought").filter_map(|(_, p)| *p).collect();
        assert!((bought[0] - 0.04 * 0.2 * 0.3).abs() < 1e-12 && (bought[1] - 0.04 * 0.8 * 0.05).abs() < 1e-12);
    }

    #[test]
    fn small_rates_are_magnified_and_large_ones_are_not() {
        assert_eq!(magnified_top([0.04, 0.03]), Some(0.05));
        assert_eq!(magnified_top([0.04, 0.3]), None);
        assert_eq!(magnified_top([0.0]), None);
    }

    #[test]
    fn conditions_name_the_way_to_the_question() {
        let tree = esm2();
        let conditions: Vec<String> = (0..4).map(|q| condition(&tree, q)).collect();
        assert_eq!(
            conditions,
            ["of all impressions", "once clicked", "once clicked, DAction", "once clicked, OAction"]
        );
    }
}
