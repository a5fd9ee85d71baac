//! The drawing of a task's losses: a line per model in its hue, training dashed, held-out rows solid; over several seeds
//! their mean, with a band that holds the held-out lines of all of them.

use super::curves::{Panel, Series, below};
use super::task_curves::over_lines;
use crate::app::charts::names;
use crate::app::charts::scale::{Linear, line_path, px, spread, ticks};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, group, path, svg, text};
use crate::app::models::display_name;
use crate::app::numbers::decimal;

const WIDTH: f64 = 360.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 276.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 172.0;
const HEIGHT: f64 = 214.0;

/// One panel.
pub fn drawing(panel: &Panel) -> Drawing {
    let sentence = panel.sentence();
    Drawing {
        name: format!("loss-{}", panel.event),
        title: names::task(&panel.event),
        body: vec![svg(WIDTH, HEIGHT, &sentence).class("curves").children(marks(panel))],
        sentence,
        table: table(panel),
    }
}

/// What solid and dashed mean.
pub fn key() -> Mark {
    let line = |class: &str, words: &str| {
        let sample = Mark::new("svg").attr("width", "28").attr("height", "14").attr("aria-hidden", "true");
        Mark::new("li").child(sample.child(path(class, "M0 7H28"))).text(words)
    };
    Mark::new("ul")
        .class("key")
        .child(line("key-line", text!(metrics::losses::held_out)))
        .child(line("key-line dashed", text!(metrics::losses::training)))
}

fn marks(panel: &Panel) -> Vec<Mark> {
    let (x, y) = panel.scales(LEFT, RIGHT, TOP, BOTTOM);
    let y_ticks = ticks(panel.y.0, panel.y.1, 4);
    let step = y_ticks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let mut marks = Vec::new();
    for tick in y_ticks {
        marks.push(path("grid-line", format!("M{LEFT} {}H{RIGHT}", px(y.at(tick)))));
        marks.push(text("axis-label end", LEFT - 6.0, y.at(tick) + 4.0, decimal(format!("{tick:.decimals$}"))));
    }
    for tick in ticks(0.0, panel.epochs, 5) {
        marks.push(text("axis-label middle", x.at(tick), BOTTOM + 16.0, tick));
    }
    let drawn = of_models(panel);
    marks.extend(drawn.iter().map(|(series, band)| series_mark(series, band, panel.y.1, &x, &y)));
    marks.extend(labels(&drawn, &x, &y));
    marks.push(text("axis-title start", 0.0, 12.0, text!(metrics::losses::axis, unit = panel.unit())));
    marks.push(text("axis-title", (LEFT + RIGHT) / 2.0, BOTTOM + 34.0, text!(metrics::losses::epochs)));
    marks
}

/// Lowest and highest of all seeds by epoch; empty for one seed.
type Band = Vec<(f64, f64, f64)>;

/// One line for each model: its run, or the mean of its seeds with their band.
fn of_models(panel: &Panel) -> Vec<(Series, Band)> {
    let mut drawn: Vec<(Series, Band)> = Vec::new();
    for first in &panel.series {
        if drawn.iter().any(|(series, _)| series.model == first.model) {
            continue;
        }
        let seeds: Vec<&Series> = panel.series.iter().filter(|series| series.model == first.model).collect();
        let lines = |of: fn(&Series) -> &Vec<(f64, f64)>| {
            seeds.iter().map(|series| of(series).clone()).filter(|line| !line.is_empty()).collect::<Vec<_>>()
        };
        let (held_out, train) = (lines(|series| &series.held_out), lines(|series| &series.train));
        if held_out.len() < 2 {
            drawn.push((first.clone(), Vec::new()));
            continue;
        }
        let (mean, band) = over_lines(&held_out);
        let train = if train.is_empty() { Vec::new() } else { over_lines(&train).0 };
        drawn.push((Series { held_out: mean, train, ..first.clone() }, band));
    }
    drawn
}

fn series_mark(series: &Series, band: &Band, top: f64, x: &Linear, y: &Linear) -> Mark {
    let line = |points: &[(f64, f64)]| line_path(below(points, top).into_iter().map(|(e, l)| (x.at(e), y.at(l))));
    // A mean of seeds has no evaluations of its own to mark.
    let seen = series.held_out.iter().filter(|point| point.1 <= top && band.is_empty());
    let there = band.iter().map(|&(epoch, _, high)| (x.at(epoch), y.clamped(high)));
    let back = band.iter().rev().map(|&(epoch, low, _)| (x.at(epoch), y.clamped(low)));
    let band = (!band.is_empty()).then(|| path("seed-band", line_path(there.chain(back)) + "Z").key("band"));
    group(names::hue_class(&series.model))
        .key(&series.model)
        .maybe(band)
        .child(path("train-line", line(&series.train)))
        .child(path("held-out-line", line(&series.held_out)))
        .children(seen.map(|(epoch, loss)| circle("held-out-dot", x.at(*epoch), y.at(*loss), 2.5)))
}

/// Names at the right, beside each run's newest value, moved apart where lines meet.
fn labels(drawn: &[(Series, Band)], x: &Linear, y: &Linear) -> Vec<Mark> {
    let end = |(series, _): &(Series, Band)| {
        let (epoch, loss) = *series.held_out.last().or(series.train.last())?;
        let name = display_name(&series.model).to_owned();
        Some((name, names::hue_class(&series.model), (x.at(epoch), y.clamped(loss))))
    };
    let ends: Vec<(String, String, (f64, f64))> = drawn.iter().filter_map(end).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.2.1).collect();
    let placed = spread(&wanted, 14.0, (TOP + 4.0, BOTTOM));
    let label = |((name, class, (end_x, end_y)), at): ((String, String, (f64, f64)), f64)| {
        let leader = format!("M{} {}L{} {}", px(end_x + 4.0), px(end_y), px(RIGHT + 6.0), px(at));
        group(class).child(path("leader", leader)).child(text("line-label", RIGHT + 9.0, at + 4.0, name))
    };
    ends.into_iter().zip(placed).map(label).collect()
}

fn table(panel: &Panel) -> Table {
    let caption = text!(metrics::losses::table, task = names::task(&panel.event), unit = panel.unit());
    let mut table = Table::new(
        caption,
        &[
            text!(charts::heads::model),
            text!(charts::heads::seed),
            text!(charts::heads::epoch),
            text!(metrics::losses::held_out_rows),
            text!(metrics::losses::training_rows),
        ],
    );
    for series in &panel.series {
        for (epoch, loss) in &series.held_out {
            let trained = series.train.iter().rfind(|p| p.0 <= epoch + 1e-9).map(|p| format::significant(p.1, 4));
            table.row([
                Cell::words(display_name(&series.model)),
                Cell::number(series.seed.to_string()),
                Cell::number(format::significant(*epoch, 3)),
                Cell::number(format::significant(*loss, 4)),
                Cell::or_reason(trained, "–"),
            ]);
        }
    }
    table
}
