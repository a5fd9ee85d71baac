//! Patches marks into the document, changing only what differs, a few at a time.
//!
//! The content of a closed `details` with [`WHEN_OPEN`] is not in the document: it would slow every redraw, and browsers lay
//! the page out for each field in it whenever a form changes. It is added when the user opens it ([`Patched::unfold`]).
//!
//! Results of DOM calls are dropped: marks have valid names, and nodes are moved among their siblings, so none can fail.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, Node};

use crate::app::marks::{Element as Mark, Handler, Listens, WHEN_OPEN};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Maximum number of marks below one that are shown together with it. Each takes some tens of microseconds.
const AT_ONCE: usize = 48;

/// Marks below an element of the document.
///
/// Invariant: `live` is what the document shows, also while marks are pending.
pub struct Patched {
    root: Element,
    place: Place,
    live: Vec<Mounted>,
    left: Vec<Pending>,
}

/// The document, and the handlers of its marks.
#[derive(Clone)]
struct Place {
    document: Document,
    handlers: Handlers,
    next_number: Rc<Cell<u32>>,
}

/// The handlers of marks in the document, by the number in their attributes.
#[derive(Clone, Default)]
pub struct Handlers(Rc<RefCell<BTreeMap<u32, OfElement>>>);

/// The handlers of one element.
type OfElement = Vec<(Listens, Handler)>;

/// A mark's entry in [`Handlers`], removed when dropped.
struct Number {
    number: u32,
    handlers: Handlers,
}

impl Handlers {
    /// The handler of an element that listens.
    pub fn of(&self, element: &Element, listens: Listens) -> Option<Handler> {
        let number = element.get_attribute(listens.attribute())?.parse().ok()?;
        let handlers = self.0.borrow();
        handlers.get(&number)?.iter().find(|(own, _)| *own == listens).map(|(_, handler)| handler.clone())
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        self.handlers.0.borrow_mut().remove(&self.number);
    }
}

/// A mark and its node.
struct Mounted {
    /// Without its children, which are below.
    mark: Mark,
    node: Node,
    children: Vec<Mounted>,
    /// Of a mark with handlers.
    number: Option<Number>,
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

impl Patched {
    /// Clears `root`, which may have the content of an earlier view.
    pub fn new(root: Element) -> Option<Self> {
        root.set_text_content(None);
        let document = root.owner_document()?;
        let place = Place { document, handlers: Handlers::default(), next_number: Rc::default() };
        Some(Self { root, place, live: Vec::new(), left: Vec::new() })
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
    pub fn unfold(&mut self, details: &Node) {
        let mut place = Vec::new();
        if let Some(folded) = find_folded(&mut self.live, details, &mut place) {
            self.left.push(Pending { place, marks: folded.marks, in_svg: folded.in_svg });
        }
    }

    /// Shows the next few marks; `false` if none were pending.
    pub fn go_on(&mut self) -> bool {
        let Some(Pending { place, marks, in_svg }) = self.left.pop() else { return false };
        let mut parent: &Node = &self.root;
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
fn reconcile(
    place: &Place,
    parent: &Node,
    live: &mut Vec<Mounted>,
    marks: Vec<Mark>,
    in_svg: bool,
    most: usize,
) -> Vec<(usize, Vec<Mark>, bool)> {
    let is_same = live.len() == marks.len() && live.iter().zip(&marks).all(|(live, mark)| live.fits(mark));
    let mut before: Vec<Option<Mounted>> = Vec::new();
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
        shown.update(place, mark);
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

/// Removes and returns the content of the closed `details` at that node; sets its place.
fn find_folded(live: &mut [Mounted], node: &Node, place: &mut Vec<usize>) -> Option<Folded> {
    for (at, live) in live.iter_mut().enumerate() {
        place.push(at);
        if live.folded.is_some() && live.node.is_same_node(Some(node)) {
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
fn arrange(parent: &Node, live: &[Mounted], gone: Vec<Option<Mounted>>) {
    for gone in gone.into_iter().flatten() {
        let _ = parent.remove_child(&gone.node);
    }
    let mut next = parent.first_child();
    for live in live {
        match &next {
            Some(there) if there.is_same_node(Some(&live.node)) => next = there.next_sibling(),
            _ => {
                let _ = parent.insert_before(&live.node, next.as_ref());
            }
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

impl Mounted {
    /// Whether `mark` is a newer version of this mark.
    fn fits(&self, mark: &Mark) -> bool {
        self.mark.tag == mark.tag && self.mark.key == mark.key
    }

    /// An element without attributes and children, or a text node.
    fn create(place: &Place, mark: &Mark, in_svg: bool) -> Option<Self> {
        let document = &place.document;
        if mark.tag.is_empty() {
            let node: Node = document.create_text_node("").into();
            let mark = Mark::default();
            return Some(Self { mark, node, children: Vec::new(), number: None, folded: None });
        }
        let element = if in_svg || mark.tag == "svg" {
            document.create_element_ns(Some(SVG), mark.tag)
        } else {
            document.create_element(mark.tag)
        };
        // Fails for an invalid element name only, which no mark has.
        let node: Node = element.ok()?.into();
        let mark = Mark { tag: mark.tag, key: mark.key.clone(), ..Mark::default() };
        Some(Self { mark, node, children: Vec::new(), number: None, folded: None })
    }

    /// Holds back the content of a closed `details`. (A drawing never closes one: only the user does.)
    fn fold(&mut self, children: &mut Vec<Mark>, in_svg: bool) {
        self.folded = None;
        if self.mark.get(WHEN_OPEN).is_some()
            && self.node.dyn_ref::<Element>().is_some_and(|details| !details.has_attribute("open"))
        {
            let marks = std::mem::take(children);
            children.extend(marks.first().cloned());
            self.folded = Some(Folded { marks, in_svg });
        }
    }

    /// Updates text, attributes and handlers.
    fn update(&mut self, place: &Place, mark: Mark) {
        let before = std::mem::replace(&mut self.mark, mark);
        let Some(element) = self.node.dyn_ref::<Element>() else {
            if before.text != self.mark.text {
                self.node.set_node_value(Some(&self.mark.text));
            }
            return;
        };
        for (name, value) in &self.mark.attrs {
            if before.get(name) != Some(value.as_str()) {
                set(element, self.mark.tag, name, value);
            }
        }
        for (name, _) in before.attrs.iter().filter(|(name, _)| self.mark.get(name).is_none()) {
            unset(element, self.mark.tag, name);
        }
        if self.mark.handlers.is_empty() {
            self.number = None;
            return;
        }
        let number = match &self.number {
            Some(known) => known.number,
            None => place.next_number.replace(place.next_number.get() + 1),
        };
        for (listens, _) in &self.mark.handlers {
            if self.number.is_none() || before.get(listens.attribute()).is_none() {
                let _ = element.set_attribute(listens.attribute(), &number.to_string());
            }
        }
        self.number.get_or_insert_with(|| Number { number, handlers: place.handlers.clone() });
        place.handlers.0.borrow_mut().insert(number, std::mem::take(&mut self.mark.handlers));
    }

    /// Shows all descendants.
    fn fill(&mut self, place: &Place, marks: Vec<Mark>, in_svg: bool) {
        reconcile(place, &self.node, &mut self.children, marks, in_svg, usize::MAX);
        if self.mark.tag == "select"
            && let (Some(value), Some(element)) = (self.mark.get("value"), self.node.dyn_ref::<Element>())
        {
            set(element, "select", "value", value);
        }
    }
}

fn set(element: &Element, tag: &str, name: &str, value: &str) {
    match name {
        "value" if is_control(tag) => {
            // The attribute is the control's state, to which refused text is reset.
            let _ = element.set_attribute("value", value);
            let input: &HtmlInputElement = element.unchecked_ref();
            if !is_typed_into(element) && input.value() != value {
                input.set_value(value);
            }
        }
        "checked" => element.unchecked_ref::<HtmlInputElement>().set_checked(value == "true"),
        _ => match name.strip_prefix("style:") {
            Some(property) => {
                let _ = element.unchecked_ref::<HtmlElement>().style().set_property(property, value);
            }
            None => {
                let _ = element.set_attribute(name, value);
            }
        },
    }
}

fn unset(element: &Element, tag: &str, name: &str) {
    match name.strip_prefix("style:") {
        Some(property) => {
            let _ = element.unchecked_ref::<HtmlElement>().style().remove_property(property);
        }
        None if name == "checked" => set(element, tag, name, "false"),
        None => {
            let _ = element.remove_attribute(name);
        }
    }
}

fn is_control(tag: &str) -> bool {
    matches!(tag, "input" | "select" | "textarea")
}

/// Whether a field is focused: it keeps its text until `change` fires.
fn is_typed_into(element: &Element) -> bool {
    let is_focused = || element.owner_document().and_then(|document| document.active_element());
    matches!(element.get_attribute("type").as_deref(), Some("text" | "number" | "search"))
        && is_focused().is_some_and(|focused| JsValue::from(focused) == *AsRef::<JsValue>::as_ref(element))
}
