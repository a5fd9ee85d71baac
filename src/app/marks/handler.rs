//! User input to a mark, and handlers that make messages of it.

use std::any::Any;
use std::rc::Rc;

/// Kind of input that an element listens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listens {
    /// A press, or a change of a control.
    On,
    /// The pointer or the focus.
    Point,
    /// A drag, or a move by keys.
    Drag,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input<'a> {
    /// A click, or Enter or Space.
    Press,
    /// A control's new state: its text, its position, `true` or `false`; of a slider also while it moves.
    Change(&'a str),
    /// A slider was let go here.
    Release(&'a str),
    /// The pointer or the focus came.
    Point,
    /// The pointer and the focus have left.
    Leave,
    Grab(Grab),
}

/// A move of a mark. Positions are in units of the drawing's view box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Grab {
    /// The pointer is here, and still pressed.
    Drag {
        x: f64,
        y: f64,
    },
    /// The pointer was released here.
    Drop {
        x: f64,
        y: f64,
    },
    Key(Key),
}

/// Whether a control that was moved is still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    Moving,
    /// It was let go, or moved by a key or a press.
    Released,
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

/// A function from input to a message of an erased type.
#[derive(Debug, Clone)]
pub struct Handler(Rc<dyn Any>);

type Function<M> = Box<dyn Fn(&Input) -> Option<M>>;

impl Handler {
    pub(super) fn new<M: 'static>(message: impl Fn(&Input) -> Option<M> + 'static) -> Self {
        Self(Rc::new(Box::new(message) as Function<M>))
    }

    /// The message for `input`; `None` also for another message type.
    pub fn message<M: 'static>(&self, input: &Input) -> Option<M> {
        self.0.downcast_ref::<Function<M>>()?(input)
    }

    pub(super) fn filter_map<M: 'static, N: 'static>(&self, wrap: impl Fn(M) -> Option<N> + 'static) -> Self {
        let inner = self.clone();
        Self::new(move |input| inner.message(input).and_then(&wrap))
    }
}

impl Listens {
    /// The attribute of an element that listens.
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
