//! How fast a log is read, understood and encoded, and what memory it takes at its peak; native.
//!
//! `cargo bench --bench reading [-- FILE]`: without a file, a log of 1 000 000 rows and 12 columns is made.
//! The same in the browser, against PapaParse: `benches/parse/run.mjs`.

#[path = "../tests/fuzz/memory.rs"]
mod memory;

use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use esmm_playground::domain::log::{ColumnValues, OpenedLog, ReadOptions, Table, TableReader};

#[global_allocator]
static COUNTED: memory::Counted = memory::Counted;

const ROWS: usize = 1_000_000;
const ROUNDS: usize = 3;
const PIECE_BYTES: usize = 1 << 20;

#[expect(clippy::disallowed_methods, reason = "a benchmark takes the clock, and is native")]
fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().skip(1).find(|argument| argument != "--bench");
    let text = match file {
        Some(file) => std::fs::read(file)?,
        None => made_log(ROWS)?.into_bytes(),
    };
    let (mut read_seconds, mut open_seconds) = (f64::INFINITY, f64::INFINITY);
    let (mut read_peak, mut open_peak, mut columnar, mut rows) = (0, 0, 0, 0);
    for _ in 0..ROUNDS {
        let before = memory::in_use();
        memory::reset_peak();
        let start = Instant::now();
        let mut reader = TableReader::new(ReadOptions::default());
        for piece in text.chunks(PIECE_BYTES) {
            reader.push(piece, None)?;
        }
        let read = reader.finish(None)?;
        read_seconds = start.elapsed().as_secs_f64().min(read_seconds);
        read_peak = memory::peak() - before;
        (columnar, rows) = (columnar_bytes(&read.table), read.table.n_rows);
        let start = Instant::now();
        let opened = OpenedLog::from_read(read, None)?;
        open_seconds = start.elapsed().as_secs_f64().min(open_seconds);
        open_peak = memory::peak() - before;
        drop(opened);
    }
    let megabytes = text.len() as f64 / 1e6;
    println!("{rows} rows, {megabytes:.1} MB of text, {:.1} MB as columns; best of {ROUNDS}", columnar as f64 / 1e6);
    let say = |what: &str, seconds: f64, peak: usize| {
        let (rate, times) = (megabytes / seconds, peak as f64 / columnar as f64);
        println!(
            "{what:<28} {seconds:>7.3} s {rate:>7.0} MB/s   peak {:>6.0} MB, {times:.2} times the columns",
            peak as f64 / 1e6
        );
    };
    say("read into columns", read_seconds, read_peak);
    say("and understood, summarised", read_seconds + open_seconds, open_peak);
    Ok(())
}

/// Codes of 4 bytes, numbers of 8, and each distinct text once.
fn columnar_bytes(table: &Table) -> usize {
    let bytes = |values: &ColumnValues| match values {
        ColumnValues::Text { dictionary, codes } => 4 * codes.len() + dictionary.iter().map(String::len).sum::<usize>(),
        ColumnValues::Number(numbers) => 8 * numbers.len(),
    };
    table.columns.iter().map(|column| bytes(&column.values)).sum()
}

/// An impression log as a warehouse exports it: half of its columns are text.
fn made_log(rows: usize) -> Result<String, std::fmt::Error> {
    const CITIES: [&str; 8] = ["Berlin", "Rome", "Oslo", "Paris", "Lisbon", "Vienna", "Prague", "Madrid"];
    const DEVICES: [&str; 3] = ["ios", "android", "web"];
    let mut state = 1u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let names = "user_id,item_id,time,user_segment,item_category,city,device,price,score,position,click,conversion\n";
    let mut text = names.to_owned();
    for row in 0..rows {
        let click = below(100) < 6;
        let bought = click && below(100) < 8;
        let (user, item, segment, category) = (below(50_000), below(20_000), below(200), below(300));
        let (city, device) = (CITIES[below(8) as usize], DEVICES[below(3) as usize]);
        let (price, score, position) = (below(20_000), below(1_000_000), below(40));
        writeln!(
            text,
            "u{user},i{item},{},s{segment},c{category},{city},{device},{}.{:02},0.{score:06},{position},{},{}",
            1_706_700_000 + row * 3,
            price / 100,
            price % 100,
            u8::from(click),
            u8::from(bought)
        )?;
    }
    Ok(text)
}
