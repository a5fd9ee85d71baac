//! Distributions of predictions: by tower, pCTR against pCVR, and by decile of the true CTR.

use super::readings::{BandReading, DecileReading, DensityReading, Histogram, TowerReading};
use super::view::{EventColumn, View};
use crate::domain::event;

/// The logit axis that all distributions share: probabilities from six in a million to 0.998.
const LOW_LOGIT: f64 = -12.0;
const HIGH_LOGIT: f64 = 6.0;
const TOWER_BINS: usize = 120;
const DENSITY_BINS: usize = 48;

/// Bin of a logit; the outer bins hold all that lies beyond.
fn bin_of(logit: f64, bins: usize) -> usize {
    let position = (logit - LOW_LOGIT) / (HIGH_LOGIT - LOW_LOGIT) * bins as f64;
    (position.max(0.0) as usize).min(bins - 1)
}

/// One reading per question.
pub(super) fn tower_readings(view: &View) -> Vec<TowerReading> {
    let questions = view.tree.questions.iter().enumerate();
    questions
        .map(|(index, question)| TowerReading {
            question: question.name.clone(),
            clicked: histogram(view, index, true),
            unclicked: histogram(view, index, false),
        })
        .collect()
}

/// Counts of rows; their mean is over the impressions that they stand for.
fn histogram(view: &View, question: usize, is_clicked: bool) -> Histogram {
    let mut counts = vec![0; TOWER_BINS];
    let (mut sum, mut rows) = (0.0, 0.0);
    for position in (0..view.rows.len()).filter(|&position| view.clicked[position] == is_clicked) {
        counts[bin_of(view.logits[question][position], TOWER_BINS)] += 1;
        sum += view.weight(position) * view.answers[question][position][1];
        rows += view.weight(position);
    }
    let mean_p = (rows > 0.0).then(|| sum / rows);
    Histogram { low_logit: LOW_LOGIT, high_logit: HIGH_LOGIT, counts, mean_p }
}

/// Counts of pCTR × pCVR; no counts when the tree has no event `ctr` or `cvr`.
pub(super) fn density_reading(view: &View) -> DensityReading {
    let mut density = DensityReading {
        low_logit: LOW_LOGIT,
        high_logit: HIGH_LOGIT,
        bins: DENSITY_BINS,
        counts: Vec::new(),
        clicked_counts: Vec::new(),
    };
    if let (Some(ctr), Some(cvr)) = (event(view, event::CTR), event(view, event::CVR)) {
        density.counts = vec![0; DENSITY_BINS * DENSITY_BINS];
        density.clicked_counts = density.counts.clone();
        let bin = |column: &EventColumn, row: usize| bin_of(column.log_p[row] - column.log_not_p[row], DENSITY_BINS);
        for (position, &clicked) in view.clicked.iter().enumerate() {
            let cell = bin(ctr, position) * DENSITY_BINS + bin(cvr, position);
            density.counts[cell] += 1;
            density.clicked_counts[cell] += u32::from(clicked);
        }
    }
    density
}

/// Ten equal parts of the rows by true CTR, lowest first (fewer with fewer than ten rows); empty when the truth is not
/// known or the tree has no event `cvr`.
pub(super) fn decile_readings(view: &View) -> Vec<DecileReading> {
    let (Some(truth), Some(cvr)) = (&view.log.truth, event(view, event::CVR)) else {
        return Vec::new();
    };
    let true_ctr = |position: usize| truth.p_click[view.rows[position] as usize];
    let mut order: Vec<usize> = (0..view.rows.len()).collect();
    order.sort_unstable_by(|&a, &b| true_ctr(a).total_cmp(&true_ctr(b)).then(a.cmp(&b)));
    let of_clicks = |part: &[usize]| -> f64 {
        part.iter().filter(|&&position| view.clicked[position]).map(|&position| view.weight(position)).sum()
    };
    let clicks = of_clicks(&order);
    let clicks = if clicks > 0.0 { clicks } else { 1.0 };
    let n = order.len();
    (0..10)
        .map(|decile| &order[n * decile / 10..n * (decile + 1) / 10])
        .filter(|part| !part.is_empty())
        .map(|part| {
            let all: f64 = part.iter().map(|&p| view.weight(p)).sum();
            let mean = |of: &dyn Fn(usize) -> f64| part.iter().map(|&p| view.weight(p) * of(p)).sum::<f64>() / all;
            DecileReading {
                rows: part.len(),
                mean_true_ctr: mean(&true_ctr),
                mean_true_cvr: mean(&|position| truth.p_cvr(view.rows[position] as usize)),
                mean_p_cvr: mean(&|position| cvr.p[position]),
                click_share: of_clicks(part) / clicks,
            }
        })
        .collect()
}

/// Five equal parts by true CTR, lowest first, of the middle fifth of the rows by true CVR; empty when the truth is not
/// known, the tree lacks an event `cvr`, or there are fewer than 25 rows.
///
/// By the true CTR, the same parts for every model: what a model takes for the CTR shares its noise with what the same model
/// takes for the CVR, and orders rows by that as well.
pub(super) fn band_readings(view: &View) -> Vec<BandReading> {
    const PARTS: usize = 5;
    let (Some(truth), Some(cvr)) = (&view.log.truth, event(view, event::CVR)) else {
        return Vec::new();
    };
    let n = view.rows.len();
    if n < PARTS * PARTS {
        return Vec::new();
    }
    let true_cvr: Vec<f64> = view.rows.iter().map(|&row| truth.p_cvr(row as usize)).collect();
    let true_ctr: Vec<f64> = view.rows.iter().map(|&row| truth.p_click[row as usize]).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(|&a, &b| true_cvr[a].total_cmp(&true_cvr[b]).then(a.cmp(&b)));
    let mut band = order[n * 2 / PARTS..n * 3 / PARTS].to_vec();
    band.sort_unstable_by(|&a, &b| true_ctr[a].total_cmp(&true_ctr[b]).then(a.cmp(&b)));
    let mean = |part: &[usize], of: &[f64]| {
        let all: f64 = part.iter().map(|&p| view.weight(p)).sum();
        part.iter().map(|&p| view.weight(p) * of[p]).sum::<f64>() / all
    };
    (0..PARTS)
        .map(|part| &band[band.len() * part / PARTS..band.len() * (part + 1) / PARTS])
        .map(|part| BandReading {
            rows: part.len(),
            mean_true_ctr: mean(part, &true_ctr),
            mean_p_cvr: mean(part, &cvr.p),
            mean_true_cvr: mean(part, &true_cvr),
        })
        .collect()
}

fn event<'a>(view: &'a View, name: &str) -> Option<&'a EventColumn> {
    let index = view.tree.events.iter().position(|event| event.name == name)?;
    Some(&view.events[index])
}
