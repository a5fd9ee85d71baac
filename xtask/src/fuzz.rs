//! `cargo xtask fuzz`: bent inputs by the million, into every reader, archive and assembly.

use crate::{Failure, shell};

/// Runs `fuzz [INPUTS] [SEED]`.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let number = |at: usize, otherwise: u64| match arguments.get(at) {
        Some(text) => text.parse().map_err(|_| format!("fuzz wants numbers (inputs, then a seed), not {text:?}")),
        None => Ok(otherwise),
    };
    let (inputs, seed) = (number(0, 1_000_000)?, number(1, 1)?);
    let words = ["test", "--release", "--locked", "--features", "parquet", "--test", "fuzz", "--", "--nocapture"];
    let mut command = shell::command("cargo", &words)?;
    // As fast as what is shipped, and as watchful as what is tested.
    command.env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true").env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    command.env("FUZZ_INPUTS", inputs.to_string()).env("FUZZ_SEED", seed.to_string());
    shell::finish(command)
}
