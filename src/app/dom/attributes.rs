//! A mark's attributes on its element: attributes of the document, the state of controls, and declarations of style.

use super::Node;
use super::shown::{inert, shown};

/// Sets a mark's attribute.
pub fn set<N: Node>(element: &N, tag: &str, name: &str, value: &str) {
    match name {
        "value" if is_control(tag) => {
            // The attribute is the control's state, to which refused text is reset: a field that shows it is not being typed in.
            let is_untouched = element.attribute("value").is_some_and(|state| state == element.value());
            element.set_attribute("value", value);
            if is_untouched && element.value() != value {
                element.set_value(value);
            }
            set_state(element, value);
        }
        "aria-label" => element.set_attribute(name, &shown(value)),
        "checked" => element.set_checked(value == "true"),
        _ => match name.strip_prefix("style:") {
            Some(property) => element.set_style(property, value),
            // That of an option comes back as the choice.
            None if name == "value" => element.set_attribute(name, value),
            None => element.set_attribute(name, &inert(value)),
        },
    }
}

/// Removes a mark's attribute.
pub fn unset<N: Node>(element: &N, name: &str) {
    match name.strip_prefix("style:") {
        Some(property) => element.remove_style(property),
        None if name == "checked" => element.set_checked(false),
        None => element.remove_attribute(name),
    }
}

/// Sets the state of a control. A focused field keeps the text that is being typed.
pub fn set_state<N: Node>(control: &N, value: &str) {
    let is_field = || matches!(control.attribute("type").as_deref(), Some("text" | "number" | "search"));
    if !(is_field() && control.is_focused()) && control.value() != value {
        control.set_value(value);
    }
}

fn is_control(tag: &str) -> bool {
    matches!(tag, "input" | "select" | "textarea")
}
