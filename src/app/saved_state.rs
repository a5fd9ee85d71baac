//! Writing and reading the state that is saved for a reload. Called through [`super::late_functions`].

use std::borrow::Cow;

use crate::domain::spec::RunSpec;
use crate::protocol::wire::WireError;
use crate::protocol::{LoadedLog, Run, RunId, RunStatus, Saved, SavedError, Session};

/// State read from saved bytes.
pub struct RestoredState {
    pub spec: RunSpec,
    pub trained: Option<RunSpec>,
    pub log: Option<LoadedLog>,
    pub runs: Vec<Run>,
    /// As [`Saved::reloads`].
    pub reloads: Option<u32>,
    /// Why there is nothing but the experiment.
    pub left_aside: Option<SavedError>,
}

/// Reads saved bytes; runs that had ended get this status, and all get numbers from `first` on. Of a version that is not read
/// the experiment comes back.
///
/// # Errors
/// As [`Saved::from_bytes`].
pub fn restore(bytes: &[u8], first: RunId, status: &RunStatus) -> Result<RestoredState, SavedError> {
    let mut saved = match Saved::from_bytes(bytes) {
        Ok(saved) => saved,
        Err(error @ SavedError::OtherVersion { .. }) => {
            let spec = Saved::spec_of(bytes).map_err(|_| error)?;
            let (trained, log, runs, reloads) = (None, None, Vec::new(), None);
            return Ok(RestoredState { spec, trained, log, runs, reloads, left_aside: Some(error) });
        }
        Err(error) => return Err(error),
    };
    Ok(RestoredState {
        left_aside: None,
        trained: saved.trained.take().map(Cow::into_owned),
        log: saved.log.take().map(Cow::into_owned),
        spec: saved.spec.clone().into_owned(),
        reloads: saved.reloads,
        runs: saved.into_runs(first, status),
    })
}

/// Writes the state: the log's rows only if `rows_may_stay`, and no recording, which comes with the page. `reloads`: as
/// [`Saved::reloads`].
///
/// # Errors
/// As [`Saved::to_bytes`].
pub fn save_state(
    session: &Session,
    spec: &RunSpec,
    rows_may_stay: bool,
    reloads: Option<u32>,
) -> Result<Vec<u8>, WireError> {
    let log =
        session.log.as_ref().map(|log| if rows_may_stay { Cow::Borrowed(log) } else { Cow::Owned(log.without_rows()) });
    if session.is_recorded() {
        Saved { spec: Cow::Borrowed(spec), trained: None, log, runs: Vec::new(), reloads: None }.to_bytes()
    } else {
        Saved { reloads, ..Saved::of(session, spec, log) }.to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::log::Roles;
    use crate::domain::report::LogSummary;
    use crate::protocol::{OLDEST_VERSION, SAVED_VERSION};

    fn session() -> Session {
        let log = LoadedLog {
            name: "a.csv".into(),
            summary: LogSummary { rows: 3, clicks: 1, conversions: 0, truth_known: false, population: None },
            roles: Roles::default(),
            columns: vec![],
            findings: vec![],
            label_counts: vec![("click".into(), 1)],
            head: vec![vec!["secret".into()]],
            dots: vec![0, 1, 0],
            delays: None,
            crc32: 7,
            ..LoadedLog::default()
        };
        let runs = vec![run(1, "esmm", 5, evaluation(&[])), run(2, "esm2", 5, evaluation(&[]))];
        Session { log: Some(log), runs, trained: Some(RunSpec::default()), ..Session::default() }
    }

    #[test]
    fn what_is_kept_comes_back_and_rows_only_where_they_may() {
        let (session, spec) = (session(), RunSpec { seeds: vec![5], ..RunSpec::default() });
        for rows_may_stay in [false, true] {
            let bytes = save_state(&session, &spec, rows_may_stay, None).unwrap();
            let back = restore(&bytes, 40, &RunStatus::Kept).ok().unwrap();
            assert_eq!((&back.spec, &back.trained), (&spec, &session.trained));
            assert_eq!(back.runs.iter().map(|run| run.id).collect::<Vec<_>>(), [40, 41]);
            assert_eq!(back.runs[0].evaluations, session.runs[0].evaluations);
            let log = back.log.unwrap();
            assert_eq!(log.summary, session.log.as_ref().unwrap().summary);
            assert_eq!((log.head.len(), log.dots.len()), if rows_may_stay { (1, 3) } else { (0, 0) });
        }
    }

    #[test]
    fn of_a_version_that_is_not_read_the_experiment_comes_back() {
        let spec = RunSpec { seeds: vec![8], ..RunSpec::default() };
        let mut bytes = save_state(&session(), &spec, true, None).unwrap();
        for found in [SAVED_VERSION + 1, OLDEST_VERSION - 1] {
            bytes[4..8].copy_from_slice(&found.to_le_bytes());
            let back = restore(&bytes, 1, &RunStatus::Kept).ok().unwrap();
            assert_eq!((back.spec, back.runs.len(), back.log), (spec.clone(), 0, None));
            assert_eq!(back.left_aside, Some(SavedError::OtherVersion { found }));
        }
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(restore(&bytes, 1, &RunStatus::Kept).err(), Some(SavedError::Damaged));
    }

    #[test]
    fn predictions_from_a_file_come_back_as_such() {
        let mut session = session();
        session.runs[1].status = RunStatus::FromFile { is_seeded: false };
        let bytes = save_state(&session, &RunSpec::default(), true, None).unwrap();
        let back = restore(&bytes, 1, &RunStatus::Kept).ok().unwrap();
        let statuses: Vec<RunStatus> = back.runs.into_iter().map(|run| run.status).collect();
        assert_eq!(statuses, [RunStatus::Unfinished, RunStatus::FromFile { is_seeded: false }]);
    }

    #[test]
    fn a_recording_is_not_kept() {
        let mut session = session();
        session.runs.iter_mut().for_each(|run| run.status = RunStatus::Recorded);
        let back =
            restore(&save_state(&session, &RunSpec::default(), true, None).unwrap(), 1, &RunStatus::Kept).ok().unwrap();
        assert!(back.runs.is_empty() && back.trained.is_none());
    }
}
