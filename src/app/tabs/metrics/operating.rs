//! Threshold and cost: the rows called at a threshold, and their cost, for every run's scores of one task.

use crate::app::charts::frame::Move;
use crate::app::charts::scale::{extent, logit};
use crate::app::format;
use crate::app::models::{has_several_seeds, run_name};
use crate::domain::metrics::{Curves, OperatingPoint, cheapest, operating_points};
use crate::domain::range::Range;
use crate::protocol::Run;

pub const COST: Range = Range::logarithmic(0.01, 1000.0);
/// Range of the axis.
pub const THRESHOLD: Range = Range::logarithmic(1e-6, 1.0 - 1e-6);
/// Share of the axis that a key moves the threshold by.
const KEY_STEP: f64 = 0.02;

/// Threshold and costs that the user has set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    pub false_alarm: f64,
    pub miss: f64,
    /// One threshold for all models; `None`: each model's cheapest.
    pub threshold: Option<f64>,
}

impl Default for Costs {
    fn default() -> Self {
        Self { false_alarm: 1.0, miss: 10.0, threshold: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Msg {
    FalseAlarm(f64),
    Miss(f64),
    /// Set one threshold for all models.
    Threshold(f64),
    /// Move it by this share of the axis, from its current value or else from where its handle was drawn.
    Nudge(f64, Grip),
    /// Use each model's cheapest threshold.
    EachItsOwn,
}

impl Costs {
    pub fn apply(&mut self, message: Msg) {
        match message {
            Msg::FalseAlarm(cost) => self.false_alarm = cost,
            Msg::Miss(cost) => self.miss = cost,
            Msg::Threshold(threshold) => self.threshold = Some(threshold),
            Msg::Nudge(by, grip) => {
                let now = grip.share_of(self.threshold.unwrap_or(grip.threshold));
                self.threshold = Some(grip.at(now + by));
            }
            Msg::EachItsOwn => self.threshold = None,
        }
    }
}

/// Position of the threshold's handle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grip {
    /// Logits at the ends of the axis.
    pub logits: (f64, f64),
    /// The handle's threshold.
    pub threshold: f64,
}

impl Grip {
    /// The message for a move of the handle.
    pub fn message(&self, moved: Move) -> Msg {
        match moved {
            Move::To(share) => Msg::Threshold(self.at(share)),
            Move::By(steps) => Msg::Nudge(KEY_STEP * steps as f64, *self),
            Move::Back => Msg::EachItsOwn,
        }
    }

    /// A threshold's share of the axis.
    pub fn share_of(&self, threshold: f64) -> f64 {
        (logit(threshold) - self.logits.0) / (self.logits.1 - self.logits.0).max(1e-9)
    }

    /// The threshold at a share of the axis.
    fn at(&self, share: f64) -> f64 {
        let z = self.logits.0 + share.clamp(0.0, 1.0) * (self.logits.1 - self.logits.0);
        THRESHOLD.admit(1.0 / (1.0 + (-z).exp()))
    }
}

/// One run's costs over all thresholds, and its current point.
#[derive(Debug, Clone, PartialEq)]
pub struct CostLine {
    pub model: String,
    pub name: String,
    /// Threshold and cost of 1000 rows, by ascending threshold.
    pub points: Vec<(f64, f64)>,
    pub stands: OperatingPoint,
    /// Cost of 1000 rows there.
    pub cost: f64,
    /// Cost of 1000 rows at the cheapest point.
    pub least: f64,
}

/// Cost lines of the runs with an operating point in `task`.
pub fn cost_lines(runs: &[Run], task: &str, costs: &Costs) -> Vec<CostLine> {
    let several_seeds = has_several_seeds(runs);
    let of_run = |run: &Run| {
        let curves = run.shown()?.curves.get(task)?;
        let cost = |point: &OperatingPoint| 1000.0 * point.cost(curves, costs.false_alarm, costs.miss);
        let best = cheapest(curves, costs.false_alarm, costs.miss)?;
        let stands = costs.threshold.map_or(best, |threshold| at_threshold(curves, threshold).unwrap_or(best));
        let mut points: Vec<(f64, f64)> =
            operating_points(curves).iter().filter_map(|point| Some((point.threshold?, cost(point)))).collect();
        points.reverse();
        let name = run_name(&run.model.name, run.known_seed(), several_seeds);
        let (cost, least) = (cost(&stands), cost(&best));
        (!points.is_empty()).then(|| CostLine { model: run.model.name.clone(), name, points, stands, cost, least })
    };
    runs.iter().filter_map(of_run).collect()
}

/// The loosest known point that calls nothing below the threshold.
fn at_threshold(curves: &Curves, threshold: f64) -> Option<OperatingPoint> {
    let is_above = |point: &OperatingPoint| point.threshold.is_none_or(|at| at >= threshold);
    operating_points(curves).into_iter().take_while(is_above).last()
}

/// Logits at the ends of the axis that all lines share.
pub fn logit_ends(lines: &[CostLine]) -> (f64, f64) {
    let all = lines.iter().flat_map(|line| &line.points).map(|point| logit(point.0.clamp(1e-6, 1.0 - 1e-6)));
    let (low, high) = extent(all).unwrap_or((0.0, 0.0));
    if high > low { (low, high) } else { (low - 0.5, low + 0.5) }
}

/// The figure in sentences.
pub fn sentence(lines: &[CostLine], costs: &Costs, rows: usize, positives: usize) -> String {
    let of = |line: &CostLine| {
        let OperatingPoint { threshold, hits, false_alarms, .. } = line.stands;
        let cost = format::significant(line.cost, 3);
        match threshold {
            None => text!(metrics::costs::calls_nothing, model = line.name, cost = cost),
            Some(at) => text!(
                metrics::costs::calls,
                model = line.name,
                called = format::rounded(hits + false_alarms),
                threshold = format::significant(at, 2),
                found = format::rounded(hits),
                cost = cost
            ),
        }
    };
    let (false_alarm, miss) = (format::significant(costs.false_alarm, 3), format::significant(costs.miss, 3));
    let (rows, positives) = (format::count(rows), format::count(positives));
    let models = lines.iter().map(of).collect::<Vec<_>>().join("; ");
    if costs.threshold.is_some() {
        text!(
            metrics::costs::at_threshold,
            false_alarm = false_alarm,
            miss = miss,
            rows = rows,
            positives = positives,
            models = models
        )
    } else {
        text!(
            metrics::costs::at_cheapest,
            false_alarm = false_alarm,
            miss = miss,
            rows = rows,
            positives = positives,
            models = models
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::metrics::curves;

    fn runs() -> Vec<Run> {
        let mut evaluation = evaluation(&[("auc.ctr", 0.75, 0.01)]);
        let curves = curves(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false], None);
        evaluation.curves.insert("ctr".to_owned(), curves);
        vec![run(1, "esmm", 1, evaluation)]
    }

    fn at(threshold: Option<f64>, false_alarm: f64, miss: f64) -> CostLine {
        cost_lines(&runs(), "ctr", &Costs { threshold, false_alarm, miss }).remove(0)
    }

    #[test]
    fn a_threshold_calls_what_lies_at_it_or_above_and_costs_its_mistakes() {
        let line = at(Some(0.75), 1.0, 10.0);
        assert_eq!((line.stands.hits, line.stands.false_alarms, line.stands.misses), (1.0, 1.0, 1.0));
        assert!((line.cost - 1000.0 * 11.0 / 4.0).abs() < 1e-9, "{}", line.cost);
        // Above every score nothing is called: both positives are missed.
        let none = at(Some(0.95), 1.0, 10.0);
        assert_eq!((none.stands.threshold, none.stands.misses), (None, 2.0));
    }

    #[test]
    fn the_cheapest_point_follows_the_costs() {
        assert_eq!(at(None, 1.0, 10.0).stands.misses, 0.0);
        assert_eq!(at(None, 10.0, 1.0).stands.false_alarms, 0.0);
        let line = at(Some(0.85), 1.0, 10.0);
        assert!(line.least < line.cost, "what another threshold would save is known");
    }

    #[test]
    fn the_handle_is_moved_by_hand_and_keys_and_put_back() {
        let mut costs = Costs::default();
        let grip = Grip { logits: (-4.0, 4.0), threshold: 0.5 };
        let mut after = |moved: Move| {
            costs.apply(grip.message(moved));
            costs.threshold
        };
        assert!((after(Move::To(0.5)).unwrap() - 0.5).abs() < 1e-12);
        let once = after(Move::By(1)).unwrap();
        let twice = after(Move::By(1)).unwrap();
        assert!(twice > once && once > 0.5, "a second key goes on from the first, drawn or not");
        assert!(after(Move::To(1.0)).unwrap() < 1.0);
        assert_eq!(after(Move::Back), None);
    }

    #[test]
    fn the_sentence_carries_its_counts() {
        let costs = Costs { threshold: Some(0.75), ..Costs::default() };
        let said = sentence(&cost_lines(&runs(), "ctr", &costs), &costs, 4, 2);
        assert!(said.contains("ESMM calls 2 at 0.80 and finds 1: 2750 per 1000"), "{said}");
    }
}
