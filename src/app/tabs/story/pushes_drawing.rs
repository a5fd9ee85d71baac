//! The drawing of one impression's push on each tower's logit, by model.

use super::Push;
use crate::app::charts::axis::{Axis, Unit};
use crate::app::charts::frame::{Area, Frame};
use crate::app::charts::names;
use crate::app::charts::scale::px;
use crate::app::format;
use crate::app::marks::{Cell, Drawing, Mark, Table, group, path, text};
use crate::app::models::display_name;

/// Input of the drawing: the outcome in words, and the models' pushes.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushes {
    pub outcome: &'static str,
    pub rows: Vec<(&'static str, Push)>,
}

/// Area without rows; each adds to its height.
const AREA: Area = Area { width: 520.0, left: 176.0, right: 452.0, top: 34.0, bottom: 34.0 };
const LINE: f64 = 26.0;
const BETWEEN: f64 = 18.0;

pub fn drawing(drawn: &Pushes) -> Drawing {
    let said = drawn.rows.iter().map(|(model, push)| {
        text!(
            charts::pushes::of_model,
            model = display_name(model),
            ctr = format::significant(push.ctr, 2),
            cvr = push.cvr.map_or(text!(charts::pushes::nothing).to_owned(), |cvr| format::significant(cvr, 2)),
            loss = format::significant(push.loss, 3)
        )
    });
    let sentence =
        text!(charts::pushes::sentence, outcome = drawn.outcome, pushes = said.collect::<Vec<_>>().join("; "));
    let mut table = Table::new(
        text!(charts::pushes::table),
        &[
            text!(charts::heads::model),
            text!(charts::pushes::ctr_tower),
            text!(charts::pushes::cvr_tower),
            text!(charts::heads::loss),
        ],
    );
    for (model, push) in &drawn.rows {
        table.row([
            Cell::words(display_name(model)),
            Cell::number(format::significant(push.ctr, 3)),
            Cell::or_reason(push.cvr.map(|cvr| format::significant(cvr, 3)), text!(charts::pushes::nothing)),
            Cell::number(format::significant(push.loss, 3)),
        ]);
    }
    Drawing {
        name: "pushes".to_owned(),
        title: text!(charts::pushes::title).to_owned(),
        body: vec![chart(drawn, &sentence)],
        sentence,
        table,
    }
}

fn chart(drawn: &Pushes, sentence: &str) -> Mark {
    let area = Area { bottom: AREA.bottom + drawn.rows.len() as f64 * (2.0 * LINE + BETWEEN), ..AREA };
    // Square root scale: ESMM's push on the CVR tower after no click is a thousandth of the largest, and has to be visible.
    let x = Axis::linear(text!(charts::pushes::axis), (-1.0, 1.0), Unit::Number).with_ticks(0);
    let frame = Frame::new(area, x, Axis::categories("", Vec::new()));
    let zero = frame.x.at(0.0);
    let rows = drawn.rows.iter().enumerate().map(|(index, (model, push))| {
        let y = area.top + index as f64 * (2.0 * LINE + BETWEEN);
        group(names::hue_class(model))
            .key(*model)
            .child(text("line-label end", area.left - 92.0, y + LINE + 4.0, display_name(model)))
            .child(line(text!(charts::pushes::ctr_tower), Some(push.ctr), &frame, y + LINE / 2.0))
            .child(line(text!(charts::pushes::cvr_tower), push.cvr, &frame, y + LINE * 1.5))
    });
    frame
        .svg(sentence)
        .child(frame.axes())
        .child(frame.upright("axis-line", 0.0))
        .child(text("axis-label end", zero - 10.0, area.top - 14.0, text!(charts::pushes::down)))
        .child(text("axis-label", zero + 10.0, area.top - 14.0, text!(charts::pushes::up)))
        .children(rows)
}

fn line(tower: &str, push: Option<f64>, frame: &Frame, y: f64) -> Mark {
    let name = text("axis-label end", frame.area.left - 12.0, y + 4.0, tower);
    let zero = frame.x.at(0.0);
    let Some(push) = push else {
        let none = text("mark-label muted", zero + 8.0, y + 4.0, text!(charts::pushes::no_loss));
        return group("").child(name).child(none);
    };
    let end = frame.x.at(push.abs().sqrt().copysign(push));
    let side = if push < 0.0 { -1.0 } else { 1.0 };
    let head = (end - zero).abs().min(6.0) * side;
    let arrow = format!("M{} {y}H{}", px(zero), px(end - head));
    let tip = format!("M{} {y}l{} -4v8Z", px(end), px(-head));
    let label = text("mark-label", end + 8.0 * side, y + 4.0, format::significant(push, 2));
    let label = if side < 0.0 { label.class("end") } else { label };
    group("").child(name).child(path("push-line", arrow)).child(path("push-tip", tip)).child(label)
}
