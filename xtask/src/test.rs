//! `cargo xtask test`: everything that must hold.

use crate::browsers::{self, Browser};
use crate::{Failure, dist, paths, shell, tools};
use std::process::Command;
use std::time::Instant;

const PARTS: [&str; 5] = ["lint", "supply", "native", "wasm", "browser"];
/// The profile of what is tested: compiled soon, and what computes is optimised.
pub const SUITE: &str = "suite";
const WASM: &str = "wasm32-unknown-unknown";

/// What is asked for.
struct Options {
    parts: Vec<String>,
    /// Empty: Chromium, and the others that can be had.
    browsers: Vec<Browser>,
}

impl Options {
    /// Those to test in, and those that are left out since they cannot be had here. Chromium must be there, and what is named.
    fn browsers(&self) -> (Vec<Browser>, Vec<Browser>) {
        if !self.browsers.is_empty() {
            return (self.browsers.clone(), Vec::new());
        }
        browsers::ALL.into_iter().partition(|browser| *browser == Browser::Chromium || browser.can_be_provided())
    }
}

/// Runs the named parts, or all of them, in the order in which a mistake is cheapest to find.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let options = parse(arguments)?;
    let wants = |part: &str| options.parts.is_empty() || options.parts.iter().any(|named| named == part);
    let start = Instant::now();
    let mut done = Vec::new();
    let mut phase = |name: &str, work: &dyn Fn() -> Result<(), Failure>| {
        shell::phase(name, work).map(|took| done.push(format!("{name} {}", shell::duration(took))))
    };
    let (browsers, left_out) = options.browsers();
    let mut others = Vec::new();
    if wants("supply") {
        others.extend([&tools::CARGO_DENY, &tools::CARGO_MACHETE]);
    }
    if wants("browser") && browsers.contains(&Browser::Firefox) {
        others.push(&tools::GECKODRIVER);
    }
    phase("tools", &|| tools::provide_with(&others))?;
    if wants("lint") {
        phase("format", &|| shell::run("cargo", &["fmt", "--all", "--check"]))?;
        if !wants("native") {
            phase("clippy, native", &lint_native)?;
        }
        phase("clippy, page and engines", &lint_wasm)?;
    }
    if wants("supply") {
        phase("dependencies", &check_dependencies)?;
    }
    if wants("native") {
        phase("clippy and compile, native", &compile_native)?;
        phase("a GPU, provided", &tools::provide_graphics)?;
        phase("native tests", &test_native)?;
    }
    if wants("wasm") || wants("browser") {
        phase("wasm build", &dist::build)?;
        phase("sizes", &dist::report_sizes)?;
    }
    if wants("browser") {
        for browser in browsers {
            let name = browser.name();
            phase(&format!("{name}, provided"), &|| browser.provide())?;
            phase(&format!("tests in {name}"), &|| browser.test())?;
        }
    }
    println!("\nxtask: passed in {}: {}", shell::duration(start.elapsed()), done.join(", "));
    if wants("browser") && !left_out.is_empty() {
        let names: Vec<&str> = left_out.into_iter().map(Browser::name).collect();
        println!("xtask: NOT tested, since this machine does not have them: {}", names.join(", "));
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options, Failure> {
    let mut options = Options { parts: Vec::new(), browsers: Vec::new() };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--browser" => {
                let name = rest.next().map(String::as_str).unwrap_or_default();
                let known = || browsers::ALL.map(Browser::name).join(", ");
                let browser = Browser::called(name).ok_or_else(|| format!("--browser takes one of {}", known()))?;
                options.browsers.push(browser);
            }
            part if PARTS.contains(&part) => options.parts.push(part.to_owned()),
            unknown => return Err(format!("test has no part {unknown:?}; it has {}", PARTS.join(", "))),
        }
    }
    if options.parts.is_empty() && !options.browsers.is_empty() {
        options.parts.push("browser".to_owned());
    }
    Ok(options)
}

/// Licences, sources and versions of the dependencies (deny.toml); advisories where their database can be fetched.
fn check_dependencies() -> Result<(), Failure> {
    let has_advisories = shell::succeeds("cargo", &["deny", "fetch", "db"]);
    if !has_advisories {
        println!("xtask: the database of advisories cannot be fetched; they are NOT checked");
    }
    let what: &[&str] = if has_advisories { &["advisories"] } else { &[] };
    let check = ["deny", "--locked", "--log-level", "error", "check", "licenses", "bans", "sources"];
    shell::run("cargo", &[&check[..], what].concat())?;
    // By its own name: below `cargo run`, where this is, it takes `cargo machete` for a path.
    shell::run("cargo-machete", &[])
}

/// What is tested, and what tests it. Always all of them, and the lab: of others cargo gives the dependencies other features, and
/// compiles them again. Tests that need a browser are run by name alone (tests/browser/Cargo.toml).
const PACKAGES: [&str; 10] =
    ["-p", "esmm-playground", "-p", "esmm-slices", "-p", "xtask", "-p", "browser-tests", "--features", "lab"];

fn lint_native() -> Result<(), Failure> {
    clippy(&[&PACKAGES[..], &["--all-targets"]].concat())
}

/// The layers as they are built for the browser, in one go: what they are made of is compiled once.
fn lint_wasm() -> Result<(), Failure> {
    let layers = ["--target", WASM, "--no-default-features", "--features", "app,relaxed,webgpu", "--lib"];
    let binaries = ["app", "engine_cpu", "engine_cpu_relaxed", "engine_gpu"].map(|name| ["--bin", name]);
    clippy(&[&layers[..], &binaries.concat()].concat())
}

/// In the profile of the tests, whose macros it shares.
fn clippy(arguments: &[&str]) -> Result<(), Failure> {
    let words = [&["clippy", "--locked", "--quiet", "--profile", SUITE], arguments, &["--", "-D", "warnings"]].concat();
    shell::run("cargo", &words)
}

/// Everything native, linted as it is compiled: for a lint of its own cargo would go through all dependencies once more.
fn compile_native() -> Result<(), Failure> {
    shell::finish(tests(&["--no-run", "--all-targets"])?)
}

fn test_native() -> Result<(), Failure> {
    if shell::succeeds("cargo", &["nextest", "--version"]) {
        let words = ["nextest", "run", "--cargo-profile", SUITE, "--no-fail-fast", "--locked"];
        shell::finish(linted(shell::command("cargo", &[&words[..], &PACKAGES].concat())?))?;
        // nextest leaves the examples of the docs out.
        return shell::finish(tests(&["--doc"])?);
    }
    shell::finish(tests(&["--no-fail-fast"])?)
}

/// A `cargo test` of all of it, with these words.
///
/// # Errors
/// As [`shell::command`].
pub fn tests(words: &[&str]) -> Result<Command, Failure> {
    let test = ["test", "--locked", "--profile", SUITE];
    shell::command("cargo", &[&test[..], &PACKAGES, words].concat()).map(linted)
}

/// What it compiles is linted: as `cargo clippy` has it, which itself compiles nothing.
fn linted(mut cargo: Command) -> Command {
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", "-Dwarnings");
    cargo
}

/// The lab, as the tests have it.
///
/// # Errors
/// When it does not compile.
pub fn lab_program() -> Result<std::path::PathBuf, Failure> {
    // It is built for the tests that run it.
    shell::finish(tests(&["--quiet", "--no-run", "--test", "lab"])?)?;
    Ok(paths::target()?.join(SUITE).join(format!("lab{}", std::env::consts::EXE_SUFFIX)))
}
