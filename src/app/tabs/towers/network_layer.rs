//! A hidden layer as cells of one or a few units, shaded by mean activation.

use super::network_parts::LayerPart;
use crate::app::charts::scale::px;
use crate::app::format;
use crate::app::marks::{Mark, path};

/// Rows of cells in a layer.
const CELL_ROWS: usize = 8;
/// Side of a cell if there is room.
pub const CELL: f64 = 7.0;
pub const BODY: f64 = CELL_ROWS as f64 * CELL;
/// Number of shades, by mean activation; the first is for units that no row activates.
const SHADES: usize = 5;

/// Columns of cells.
pub fn columns(layer: &LayerPart) -> usize {
    layer.width.div_ceil(layer.units_per_cell).div_ceil(CELL_ROWS)
}

/// One path for each shade, cells of this width from `x`, `top` on.
pub fn cells(layer: &LayerPart, x: f64, top: f64, size: f64) -> Vec<Mark> {
    let n = layer.width.div_ceil(layer.units_per_cell);
    let mut shades = vec![String::new(); SHADES + 1];
    for index in 0..n {
        let shade = match layer.cells.get(index) {
            None => SHADES, // not measured yet
            Some(&activation) if activation <= 0.0 => 0,
            Some(&activation) => 1 + ((activation.sqrt() * (SHADES - 1) as f64) as usize).min(SHADES - 2),
        };
        let (column, row) = (index / CELL_ROWS, index % CELL_ROWS);
        let (cell_x, cell_y) = (x + column as f64 * size, top + row as f64 * CELL);
        let (width, height) = (px((size - 1.0).max(0.5)), px(CELL - 1.0));
        shades[shade].push_str(&format!("M{} {}h{width}v{height}h-{width}Z", px(cell_x), px(cell_y)));
    }
    const CLASSES: [&str; SHADES + 1] =
        ["cell cell-dead", "cell cell-1", "cell cell-2", "cell cell-3", "cell cell-4", "cell cell-unknown"];
    shades.into_iter().zip(CLASSES).map(|(data, class)| path(class, data).key(class)).collect()
}

/// Width, and the number of units that are never active.
pub fn words(layer: &LayerPart) -> String {
    match layer.dead_share {
        Some(dead) if dead > 0.0 && layer.width >= 12 => {
            let dead = format::rounded(dead * layer.width as f64);
            text!(network::layer::off, width = layer.width.to_string(), dead = dead)
        }
        _ => layer.width.to_string(),
    }
}

pub fn tip(layer: &LayerPart) -> String {
    let mut words = text!(network::layer::units, width = layer.width.to_string());
    if let (Some(mean), Some(dead)) = (layer.mean, layer.dead_share) {
        let dead = format::rounded(dead * layer.width as f64);
        words = text!(network::layer::awake, words = words, mean = format::significant(mean, 2), dead = dead);
    }
    if layer.units_per_cell > 1 {
        words = text!(network::layer::cell, words = words, units = layer.units_per_cell.to_string());
    }
    words
}
