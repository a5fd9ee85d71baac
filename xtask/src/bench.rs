//! `cargo xtask bench`: the benchmarks of `benches/`.

use crate::{Failure, shell};

/// Runs them; `--json FILE` goes on to the benchmark.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut words = vec!["bench", "--locked", "--features", "engine", "--bench", "throughput", "--"];
    words.extend(arguments.iter().map(String::as_str));
    shell::run("cargo", &words)
}
