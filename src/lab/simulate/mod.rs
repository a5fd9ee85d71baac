//! `lab simulate`: whether intervals hold what they are to hold, and equal models are called equal, by training them.
//!
//! One log of a generated world is trained on by many seeds; its other users make held-out sets of many sizes, and half of
//! them, set aside, say what the numbers are to be had of all users. So each kind of luck that an interval is to cover is
//! drawn anew, many times: the held-out rows set by set, the seed of training run by run.

mod table;
mod tally;
mod world;

pub use table::markdown;
pub use tally::{Count, EVENTS, SEEDS, Tally};

use super::LabError;
use crate::domain::log::{SplitBy, SplitSpec};
use crate::domain::spec::{ModelSpec, NetworkSpec, RunSpec};
use world::World;

/// What is simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Worlds of each regime.
    pub logs: u64,
    /// Seeds that each model is trained with on each log.
    pub seeds: u64,
    pub models: [ModelSpec; 2],
    pub regimes: Vec<Regime>,
}

/// A kind of log, and the held-out sets that are cut from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Regime {
    pub ctr: f64,
    pub cvr: f64,
    /// Impressions of the log: a tenth are trained on, the rest are held out, one half for the sets.
    pub rows: usize,
    /// Impressions of a set, and how many such sets.
    pub sets: Vec<(usize, usize)>,
}

/// Sets of one to a hundred purchases among rare ones, and of some twenty to a thousand among frequent ones.
pub fn long_regimes() -> Vec<Regime> {
    vec![
        Regime { ctr: 0.1, cvr: 0.1, rows: 200_000, sets: vec![(100, 5), (500, 5), (2000, 5), (10_000, 1)] },
        Regime { ctr: 0.3, cvr: 0.3, rows: 120_000, sets: vec![(200, 5), (1000, 4), (11_000, 1)] },
    ]
}

/// Trains, cuts and counts.
///
/// # Errors
/// What a log cannot be trained on.
pub fn simulate(options: &Options, mut said: impl FnMut(String)) -> Result<Tally, LabError> {
    let mut tally = Tally::default();
    for regime in &options.regimes {
        for log in 1..=options.logs {
            let world = World::draw(regime, &spec(), log, &options.models[0])?;
            let trained = options.models.each_ref().map(|model| world.train(&spec(), model, options.seeds));
            let [baseline, other] = trained;
            tally.count_log(&world, &options.models, [&baseline?, &other?]);
            said(format!("{} of {} logs with CTR {}", log, options.logs, regime.ctr));
        }
    }
    Ok(tally)
}

/// A small network, trained as the playground trains by default.
fn spec() -> RunSpec {
    RunSpec {
        split: SplitSpec { by: SplitBy::User, eval_share: 0.9, ..SplitSpec::default() },
        network: NetworkSpec { embedding_size: 4, hidden: vec![16], ..NetworkSpec::default() },
        ..RunSpec::default()
    }
}
