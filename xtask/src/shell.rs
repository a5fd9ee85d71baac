//! Running other programs, and saying what is done and how long it took.

use crate::{Failure, paths, tools};
use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

/// `program` in the clone's root, with the pinned tools first on PATH and the shared target folder.
pub fn command(program: &str, arguments: &[&str]) -> Result<Command, Failure> {
    let mut search = tools::bin_folders()?;
    search.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let path = env::join_paths(search).map_err(|error| format!("PATH cannot be extended: {error}"))?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(paths::root()).env("PATH", path).env("CARGO_TARGET_DIR", paths::target()?);
    Ok(command)
}

/// Runs `program` to its end.
///
/// # Errors
/// When it cannot be started or says that it failed.
pub fn run(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    finish(command(program, arguments)?)
}

/// Goes on as `program`, where the system can: what ends this process then ends that one, and none is left behind.
///
/// # Errors
/// As [`run`].
pub fn become_program(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    let command = command(program, arguments)?;
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let line = describe(&command);
        let mut command = command;
        println!("  $ {line}");
        Err(format!("`{line}` cannot be started: {}", command.exec()))
    }
    #[cfg(not(unix))]
    finish(command)
}

/// Runs a prepared command to its end, its output going where ours goes.
pub fn finish(mut command: Command) -> Result<(), Failure> {
    let line = describe(&command);
    println!("  $ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` ended with {status}")),
        Err(error) => Err(format!("`{line}` cannot be started: {error}")),
    }
}

/// Whether `program` runs and says that all is well; silent.
pub fn succeeds(program: &str, arguments: &[&str]) -> bool {
    command(program, arguments)
        .and_then(|mut command| command.output().map_err(|error| error.to_string()))
        .is_ok_and(|output| output.status.success())
}

/// A named phase of a command, announced, and timed to its end.
pub fn phase(name: &str, work: impl FnOnce() -> Result<(), Failure>) -> Result<Duration, Failure> {
    println!("\n== {name}");
    let start = Instant::now();
    let outcome = work();
    let took = start.elapsed();
    match outcome {
        Ok(()) => {
            println!("== {name}: done in {}", duration(took));
            Ok(took)
        }
        Err(sentence) => Err(format!("{name}, after {}: {sentence}", duration(took))),
    }
}

/// A duration as people say it: `4.2 s`, `3 min 05 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
