//! A generated log in the layouts that logs of this field are published in, and one with every fault of its kind.
use serde::{Deserialize, Serialize};

use crate::domain::log::{Column, ColumnValues, MISSING, Table};
use crate::domain::random::Stream;

/// How a log's columns are called and arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Every column under its own name, the truth included.
    #[default]
    Own,
    /// As Ali-CCP: `click`, `purchase`, fields by number (1xx user, 2xx item), D-numbered dense fields.
    Numbered,
    /// As AliExpress: `search_id`, `categorical_*`, `numerical_*`, `click`, `conversion`.
    Search,
    /// The own layout, with faults that the funnel report finds: see [`messy`].
    Messy,
}

impl Layout {
    /// The generated `table` in this layout. Real logs do not know the truth, so the published layouts leave it out.
    pub fn arrange(self, table: &Table, seed: u64) -> Table {
        match self {
            Self::Own => table.clone(),
            Self::Numbered => numbered(table),
            Self::Search => search(table),
            Self::Messy => messy(table, seed),
        }
    }
}

fn renamed(table: &Table, from: &str, to: &str) -> Option<Column> {
    let values = table.column(from)?.values.clone();
    Some(Column { name: to.to_owned(), values })
}

/// Codes as whole numbers, from 1: text that ends in a number, such as `us1_17`, keeps that number.
fn as_codes(values: &ColumnValues) -> ColumnValues {
    match values {
        ColumnValues::Number(_) => values.clone(),
        ColumnValues::Text { dictionary, codes } => {
            let number_of = |text: &String| {
                let digits = text.len() - text.bytes().rev().take_while(u8::is_ascii_digit).count();
                text[digits..].parse::<f64>().map_or(0.0, |number| number + 1.0)
            };
            let numbers: Vec<f64> = dictionary.iter().map(number_of).collect();
            let code = |&code: &u32| if code == MISSING { f64::NAN } else { numbers[code as usize] };
            ColumnValues::Number(codes.iter().map(code).collect())
        }
    }
}

/// Features of the table with a prefix, in order.
fn features<'a>(table: &'a Table, prefixes: &'a [&str]) -> impl Iterator<Item = &'a Column> {
    table.columns.iter().filter(|column| prefixes.iter().any(|prefix| column.name.starts_with(prefix)))
}

fn numbered(table: &Table) -> Table {
    const USER_FIELDS: [&str; 4] = ["101", "121", "122", "124"];
    const ITEM_FIELDS: [&str; 4] = ["205", "206", "207", "216"];
    const DENSE_FIELDS: [&str; 4] = ["D109_14", "D110_14", "D508", "D853"];
    let mut columns: Vec<Column> =
        [renamed(table, "click", "click"), renamed(table, "conversion", "purchase")].into_iter().flatten().collect();
    for (prefix, fields) in [("user_segment", USER_FIELDS), ("item_segment", ITEM_FIELDS)] {
        let prefix = [prefix];
        let coded = features(table, &prefix).zip(fields);
        columns
            .extend(coded.map(|(column, field)| Column { name: field.to_owned(), values: as_codes(&column.values) }));
    }
    let dense = features(table, &["user_number", "item_number"]).zip(DENSE_FIELDS);
    columns.extend(dense.map(|(column, field)| Column { name: field.to_owned(), values: column.values.clone() }));
    Table { n_rows: table.n_rows, columns, ..Table::default() }
}

/// A search is what one user sees in one half of a day.
fn search(table: &Table) -> Table {
    const SEARCH_SECONDS: f64 = 43_200.0;
    let mut columns = Vec::new();
    if let (Some(user), Some(Column { values: ColumnValues::Number(time), .. })) =
        (table.column("user_id"), table.column("time"))
        && let ColumnValues::Text { codes, .. } = &user.values
    {
        let mut number_of = std::collections::HashMap::new();
        let searches = codes.iter().zip(time).map(|(&user, time)| {
            let next = number_of.len() + 1;
            *number_of.entry((user, (time / SEARCH_SECONDS) as u64)).or_insert(next) as f64
        });
        columns.push(Column { name: "search_id".to_owned(), values: ColumnValues::Number(searches.collect()) });
    }
    let segments = features(table, &["user_segment", "item_segment"]);
    columns.extend(
        segments
            .zip(1..)
            .map(|(column, number)| Column { name: format!("categorical_{number}"), values: as_codes(&column.values) }),
    );
    let numbers = features(table, &["user_number", "item_number"]);
    columns.extend(
        numbers
            .zip(1..)
            .map(|(column, number)| Column { name: format!("numerical_{number}"), values: column.values.clone() }),
    );
    columns
        .extend([renamed(table, "click", "click"), renamed(table, "conversion", "conversion")].into_iter().flatten());
    Table { n_rows: table.n_rows, columns, ..Table::default() }
}

/// Faults of real logs, on purpose:
/// - about 2 % of the conversions lose their click;
/// - `spend` is filled for buyers alone (leakage), `country` is constant, `request` is unique to each row;
/// - `age` is numbers with a few words among them, and a tenth of `device` is missing;
/// - the last rows are written twice.
fn messy(table: &Table, seed: u64) -> Table {
    const STREAM: u64 = 9_001;
    const COPIES: usize = 12;
    let mut random = Stream::new(seed, STREAM);
    let mut table = Table {
        columns: table.columns.iter().filter(|column| !is_truth(&column.name)).cloned().collect(),
        ..table.clone()
    };
    let n = table.n_rows;
    let flag = |table: &Table, name: &str| match table.column(name).map(|column| &column.values) {
        Some(ColumnValues::Number(values)) => values.clone(),
        _ => vec![0.0; n],
    };
    let conversion = flag(&table, "conversion");
    let mut click = flag(&table, "click");
    let converted: Vec<usize> = (0..n).filter(|&row| conversion[row] > 0.0).collect();
    // At least one, and one in fifty.
    for &row in converted.iter().step_by(50) {
        click[row] = 0.0;
    }
    if let Some(column) = table.columns.iter_mut().find(|column| column.name == "click") {
        column.values = ColumnValues::Number(click);
    }
    let mut cents = || (random.uniform() * 9_000.0).floor() / 100.0 + 5.0;
    let spend = (0..n).map(|row| if conversion[row] > 0.0 { cents() } else { 0.0 }).collect();
    let number = |name: &str, values| Column { name: name.to_owned(), values: ColumnValues::Number(values) };
    let age = |row: usize| if row % 97 == 13 { "unknown".to_owned() } else { (18 + random.below(60)).to_string() };
    let ages = (0..n).map(age).map(Some).collect();
    let device = |row: usize| (row % 10 != 7).then(|| ["phone", "tablet", "desktop"][row / 10 % 3].to_owned());
    table.columns.extend([
        number("spend", spend),
        text("country", vec![Some("CH".to_owned()); n]),
        text("request", (0..n).map(|row| Some(format!("r{:05}", row * 7919 % 100_003))).collect()),
        text("age", ages),
        text("device", (0..n).map(device).collect()),
    ]);
    let rows: Vec<u32> = (0..n as u32).chain((n.saturating_sub(COPIES)) as u32..n as u32).collect();
    Table { source_rows: None, ..table.with_rows(&rows) }
}

fn is_truth(name: &str) -> bool {
    name.starts_with("truth_") || name.starts_with("potential_")
}

fn text(name: &str, values: Vec<Option<String>>) -> Column {
    let mut code_of = std::collections::HashMap::new();
    let mut dictionary = Vec::new();
    let mut code = |value: Option<String>| match value {
        None => MISSING,
        Some(value) => *code_of.entry(value).or_insert_with_key(|value| {
            dictionary.push(value.clone());
            dictionary.len() as u32 - 1
        }),
    };
    let codes = values.into_iter().map(&mut code).collect();
    Column { name: name.to_owned(), values: ColumnValues::Text { dictionary, codes } }
}
