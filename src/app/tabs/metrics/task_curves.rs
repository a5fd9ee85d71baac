//! A task's curves: ROC, precision against recall, observed against predicted rate; a line per run, and for a model with
//! several seeds one line, the mean, with a band from the lowest to the highest of them.

use crate::app::charts::axis::{Axis, Unit, floor_below};
use crate::app::charts::compare::measure;
use crate::app::charts::frame::{Area, Frame, Label};
use crate::app::charts::scale::{nice_ceil, px};
use crate::app::charts::seed_lines::{SeedLine, seed_lines};
use crate::app::charts::{maturity, names};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, group, path};
use crate::app::models::{display_name, distinct, run_name};
use crate::domain::metrics::{Curves, Metric, MetricKey};
use crate::domain::report::{Measure, over_seeds};
use crate::protocol::Run;

/// Tasks that any run has curves of, in the order of the table.
pub fn tasks(runs: &[Run]) -> Vec<String> {
    let curves = runs.iter().filter_map(Run::shown).flat_map(|evaluation| &evaluation.curves);
    let mut tasks = distinct(curves.filter(|(_, curves)| curves.rows > 0).map(|(task, _)| task.clone()));
    tasks.sort_by_key(|task| names::task_rank(task));
    tasks
}

/// The figures of a task; those without points are left out.
pub fn drawings(runs: &[Run], task: &str) -> Vec<Drawing> {
    let curves: Vec<(&Run, &Curves)> =
        runs.iter().filter_map(|run| Some((run, run.shown()?.curves.get(task)?))).collect();
    [roc(&curves, task), precision_recall(&curves, task), reliability(&curves, task)].into_iter().flatten().collect()
}

/// One line in data units: a run, or a model over its seeds.
struct Line {
    model: String,
    name: String,
    points: Vec<(f64, f64)>,
    /// Vertical intervals of points, as x, low and high.
    intervals: Vec<(f64, f64, f64)>,
    /// Range of the seeds, as x, low and high; empty for one run.
    band: Vec<(f64, f64, f64)>,
}

fn line(runs: &[(&Run, &Curves)], run: &Run, points: Vec<(f64, f64)>) -> Line {
    let model = run.model.name.clone();
    let several_seeds = runs.iter().any(|(other, _)| other.known_seed().is_some_and(|seed| seed != run.seed));
    let name = run_name(&model, run.known_seed(), several_seeds);
    Line { model, name, points, intervals: Vec::new(), band: Vec::new() }
}

/// One line for each model: its run, or the mean of its seeds with their band.
fn of_models(runs: &[(&Run, &Curves)], points: impl Fn(&Curves) -> Vec<(f64, f64)>) -> Vec<Line> {
    let lines = seed_lines(runs.iter().map(|(run, curves)| (run.model.name.as_str(), points(curves))));
    let line = |SeedLine { model, points, band }| {
        let name = display_name(&model).to_owned();
        Line { model, name, points, intervals: Vec::new(), band }
    };
    lines.into_iter().map(line).collect()
}

fn value_of(runs: &[(&Run, &Curves)], model: &str, key: &str) -> Option<String> {
    let measures: Vec<Measure> =
        runs.iter().filter(|(run, _)| run.model.name == model).filter_map(|(run, _)| measure(run)).collect();
    measures.iter().find(|measure| measure.metrics.contains_key(key))?;
    match over_seeds(&measures, key) {
        Metric::Value { value, low, high } if high > low => Some(format::by_interval(value, low, high)),
        Metric::Value { value, .. } => Some(format::significant(value, 3)),
        Metric::Undefined(_) => None,
    }
}

/// The metric of every model that has it: "ESMM 0.75 and naive CVR 0.71".
fn models(lines: &[Line], metric: &str, task: &str, runs: &[(&Run, &Curves)]) -> String {
    let key = MetricKey { metric, task }.to_string();
    let values = distinct(lines.iter().map(|line| line.model.as_str()))
        .into_iter()
        .filter_map(|model| Some(format!("{} {}", display_name(model), value_of(runs, model, &key)?)));
    format::listed(&values.collect::<Vec<_>>())
}

/// The sentence, with an explanation of the bands if there are any.
fn noted(sentence: String, lines: &[Line]) -> String {
    if lines.iter().any(|line| !line.band.is_empty()) {
        format!("{sentence} {}", text!(metrics::curves::bands))
    } else {
        sentence
    }
}

fn counts(runs: &[(&Run, &Curves)], task: &str) -> String {
    let early = runs.iter().find_map(|(run, _)| run.shown()?.maturity.get(task));
    if let Some(maturity) = early {
        return maturity::counts(maturity);
    }
    let (rows, positives) = runs.first().map_or((0, 0), |(_, curves)| (curves.rows, curves.positives));
    text!(metrics::curves::counts, rows = format::count(rows), positives = format::count(positives))
}

fn roc(runs: &[(&Run, &Curves)], task: &str) -> Option<Drawing> {
    let points = |curves: &Curves| curves.roc.iter().map(|p| (f64::from(p.fpr), f64::from(p.tpr))).collect::<Vec<_>>();
    let lines: Vec<Line> = of_models(runs, points);
    let models = models(&lines, "auc", task, runs);
    let sentence = noted(text!(metrics::curves::roc_sentence, models = models, counts = counts(runs, task)), &lines);
    let axes = shares(text!(metrics::curves::found), 1.0, text!(metrics::curves::called_negatives));
    drawn(format!("roc-{task}"), text!(metrics::curves::roc), sentence, axes, &lines, true)
}

fn precision_recall(runs: &[(&Run, &Curves)], task: &str) -> Option<Drawing> {
    // Each point ends a step, which begins at the recall before.
    let points = |curves: &Curves| {
        let mut before = 0.0;
        let steps = curves.pr.iter().flat_map(|point| {
            let (recall, precision) = (f64::from(point.recall), f64::from(point.precision));
            [(std::mem::replace(&mut before, recall), precision), (recall, precision)]
        });
        steps.collect::<Vec<_>>()
    };
    let lines: Vec<Line> = of_models(runs, points);
    let models = models(&lines, "ap", task, runs);
    let sentence = noted(text!(metrics::curves::pr_sentence, models = models, counts = counts(runs, task)), &lines);
    let highest = lines.iter().flat_map(|line| line.points.iter().map(|p| p.1)).fold(0.0, f64::max);
    let axes = shares(text!(metrics::curves::precision), nice_ceil(highest).min(1.0), text!(metrics::curves::recall));
    drawn(format!("pr-{task}"), text!(metrics::curves::pr), sentence, axes, &lines, false)
}

/// Linear axes, the x axis up to 1.
fn shares(up: &'static str, end: f64, across: &'static str) -> [Axis; 2] {
    [Axis::linear(up, (0.0, end), Unit::Share), Axis::linear(across, (0.0, 1.0), Unit::Share)]
}

fn reliability(runs: &[(&Run, &Curves)], task: &str) -> Option<Drawing> {
    let points = |curves: &Curves| curves.reliability.iter().map(|bin| (bin.mean_p, bin.observed)).collect::<Vec<_>>();
    let mut lines: Vec<Line> = of_runs(runs, points);
    for (line, (_, curves)) in lines.iter_mut().zip(runs.iter().filter(|(_, curves)| !curves.reliability.is_empty())) {
        line.intervals = curves.reliability.iter().map(|bin| (bin.mean_p, bin.low, bin.high)).collect();
    }
    let pcoc = models(&lines, "pcoc", task, runs);
    let counts = counts(runs, task);
    let sentence = if pcoc.is_empty() {
        text!(metrics::curves::reliability_sentence, counts = counts)
    } else {
        text!(metrics::curves::reliability_pcoc, models = pcoc, counts = counts)
    };
    let axes = rates(&lines, text!(metrics::curves::observed_rate), text!(metrics::curves::predicted_rate));
    drawn(format!("reliability-{task}"), text!(metrics::curves::reliability), sentence, axes, &lines, true)
}

/// One scale for observed and predicted rates; logarithmic if a tenth of the rows is ten times as likely as another, since
/// rates of rare events would all lie in one corner.
fn rates(lines: &[Line], observed: &'static str, predicted: &'static str) -> [Axis; 2] {
    let points = || lines.iter().flat_map(|line| &line.points);
    let highest = points().map(|point| point.0.max(point.1)).fold(0.0, f64::max);
    let likeliest = points().map(|point| point.0).fold(0.0, f64::max);
    let least = points().map(|point| point.0).fold(f64::INFINITY, f64::min);
    let end = nice_ceil(highest).min(1.0);
    match floor_below(points().flat_map(|point| [point.0, point.1])) {
        Some(floor) if likeliest > 10.0 * least => {
            let has_zero = points().any(|point| point.1 == 0.0);
            [Axis::logarithmic(observed, (floor, end), has_zero), Axis::logarithmic(predicted, (floor, end), false)]
        }
        _ => [observed, predicted].map(|title| Axis::linear(title, (0.0, end), Unit::Share)),
    }
}

fn of_runs(runs: &[(&Run, &Curves)], points: impl Fn(&Curves) -> Vec<(f64, f64)>) -> Vec<Line> {
    let lines = runs.iter().map(|(run, curves)| line(runs, run, points(curves)));
    lines.filter(|line| !line.points.is_empty()).collect()
}

fn drawn(
    name: String,
    title: &str,
    sentence: String,
    [y, x]: [Axis; 2],
    lines: &[Line],
    has_diagonal: bool,
) -> Option<Drawing> {
    if lines.is_empty() {
        return None;
    }
    let frame = Frame::new(Area::SMALL, x, y);
    let Area { left, right, top, bottom, .. } = frame.area;
    let diagonal = has_diagonal.then(|| path("grid-line", format!("M{left} {bottom}L{right} {top}")));
    let mut table = Table::new(title, &[text!(charts::heads::model), &frame.x.title, &frame.y.title]);
    for line in lines {
        for (along, up) in &line.points {
            let [along, up] = [along, up].map(|share| Cell::number(format::percent(*share)));
            table.row([Cell::words(&line.name), along, up]);
        }
    }
    let chart = frame
        .svg(&sentence)
        .child(frame.axes())
        .maybe(diagonal)
        .children(lines.iter().map(|line| line_mark(line, &frame)))
        .child(labels(lines, &frame));
    Some(Drawing { name, title: title.to_owned(), sentence, body: vec![chart], table })
}

fn line_mark(line: &Line, frame: &Frame) -> Mark {
    let intervals = line.intervals.iter().map(|&(p, low, high)| {
        let (x, low) = frame.point((p, low));
        path("leader", format!("M{} {}V{}", px(x), px(low), px(frame.y.at(high))))
    });
    let dots = line.intervals.iter().zip(&line.points).map(|(_, point)| {
        let (x, y) = frame.point(*point);
        circle("held-out-dot", x, y, 2.5)
    });
    // No line to a zero that is set apart from the scale.
    let drawn = line.points.iter().filter(|point| !frame.y.sets_zero_apart() || point.1 > 0.0);
    group(names::hue_class(&line.model))
        .key(&line.name)
        .maybe(frame.band(&line.band))
        .children(intervals)
        .child(frame.line("held-out-line", drawn.copied()))
        .children(dots)
}

/// Names at the right, in the order of the lines' middles; of rates, in that of their ends.
fn labels(lines: &[Line], frame: &Frame) -> Mark {
    let place = |line: &Line| {
        if line.intervals.is_empty() { line.points.len() / 2 } else { line.points.len().saturating_sub(1) }
    };
    let height = |line: &Line| line.points.get(place(line)).map_or(frame.area.bottom, |point| frame.y.at(point.1));
    // A line for each seed: the model is named once.
    let models = distinct(lines.iter().map(|line| line.model.as_str()));
    let named = models.into_iter().filter_map(|model| lines.iter().find(|line| line.model == model));
    frame.labels(named.map(|line| Label::of_model(&line.model, display_name(&line.model), height(line))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::metrics::curves;

    fn with_curves(id: u32, name: &str, scores: &[f64]) -> Run {
        let mut evaluation = evaluation(&[("auc.ctr", 0.75, 0.01)]);
        let labels: Vec<bool> = (0..scores.len()).map(|row| row % 2 == 0).collect();
        evaluation.curves.insert("ctr".to_owned(), curves(scores, &labels, None));
        run(id, name, 1, evaluation)
    }

    #[test]
    fn a_task_has_three_figures_with_a_line_a_run_and_the_table_of_the_same_points() {
        let runs = [with_curves(1, "naive", &[0.9, 0.8, 0.7, 0.6]), with_curves(2, "esmm", &[0.6, 0.7, 0.8, 0.9])];
        assert_eq!(tasks(&runs), ["ctr"]);
        let found = drawings(&runs, "ctr");
        assert_eq!(
            found.iter().map(|d| d.title.as_str()).collect::<Vec<_>>(),
            ["ROC", "Precision and recall", "Reliability"]
        );
        for drawing in &found {
            assert_eq!(drawing.body[0].with_class("held-out-line").len(), 2, "{}", drawing.name);
            assert!(drawing.sentence.contains("4 held-out rows, 2 of them positive"), "{}", drawing.sentence);
        }
        assert!(found[0].sentence.contains("ESMM 0.75"), "{}", found[0].sentence);
        assert_eq!(found[0].table.rows.len(), 10);
    }

    #[test]
    fn one_class_has_no_roc_and_no_run_has_nothing() {
        let mut only = with_curves(1, "esmm", &[0.5]);
        only.evaluations[0].curves.insert("ctr".to_owned(), curves(&[0.1, 0.2], &[false, false], None));
        assert_eq!(drawings(&[only], "ctr").iter().map(|d| d.title.as_str()).collect::<Vec<_>>(), ["Reliability"]);
        assert!(drawings(&[], "ctr").is_empty() && tasks(&[]).is_empty());
    }

    #[test]
    fn rates_of_rare_events_lie_on_logarithmic_axes_with_zero_at_the_foot() {
        let line = |points: &[(f64, f64)]| Line {
            model: "esmm".into(),
            name: "ESMM".into(),
            points: points.to_vec(),
            intervals: Vec::new(),
            band: Vec::new(),
        };
        let framed = |points: &[(f64, f64)]| {
            let [observed, predicted] = rates(&[line(points)], "observed", "predicted");
            Frame::new(Area::SMALL, predicted, observed)
        };
        let Area { left, right, top, bottom, .. } = Area::SMALL;
        let frame = framed(&[(0.001, 0.0), (0.003, 0.002), (0.02, 0.03)]);
        assert_eq!(frame.y.at(0.0), bottom);
        assert!(frame.x.at(0.003) - frame.x.at(0.001) > 30.0);
        // Equal rates are on the diagonal.
        let (x, y) = frame.point((0.01, 0.01));
        assert!(((x - left) / (right - left) - (y - bottom) / (top - bottom)).abs() < 1e-9);
        let frame = framed(&[(0.3, 0.2), (0.5, 0.6)]);
        assert_eq!(frame.y.at(0.0), bottom);
        assert!((frame.y.at(0.5) - (bottom + top) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn several_seeds_are_one_line_with_a_band_that_holds_them_all() {
        let mut runs = [with_curves(1, "esmm", &[0.9, 0.8, 0.7, 0.6]), with_curves(2, "esmm", &[0.6, 0.7, 0.8, 0.9])];
        runs[1].seed = 2;
        let roc = &drawings(&runs, "ctr")[0];
        assert_eq!((roc.body[0].with_class("held-out-line").len(), roc.body[0].with_class("seed-band").len()), (1, 1));
        assert!(roc.sentence.contains("all seeds lie in the bands"), "{}", roc.sentence);
    }
}
