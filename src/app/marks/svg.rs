//! SVG shapes.

use super::{Mark, Text};

/// A drawing of `width × height` units, an image described by one sentence.
///
/// A drawing with focusable parts is a group instead: `svg(…).attr("role", "group")`.
pub fn svg<M: 'static>(width: f64, height: f64, sentence: impl Into<Text>) -> Mark<M> {
    Mark::new("svg")
        .attr("viewBox", format!("0 0 {width} {height}"))
        .attr("role", "img")
        .attr("aria-label", sentence)
        .class("chart")
}

/// Marks that belong together.
pub fn group<M: 'static>(class: impl Into<Text>) -> Mark<M> {
    Mark::new("g").class(class)
}

/// A line or an area by its path data.
pub fn path<M: 'static>(class: impl Into<Text>, data: impl Into<Text>) -> Mark<M> {
    Mark::new("path").class(class).attr("d", data)
}

/// A rectangle by its corner and size; a size below 0 is 0.
pub fn rect<M: 'static>(class: impl Into<Text>, x: f64, y: f64, width: f64, height: f64) -> Mark<M> {
    Mark::new("rect")
        .class(class)
        .attr("x", x)
        .attr("y", y)
        .attr("width", width.max(0.0))
        .attr("height", height.max(0.0))
}

pub fn circle<M: 'static>(class: impl Into<Text>, x: f64, y: f64, radius: f64) -> Mark<M> {
    Mark::new("circle").class(class).attr("cx", x).attr("cy", y).attr("r", radius)
}

/// A label.
pub fn text<M: 'static>(class: impl Into<Text>, x: f64, y: f64, words: impl Into<Text>) -> Mark<M> {
    Mark::new("text").class(class).attr("x", x).attr("y", y).text(words)
}
