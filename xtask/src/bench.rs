//! `cargo xtask bench`: the benchmarks of `benches/`, and with `browser` what the page costs in Chromium.

use crate::browsers::Browser;
use crate::{Failure, dist, paths, shell, tools};

/// Runs them; `--json FILE` goes on to the benchmark.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments.split_first() {
        Some((first, rest)) if first == "browser" => in_browser(rest),
        _ => {
            let mut words = vec!["bench", "--locked", "--features", "engine", "--bench", "throughput", "--"];
            words.extend(arguments.iter().map(String::as_str));
            shell::run("cargo", &words)
        }
    }
}

fn in_browser(arguments: &[String]) -> Result<(), Failure> {
    tools::provide()?;
    Browser::Chromium.provide()?;
    shell::phase("build dist/", dist::build)?;
    let mut words = vec!["run", "--locked", "--profile", "suite", "-p", "browser-tests", "--bin", "measure", "--"];
    words.extend(arguments.iter().map(String::as_str));
    let mut measure = shell::command("cargo", &words)?;
    measure.env("ESMM_DIST", paths::dist());
    shell::finish(measure)
}
