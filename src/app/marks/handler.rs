//! What the user does to a mark, and what is made of it.

use std::any::Any;
use std::rc::Rc;

/// What an element listens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listens {
    /// A press, or a change of a control.
    On,
    /// The pointer or the focus.
    Point,
    /// Being dragged, or moved by keys.
    Drag,
}

/// What the user did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input<'a> {
    /// A click, or Enter or Space.
    Press,
    /// A control's new state: its text, its position, `true` or `false`. A slider says so while it moves.
    Change(&'a str),
    /// The pointer or the focus came.
    Point,
    /// The pointer and the focus have left.
    Leave,
    Grab(Grab),
}

/// How a mark was moved. Places are in the units of the drawing's view box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Grab {
    /// The pointer is here, and still pressed.
    Drag {
        x: f64,
        y: f64,
    },
    /// The pointer was let go here.
    Drop {
        x: f64,
        y: f64,
    },
    Key(Key),
}

/// Keys that move a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Escape,
}

/// A function from input to a message of one type, which is not known here.
#[derive(Debug, Clone)]
pub struct Handler(Rc<dyn Any>);

type Function<M> = Box<dyn Fn(&Input) -> Option<M>>;

impl Handler {
    pub(super) fn new<M: 'static>(message: impl Fn(&Input) -> Option<M> + 'static) -> Self {
        Self(Rc::new(Box::new(message) as Function<M>))
    }

    /// What is made of `input`; `None` also for a type that the handler does not make.
    pub fn message<M: 'static>(&self, input: &Input) -> Option<M> {
        self.0.downcast_ref::<Function<M>>()?(input)
    }

    pub(super) fn filter_map<M: 'static, N: 'static>(&self, wrap: impl Fn(M) -> Option<N> + 'static) -> Self {
        let inner = self.clone();
        Self::new(move |input| inner.message(input).and_then(&wrap))
    }
}

impl Listens {
    /// The attribute that marks an element that listens.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::On => "data-on",
            Self::Point => "data-point",
            Self::Drag => "data-drag",
        }
    }
}

impl Key {
    /// The key by its name in the browser's events.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "ArrowLeft" => Self::Left,
            "ArrowRight" => Self::Right,
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            "Home" => Self::Home,
            "End" => Self::End,
            "PageUp" => Self::PageUp,
            "PageDown" => Self::PageDown,
            "Escape" => Self::Escape,
            _ => return None,
        })
    }
}
