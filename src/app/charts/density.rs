//! pCTR against pCVR as a density on two logit axes, with lines of equal pCTCVR.

use crate::domain::behavior::reference::sigmoid;
use crate::domain::report::DensityReading;

use crate::app::charts::scale::{Linear, line_path, logit, px};

/// Shades from few rows to many.
pub const LEVELS: usize = 6;

#[derive(Debug, Clone, PartialEq)]
pub struct Density {
    pub x: Linear,
    pub y: Linear,
    /// One path of all cells per shade, palest first. Few marks, however many cells.
    pub levels: Vec<String>,
    /// Smallest count of each shade.
    pub from_counts: Vec<u32>,
    pub iso: Vec<IsoLine>,
    pub rows: usize,
    pub clicked_rows: usize,
}

/// Points with the same pCTCVR.
#[derive(Debug, Clone, PartialEq)]
pub struct IsoLine {
    pub p: f64,
    pub path: String,
    /// Position of its label: the line's end at the right or the bottom.
    pub label: (f64, f64),
}

/// Lays the density out in a square of `size` at (`left`, `top`). `None` without rows.
pub fn density(reading: &DensityReading, left: f64, top: f64, size: f64) -> Option<Density> {
    let bins = reading.bins;
    let rows: usize = reading.counts.iter().map(|&count| count as usize).sum();
    if bins == 0 || rows == 0 || reading.counts.len() != bins * bins {
        return None;
    }
    let cell = (reading.high_logit - reading.low_logit) / bins as f64;
    let span = |of_index: &dyn Fn(usize) -> usize| {
        let used = reading.counts.iter().enumerate().filter(|(_, c)| **c > 0).map(|(i, _)| of_index(i));
        let (first, last) = used.fold((bins, 0), |(a, b), i| (a.min(i), b.max(i)));
        let margin = 1;
        let first = first.saturating_sub(margin);
        let last = (last + 1 + margin).min(bins);
        (reading.low_logit + first as f64 * cell, reading.low_logit + last as f64 * cell)
    };
    let x = Linear::new(span(&|i| i / bins), (left, left + size));
    let y = Linear::new(span(&|i| i % bins), (top + size, top));
    let largest = f64::from(reading.counts.iter().copied().max().unwrap_or(1));
    let mut levels = vec![String::new(); LEVELS];
    for (index, &count) in reading.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
        let (low_x, low_y) =
            (reading.low_logit + (index / bins) as f64 * cell, reading.low_logit + (index % bins) as f64 * cell);
        let (x0, x1, y0, y1) = (x.at(low_x), x.at(low_x + cell), y.at(low_y), y.at(low_y + cell));
        levels[level(f64::from(count), largest)].push_str(&format!(
            "M{} {}H{}V{}H{}Z",
            px(x0),
            px(y0),
            px(x1),
            px(y1),
            px(x0)
        ));
    }
    Some(Density {
        x,
        y,
        levels,
        from_counts: (0..LEVELS).map(|l| smallest_of_level(l, largest)).collect(),
        iso: iso_lines(&x, &y),
        rows,
        clicked_rows: reading.clicked_counts.iter().map(|&count| count as usize).sum(),
    })
}

/// Shades grow with the logarithm of the count: densities span orders of magnitude.
fn level(count: f64, largest: f64) -> usize {
    let share = (1.0 + count).ln() / (1.0 + largest).ln();
    ((share * LEVELS as f64) as usize).min(LEVELS - 1)
}

fn smallest_of_level(level: usize, largest: f64) -> u32 {
    (((1.0 + largest).ln() * level as f64 / LEVELS as f64).exp() - 1.0).ceil().max(1.0) as u32
}

/// Lines of equal pCTCVR at powers of ten that cross the drawn square.
fn iso_lines(x: &Linear, y: &Linear) -> Vec<IsoLine> {
    const STEPS: usize = 64;
    (1..=7)
        .filter_map(|power| {
            let p = 10f64.powi(-power);
            let points: Vec<(f64, f64)> = (0..=STEPS)
                .filter_map(|step| {
                    let z = x.domain.0 + (x.domain.1 - x.domain.0) * step as f64 / STEPS as f64;
                    let p_cvr = p / sigmoid(z);
                    let z_cvr = if p_cvr < 1.0 { logit(p_cvr) } else { return None };
                    (y.domain.0..=y.domain.1).contains(&z_cvr).then(|| (x.at(z), y.at(z_cvr)))
                })
                .collect();
            let (first, last) = (*points.first()?, *points.last()?);
            // A line that only clips a corner has no room for its label.
            let is_long = (last.0 - first.0).hypot(last.1 - first.1) > 60.0;
            is_long.then(|| IsoLine { p, path: line_path(points), label: last })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading() -> DensityReading {
        let mut counts = vec![0; 48 * 48];
        for (ctr, cvr, count) in [(10, 12, 500), (20, 20, 40), (30, 14, 1)] {
            counts[ctr * 48 + cvr] = count;
        }
        DensityReading { low_logit: -12.0, high_logit: 12.0, bins: 48, clicked_counts: vec![0; 48 * 48], counts }
    }

    #[test]
    fn every_row_is_drawn_in_one_cell() {
        let drawn = density(&reading(), 0.0, 0.0, 300.0).unwrap();
        assert_eq!(drawn.rows, 541);
        assert_eq!(drawn.levels.iter().map(|path| path.matches('M').count()).sum::<usize>(), 3);
        assert_eq!(drawn.levels[LEVELS - 1].matches('M').count(), 1);
    }

    #[test]
    fn iso_lines_hold_the_product() {
        let drawn = density(&reading(), 0.0, 0.0, 300.0).unwrap();
        assert!(!drawn.iso.is_empty());
        for line in &drawn.iso {
            let invert = |scale: &Linear, pixel: f64| {
                let share = (pixel - scale.range.0) / (scale.range.1 - scale.range.0);
                sigmoid(scale.domain.0 + share * (scale.domain.1 - scale.domain.0))
            };
            let product = invert(&drawn.x, line.label.0) * invert(&drawn.y, line.label.1);
            assert!((product / line.p - 1.0).abs() < 1e-6, "{} {product}", line.p);
        }
    }

    #[test]
    fn without_rows_there_is_nothing_to_draw() {
        let mut empty = reading();
        empty.counts.fill(0);
        assert!(density(&empty, 0.0, 0.0, 300.0).is_none());
    }
}
