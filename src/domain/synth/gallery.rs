//! Small logs in the shapes that teams have them in: one truth, written as events, as tables to join, as counts, as sessions.
//!
//! A user sees an item once, so that every outcome has one impression that it can be of.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{DelayLaw, SynthSpec, generate};
use crate::domain::log::{Column, ColumnValues, Table, write_csv};

/// 2024-01-01, in seconds since 1970.
const START: f64 = 1_704_067_200.0;
/// Of the unclicked impressions, one in so many is kept where they are sampled.
const KEPT_ONE_IN: usize = 10;
const SEGMENTS: [&str; 4] = ["user_segment_a", "user_segment_b", "item_segment_a", "item_segment_b"];

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A row for each thing that happened.
    Events,
    /// Impressions, clicks, conversions and items, each in a table.
    Tables,
    /// Clicks alone, with the times of their conversions.
    Clicks,
    /// Impressions, clicks and conversions counted for each group.
    Counts,
    /// JSON: a session a line, with the list of what happened in it.
    Sessions,
    /// Every click and some of the other impressions, with the weight of each.
    Sampled,
}

impl Shape {
    pub const ALL: [Self; 6] = [Self::Events, Self::Tables, Self::Clicks, Self::Counts, Self::Sessions, Self::Sampled];

    /// Names of its files.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Events => &["events.csv"],
            Self::Tables => &["impressions.csv", "clicks.csv", "conversions.csv", "items.csv"],
            Self::Clicks => &["clicks_with_conversions.csv"],
            Self::Counts => &["counts_per_group.csv"],
            Self::Sessions => &["sessions.jsonl"],
            Self::Sampled => &["sampled_negatives.csv"],
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Events => text!(gallery::events),
            Self::Tables => text!(gallery::tables),
            Self::Clicks => text!(gallery::clicks),
            Self::Counts => text!(gallery::counts),
            Self::Sessions => text!(gallery::sessions),
            Self::Sampled => text!(gallery::sampled),
        }
    }

    /// What it teaches, in a sentence.
    pub fn teaches(self) -> &'static str {
        match self {
            Self::Events => text!(gallery::events_teach),
            Self::Tables => text!(gallery::tables_teach),
            Self::Clicks => text!(gallery::clicks_teach),
            Self::Counts => text!(gallery::counts_teach),
            Self::Sessions => text!(gallery::sessions_teach),
            Self::Sampled => text!(gallery::sampled_teach),
        }
    }

    /// The list whose items become rows, when the file is to be read so.
    pub fn unroll(self) -> Option<&'static str> {
        (self == Self::Sessions).then_some("events")
    }

    /// Its files: name and bytes, the same on every platform.
    pub fn files(self) -> Vec<(&'static str, Vec<u8>)> {
        let log = impressions();
        let bytes = match self {
            Self::Tables => tables(&log).iter().map(write_csv).collect(),
            Self::Sessions => vec![sessions(&log)],
            one => Vec::from_iter(one.in_one_table(&log)),
        };
        self.names().iter().copied().zip(bytes).collect()
    }

    fn in_one_table(self, log: &Table) -> Option<Vec<u8>> {
        let table = match self {
            Self::Events => events(log),
            Self::Clicks => clicks(log),
            Self::Counts => counts(log),
            Self::Sampled => sampled(log),
            Self::Tables | Self::Sessions => return None,
        };
        Some(write_csv(&table))
    }
}

/// The bytes of the file of this name.
pub fn file(name: &str) -> Option<Vec<u8>> {
    let shape = Shape::ALL.into_iter().find(|shape| shape.names().contains(&name))?;
    shape.files().into_iter().find_map(|(of, bytes)| (of == name).then_some(bytes))
}

/// The impressions that all shapes are made of, a row each, in order of time: keys, segments, `click`, `action` and
/// `conversion` with its time. Times are Unix seconds.
pub fn impressions() -> Table {
    let spec = SynthSpec {
        seed: 21,
        rows: 6_000,
        users: 500,
        items: 80,
        user_segments: [8, 4],
        item_segments: [10, 5],
        ctr: 0.2,
        cvr: 0.25,
        delay: DelayLaw::Exponential,
        delay_days: 1.0,
        ..SynthSpec::default()
    };
    let mut log = generate(&spec).table.without_truth();
    for name in ["time", "conversion_time"] {
        if let Some(ColumnValues::Number(times)) = values_of(&mut log, name) {
            times.iter_mut().for_each(|time| *time = START + time.ceil());
        }
    }
    let mut seen = HashSet::new();
    let is_first = |&row: &u32| seen.insert(text(&log, "user_id", row as usize) + &text(&log, "item_id", row as usize));
    let rows: Vec<u32> = (0..log.n_rows as u32).filter(is_first).collect();
    Table { source_rows: None, ..log.with_rows(&rows) }
}

fn events(log: &Table) -> Table {
    let mut events: Vec<(f64, u32, &str)> = Vec::new();
    for row in 0..log.n_rows {
        let of = |at: f64, word: &'static str| (at, row as u32, word);
        events.push(of(number(log, "time", row), "impression"));
        events.extend(is(log, "click", row).then(|| of(clicked_at(log, row), "click")));
        events.extend(is(log, "action", row).then(|| of(clicked_at(log, row) + 1.0, "add_to_cart")));
        events.extend(is(log, "conversion", row).then(|| of(bought_at(log, row), "purchase")));
    }
    // Those of one second stay in the order of their impressions.
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rows: Vec<u32> = events.iter().map(|event| event.1).collect();
    let mut columns = vec![
        numbers("event_time", events.iter().map(|event| event.0)),
        words("event", events.iter().map(|event| event.2.to_owned())),
    ];
    columns.extend(some(log, &["user_id", "item_id"]).chain(some(log, &SEGMENTS)));
    let shared = columns.split_off(2);
    columns.extend(Table { n_rows: log.n_rows, columns: shared, ..Table::default() }.with_rows(&rows).columns);
    table(columns)
}

fn tables(log: &Table) -> Vec<Table> {
    let id = |row: usize| format!("p{row}");
    let all = 0..log.n_rows;
    let mut shown = vec![words("impression_id", all.clone().map(id))];
    shown.extend(some(log, &["user_id", "item_id", "time", "user_segment_a", "user_segment_b"]));
    let outcomes = |label: &str, at: fn(&Table, usize) -> f64| {
        let rows: Vec<usize> = all.clone().filter(|&row| is(log, label, row)).collect();
        let ids = words("impression_id", rows.iter().map(|&row| id(row)));
        table(vec![ids, numbers("time", rows.iter().map(|&row| at(log, row)))])
    };
    let mut known = HashSet::new();
    let first_of_item: Vec<u32> =
        (0..log.n_rows as u32).filter(|&row| known.insert(text(log, "item_id", row as usize))).collect();
    let items = Table {
        n_rows: log.n_rows,
        columns: some(log, &["item_id", SEGMENTS[2], SEGMENTS[3]]).collect(),
        ..Table::default()
    };
    vec![
        table(shown),
        outcomes("click", clicked_at),
        outcomes("conversion", bought_at),
        items.with_rows(&first_of_item),
    ]
}

fn clicks(log: &Table) -> Table {
    let rows: Vec<u32> = (0..log.n_rows as u32).filter(|&row| is(log, "click", row as usize)).collect();
    let at = rows.iter().map(|&row| clicked_at(log, row as usize));
    let mut columns = vec![numbers("click_time", at)];
    let bought = |&row: &u32| if is(log, "conversion", row as usize) { bought_at(log, row as usize) } else { f64::NAN };
    columns.push(numbers("conversion_time", rows.iter().map(bought)));
    let kept = log.with_rows(&rows);
    columns.extend(some(&kept, &["user_id", "item_id"]).chain(some(&kept, &SEGMENTS)));
    table(columns)
}

fn counts(log: &Table) -> Table {
    // Groups in the order in which they come first: a row of one, and the counts of each.
    let mut number_of: HashMap<String, usize> = HashMap::new();
    let (mut first, mut counts) = (Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    for row in 0..log.n_rows {
        let next = first.len();
        let group = *number_of.entry(text(log, SEGMENTS[1], row) + &text(log, SEGMENTS[2], row)).or_insert(next);
        if group == next {
            first.push(row as u32);
            counts.iter_mut().for_each(|counts| counts.push(0.0));
        }
        let happened = [true, is(log, "click", row), is(log, "conversion", row)];
        counts.iter_mut().zip(happened).for_each(|(counts, yes)| counts[group] += f64::from(u8::from(yes)));
    }
    let mut columns: Vec<Column> = some(&log.with_rows(&first), &SEGMENTS[1..3]).collect();
    let counted = ["impressions", "clicks", "conversions"].into_iter().zip(counts);
    columns.extend(counted.map(|(name, counts)| numbers(name, counts.into_iter())));
    table(columns)
}

/// What users did with the items that they clicked: a line for each user.
fn sessions(log: &Table) -> Vec<u8> {
    let mut sessions: BTreeMap<String, (String, Vec<(f64, String)>)> = BTreeMap::new();
    for row in (0..log.n_rows).filter(|&row| is(log, "click", row)) {
        let (_, events) =
            sessions.entry(text(log, "user_id", row)).or_insert_with(|| (text(log, SEGMENTS[0], row), Vec::new()));
        let item = text(log, "item_id", row);
        let mut add = |at: f64, word: &str| {
            let milliseconds = at * 1000.0;
            events.push((at, format!(r#"{{"aid":"{item}","ts":{milliseconds},"type":"{word}"}}"#)));
        };
        let at = clicked_at(log, row);
        add(at, "views");
        if is(log, "action", row) {
            add(at + 1.0, "carts");
        }
        if is(log, "conversion", row) {
            add(bought_at(log, row), "orders");
        }
    }
    let mut text = String::new();
    for (user, (segment, mut events)) in sessions {
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let events: Vec<String> = events.into_iter().map(|(_, event)| event).collect();
        text += &format!(r#"{{"session":"{user}","user_segment_a":"{segment}","events":[{}]}}"#, events.join(","));
        text.push('\n');
    }
    text.into_bytes()
}

fn sampled(log: &Table) -> Table {
    let is_kept = |&row: &u32| is(log, "click", row as usize) || (row as usize).is_multiple_of(KEPT_ONE_IN);
    let rows: Vec<u32> = (0..log.n_rows as u32).filter(is_kept).collect();
    let kept = log.with_rows(&rows);
    let weight = (0..kept.n_rows).map(|row| if is(&kept, "click", row) { 1.0 } else { KEPT_ONE_IN as f64 });
    let mut columns: Vec<Column> = some(&kept, &["user_id", "item_id", "time"]).chain(some(&kept, &SEGMENTS)).collect();
    columns.push(numbers("sample_weight", weight));
    columns.extend(some(&kept, &["click", "conversion"]));
    table(columns)
}

/// Some seconds after the impression.
fn clicked_at(log: &Table, row: usize) -> f64 {
    number(log, "time", row) + 2.0 + (row % 29) as f64
}

fn bought_at(log: &Table, row: usize) -> f64 {
    number(log, "conversion_time", row).max(clicked_at(log, row) + 2.0)
}

fn values_of<'a>(log: &'a mut Table, name: &str) -> Option<&'a mut ColumnValues> {
    log.columns.iter_mut().find(|column| column.name == name).map(|column| &mut column.values)
}

fn number(log: &Table, name: &str, row: usize) -> f64 {
    match log.column(name).map(|column| &column.values) {
        Some(ColumnValues::Number(numbers)) => numbers[row],
        _ => f64::NAN,
    }
}

fn text(log: &Table, name: &str, row: usize) -> String {
    log.column(name).map(|column| column.values.text(row)).unwrap_or_default()
}

fn is(log: &Table, label: &str, row: usize) -> bool {
    number(log, label, row) == 1.0
}

fn some<'a>(log: &'a Table, names: &'a [&'a str]) -> impl Iterator<Item = Column> + 'a {
    names.iter().filter_map(|name| log.column(name).cloned())
}

fn table(columns: Vec<Column>) -> Table {
    let n_rows = columns.first().map_or(0, |column| column.values.len());
    Table { n_rows, columns, ..Table::default() }
}

fn numbers(name: &str, values: impl Iterator<Item = f64>) -> Column {
    Column { name: name.to_owned(), values: ColumnValues::Number(values.collect()) }
}

fn words(name: &str, values: impl Iterator<Item = String>) -> Column {
    let mut dictionary: Vec<String> = Vec::new();
    let mut known: HashMap<String, u32> = HashMap::new();
    let code = |word: String| {
        let next = dictionary.len() as u32;
        let code = *known.entry(word.clone()).or_insert(next);
        if code == next {
            dictionary.push(word);
        }
        code
    };
    let codes = values.map(code).collect();
    Column { name: name.to_owned(), values: ColumnValues::Text { dictionary, codes } }
}
