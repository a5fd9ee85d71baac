//! Experiments and logs for the tests, made by the library.

use esmm_playground::domain::log::write_csv;
use esmm_playground::domain::spec::{DataSpec, RunSpec, encode_link, model_preset, spec_preset};
use esmm_playground::domain::synth::{DelayLaw, SynthSpec, generate};
use std::path::PathBuf;

/// A small log in which everything happens often enough to be learned and measured.
pub fn small_log(rows: usize) -> SynthSpec {
    SynthSpec {
        rows,
        users: 200,
        items: 100,
        user_segments: [10, 5],
        item_segments: [10, 5],
        ctr: 0.3,
        cvr: 0.3,
        ..SynthSpec::default()
    }
}

/// The default experiment on a generated log, with these models and one seed: tests count runs.
pub fn experiment(synth: SynthSpec, models: &[&str]) -> RunSpec {
    let mut spec = spec_preset("default").expect("the default preset is there");
    spec.data = DataSpec::Generated { synth };
    spec.seeds = vec![1];
    spec.models = models.iter().map(|name| model_preset(name).expect("a preset of this name")).collect();
    spec
}

/// A network small enough for a software GPU.
pub fn tiny_experiment(models: &[&str]) -> RunSpec {
    let mut spec = experiment(small_log(800), models);
    spec.network.embedding_size = 2;
    spec.network.hidden = vec![4];
    spec.training.batch_size = Some(40);
    spec.training.epochs = Some(1);
    spec
}

/// The experiment's link, without `#`.
pub fn link(spec: &RunSpec) -> String {
    encode_link(spec).trim_start_matches('#').to_owned()
}

/// A small log whose purchases come late and are sometimes sent back.
pub fn late_log(rows: usize) -> SynthSpec {
    SynthSpec {
        delay: DelayLaw::Exponential,
        delay_days: 2.0,
        cutoff_days: Some(14.0),
        return_rate: 0.3,
        return_delay_days: 2.0,
        ..small_log(rows)
    }
}

/// A log as CSV with two kinds of action in place of one: a wish for every action, a cart for every second.
pub fn log_of_two_actions(rows: usize) -> String {
    let csv = log_without_truth(&small_log(rows));
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let action = names.iter().position(|name| *name == "action").expect("a column of actions");
    let mut out = csv.lines().next().expect("a header").replace("action", "wishlist") + ",cart\n";
    for (index, line) in lines.enumerate() {
        let cart = if index % 2 == 0 { line.split(',').nth(action).unwrap_or("0") } else { "0" };
        out += &format!("{line},{cart}\n");
    }
    out
}

/// A generated log as CSV, as someone would bring it: without the truth.
pub fn log_without_truth(log: &SynthSpec) -> String {
    let mut table = generate(log).table;
    table.columns.retain(|column| !column.name.starts_with("truth_") && !column.name.starts_with("potential_"));
    String::from_utf8(write_csv(&table)).expect("CSV is text")
}

/// Writes a file for a file input to choose; the name is what the page sees.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("esmm-browser-tests-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for files can be made");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file can be written");
    path
}
