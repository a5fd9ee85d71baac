//! The drawing of threshold and cost: a line per run, a handle to drag, and a table of the values at the threshold.

use super::operating::{COST, CostLine, Costs, Grip, Msg, THRESHOLD, cost_lines, logit_ends, sentence};
use crate::app::charts::axis::{Axis, Unit};
use crate::app::charts::frame::{Area, Frame, Handle, Label};
use crate::app::charts::scale::nice_ceil;
use crate::app::charts::{maturity, names};
use crate::app::format;
use crate::app::marks::{Cell, Control, Drawing, Mark, Table, button, circle, figure, group, scrolled, slider};
use crate::protocol::Run;

const AREA: Area = Area { width: 560.0, left: 56.0, right: 462.0, top: 44.0, bottom: 248.0 };

/// The figure for one task; `None` if no run has both classes.
pub fn tool(runs: &[Run], task: &str, costs: &Costs) -> Option<Mark<Msg>> {
    let lines = cost_lines(runs, task, costs);
    let curves = runs.iter().find_map(|run| run.shown()?.curves.get(task))?;
    lines.first()?;
    let said = sentence(&lines, costs, curves.rows, curves.positives);
    let said = match maturity::figure_note(runs, task) {
        Some(note) => format!("{said} {note}"),
        None => said,
    };
    let table = table(&lines);
    let drawing = Drawing {
        name: format!("costs-{task}"),
        title: text!(metrics::costs::title).to_owned(),
        sentence: said.clone(),
        body: vec![chart(&lines, costs, &said)],
        table: table.clone(),
    };
    let now = threshold_on_view(&lines, costs);
    let controls = Mark::new("div").class("break-controls").children([
        slider(Control::new(text!(metrics::costs::false_alarm)), COST, costs.false_alarm, Msg::FalseAlarm),
        slider(Control::new(text!(metrics::costs::miss)), COST, costs.miss, Msg::Miss),
        slider(Control::new(text!(metrics::costs::call)), THRESHOLD, rounded(now), Msg::Threshold),
        button(Control::new(text!(metrics::costs::each)).disabled(costs.threshold.is_none()), "quiet", Msg::EachItsOwn),
    ]);
    let scroll = scrolled(text!(metrics::costs::scrolls), table.mark());
    let note = Mark::new("p").class("view-note").text(text!(metrics::costs::note));
    Some(Mark::new("div").class("cost-tool").children([controls, figure(drawing), scroll, note]))
}

/// The threshold that is set, else the cheapest of the first run that calls anything.
fn threshold_on_view(lines: &[CostLine], costs: &Costs) -> f64 {
    costs.threshold.or_else(|| lines.iter().find_map(|line| line.stands.threshold)).unwrap_or(0.5)
}

fn rounded(p: f64) -> f64 {
    let digit = 10f64.powf(2.0 - p.log10().floor());
    (p * digit).round() / digit
}

fn chart(lines: &[CostLine], costs: &Costs, said: &str) -> Mark<Msg> {
    let logits = logit_ends(lines);
    // Calling everything or nothing may cost much more: the axis ends at twice the highest of the least and current costs.
    let least = lines.iter().map(|line| line.least.max(line.cost)).fold(0.0, f64::max);
    let top = nice_ceil((least * 2.0).max(1e-9));
    let x = Axis::logit(text!(metrics::costs::x_axis), logits);
    let frame = Frame::new(AREA, x, Axis::linear(text!(metrics::costs::y_axis), (0.0, top), Unit::Number));
    let drawn = lines.iter().map(|line| {
        let stands = line.stands.threshold.map(|threshold| frame.point((threshold, line.cost)));
        group(names::hue_class(&line.model))
            .key(&line.name)
            .child(frame.line("held-out-line", line.points.iter().copied()))
            .maybe(stands.map(|(x, y)| circle("line-dot", x, y, 4.5)))
    });
    let label = |line: &CostLine| Some(Label::of_model(&line.model, &line.name, frame.y.at(line.points.last()?.1)));
    let still = [frame.axes()].into_iter().chain(drawn).chain([frame.labels(lines.iter().filter_map(label).collect())]);
    let grip = Grip { logits, threshold: threshold_on_view(lines, costs) };
    let words = format::percent(grip.threshold);
    let handle = Handle {
        name: text!(metrics::costs::threshold),
        values: [0, 100, (100.0 * grip.share_of(grip.threshold)).round() as usize],
        words: if costs.threshold.is_some() { words } else { text!(metrics::costs::cheapest_is, threshold = words) },
        x: grip.threshold,
    };
    let handle = frame.handle(handle, move |moved| grip.message(moved)).class("cost-handle");
    frame.svg(said).attr("role", "group").children(still.map(Mark::still)).child(handle)
}

fn table(lines: &[CostLine]) -> Table<Msg> {
    let heads = [
        text!(charts::heads::model),
        text!(metrics::costs::threshold),
        text!(metrics::costs::table::called),
        text!(metrics::costs::table::found),
        text!(metrics::costs::table::missed),
        text!(metrics::costs::table::false_alarms),
        text!(metrics::costs::table::precision),
        text!(metrics::costs::table::recall),
        text!(metrics::costs::table::f1),
        text!(metrics::costs::table::cost),
        text!(metrics::costs::table::cheapest),
    ];
    let mut table = Table::new(text!(metrics::costs::table::caption), &heads);
    for line in lines {
        let point = line.stands;
        let count = |value: f64| Cell::number(format::rounded(value));
        table.row([
            Cell::words(&line.name),
            Cell::or_reason(
                point.threshold.map(|at| format::significant(at, 3)),
                text!(metrics::costs::table::nothing),
            ),
            count(point.hits + point.false_alarms),
            count(point.hits),
            count(point.misses),
            count(point.false_alarms),
            Cell::or_reason(point.precision.map(format::percent), text!(metrics::costs::table::nothing_called)),
            Cell::number(format::percent(point.recall)),
            Cell::number(format::significant(point.f1, 3)),
            Cell::number(format::significant(line.cost, 3)),
            Cell::number(format::significant(line.least, 3)),
        ]);
    }
    table
}
