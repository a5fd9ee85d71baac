//! Loss curves: one panel per task, one line per run; training dashed, held-out rows solid.

use std::collections::BTreeSet;

use crate::app::models::run_name;
use crate::domain::event;
use crate::protocol::Run;

use crate::app::charts::maturity;
use crate::app::charts::names;
use crate::app::charts::scale::extent;
use crate::app::format::significant;

/// Maximum number of training points per line: means over equal parts of the epochs.
const TRAIN_POINTS: usize = 40;

/// One task's losses.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub event: String,
    pub series: Vec<Series>,
    /// Loss at the panel's bottom and top. The first steps, from far above, may enter through the top.
    pub y: (f64, f64),
    /// Epochs at the panel's right end.
    pub epochs: f64,
    /// Whether some labels of the held-out rows are not known yet.
    pub is_early: bool,
}

/// One run's losses of one task, as (epoch, nats).
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub model: String,
    pub seed: u64,
    pub train: Vec<(f64, f64)>,
    pub held_out: Vec<(f64, f64)>,
}

/// Panels of all tasks that any run reports, in the order of the table.
pub fn panels(runs: &[Run]) -> Vec<Panel> {
    let mut events: BTreeSet<(usize, String)> = BTreeSet::new();
    for run in runs {
        let trained =
            run.curve.last().into_iter().flat_map(|p| p.losses.keys()).filter_map(|k| k.strip_prefix("loss."));
        let held_out = run.latest().into_iter().flat_map(|e| e.losses.keys().map(String::as_str));
        events.extend(trained.chain(held_out).filter(|e| *e != "total").map(|e| (names::task_rank(e), e.to_owned())));
    }
    events.into_iter().filter_map(|(_, event)| panel(runs, event)).collect()
}

fn panel(runs: &[Run], event: String) -> Option<Panel> {
    let series: Vec<Series> = runs
        .iter()
        .map(|run| Series {
            model: run.model.name.clone(),
            seed: run.seed,
            train: binned(run, &format!("loss.{event}")),
            held_out: run.evaluations.iter().filter_map(|e| Some((e.epoch, *e.losses.get(&event)?))).collect(),
        })
        .filter(|series| !series.train.is_empty() || !series.held_out.is_empty())
        .collect();
    let planned = runs.iter().filter_map(|run| run.progress).map(|p| p.epochs as f64);
    let seen = series.iter().flat_map(|s| s.train.iter().chain(&s.held_out)).map(|p| p.0);
    let epochs = planned.chain(seen).fold(0.0, f64::max);
    let y = span(&series)?;
    let is_early = maturity::of_event(runs, &event);
    Some(Panel { event, series, y, epochs: if epochs > 0.0 { epochs } else { 1.0 }, is_early })
}

/// Means over equal parts of the run's epochs: batches are noisy, and there may be thousands.
fn binned(run: &Run, key: &str) -> Vec<(f64, f64)> {
    let epochs = run.progress.map_or(0.0, |p| p.epochs as f64).max(run.curve.last().map_or(0.0, |p| p.epoch));
    if epochs <= 0.0 {
        return Vec::new();
    }
    let mut sums = vec![(0.0, 0.0, 0.0); TRAIN_POINTS];
    for point in &run.curve {
        if let Some(loss) = point.losses.get(key) {
            let bin = ((point.epoch / epochs * TRAIN_POINTS as f64) as usize).min(TRAIN_POINTS - 1);
            let sum = &mut sums[bin];
            *sum = (sum.0 + point.epoch, sum.1 + loss, sum.2 + 1.0);
        }
    }
    sums.into_iter().filter(|s| s.2 > 0.0).map(|(epoch, loss, n)| (epoch / n, loss / n)).collect()
}

/// The span of the losses after the first third of the epochs so far, with a margin: the fall of the first steps would
/// flatten the differences between models.
fn span(series: &[Series]) -> Option<(f64, f64)> {
    let points = || series.iter().flat_map(|one| one.train.iter().chain(&one.held_out));
    let newest = points().map(|p| p.0).fold(0.0, f64::max);
    let values = points().filter(|p| p.0 >= newest / 3.0).map(|p| p.1);
    let (low, high) = extent(values)?;
    let margin = ((high - low) * 0.08).max(high.abs() * 0.002).max(1e-9);
    Some((low - margin, high + margin))
}

/// The part of a line that lies below `top` (data), entering through it where it comes from above.
pub fn below(points: &[(f64, f64)], top: f64) -> Vec<(f64, f64)> {
    let Some(first_inside) = points.iter().position(|p| p.1 <= top) else { return Vec::new() };
    let mut kept = Vec::with_capacity(points.len() - first_inside + 1);
    if first_inside > 0 {
        let (a, b) = (points[first_inside - 1], points[first_inside]);
        let share = (a.1 - top) / (a.1 - b.1);
        kept.push((a.0 + (b.0 - a.0) * share, top));
    }
    kept.extend(points[first_inside..].iter().map(|p| (p.0, p.1.min(top))));
    kept
}

impl Panel {
    /// The panel in a sentence: each run's loss on the held-out rows, and its lowest if that was earlier.
    pub fn sentence(&self) -> String {
        let several_seeds = self.series.iter().any(|s| s.seed != self.series[0].seed);
        let stands: Vec<String> = self
            .series
            .iter()
            .filter_map(|series| {
                let last = series.held_out.last()?;
                let lowest = series.held_out.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
                let name = run_name(&series.model, Some(series.seed), several_seeds);
                let loss = significant(last.1, 3);
                Some(if lowest.1 < last.1 * 0.995 {
                    text!(
                        metrics::losses::lowest,
                        model = name,
                        loss = loss,
                        lowest = significant(lowest.1, 3),
                        epoch = significant(lowest.0, 2)
                    )
                } else {
                    format!("{name} {loss}")
                })
            })
            .collect();
        let task = names::task(&self.event);
        if stands.is_empty() {
            return text!(metrics::losses::untrained, task = task);
        }
        let said = text!(
            metrics::losses::sentence,
            task = task,
            models = stands.join(if several_seeds { "; " } else { ", " })
        );
        if self.is_early { format!("{said} {}", text!(metrics::to_come::losses)) } else { said }
    }

    /// The rows that the loss is a mean over.
    pub fn unit(&self) -> &'static str {
        if self.event == event::CVR {
            text!(metrics::losses::per_click)
        } else {
            text!(metrics::losses::per_impression)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::report::CurvePoint;
    use crate::protocol::Progress;

    fn trained() -> Run {
        let mut run = run(1, "esmm", 1, evaluation(&[]));
        run.progress = Some(Progress {
            step: 400,
            total_steps: 500,
            epoch: 4.0,
            epochs: 5,
            rows_per_second: 1.0,
            seconds: 1.0,
            train_rows: 10,
            device: crate::protocol::DeviceKind::Cpu,
        });
        for step in 1..=400u32 {
            let loss = 0.2 + 0.5 * (-f64::from(step) / 20.0).exp();
            let losses = [("loss.total", loss), ("loss.ctr", loss)].map(|(k, v)| (k.to_owned(), v)).into();
            run.curve.push(CurvePoint { step: u64::from(step), epoch: f64::from(step) / 100.0, losses });
        }
        run.evaluations[0].losses.insert("ctr".to_owned(), 0.21);
        run
    }

    #[test]
    fn panels_hold_the_tasks_and_never_more_points_than_pixels() {
        let panels = panels(&[trained()]);
        assert_eq!(panels.iter().map(|p| p.event.as_str()).collect::<Vec<_>>(), ["ctr"]);
        assert!(panels[0].series[0].train.len() <= TRAIN_POINTS);
        assert_eq!(panels[0].epochs, 5.0);
        assert!(panels[0].y.1 < 0.6 && panels[0].y.0 < 0.2, "{:?}", panels[0].y);
        assert!(panels[0].sentence().contains("ESMM 0.210"), "{}", panels[0].sentence());
    }

    #[test]
    fn a_line_from_above_enters_through_the_top() {
        let points = [(0.0, 4.0), (1.0, 2.0), (2.0, 1.0)];
        assert_eq!(below(&points, 3.0), vec![(0.5, 3.0), (1.0, 2.0), (2.0, 1.0)]);
        assert_eq!(below(&points, 0.5), vec![]);
    }

    #[test]
    fn without_runs_there_is_no_panel() {
        assert!(panels(&[]).is_empty());
    }
}
