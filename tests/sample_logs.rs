//! The files of `sample-data/logs` are what their manifest says, and are understood without help.
use std::path::Path;

use esmm_playground::domain::assembly::{NamedTable, open_log, propose};
use esmm_playground::domain::log::{
    FindingKind, OpenedLog, ReadOptions, ReadTable, Role, Severity, Space, Table, read_table,
};
use esmm_playground::domain::spec::{SampleFormat, SampleLog, log_preset_names, sample_bytes, sample_logs};
use esmm_playground::domain::synth::Layout;
use esmm_playground::domain::synth::gallery::{self, Shape};

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

/// The tables of a shape, named like their files.
fn tables(shape: Shape) -> Vec<NamedTable> {
    let read = |(file, bytes): (&str, Vec<u8>)| {
        let options = ReadOptions { unroll: shape.unroll().map(str::to_owned), ..ReadOptions::default() };
        let table = read_table(&bytes, &options).expect(file).table;
        NamedTable { name: file.split('.').next().unwrap_or_default().to_owned(), table }
    };
    shape.files().into_iter().map(read).collect()
}

/// A shape's log, as it is opened or assembled without help.
fn gallery_log(shape: Shape) -> OpenedLog {
    let tables = tables(shape);
    if let [NamedTable { table, .. }] = tables.as_slice() {
        return open_log(ReadTable { table: table.clone(), ..ReadTable::default() }, None).expect("a log");
    }
    let assembled = propose(&tables).expect("tables to join").rows(&tables).expect("joined");
    OpenedLog::from_table(assembled.table, Some(assembled.roles)).expect("a log")
}

fn ones(log: &OpenedLog, label: &str) -> Option<usize> {
    log.log.label(label).map(|values| values.iter().filter(|&&yes| yes).count())
}

/// What a row says in these columns, row by row, in order of the words.
fn rows(table: &Table, columns: &[&str]) -> Vec<Vec<String>> {
    let columns: Vec<_> = columns.iter().map(|name| &table.column(name).expect(name).values).collect();
    let mut rows: Vec<Vec<String>> =
        (0..table.n_rows).map(|row| columns.iter().map(|values| values.text(row)).collect()).collect();
    rows.sort();
    rows
}

#[test]
fn every_log_of_the_gallery_is_understood_without_help() {
    let truth = gallery::impressions();
    let count = |label: &str| {
        let of = |row: usize| truth.column(label).expect(label).values.text(row) == "1";
        (0..truth.n_rows).filter(|&row| of(row)).count()
    };
    let (shown, clicks, actions, sales) = (truth.n_rows, count("click"), count("action"), count("conversion"));
    assert!(sales > 100 && actions > 100 && clicks > 2 * sales && shown > 3 * clicks, "{shown} {clicks} {sales}");
    for (shape, space, n_rows, labels) in [
        (Shape::Events, Space::Impressions, shown, [Some(clicks), Some(actions), Some(sales)]),
        (Shape::Tables, Space::Impressions, shown, [Some(clicks), None, Some(sales)]),
        (Shape::Clicks, Space::Clicks, clicks, [None, None, Some(sales)]),
        (Shape::Counts, Space::Impressions, shown, [Some(clicks), None, Some(sales)]),
        (Shape::Sessions, Space::Views, clicks, [None, Some(actions), Some(sales)]),
    ] {
        let opened = gallery_log(shape);
        let found = ["click", "action", "conversion"].map(|label| ones(&opened, label));
        assert_eq!((opened.log.space, opened.log.n_rows, found), (space, n_rows, labels), "{shape:?}");
        assert!(!opened.log.features.is_empty(), "{shape:?}");
    }
    let sampled = gallery_log(Shape::Sampled);
    assert_eq!((ones(&sampled, "click"), ones(&sampled, "conversion")), (Some(clicks), Some(sales)));
    assert!(sampled.log.features.iter().all(|feature| feature.name != "sample_weight"));
}

#[test]
fn events_and_tables_of_one_truth_give_the_rows_of_its_impressions() {
    let truth = gallery::impressions();
    let shared = ["user_id", "item_id", "user_segment_a", "item_segment_a", "item_segment_b", "click", "conversion"];
    let events = gallery_log(Shape::Events);
    let with_action = [&shared[..], &["action"]].concat();
    assert_eq!(rows(&events.table, &with_action), rows(&truth, &with_action));
    assert_eq!(rows(&gallery_log(Shape::Tables).table, &shared), rows(&truth, &shared));
}

#[test]
fn files_of_the_gallery_are_the_same_again_and_one_is_found_by_its_name() {
    for shape in Shape::ALL {
        let files = shape.files();
        assert_eq!(files, shape.files());
        assert!(files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 1_000_000, "{shape:?}");
        assert!(!shape.title().is_empty() && !shape.teaches().is_empty());
        for (name, bytes) in &files {
            assert_eq!(sample_bytes(name).as_ref(), Some(bytes), "{name}");
        }
    }
}
