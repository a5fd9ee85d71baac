//! `cargo xtask test`: everything that must hold.

use crate::{Failure, dist, paths, shell, tools};
use std::time::Instant;

const PARTS: [&str; 4] = ["lint", "native", "wasm", "browser"];

/// Runs the named parts, or all of them, in the order in which a mistake is cheapest to find.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = arguments.iter().find(|argument| !PARTS.contains(&argument.as_str())) {
        return Err(format!("test has no part {unknown:?}; it has {}", PARTS.join(", ")));
    }
    // The browser suite is not green yet (CHANGELOG.md, "Known gaps"): it runs when named, until it is.
    let is_default = |part: &str| arguments.is_empty() && part != "browser";
    let wants = |part: &str| is_default(part) || arguments.iter().any(|argument| argument == part);
    let start = Instant::now();
    let mut done = Vec::new();
    let mut phase = |name: &'static str, work: fn() -> Result<(), Failure>| {
        shell::phase(name, work).map(|took| done.push(format!("{name} {}", shell::duration(took))))
    };
    phase("tools", tools::provide)?;
    if wants("lint") {
        phase("format", || shell::run("cargo", &["fmt", "--all", "--check"]))?;
        phase("clippy, native", lint_native)?;
        phase("clippy, wasm", lint_wasm)?;
    }
    if wants("native") {
        phase("native tests", test_native)?;
    }
    if wants("wasm") || wants("browser") {
        phase("wasm build", dist::build)?;
        phase("sizes", dist::report_sizes)?;
    }
    if wants("browser") {
        phase("browser", provide_browser)?;
        phase("browser tests", test_browser)?;
    }
    println!("\nxtask: passed in {}: {}", shell::duration(start.elapsed()), done.join(", "));
    Ok(())
}

fn lint_native() -> Result<(), Failure> {
    clippy(&["-p", "esmm-playground", "-p", "xtask", "--all-targets", "--features", "lab"])
}

/// The worker as it is built for the browser; the page and the GPU engine are compiled by the wasm build.
fn lint_wasm() -> Result<(), Failure> {
    let layer = ["--lib", "--bins", "--no-default-features", "--features", "engine"];
    clippy(&[&["--target", "wasm32-unknown-unknown"], &layer[..]].concat())
}

fn clippy(arguments: &[&str]) -> Result<(), Failure> {
    let words = [&["clippy", "--locked", "--quiet"], arguments, &["--", "-D", "warnings"]].concat();
    shell::run("cargo", &words)
}

fn test_native() -> Result<(), Failure> {
    if shell::succeeds("cargo", &["nextest", "--version"]) {
        shell::run(
            "cargo",
            &["nextest", "run", "--locked", "--features", "lab", "-p", "esmm-playground", "-p", "xtask"],
        )?;
        // nextest leaves the examples of the docs out.
        return shell::run("cargo", &["test", "--locked", "--features", "lab", "--doc"]);
    }
    shell::run("cargo", &["test", "--locked", "--features", "lab", "-p", "esmm-playground", "-p", "xtask"])
}

/// One browser after the other: they share the cores with the training that they watch.
fn test_browser() -> Result<(), Failure> {
    let mut tests = shell::command(
        "cargo",
        &["test", "--locked", "--profile", "suite", "-p", "browser-tests", "--", "--test-threads", "1"],
    )?;
    tests.env("ESMM_DIST", paths::dist());
    shell::finish(tests)
}

/// A Chromium with its driver: the one that is there, else Debian's.
fn provide_browser() -> Result<(), Failure> {
    let browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let has_browser =
        std::env::var_os("CHROMIUM").is_some() || browsers.iter().any(|name| paths::on_path(name).is_some());
    let has_driver = std::env::var_os("CHROMEDRIVER").is_some() || paths::on_path("chromedriver").is_some();
    if has_browser && has_driver {
        return Ok(());
    }
    if paths::on_path("apt-get").is_none() || !is_root() {
        return Err("the browser tests need Chromium and its chromedriver on PATH, or named by CHROMIUM and CHROMEDRIVER \
                    (Debian and Ubuntu: `sudo apt-get install chromium chromium-driver`; macOS: `brew install --cask chromium chromedriver`)"
            .into());
    }
    println!("Installing chromium and chromium-driver (Debian packages; a minute or two)");
    shell::run("apt-get", &["update"])?;
    shell::run("apt-get", &["install", "--yes", "--no-install-recommends", "chromium", "chromium-driver"])
}

fn is_root() -> bool {
    let output = shell::command("id", &["-u"]).and_then(|mut id| id.output().map_err(|error| error.to_string()));
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
