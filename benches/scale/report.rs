//! What was measured, as a table, as JSON and as a page of Markdown.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::machine::{Machine, load_average};
use crate::{AXES, Size, plot, sizes};

/// Of one size in one round.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Microseconds that a step takes for each of its rows.
    pub micros: f64,
    pub megabytes: Option<f64>,
}

pub struct Report {
    machine: Machine,
    /// Before and after.
    load: [Option<f64>; 2],
    rounds: usize,
    measured: Vec<(Size, Vec<Measured>)>,
}

impl Report {
    pub fn new(rounds: usize) -> Self {
        Self { machine: Machine::here(), load: [load_average(), None], rounds, measured: Vec::new() }
    }

    /// Whether this size was measured in this round: the axes share one.
    pub fn has(&self, size: Size, round: usize) -> bool {
        self.measured.iter().any(|(known, measured)| *known == size && measured.len() > round)
    }

    pub fn add(&mut self, size: Size, measured: Measured) {
        match self.measured.iter_mut().find(|(known, _)| *known == size) {
            Some((_, of_size)) => of_size.push(measured),
            None => self.measured.push((size, vec![measured])),
        }
    }

    pub fn end(&mut self) {
        self.load[1] = load_average();
    }

    fn of(&self, size: Size) -> &[Measured] {
        self.measured.iter().find(|(known, _)| *known == size).map_or(&[], |(_, measured)| measured)
    }

    /// Of the fastest round: what else runs only adds time.
    pub fn micros(&self, size: Size) -> f64 {
        self.of(size).iter().map(|measured| measured.micros).fold(f64::INFINITY, f64::min)
    }

    /// Of the round with the least.
    pub fn megabytes(&self, size: Size) -> Option<f64> {
        self.of(size).iter().filter_map(|measured| measured.megabytes).reduce(f64::min)
    }

    /// Date and machine, in a line.
    pub fn circumstances(&self) -> String {
        let Machine { date, cpu, cores, .. } = &self.machine;
        let load = self.load.map(|load| load.map_or("unknown".to_owned(), |load| format!("{load:.1}")));
        let [before, after] = load;
        format!(
            "{date}, {cpu}, one of {cores} cores, load average {before} before and {after} after, best of {}",
            self.rounds
        )
    }

    pub fn to_markdown(&self) -> String {
        let mut text = format!("# A training step by the size of the log\n\n{}.\n", self.circumstances());
        for axis in &AXES {
            let _ = write!(
                text,
                "\n| {:<30} | microseconds a row | peak memory, MB |\n|{:->31}:|{:->19}:|{:->16}:|\n",
                axis.name, "", "", ""
            );
            for size in sizes(axis) {
                let memory = self.megabytes(size).map_or("unknown".to_owned(), |megabytes| format!("{megabytes:.0}"));
                let _ = writeln!(text, "| {:>30} | {:>18.2} | {memory:>15} |", (axis.of)(size), self.micros(size));
            }
        }
        text
    }

    fn to_json(&self) -> Value {
        let Machine { date, cpu, cores, commit } = &self.machine;
        let of_size = |(size, rounds): &(Size, Vec<Measured>)| {
            json!({
                "rows": size.rows, "fields": size.fields, "values": size.values, "law": if size.is_zipf { "zipf" } else { "even" },
                "micros_a_row": rounds.iter().map(|measured| measured.micros).collect::<Vec<_>>(),
                "peak_megabytes": self.megabytes(*size),
            })
        };
        json!({
            "version": 1, "date": date, "commit": commit,
            "machine": { "cpu": cpu, "cores": cores, "load_average": { "before": self.load[0], "after": self.load[1] } },
            "rounds": self.rounds,
            "sizes": self.measured.iter().map(of_size).collect::<Vec<_>>(),
        })
    }

    /// As JSON, and beside it as Markdown and SVG.
    pub fn write(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        std::fs::write(file, format!("{:#}\n", self.to_json()))?;
        std::fs::write(file.with_extension("md"), self.to_markdown())?;
        std::fs::write(file.with_extension("svg"), plot::svg(self))?;
        println!("written to {}, .md and .svg", file.display());
        Ok(())
    }
}
