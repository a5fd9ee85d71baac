//! The form of one step.

use super::edit::{Meaning, StepEdit};
use crate::app::marks::{Control, Mark, button, check, number, select};
use crate::domain::assembly::{
    AssemblyReport, Events, FeatureTable, KeyPair, LabelTable, Spread, Step, TableReport, Touch,
};
use crate::domain::range::Range;

/// A window of 0 days is none.
const DAYS: Range = Range::linear(0.0, 36_500.0);
const ROWS: Range = Range::linear(1.0, 5_000_000.0);

/// The controls of the step at `at`.
pub fn form(report: &AssemblyReport, at: usize) -> Mark<StepEdit> {
    let table = |name: &str| report.tables.iter().find(|table| table.name == name);
    let rows = Columns::of_rows(report, at);
    let controls = match &report.assembly.steps[at] {
        Step::Append { tables } => parts(report, tables),
        Step::Events(step) => events(step, &rows, table(&report.assembly.table)),
        Step::Label(step) => label_of(report, step, &rows, Columns::of(table(&step.table))),
        Step::Features(step) => features(report, step, &rows, Columns::of(table(&step.table))),
        Step::Spread(step) => spread(step, &rows),
    };
    Mark::new("div").class("controls step-form").children(controls)
}

/// Columns to choose from.
struct Columns {
    all: Vec<String>,
    times: Vec<String>,
}

impl Columns {
    fn of(table: Option<&TableReport>) -> Self {
        let columns = table.map(|table| table.columns.as_slice()).unwrap_or_default();
        let names = |is_wanted: fn(bool) -> bool| {
            columns.iter().filter(|column| is_wanted(column.is_time)).map(|column| column.name.clone()).collect()
        };
        Self { all: names(|_| true), times: names(|is_time| is_time) }
    }

    /// Those of the rows before the step: of their own table, and of the tables that were joined.
    fn of_rows(report: &AssemblyReport, at: usize) -> Self {
        let joined = report.assembly.steps[..at].iter().filter_map(|step| match step {
            Step::Features(features) => Some(features.table.as_str()),
            _ => None,
        });
        let names = std::iter::once(report.assembly.table.as_str()).chain(joined);
        let mut columns = Self { all: Vec::new(), times: Vec::new() };
        for table in names.filter_map(|name| report.tables.iter().find(|table| table.name == name)) {
            let Self { all, times } = Self::of(Some(table));
            columns.all.extend(all);
            columns.times.extend(times);
        }
        columns
    }

    /// Those that say when, or all where none does.
    fn times(&self) -> &[String] {
        if self.times.is_empty() { &self.all } else { &self.times }
    }
}

/// A list of columns; one that is not there any more stays in the list.
fn column(label: &str, columns: &[String], chosen: &str, set: impl Fn(String) -> StepEdit + 'static) -> Mark<StepEdit> {
    let unknown = (!columns.iter().any(|column| column == chosen)).then(|| chosen.to_owned());
    let options = columns.iter().cloned().chain(unknown).map(|name| (name.clone(), name));
    select(Control::new(label), options, &chosen.to_owned(), set)
}

/// Boxes under a heading.
fn boxes(title: &str, boxes: impl IntoIterator<Item = Mark<StepEdit>>) -> Mark<StepEdit> {
    let legend = Mark::new("legend").text(title);
    Mark::new("fieldset").class("step-boxes").key(title).child(legend).children(boxes)
}

fn parts(report: &AssemblyReport, tables: &[String]) -> Vec<Mark<StepEdit>> {
    let others = report.tables.iter().filter(|table| table.name != report.assembly.table);
    let boxes_of = others.map(|table| {
        let (is_in, name) = (tables.contains(&table.name), table.name.clone());
        check(Control::new(&table.name), is_in, move |is_in| StepEdit::Part { table: name.clone(), is_in })
            .key(&table.name)
    });
    vec![boxes(text!(assembly_view::fields::parts), boxes_of)]
}

fn events(step: &Events, rows: &Columns, table: Option<&TableReport>) -> Vec<Mark<StepEdit>> {
    let column_of = |name: &str| table.and_then(|table| table.columns.iter().find(|column| column.name == name));
    let words = column_of(&step.event).map(|column| column.words.clone()).unwrap_or_default();
    let meaning = words.iter().map(|word| {
        let of_word = word.clone();
        let options = Meaning::ALL.map(|meaning| (meaning, meaning_words(meaning)));
        let set = move |meaning| StepEdit::Word { word: of_word.clone(), meaning };
        select(Control::new(word), options, &Meaning::of(step, word), set).key(word)
    });
    let meanings = match words.is_empty() {
        true => vec![Mark::new("p").class("hint").text(text!(assembly_view::no_words, column = &step.event))],
        false => meaning.collect(),
    };
    let is_other = |name: &&String| **name != step.event && **name != step.time;
    let key = rows.all.iter().filter(is_other).map(|name| {
        let of = name.clone();
        let set = move |is_in| StepEdit::Key { column: of.clone(), is_in };
        check(Control::new(name), step.key.contains(name), set).key(name)
    });
    let history = rows.all.iter().filter(is_other).map(|name| {
        let of = name.clone();
        let set = move |is_in| StepEdit::History { column: of.clone(), is_in };
        check(Control::new(name), step.histories.contains(name), set).key(name)
    });
    vec![
        column(text!(assembly_view::fields::event), &rows.all, &step.event, StepEdit::EventColumn).key("event"),
        boxes(text!(assembly_view::fields::meaning), meanings),
        column(text!(assembly_view::fields::time), rows.times(), &step.time, StepEdit::TimeColumn).key("time"),
        boxes(text!(assembly_view::fields::key), key),
        window(step.window_days),
        touch(step.touch),
        boxes(text!(assembly_view::fields::histories), history),
    ]
}

fn meaning_words(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Row => text!(assembly_view::meanings::row),
        Meaning::Click => text!(assembly_view::meanings::click),
        Meaning::Action => text!(assembly_view::meanings::action),
        Meaning::Conversion => text!(assembly_view::meanings::conversion),
        Meaning::Nothing => text!(assembly_view::meanings::nothing),
    }
}

fn window(days: Option<f64>) -> Mark<StepEdit> {
    let control = Control::new(text!(assembly_view::fields::window)).hint(text!(assembly_view::fields::no_window));
    number(control, DAYS, days.unwrap_or(0.0), |days| StepEdit::WindowDays((days > 0.0).then_some(days))).key("window")
}

fn touch(chosen: Touch) -> Mark<StepEdit> {
    let options = [
        (Touch::Last, text!(assembly_view::touches::last)),
        (Touch::First, text!(assembly_view::touches::first)),
        (Touch::Every, text!(assembly_view::touches::every)),
    ];
    select(Control::new(text!(assembly_view::fields::touch)), options, &chosen, StepEdit::Touch).key("touch")
}

/// Choice of another table than that of the rows.
fn table_of(report: &AssemblyReport, chosen: &str) -> Mark<StepEdit> {
    let others = report.tables.iter().filter(|table| table.name != report.assembly.table);
    let names: Vec<String> = others.map(|table| table.name.clone()).collect();
    column(text!(assembly_view::fields::table), &names, chosen, StepEdit::Table).key("table")
}

fn label_of(report: &AssemblyReport, step: &LabelTable, rows: &Columns, right: Columns) -> Vec<Mark<StepEdit>> {
    let labels = [Meaning::Click, Meaning::Action, Meaning::Conversion];
    let options = labels.iter().filter_map(|meaning| Some((meaning.label()?.to_owned(), meaning_words(*meaning))));
    let mut controls = vec![
        table_of(report, &step.table),
        select(Control::new(text!(assembly_view::fields::label)), options, &step.label, StepEdit::Label).key("label"),
    ];
    controls.extend(pairs(&step.on, rows, &right));
    controls.push(times(step.times.as_ref(), rows, &right));
    if step.times.is_some() {
        controls.extend([window(step.window_days), touch(step.touch)]);
    }
    controls
}

fn features(report: &AssemblyReport, step: &FeatureTable, rows: &Columns, right: Columns) -> Vec<Mark<StepEdit>> {
    let mut controls = vec![table_of(report, &step.table)];
    controls.extend(pairs(&step.on, rows, &right));
    controls
}

/// The key: pairs of columns that hold the same.
fn pairs(on: &[KeyPair], rows: &Columns, right: &Columns) -> Vec<Mark<StepEdit>> {
    let line = |(at, pair): (usize, &KeyPair)| {
        let (of_left, of_right) = (pair.clone(), pair.clone());
        let left = column(text!(assembly_view::fields::left), &rows.all, &pair.left, move |left| {
            StepEdit::Pair(at, KeyPair { left, ..of_left.clone() })
        });
        let right = column(text!(assembly_view::fields::right), &right.all, &pair.right, move |right| {
            StepEdit::Pair(at, KeyPair { right, ..of_right.clone() })
        });
        let remove = (on.len() > 1).then(|| {
            button(Control::new(text!(assembly_view::remove_pair)), "quiet", StepEdit::RemovePair(at)).key("remove")
        });
        Mark::new("div").class("step-pair").key(at).child(left.key("left")).child(right.key("right")).maybe(remove)
    };
    let mut marks: Vec<Mark<StepEdit>> = on.iter().enumerate().map(line).collect();
    if let (Some(left), Some(right)) = (rows.all.first(), right.all.first()) {
        let pair = KeyPair { left: left.clone(), right: right.clone() };
        let add = StepEdit::Pair(on.len(), pair);
        marks.push(button(Control::new(text!(assembly_view::add_pair)), "quiet", add).key("add-pair"));
    }
    marks
}

/// The columns that say when, or none.
fn times(chosen: Option<&KeyPair>, rows: &Columns, right: &Columns) -> Mark<StepEdit> {
    let none = (None, text!(assembly_view::fields::no_times).to_owned());
    let both = rows.times.iter().flat_map(|left| right.times.iter().map(move |right| (left, right)));
    let pairs = both.map(|(left, right)| {
        let words = text!(assembly_view::fields::times_pair, left = left, right = right);
        (Some(KeyPair { left: left.clone(), right: right.clone() }), words)
    });
    let control = Control::new(text!(assembly_view::fields::times));
    select(control, std::iter::once(none).chain(pairs), &chosen.cloned(), StepEdit::Times).key("times")
}

fn spread(step: &Spread, rows: &Columns) -> Vec<Mark<StepEdit>> {
    let none = (None, text!(assembly_view::fields::no_conversions).to_owned());
    let options = std::iter::once(none).chain(rows.all.iter().map(|name| (Some(name.clone()), name.clone())));
    let conversions = Control::new(text!(assembly_view::fields::conversions));
    vec![
        column(text!(assembly_view::fields::impressions), &rows.all, &step.impressions, StepEdit::Impressions)
            .key("impressions"),
        column(text!(assembly_view::fields::clicks), &rows.all, &step.clicks, StepEdit::Clicks).key("clicks"),
        select(conversions, options, &step.conversions, StepEdit::Conversions).key("conversions"),
        number(Control::new(text!(assembly_view::fields::rows)), ROWS, step.limit as f64, |rows| {
            StepEdit::Rows(rows.round() as usize)
        })
        .key("rows"),
    ]
}
