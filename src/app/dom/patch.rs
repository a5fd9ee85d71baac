//! Patches marks into the document, changing only what differs, a few at a time.
//!
//! The content of a closed `details` with [`WHEN_OPEN`] is not in the document: it would slow every redraw, and browsers lay
//! the page out for each field in it whenever a form changes. It is added when the user opens it ([`Patched::unfold`]).

use super::handlers::Entry;
use super::shown::{shown, whole_of_shortened};
use super::{Document, Handlers, Node, attributes};
use crate::app::marks::{Element as Mark, WHEN_OPEN};

/// Maximum number of marks below one that are shown together with it. Each takes some tens of microseconds.
const AT_ONCE: usize = 48;

/// Marks below an element of the document.
///
/// Invariant: `live` is what the document shows, also while marks are pending.
pub struct Patched<D: Document> {
    root: D::Node,
    place: Place<D>,
    live: Vec<Mounted<D::Node>>,
    left: Vec<Pending>,
}

/// The document, and the handlers of its marks.
struct Place<D> {
    document: D,
    handlers: Handlers,
}

/// A mark and its node.
struct Mounted<N> {
    /// Without its children, which are below.
    mark: Mark,
    node: N,
    children: Vec<Mounted<N>>,
    /// Of a mark with handlers.
    entry: Option<Entry>,
    /// Content of a closed `details`.
    folded: Option<Folded>,
}

struct Folded {
    marks: Vec<Mark>,
    in_svg: bool,
}

/// Marks still to be shown below the mark at `place` (its index at every level).
struct Pending {
    place: Vec<usize>,
    marks: Vec<Mark>,
    in_svg: bool,
}

impl<D: Document> Patched<D> {
    /// Clears `root`, which may have the content of an earlier view.
    pub fn new(document: D, root: D::Node) -> Self {
        root.clear();
        let place = Place { document, handlers: Handlers::default() };
        Self { root, place, live: Vec::new(), left: Vec::new() }
    }

    /// The handlers of the marks in the document.
    pub fn handlers(&self) -> Handlers {
        self.place.handlers.clone()
    }

    /// Sets the marks to show; drops pending ones.
    pub fn show(&mut self, marks: Vec<Mark>) {
        self.left = vec![Pending { place: Vec::new(), marks, in_svg: false }];
    }

    /// Queues the content of a `details` that was opened.
    pub fn unfold(&mut self, details: &D::Node) {
        let mut place = Vec::new();
        if let Some(folded) = find_folded(&mut self.live, details, &mut place) {
            self.left.push(Pending { place, marks: folded.marks, in_svg: folded.in_svg });
        }
    }

    /// Shows the next few marks; `false` if none were pending.
    pub fn go_on(&mut self) -> bool {
        let Some(Pending { place, marks, in_svg }) = self.left.pop() else { return false };
        let mut parent = &self.root;
        let mut live = &mut self.live;
        for &at in &place {
            // A pending place is dropped whenever something above it changes.
            let Some(next) = live.get_mut(at) else { return true };
            parent = &next.node;
            live = &mut next.children;
        }
        let large = reconcile(&self.place, parent, live, marks, in_svg, AT_ONCE);
        // The last is taken first.
        self.left.extend(large.into_iter().rev().map(|(at, marks, in_svg)| Pending {
            place: place.iter().copied().chain([at]).collect(),
            marks,
            in_svg,
        }));
        true
    }
}

/// Shows `marks` and their descendants below `parent`. Returns the children of each mark with more than `most` descendants,
/// with the mark's index and whether it is in a drawing.
fn reconcile<D: Document>(
    place: &Place<D>,
    parent: &D::Node,
    live: &mut Vec<Mounted<D::Node>>,
    marks: Vec<Mark>,
    in_svg: bool,
    most: usize,
) -> Vec<(usize, Vec<Mark>, bool)> {
    let is_same = live.len() == marks.len() && live.iter().zip(&marks).all(|(live, mark)| live.fits(mark));
    let mut before: Vec<Option<Mounted<D::Node>>> = Vec::new();
    if !is_same {
        before = std::mem::take(live).into_iter().map(Some).collect();
    }
    let mut large = Vec::new();
    for (at, mut mark) in marks.into_iter().enumerate() {
        if !is_same {
            let kept = before.iter_mut().find(|live| live.as_ref().is_some_and(|live| live.fits(&mark)));
            live.extend(kept.and_then(Option::take).or_else(|| Mounted::create(place, &mark, in_svg)));
        }
        let Some(shown) = live.get_mut(at) else { continue };
        // Children of an existing drawing are SVG too.
        let in_svg = in_svg || mark.tag == "svg";
        let mut children = std::mem::take(&mut mark.children);
        tell_whole(&mut mark, &children, in_svg);
        shown.update(&place.handlers, mark);
        shown.fold(&mut children, in_svg);
        // A list shows a value only if it is among its options.
        let is_small = shown.mark.tag == "select" || !is_more_than(&children, most);
        if is_small { shown.fill(place, children, in_svg) } else { large.push((at, children, in_svg)) }
    }
    if !is_same {
        arrange(parent, live, before);
    }
    large
}

/// Adds the whole of a shortened text to what it stands in, which has no words of its own there.
fn tell_whole(mark: &mut Mark, children: &[Mark], in_svg: bool) {
    let name = if in_svg { "data-tip" } else { "title" };
    let whole = children.iter().find_map(|child| whole_of_shortened(&child.text));
    if let Some(whole) = whole
        && mark.get(name).is_none()
    {
        mark.attrs.push((name, whole));
    }
}

/// Removes and returns the content of the closed `details` at that node; sets its place.
fn find_folded<N: Node>(live: &mut [Mounted<N>], node: &N, place: &mut Vec<usize>) -> Option<Folded> {
    for (at, live) in live.iter_mut().enumerate() {
        place.push(at);
        if live.folded.is_some() && live.node == *node {
            return live.folded.take();
        }
        if let Some(found) = find_folded(&mut live.children, node, place) {
            return Some(found);
        }
        place.pop();
    }
    None
}

/// Removes nodes of marks that are gone, and orders the others.
fn arrange<N: Node>(parent: &N, live: &[Mounted<N>], gone: Vec<Option<Mounted<N>>>) {
    for gone in gone.into_iter().flatten() {
        parent.remove_child(&gone.node);
    }
    let mut next = parent.first_child();
    for live in live {
        match &next {
            Some(there) if *there == live.node => next = there.next_sibling(),
            _ => parent.insert_before(&live.node, next.as_ref()),
        }
    }
}

/// Whether there are more than `most` marks, descendants included.
fn is_more_than(marks: &[Mark], most: usize) -> bool {
    fn left(marks: &[Mark], most: usize) -> Option<usize> {
        // Closed content does not count.
        let shown = |mark: &Mark| if mark.get(WHEN_OPEN).is_some() { 1 } else { usize::MAX };
        marks.iter().try_fold(most, |most, mark| {
            let children = &mark.children[..mark.children.len().min(shown(mark))];
            left(children, most.checked_sub(1)?)
        })
    }
    left(marks, most).is_none()
}

impl<N: Node> Mounted<N> {
    /// Whether `mark` is a newer version of this mark.
    fn fits(&self, mark: &Mark) -> bool {
        self.mark.tag == mark.tag && self.mark.key == mark.key
    }

    /// An element without attributes and children, or a text node.
    fn create<D: Document<Node = N>>(place: &Place<D>, mark: &Mark, in_svg: bool) -> Option<Self> {
        let node = if mark.tag.is_empty() {
            place.document.create_text()
        } else {
            place.document.create_element(mark.tag, in_svg || mark.tag == "svg")?
        };
        let mark = Mark { tag: mark.tag, key: mark.key.clone(), ..Mark::default() };
        Some(Self { mark, node, children: Vec::new(), entry: None, folded: None })
    }

    /// Holds back the content of a closed `details`. (A drawing never closes one: only the user does.)
    fn fold(&mut self, children: &mut Vec<Mark>, in_svg: bool) {
        self.folded = None;
        if self.mark.get(WHEN_OPEN).is_some() && self.node.attribute("open").is_none() {
            let marks = std::mem::take(children);
            children.extend(marks.first().cloned());
            self.folded = Some(Folded { marks, in_svg });
        }
    }

    /// Updates text, attributes and handlers.
    fn update(&mut self, handlers: &Handlers, mark: Mark) {
        let before = std::mem::replace(&mut self.mark, mark);
        if self.mark.tag.is_empty() {
            if before.text != self.mark.text {
                self.node.set_text(&shown(&self.mark.text));
            }
            return;
        }
        for (name, value) in &self.mark.attrs {
            if before.get(name) != Some(value.as_str()) {
                attributes::set(&self.node, self.mark.tag, name, value);
            }
        }
        for (name, _) in before.attrs.iter().filter(|(name, _)| self.mark.get(name).is_none()) {
            attributes::unset(&self.node, name);
        }
        self.update_handlers(handlers, &before);
    }

    /// Updates the handlers, and the attributes with their number.
    fn update_handlers(&mut self, handlers: &Handlers, before: &Mark) {
        if self.mark.handlers.is_empty() {
            self.entry = None;
            return;
        }
        let entry = self.entry.get_or_insert_with(|| handlers.entry());
        for (listens, _) in &self.mark.handlers {
            if before.get(listens.attribute()).is_none() {
                self.node.set_attribute(listens.attribute(), &entry.number().to_string());
            }
        }
        entry.set(std::mem::take(&mut self.mark.handlers));
    }

    /// Shows all descendants.
    fn fill<D: Document<Node = N>>(&mut self, place: &Place<D>, marks: Vec<Mark>, in_svg: bool) {
        reconcile(place, &self.node, &mut self.children, marks, in_svg, usize::MAX);
        if self.mark.tag == "select"
            && let Some(value) = self.mark.get("value")
        {
            attributes::set_state(&self.node, value);
        }
    }
}
