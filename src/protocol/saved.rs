//! Runs as bytes that outlast the page: the recording that it opens with, and what it keeps across a reload.
//!
//! `ESMM`, the version, a checksum, then the runs in the writing of [`super::wire`]. That names no field, so a type that
//! changes needs another version: records of every version that can be read are among the tests, which find it out.
//!
//! Versions from [`OLDEST_VERSION`] on are migrated as they are read. Of all others the experiment is known ([`Saved::spec_of`]):
//! it comes first in each of them, as JSON of a version of its own.

mod version_6;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{LoadedLog, Progress, Run, RunId, RunStatus, Session, wire};
use crate::domain::report::{CurvePoint, EarlyStoppingReport, Evaluation};
use crate::domain::spec::{ModelSpec, RunSpec};

/// Version of the format.
pub const SAVED_VERSION: u32 = 8;
/// The oldest version that is still read.
pub const OLDEST_VERSION: u32 = 6;

const MAGIC: &[u8; 4] = b"ESMM";
/// Evaluations of all runs together that are saved: what is written again and again stays a few megabytes.
const MOST_EVALUATIONS: usize = 150;
/// Magic, version, checksum.
const HEADER: usize = 12;

/// An experiment with what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved<'a> {
    /// The experiment as the rail shows it.
    #[serde(with = "wire::as_json")]
    pub spec: Cow<'a, RunSpec>,
    /// The experiment that the runs are.
    #[serde(with = "wire::as_json")]
    pub trained: Option<Cow<'a, RunSpec>>,
    pub log: Option<Cow<'a, LoadedLog>>,
    pub runs: Vec<SavedRun<'a>>,
    /// Of runs that train: how often they have gone on after a reload. None where they are not to go on by themselves.
    pub reloads: Option<u32>,
}

/// One run, without its model's weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedRun<'a> {
    #[serde(with = "wire::as_json")]
    pub model: Cow<'a, ModelSpec>,
    /// As [`Run::left_out`].
    pub left_out: Cow<'a, [String]>,
    pub seed: u64,
    pub progress: Option<Progress>,
    pub curve: Cow<'a, [CurvePoint]>,
    pub evaluations: Cow<'a, [Evaluation]>,
    pub early_stopping: Option<Cow<'a, EarlyStoppingReport>>,
    pub was: SavedAs,
}

/// What a run was when it was saved. The first two are written as version 7 wrote whether it had not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SavedAs {
    Ended,
    Unfinished,
    /// As [`RunStatus::FromFile`].
    FromFile {
        is_seeded: bool,
    },
}

impl SavedAs {
    fn of(run: &Run) -> Self {
        match run.status {
            RunStatus::FromFile { is_seeded } => Self::FromFile { is_seeded },
            _ if run.is_unfinished() => Self::Unfinished,
            _ => Self::Ended,
        }
    }
}

/// Why saved bytes are no runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    #[error("{}", words!(saved::other_version, found = .found, version = SAVED_VERSION))]
    OtherVersion { found: u32 },
    #[error("{}", words!(saved::damaged))]
    Damaged,
}

impl<'a> Saved<'a> {
    /// What there is to save of a session, with the rail's experiment and what may be kept of its log.
    pub fn of(session: &'a Session, spec: &'a RunSpec, log: Option<Cow<'a, LoadedLog>>) -> Self {
        let most = MOST_EVALUATIONS / session.runs.len().max(1);
        let saved = |run: &'a Run| SavedRun {
            model: Cow::Borrowed(&run.model),
            left_out: Cow::Borrowed(&run.left_out),
            seed: run.seed,
            progress: run.progress,
            curve: Cow::Borrowed(&run.curve),
            evaluations: thinned(&run.evaluations, most.max(2)),
            early_stopping: run.early_stopping.as_ref().map(Cow::Borrowed),
            was: SavedAs::of(run),
        };
        Self {
            spec: Cow::Borrowed(spec),
            trained: session.trained.as_ref().map(Cow::Borrowed),
            log,
            runs: session.runs.iter().filter(|run| run.is_worth_saving()).map(saved).collect(),
            reloads: None,
        }
    }

    /// The bytes.
    ///
    /// # Errors
    /// As [`wire::encode`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, wire::WireError> {
        let body = wire::encode(self)?;
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&SAVED_VERSION.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// The runs in these bytes, wherever they come from.
    ///
    /// # Errors
    /// When they are not whole, or of a version that is not read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Saved<'static>, SavedError> {
        let (version, body) = parts(bytes)?;
        let saved = match version {
            6 => wire::decode::<version_6::Saved>(body).map(Saved::from),
            7..=SAVED_VERSION => wire::decode(body),
            found => return Err(SavedError::OtherVersion { found }),
        };
        saved.map_err(|_| SavedError::Damaged)
    }

    /// The experiment in these bytes, of whatever version.
    ///
    /// # Errors
    /// When they are not whole, or the experiment is of a version that is not read.
    pub fn spec_of(bytes: &[u8]) -> Result<RunSpec, SavedError> {
        let (_, body) = parts(bytes)?;
        wire::decode_first::<String>(body)
            .ok()
            .and_then(|json| RunSpec::from_json(&json).ok())
            .ok_or(SavedError::Damaged)
    }

    /// The saved runs as a page shows them, those that had ended of one status; `first` is the number of the first.
    pub fn into_runs(self, first: RunId, status: &RunStatus) -> Vec<Run> {
        let run = |(id, saved): (RunId, SavedRun<'a>)| Run {
            status: match saved.was {
                SavedAs::Ended => status.clone(),
                SavedAs::Unfinished => RunStatus::Unfinished,
                SavedAs::FromFile { is_seeded } => RunStatus::FromFile { is_seeded },
            },
            left_out: saved.left_out.into_owned(),
            progress: saved.progress,
            curve: saved.curve.into_owned(),
            evaluations: saved.evaluations.into_owned(),
            early_stopping: saved.early_stopping.map(Cow::into_owned),
            ..Run::queued(id, saved.model.into_owned(), saved.seed)
        };
        (first..).zip(self.runs).map(run).collect()
    }
}

/// Version and body of whole bytes.
fn parts(bytes: &[u8]) -> Result<(u32, &[u8]), SavedError> {
    let number = |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
    let (Some(magic), Some(version), Some(checksum)) = (bytes.get(..4), number(4), number(8)) else {
        return Err(SavedError::Damaged);
    };
    let body = &bytes[HEADER..];
    let is_whole = magic == MAGIC && crc32fast::hash(body) == checksum;
    if is_whole { Ok((version, body)) } else { Err(SavedError::Damaged) }
}

/// At most so many evaluations, evenly, the last one among them.
fn thinned(evaluations: &[Evaluation], most: usize) -> Cow<'_, [Evaluation]> {
    let n = evaluations.len();
    if n <= most {
        return Cow::Borrowed(evaluations);
    }
    (1..=most).map(|place| evaluations[place * n / most - 1].clone()).collect::<Vec<_>>().into()
}
