//! What readers do with marks: one listener on the root hears all, and tells it as an [`Act`].

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlInputElement, KeyboardEvent, PointerEvent};

use super::turns::{self, Next};
use crate::app::marks::{Act, ActKind};

/// Everything that is listened for.
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

/// A `details` opens or closes. It does not bubble: it is heard on its way down.
const TOGGLE: &str = "toggle";

/// Listens for as long as it is kept.
pub struct Listener {
    root: Element,
    // `Fn`: what is heard may make the browser send the next event before it returns (a removed field loses its focus).
    hear: Closure<dyn Fn(Event)>,
}

impl Listener {
    /// Tells `act` of what is done to marks under `root`, and `opening` of a `details` that is opened.
    pub fn new(root: &Element, act: Rc<dyn Fn(Act)>, opening: Rc<dyn Fn(Element)>) -> Self {
        let ear = RefCell::new(Ear { pointed: None, dragged: None });
        let hear = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
            if event.type_() == TOGGLE {
                if target.has_attribute("open") {
                    opening(target);
                }
                return;
            }
            // Acting may redraw and so make the browser send further events: the ear is free by then.
            let acts = ear.borrow_mut().hear(&event, &target);
            for told in acts {
                act(told);
            }
            if event.type_() == "change" {
                put_back(&target);
            }
        });
        for event in EVENTS {
            // Listening can only fail for a null callback.
            let _ = root.add_event_listener_with_callback(event, hear.as_ref().unchecked_ref());
        }
        let _ = root.add_event_listener_with_callback_and_bool(TOGGLE, hear.as_ref().unchecked_ref(), true);
        Self { root: root.clone(), hear }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for event in EVENTS {
            // Fails for a null callback alone, as above.
            let _ = self.root.remove_event_listener_with_callback(event, self.hear.as_ref().unchecked_ref());
        }
        let hear = self.hear.as_ref().unchecked_ref();
        let _ = self.root.remove_event_listener_with_callback_and_bool(TOGGLE, hear, true);
    }
}

/// What is under the pointer now.
struct Ear {
    pointed: Option<Element>,
    dragged: Option<Element>,
}

impl Ear {
    fn hear(&mut self, event: &Event, target: &Element) -> Vec<Act> {
        match event.type_().as_str() {
            "click" => {
                named(target, "on").filter(|mark| !is_control(mark)).map(|mark| tell(&mark, "on", ActKind::Press))
            }
            "input" | "change" => changed(target, event.type_() == "input"),
            "keydown" => keyed(event.unchecked_ref(), target),
            "pointerover" | "focusin" => return self.point(named(target, "point")),
            "pointerout" | "focusout" => {
                let to = Reflect::get(event, &"relatedTarget".into()).ok().filter(JsValue::is_object);
                return if to.is_none() { self.point(None) } else { Vec::new() };
            }
            "pointerdown" => self.grab(event.unchecked_ref(), target),
            "pointermove" => self.dragged.as_ref().map(|mark| dragged(mark, event.unchecked_ref(), ActKind::Drag)),
            "pointerup" | "pointercancel" => {
                self.dragged.take().map(|mark| dragged(&mark, event.unchecked_ref(), ActKind::Drop))
            }
            _ => None,
        }
        .into_iter()
        .collect()
    }

    fn point(&mut self, mark: Option<Element>) -> Vec<Act> {
        if mark == self.pointed {
            return Vec::new();
        }
        let left = std::mem::replace(&mut self.pointed, mark.clone());
        match (mark, left) {
            (Some(mark), _) => vec![tell(&mark, "point", ActKind::Point)],
            (None, Some(left)) => vec![tell(&left, "point", ActKind::Leave)],
            (None, None) => Vec::new(),
        }
    }

    fn grab(&mut self, event: &PointerEvent, target: &Element) -> Option<Act> {
        let mark = named(target, "drag").filter(|_| event.button() == 0)?;
        // A pointer that is down can be captured.
        let _ = mark.set_pointer_capture(event.pointer_id());
        self.dragged = Some(mark.clone());
        Some(dragged(&mark, event, ActKind::Drag))
    }
}

/// The nearest mark, itself or above, that has a name for this.
fn named(target: &Element, what: &str) -> Option<Element> {
    target.closest(&format!("[data-{what}]")).ok().flatten()
}

fn tell(mark: &Element, what: &str, kind: ActKind) -> Act {
    let get = |name: &str| mark.get_attribute(name).unwrap_or_default();
    Act { kind, name: get(&format!("data-{what}")), value: get("data-value"), ..Act::default() }
}

/// A slider tells of every move, all others of what was settled.
fn changed(target: &Element, is_moving: bool) -> Option<Act> {
    let kind = target.get_attribute("type").unwrap_or_default();
    if !is_control(target) || !target.has_attribute("data-on") || is_moving != (kind == "range") {
        return None;
    }
    let input: &HtmlInputElement = target.unchecked_ref();
    let is_box = kind == "checkbox" || kind == "radio";
    let state = if is_box { input.checked().to_string() } else { input.value() };
    Some(Act { input: state, ..tell(target, "on", ActKind::Change) })
}

fn keyed(event: &KeyboardEvent, target: &Element) -> Option<Act> {
    let key = event.key();
    if let Some(mark) = named(target, "drag")
        && (key.starts_with("Arrow") || matches!(key.as_str(), "Home" | "End" | "PageUp" | "PageDown" | "Escape"))
    {
        event.prevent_default();
        return Some(Act { input: key, ..tell(&mark, "drag", ActKind::Key) });
    }
    let is_native = is_control(target) || matches!(target.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY");
    if is_native || !target.has_attribute("data-on") || !matches!(key.as_str(), "Enter" | " ") {
        return None;
    }
    event.prevent_default();
    Some(tell(target, "on", ActKind::Press))
}

fn dragged(mark: &Element, event: &PointerEvent, kind: ActKind) -> Act {
    let at = place(mark, f64::from(event.client_x()), f64::from(event.client_y())).unwrap_or_default();
    Act { at, ..tell(mark, "drag", kind) }
}

/// A point of the window in the units of the mark's drawing.
fn place(mark: &Element, x: f64, y: f64) -> Option<(f64, f64)> {
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

/// A field shows what was made of what was typed: of what could not be read, what stood there before.
fn put_back(target: &Element) {
    if target.get_attribute("type").as_deref() != Some("text") {
        return;
    }
    let input: HtmlInputElement = target.clone().unchecked_into();
    // By the next task the redraw that the change leads to has asked for its turn: this one comes after it.
    let settle = move || {
        if let Some(value) = input.get_attribute("value") {
            input.set_value(&value);
        }
        Next::Done
    };
    Timeout::new(0, || turns::ask(settle)).forget();
}
