//! The rows on their way from the tables to the log: a step each, with its counts, what it left aside, and its form.

use super::edit::{Msg, StepKind};
use super::form;
use crate::app::format;
use crate::app::marks::{Control, Mark, button, folded, path, select};
use crate::app::sentence;
use crate::domain::assembly::{AssemblyReport, Step, StepReport};
use crate::domain::log::Space;

/// Side of the drawing of one step, which is stretched to the step's height.
const SIDE: f64 = 100.0;
/// Middle of the stream.
const MIDDLE: f64 = 58.0;
/// Width of the most rows, and of none.
const WIDEST: f64 = 56.0;
const NARROWEST: f64 = 3.0;

/// The assembly of the log, or of what is no log yet; `rows` is the log's length.
pub fn section(report: &AssemblyReport, rows: Option<usize>, open: Option<usize>) -> Vec<Mark<Msg>> {
    let title = Mark::new("h3").class("section-title").text(text!(assembly_view::title));
    let says = Mark::new("p").class("view-note").text(match &report.error {
        Some(_) => text!(assembly_view::stuck),
        None => text!(assembly_view::says),
    });
    let scale = Scale::of(report);
    let steps = (0..report.assembly.steps.len()).map(|at| step(report, at, &scale, open == Some(at)));
    let list = Mark::new("ol")
        .class("assembly")
        .key("assembly")
        .child(source(report, &scale))
        .children(steps)
        .children(without_step(report))
        .child(end(report, rows, &scale));
    vec![title, says, list, add(report)]
}

/// Widths in proportion to rows.
struct Scale {
    most: f64,
}

impl Scale {
    fn of(report: &AssemblyReport) -> Self {
        let tables = report.tables.iter().map(|table| table.rows);
        let steps = report.steps.iter().flat_map(|step| [step.rows_in, step.rows_out]);
        Self { most: tables.chain(steps).max().unwrap_or(0).max(1) as f64 }
    }

    fn width(&self, rows: usize) -> f64 {
        NARROWEST + (WIDEST - NARROWEST) * rows as f64 / self.most
    }
}

/// A piece of the stream, of which the whole is said in words.
fn piece(class: &'static str, bands: impl IntoIterator<Item = Mark<Msg>>) -> Mark<Msg> {
    Mark::new("svg")
        .class(class)
        .attr("viewBox", format!("0 0 {SIDE} {SIDE}"))
        .attr("preserveAspectRatio", "none")
        .attr("aria-hidden", "true")
        .children(bands)
}

/// A band from a span at the height `from` to a span at the height `to`.
fn band(class: &'static str, from: (f64, f64, f64), to: (f64, f64, f64)) -> Mark<Msg> {
    let ((left, right, y), (to_left, to_right, to_y)) = (from, to);
    let bend = f64::midpoint(y, to_y);
    path(
        class,
        format!(
            "M{left:.1} {y}C{left:.1} {bend} {to_left:.1} {bend} {to_left:.1} {to_y}H{to_right:.1}C{to_right:.1} {bend} \
             {right:.1} {bend} {right:.1} {y}z"
        ),
    )
}

fn span(width: f64) -> (f64, f64) {
    (MIDDLE - width / 2.0, MIDDLE + width / 2.0)
}

/// The table that the rows come from, and the choice of another.
fn source(report: &AssemblyReport, scale: &Scale) -> Mark<Msg> {
    let main = report.tables.iter().find(|table| table.name == report.assembly.table);
    let rows = main.map_or(0, |table| table.rows);
    let (left, right) = span(scale.width(rows));
    let drawing = piece("stream", [band("stream-rows", (left, right, 30.0), (left, right, SIDE))]);
    let unrolled = report.assembly.unroll.get(&report.assembly.table);
    let counts = text!(
        assembly_view::table_counts,
        rows = counted!(nouns::rows, rows),
        columns = counted!(nouns::columns, main.map_or(0, |table| table.columns.len()))
    );
    let lists = main.map_or(&[][..], |table| &table.lists);
    let list = (!lists.is_empty()).then(|| {
        let of_list = |list: &String| (Some(list.clone()), text!(assembly_view::unrolled, list = list));
        let options = [(None, text!(assembly_view::records).to_owned())].into_iter().chain(lists.iter().map(of_list));
        select(Control::new(text!(assembly_view::its_rows)), options, &unrolled.cloned(), Msg::Unroll).key("list")
    });
    let choice = (report.tables.len() > 1).then(|| {
        let names = report.tables.iter().map(|table| (table.name.clone(), table.name.clone()));
        select(Control::new(text!(assembly_view::rows_from)), names, &report.assembly.table, Msg::Table).key("table")
    });
    let unused: Vec<&str> = report.unused().collect();
    let unused = (!unused.is_empty()).then(|| {
        Mark::new("p").class("hint").key("unused").text(text!(assembly_view::unused, tables = unused.join(", ")))
    });
    let card = Mark::new("div")
        .class("stage-card")
        .child(heading(&report.assembly.table))
        .child(Mark::new("p").text(counts))
        .maybe(list)
        .maybe(choice)
        .maybe(unused);
    stage("source", drawing, card)
}

fn heading(words: &str) -> Mark<Msg> {
    Mark::new("h4").class("stage-title").text(words)
}

fn stage(key: &str, drawing: Mark<Msg>, card: Mark<Msg>) -> Mark<Msg> {
    Mark::new("li").class("stage").key(key).child(drawing).child(card)
}

fn step(report: &AssemblyReport, at: usize, scale: &Scale, is_open: bool) -> Mark<Msg> {
    let step = &report.assembly.steps[at];
    let number = format::count(at + 1);
    let title = text!(assembly_view::step_title, number = &number, step = title_of(step));
    let remove = text!(assembly_view::remove, number = &number);
    let change = text!(assembly_view::change, number = &number);
    let is_stuck = at == report.steps.len() && report.error.is_some();
    let (says, drawing, class) = match (report.steps.get(at), &report.error) {
        (Some(done), _) => (told(done), stream(report, step, done, scale), "stage-card"),
        (None, Some(error)) if is_stuck => {
            let problem = Mark::new("p").class("problem").key("problem").text(sentence::spoken(error));
            (vec![problem], piece("stream", []), "stage-card is-stuck")
        }
        (None, _) => {
            let waits = Mark::new("p").class("hint").key("waits").text(text!(assembly_view::waits));
            (vec![waits], piece("stream", []), "stage-card is-waiting")
        }
    };
    let body = form::form(report, at).map(move |edit| Msg::Edit(at, edit));
    let form = folded("form", change, body).flag("open", is_open || is_stuck);
    let card = Mark::new("div")
        .class(class)
        .child(heading(&title))
        .children(says)
        .child(form)
        .child(button(Control::new(&remove), "quiet", Msg::Remove(at)).key("remove"));
    stage(&format!("step-{at}"), drawing, card)
}

/// What a step is about: its kind, with the table that it takes.
fn title_of(step: &Step) -> String {
    let kind = StepKind::of(step).words();
    match step {
        Step::Append { tables } => text!(assembly_view::with_table, step = kind, table = tables.join(", ")),
        Step::Label(label) => text!(assembly_view::with_table, step = kind, table = &label.table),
        Step::Features(features) => text!(assembly_view::with_table, step = kind, table = &features.table),
        Step::Events(_) | Step::Spread(_) => kind.to_owned(),
    }
}

/// What a step did, with its counts.
fn told(done: &StepReport) -> Vec<Mark<Msg>> {
    let counts = text!(
        assembly_view::counts,
        rows_in = format::count(done.rows_in),
        rows_out = counted!(nouns::rows, done.rows_out)
    );
    let mut marks = vec![
        Mark::new("p").class("stage-counts").key("counts").text(counts),
        Mark::new("p").key("says").text(&done.says),
    ];
    if !done.left_aside.is_empty() {
        let list = done.left_aside.iter().map(|words| Mark::new("li").text(words));
        marks.push(Mark::new("p").class("hint").key("aside").text(text!(assembly_view::left_aside)));
        marks.push(Mark::new("ul").class("stage-aside").key("left-aside").children(list));
    }
    marks
}

/// The stream through a step: narrower by the rows it left aside, which leave to the left, with the joined table coming in.
fn stream(report: &AssemblyReport, step: &Step, done: &StepReport, scale: &Scale) -> Mark<Msg> {
    let (rows_in, rows_out) = (scale.width(done.rows_in), scale.width(done.rows_out));
    let ((left, right), (to_left, to_right)) = (span(rows_in), span(rows_out));
    let joined = report.tables.iter().filter(|table| step.uses(&table.name)).map(|table| table.rows).sum::<usize>();
    let mut bands = Vec::new();
    if done.rows_out < done.rows_in && !matches!(step, Step::Spread(_)) {
        let lost = rows_in - rows_out;
        bands.push(band("stream-aside", (left, left + lost, 0.0), (left - lost - 8.0, left - 8.0, 64.0)));
    }
    if joined > 0 {
        let width = scale.width(joined).min(MIDDLE - WIDEST / 2.0);
        bands.push(band("stream-joined", (0.0, width, 10.0), (MIDDLE - width / 2.0, MIDDLE + width / 2.0, 80.0)));
    }
    bands.push(band("stream-rows", (left, right, 0.0), (to_left, to_right, SIDE)));
    piece("stream", bands)
}

/// Why there are no rows, when no step is to blame.
fn without_step(report: &AssemblyReport) -> Option<Mark<Msg>> {
    let error = report.error.as_ref().filter(|_| report.steps.len() == report.assembly.steps.len())?;
    let problem = Mark::new("p").class("problem").text(sentence::spoken(error));
    Some(stage("problem", piece("stream", []), Mark::new("div").class("stage-card is-stuck").child(problem)))
}

/// The log, and what a row of it is.
fn end(report: &AssemblyReport, rows: Option<usize>, scale: &Scale) -> Mark<Msg> {
    let drawing = match rows {
        Some(rows) => {
            let (left, right) = span(scale.width(rows));
            piece("stream", [band("stream-rows", (left, right, 0.0), (left, right, 60.0))])
        }
        None => piece("stream", []),
    };
    let title = match rows {
        Some(rows) => text!(assembly_view::log, rows = counted!(nouns::rows, rows)),
        None => text!(assembly_view::no_log).to_owned(),
    };
    let spaces = std::iter::once((None, text!(assembly_view::space_as_found).to_owned()))
        .chain(Space::ALL.into_iter().map(|space| (Some(space), space.plural().to_owned())));
    let control = Control::new(text!(assembly_view::row_is)).hint(text!(assembly_view::row_is_hint));
    let space = select(control, spaces, &report.assembly.space, Msg::Space);
    let card = Mark::new("div").class("stage-card").child(heading(&title)).child(space.key("space"));
    stage("log", drawing, card)
}

/// Buttons that add a step at the end.
fn add(report: &AssemblyReport) -> Mark<Msg> {
    let has_others = report.tables.len() > 1;
    let offered = StepKind::ALL.into_iter().filter(|kind| has_others || !kind.needs_table());
    let buttons = offered.map(|kind| {
        let label = text!(assembly_view::add, step = kind.words());
        button(Control::new(&label), "quiet", Msg::Add(kind)).key(kind.words())
    });
    let body = Mark::new("div").class("fixes").key("add-steps").children(buttons);
    if report.assembly.steps.is_empty() { body } else { folded("add-step", text!(assembly_view::add_step), body) }
}
