//! Functions that are not in the page's first module: reading and writing of experiments and messages.
//!
//! The page fetches them first, as a table of pointers (`modules`).

use super::exports;
use super::planned_runs::{PlannedRuns, plan_runs};
use super::saved_state::{self, RestoredState};
use crate::domain::spec::{BundleError, LinkError, RunSpec, decode_bundle, decode_link, encode_link, first_experiment};
use crate::protocol::wire::{self, WireError};
use crate::protocol::{LoadedLog, Reply, Request, RunId, RunStatus, SavedError, Session};

#[derive(Debug, Clone, Copy)]
pub struct LateFunctions {
    pub read_link: fn(&str) -> Result<RunSpec, LinkError>,
    pub write_link: fn(&RunSpec) -> String,
    pub read_bundle: fn(&str) -> Result<RunSpec, BundleError>,
    pub write_bundle: fn(&RunSpec) -> exports::File,
    /// The experiment of a page without a link.
    pub first_experiment: fn() -> RunSpec,
    pub plan_runs: fn(&RunSpec, &LoadedLog) -> Result<PlannedRuns, String>,
    pub restore: fn(&[u8], RunId, &RunStatus) -> Result<RestoredState, SavedError>,
    pub save_state: fn(&Session, &RunSpec, bool) -> Result<Vec<u8>, WireError>,
    pub read_reply: fn(&[u8]) -> Result<Reply, WireError>,
    pub write_request: fn(&Request) -> Result<Vec<u8>, WireError>,
}

impl LateFunctions {
    pub const TABLE: Self = Self {
        read_link: decode_link,
        write_link: encode_link,
        read_bundle: decode_bundle,
        write_bundle: exports::bundle,
        first_experiment,
        plan_runs,
        restore: saved_state::restore,
        save_state: saved_state::save_state,
        read_reply: wire::decode,
        write_request: wire::encode,
    };
}
