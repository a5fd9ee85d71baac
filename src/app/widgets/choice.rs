//! A choice of one of a few values.

use leptos::prelude::*;

/// Radio buttons in a row.
#[component]
pub fn Choice<T: Copy + PartialEq + Send + Sync + 'static>(
    legend: &'static str,
    options: &'static [(T, &'static str)],
    #[prop(into)] value: Signal<T>,
    on_change: impl Fn(T) + Copy + Send + Sync + 'static,
    /// The legend is for assistive technology only.
    #[prop(optional)]
    is_quiet: bool,
) -> impl IntoView {
    let group = legend.to_ascii_lowercase().replace(' ', "-");
    let radios = options
        .iter()
        .map(|&(option, words)| {
            view! {
                <label>
                    <input
                        type="radio"
                        name=group.clone()
                        prop:checked=move || value.get() == option
                        on:change=move |_| on_change(option)
                    />
                    <span>{words}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="pick">
            <legend class=if is_quiet { "visually-hidden" } else { "" }>{legend}</legend>
            <div class="options">{radios}</div>
        </fieldset>
    }
}
