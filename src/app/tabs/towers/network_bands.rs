//! The gradients in the network's drawing: a band for each loss, from a head back to its towers and into the tables.

use super::network_layout::{BEYOND_LABEL, Column, Layout, wire};
use super::network_parts::{HeadPart, NetworkParts, stage_of, term_name};
use crate::app::format;
use crate::app::marks::{Mark, path};
use crate::domain::report::TermFlow;

/// Thickness of the largest gradient.
pub(super) const THICKEST: f64 = 14.0;

/// Bands from a head's losses back to its towers.
pub(super) fn bands_to_towers(
    parts: &NetworkParts,
    head: &HeadPart,
    layout: Layout,
    y: f64,
    centre: &impl Fn(usize) -> f64,
) -> Vec<Mark> {
    let Some(flow) = parts.flow else { return Vec::new() };
    let mut marks = Vec::new();
    for term in head.terms.iter().filter_map(|&index| flow.terms.get(index)) {
        for (tower, &norm) in term.towers.iter().enumerate().filter(|(_, norm)| **norm > 0.0) {
            let from = (layout.scm - 8.0, y);
            let to = (layout.head + BEYOND_LABEL, centre(tower));
            let tip = text!(
                network::bands::on_weights,
                loss = term_name(parts.tree, &term.name),
                tower = parts.towers[tower].symbol,
                norm = format::significant(norm, 2)
            );
            marks.push(band(parts, term, norm, wire(to, from)).key(format!("{} {tower}", term.name)).tip(tip));
        }
    }
    marks
}

/// Bands from the towers back into the tables, one per loss, side by side.
pub(super) fn bands_to_tables(
    parts: &NetworkParts,
    layout: Layout,
    column: &Column,
    centre: &impl Fn(usize) -> f64,
) -> Vec<Mark> {
    let Some(flow) = parts.flow else { return Vec::new() };
    let mut marks = Vec::new();
    for (tower, part) in parts.towers.iter().enumerate() {
        let reaching: Vec<(&TermFlow, f64)> =
            flow.terms.iter().map(|term| (term, term.through_tower(tower))).filter(|(_, norm)| *norm > 0.0).collect();
        let whole: f64 = reaching.iter().map(|(_, norm)| thickness(parts, *norm) + 1.0).sum();
        let mut offset = -whole / 2.0;
        for (term, norm) in reaching {
            let thick = thickness(parts, norm);
            let shift = offset + thick / 2.0;
            offset += thick + 1.0;
            let from = (layout.tower - 4.0, centre(tower) + shift);
            let to = (layout.table.0 + layout.table.1, column.spread(tower, parts.towers.len()) + shift);
            let tip = text!(
                network::bands::into_tables,
                loss = term_name(parts.tree, &term.name),
                tower = part.symbol,
                norm = format::significant(norm, 2)
            );
            marks.push(band(parts, term, norm, wire(to, from)).key(format!("{} into {tower}", term.name)).tip(tip));
        }
    }
    marks
}

fn band(parts: &NetworkParts, term: &TermFlow, norm: f64, line: String) -> Mark {
    let stage = stage_of(parts.tree, &term.name).class();
    path("band", line).class(stage).attr("stroke-width", thickness(parts, norm))
}

/// Thickness by the square root of the norm, so that a hundredth of the largest is visible.
pub(super) fn thickness(parts: &NetworkParts, norm: f64) -> f64 {
    let largest = parts.largest_norm();
    if largest > 0.0 { ((norm / largest).sqrt() * THICKEST).max(0.75) } else { 0.75 }
}

/// Key of the bands: their losses.
pub(super) fn key(parts: &NetworkParts) -> Option<Mark> {
    let flow = parts.flow?;
    let items = flow.terms.iter().map(|term| {
        let swatch =
            Mark::new("svg").attr("viewBox", "0 0 20 8").attr("aria-hidden", "true").class("band-key").child(
                path("band", "M0 4H20").class(stage_of(parts.tree, &term.name).class()).attr("stroke-width", 7.0),
            );
        Mark::new("li").key(&term.name).child(swatch).text(text!(
            network::bands::reaching,
            loss = term_name(parts.tree, &term.name),
            norm = format::significant(term.reaching_embeddings(), 2)
        ))
    });
    let words = Mark::new("p").class("hint").text(text!(network::bands::hint));
    Some(Mark::new("div").class("network-key").child(Mark::new("ul").children(items)).child(words))
}
