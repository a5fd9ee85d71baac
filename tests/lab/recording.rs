//! The recording that the page opens with is what the lab records today.

use esmm_playground::domain::metrics::Metric;
use esmm_playground::domain::spec::{RunSpec, first_experiment};
use esmm_playground::lab::record::record;
use esmm_playground::protocol::{RunStatus, SAVED_VERSION, Saved, SavedError};

const RECORDED: &[u8] = include_bytes!("../../www/recorded.bin");
const AGAIN: &str = "cargo run --features lab --bin lab -- record --out www/recorded.bin";

/// What is between gzip's ten bytes of head and its eight at the end.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(&bytes[10..bytes.len() - 8]).unwrap()
}

#[test]
fn it_is_the_first_experiment_as_this_code_trains_it() {
    let there = Saved::from_bytes(&unpacked(RECORDED)).unwrap_or_else(|error| panic!("{error}: {AGAIN}"));
    assert_eq!(*there.spec, first_experiment(), "{AGAIN}");
    let now = record(&first_experiment()).unwrap();
    let now = Saved::from_bytes(&unpacked(&now)).unwrap();
    assert_eq!(there.log, now.log, "{AGAIN}");
    assert_eq!(there.runs.len(), now.runs.len());
    for (there, now) in there.runs.iter().zip(&now.runs) {
        assert_eq!((&there.model, there.seed, there.progress), (&now.model, now.seed, now.progress));
        let steps =
            |run: &esmm_playground::protocol::SavedRun| run.evaluations.iter().map(|e| e.step).collect::<Vec<_>>();
        assert_eq!(steps(there), steps(now));
        let (there, now) = (there.evaluations.last().unwrap(), now.evaluations.last().unwrap());
        assert_eq!(there.metrics.keys().collect::<Vec<_>>(), now.metrics.keys().collect::<Vec<_>>());
        for (key, metric) in &there.metrics {
            // Another processor may round its sums otherwise.
            if let (Metric::Value { value, .. }, Metric::Value { value: again, .. }) = (metric, &now.metrics[key]) {
                assert!((value - again).abs() < 2e-3 * (1.0 + value.abs()), "{key}: {value} and {again}; {AGAIN}");
            }
        }
    }
}

#[test]
fn it_is_small_and_shows_every_epoch_of_every_model() {
    assert!(RECORDED.len() < 64_000, "{} bytes", RECORDED.len());
    let saved = Saved::from_bytes(&unpacked(RECORDED)).unwrap();
    let spec = first_experiment();
    assert_eq!(saved.runs.len(), spec.models.len(), "one seed of each model");
    let recorded = saved.trained.as_deref().unwrap();
    assert_eq!(*recorded, RunSpec { seeds: vec![spec.seeds[0]], ..spec });
    assert!(saved.log.as_ref().is_some_and(|log| log.dots.len() == 10_000));
    let runs = saved.into_runs(7, &RunStatus::Recorded);
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [7, 8, 9]);
    for run in &runs {
        assert!(run.evaluations.len() > run.progress.unwrap().epochs && run.status.is_ended() && !run.is_in_memory());
        assert!(run.evaluations.iter().all(|evaluation| !evaluation.trees.is_empty() && evaluation.flow.is_some()));
    }
}

#[test]
fn what_is_damaged_or_of_another_version_is_an_error_and_never_a_panic() {
    let bytes = unpacked(RECORDED);
    for length in [0, 3, 4, 11, 12, 13, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(Saved::from_bytes(&bytes[..length]), Err(SavedError::Damaged), "{length} bytes");
    }
    let changed = |at: usize| {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        Saved::from_bytes(&changed)
    };
    let version = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
    assert!(version <= SAVED_VERSION);
    assert_eq!(changed(7), Err(SavedError::OtherVersion { found: version ^ 1 << 24 }));
    for at in [0, 8, 12, 500, bytes.len() - 1] {
        assert_eq!(changed(at), Err(SavedError::Damaged), "byte {at}");
    }
}
