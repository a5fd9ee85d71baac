//! Version 6 did not know whether a run had ended, nor how often runs had gone on after a reload: it kept ended ones.

use std::borrow::Cow;

use serde::Deserialize;

use super::super::{LoadedLog, Progress, wire};
use super::{SavedAs, SavedRun};
use crate::domain::report::{CurvePoint, EarlyStoppingReport, Evaluation};
use crate::domain::spec::{ModelSpec, RunSpec};

#[derive(Deserialize)]
pub struct Saved {
    #[serde(with = "wire::as_json")]
    spec: RunSpec,
    #[serde(with = "wire::as_json")]
    trained: Option<RunSpec>,
    log: Option<LoadedLog>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    #[serde(with = "wire::as_json")]
    model: ModelSpec,
    left_out: Vec<String>,
    seed: u64,
    progress: Option<Progress>,
    curve: Vec<CurvePoint>,
    evaluations: Vec<Evaluation>,
    early_stopping: Option<EarlyStoppingReport>,
}

impl From<Saved> for super::Saved<'static> {
    fn from(Saved { spec, trained, log, runs }: Saved) -> Self {
        Self {
            spec: Cow::Owned(spec),
            trained: trained.map(Cow::Owned),
            log: log.map(Cow::Owned),
            runs: runs.into_iter().map(SavedRun::from).collect(),
            reloads: None,
        }
    }
}

impl From<Run> for SavedRun<'static> {
    fn from(Run { model, left_out, seed, progress, curve, evaluations, early_stopping }: Run) -> Self {
        Self {
            model: Cow::Owned(model),
            left_out: Cow::Owned(left_out),
            seed,
            progress,
            curve: Cow::Owned(curve),
            evaluations: Cow::Owned(evaluations),
            early_stopping: early_stopping.map(Cow::Owned),
            was: SavedAs::Ended,
        }
    }
}
