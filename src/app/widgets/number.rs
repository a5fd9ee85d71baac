//! A number: a slider for the eye, a field for the hand.

use leptos::prelude::*;

use crate::app::range::{Range, TRACK};

/// A labelled slider with its number field.
#[component]
pub fn Slider(
    label: &'static str,
    range: Range,
    #[prop(into)] value: Signal<f64>,
    on_change: impl Fn(f64) + Copy + Send + Sync + 'static,
    /// What the number means, in a few words.
    #[prop(optional)]
    hint: &'static str,
) -> impl IntoView {
    view! {
        <div class="field slider">
            <NumberField label range value on_change/>
            <input
                type="range"
                min="0"
                max=TRACK.to_string()
                step="1"
                aria-label=format!("{label}, slider")
                aria-valuetext=move || value.get().to_string()
                prop:value=move || range.position(value.get()).to_string()
                on:input:target=move |event| {
                    if let Ok(position) = event.target().value().parse() {
                        on_change(range.value(position));
                    }
                }
            />
            {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}

/// A labelled number field. What is not a number is put back; what is out of range goes to its end.
#[component]
pub fn NumberField(
    label: &'static str,
    range: Range,
    #[prop(into)] value: Signal<f64>,
    on_change: impl Fn(f64) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <label class="entry">
            <span>{label}</span>
            <input
                type="text"
                inputmode="decimal"
                autocomplete="off"
                prop:value=move || value.get().to_string()
                on:change:target=move |event| {
                    if let Some(number) = range.parse(&event.target().value()) {
                        on_change(number);
                    }
                    event.target().set_value(&value.get_untracked().to_string());
                }
            />
        </label>
    }
}
