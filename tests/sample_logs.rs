//! The files of `sample-data/logs` are what their manifest says, and are understood without help.
use std::path::Path;

use esmm_playground::domain::log::{FindingKind, OpenedLog, Role, Severity};
use esmm_playground::domain::spec::{SampleFormat, SampleLog, log_preset_names, sample_logs};
use esmm_playground::domain::synth::Layout;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/logs")
}

fn sample(file: &str) -> &'static SampleLog {
    sample_logs().iter().find(|sample| sample.file == file).expect(file)
}

fn open(sample: &SampleLog) -> OpenedLog {
    OpenedLog::from_bytes(&sample.bytes().expect("its preset is known"), None).expect(&sample.file)
}

#[test]
fn every_sample_log_is_made_again_byte_for_byte() {
    let mut total = 0;
    for sample in sample_logs() {
        let kept = std::fs::read(folder().join(&sample.file)).expect(&sample.file);
        assert!(
            kept == sample.bytes().expect("its preset is known"),
            "{} differs; `lab samples --out sample-data/logs` writes it again",
            sample.file
        );
        total += kept.len();
    }
    assert!(total < 1_000_000, "{total} bytes");
}

#[test]
fn no_sample_log_is_without_its_line_in_the_manifest() {
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let name = entry.expect("a file").file_name().to_string_lossy().into_owned();
        assert!(name == "manifest.toml" || sample_logs().iter().any(|sample| sample.file == name), "{name}");
    }
}

#[test]
fn every_preset_has_a_sample_log() {
    for preset in log_preset_names() {
        let own = |sample: &&SampleLog| sample.preset == preset && sample.layout == Layout::Own;
        assert!(sample_logs().iter().any(|sample| own(&sample)), "{preset}");
    }
}

#[test]
fn sample_logs_of_every_layout_are_understood_without_help() {
    for sample in sample_logs().iter().filter(|sample| sample.format == SampleFormat::Csv) {
        let opened = open(sample);
        let clicks = opened.log.label("click").expect("a click").iter().filter(|&&yes| yes).count();
        assert!(clicks > 0, "{}", sample.file);
        assert!(!opened.log.features.is_empty(), "{}", sample.file);
        let is_grave = |kind| !matches!(kind, FindingKind::OneClassLabel);
        let grave: Vec<_> = opened
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Problem && is_grave(finding.kind))
            .collect();
        assert_eq!(grave.is_empty(), sample.layout != Layout::Messy, "{}: {grave:#?}", sample.file);
        assert_eq!(opened.log.truth.is_some(), sample.layout == Layout::Own, "{}", sample.file);
    }
}

#[test]
fn the_faults_of_the_messy_log_are_all_found() {
    let opened = open(sample("messy.csv"));
    for (kind, column) in [
        (FindingKind::ConversionWithoutClick, "conversion"),
        (FindingKind::Leakage, "spend"),
        (FindingKind::ConstantColumn, "country"),
        (FindingKind::MixedTypes, "age"),
        (FindingKind::MissingValues, "device"),
    ] {
        let told = opened.findings.iter().find(|finding| finding.kind == kind).unwrap_or_else(|| panic!("{kind:?}"));
        assert!(told.columns.iter().any(|name| name == column), "{kind:?}: {:?}", told.columns);
    }
    let copies = opened.findings.iter().find(|finding| finding.kind == FindingKind::DuplicateRows);
    assert_eq!(copies.map(|finding| finding.rows), Some(12));
    let request = opened.columns.iter().find(|column| column.name == "request").expect("it was written");
    assert_eq!(request.role, Role::Ignore, "{}", request.reason);
}
