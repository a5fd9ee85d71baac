//! Bent tables, put together as they ask for and at random: no panic, and every step accounts for its rows.

use std::collections::BTreeMap;

use esmm_playground::domain::assembly::{
    Assembled, Assembly, Events, FeatureTable, KeyPair, LabelTable, NamedTable, Spread, Step, Touch, propose,
};
use esmm_playground::domain::log::{ColumnValues, OpenedLog, TableReader};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::samples::NEXT_TABLE;
use super::{check_sentence, options};

/// Rows that counts are spread into: more would only take longer.
const SPREAD_ROWS: usize = 2_000;

/// Reads the tables and puts them together in two ways; whether the proposed one gives rows.
pub fn assemble(bytes: &[u8], piece: usize) -> bool {
    let tables = tables(bytes, piece);
    if tables.is_empty() {
        return false;
    }
    let mut random = ChaCha8Rng::seed_from_u64(u64::from(crc32fast::hash(bytes)) ^ piece as u64);
    let at_random = Chance { random: &mut random, tables: &tables }.assembly();
    try_out(&at_random, &tables);
    // Tables of which nothing is known are good, too.
    propose(&tables).is_none_or(|mut proposed| {
        limit_spread(&mut proposed);
        try_out(&proposed, &tables)
    })
}

fn tables(bytes: &[u8], piece: usize) -> Vec<NamedTable> {
    let text = String::from_utf8_lossy(bytes);
    let mut tables = Vec::new();
    for told in text.split(NEXT_TABLE).filter(|told| !told.is_empty()) {
        let (name, text) = told.split_once('\n').unwrap_or((told, ""));
        let mut reader = TableReader::new(options());
        let pushed = text.as_bytes().chunks(piece).try_for_each(|piece| reader.push(piece, None));
        if let Ok(read) = pushed.and_then(|()| reader.finish(None)) {
            tables.push(NamedTable { name: name.to_owned(), table: read.table });
        }
    }
    tables
}

fn limit_spread(assembly: &mut Assembly) {
    for step in &mut assembly.steps {
        if let Step::Spread(spread) = step {
            spread.limit = SPREAD_ROWS;
        }
    }
}

/// Carries an assembly out and checks what it says of itself; whether it gives rows.
fn try_out(assembly: &Assembly, tables: &[NamedTable]) -> bool {
    let written = serde_json::to_string(assembly).expect("an assembly is data");
    assert_eq!(serde_json::from_str::<Assembly>(&written).as_ref().ok(), Some(assembly));
    let assembled = match assembly.rows(tables) {
        Ok(assembled) => assembled,
        Err(error) => {
            check_sentence(&error);
            return false;
        }
    };
    check_counts(assembly, &assembled, tables);
    if let Err(error) = OpenedLog::from_table(assembled.table, Some(assembled.roles)) {
        check_sentence(&error);
    }
    true
}

fn check_counts(assembly: &Assembly, assembled: &Assembled, tables: &[NamedTable]) {
    let rows_of = |name: &String| tables.iter().find(|table| table.name == *name).map_or(0, |table| table.table.n_rows);
    assert_eq!(assembled.reports.len(), assembly.steps.len());
    let mut rows = rows_of(&assembly.table);
    for (step, report) in assembly.steps.iter().zip(&assembled.reports) {
        assert_eq!(report.rows_in, rows, "a step takes what the one before gave");
        rows = report.rows_out;
        match step {
            Step::Append { tables } => assert_eq!(rows, report.rows_in + tables.iter().map(rows_of).sum::<usize>()),
            Step::Label(_) | Step::Features(_) => assert_eq!(rows, report.rows_in),
            Step::Events(events) => {
                assert!((1..=report.rows_in).contains(&rows));
                // Labels of a later step may have taken these names.
                if assembly.steps.len() == 1 {
                    check_events(events, assembled);
                }
            }
            Step::Spread(spread) => assert!(rows <= spread.limit, "{rows} rows"),
        }
    }
    assert_eq!(assembled.table.n_rows, rows);
    assert!(assembled.table.columns.iter().all(|column| column.values.n_rows() == rows));
    let mut names: Vec<&str> = assembled.table.columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), assembled.table.columns.len(), "each name once");
}

/// Each event is a row, a row's outcome, or left aside.
fn check_events(events: &Events, assembled: &Assembled) {
    let mut words: Vec<&String> = events.rows.iter().chain(events.labels.values().flatten()).collect();
    let n_words = words.len();
    words.sort();
    words.dedup();
    if words.len() < n_words || events.touch == Touch::Every {
        return; // an event may be several things
    }
    let report = &assembled.reports[0];
    let counted = |said: &String| said.split(' ').next()?.parse::<usize>().ok();
    let aside: usize = report.left_aside.iter().filter_map(counted).sum();
    let n_labels = events.labels.len();
    let columns = &assembled.table.columns;
    // The last columns are the labels, each with its time behind it.
    let ones: usize =
        columns[columns.len() - 2 * n_labels..].iter().step_by(2).map(|column| ones(&column.values)).sum();
    assert_eq!(report.rows_in, report.rows_out + ones + aside, "{:?}", report.left_aside);
}

fn ones(values: &ColumnValues) -> usize {
    match values {
        ColumnValues::Number(numbers) => numbers.iter().filter(|&&number| number == 1.0).count(),
        ColumnValues::Text { .. } => 0,
    }
}

/// Draws assemblies of what the tables have, and now and then of what they have not.
struct Chance<'a> {
    random: &'a mut ChaCha8Rng,
    tables: &'a [NamedTable],
}

impl Chance<'_> {
    fn below(&mut self, bound: usize) -> usize {
        (self.random.next_u64() % bound.max(1) as u64) as usize
    }

    fn table(&mut self) -> &NamedTable {
        let at = self.below(self.tables.len());
        &self.tables[at]
    }

    fn name(&mut self) -> String {
        if self.below(20) == 0 { "none".to_owned() } else { self.table().name.clone() }
    }

    fn column_of(&mut self, table: &str) -> String {
        let columns =
            self.tables.iter().find(|known| known.name == table).map_or(&[][..], |known| &known.table.columns);
        let at = self.below(columns.len() + 1);
        columns.get(at).map_or_else(|| "click".to_owned(), |column| column.name.clone())
    }

    fn words(&mut self, table: &str, column: &str) -> Vec<String> {
        let values = self.tables.iter().find(|known| known.name == table).and_then(|known| known.table.column(column));
        let Some(ColumnValues::Text { dictionary, .. }) = values.map(|column| &column.values) else {
            return vec!["1".to_owned()];
        };
        let dictionary = dictionary.clone();
        (0..=self.below(2)).filter_map(|_| dictionary.get(self.below(dictionary.len())).cloned()).collect()
    }

    fn keys(&mut self, left: &str, right: &str) -> Vec<KeyPair> {
        (0..=self.below(2))
            .map(|_| {
                let right = self.column_of(right);
                let left = if self.below(3) > 0 { right.clone() } else { self.column_of(left) };
                KeyPair { left, right }
            })
            .collect()
    }

    fn assembly(&mut self) -> Assembly {
        let table = self.name();
        let steps = (0..1 + self.below(3)).map(|_| self.step(&table)).collect();
        Assembly { table, steps, ..Assembly::default() }
    }

    fn step(&mut self, main: &str) -> Step {
        let other = self.name();
        let window_days = (self.below(3) == 0).then_some(0.5);
        let touch = [Touch::First, Touch::Last, Touch::Every][self.below(3)];
        match self.below(5) {
            0 => Step::Append { tables: (0..=self.below(2)).map(|_| self.name()).collect() },
            1 => {
                let event = self.column_of(main);
                let labels = ["click", "action", "conversion", "finish"];
                let labels: BTreeMap<String, Vec<String>> =
                    (0..self.below(4)).map(|_| (labels[self.below(4)].to_owned(), self.words(main, &event))).collect();
                Step::Events(Events {
                    time: self.column_of(main),
                    key: (0..=self.below(2)).map(|_| self.column_of(main)).collect(),
                    rows: self.words(main, &event),
                    labels,
                    window_days,
                    touch,
                    histories: (0..self.below(2)).map(|_| self.column_of(main)).collect(),
                    event,
                })
            }
            2 => Step::Label(LabelTable {
                label: ["click", "conversion", "x"][self.below(3)].to_owned(),
                on: self.keys(main, &other),
                times: (self.below(2) == 0)
                    .then(|| KeyPair { left: self.column_of(main), right: self.column_of(&other) }),
                window_days,
                touch,
                table: other,
            }),
            3 => Step::Features(FeatureTable { on: self.keys(main, &other), table: other }),
            _ => Step::Spread(Spread {
                impressions: self.column_of(main),
                clicks: self.column_of(main),
                conversions: (self.below(2) == 0).then(|| self.column_of(main)),
                limit: self.below(SPREAD_ROWS),
            }),
        }
    }
}
