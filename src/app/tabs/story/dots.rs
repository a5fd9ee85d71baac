//! The dot field: one dot per impression, darker and larger the further down the funnel.

use leptos::html::{Canvas, Ul};
use leptos::prelude::*;

use super::dot_field::{EVENTS, shown_of_all};
use crate::app::browser::draw_dots;
use crate::app::state::AppState;

/// The first 10 000 impressions of the log.
#[component]
pub fn DotField(label: Signal<String>) -> impl IntoView {
    let state = AppState::get();
    let canvas = NodeRef::<Canvas>::new();
    let key = NodeRef::<Ul>::new();
    let dots =
        Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| log.dots.clone()).unwrap_or_default()));
    Effect::new(move |_| {
        state.palette.read();
        if let (Some(canvas), Some(key)) = (canvas.get(), key.get()) {
            dots.with(|dots| draw_dots(&canvas, &key, dots));
        }
    });
    let of_all = move || {
        let rows = state.session.with(|s| s.log.as_ref().map_or(0, |log| log.summary.rows));
        shown_of_all(dots.with(Vec::len), rows)
    };
    view! {
        <figure class="dots" hidden=move || dots.with(Vec::is_empty)>
            <canvas node_ref=canvas role="img" aria-label=label></canvas>
            <figcaption>
                <ul class="dots-key" node_ref=key>
                    {EVENTS.map(|(event, words, _)| view! {
                        <li><span class=format!("dot dot-{event}") aria-hidden="true"></span>{words}</li>
                    }).collect_view()}
                </ul>
                <p class="hint">{of_all}</p>
            </figcaption>
        </figure>
    }
}
