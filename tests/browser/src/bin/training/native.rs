//! The rounds outside the browser: this project's CPU engine and PyTorch on one thread, a process each.

use crate::experiment::{CONTESTS, Contest, EXPERIMENT};
use crate::report::{Comparison, Length};
use crate::side::{Round, Side, order};
use browser_tests::Step;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Words of `benches/training/esmm_pytorch.py` for what its embeddings' gradient is.
const VARIANTS: [(&str, &str); 2] = [("dense", "PyTorch, dense Adam"), ("sparse", "PyTorch, sparse Adam")];

/// What is measured; without `python` this project's engine alone.
pub fn measure(folder: &Path, python: Option<&Path>, length: Length) -> Step<Vec<Comparison>> {
    CONTESTS.iter().map(|contest| compare(contest, &folder.join(contest.name), python, length)).collect()
}

fn compare(contest: &Contest, folder: &Path, python: Option<&Path>, length: Length) -> Step<Comparison> {
    let network = contest.write(folder)?;
    let mut sides = vec![Side::new("ESMM Playground, CPU engine", "", true)];
    if python.is_some() {
        sides.extend(VARIANTS.map(|(_, who)| Side::new(who, "", false)));
    }
    for round in 0..length.rounds {
        for at in order(sides.len(), round) {
            let command = match (at, python) {
                (1.., Some(python)) => of_pytorch(python, folder, length.seconds, VARIANTS[at - 1].0),
                _ => of_ours(folder, length.seconds),
            };
            let (measured, version) = run(command)?;
            eprintln!("native, {}: {} {:.0} rows/s", contest.name, sides[at].who, measured.rows / measured.seconds);
            sides[at].add(&measured);
            sides[at].version = version;
        }
    }
    Ok(Comparison { place: "native", network, sides })
}

/// Compiled by `cargo xtask bench training` before, so that cargo only starts it.
fn of_ours(folder: &Path, seconds: f64) -> Command {
    let mut command = Command::new("cargo");
    command.args(["bench", "--quiet", "--locked", "--features", "engine", "--bench", "training", "--"]);
    command.arg(folder.join(EXPERIMENT)).arg(seconds.to_string());
    command
}

fn of_pytorch(python: &Path, folder: &Path, seconds: f64, variant: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/training/esmm_pytorch.py");
    let mut command = Command::new(python);
    command.arg(script).arg(folder).arg(seconds.to_string()).arg(variant);
    // MKL and OpenMP start no threads of their own.
    command.env("OMP_NUM_THREADS", "1").env("MKL_NUM_THREADS", "1");
    command
}

/// The round that a program prints as its last line, and the version that it gives.
fn run(mut command: Command) -> Step<(Round, String)> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program} cannot be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().last().filter(|_| output.status.success());
    let line = line.ok_or_else(|| format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr)))?;
    let told: Value = serde_json::from_str(line).map_err(|error| format!("{program} said {line:?}: {error}"))?;
    let version = told["version"].as_str().unwrap_or_default().to_owned();
    serde_json::from_value(told).map(|round| (round, version)).map_err(|error| format!("{program}: {error}"))
}
