//! The drawing of a task's losses: a line per model in its hue, training dashed, held-out rows solid; over several seeds
//! their mean, with a band around all held-out lines.

use super::curves::{Panel, below};
use crate::app::charts::axis::{Axis, Unit};
use crate::app::charts::frame::{Area, Frame, Label, key_item};
use crate::app::charts::names;
use crate::app::charts::seed_lines::{SeedLine, seed_lines};
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, circle, group, path};
use crate::app::models::{display_name, distinct};

const AREA: Area = Area { bottom: 172.0, ..Area::SMALL };

pub fn drawing(panel: &Panel) -> Drawing {
    let sentence = panel.sentence();
    let x = Axis::linear(text!(metrics::losses::epochs), (0.0, panel.epochs), Unit::Number).with_ticks(5);
    let y = Axis::linear(text!(metrics::losses::axis, unit = panel.unit()), panel.y, Unit::Number);
    let frame = Frame::new(AREA, x, y);
    let held_out = seed_lines(panel.series.iter().map(|series| (series.model.as_str(), series.held_out.clone())));
    let train = seed_lines(panel.series.iter().map(|series| (series.model.as_str(), series.train.clone())));
    let of_model = |model| {
        let line = |lines: &[SeedLine]| lines.iter().find(|line| line.model == model).cloned();
        ModelLines { model, held_out: line(&held_out).unwrap_or_default(), train: line(&train).unwrap_or_default() }
    };
    let drawn: Vec<ModelLines> =
        distinct(panel.series.iter().map(|series| series.model.as_str())).into_iter().map(of_model).collect();
    let lines = drawn.iter().map(|lines| model_mark(lines, panel.y.1, &frame));
    let labels = drawn.iter().filter_map(|ModelLines { model, held_out, train }| {
        let end = frame.point(*held_out.points.last().or(train.points.last())?);
        Some(Label::of_model(model, display_name(model), end.1).led_from(end))
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

/// What is drawn of a model.
struct ModelLines<'a> {
    model: &'a str,
    held_out: SeedLine,
    train: SeedLine,
}

fn model_mark(ModelLines { model, held_out, train }: &ModelLines, top: f64, frame: &Frame) -> Mark {
    // A mean of seeds has no evaluations of its own to mark.
    let seen = held_out.points.iter().filter(|point| point.1 <= top && held_out.band.is_empty());
    let dots = seen.map(|point| {
        let (x, y) = frame.point(*point);
        circle("held-out-dot", x, y, 2.5)
    });
    group(names::hue_class(model))
        .key(*model)
        .maybe(frame.band(&held_out.band))
        .child(frame.line("train-line", below(&train.points, top)))
        .child(frame.line("held-out-line", below(&held_out.points, top)))
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
