//! Functions that the page's first module has no room for: what reads and writes experiments and messages.
//!
//! The page starts with fetching them, as a table of pointers (`modules`), and holds that table from then on.

use super::chosen::{Chosen, chosen};
use super::exports;
use super::keeping::{self, Recalled};
use crate::domain::spec::{BundleError, LinkError, RunSpec, decode_bundle, decode_link, encode_link, first_experiment};
use crate::protocol::wire::{self, WireError};
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

impl LateFunctions {
    pub const TABLE: Self = Self {
        read_link: decode_link,
        write_link: encode_link,
        read_bundle: decode_bundle,
        write_bundle: exports::bundle,
        first_experiment,
        chosen,
        recall: keeping::recall,
        keep: keeping::keep,
        read_reply: wire::decode,
        write_request: wire::encode,
    };
}
