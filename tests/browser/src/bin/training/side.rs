//! What one side of a comparison did: its rounds, and whether it learned.

use browser_tests::Step;
use serde::Deserialize;
use serde_json::{Value, json};

/// Steps at the end of a round whose losses are averaged, of a short round a quarter of them.
const END: usize = 20;
/// A side whose loss does not fall below this share of its first one has not learned, and its speed says nothing.
const FALLEN: f64 = 0.6;

/// What one round measured: the training's own time, without starting and loading.
#[derive(Debug, Clone, Deserialize)]
pub struct Round {
    pub rows: f64,
    pub seconds: f64,
    /// Of every step so far, in nats per impression.
    pub losses: Vec<f64>,
}

/// One program that trains one network.
#[derive(Debug, Clone)]
pub struct Side {
    pub who: String,
    pub version: String,
    pub is_ours: bool,
    /// Largest error of its gradient against differences of the loss in f64, as a share of the gradient's largest part.
    pub gradient_error: Option<f64>,
    /// Of each round.
    rows_per_second: Vec<f64>,
    /// Of the first step, and the mean of the last ones.
    losses: Option<(f64, f64)>,
}

impl Side {
    pub fn new(who: &str, version: &str, is_ours: bool) -> Self {
        let (who, version) = (who.to_owned(), version.to_owned());
        Self { who, version, is_ours, gradient_error: None, rows_per_second: Vec::new(), losses: None }
    }

    /// Takes a round in.
    pub fn add(&mut self, round: &Round) {
        self.rows_per_second.push(round.rows / round.seconds);
        self.see(round);
    }

    /// Takes in what came before the rounds: its losses alone.
    pub fn see(&mut self, round: &Round) {
        let losses = &round.losses;
        let first = losses.first().copied().unwrap_or(f64::NAN);
        let end = END.min(losses.len().div_ceil(4));
        let last = mean(&losses[losses.len() - end..]);
        // A peer in the browser trains on through its rounds: its first loss is the first round's.
        self.losses = Some((self.losses.map_or(first, |(before, _)| before), last));
    }

    /// # Errors
    /// When the loss has not fallen.
    pub fn check_learned(&self) -> Step {
        match self.losses {
            Some((first, last)) if last < FALLEN * first => Ok(()),
            losses => Err(format!("{} has not learned: its loss went {losses:?}", self.who)),
        }
    }

    /// Rows a second of the fastest round.
    pub fn best(&self) -> f64 {
        self.rows_per_second.iter().copied().fold(0.0, f64::max)
    }

    /// Rows a second of the round in the middle.
    pub fn median(&self) -> f64 {
        let mut sorted = self.rows_per_second.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
    }

    /// How the loss went, in nats per impression.
    pub fn loss_in_words(&self) -> String {
        self.losses.map_or_else(String::new, |(first, last)| format!("{first:.3} to {last:.3}"))
    }

    pub fn to_json(&self) -> Value {
        let rounds: Vec<f64> = self.rows_per_second.iter().map(|rate| rate.round()).collect();
        json!({
            "who": self.who,
            "version": self.version,
            "is_ours": self.is_ours,
            "gradient_error": self.gradient_error,
            "rows_per_second": { "best": self.best().round(), "median": self.median().round(), "rounds": rounds },
            "loss": self.losses.map(|(first, last)| json!({ "first_step": thousandths(first), "last_steps": thousandths(last) })),
        })
    }
}

/// The order of `n` sides in a round: each is first in turn.
pub fn order(n: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..n).map(move |at| (at + round) % n)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
