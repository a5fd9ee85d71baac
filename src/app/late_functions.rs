//! Functions that the page's first module has no room for: what reads and writes experiments and messages.
//!
//! The page starts with fetching them, as a table of pointers (`parts`), and holds that table from then on.

use super::chosen::Chosen;
use super::exports;
use super::keeping::Recalled;
use crate::domain::spec::{BundleError, LinkError, RunSpec};
use crate::protocol::wire::WireError;
use crate::protocol::{LoadedLog, Reply, Request, RunId, RunStatus, SavedError, Session};

/// The table.
#[derive(Debug, Clone, Copy)]
pub struct LateFunctions {
    pub read_link: fn(&str) -> Result<RunSpec, LinkError>,
    pub write_link: fn(&RunSpec) -> String,
    pub read_bundle: fn(&str) -> Result<RunSpec, BundleError>,
    pub write_bundle: fn(&RunSpec) -> exports::File,
    /// The experiment of a page that was asked for none.
    pub first_experiment: fn() -> RunSpec,
    /// What a press on Train trains.
    pub chosen: fn(&RunSpec, &LoadedLog) -> Result<Chosen, String>,
    pub recall: fn(&[u8], RunId, &RunStatus) -> Result<Recalled, SavedError>,
    pub keep: fn(&Session, &RunSpec, bool) -> Result<Vec<u8>, WireError>,
    pub read_reply: fn(&[u8]) -> Result<Reply, WireError>,
    pub write_request: fn(&Request) -> Result<Vec<u8>, WireError>,
}
