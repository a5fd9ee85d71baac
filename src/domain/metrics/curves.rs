//! Curves of a task with a bounded number of points: ROC, precision and recall, reliability.
//!
//! They are computed over every row and thinned afterwards.
//!
//! - ROC: the corners of its convex hull come first, then the points that lie furthest from what is drawn, until
//!   [`CURVE_POINTS`] are reached or nothing is missing. All are operating points that the model has. A threshold that is best for some
//!   cost or for F1 lies on the hull. The area under the drawn curve is the AUC within 0.002.
//! - Precision and recall: a step for each positive while there are few; with more, steps of equal recall with the mean
//!   precision over them. The area under the steps is the average precision exactly.

use serde::{Deserialize, Serialize};

use super::calibration::{Bin, Bins};
use super::ranking::Ranking;
use super::registry::Task;

/// Points of a curve, at most.
pub const CURVE_POINTS: usize = 80;
/// Equal-mass bins of the reliability curve, at most.
const RELIABILITY_BINS: usize = 10;

/// The curves of one task.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curves {
    pub rows: usize,
    pub positives: usize,
    /// From (0, 0) to (1, 1); empty when a class is missing.
    pub roc: Vec<RocPoint>,
    /// By ascending recall; empty without a positive.
    pub pr: Vec<PrPoint>,
    /// By ascending score.
    pub reliability: Vec<CalibrationPoint>,
}

/// An operating point: what calling every row of at least this score positive gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Share of the negatives that are called positive.
    pub fpr: f32,
    /// Share of the positives that are called positive.
    pub tpr: f32,
    /// The lowest score that is called positive; above 1 where none is.
    pub threshold: f32,
}

/// A step of the precision-recall curve, which reaches from the recall before to this one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrPoint {
    pub recall: f32,
    /// Mean precision over the step.
    pub precision: f32,
}

/// A bin of the score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationPoint {
    pub rows: usize,
    pub positives: usize,
    pub mean_p: f64,
    /// Share of positives, and its 95 % interval (Wilson's; rows taken as independent).
    pub observed: f64,
    pub low: f64,
    pub high: f64,
    /// Mean true probability, when it is known.
    pub truth: Option<f64>,
}

/// ROC, precision-recall and reliability curves of scores and labels.
pub fn curves(scores: &[f64], labels: &[bool], truth: Option<&[f64]>) -> Curves {
    of_ranking(&Ranking::new(scores, labels), truth)
}

/// The curves of a task that is ranked already.
pub(super) fn of_task(task: &Task) -> Curves {
    of_ranking(&task.ranking, task.input.truth.as_deref())
}

fn of_ranking(ranking: &Ranking, truth: Option<&[f64]>) -> Curves {
    let ones = vec![1.0; ranking.rows.len()];
    let [negative, positive, ..] = ranking.totals(&ones);
    let (rows, positives) = ((negative + positive).round() as usize, positive.round() as usize);
    Curves {
        rows,
        positives,
        roc: roc(ranking, &ones, negative, positive),
        pr: match ranking.design {
            None => precision_recall(ranking, &ones, positives as f64, positives),
            Some(_) => precision_recall(ranking, &ones, positive, ranking.labels.iter().filter(|yes| **yes).count()),
        },
        reliability: reliability(ranking, &ones, truth),
    }
}

/// Counts called positive down to a score.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Corner {
    negative: f64,
    positive: f64,
    threshold: f64,
}

impl Corner {
    /// Twice the area of the triangle to `b` and `c`; positive when `c` lies to the left of the way from here to `b`.
    fn cross(self, b: Self, c: Self) -> f64 {
        (b.negative - self.negative) * (c.positive - self.positive)
            - (b.positive - self.positive) * (c.negative - self.negative)
    }
}

fn roc(ranking: &Ranking, ones: &[f64], negatives: f64, positives: f64) -> Vec<RocPoint> {
    if positives <= 0.0 || negatives <= 0.0 {
        return Vec::new();
    }
    // Where labels are still to come a positive has a negative part below 0; a curve that is drawn never goes back.
    let (mut negative, mut positive) = (0.0, 0.0);
    let mut corners = vec![Corner { negative: 0.0, positive: 0.0, threshold: f64::INFINITY }];
    for tie in ranking.ties(ones) {
        let last = corners[corners.len() - 1];
        negative += tie.negative;
        positive += tie.positive;
        corners.push(Corner {
            negative: f64::max(last.negative, negative).min(negatives),
            positive: f64::max(last.positive, positive).min(positives),
            threshold: ranking.scores[tie.start],
        });
    }
    let kept = thin(&corners);
    let point = |index: &usize| RocPoint {
        fpr: (corners[*index].negative / negatives) as f32,
        tpr: (corners[*index].positive / positives) as f32,
        // Above every score, and a number that JSON has.
        threshold: if *index == 0 { 2.0 } else { corners[*index].threshold as f32 },
    };
    kept.iter().map(point).collect()
}

/// Indices of the corners to draw, ascending: the hull's, then what is furthest from the line so far.
fn thin(corners: &[Corner]) -> Vec<usize> {
    let mut hull: Vec<usize> = Vec::new();
    for index in 0..corners.len() {
        while let [.., before, last] = hull[..]
            && corners[before].cross(corners[last], corners[index]) >= 0.0
        {
            hull.pop();
        }
        hull.push(index);
    }
    // A hull of more corners than may be drawn is itself nearly a smooth line: every so many of them, and the ends.
    let step = hull.len().div_ceil(CURVE_POINTS);
    let last = hull.len() - 1;
    let mut kept: Vec<usize> =
        hull.iter().enumerate().filter(|(place, _)| place % step == 0 || *place == last).map(|(_, &i)| i).collect();
    let mut segments: Vec<Gap> = kept.windows(2).filter_map(|ends| Gap::between(corners, ends[0], ends[1])).collect();
    while kept.len() < CURVE_POINTS
        && let Some(largest) = (0..segments.len()).max_by(|&a, &b| segments[a].area.total_cmp(&segments[b].area))
    {
        let Gap { from, to, furthest, .. } = segments.swap_remove(largest);
        kept.push(furthest);
        segments.extend(Gap::between(corners, from, furthest));
        segments.extend(Gap::between(corners, furthest, to));
    }
    kept.sort_unstable();
    kept
}

/// A straight line in place of corners.
struct Gap {
    from: usize,
    to: usize,
    furthest: usize,
    /// Area between the line and the corners, on whichever side.
    area: f64,
}

impl Gap {
    /// `None` where the line passes through all corners.
    fn between(corners: &[Corner], from: usize, to: usize) -> Option<Self> {
        let (mut furthest, mut distance, mut area) = (from, 0.0, 0.0);
        for index in from + 1..to {
            let off = corners[from].cross(corners[to], corners[index]).abs();
            area += corners[from].cross(corners[index], corners[index + 1]).abs();
            if off > distance {
                (furthest, distance) = (index, off);
            }
        }
        (furthest > from).then_some(Self { from, to, furthest, area })
    }
}

/// - `positives`: what they count together
/// - `n_positives`: how many they are
fn precision_recall(ranking: &Ranking, ones: &[f64], positives: f64, n_positives: usize) -> Vec<PrPoint> {
    let steps = n_positives.min(CURVE_POINTS);
    let mut points = Vec::with_capacity(steps);
    let (mut called, mut hits, mut sum, mut since) = (0.0, 0.0, 0.0, 0.0);
    for tie in ranking.ties(ones) {
        called += tie.weight();
        // A run of equal scores may reach over several steps: its precision is theirs.
        let precision = ((hits + tie.positive.min(tie.weight())) / called).clamp(0.0, 1.0);
        let mut left = tie.positive;
        while left > 0.0 {
            let step_end = (points.len() + 1) as f64 * positives / steps as f64;
            let taken = left.min(step_end - hits);
            hits += taken;
            left -= taken;
            sum += taken * precision;
            since += taken;
            if step_end - hits < 1e-9 * positives.max(1.0) {
                points.push(PrPoint { recall: (hits / positives) as f32, precision: (sum / since) as f32 });
                (sum, since) = (0.0, 0.0);
                hits = step_end;
            }
        }
    }
    points
}

fn reliability(ranking: &Ranking, ones: &[f64], truth: Option<&[f64]>) -> Vec<CalibrationPoint> {
    let mut bins = Bins::new(RELIABILITY_BINS, ranking.totals(ones).iter().sum());
    ranking.ties(ones).for_each(|tie| bins.add(&tie, ranking.scores[tie.start]));
    let point = |bin: &Bin| {
        // A sample is worth as many whole impressions as vary alike.
        let factor = ranking.design.map_or(1.0, |design| design.factor(bin.positive / bin.weight));
        let (low, high) = wilson(bin.positive / factor, bin.weight / factor);
        let true_sum = |truth: &[f64]| -> f64 {
            (bin.ranks.0..bin.ranks.1).map(|rank| ranking.weight(rank) * truth[ranking.rows[rank] as usize]).sum()
        };
        CalibrationPoint {
            rows: bin.weight.round() as usize,
            positives: bin.positive.round() as usize,
            mean_p: bin.score / bin.weight,
            observed: bin.positive / bin.weight,
            low,
            high,
            truth: truth.map(|truth| true_sum(truth) / bin.weight),
        }
    };
    bins.filled().map(point).collect()
}

/// Wilson's 95 % interval of a share.
fn wilson(positive: f64, rows: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_985;
    let p = positive / rows;
    let center = p + Z * Z / (2.0 * rows);
    let half = Z * libm::sqrt(p * (1.0 - p) / rows + Z * Z / (4.0 * rows * rows));
    let scale = 1.0 + Z * Z / rows;
    (((center - half) / scale).max(0.0), ((center + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::super::given::Given;
    use super::*;
    use proptest::prelude::*;

    fn area(roc: &[RocPoint]) -> f64 {
        roc.windows(2)
            .map(|ends| f64::from(ends[1].fpr - ends[0].fpr) * f64::from(ends[0].tpr + ends[1].tpr) / 2.0)
            .sum()
    }

    fn steps(pr: &[PrPoint]) -> f64 {
        let mut before = 0.0;
        pr.iter()
            .map(|point| {
                let width = f64::from(point.recall) - before;
                before = f64::from(point.recall);
                width * f64::from(point.precision)
            })
            .sum()
    }

    proptest! {
        #[test]
        fn the_areas_under_the_drawn_curves_are_auc_and_average_precision(
            rows in prop::collection::vec((0u16..400, 0u8..10), 2..1500),
            signal in 0u16..200,
            rarity in 1u8..9,
        ) {
            let labels: Vec<bool> = rows.iter().map(|row| row.1 < rarity).collect();
            let scores: Vec<f64> = rows
                .iter()
                .zip(&labels)
                .map(|(row, &label)| f64::from(row.0 + if label { signal } else { 0 }) / 600.0)
                .collect();
            let found = curves(&scores, &labels, None);
            prop_assert!(found.roc.len() <= CURVE_POINTS && found.pr.len() <= CURVE_POINTS);
            prop_assert!(found.roc.windows(2).all(|w| w[0].fpr <= w[1].fpr && w[0].tpr <= w[1].tpr));
            prop_assert_eq!(found.reliability.iter().map(|bin| bin.rows).sum::<usize>(), rows.len());
            let given = Given::new(&scores, &labels);
            if let Ok(auc) = given.metric("auc") {
                prop_assert!((area(&found.roc) - auc).abs() < 2e-3, "{} {}", area(&found.roc), auc);
                prop_assert_eq!((found.roc[0].tpr, found.roc[found.roc.len() - 1].fpr), (0.0, 1.0));
            }
            if let Ok(ap) = given.metric("ap") {
                prop_assert!((steps(&found.pr) - ap).abs() < 1e-5, "{} {}", steps(&found.pr), ap);
            }
        }
    }

    #[test]
    fn a_small_curve_is_drawn_whole() {
        let found = curves(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false], Some(&[0.5; 4]));
        let points: Vec<(f32, f32)> = found.roc.iter().map(|point| (point.fpr, point.tpr)).collect();
        assert_eq!(points, [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(found.roc[3].threshold, 0.7);
        assert_eq!(found.pr[1], PrPoint { recall: 1.0, precision: 2.0 / 3.0 });
        assert_eq!(found.reliability.len(), 4);
        assert_eq!(found.reliability[0].truth, Some(0.5));
    }

    #[test]
    fn one_class_has_no_roc_and_no_rows_have_nothing() {
        let found = curves(&[0.1, 0.2], &[false, false], None);
        assert_eq!((found.rows, found.positives, found.roc.len(), found.pr.len()), (2, 0, 0, 0));
        assert_eq!(found.reliability.len(), 2);
        assert_eq!(curves(&[], &[], None), Curves::default());
    }

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // 3 of 20: statsmodels' proportion_confint(3, 20, method="wilson")
        let (low, high) = wilson(3.0, 20.0);
        assert!((low - 0.052_371).abs() < 1e-5 && (high - 0.360_418).abs() < 1e-5, "{low} {high}");
    }
}
