//! One listener on the root of the marks, for all events.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::{Element, KeyboardEvent, Node, PointerEvent};

use super::enqueue;
use crate::app::dom::{Event, EventState, Handlers, Status, may_be_refused, reset};
use crate::app::marks::{Handler, Input};

/// Events that bubble to the root.
const EVENTS: [&str; 12] = [
    "click",
    "input",
    "change",
    "keydown",
    "pointerover",
    "pointerout",
    "focusin",
    "focusout",
    "pointerdown",
    "pointermove",
    "pointerup",
    "pointercancel",
];

/// A `details` opens or closes. The event does not bubble: the listener captures it.
const TOGGLE: &str = "toggle";

/// An event listener, removed when dropped.
pub struct Listener {
    root: Element,
    // `Fn`: a handler may cause another event before it returns (a removed field loses its focus).
    on_event: Closure<dyn Fn(web_sys::Event)>,
}

/// Called with the mark's handler and the user's input.
pub type Act = Rc<dyn Fn(&Handler, &Input)>;

impl Listener {
    /// Calls `act` for each user event below `root`, and `opening` with each `details` that is opened.
    pub fn new(root: &Element, handlers: Handlers, act: Act, opening: Rc<dyn Fn(Element)>) -> Self {
        let state = RefCell::new(EventState::<Node>::new(handlers));
        let on_event = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            if event.type_() == TOGGLE {
                if target.has_attribute("open") {
                    opening(target);
                }
                return;
            }
            let Some(read) = read(&event) else { return };
            // `act` may redraw and cause further events: the borrow has ended by then.
            let user_event = state.borrow_mut().on_event(&read, &target);
            if let Some(user_event) = user_event {
                if matches!(read, Event::KeyDown { .. }) {
                    event.prevent_default();
                }
                act(&user_event.handler, &user_event.input());
            }
            if may_be_refused::<Node>(&read, &target) {
                reset_soon(target.into());
            }
        });
        for event in EVENTS {
            // Listening can only fail for a null callback.
            let _ = root.add_event_listener_with_callback(event, on_event.as_ref().unchecked_ref());
        }
        let _ = root.add_event_listener_with_callback_and_bool(TOGGLE, on_event.as_ref().unchecked_ref(), true);
        Self { root: root.clone(), on_event }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for event in EVENTS {
            // As above.
            let _ = self.root.remove_event_listener_with_callback(event, self.on_event.as_ref().unchecked_ref());
        }
        let on_event = self.on_event.as_ref().unchecked_ref();
        let _ = self.root.remove_event_listener_with_callback_and_bool(TOGGLE, on_event, true);
    }
}

/// Reads one of [`EVENTS`].
fn read(event: &web_sys::Event) -> Option<Event> {
    let position = || {
        let event: &PointerEvent = event.unchecked_ref();
        (f64::from(event.client_x()), f64::from(event.client_y()))
    };
    Some(match event.type_().as_str() {
        "click" => Event::Click,
        "input" => Event::Input,
        "change" => Event::Change,
        "keydown" => {
            let event: &KeyboardEvent = event.unchecked_ref();
            Event::KeyDown { name: event.key(), is_modified: event.alt_key() || event.ctrl_key() || event.meta_key() }
        }
        "pointerover" | "focusin" => Event::Enter,
        "pointerout" | "focusout" => {
            let other = Reflect::get(event, &"relatedTarget".into()).ok();
            Event::Leave { is_to_other: other.is_some_and(|other| other.is_object()) }
        }
        "pointerdown" => {
            let (x, y) = position();
            let event: &PointerEvent = event.unchecked_ref();
            Event::PointerDown { pointer: event.pointer_id(), button: event.button(), x, y }
        }
        "pointermove" => {
            let (x, y) = position();
            Event::PointerMove { x, y }
        }
        "pointerup" | "pointercancel" => {
            let (x, y) = position();
            Event::PointerUp { x, y }
        }
        _ => return None,
    })
}

/// Resets a field after the redraw that its change causes: that is queued by the next task.
fn reset_soon(field: Node) {
    let work = move || {
        reset(&field);
        Status::Done
    };
    Timeout::new(0, || enqueue(work)).forget();
}
