//! The sheet of keys: opened by its button or by `?`, closed by Escape; the focus returns to where it was.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::{ev, prelude::window_event_listener};
use wasm_bindgen::JsCast;

const KEY: &str = "question-mark";

/// Where, which keys, and what they do.
const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "Anywhere",
        &[
            ("Tab, Shift Tab", "to the next control, and back"),
            ("Enter, Space", "press what has the focus"),
            ("Escape", "close this sheet, put a tip away"),
            ("?", "open this sheet"),
        ],
    ),
    ("Views", &[("← →", "the view before or after"), ("Home, End", "the first or the last view")]),
    (
        "Time and sliders",
        &[
            ("← →", "a step back or on"),
            ("Home, End", "to the beginning or the end"),
            ("Enter", "in a field: take the number"),
        ],
    ),
    (
        "Handles in the tree and in threshold and cost",
        &[("← → ↑ ↓", "move it"), ("Home, End", "to the end of its axis"), ("Escape", "put it back")],
    ),
    (
        "Tables and figures",
        &[("← → ↑ ↓", "scroll a table that has the focus"), ("Enter", "on Show as table: the figure's numbers")],
    ),
];

/// The button and the sheet.
#[component]
pub fn Keys() -> impl IntoView {
    let sheet = NodeRef::<Dialog>::new();
    let is_heard = RwSignal::new(!is_turned_off());
    let open = move || {
        if let Some(sheet) = sheet.get_untracked().filter(|sheet| !sheet.open()) {
            // Fails for a dialog that is not in the document, which this one is.
            let _ = sheet.show_modal();
        }
    };
    let heard = window_event_listener(ev::keydown, move |event| {
        let is_plain = event.key() == "?" && !event.ctrl_key() && !event.alt_key() && !event.meta_key();
        if is_plain && is_heard.get_untracked() && !is_typing() {
            event.prevent_default();
            open();
        }
    });
    on_cleanup(move || heard.remove());
    let groups = KEYS
        .iter()
        .map(|(place, keys)| {
            let rows = keys
                .iter()
                .map(|(key, does)| view! { <div><dt><kbd>{*key}</kbd></dt><dd>{*does}</dd></div> })
                .collect_view();
            view! { <section><h3>{*place}</h3><dl>{rows}</dl></section> }
        })
        .collect_view();
    let switch = move |event: ev::Event| {
        let on = event_target_checked(&event);
        is_heard.set(on);
        // A browser that keeps nothing is no fault: the choice then lasts as long as the page.
        let _ = storage().map(|storage| if on { storage.remove_item(KEY) } else { storage.set_item(KEY, "off") });
    };
    view! {
        <button type="button" class="keys-open quiet" aria-label="Keyboard" aria-haspopup="dialog" on:click=move |_| open()>"?"</button>
        <dialog class="sheet" node_ref=sheet aria-labelledby="keys-title">
            <form method="dialog" class="sheet-head">
                <h2 id="keys-title">"Keyboard"</h2>
                <button type="submit" class="quiet">"Close"</button>
            </form>
            {groups}
            <label class="check">
                <input type="checkbox" prop:checked=is_heard on:change=switch/>
                <span>"Open with the key ?"</span>
            </label>
        </dialog>
    }
}

/// Whether a `?` belongs to a field.
fn is_typing() -> bool {
    let Some(focused) = document().active_element() else { return false };
    let is_text = |input: &web_sys::HtmlInputElement| !matches!(input.type_().as_str(), "checkbox" | "radio" | "range");
    focused.tag_name() == "TEXTAREA"
        || focused.tag_name() == "SELECT"
        || focused.dyn_ref::<web_sys::HtmlInputElement>().is_some_and(is_text)
}

fn is_turned_off() -> bool {
    storage().and_then(|storage| storage.get_item(KEY).ok().flatten()).as_deref() == Some("off")
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}
