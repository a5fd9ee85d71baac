//! What was measured, as a table, as JSON and as a page of Markdown.

use crate::machine::Machine;
use crate::side::Side;
use browser_tests::Step;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Version of the JSON.
const VERSION: u32 = 1;

/// How long is measured.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    pub rounds: usize,
    /// Of training, in each round of each side.
    pub seconds: f64,
}

impl Length {
    /// Seconds of training before the first round.
    pub fn warm_up(self) -> f64 {
        self.seconds.min(1.0)
    }
}

/// This project and its peers on one network in one place.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// `chromium`, `webgpu` or `native`.
    pub place: &'static str,
    /// What network.json says.
    pub network: Value,
    /// This project first.
    pub sides: Vec<Side>,
}

/// A report of a whole run.
pub struct Report {
    pub machine: Machine,
    /// Load average over a minute, before and after.
    pub load: [Option<f64>; 2],
    pub browser: Option<String>,
    /// Whether the page that was measured was built elsewhere, and may be of another commit.
    pub is_page_given: bool,
    pub length: Length,
    pub comparisons: Vec<Comparison>,
    /// What was left out, a sentence each.
    pub skipped: Vec<String>,
}

impl Comparison {
    /// The fastest peer, by its median.
    pub fn fastest_peer(&self) -> Option<&Side> {
        self.sides.iter().filter(|side| !side.is_ours).max_by(|a, b| a.median().total_cmp(&b.median()))
    }

    /// This project's rows a second over the fastest peer's: of the best rounds, and of the medians.
    pub fn ratio(&self) -> Option<(f64, f64)> {
        let (ours, peer) = (self.sides.first()?, self.fastest_peer()?);
        Some((ours.best() / peer.best(), ours.median() / peer.median()))
    }

    /// The network in a line.
    pub fn title(&self) -> String {
        let network = &self.network;
        let numbers =
            |key: &str| network[key].as_array().into_iter().flatten().map(Value::to_string).collect::<Vec<_>>();
        let place = match self.place {
            "native" => "natively, one thread",
            "webgpu" => "in Chromium, on WebGPU's software adapter",
            _ => "in Chromium, one worker",
        };
        format!(
            "{} network {place}: towers {}, embedding {}, {} fields with {} values, batch {}",
            network["name"].as_str().unwrap_or_default(),
            numbers("hidden").join("-"),
            network["embedding_size"],
            numbers("vocabulary_sizes").len(),
            network["table_rows"],
            network["batch_size"],
        )
    }

    fn to_json(&self) -> Value {
        json!({
            "place": self.place,
            "network": self.network,
            "sides": self.sides.iter().map(Side::to_json).collect::<Vec<_>>(),
            "against": self.fastest_peer().map(|peer| &peer.who),
            "ratio": self.ratio().map(|(best, median)| json!({ "best": hundredths(best), "median": hundredths(median) })),
        })
    }
}

impl Report {
    /// Of what was measured; `load_before` is the load average when it began.
    pub fn new(length: Length, load_before: Option<f64>) -> Self {
        Self {
            machine: Machine::here(),
            load: [load_before, None],
            browser: None,
            is_page_given: std::env::var_os("ESMM_BENCH_PAGE_IS_GIVEN").is_some(),
            length,
            comparisons: Vec::new(),
            skipped: Vec::new(),
        }
    }

    pub fn to_json(&self) -> Value {
        let Machine { date, cpu, cores, commit } = &self.machine;
        json!({
            "version": VERSION,
            "date": date,
            "commit": commit,
            "is_page_given": self.is_page_given,
            "machine": {
                "cpu": cpu,
                "cores": cores,
                "load_average": { "before": self.load[0], "after": self.load[1] },
                "browser": self.browser,
            },
            "rounds": self.length.rounds,
            "seconds_per_round": self.length.seconds,
            "comparisons": self.comparisons.iter().map(Comparison::to_json).collect::<Vec<_>>(),
            "skipped": self.skipped,
        })
    }

    /// Date and machine, in a line.
    pub fn circumstances(&self) -> String {
        let load = self.load.map(|load| load.map_or("unknown".to_owned(), |load| format!("{load:.1}")));
        let given = if self.is_page_given { " with a page built elsewhere" } else { "" };
        let browser = self.browser.as_ref().map(|browser| format!(", {browser}{given}")).unwrap_or_default();
        format!(
            "{}, {}, {} cores, load average {} before and {} after{browser}; rounds: {} of {} s",
            self.machine.date,
            self.machine.cpu,
            self.machine.cores,
            load[0],
            load[1],
            self.length.rounds,
            self.length.seconds
        )
    }

    /// The report as Markdown, which reads as a table in a terminal too.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# ESMM's training steps: rows a second\n\n{}.\n", self.circumstances());
        for comparison in &self.comparisons {
            let _ = write!(text, "\n## {}\n\n", comparison.title());
            let _ = writeln!(text, "| {:<44} | {:>8} | {:>8} | {:<16} |", "", "best", "median", "loss");
            let _ = writeln!(text, "|{:-<46}|{:->9}:|{:->9}:|{:-<18}|", "", "", "", "");
            for side in &comparison.sides {
                let name = format!("{} {}", side.who, side.version);
                let (best, median) = (side.best().round(), side.median().round());
                let _ =
                    writeln!(text, "| {:<44} | {best:>8} | {median:>8} | {:<16} |", name.trim(), side.loss_in_words());
            }
            if let (Some((best, median)), Some(peer)) = (comparison.ratio(), comparison.fastest_peer()) {
                let _ = writeln!(text, "\nRatio to {}: {median:.2} (median), {best:.2} (best).", peer.who);
            }
        }
        for sentence in &self.skipped {
            let _ = writeln!(text, "\nLeft out: {sentence}");
        }
        text
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Writes a file.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, text: &str) -> Step {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
