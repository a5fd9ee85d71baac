//! What pages of earlier versions have kept still opens: records as those versions wrote them.

use std::io::Write as _;

use esmm_playground::domain::spec::RunSpec;
use esmm_playground::protocol::{OLDEST_VERSION, RunStatus, SAVED_VERSION, Saved, SavedAs, SavedError};

const RECORDS: [(u32, &[u8]); 2] = [(6, include_bytes!("version-6.bin.gz")), (7, include_bytes!("version-7.bin.gz"))];

/// What is between gzip's ten bytes of head and its eight at the end.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(&bytes[10..bytes.len() - 8]).unwrap()
}

#[test]
fn there_is_a_record_of_every_version_that_is_read() {
    let versions: Vec<u32> = RECORDS.iter().map(|(version, _)| *version).chain([SAVED_VERSION]).collect();
    assert_eq!(versions, (OLDEST_VERSION..=SAVED_VERSION).collect::<Vec<_>>(), "keep one before the version changes");
    for (version, record) in RECORDS {
        let found = u32::from_le_bytes(unpacked(record)[4..8].try_into().unwrap());
        assert_eq!(found, version);
    }
}

#[test]
fn each_opens_with_all_its_runs_and_is_the_same_when_it_is_kept_anew() {
    for (version, record) in RECORDS {
        let bytes = unpacked(record);
        let saved = Saved::from_bytes(&bytes).unwrap_or_else(|error| panic!("version {version}: {error}"));
        assert_eq!((saved.runs.len(), saved.reloads), (3, None), "version {version}");
        assert!(saved.runs.iter().all(|run| run.was == SavedAs::Ended && run.progress.is_some()));
        for run in &saved.runs {
            let last = run.evaluations.last().unwrap();
            assert!(!last.trees.is_empty() && last.metrics["auc.ctr"].value().is_some_and(|auc| auc > 0.5));
            assert!(run.curve.len() > 1 && run.evaluations.is_sorted_by_key(|evaluation| evaluation.step));
        }
        assert_eq!(Saved::spec_of(&bytes).as_ref(), Ok(&*saved.spec));
        let log = saved.log.as_ref().unwrap();
        assert_eq!((log.dots.len(), log.summary.rows), (10_000, 60_000), "version {version}");
        let again = Saved::from_bytes(&saved.to_bytes().unwrap()).unwrap();
        assert_eq!(again, saved, "version {version}");
        assert!(saved.into_runs(1, &RunStatus::Kept).iter().all(|run| run.status == RunStatus::Kept));
    }
}

#[test]
fn a_record_with_a_bent_byte_is_damaged_whatever_its_version() {
    for (version, record) in RECORDS {
        let bytes = unpacked(record);
        for at in [12, bytes.len() / 2, bytes.len() - 1] {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            assert_eq!(Saved::from_bytes(&bent).err(), Some(SavedError::Damaged), "version {version}, byte {at}");
            assert_eq!(Saved::spec_of(&bent), Err(SavedError::Damaged));
        }
    }
}

/// With a checksum that is right: bytes that another version may have written.
#[test]
fn bytes_of_any_kind_under_any_version_are_an_error_or_runs_and_never_a_panic() {
    for (_, record) in RECORDS {
        let bytes = unpacked(record);
        for version in 0..SAVED_VERSION + 3 {
            for at in (12..bytes.len()).step_by(bytes.len() / 150) {
                let mut body = bytes[12..].to_vec();
                body[at - 12] = body[at - 12].wrapping_add(version as u8 + 1);
                let mut bent = Vec::new();
                bent.write_all(b"ESMM").unwrap();
                bent.write_all(&version.to_le_bytes()).unwrap();
                bent.write_all(&crc32fast::hash(&body).to_le_bytes()).unwrap();
                bent.write_all(&body).unwrap();
                let read = Saved::from_bytes(&bent);
                if !(OLDEST_VERSION..=SAVED_VERSION).contains(&version) {
                    assert_eq!(read.err(), Some(SavedError::OtherVersion { found: version }));
                }
                let _: Result<RunSpec, SavedError> = Saved::spec_of(&bent);
            }
        }
    }
}
