//! Elements of the page as plain data: a tree of marks, built by pure functions and patched into the page by
//! [`crate::app::widgets::marks`].
//!
//! A chart, a table, a form is a function from plain values to [`Mark`]s, so it is tested natively, without a browser.
//! User input to a mark becomes a message: a value of the type `M` of [`Mark<M>`], one enum for each form or view. A mark
//! without input is a `Mark` without a type: it has no messages.
//!
//! Invariant: a mark keeps its element as long as its index (or its key) and its tag stay, so focus, an open disclosure and
//! a transition survive every redraw.

mod controls;
mod drawing;
mod element;
mod handler;
mod svg;
mod table;

use std::marker::PhantomData;
use std::ops::Deref;

pub use controls::{
    Control, WHEN_OPEN, button, check, choice, disclosure, field, folded, live_slider, number, select, slider,
    text_field,
};
pub use drawing::{Drawing, awaiting, figure, scrolled, table_twin};
pub use element::Element;
pub use handler::{Grab, Handler, Input, Key, Listens, Touch};
pub use svg::{circle, group, path, rect, svg, text};
pub use table::{Cell, Table};

/// An element of the page with messages of type `M`.
///
/// The tree itself is an [`Element`] without a type, so that building and patching it is compiled once and not for each
/// type of message. Invariant: every handler in it makes an `M`.
pub struct Mark<M = Never> {
    element: Element,
    messages: PhantomData<fn() -> M>,
}

/// The message type of marks without input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {}

/// Text of an attribute or a text node.
pub struct Text(String);

impl<M: 'static> Mark<M> {
    /// An element without attributes.
    pub fn new(tag: &'static str) -> Self {
        Self::of(Element::new(tag))
    }

    /// A piece of text.
    pub fn words(text: impl Into<Text>) -> Self {
        Self::of(Element { text: text.into().0, ..Element::default() })
    }

    fn of(element: Element) -> Self {
        Self { element, messages: PhantomData }
    }

    /// Sets an attribute, in place of an earlier value; a number is written with two decimals at most.
    pub fn attr(mut self, name: &'static str, value: impl Into<Text>) -> Self {
        self.element.set_attr(name, value.into().0);
        self
    }

    /// Adds an attribute without a value where `is_set`.
    pub fn flag(self, name: &'static str, is_set: bool) -> Self {
        if is_set { self.attr(name, "") } else { self }
    }

    /// Adds a class to those it has.
    pub fn class(mut self, class: impl Into<Text>) -> Self {
        self.element.add_class(&class.into().0);
        self
    }

    /// Identifies this mark among its siblings across redraws.
    pub fn key(mut self, key: impl Into<Text>) -> Self {
        self.element.key = key.into().0;
        self
    }

    pub fn text(self, text: impl Into<Text>) -> Self {
        self.child(Self::words(text))
    }

    pub fn child(mut self, child: Self) -> Self {
        self.element.children.push(child.element);
        self
    }

    /// Appends a mark, if any.
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.element.children.extend(children.into_iter().map(|child| child.element));
        self
    }

    /// Sets the message of a press: a click, or Enter or Space.
    pub fn on(self, message: M) -> Self
    where
        M: Clone,
    {
        self.handle(Listens::On, move |input| matches!(input, Input::Press).then(|| message.clone()))
    }

    /// Sets the message of a control's new state: its text or position; of a box `true` or `false`. `None` refuses the state.
    pub fn on_change(self, message: impl Fn(&str) -> Option<M> + 'static) -> Self {
        self.handle(Listens::On, move |input| match input {
            Input::Change(state) => message(state),
            _ => None,
        })
    }

    /// Sets the messages for the pointer or the focus entering and leaving.
    pub fn on_point(self, comes: M, goes: M) -> Self
    where
        M: Clone,
    {
        self.handle(Listens::Point, move |input| match input {
            Input::Point => Some(comes.clone()),
            Input::Leave => Some(goes.clone()),
            _ => None,
        })
    }

    /// Sets the messages of drags and keys: needs `role="slider"` and `tabindex="0"`.
    pub fn on_grab(self, message: impl Fn(Grab) -> Option<M> + 'static) -> Self {
        self.handle(Listens::Drag, move |input| match input {
            Input::Grab(grab) => message(*grab),
            _ => None,
        })
    }

    fn handle(mut self, listens: Listens, message: impl Fn(&Input) -> Option<M> + 'static) -> Self {
        self.element.add_handler(listens, Handler::new(message));
        self
    }

    /// Adds a tooltip, shown by pointer and focus; it can be hovered, and Escape hides it.
    pub fn tip(self, words: impl Into<Text>) -> Self {
        self.attr("data-tip", words)
    }

    /// The same mark in a larger form, with its messages wrapped.
    pub fn map<N: 'static>(self, wrap: impl Fn(M) -> N + Clone + 'static) -> Mark<N> {
        self.filter_map(move |message| Some(wrap(message)))
    }

    /// As [`Mark::map`], for a form that drops some of the messages.
    pub fn filter_map<N: 'static>(mut self, wrap: impl Fn(M) -> Option<N> + Clone + 'static) -> Mark<N> {
        self.element.for_each_handler(&mut |handler| *handler = handler.filter_map::<M, N>(wrap.clone()));
        Mark::of(self.element)
    }

    /// The element tree.
    pub fn into_element(self) -> Element {
        self.element
    }
}

impl Mark {
    /// A mark without messages as a mark with message type `M`.
    pub fn still<M: 'static>(self) -> Mark<M> {
        Mark::of(self.element)
    }
}

/// User input in tests.
#[cfg(test)]
impl<M: 'static> Mark<M> {
    /// The message of a press on the element with this label.
    pub fn press(&self, label: &str) -> Option<M> {
        self.element.named(label)?.message(Listens::On, &Input::Press)
    }

    /// The message of a control's new state; of a list, `input` is the option's label.
    pub fn change(&self, label: &str, input: &str) -> Option<M> {
        self.element.control(label)?.change(input)
    }

    /// The message of a slider's track at a position.
    pub fn slide(&self, label: &str, position: f64) -> Option<M> {
        self.element.track(label)?.change(&position.to_string())
    }

    /// The message of a drag of the mark with this label, or of a key on it.
    pub fn grab(&self, label: &str, grab: Grab) -> Option<M> {
        self.element.named(label)?.message(Listens::Drag, &Input::Grab(grab))
    }
}

impl<M> Deref for Mark<M> {
    type Target = Element;

    fn deref(&self) -> &Element {
        &self.element
    }
}

impl<M> Clone for Mark<M> {
    fn clone(&self) -> Self {
        Self { element: self.element.clone(), messages: PhantomData }
    }
}

impl<M> Default for Mark<M> {
    fn default() -> Self {
        Self { element: Element::default(), messages: PhantomData }
    }
}

impl<M> PartialEq for Mark<M> {
    /// Whether both look alike.
    fn eq(&self, other: &Self) -> bool {
        self.element == other.element
    }
}

impl<M> std::fmt::Debug for Mark<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.element.fmt(f)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<f64> for Text {
    fn from(value: f64) -> Self {
        let rounded = (value * 100.0).round() / 100.0;
        // −0 would print its sign.
        Self(if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() })
    }
}

impl From<usize> for Text {
    fn from(value: usize) -> Self {
        Self(value.to_string())
    }
}

impl From<bool> for Text {
    fn from(value: bool) -> Self {
        Self(if value { "true" } else { "false" }.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_zero_has_no_sign() {
        for (value, text) in [(1.0, "1"), (0.125, "0.13"), (-0.001, "0"), (12.3456, "12.35")] {
            assert_eq!(Mark::<Never>::new("rect").attr("x", value).get("x"), Some(text));
        }
    }

    #[test]
    fn classes_are_joined() {
        let mark = Mark::<Never>::new("path").class("line").class("").class(String::from("hue"));
        assert_eq!(mark.get("class"), Some("line hue"));
        assert_eq!(mark.with_class("hue").len(), 1);
        assert!(Mark::<Never>::new("path").class("").attrs.is_empty());
    }

    #[test]
    fn an_attribute_is_there_once_and_has_its_last_value() {
        let mark = Mark::<Never>::new("svg").attr("role", "img").attr("role", "group");
        assert_eq!(mark.get("role"), Some("group"));
        assert_eq!(mark.attrs.len(), 1);
    }

    #[test]
    fn text_is_read_in_document_order() {
        let mark = Mark::<Never>::new("p").text("of ").child(Mark::new("b").text("412")).text(" clicked");
        assert_eq!(mark.all_text(), "of 412 clicked");
    }

    #[test]
    fn messages_within_are_wrapped_as_those_of_the_form_around() {
        #[derive(Debug, Clone, PartialEq)]
        enum Inner {
            Set(usize),
        }
        #[derive(Debug, Clone, PartialEq)]
        enum Outer {
            Of(Inner),
        }
        let inner = Mark::new("p").child(Mark::new("button").text("7").on(Inner::Set(7)));
        assert_eq!(inner.press("7"), Some(Inner::Set(7)));
        let outer = Mark::new("div").child(inner.map(Outer::Of)).child(Mark::new("hr").still());
        assert_eq!(outer.press("7"), Some(Outer::Of(Inner::Set(7))));
        assert_eq!(outer.press("8"), None);
    }
}
