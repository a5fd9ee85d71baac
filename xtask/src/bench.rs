//! `cargo xtask bench`: the benchmarks of `benches/`, with `browser` what the page costs in Chromium, with `training` this
//! project's training beside its peers', and with `scale` a step by the size of the log.

mod peers;

use crate::browsers::Browser;
use crate::{Failure, dist, paths, shell, tools};
use std::path::PathBuf;

/// Runs them; `--json FILE` goes on to the benchmark.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments.split_first() {
        Some((first, rest)) if first == "browser" => in_browser(rest),
        Some((first, rest)) if first == "training" => training(rest),
        Some((first, rest)) if first == "scale" => natively("scale", rest),
        _ => natively("throughput", arguments),
    }
}

fn natively(bench: &str, arguments: &[String]) -> Result<(), Failure> {
    let mut words = vec!["bench", "--locked", "--features", "engine", "--bench", bench, "--"];
    words.extend(arguments.iter().map(String::as_str));
    shell::run("cargo", &words)
}

fn in_browser(arguments: &[String]) -> Result<(), Failure> {
    let dist = built_dist()?;
    let mut measure = of_browser_tests("measure", arguments)?;
    measure.env("ESMM_DIST", dist);
    shell::finish(measure)
}

/// What is asked of the peers' programs is in `tests/browser/src/bin/training`.
fn training(arguments: &[String]) -> Result<(), Failure> {
    let asks_for = |part: &str| {
        let parts = ["chromium", "webgpu", "native"].map(|part| arguments.iter().any(|word| word == part));
        parts == [false; 3] || arguments.iter().any(|word| word == part)
    };
    let mut measure = of_browser_tests("training", arguments)?;
    measure.env("ESMM_BENCH_FOLDER", peers::folder()?);
    if asks_for("chromium") || asks_for("webgpu") {
        let dist = match std::env::var_os("ESMM_DIST") {
            Some(folder) => {
                measure.env("ESMM_BENCH_PAGE_IS_GIVEN", "yes");
                PathBuf::from(folder)
            }
            None => built_dist()?,
        };
        Browser::Chromium.provide()?;
        measure.env("ESMM_DIST", dist);
        shell::phase("provide TensorFlow.js", peers::provide_packages)?;
    }
    if asks_for("native") {
        shell::phase("compile the engine", || {
            shell::run("cargo", &["bench", "--locked", "--features", "engine", "--bench", "training", "--no-run"])
        })?;
        match peers::provide_pytorch() {
            Ok(python) => drop(measure.env("ESMM_BENCH_PYTHON", python)),
            Err(sentence) => println!("PyTorch is left out: {sentence}"),
        }
    }
    shell::finish(measure)
}

/// `dist/`, made of this clone.
fn built_dist() -> Result<PathBuf, Failure> {
    tools::provide()?;
    Browser::Chromium.provide()?;
    shell::phase("build dist/", dist::build)?;
    Ok(paths::dist())
}

/// A program of the browser suite's package.
fn of_browser_tests(program: &str, arguments: &[String]) -> Result<std::process::Command, Failure> {
    let mut words = vec!["run", "--locked", "--profile", "suite", "-p", "browser-tests", "--bin", program, "--"];
    words.extend(arguments.iter().map(String::as_str));
    shell::command("cargo", &words)
}
