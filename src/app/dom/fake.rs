//! A document in memory, for tests.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use super::{Document, Frame, Node};

/// A document that counts its changes.
#[derive(Clone, Default)]
pub struct FakeDocument {
    changes: Rc<Cell<usize>>,
}

#[derive(Clone)]
pub struct FakeNode(Rc<Content>);

#[derive(Default)]
struct Content {
    /// Empty for text.
    tag: String,
    in_svg: bool,
    text: RefCell<String>,
    attributes: RefCell<BTreeMap<String, String>>,
    styles: RefCell<BTreeMap<String, String>>,
    /// Once it was set or typed; until then the attribute is the value.
    value: RefCell<Option<String>>,
    is_checked: Cell<bool>,
    is_focused: Cell<bool>,
    captured: Cell<Option<i32>>,
    children: RefCell<Vec<FakeNode>>,
    parent: RefCell<Weak<Content>>,
    changes: Rc<Cell<usize>>,
}

impl FakeDocument {
    /// The number of changes of the document since its start.
    pub fn changes(&self) -> usize {
        self.changes.get()
    }

    fn node(&self, tag: &str, in_svg: bool) -> FakeNode {
        let changes = self.changes.clone();
        FakeNode(Rc::new(Content { tag: tag.to_owned(), in_svg, changes, ..Content::default() }))
    }

    /// An element of HTML.
    pub fn element(&self, tag: &str) -> FakeNode {
        self.node(tag, false)
    }
}

impl Document for FakeDocument {
    type Node = FakeNode;

    fn create_text(&self) -> FakeNode {
        self.node("", false)
    }

    fn create_element(&self, tag: &str, in_svg: bool) -> Option<FakeNode> {
        Some(self.node(tag, in_svg))
    }
}

/// What a user does, and what tests look at.
impl FakeNode {
    pub fn children(&self) -> Vec<FakeNode> {
        self.0.children.borrow().clone()
    }

    /// The first child of a child, and so on, by its index at every level.
    pub fn at(&self, place: &[usize]) -> FakeNode {
        place.iter().fold(self.clone(), |node, at| node.children()[*at].clone())
    }

    /// Every node below, in document order.
    pub fn all(&self) -> Vec<FakeNode> {
        self.children().into_iter().flat_map(|child| [vec![child.clone()], child.all()].concat()).collect()
    }

    /// The text of this text node, or all text below.
    pub fn text(&self) -> String {
        let own = self.0.text.borrow().clone();
        self.children().iter().fold(own, |text, child| text + &child.text())
    }

    pub fn tag(&self) -> &str {
        &self.0.tag
    }

    pub fn in_svg(&self) -> bool {
        self.0.in_svg
    }

    pub fn attributes(&self) -> BTreeMap<String, String> {
        self.0.attributes.borrow().clone()
    }

    pub fn styles(&self) -> BTreeMap<String, String> {
        self.0.styles.borrow().clone()
    }

    pub fn captured(&self) -> Option<i32> {
        self.0.captured.get()
    }

    pub fn focus(&self) {
        self.0.is_focused.set(true);
    }

    pub fn blur(&self) {
        self.0.is_focused.set(false);
    }

    pub fn type_in(&self, text: &str) {
        *self.0.value.borrow_mut() = Some(text.to_owned());
    }

    fn changed(&self) {
        self.0.changes.set(self.0.changes.get() + 1);
    }

    fn parent(&self) -> Option<FakeNode> {
        self.0.parent.borrow().upgrade().map(FakeNode)
    }

    fn detach(&self) {
        if let Some(parent) = self.parent() {
            parent.0.children.borrow_mut().retain(|child| child != self);
        }
        *self.0.parent.borrow_mut() = Weak::new();
    }

    fn has_option(&self, value: &str) -> bool {
        self.all().iter().any(|node| node.tag() == "option" && node.attribute("value").as_deref() == Some(value))
    }

    /// The nearest element for which `is_it`, itself or above.
    fn closest(&self, is_it: impl Fn(&FakeNode) -> bool) -> Option<FakeNode> {
        let mut node = Some(self.clone());
        while let Some(there) = node {
            if is_it(&there) {
                return Some(there);
            }
            node = there.parent();
        }
        None
    }
}

impl PartialEq for FakeNode {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for FakeNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} {:?}>{}", self.tag(), self.attributes(), self.text())
    }
}

impl Node for FakeNode {
    fn first_child(&self) -> Option<Self> {
        self.0.children.borrow().first().cloned()
    }

    fn next_sibling(&self) -> Option<Self> {
        self.parent()?.children().into_iter().skip_while(|child| child != self).nth(1)
    }

    fn insert_before(&self, child: &Self, next: Option<&Self>) {
        assert_ne!(Some(child), next);
        child.detach();
        let end = self.children().len();
        let at = next.map_or(end, |next| self.children().iter().position(|child| child == next).expect("a child"));
        self.0.children.borrow_mut().insert(at, child.clone());
        *child.0.parent.borrow_mut() = Rc::downgrade(&self.0);
        self.changed();
    }

    fn remove_child(&self, child: &Self) {
        assert_eq!(child.parent().as_ref(), Some(self));
        child.detach();
        self.changed();
    }

    fn clear(&self) {
        self.children().iter().for_each(FakeNode::detach);
        self.changed();
    }

    fn set_text(&self, text: &str) {
        assert_eq!(self.tag(), "", "text is of text nodes");
        *self.0.text.borrow_mut() = text.to_owned();
        self.changed();
    }

    fn tag_name(&self) -> String {
        if self.0.in_svg { self.0.tag.clone() } else { self.0.tag.to_uppercase() }
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.0.attributes.borrow().get(name).cloned()
    }

    fn set_attribute(&self, name: &str, value: &str) {
        assert_ne!(self.tag(), "", "attributes are of elements");
        self.0.attributes.borrow_mut().insert(name.to_owned(), value.to_owned());
        self.changed();
    }

    fn remove_attribute(&self, name: &str) {
        assert_ne!(self.tag(), "", "attributes are of elements");
        self.0.attributes.borrow_mut().remove(name);
        self.changed();
    }

    fn set_style(&self, property: &str, value: &str) {
        self.0.styles.borrow_mut().insert(property.to_owned(), value.to_owned());
        self.changed();
    }

    fn remove_style(&self, property: &str) {
        self.0.styles.borrow_mut().remove(property);
        self.changed();
    }

    fn value(&self) -> String {
        let own = self.0.value.borrow().clone().or_else(|| self.attribute("value")).unwrap_or_default();
        if self.tag() == "select" && !self.has_option(&own) { String::new() } else { own }
    }

    fn set_value(&self, value: &str) {
        // A list forgets a value that is not among its options.
        let is_there = self.tag() != "select" || self.has_option(value);
        *self.0.value.borrow_mut() = Some(if is_there { value.to_owned() } else { String::new() });
        self.changed();
    }

    fn is_checked(&self) -> bool {
        self.0.is_checked.get()
    }

    fn set_checked(&self, is_checked: bool) {
        self.0.is_checked.set(is_checked);
        self.changed();
    }

    fn is_focused(&self) -> bool {
        self.0.is_focused.get()
    }

    fn closest_with(&self, attribute: &str) -> Option<Self> {
        self.closest(|node| node.attribute(attribute).is_some())
    }

    /// At (10, 20), twice as large as its view box of 100 × 50 would be.
    fn frame(&self) -> Option<Frame> {
        let drawing = self.closest(|node| node.tag() == "svg")?;
        let view_box = drawing.attribute("viewBox")?;
        Some(Frame { view_box, left: 10.0, top: 20.0, width: 200.0, height: 100.0 })
    }

    fn capture_pointer(&self, pointer: i32) {
        self.0.captured.set(Some(pointer));
    }
}
