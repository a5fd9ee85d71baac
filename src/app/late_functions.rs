//! Functions that are not in the page's first module: reading and writing of experiments and messages.
//!
//! The page fetches them first, as a table of pointers (`modules`).

use super::exports;
use super::own_runs::add_own_runs;
use super::page::Notice;
use super::planned_runs::{PlannedRuns, plan_runs};
use super::saved_state::{self, RestoredState};
use crate::domain::spec::{BundleError, LinkError, RunSpec, decode_bundle, decode_link, encode_link, first_experiment};
use crate::protocol::wire::{self, WireError};
use crate::protocol::{LoadedLog, OwnRun, Reply, Request, RunId, RunStatus, SavedError, Session};

type SaveState = fn(&Session, &RunSpec, bool, Option<u32>) -> Result<Vec<u8>, WireError>;

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
    pub save_state: SaveState,
    pub add_own_runs: fn(&mut Session, &str, Vec<OwnRun>, RunId) -> Notice,
    pub read_reply: fn(&[u8]) -> Result<Reply, WireError>,
    pub write_request: fn(&Request) -> Result<Vec<u8>, WireError>,
}

/// The experiment that a page opens with.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstExperiment {
    pub spec: RunSpec,
    /// Why it is not the link's.
    pub notice: Option<String>,
    pub is_linked: bool,
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
        add_own_runs,
        read_reply: wire::decode,
        write_request: wire::encode,
    };

    /// The experiment of the link, or the default one.
    pub fn experiment_of(&self, link: Option<&str>) -> FirstExperiment {
        let default = |notice| FirstExperiment { spec: (self.first_experiment)(), notice, is_linked: false };
        match link.map(self.read_link) {
            None => default(None),
            Some(Ok(spec)) => FirstExperiment { spec, notice: None, is_linked: true },
            Some(Err(error)) => default(Some(text!(start::default_instead, error = error.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_opens_with_the_experiment_of_its_link() {
        let functions = LateFunctions::TABLE;
        let default = FirstExperiment { spec: first_experiment(), notice: None, is_linked: false };
        assert_eq!(functions.experiment_of(None), default);
        let spec = RunSpec { seeds: vec![7, 8], ..RunSpec::default() };
        let linked = functions.experiment_of(Some(&encode_link(&spec)));
        assert_eq!(linked, FirstExperiment { spec, notice: None, is_linked: true });
        let broken = functions.experiment_of(Some("v1.abc.00000000"));
        let error = decode_link("v1.abc.00000000").expect_err("no experiment").to_string();
        assert!(broken.notice.as_ref().is_some_and(|notice| notice.contains(&error)), "{broken:?}");
        assert_eq!((broken.spec, broken.is_linked), (default.spec, false));
    }
}
