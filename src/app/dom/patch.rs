//! Puts marks into the document and keeps them up to date, changing what differs and nothing else, a few at a time.
//!
//! What is in a closed `details` with [`WHEN_OPEN`] is not in the document: it would cost every redraw, and browsers lay the
//! page out for each field in it whenever a form changes. It comes when the user opens it ([`Patched::unfold`]).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, Node};

use crate::app::marks::{Element as Mark, Handler, Listens, WHEN_OPEN};

const SVG: &str = "http://www.w3.org/2000/svg";

/// So many marks under one are shown together with it. Each takes some tens of microseconds to make.
const AT_ONCE: usize = 48;

/// Marks under an element, as they stand in the document.
///
/// Invariant: `live` is what stands there, also while something is left to be shown.
pub struct Patched {
    root: Element,
    place: Place,
    live: Vec<Live>,
    left: Vec<Left>,
}

/// Where marks are made: the document, and the handlers of those that stand in it.
#[derive(Clone)]
struct Place {
    document: Document,
    handlers: Handlers,
    next_number: Rc<Cell<u32>>,
}

/// The handlers of marks in the document by the number that stands in their attributes.
#[derive(Clone, Default)]
pub struct Handlers(Rc<RefCell<BTreeMap<u32, OfElement>>>);

/// The handlers of one element.
type OfElement = Vec<(Listens, Handler)>;

/// A mark's place among the [`Handlers`], for as long as it is in the document.
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
struct Live {
    /// Without its children, which live on their own.
    mark: Mark,
    node: Node,
    children: Vec<Live>,
    /// Of one that listens.
    number: Option<Number>,
    /// The marks of a `details` that is closed, but for its summary.
    folded: Option<Folded>,
}

struct Folded {
    marks: Vec<Mark>,
    in_svg: bool,
}

/// What is still to be shown: the marks under a mark, which stands at a place (the index at every level).
struct Left {
    place: Vec<usize>,
    marks: Vec<Mark>,
    in_svg: bool,
}

impl Patched {
    /// Nothing yet, under `root`: what stood there goes. (A view that is made again may be given the place of the old one.)
    pub fn new(root: Element) -> Option<Self> {
        root.set_text_content(None);
        let document = root.owner_document()?;
        let place = Place { document, handlers: Handlers::default(), next_number: Rc::default() };
        Some(Self { root, place, live: Vec::new(), left: Vec::new() })
    }

    /// The handlers of the marks that stand in the document.
    pub fn handlers(&self) -> Handlers {
        self.place.handlers.clone()
    }

    /// What the document should show from now on; what was left of before is not wanted any more.
    pub fn show(&mut self, marks: Vec<Mark>) {
        self.left = vec![Left { place: Vec::new(), marks, in_svg: false }];
    }

    /// Goes on with what is in a `details` that was opened.
    pub fn unfold(&mut self, details: &Node) {
        let mut place = Vec::new();
        if let Some(folded) = find_folded(&mut self.live, details, &mut place) {
            self.left.push(Left { place, marks: folded.marks, in_svg: folded.in_svg });
        }
    }

    /// Shows the next few marks. `false` when nothing was left.
    pub fn go_on(&mut self) -> bool {
        let Some(Left { place, marks, in_svg }) = self.left.pop() else { return false };
        let mut parent: &Node = &self.root;
        let mut live = &mut self.live;
        for &at in &place {
            // A place is only left while nothing above it changes.
            let Some(next) = live.get_mut(at) else { return true };
            parent = &next.node;
            live = &mut next.children;
        }
        let large = reconcile(&self.place, parent, live, marks, in_svg, AT_ONCE);
        // The last is taken first.
        self.left.extend(large.into_iter().rev().map(|(at, marks, in_svg)| Left {
            place: place.iter().copied().chain([at]).collect(),
            marks,
            in_svg,
        }));
        true
    }
}

/// Shows `marks` under `parent`, and all that is under them, but for what is more than `most` under one: returns it, with the
/// index of that one and whether it is in a drawing.
fn reconcile(
    place: &Place,
    parent: &Node,
    live: &mut Vec<Live>,
    marks: Vec<Mark>,
    in_svg: bool,
    most: usize,
) -> Vec<(usize, Vec<Mark>, bool)> {
    let is_same = live.len() == marks.len() && live.iter().zip(&marks).all(|(live, mark)| live.fits(mark));
    let mut before: Vec<Option<Live>> = Vec::new();
    if !is_same {
        before = std::mem::take(live).into_iter().map(Some).collect();
    }
    let mut large = Vec::new();
    for (at, mut mark) in marks.into_iter().enumerate() {
        if !is_same {
            let kept = before.iter_mut().find(|live| live.as_ref().is_some_and(|live| live.fits(&mark)));
            live.extend(kept.and_then(Option::take).or_else(|| Live::create(place, &mark, in_svg)));
        }
        let Some(shown) = live.get_mut(at) else { continue };
        // What comes into a drawing that is there already is SVG too.
        let in_svg = in_svg || mark.tag == "svg";
        let mut children = std::mem::take(&mut mark.children);
        shown.update(place, mark);
        shown.fold(&mut children, in_svg);
        // A list shows a value only when it has it among its options.
        let is_small = shown.mark.tag == "select" || !is_more_than(&children, most);
        match is_small {
            true => shown.fill(place, children, in_svg),
            false => large.push((at, children, in_svg)),
        }
    }
    if !is_same {
        arrange(parent, live, before);
    }
    large
}

/// The closed `details` at that node, no longer closed, and its place.
fn find_folded(live: &mut [Live], node: &Node, place: &mut Vec<usize>) -> Option<Folded> {
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

/// Takes out what is not there any more, and puts what is there in its order.
fn arrange(parent: &Node, live: &[Live], gone: Vec<Option<Live>>) {
    for gone in gone.into_iter().flatten() {
        // It is a child: it can be removed.
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

/// Whether there are more than `most` marks, those under them among them.
fn is_more_than(marks: &[Mark], most: usize) -> bool {
    fn left(marks: &[Mark], most: usize) -> Option<usize> {
        // Most are closed.
        let shown = |mark: &Mark| if mark.get(WHEN_OPEN).is_some() { 1 } else { usize::MAX };
        marks.iter().try_fold(most, |most, mark| {
            let children = &mark.children[..mark.children.len().min(shown(mark))];
            left(children, most.checked_sub(1)?)
        })
    }
    left(marks, most).is_none()
}

impl Live {
    /// Whether `mark` is this mark, moved on.
    fn fits(&self, mark: &Mark) -> bool {
        self.mark.tag == mark.tag && self.mark.key == mark.key
    }

    /// An element as yet without attributes and children, or a text.
    fn create(place: &Place, mark: &Mark, in_svg: bool) -> Option<Self> {
        let document = &place.document;
        if mark.tag.is_empty() {
            let node: Node = document.create_text_node("").into();
            let mark = Mark::default();
            return Some(Self { mark, node, children: Vec::new(), number: None, folded: None });
        }
        let element = match in_svg || mark.tag == "svg" {
            true => document.create_element_ns(Some(SVG), mark.tag),
            false => document.create_element(mark.tag),
        };
        // Fails for a name that is no element's, which no mark has.
        let node: Node = element.ok()?.into();
        let mark = Mark { tag: mark.tag, key: mark.key.clone(), ..Mark::default() };
        Some(Self { mark, node, children: Vec::new(), number: None, folded: None })
    }

    /// Keeps back what is in a `details` that is closed. (A drawing never closes one, so nothing is taken from it here but
    /// what a user has closed.)
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

    /// Text, attributes and handlers.
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

    /// All that is under it.
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
            // The attribute keeps what the control should show, so that what cannot be read is put back.
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
            // Fails for a name that is no attribute's, which no mark has.
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

/// A field under the user's hands keeps what is typed until it is said.
fn is_typed_into(element: &Element) -> bool {
    let is_focused = || element.owner_document().and_then(|document| document.active_element());
    matches!(element.get_attribute("type").as_deref(), Some("text" | "number" | "search"))
        && is_focused().is_some_and(|focused| JsValue::from(focused) == *AsRef::<JsValue>::as_ref(element))
}
