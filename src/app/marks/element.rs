//! An element of the page as data, without a message type.

use super::{Handler, Listens};

/// One element, or with an empty tag a piece of text.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// Element name; `svg` and its descendants are in the SVG namespace.
    pub tag: &'static str,
    /// Identifies an element among siblings that change.
    pub key: String,
    /// Attributes in order. `value` and `checked` are the control's state; `style:NAME` a declaration of its own,
    /// since a strict content security policy takes no style strings.
    pub attrs: Vec<(&'static str, String)>,
    pub children: Vec<Element>,
    /// Content of a piece of text.
    pub text: String,
    /// Handlers of user events.
    pub handlers: Vec<(Listens, Handler)>,
}

impl Element {
    pub(super) fn new(tag: &'static str) -> Self {
        Self { tag, ..Self::default() }
    }

    pub(super) fn set_attr(&mut self, name: &'static str, value: String) {
        match self.attrs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, earlier)) => *earlier = value,
            None => self.attrs.push((name, value)),
        }
    }

    pub(super) fn add_class(&mut self, class: &str) {
        if class.is_empty() {
            return;
        }
        match self.attrs.iter_mut().find(|(name, _)| *name == "class") {
            Some((_, classes)) => {
                classes.push(' ');
                classes.push_str(class);
            }
            None => self.attrs.push(("class", class.to_owned())),
        }
    }

    pub(super) fn add_handler(&mut self, listens: Listens, handler: Handler) {
        self.set_attr(listens.attribute(), String::new());
        self.handlers.push((listens, handler));
    }

    pub(super) fn for_each_handler(&mut self, change: &mut dyn FnMut(&mut Handler)) {
        self.handlers.iter_mut().for_each(|(_, handler)| change(handler));
        self.children.iter_mut().for_each(|child| child.for_each_handler(change));
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// All text within, joined by spaces.
    pub fn all_text(&self) -> String {
        let below: Vec<String> = self.children.iter().map(Self::all_text).filter(|text| !text.is_empty()).collect();
        if self.tag.is_empty() { self.text.trim().to_owned() } else { below.join(" ") }
    }

    /// Every element of this tree, itself first, in document order.
    pub fn all(&self) -> Vec<&Self> {
        let mut found = vec![self];
        found.extend(self.children.iter().flat_map(Self::all));
        found
    }

    /// The elements within with `class`.
    pub fn with_class<'a>(&'a self, class: &str) -> Vec<&'a Self> {
        let has = |mark: &&Self| mark.get("class").is_some_and(|classes| classes.split(' ').any(|own| own == class));
        self.all().into_iter().filter(has).collect()
    }

    /// The elements within with this tag.
    pub fn with_tag<'a>(&'a self, tag: &str) -> Vec<&'a Self> {
        self.all().into_iter().filter(|mark| mark.tag == tag).collect()
    }

    /// The message for `input`, if a handler makes an `M`.
    #[cfg(test)]
    pub fn message<M: 'static>(&self, listens: Listens, input: &super::Input) -> Option<M> {
        self.handlers.iter().find(|(own, _)| *own == listens)?.1.message(input)
    }

    /// The message of a control's new state; of a list, the label of an option.
    #[cfg(test)]
    pub fn change<M: 'static>(&self, input: &str) -> Option<M> {
        let option = self.with_tag("option").into_iter().find(|option| option.all_text() == input);
        let state = option.and_then(|option| option.get("value")).unwrap_or(input);
        self.message(Listens::On, &super::Input::Change(state))
    }

    /// The element with handlers and this label: its own, or its text.
    #[cfg(test)]
    pub fn named(&self, label: &str) -> Option<&Self> {
        let is_it = |mark: &&Self| {
            !mark.handlers.is_empty() && (mark.get("aria-label") == Some(label) || mark.all_text() == label)
        };
        self.all().into_iter().find(is_it)
    }

    /// The control in the label with this text, or the element that has it itself.
    #[cfg(test)]
    pub fn control(&self, label: &str) -> Option<&Self> {
        let acts = |mark: &&Self| !mark.handlers.is_empty() && mark.get("type") != Some("range");
        let is_it = |mark: &&&Self| mark.with_tag("span").iter().any(|span| span.all_text() == label);
        match self.with_tag("label").iter().find(is_it) {
            Some(found) => found.all().into_iter().find(acts),
            None => self.named(label),
        }
    }

    /// The track of the slider whose label begins with `label`.
    #[cfg(test)]
    pub fn track(&self, label: &str) -> Option<&Self> {
        let is_it = |mark: &&Self| {
            mark.get("type") == Some("range") && mark.get("aria-label").is_some_and(|said| said.starts_with(label))
        };
        self.all().into_iter().find(is_it)
    }
}

impl PartialEq for Element {
    /// Whether both look alike; handlers cannot be compared.
    fn eq(&self, other: &Self) -> bool {
        let Self { tag, key, attrs, children, text, handlers: _ } = self;
        (tag, key, attrs, children, text) == (&other.tag, &other.key, &other.attrs, &other.children, &other.text)
    }
}
