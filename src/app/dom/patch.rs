//! Puts marks into the document and keeps them up to date, changing what differs and nothing else.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, Node};

use crate::app::marks::Mark;

const SVG: &str = "http://www.w3.org/2000/svg";

/// Marks under an element, as they stand in the document.
pub struct Patched {
    root: Element,
    document: Document,
    live: Vec<Live>,
}

/// A mark and its node.
struct Live {
    /// Without its children, which live on their own.
    mark: Mark,
    node: Node,
    children: Vec<Live>,
}

impl Patched {
    /// Nothing yet, under `root`: what stood there goes. (A view that is made again may be given the place of the old one.)
    pub fn new(root: Element) -> Option<Self> {
        root.set_text_content(None);
        let document = root.owner_document()?;
        Some(Self { root, document, live: Vec::new() })
    }

    /// Makes the document show `marks`.
    pub fn show(&mut self, marks: Vec<Mark>) {
        reconcile(&self.document, &self.root, &mut self.live, marks, false);
    }
}

fn reconcile(document: &Document, parent: &Node, live: &mut Vec<Live>, marks: Vec<Mark>, in_svg: bool) {
    let is_same = live.len() == marks.len() && live.iter().zip(&marks).all(|(live, mark)| live.fits(mark));
    if is_same {
        for (live, mark) in live.iter_mut().zip(marks) {
            live.update(document, mark, in_svg);
        }
        return;
    }
    let mut before: Vec<Option<Live>> = std::mem::take(live).into_iter().map(Some).collect();
    for mark in marks {
        let kept = before.iter_mut().find(|live| live.as_ref().is_some_and(|live| live.fits(&mark)));
        match kept.and_then(Option::take) {
            Some(mut kept) => {
                kept.update(document, mark, in_svg);
                live.push(kept);
            }
            None => live.extend(Live::create(document, mark, in_svg)),
        }
    }
    for gone in before.into_iter().flatten() {
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

impl Live {
    /// Whether `mark` is this mark, moved on.
    fn fits(&self, mark: &Mark) -> bool {
        self.mark.tag == mark.tag && self.mark.key == mark.key
    }

    fn create(document: &Document, mark: Mark, in_svg: bool) -> Option<Self> {
        if mark.tag.is_empty() {
            let node: Node = document.create_text_node(&mark.text).into();
            return Some(Self { mark, node, children: Vec::new() });
        }
        let element = match in_svg || mark.tag == "svg" {
            true => document.create_element_ns(Some(SVG), mark.tag),
            false => document.create_element(mark.tag),
        };
        // Fails for a name that is no element's, which no mark has.
        let node: Node = element.ok()?.into();
        let mut live = Self { mark: Mark::new(mark.tag).key(&mark.key), node, children: Vec::new() };
        live.update(document, mark, in_svg);
        Some(live)
    }

    fn update(&mut self, document: &Document, mark: Mark, in_svg: bool) {
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
        let marks = std::mem::take(&mut self.mark.children);
        // What comes into a drawing that is there already is SVG too.
        let in_svg = in_svg || self.mark.tag == "svg";
        reconcile(document, &self.node, &mut self.children, marks, in_svg);
        // A list shows a value only when it has it among its options.
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

/// A field under the reader's hands keeps what is typed until it is said.
fn is_typed_into(element: &Element) -> bool {
    let is_focused = || element.owner_document().and_then(|document| document.active_element());
    matches!(element.get_attribute("type").as_deref(), Some("text" | "number" | "search"))
        && is_focused().is_some_and(|focused| JsValue::from(focused) == *AsRef::<JsValue>::as_ref(element))
}
