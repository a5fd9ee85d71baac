//! The dot field: one dot per impression, darker and larger the further down the funnel.

use std::f64::consts::TAU;

use leptos::html::{Canvas, Ul};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::CanvasRenderingContext2d;

use super::dot_field::{EVENTS, PITCH, centers, shown_of_all, size};
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
            dots.with(|dots| draw(&canvas, &colors(&key), dots));
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

/// The events' colours as the key shows them: a canvas cannot read the tokens itself.
fn colors(key: &web_sys::HtmlUListElement) -> Vec<String> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    EVENTS
        .iter()
        .map(|(event, ..)| {
            let swatch = key.query_selector(&format!(".dot-{event}")).ok().flatten();
            let style = swatch.and_then(|swatch| window.get_computed_style(&swatch).ok().flatten());
            style.and_then(|style| style.get_property_value("color").ok()).unwrap_or_default()
        })
        .collect()
}

fn draw(canvas: &web_sys::HtmlCanvasElement, colors: &[String], dots: &[u8]) {
    let (width, height) = size(dots.len());
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(context) = context else { return };
    // One path per depth, the rare ones last, so that their larger dots are on top.
    for (depth, (color, (.., radius))) in colors.iter().zip(EVENTS).enumerate() {
        context.begin_path();
        for (x, y) in centers(dots, depth) {
            context.move_to(x + radius * PITCH, y);
            // An arc fails for a negative radius alone.
            let _ = context.arc(x, y, radius * PITCH, 0.0, TAU);
        }
        context.set_fill_style_str(color);
        context.fill();
    }
}
