//! The drawing of a task's losses: a line per model in its hue, training dashed, held-out rows solid; over several seeds
//! their mean, with a band around all held-out lines.

use super::curves::{Panel, Series, below};
use super::task_curves::over_lines;
use crate::app::charts::axis::{Axis, Unit};
use crate::app::charts::frame::{Area, Frame, Label, key_item};
use crate::app::charts::names;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, group, path};
use crate::app::models::{display_name, distinct};

const AREA: Area = Area { bottom: 172.0, ..Area::SMALL };

pub fn drawing(panel: &Panel) -> Drawing {
    let sentence = panel.sentence();
    let x = Axis::linear(text!(metrics::losses::epochs), (0.0, panel.epochs), Unit::Number).with_ticks(5);
    let y = Axis::linear(text!(metrics::losses::axis, unit = panel.unit()), panel.y, Unit::Number);
    let frame = Frame::new(AREA, x, y);
    let drawn = of_models(panel);
    let lines = drawn.iter().map(|(series, band)| series_mark(series, band, panel.y.1, &frame));
    let labels = drawn.iter().filter_map(|(series, _)| {
        let end = frame.point(*series.held_out.last().or(series.train.last())?);
        Some(Label::of_model(&series.model, display_name(&series.model), end.1).led_from(end))
    });
    let labels = frame.labels(labels.collect());
    Drawing {
        name: format!("loss-{}", panel.event),
        title: names::task(&panel.event),
        body: vec![frame.svg(&sentence).child(frame.axes()).children(lines).child(labels)],
        sentence,
        table: table(panel),
    }
}

/// Key of solid and dashed lines.
pub fn key() -> Mark {
    let line = |class: &str, words: &str| key_item(28.0, [path(class, "M0 7H28")], words);
    Mark::new("ul")
        .class("key")
        .child(line("key-line", text!(metrics::losses::held_out)))
        .child(line("key-line dashed", text!(metrics::losses::training)))
}

/// Lowest and highest of all seeds by epoch; empty for one seed.
type Band = Vec<(f64, f64, f64)>;

/// One line for each model: its run, or the mean of its seeds with their band.
fn of_models(panel: &Panel) -> Vec<(Series, Band)> {
    let mut drawn: Vec<(Series, Band)> = Vec::new();
    for model in distinct(panel.series.iter().map(|series| series.model.as_str())) {
        let seeds: Vec<&Series> = panel.series.iter().filter(|series| series.model == model).collect();
        let lines = |of: fn(&Series) -> &Vec<(f64, f64)>| {
            seeds.iter().map(|series| of(series).clone()).filter(|line| !line.is_empty()).collect::<Vec<_>>()
        };
        let (held_out, train) = (lines(|series| &series.held_out), lines(|series| &series.train));
        if held_out.len() < 2 {
            drawn.push((seeds[0].clone(), Vec::new()));
            continue;
        }
        let (mean, band) = over_lines(&held_out);
        let train = if train.is_empty() { Vec::new() } else { over_lines(&train).0 };
        drawn.push((Series { held_out: mean, train, ..seeds[0].clone() }, band));
    }
    drawn
}

fn series_mark(series: &Series, band: &Band, top: f64, frame: &Frame) -> Mark {
    // A mean of seeds has no evaluations of its own to mark.
    let seen = series.held_out.iter().filter(|point| point.1 <= top && band.is_empty());
    let dots = seen.map(|point| {
        let (x, y) = frame.point(*point);
        circle("held-out-dot", x, y, 2.5)
    });
    group(names::hue_class(&series.model))
        .key(&series.model)
        .maybe(frame.band(band))
        .child(frame.line("train-line", below(&series.train, top)))
        .child(frame.line("held-out-line", below(&series.held_out, top)))
        .children(dots)
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
