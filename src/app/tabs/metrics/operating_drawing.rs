//! The drawing of threshold and cost: a line a run, a handle to drag, and what stands at the threshold as a table.

use super::operating::{COST, CostLine, Costs, Grip, Msg, THRESHOLD, cost_lines, logit_ends, sentence};
use crate::app::charts::scale::{Linear, line_path, logit, nice_ceil, px, spaced_probability_ticks, spread, ticks};
use crate::app::charts::{names, to_come};
use crate::app::format;
use crate::app::marks::{Cell, Control, Drawing, Mark, Table, button, circle, figure, group, path, slider, svg, text};
use crate::protocol::Run;

const WIDTH: f64 = 560.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 462.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 232.0;
const HEIGHT: f64 = 276.0;

/// The tool for one task; nothing where no run has both classes.
pub fn tool(runs: &[Run], task: &str, costs: &Costs) -> Option<Mark<Msg>> {
    let lines = cost_lines(runs, task, costs);
    let curves = runs.iter().find_map(|run| run.shown()?.curves.get(task))?;
    lines.first()?;
    let said = sentence(&lines, costs, curves.rows, curves.positives);
    let said = match to_come::figure_note(runs, task) {
        Some(note) => format!("{said} {note}"),
        None => said,
    };
    let table = table(&lines);
    let drawing = Drawing {
        name: format!("costs-{task}"),
        title: text!(metrics::costs::title).to_owned(),
        sentence: said.clone(),
        body: vec![svg(WIDTH, HEIGHT, &said).attr("role", "group").class("costs").children(marks(&lines, costs))],
        table: table.clone(),
    };
    let now = threshold_on_view(&lines, costs);
    let controls = Mark::new("div").class("break-controls").children([
        slider(Control::new(text!(metrics::costs::false_alarm)), COST, costs.false_alarm, Msg::FalseAlarm),
        slider(Control::new(text!(metrics::costs::miss)), COST, costs.miss, Msg::Miss),
        slider(Control::new(text!(metrics::costs::call)), THRESHOLD, rounded(now), Msg::Threshold),
        button(Control::new(text!(metrics::costs::each)).disabled(costs.threshold.is_none()), "quiet", Msg::EachItsOwn),
    ]);
    let scroll = Mark::new("div")
        .class("table-scroll")
        .attr("tabindex", "0")
        .attr("role", "group")
        .attr("aria-label", text!(metrics::costs::scrolls))
        .child(table.mark());
    let note = Mark::new("p").class("view-note").text(text!(metrics::costs::note));
    Some(Mark::new("div").class("cost-tool").children([controls, figure(drawing), scroll, note]))
}

/// The one that is set, else the cheapest of the first run that calls anything.
fn threshold_on_view(lines: &[CostLine], costs: &Costs) -> f64 {
    costs.threshold.or_else(|| lines.iter().find_map(|line| line.stands.threshold)).unwrap_or(0.5)
}

fn rounded(p: f64) -> f64 {
    let digit = 10f64.powf(2.0 - p.log10().floor());
    (p * digit).round() / digit
}

fn marks(lines: &[CostLine], costs: &Costs) -> Vec<Mark<Msg>> {
    let logits = logit_ends(lines);
    let x = Linear::new(logits, (LEFT, RIGHT));
    // What calling everything or nothing costs may dwarf the rest: the axis ends at twice the dearer of the cheapest.
    let least = lines.iter().map(|line| line.least.max(line.cost)).fold(0.0, f64::max);
    let y = Linear::new((0.0, nice_ceil((least * 2.0).max(1e-9))), (BOTTOM, TOP));
    let at = |p: f64| x.clamped(logit(p.clamp(1e-6, 1.0 - 1e-6)));
    let mut marks = Vec::new();
    for tick in ticks(0.0, y.domain.1, 4) {
        marks.push(path("grid-line", format!("M{LEFT} {}H{RIGHT}", px(y.at(tick)))));
        marks.push(text("axis-label end", LEFT - 6.0, y.at(tick) + 4.0, format::significant(tick, 2)));
    }
    for (p, place) in spaced_probability_ticks(&x, 44.0) {
        marks.push(text("axis-label middle", place, BOTTOM + 16.0, format::tick_percent(p)));
    }
    for line in lines {
        let points = line.points.iter().map(|&(p, cost)| (at(p), y.clamped(cost)));
        let stands = line.stands.threshold.map(|p| circle("line-dot", at(p), y.clamped(line.cost), 4.5));
        marks.push(
            group(names::hue_class(&line.model))
                .key(&line.name)
                .child(path("held-out-line", line_path(points)))
                .maybe(stands),
        );
    }
    let wanted: Vec<f64> = lines.iter().filter_map(|l| Some(y.clamped(l.points.last()?.1))).collect();
    for (line, place) in lines.iter().zip(spread(&wanted, 15.0, (TOP + 4.0, BOTTOM))) {
        let class = format!("line-label {}", names::hue_class(&line.model));
        marks.push(text(class, RIGHT + 8.0, place + 4.0, &line.name));
    }
    marks.push(text("axis-title start", 0.0, 12.0, text!(metrics::costs::y_axis)));
    marks.push(text("axis-title", (LEFT + RIGHT) / 2.0, BOTTOM + 36.0, text!(metrics::costs::x_axis)));
    let now = threshold_on_view(lines, costs);
    marks.push(handle(now, at(now), logits, costs.threshold.is_some()));
    marks
}

fn handle(now: f64, place: f64, logits: (f64, f64), is_set: bool) -> Mark<Msg> {
    let grip = Grip { logits, ends: (LEFT, RIGHT), at: (place - LEFT) / (RIGHT - LEFT) };
    let words = format::percent(now);
    let words = if is_set { words } else { text!(metrics::costs::cheapest_is, threshold = words) };
    let share = (grip.at * 100.0).round();
    group("cost-handle")
        .key("handle")
        .attr("role", "slider")
        .attr("tabindex", "0")
        .attr("aria-label", text!(metrics::costs::threshold))
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", "100")
        .attr("aria-valuenow", share)
        .attr("aria-valuetext", words)
        .on_grab(move |grab| grip.message(grab))
        .child(path("cost-grab", format!("M{} {TOP}V{BOTTOM}", px(place))))
        .child(path("cost-rule", format!("M{} {}V{BOTTOM}", px(place), px(TOP - 4.0))))
        .child(circle("cost-knob", place, TOP - 6.0, 6.0))
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
