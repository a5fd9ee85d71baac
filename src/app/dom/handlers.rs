//! The handlers of the marks in a document.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Node;
use crate::app::marks::{Handler, Listens};

/// Handlers by the number in their element's attributes.
#[derive(Clone, Default)]
pub struct Handlers(Rc<Entries>);

#[derive(Default)]
struct Entries {
    by_number: RefCell<BTreeMap<u32, OfElement>>,
    next_number: Cell<u32>,
}

/// The handlers of one element.
type OfElement = Vec<(Listens, Handler)>;

/// An element's entry in [`Handlers`], removed when dropped.
pub struct Entry {
    number: u32,
    handlers: Handlers,
}

impl Handlers {
    /// The handler of an element that listens.
    pub fn of<N: Node>(&self, element: &N, listens: Listens) -> Option<Handler> {
        let number = element.attribute(listens.attribute())?.parse().ok()?;
        let by_number = self.0.by_number.borrow();
        by_number.get(&number)?.iter().find(|(own, _)| *own == listens).map(|(_, handler)| handler.clone())
    }

    /// A new entry, without handlers.
    pub fn entry(&self) -> Entry {
        let number = self.0.next_number.get();
        self.0.next_number.set(number + 1);
        Entry { number, handlers: self.clone() }
    }

    /// The number of elements with handlers.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.0.by_number.borrow().len()
    }
}

impl Entry {
    /// The number in the element's attributes.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Replaces the element's handlers.
    pub fn set(&self, handlers: OfElement) {
        self.handlers.0.by_number.borrow_mut().insert(self.number, handlers);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.handlers.0.by_number.borrow_mut().remove(&self.number);
    }
}
