//! A collapsible section of the rail.

use leptos::prelude::*;

use crate::app::dom::shown;

/// A heading that opens and closes its content.
#[component]
pub fn Section(
    /// Part of its ids.
    name: &'static str,
    title: &'static str,
    /// Summary shown while the section is closed.
    #[prop(into)]
    summary: Signal<String>,
    is_open: RwSignal<bool>,
    children: Children,
) -> impl IntoView {
    let body = format!("section-{name}");
    let controls = body.clone();
    view! {
        <section class="section" class:is-open=is_open>
            <h2>
                <button
                    type="button"
                    aria-expanded=move || is_open.get().to_string()
                    aria-controls=controls
                    on:click=move |_| is_open.update(|open| *open = !*open)
                >
                    {title}
                </button>
            </h2>
            <p class="section-summary" hidden=is_open>{move || shown(&summary.read()).into_owned()}</p>
            <div id=body class="section-body" hidden=move || !is_open.get()>
                {children()}
            </div>
        </section>
    }
}
