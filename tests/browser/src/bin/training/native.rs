//! The rounds outside the browser: this project's CPU engine and PyTorch on one thread, a process each.

use crate::experiment::{CONTESTS, EXPERIMENT};
use crate::report::{Comparison, Length};
use crate::side::{Round, Side, order};
use browser_tests::Step;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Variants of `benches/training/esmm_pytorch.py`.
const VARIANTS: [(&str, &str); 3] = [
    ("dense", "PyTorch, dense Adam"),
    ("sparse", "PyTorch, sparse Adam"),
    ("compiled", "PyTorch, compiled, dense Adam"),
];
/// Of the run that tells whether a variant works here.
const TRIAL_SECONDS: f64 = 0.1;

/// What is measured, and a sentence for each variant that does not work here; without `python` this project's engine alone.
pub fn measure(folder: &Path, python: Option<&Path>, length: Length) -> Step<(Vec<Comparison>, Vec<String>)> {
    let (mut comparisons, mut skipped) = (Vec::new(), Vec::new());
    for contest in &CONTESTS {
        let folder = folder.join(contest.name);
        let network = contest.write(usize::MAX, &folder)?;
        let mut programs = vec![(Program::Ours, Side::new("ESMM Playground, CPU engine", "", true))];
        for (variant, who) in
            python.iter().flat_map(|python| VARIANTS.map(|(variant, who)| (Program::PyTorch { python, variant }, who)))
        {
            match variant.run(&folder, TRIAL_SECONDS) {
                Ok((_, version)) => programs.push((variant, Side::new(who, &version, false))),
                Err(sentence) => skipped.push(format!("{who} ({}): {sentence}", contest.name)),
            }
        }
        for round in 0..length.rounds {
            for at in order(programs.len(), round) {
                let (program, side) = &mut programs[at];
                let (measured, _) = program.run(&folder, length.seconds)?;
                eprintln!("native, {}: {} {:.0} rows/s", contest.name, side.who, measured.rows / measured.seconds);
                side.add(&measured);
            }
        }
        let sides = programs.into_iter().map(|(_, side)| side).collect();
        comparisons.push(Comparison { place: "native", network, sides });
    }
    Ok((comparisons, skipped))
}

/// A program that trains in a process of its own.
enum Program<'python> {
    Ours,
    PyTorch { python: &'python Path, variant: &'static str },
}

impl Program<'_> {
    fn command(&self, folder: &Path, seconds: f64) -> Command {
        match self {
            // Compiled by `cargo xtask bench training` before, so that cargo only starts it.
            Self::Ours => {
                let mut command = Command::new("cargo");
                command.args(["bench", "--quiet", "--locked", "--features", "engine", "--bench", "training", "--"]);
                command.arg(folder.join(EXPERIMENT)).arg(seconds.to_string());
                command
            }
            Self::PyTorch { python, variant } => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/training/esmm_pytorch.py");
                let mut command = Command::new(python);
                command.arg(script).arg(folder).arg(seconds.to_string()).arg(variant);
                // MKL and OpenMP start no threads of their own.
                command.env("OMP_NUM_THREADS", "1").env("MKL_NUM_THREADS", "1");
                command
            }
        }
    }

    /// The round that it prints as its last line, and the version that it gives.
    fn run(&self, folder: &Path, seconds: f64) -> Step<(Round, String)> {
        let mut command = self.command(folder, seconds);
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command.output().map_err(|error| format!("{program} cannot be started: {error}"))?;
        let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let line = said.lines().last().filter(|_| output.status.success());
        let line = line.ok_or_else(|| format!("{program} failed: {}", complaint.lines().last().unwrap_or_default()))?;
        let told: Value = serde_json::from_str(line).map_err(|error| format!("{program} said {line:?}: {error}"))?;
        let version = told["version"].as_str().unwrap_or_default().to_owned();
        serde_json::from_value(told).map(|round| (round, version)).map_err(|error| format!("{program}: {error}"))
    }
}
