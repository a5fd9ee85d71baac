//! A mirrored histogram: clicked above the axis, unclicked below, on one logit axis.

use crate::domain::report::{Histogram, TowerReading};

use crate::app::charts::scale::{Linear, logit, px};
use crate::app::format;

/// A drawn tower: step outlines of both halves in pixels of a `width × height` box.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirrored {
    pub x: Linear,
    /// Pixel of the shared baseline.
    pub baseline: f64,
    pub clicked: Half,
    pub unclicked: Half,
}

/// One half of a [`Mirrored`] histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct Half {
    /// Closed outline; empty when there are no rows.
    pub path: String,
    pub rows: usize,
    /// Mean probability and its pixel on the logit axis; `None` without rows.
    pub mean: Option<(f64, f64)>,
}

/// The logits that hold all but a `1/1000` share of the rows at each end of any of `towers`, with a margin.
///
/// Shared by towers that are to be compared. `None` without rows.
pub fn shared_span<'a>(towers: impl IntoIterator<Item = &'a TowerReading>) -> Option<(f64, f64)> {
    let mut span: Option<(f64, f64)> = None;
    for histogram in towers.into_iter().flat_map(|tower| [&tower.clicked, &tower.unclicked]) {
        if let Some((low, high)) = occupied(histogram) {
            span = Some(span.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
        }
    }
    span.map(|(low, high)| (low - 0.3, high + 0.3))
}

/// Lays out one tower over the logits of `span`; both halves as shares of their own rows, on one scale.
pub fn mirrored(tower: &TowerReading, span: (f64, f64), left: f64, width: f64, top: f64, height: f64) -> Mirrored {
    let x = Linear::new(span, (left, left + width));
    let baseline = top + height / 2.0;
    let tallest = [&tower.clicked, &tower.unclicked].into_iter().map(tallest_share).fold(0.0, f64::max).max(1e-12);
    let scale = (height / 2.0 - 4.0) / tallest;
    Mirrored {
        x,
        baseline,
        clicked: half(&tower.clicked, &x, baseline, -scale),
        unclicked: half(&tower.unclicked, &x, baseline, scale),
    }
}

/// The tower in a sentence.
pub fn sentence(symbol: &str, tower: &TowerReading) -> String {
    let rows = |histogram: &Histogram| format::count(rows(histogram));
    let clicked = match tower.clicked.mean_p.map(format::percent) {
        None => text!(towers::histogram::no_clicked).to_owned(),
        Some(mean) => text!(towers::histogram::clicked_mean, mean = mean, rows = rows(&tower.clicked)),
    };
    let unclicked = match tower.unclicked.mean_p.map(format::percent) {
        None => text!(towers::histogram::no_unclicked).to_owned(),
        Some(mean) => text!(towers::histogram::unclicked_mean, mean = mean, rows = rows(&tower.unclicked)),
    };
    text!(towers::histogram::halves, symbol = symbol, clicked = clicked, unclicked = unclicked)
}

/// All rows of a histogram.
pub fn rows(histogram: &Histogram) -> usize {
    histogram.counts.iter().map(|&count| count as usize).sum()
}

fn tallest_share(histogram: &Histogram) -> f64 {
    let tallest = histogram.counts.iter().copied().max().unwrap_or(0);
    f64::from(tallest) / rows(histogram).max(1) as f64
}

fn occupied(histogram: &Histogram) -> Option<(f64, f64)> {
    let total = rows(histogram);
    if total == 0 {
        return None;
    }
    let cut = total / 1000;
    let width = (histogram.high_logit - histogram.low_logit) / histogram.counts.len() as f64;
    let first_beyond = |counts: &mut dyn Iterator<Item = u32>| {
        let mut seen = 0;
        counts
            .take_while(|&count| {
                seen += count as usize;
                seen <= cut
            })
            .count()
    };
    let low = first_beyond(&mut histogram.counts.iter().copied());
    let high = first_beyond(&mut histogram.counts.iter().rev().copied());
    Some((histogram.low_logit + low as f64 * width, histogram.high_logit - high as f64 * width))
}

fn half(histogram: &Histogram, x: &Linear, baseline: f64, scale: f64) -> Half {
    let rows = rows(histogram);
    if rows == 0 {
        return Half { path: String::new(), rows, mean: None };
    }
    let width = (histogram.high_logit - histogram.low_logit) / histogram.counts.len() as f64;
    let mut path = String::new();
    let mut open = false;
    for (bin, &count) in histogram.counts.iter().enumerate() {
        let low = histogram.low_logit + bin as f64 * width;
        if low + width <= x.domain.0 || low >= x.domain.1 {
            continue;
        }
        let (from, to) = (x.clamped(low), x.clamped(low + width));
        let y = baseline + scale * f64::from(count) / rows as f64;
        if !open {
            path.push_str(&format!("M{} {}", px(from), px(baseline)));
            open = true;
        }
        path.push_str(&format!("V{}H{}", px(y), px(to)));
    }
    if open {
        path.push_str(&format!("V{}Z", px(baseline)));
    }
    let mean = histogram.mean_p.filter(|p| *p > 0.0 && *p < 1.0).map(|p| (p, x.clamped(logit(p))));
    Half { path, rows, mean }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: Vec<u32>, mean_p: impl Into<Option<f64>>) -> Histogram {
        Histogram { low_logit: -8.0, high_logit: 8.0, counts, mean_p: mean_p.into() }
    }

    fn tower() -> TowerReading {
        let mut clicked = vec![0; 16];
        clicked[6] = 10;
        clicked[7] = 30;
        let mut unclicked = vec![0; 16];
        unclicked[4] = 900;
        unclicked[5] = 100;
        TowerReading {
            question: "y1".to_owned(),
            clicked: histogram(clicked, 0.3),
            unclicked: histogram(unclicked, 0.04),
        }
    }

    #[test]
    fn the_span_holds_what_is_occupied() {
        let (low, high) = shared_span([&tower()]).unwrap();
        assert!((low - -4.3).abs() < 1e-9 && (high - 0.3).abs() < 1e-9, "{low} {high}");
        let empty = TowerReading {
            question: String::new(),
            clicked: histogram(vec![0; 4], None),
            unclicked: histogram(vec![0; 4], None),
        };
        assert_eq!(shared_span([&empty]), None);
    }

    #[test]
    fn clicked_rises_and_unclicked_hangs() {
        let drawn = mirrored(&tower(), (-8.0, 8.0), 0.0, 160.0, 0.0, 100.0);
        assert_eq!((drawn.clicked.rows, drawn.unclicked.rows), (40, 1000));
        assert!(drawn.unclicked.path.contains("V96"), "{}", drawn.unclicked.path);
        assert!(drawn.clicked.path.starts_with("M0 50V50"), "{}", drawn.clicked.path);
        let (p, x) = drawn.clicked.mean.unwrap();
        assert!((p - 0.3).abs() < 1e-12 && x > 60.0 && x < 80.0);
    }

    #[test]
    fn a_tower_without_clicks_says_so() {
        let mut tower = tower();
        tower.clicked = histogram(vec![0; 16], None);
        assert!(sentence("y1", &tower).contains("no clicked impression"));
    }
}
