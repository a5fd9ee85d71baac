//! Threshold and cost: what a threshold calls, and what that costs, for every run's scores of one task.

use crate::app::charts::scale::logit;
use crate::app::format;
use crate::app::marks::{Grab, Key};
use crate::app::models::display_name;
use crate::domain::metrics::{Curves, OperatingPoint, cheapest, operating_points};
use crate::domain::range::Range;
use crate::protocol::Run;

pub const COST: Range = Range::logarithmic(0.01, 1000.0);
/// As far as the axis may go.
pub const THRESHOLD: Range = Range::logarithmic(1e-6, 1.0 - 1e-6);
/// Keys move the threshold by this share of the axis.
const KEY_STEP: f64 = 0.02;

/// What the reader has set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    pub false_alarm: f64,
    pub miss: f64,
    /// One threshold for every model; without it each stands at its own cheapest.
    pub threshold: Option<f64>,
}

impl Default for Costs {
    fn default() -> Self {
        Self { false_alarm: 1.0, miss: 10.0, threshold: None }
    }
}

/// What the user sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Msg {
    FalseAlarm(f64),
    Miss(f64),
    /// One threshold for every model.
    Threshold(f64),
    /// Moves it by this share of the axis, from where it is by then or else from where its handle was drawn.
    Nudge(f64, Grip),
    /// Each model at its own cheapest.
    EachItsOwn,
}

impl Costs {
    /// Makes a change.
    pub fn apply(&mut self, message: Msg) {
        match message {
            Msg::FalseAlarm(cost) => self.false_alarm = cost,
            Msg::Miss(cost) => self.miss = cost,
            Msg::Threshold(threshold) => self.threshold = Some(threshold),
            Msg::Nudge(by, grip) => {
                let now = self.threshold.map_or(grip.at, |threshold| grip.share_of(threshold));
                self.threshold = Some(grip.threshold(now + by));
            }
            Msg::EachItsOwn => self.threshold = None,
        }
    }
}

/// Where the threshold's handle stands on its axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grip {
    /// Logits at the ends of the axis.
    pub logits: (f64, f64),
    /// The ends of the axis in the drawing.
    pub ends: (f64, f64),
    /// Share of the axis, 0 to 1.
    pub at: f64,
}

impl Grip {
    /// What a drag or a key makes of it; nothing for a key that moves nothing.
    pub fn message(&self, grab: Grab) -> Option<Msg> {
        let at = match grab {
            Grab::Drag { x, .. } | Grab::Drop { x, .. } => (x - self.ends.0) / (self.ends.1 - self.ends.0).max(1e-9),
            Grab::Key(Key::Left | Key::Down) => return Some(Msg::Nudge(-KEY_STEP, *self)),
            Grab::Key(Key::Right | Key::Up) => return Some(Msg::Nudge(KEY_STEP, *self)),
            Grab::Key(Key::Home) => 0.0,
            Grab::Key(Key::End) => 1.0,
            Grab::Key(Key::Escape) => return Some(Msg::EachItsOwn),
            Grab::Key(Key::PageUp | Key::PageDown) => return None,
        };
        Some(Msg::Threshold(self.threshold(at)))
    }

    fn share_of(&self, threshold: f64) -> f64 {
        (logit(threshold) - self.logits.0) / (self.logits.1 - self.logits.0).max(1e-9)
    }

    fn threshold(&self, share: f64) -> f64 {
        let z = self.logits.0 + share.clamp(0.0, 1.0) * (self.logits.1 - self.logits.0);
        THRESHOLD.admit(1.0 / (1.0 + (-z).exp()))
    }
}

/// One run's costs over all thresholds, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CostLine {
    pub model: String,
    pub name: String,
    /// Threshold and cost of 1000 rows, by ascending threshold.
    pub points: Vec<(f64, f64)>,
    pub stands: OperatingPoint,
    /// Cost of 1000 rows there.
    pub cost: f64,
    /// Cost of 1000 rows at its cheapest point.
    pub least: f64,
}

/// The runs that have an operating point in `task`.
pub fn cost_lines(runs: &[Run], task: &str, costs: &Costs) -> Vec<CostLine> {
    let several = runs.iter().any(|run| run.seed != runs[0].seed);
    let of_run = |run: &Run| {
        let curves = run.shown()?.curves.get(task)?;
        let cost = |point: &OperatingPoint| 1000.0 * point.cost(curves, costs.false_alarm, costs.miss);
        let best = cheapest(curves, costs.false_alarm, costs.miss)?;
        let stands = costs.threshold.map_or(best, |threshold| at_threshold(curves, threshold).unwrap_or(best));
        let mut points: Vec<(f64, f64)> =
            operating_points(curves).iter().filter_map(|point| Some((point.threshold?, cost(point)))).collect();
        points.reverse();
        let name = display_name(&run.model.name);
        let name = if several { format!("{name} · {}", run.seed) } else { name.to_owned() };
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
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), z| (low.min(z), high.max(z)));
    if high > low { (low, high) } else { (low - 0.5, low + 0.5) }
}

/// What the figure says.
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
    match costs.threshold.is_some() {
        true => text!(
            metrics::costs::at_threshold,
            false_alarm = false_alarm,
            miss = miss,
            rows = rows,
            positives = positives,
            models = models
        ),
        false => text!(
            metrics::costs::at_cheapest,
            false_alarm = false_alarm,
            miss = miss,
            rows = rows,
            positives = positives,
            models = models
        ),
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
        let grip = Grip { logits: (-4.0, 4.0), ends: (50.0, 450.0), at: 0.5 };
        let mut grab = |grab: Grab| {
            grip.message(grab).into_iter().for_each(|message| costs.apply(message));
            costs.threshold
        };
        assert!((grab(Grab::Drag { x: 250.0, y: 0.0 }).unwrap() - 0.5).abs() < 1e-12);
        let once = grab(Grab::Key(Key::Right)).unwrap();
        let twice = grab(Grab::Key(Key::Right)).unwrap();
        assert!(twice > once && once > 0.5, "a second key goes on from the first, drawn or not");
        let end = grab(Grab::Drop { x: 9999.0, y: 0.0 });
        assert!(end.unwrap() < 1.0);
        assert_eq!(grab(Grab::Key(Key::PageUp)), end, "a key that moves nothing");
        assert_eq!(grab(Grab::Key(Key::Escape)), None);
    }

    #[test]
    fn the_sentence_carries_its_counts() {
        let costs = Costs { threshold: Some(0.75), ..Costs::default() };
        let said = sentence(&cost_lines(&runs(), "ctr", &costs), &costs, 4, 2);
        assert!(said.contains("ESMM calls 2 at 0.80 and finds 1: 2750 per 1000"), "{said}");
    }
}
