//! The browser's document. Results of calls are dropped: none can fail (see `Node`).

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use crate::app::dom::{Document, Frame, Node};

const SVG: &str = "http://www.w3.org/2000/svg";

impl Document for web_sys::Document {
    type Node = web_sys::Node;

    fn create_text(&self) -> web_sys::Node {
        self.create_text_node("").into()
    }

    fn create_element(&self, tag: &str, in_svg: bool) -> Option<web_sys::Node> {
        let element = if in_svg { self.create_element_ns(Some(SVG), tag) } else { self.create_element(tag) };
        element.ok().map(Into::into)
    }
}

impl Node for web_sys::Node {
    fn first_child(&self) -> Option<Self> {
        self.first_child()
    }

    fn next_sibling(&self) -> Option<Self> {
        self.next_sibling()
    }

    fn insert_before(&self, child: &Self, next: Option<&Self>) {
        let _ = self.insert_before(child, next);
    }

    fn remove_child(&self, child: &Self) {
        let _ = self.remove_child(child);
    }

    fn clear(&self) {
        self.set_text_content(None);
    }

    fn set_text(&self, text: &str) {
        self.set_node_value(Some(text));
    }

    fn tag_name(&self) -> String {
        element(self).tag_name()
    }

    fn attribute(&self, name: &str) -> Option<String> {
        element(self).get_attribute(name)
    }

    fn set_attribute(&self, name: &str, value: &str) {
        let _ = element(self).set_attribute(name, value);
    }

    fn remove_attribute(&self, name: &str) {
        let _ = element(self).remove_attribute(name);
    }

    fn set_style(&self, property: &str, value: &str) {
        let _ = self.unchecked_ref::<HtmlElement>().style().set_property(property, value);
    }

    fn remove_style(&self, property: &str) {
        let _ = self.unchecked_ref::<HtmlElement>().style().remove_property(property);
    }

    fn value(&self) -> String {
        input(self).value()
    }

    fn set_value(&self, value: &str) {
        input(self).set_value(value);
    }

    fn is_checked(&self) -> bool {
        input(self).checked()
    }

    fn set_checked(&self, is_checked: bool) {
        input(self).set_checked(is_checked);
    }

    fn is_focused(&self) -> bool {
        let focused = self.owner_document().and_then(|document| document.active_element());
        focused.is_some_and(|focused| *focused == *self)
    }

    fn closest_with(&self, attribute: &str) -> Option<Self> {
        let selector = ["[", attribute, "]"].concat();
        element(self).closest(&selector).ok().flatten().map(Into::into)
    }

    fn frame(&self) -> Option<Frame> {
        let drawing = element(self).closest("svg").ok().flatten()?;
        let view_box = drawing.get_attribute("viewBox")?;
        let shown = drawing.get_bounding_client_rect();
        Some(Frame { view_box, left: shown.left(), top: shown.top(), width: shown.width(), height: shown.height() })
    }

    fn capture_pointer(&self, pointer: i32) {
        // A pointer that is down can be captured.
        let _ = element(self).set_pointer_capture(pointer);
    }
}

fn element(node: &web_sys::Node) -> &Element {
    node.unchecked_ref()
}

/// Lists and text areas have the same properties as inputs.
fn input(node: &web_sys::Node) -> &HtmlInputElement {
    node.unchecked_ref()
}
