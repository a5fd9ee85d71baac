//! User events: one listener on the root, which finds the handler of the mark.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlInputElement, KeyboardEvent, PointerEvent};

use super::Handlers;
use super::work_queue::{self, Status};
use crate::app::marks::{Grab, Handler, Input, Key, Listens};

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
    on_event: Closure<dyn Fn(Event)>,
}

/// Called with the mark's handler and the user's input.
pub type Act = Rc<dyn Fn(&Handler, &Input)>;

impl Listener {
    /// Calls `act` for each user event below `root`, and `opening` with each `details` that is opened.
    pub fn new(root: &Element, handlers: Handlers, act: Act, opening: Rc<dyn Fn(Element)>) -> Self {
        let state = RefCell::new(EventState { handlers, pointed: None, dragged: None });
        let on_event = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            if event.type_() == TOGGLE {
                if target.has_attribute("open") {
                    opening(target);
                }
                return;
            }
            // `act` may redraw and cause further events: the borrow has ended by then.
            let user_event = state.borrow_mut().on_event(&event, &target);
            if let Some(UserEvent { handler, input }) = user_event {
                act(&handler, &input.as_input());
            }
            if event.type_() == "change" {
                put_back(&target);
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

/// A user event with its handler.
struct UserEvent {
    handler: Handler,
    input: OwnedInput,
}

/// [`Input`] that owns its text.
enum OwnedInput {
    Press,
    Change(String),
    Point,
    Leave,
    Grab(Grab),
}

impl OwnedInput {
    fn as_input(&self) -> Input<'_> {
        match self {
            Self::Press => Input::Press,
            Self::Change(state) => Input::Change(state),
            Self::Point => Input::Point,
            Self::Leave => Input::Leave,
            Self::Grab(grab) => Input::Grab(*grab),
        }
    }
}

struct EventState {
    handlers: Handlers,
    /// Under the pointer now.
    pointed: Option<Element>,
    dragged: Option<Element>,
}

impl EventState {
    fn on_event(&mut self, event: &Event, target: &Element) -> Option<UserEvent> {
        match event.type_().as_str() {
            "click" => {
                let mark = listening(target, Listens::On)?;
                if is_control(&mark) { None } else { self.user_event(&mark, Listens::On, OwnedInput::Press) }
            }
            "input" | "change" => self.changed(target, event.type_() == "input"),
            "keydown" => self.keyed(event.unchecked_ref(), target),
            "pointerover" | "focusin" => self.point(listening(target, Listens::Point)),
            "pointerout" | "focusout" => {
                let to = Reflect::get(event, &"relatedTarget".into()).ok().filter(JsValue::is_object);
                if to.is_none() { self.point(None) } else { None }
            }
            "pointerdown" => self.grab(event.unchecked_ref(), target),
            "pointermove" => {
                let mark = self.dragged.clone()?;
                let (x, y) = place(&mark, event.unchecked_ref())?;
                self.user_event(&mark, Listens::Drag, OwnedInput::Grab(Grab::Drag { x, y }))
            }
            "pointerup" | "pointercancel" => {
                let mark = self.dragged.take()?;
                let (x, y) = place(&mark, event.unchecked_ref())?;
                self.user_event(&mark, Listens::Drag, OwnedInput::Grab(Grab::Drop { x, y }))
            }
            _ => None,
        }
    }

    fn user_event(&self, mark: &Element, listens: Listens, input: OwnedInput) -> Option<UserEvent> {
        Some(UserEvent { handler: self.handlers.of(mark, listens)?, input })
    }

    fn point(&mut self, mark: Option<Element>) -> Option<UserEvent> {
        if mark == self.pointed {
            return None;
        }
        let left = std::mem::replace(&mut self.pointed, mark.clone());
        match mark {
            Some(mark) => self.user_event(&mark, Listens::Point, OwnedInput::Point),
            None => self.user_event(&left?, Listens::Point, OwnedInput::Leave),
        }
    }

    fn grab(&mut self, event: &PointerEvent, target: &Element) -> Option<UserEvent> {
        let mark = listening(target, Listens::Drag)?;
        if event.button() != 0 {
            return None;
        }
        // A pointer that is down can be captured.
        let _ = mark.set_pointer_capture(event.pointer_id());
        let (x, y) = place(&mark, event)?;
        self.dragged = Some(mark.clone());
        self.user_event(&mark, Listens::Drag, OwnedInput::Grab(Grab::Drag { x, y }))
    }

    /// Handles `input` of sliders and `change` of all other controls.
    fn changed(&self, target: &Element, is_moving: bool) -> Option<UserEvent> {
        let kind = target.get_attribute("type").unwrap_or_default();
        if !is_control(target) || is_moving != (kind == "range") {
            return None;
        }
        let input: &HtmlInputElement = target.unchecked_ref();
        let is_box = kind == "checkbox" || kind == "radio";
        let state = if is_box { input.checked().to_string() } else { input.value() };
        self.user_event(target, Listens::On, OwnedInput::Change(state))
    }

    fn keyed(&self, event: &KeyboardEvent, target: &Element) -> Option<UserEvent> {
        if event.alt_key() || event.ctrl_key() || event.meta_key() {
            return None;
        }
        let name = event.key();
        if let (Some(mark), Some(key)) = (listening(target, Listens::Drag), Key::of_name(&name)) {
            event.prevent_default();
            return self.user_event(&mark, Listens::Drag, OwnedInput::Grab(Grab::Key(key)));
        }
        let is_native = is_control(target) || matches!(target.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY");
        if is_native || !matches!(name.as_str(), "Enter" | " ") {
            return None;
        }
        let user_event = self.user_event(target, Listens::On, OwnedInput::Press)?;
        event.prevent_default();
        Some(user_event)
    }
}

/// The nearest mark, itself or above, that listens for this.
fn listening(target: &Element, listens: Listens) -> Option<Element> {
    target.closest(&format!("[{}]", listens.attribute())).ok().flatten()
}

/// The pointer's position, in units of the mark's drawing.
fn place(mark: &Element, event: &PointerEvent) -> Option<(f64, f64)> {
    place_in_drawing(mark, f64::from(event.client_x()), f64::from(event.client_y()))
}

/// A point of the window in the units of the mark's drawing.
fn place_in_drawing(mark: &Element, x: f64, y: f64) -> Option<(f64, f64)> {
    let drawing = mark.closest("svg").ok()??;
    let view_box: Vec<f64> =
        drawing.get_attribute("viewBox")?.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [left, top, width, height] = view_box[..] else { return None };
    let shown = drawing.get_bounding_client_rect();
    Some((left + (x - shown.left()) / shown.width() * width, top + (y - shown.top()) / shown.height() * height))
}

fn is_control(mark: &Element) -> bool {
    matches!(mark.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
}

/// Resets a text field to its attribute, in case its text was refused.
fn put_back(target: &Element) {
    if target.get_attribute("type").as_deref() != Some("text") {
        return;
    }
    let input: HtmlInputElement = target.clone().unchecked_into();
    // By the next task the redraw that the change causes is queued: this one runs after it.
    let settle = move || {
        if let Some(value) = input.get_attribute("value") {
            input.set_value(&value);
        }
        Status::Done
    };
    Timeout::new(0, || work_queue::enqueue(settle)).forget();
}
