//! Drawing on a canvas.

use std::f64::consts::TAU;

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlUListElement};

use crate::app::tabs::story::dot_field::{EVENTS, PITCH, centers, size};

/// Draws a dot per impression, in the colours of the key.
pub fn draw_dots(canvas: &HtmlCanvasElement, key: &HtmlUListElement, dots: &[u8]) {
    let (width, height) = size(dots.len());
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(context) = context else { return };
    // One path per depth, the rare ones last, so that their larger dots are on top.
    for (depth, (color, (.., radius))) in colors(key).iter().zip(EVENTS).enumerate() {
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

/// The events' colours as the key shows them: a canvas cannot read the tokens itself.
fn colors(key: &HtmlUListElement) -> Vec<String> {
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
