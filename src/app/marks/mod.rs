//! What the page shows, as plain data: a tree of marks, built by pure functions and put into the page by
//! [`crate::app::widgets::marks`], which patches what has changed and nothing else.
//!
//! A chart, a table, a form is a function from plain values to [`Mark`]s, so it is tested natively, without a browser.
//! What the reader does comes back as an [`Act`] with the name that the mark was given.
//!
//! Invariant: a mark keeps its element for as long as its place (or its key) and its tag stay, so focus, an open
//! disclosure and a transition survive every redraw.

mod controls;
mod drawing;
mod svg;
mod table;

pub use controls::{Control, WHEN_OPEN, button, check, choice, disclosure, folded, number, select, slider, text_field};
pub use drawing::{Drawing, awaiting, figure, table_twin};
pub use svg::{circle, group, path, rect, svg, text};
pub use table::{Cell, Table};

/// One element, or with an empty tag a piece of text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mark {
    /// Element name; `svg` begins the SVG namespace for itself and all below.
    pub tag: &'static str,
    /// Tells a mark among its siblings when they come, go or change places.
    pub key: String,
    /// Attributes in order. `value` and `checked` are the control's state; `style:NAME` a declaration of its own,
    /// since a strict content security policy takes no style strings.
    pub attrs: Vec<(&'static str, String)>,
    pub children: Vec<Mark>,
    /// Of a piece of text alone.
    pub text: String,
}

/// What a reader did to a mark that was given a name with [`Mark::on`], [`Mark::point`] or [`Mark::drag`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Act {
    pub kind: ActKind,
    /// The mark's name.
    pub name: String,
    /// The value that the mark was given beside its name.
    pub value: String,
    /// A control's new state: its text, its position, `true` or `false`; with [`ActKind::Key`] the key's name.
    pub input: String,
    /// Where, in the units of the drawing's view box; with [`ActKind::Drag`] alone.
    pub at: (f64, f64),
}

/// Kinds of [`Act`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActKind {
    /// A click, or Enter or Space on it.
    #[default]
    Press,
    /// A control has changed; a slider says so while it moves.
    Change,
    /// The pointer or the focus came to it.
    Point,
    /// The pointer and the focus have left.
    Leave,
    /// The pointer moves while pressed; [`ActKind::Drop`] ends it.
    Drag,
    Drop,
    /// An arrow key, Home, End or Escape on a mark that can be dragged.
    Key,
}

/// Text of an attribute or a mark.
pub struct Text(String);

impl Mark {
    /// An element without attributes.
    pub fn new(tag: &'static str) -> Self {
        Self { tag, ..Self::default() }
    }

    /// A piece of text.
    pub fn words(text: impl Into<Text>) -> Self {
        Self { text: text.into().0, ..Self::default() }
    }

    /// Sets an attribute, in place of an earlier value; a number is written with two decimals at most.
    pub fn attr(mut self, name: &'static str, value: impl Into<Text>) -> Self {
        let value = value.into().0;
        match self.attrs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, earlier)) => *earlier = value,
            None => self.attrs.push((name, value)),
        }
        self
    }

    /// Adds an attribute without a value where `is_set`.
    pub fn flag(self, name: &'static str, is_set: bool) -> Self {
        if is_set { self.attr(name, "") } else { self }
    }

    /// Adds a class to those it has.
    pub fn class(mut self, class: impl Into<Text>) -> Self {
        let class = class.into().0;
        if class.is_empty() {
            return self;
        }
        match self.attrs.iter_mut().find(|(name, _)| *name == "class") {
            Some((_, classes)) => {
                classes.push(' ');
                classes.push_str(&class);
            }
            None => self.attrs.push(("class", class)),
        }
        self
    }

    /// Tells this mark from its siblings across redraws.
    pub fn key(mut self, key: impl Into<Text>) -> Self {
        self.key = key.into().0;
        self
    }

    /// Appends text.
    pub fn text(self, text: impl Into<Text>) -> Self {
        self.child(Self::words(text))
    }

    /// Appends a mark.
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Appends a mark where there is one.
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Appends marks.
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Names what happens when the mark is pressed or, as a control, changed.
    pub fn on(self, name: &'static str, value: impl Into<Text>) -> Self {
        self.attr("data-on", name).attr("data-value", value)
    }

    /// Names what happens when the pointer or the focus comes and goes.
    pub fn point(self, name: &'static str, value: impl Into<Text>) -> Self {
        self.attr("data-point", name).attr("data-value", value)
    }

    /// Names what happens when the mark is dragged, or moved by keys: give it `role="slider"` and `tabindex="0"`.
    pub fn drag(self, name: &'static str, value: impl Into<Text>) -> Self {
        self.attr("data-drag", name).attr("data-value", value)
    }

    /// A tip beside the mark, shown by pointer and focus; it can be hovered, and Escape puts it away.
    pub fn tip(self, words: impl Into<Text>) -> Self {
        self.attr("data-tip", words)
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// All text within, joined by spaces: what a reader's assistive technology finds.
    pub fn said(&self) -> String {
        let below: Vec<String> = self.children.iter().map(Self::said).filter(|text| !text.is_empty()).collect();
        if self.tag.is_empty() { self.text.trim().to_owned() } else { below.join(" ") }
    }

    /// Every mark of this tree, itself first, in document order.
    pub fn all(&self) -> Vec<&Self> {
        let mut found = vec![self];
        found.extend(self.children.iter().flat_map(Self::all));
        found
    }

    /// The marks within that have `class`.
    pub fn with_class<'a>(&'a self, class: &str) -> Vec<&'a Self> {
        let has = |mark: &&Self| mark.get("class").is_some_and(|classes| classes.split(' ').any(|own| own == class));
        self.all().into_iter().filter(has).collect()
    }

    /// The marks within that are elements called `tag`.
    pub fn with_tag<'a>(&'a self, tag: &str) -> Vec<&'a Self> {
        self.all().into_iter().filter(|mark| mark.tag == tag).collect()
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
            assert_eq!(Mark::new("rect").attr("x", value).get("x"), Some(text));
        }
    }

    #[test]
    fn classes_are_joined() {
        let mark = Mark::new("path").class("line").class("").class(String::from("hue"));
        assert_eq!(mark.get("class"), Some("line hue"));
        assert_eq!(mark.with_class("hue").len(), 1);
        assert!(Mark::new("path").class("").attrs.is_empty());
    }

    #[test]
    fn an_attribute_is_there_once_and_has_its_last_value() {
        let mark = Mark::new("svg").attr("role", "img").attr("role", "group");
        assert_eq!(mark.get("role"), Some("group"));
        assert_eq!(mark.attrs.len(), 1);
    }

    #[test]
    fn text_is_read_in_document_order() {
        let mark = Mark::new("p").text("of ").child(Mark::new("b").text("412")).text(" clicked");
        assert_eq!(mark.said(), "of 412 clicked");
    }
}
