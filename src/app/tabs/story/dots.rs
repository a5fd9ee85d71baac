//! The dot field: one dot per impression, darker and larger the further down the funnel.

use std::f64::consts::TAU;

use leptos::html::{Canvas, Ul};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::CanvasRenderingContext2d;

use crate::app::format;
use crate::app::state::AppState;

/// Dots in a row.
const ACROSS: usize = 100;
/// Canvas pixels from dot to dot, enough for high-density screens.
const PITCH: f64 = 12.0;
/// Class, event and radius in pitches, by depth in the funnel.
const EVENTS: [(&str, &str, f64); 4] = [
    ("impression", text!(views::dots::impression), 0.20),
    ("click", text!(views::dots::clicked), 0.40),
    ("action", text!(views::dots::acted), 0.46),
    ("purchase", text!(views::dots::bought), 0.62),
];

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
        let shown = dots.with(Vec::len);
        (rows > shown).then(|| text!(views::dots::first, shown = format::count(shown), rows = format::count(rows)))
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
    let rows = dots.len().div_ceil(ACROSS);
    canvas.set_width((ACROSS as f64 * PITCH) as u32);
    canvas.set_height((rows as f64 * PITCH) as u32);
    let context = canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(context) = context else { return };
    // One path per depth, the rare ones last, so that their larger dots are on top.
    for (depth, (color, (.., radius))) in colors.iter().zip(EVENTS).enumerate() {
        context.begin_path();
        for (index, _) in dots.iter().enumerate().filter(|(_, dot)| usize::from(**dot) == depth) {
            let x = ((index % ACROSS) as f64 + 0.5) * PITCH;
            let y = ((index / ACROSS) as f64 + 0.5) * PITCH;
            context.move_to(x + radius * PITCH, y);
            // An arc fails for a negative radius alone.
            let _ = context.arc(x, y, radius * PITCH, 0.0, TAU);
        }
        context.set_fill_style_str(color);
        context.fill();
    }
}
