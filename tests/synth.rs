//! Generated logs: the same bytes everywhere, and usable as they are.

use esmm_playground::domain::log::{ImpressionLog, OpenedLog, ReadOptions, read_table, write_csv};
use esmm_playground::domain::spec::{log_preset, log_preset_names};
use esmm_playground::domain::synth::{SynthSpec, generate};

#[test]
fn the_same_spec_gives_the_same_bytes_on_every_platform() {
    let plain = SynthSpec { rows: 2000, ..SynthSpec::default() };
    let busy = SynthSpec {
        seed: 42,
        numerical_features: 3,
        hidden_confounder: 1.0,
        nonlinearity: 0.7,
        drift: -1.0,
        correlation: -0.3,
        ..plain.clone()
    };
    let checksum = |spec: &SynthSpec| crc32fast::hash(&write_csv(&generate(spec).table));
    // Made by this test's own output; a change of these numbers breaks every link to a generated log.
    assert_eq!([checksum(&plain), checksum(&busy)].map(|sum| format!("{sum:08x}")), ["2b004ffe", "0806840e"]);
}

#[test]
fn every_preset_is_in_range_and_opens_with_its_truth_kept_out_of_the_features() {
    for name in log_preset_names() {
        let spec = SynthSpec { rows: 3000, ..log_preset(name).unwrap() };
        spec.validate().unwrap_or_else(|error| panic!("{name}: {error}"));
        let generated = generate(&spec);
        let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
        let features: Vec<&str> = opened.log.features.iter().map(|feature| feature.name.as_str()).collect();
        assert_eq!(features, ["user_segment_a", "user_segment_b", "item_segment_a", "item_segment_b"], "{name}");
        assert!(opened.log.truth.is_some() && opened.log.user.is_some() && opened.log.time.is_some(), "{name}");
    }
}

#[test]
fn a_log_saved_and_loaded_is_the_same_log_even_without_its_roles() {
    let spec = SynthSpec { rows: 3000, numerical_features: 2, ..SynthSpec::default() };
    let generated = generate(&spec);
    let bytes = write_csv(&generated.table);
    assert_eq!(read_table(&bytes, &ReadOptions::default()).unwrap().table, generated.table);
    let made = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
    let loaded = OpenedLog::from_bytes(&bytes, None).unwrap();
    assert_eq!(loaded.log, made.log);
}

#[test]
fn a_log_of_any_preset_that_is_saved_and_opened_again_is_the_same_log() {
    for preset in log_preset_names() {
        let synth = SynthSpec { rows: 3_000, ..log_preset(preset).expect("a preset") };
        let generated = generate(&synth);
        let bytes = write_csv(&generated.table);
        let first = OpenedLog::from_table(generated.table, Some(generated.roles)).expect("opens");
        let again = OpenedLog::from_bytes(&bytes, None).expect("opens again");
        // As text, since what has no time has NaN for one.
        let is_same = |one: &ImpressionLog, other: &ImpressionLog| format!("{one:?}") == format!("{other:?}");
        assert!(is_same(&again.log, &first.log), "{preset}: rows, labels, features, keys, times and truth");
        assert_eq!(again.roles, first.roles, "{preset}");
        let observed = OpenedLog::from_bytes(&write_csv(&first.table.without_truth()), None).expect("opens without");
        let without = ImpressionLog { truth: None, ..first.log };
        assert!(is_same(&observed.log, &without), "{preset} without its truth");
    }
}
