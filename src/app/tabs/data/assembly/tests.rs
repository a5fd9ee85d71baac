//! What the drawing says, and what each control changes.

use super::edit::{Meaning, StepEdit, StepKind};
use super::*;
use crate::app::marks::Mark;
use crate::domain::assembly::{Assembler, Assembly, AssemblyReport, KeyPair, ReadFile, Step, Touch};
use crate::domain::log::{ReadOptions, Space, read_table};

fn file(name: &str, text: &str) -> ReadFile {
    let read = read_table(text.as_bytes(), &ReadOptions::default()).expect("the test's table reads");
    ReadFile { name: name.into(), read, unrolled: None }
}

const EVENTS: &str = "user_id,item_id,event,ts
u1,i1,pv,2024-01-01 10:00:00
u1,i1,cart,2024-01-01 11:00:00
u1,i1,buy,2024-01-02 11:00:00
u2,i2,pv,2024-01-03 10:00:00
u2,i9,share,2024-01-03 10:00:00
";
const ITEMS: &str = "item_id,brand\ni1,a\ni2,b\ni9,c\n";
const RETURNS: &str = "buyer,at\nu1,2024-01-09 10:00:00\n";

/// An event log with two tables more, as it is proposed.
fn report() -> AssemblyReport {
    let files = vec![file("events", EVENTS), file("items", ITEMS), file("refunds", RETURNS)];
    Assembler::new(files, None, None).open().report.expect("tables")
}

fn marks(report: &AssemblyReport) -> Mark<Msg> {
    Mark::new("div").children(section(report, Some(2), None))
}

/// The report after a change.
fn after(report: &AssemblyReport, message: Msg) -> AssemblyReport {
    let edited = edited(report, message).expect("a change");
    assert!(!edited.words.is_empty());
    let files = vec![file("events", EVENTS), file("items", ITEMS), file("refunds", RETURNS)];
    Assembler::new(files, Some(edited.assembly), None).open().report.expect("tables")
}

#[test]
fn the_drawing_says_what_every_step_did_and_what_is_not_used() {
    let report = report();
    let said = marks(&report).into_element().all_text();
    for words in [
        "events",
        "5 rows, 4 columns",
        "1. events to rows",
        "5 → 2 rows",
        "1 event of another word",
        "2. columns from a table: items",
        "Not used: refunds.",
        "The log: 2 rows",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let bands = marks(&report).into_element();
    assert_eq!(bands.with_class("stream-aside").len(), 1);
    assert_eq!(bands.with_class("stream-joined").len(), 1);
}

#[test]
fn every_word_of_the_events_can_be_given_another_meaning() {
    let before = report();
    let bought = marks(&before).change("buy", "left aside");
    let word = |word: &str, meaning| Msg::Edit(0, StepEdit::Word { word: word.into(), meaning });
    assert_eq!(bought, Some(word("buy", Meaning::Nothing)));
    let without = after(&before, word("buy", Meaning::Nothing));
    let Step::Events(events) = &without.assembly.steps[0] else { panic!("{without:?}") };
    assert_eq!(events.labels.keys().collect::<Vec<_>>(), ["action"]);
    let shared = after(&without, word("share", Meaning::Row));
    assert_eq!(shared.steps[0].rows_out, 3);
}

#[test]
fn a_step_without_rows_is_stuck_and_those_below_it_wait() {
    let word = |word: &str| Msg::Edit(0, StepEdit::Word { word: word.into(), meaning: Meaning::Nothing });
    let stuck = after(&report(), word("pv"));
    assert!(stuck.steps.is_empty() && stuck.error.is_some());
    let drawn = Mark::new("div").children(section(&stuck, None, None)).into_element();
    assert_eq!((drawn.with_class("is-stuck").len(), drawn.with_class("is-waiting").len()), (1, 1));
    assert!(drawn.all_text().contains("No log yet"));
}

#[test]
fn steps_are_added_filled_in_changed_and_removed() {
    let mut report = report();
    for kind in [StepKind::Label, StepKind::Features, StepKind::Append, StepKind::Events, StepKind::Spread] {
        let added = edited(&report, Msg::Add(kind)).expect("a step");
        assert_eq!(StepKind::of(added.assembly.steps.last().unwrap()), kind);
    }
    // Of the tables, the one that no step uses comes first; its key and times are found by their values.
    report = after(&report, Msg::Add(StepKind::Label));
    let edit = |edit| Msg::Edit(2, edit);
    let user = KeyPair { left: "user_id".into(), right: "buyer".into() };
    let times = KeyPair { left: "ts".into(), right: "at".into() };
    let Step::Label(label) = &report.assembly.steps[2] else { panic!("{report:?}") };
    assert_eq!((&report.error, label.label.as_str(), &label.times), (&None, "click", &Some(times)));
    let within = after(&report, edit(StepEdit::WindowDays(Some(30.0))));
    let first = after(&within, edit(StepEdit::Touch(Touch::First)));
    let Step::Label(label) = &first.assembly.steps[2] else { panic!("{first:?}") };
    assert_eq!((label.table.as_str(), label.touch, label.on.as_slice()), ("refunds", Touch::First, &[user][..]));
    assert_eq!(edited(&first, edit(StepEdit::RemovePair(0))), None, "a join needs a key");
    let removed = after(&first, Msg::Remove(2));
    assert_eq!(removed.assembly.steps.len(), 2);
    assert_eq!(edited(&removed, Msg::Remove(2)), None);
    assert_eq!(edited(&removed, edit(StepEdit::Touch(Touch::Last))), None);
}

#[test]
fn the_rows_may_come_from_another_table_and_be_of_another_space() {
    let report = report();
    let from = |input: &str| marks(&report).change("The rows come from", input);
    assert_eq!(from("items"), Some(Msg::Table("items".into())));
    assert_eq!(marks(&report).change("Its rows are", "sessions"), Some(Msg::Space(Some(Space::Sessions))));
    let sessions = edited(&report, Msg::Space(Some(Space::Sessions))).unwrap();
    assert_eq!(sessions.assembly.space, Some(Space::Sessions));
    assert_eq!(edited(&report, Msg::Table("nothing".into())), None);
}

#[test]
fn every_control_of_every_step_changes_its_step() {
    let mut report = report();
    for kind in [StepKind::Label, StepKind::Append, StepKind::Spread] {
        report.assembly = edited(&report, Msg::Add(kind)).unwrap().assembly;
    }
    let drawn = marks(&report);
    for (label, input) in [
        ("What happened is in", "item_id"),
        ("When it happened is in", "ts"),
        ("An outcome belongs to", "every row before it"),
        ("Days within which an outcome counts", "7"),
        ("It says", "click"),
        ("Impressions", "ts"),
        ("Clicks", "ts"),
        ("Conversions", "ts"),
        ("Rows at most", "100"),
    ] {
        assert!(drawn.change(label, input).is_some(), "{label}");
    }
}

#[test]
fn the_form_of_a_stuck_step_and_of_the_one_changed_last_is_open() {
    let report = report();
    let open = |open| {
        let drawn = Mark::new("div").children(section(&report, Some(2), open)).into_element();
        drawn.with_tag("details").iter().filter(|form| form.get("open").is_some()).count()
    };
    assert_eq!((open(None), open(Some(1)), open(Some(9))), (0, 1, 0));
    let stuck = after(&report, Msg::Edit(0, StepEdit::Word { word: "pv".into(), meaning: Meaning::Nothing }));
    let drawn = Mark::new("div").children(section(&stuck, None, None)).into_element();
    assert_eq!(drawn.with_class("is-stuck")[0].with_tag("details")[0].get("open"), Some(""));
}

#[test]
fn the_objects_of_a_list_or_the_records_are_the_rows() {
    let sessions = r#"{"session": 1, "events": [{"aid": 1, "kind": "pv"}, {"aid": 2, "kind": "buy"}]}"#;
    let open = |unrolled: Option<&str>, assembly| {
        let options = ReadOptions { unroll: unrolled.map(str::to_owned), ..ReadOptions::default() };
        let read = read_table(sessions.repeat(3).replace("}{", "}\n{").as_bytes(), &options).expect("records");
        let file = ReadFile { name: "sessions".into(), read, unrolled: unrolled.map(str::to_owned) };
        Assembler::new(vec![file], Some(assembly), None).open().report.expect("a table")
    };
    let records = open(None, Assembly { table: "sessions".into(), ..Assembly::default() });
    let of_list = text!(assembly_view::unrolled, list = "events");
    let chosen = marks(&records).change(text!(assembly_view::its_rows), &of_list).expect("the list is offered");
    let assembly = edited(&records, chosen).expect("a change").assembly;
    let objects = open(Some("events"), assembly);
    assert_eq!((records.tables[0].rows, objects.tables[0].rows), (3, 6));
    let chosen = marks(&objects).change(text!(assembly_view::its_rows), text!(assembly_view::records));
    assert_eq!(edited(&objects, chosen.expect("the records too")).expect("a change").assembly, records.assembly);
}

#[test]
fn a_new_step_takes_its_events_from_the_column_whose_name_says_so() {
    let text = "sid,device_type,platform,action,at\n1,a,x,seen,2024-01-01\n1,b,y,taken,2024-01-02\n";
    let table = Assembly { table: "log".into(), ..Assembly::default() };
    let report = Assembler::new(vec![file("log", text)], Some(table), None).open().report.expect("a table");
    let added = edited(&report, Msg::Add(StepKind::Events)).expect("a change").assembly;
    assert!(matches!(&added.steps[0], Step::Events(events) if events.event == "action"), "{added:?}");
}
