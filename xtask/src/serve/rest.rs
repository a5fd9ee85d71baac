//! What the first page does without: the CPU engine with relaxed SIMD, the Parquet reader and the GPU engine, built while it
//! is served.
//!
//! `serve` becomes Trunk, so that what ends it ends that too. This runs in a process of its own, which watches whether
//! that one is still there, and ends what it has started when it is not.

use super::{PAGE, compiled_soon};
use crate::{Failure, files, paths, shell};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

/// How often is looked whether Trunk is there and its page served.
const PATIENCE: Duration = Duration::from_millis(500);

/// Their binaries, the soonest built first.
pub const BINARIES: [&str; 3] = ["engine_cpu_relaxed", "reader_parquet", "engine_gpu"];

/// One of them, as Trunk asks cargo for it.
struct Module {
    binary: &'static str,
    features: String,
    profile: String,
}

/// The modules, from the link tags of the document.
fn modules() -> Result<Vec<Module>, Failure> {
    let html = document()?;
    BINARIES.into_iter().map(|binary| module(&html, binary)).collect()
}

fn module(html: &str, binary: &'static str) -> Result<Module, Failure> {
    let missing = || format!("www/index.html has no link to {binary} with its features and its profile");
    let tag = html.lines().find(|line| line.contains(&format!(r#"data-bin="{binary}""#))).ok_or_else(missing)?;
    let value = |name: &str| {
        let (_, rest) = tag.split_once(&format!(r#"{name}=""#))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let (features, profile) = value("data-cargo-features").zip(value("data-cargo-profile")).ok_or_else(missing)?;
    Ok(Module { binary, features, profile })
}

fn document() -> Result<String, Failure> {
    files::read(&paths::root().join("www/index.html"))
}

/// Whether they have been built once: from then on all modules are built together.
///
/// # Errors
/// Without a folder for what is built.
pub fn is_built() -> Result<bool, Failure> {
    let target = paths::target()?.join("wasm32-unknown-unknown");
    let is_there = |module: Module| target.join(module.profile).join(format!("{}.wasm", module.binary)).is_file();
    Ok(modules()?.into_iter().all(is_there))
}

/// Starts a process beside the one that serves at `port`, which this one becomes: it builds them once the page is there, where
/// they are wanted, and when that one is gone it ends what is left of it.
///
/// # Errors
/// When it cannot be started.
#[cfg(unix)]
pub fn start(port: u16, is_wanted: bool) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt;
    let own = std::env::current_exe().map_err(|error| format!("xtask does not know where it is: {error}"))?;
    let own = own.to_string_lossy().into_owned();
    let (port, served_by) = (port.to_string(), std::process::id().to_string());
    let mut command = shell::command(&own, &["beside", &port, &served_by, if is_wanted { "build" } else { "watch" }])?;
    // A group of its own: Ctrl-C ends the one that it watches, and not it.
    command.process_group(0).spawn().map(drop).map_err(|error| format!("{own} cannot be started: {error}"))
}

#[cfg(not(unix))]
pub fn start(_: u16, _: bool) -> Result<(), Failure> {
    Ok(())
}

/// The process that [`start`] starts.
///
/// # Errors
/// When it is started with other words.
#[cfg(unix)]
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [port, served_by, what] = arguments else { return Err("beside wants a port, a process and what to do".into()) };
    let port: u16 = port.parse().map_err(|_| format!("{port:?} is no port"))?;
    let id = served_by.parse().map_err(|_| format!("{served_by:?} is no process"))?;
    let mut served = Served { id, started: Vec::new() };
    // Said at once: this goes on for as long as the page is served.
    if what == "build"
        && let Err(sentence) = build_all(port, &mut served)
    {
        eprintln!("xtask: {sentence}");
    }
    while served.is_there() {
        sleep(PATIENCE);
    }
    served.end_what_is_left();
    Ok(())
}

/// The process that serves, and those that it has started.
#[cfg(unix)]
struct Served {
    id: u32,
    started: Vec<u32>,
}

#[cfg(unix)]
impl Served {
    /// Whether it is still there; if so, what it has started is noted.
    fn is_there(&mut self) -> bool {
        // Whoever loses its parent is given another one.
        let is_there = std::os::unix::process::parent_id() == self.id;
        if is_there {
            self.started = started_by(&[self.id], &processes());
        }
        is_there
    }

    /// A compiler goes on for minutes when Trunk, which has started it, was killed.
    fn end_what_is_left(&self) {
        let all = processes();
        let left = self.started.iter().copied().filter(|id| all.iter().any(|(known, _)| known == id));
        let left: Vec<u32> = left.collect();
        for id in started_by(&left, &all).into_iter().chain(left) {
            // Many have ended with the one before.
            let _ = Command::new("kill").args(["-TERM", &id.to_string()]).output();
        }
    }
}

/// Processes with their parents; none where the system has no `ps`.
#[cfg(unix)]
fn processes() -> Vec<(u32, u32)> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let process = |line: &str| {
        let (id, parent) = line.trim().split_once(char::is_whitespace)?;
        Some((id.parse().ok()?, parent.trim().parse().ok()?))
    };
    text.lines().filter_map(process).collect()
}

/// What these have started, and what that has, without this process and its own.
#[cfg(unix)]
fn started_by(these: &[u32], all: &[(u32, u32)]) -> Vec<u32> {
    let own = std::process::id();
    let mut found: Vec<u32> = Vec::new();
    let mut parents = these.to_vec();
    while let Some(parent) = parents.pop() {
        let children = all.iter().filter(|(id, of)| *of == parent && *id != own && !found.contains(id));
        let children: Vec<u32> = children.map(|(id, _)| *id).collect();
        parents.extend(&children);
        found.extend(children);
    }
    found
}

/// Builds the modules once the page is served, as long as it is.
#[cfg(unix)]
fn build_all(port: u16, served: &mut Served) -> Result<(), Failure> {
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if !served.is_there() {
            return Ok(());
        }
        sleep(PATIENCE);
    }
    for module in modules()? {
        println!("xtask: building {} while the page is served", module.binary);
        if !build(&module, served)? {
            return Ok(());
        }
    }
    // Trunk watches the page: it takes the modules up, which cargo finds built.
    files::write(&paths::root().join("www").join(PAGE), &compiled_soon(&document()?))?;
    println!("xtask: all modules are built; reload the page to have the GPU engine");
    Ok(())
}

#[cfg(not(unix))]
pub fn run(_: &[String]) -> Result<(), Failure> {
    Err("this system builds all modules at once".into())
}

/// Builds a module; false when what it is built for ended first.
#[cfg(unix)]
fn build(module: &Module, served: &mut Served) -> Result<bool, Failure> {
    use std::os::unix::process::CommandExt;
    let Module { binary, features, profile } = module;
    let words = ["build", "--quiet", "--locked", "--target", "wasm32-unknown-unknown", "--no-default-features"];
    let which = ["--bin", binary, "--features", features, "--profile", profile];
    let mut command = shell::command("cargo", &[&words[..], &which].concat())?;
    // A group of its own: the compilers that it starts end with it.
    let mut child = command.process_group(0).spawn().map_err(|error| format!("cargo cannot be started: {error}"))?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(true),
            Ok(Some(status)) => return Err(format!("{binary} cannot be built ({status}): the page stays without it")),
            Ok(None) if served.is_there() => sleep(PATIENCE),
            Ok(None) | Err(_) => {
                end_group(&mut child);
                return Ok(false);
            }
        }
    }
}

#[cfg(unix)]
fn end_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::{BINARIES, modules};

    #[test]
    #[cfg(unix)]
    fn what_a_process_has_started_is_its_children_and_theirs() {
        let own = std::process::id();
        let all = [(10, 1), (11, 10), (12, 11), (13, 1), (own, 10), (14, own)];
        assert_eq!(super::started_by(&[10], &all), [11, 12]);
        assert!(super::processes().iter().any(|(id, _)| *id == own), "`ps` is read");
    }

    #[test]
    fn each_module_has_its_features_and_its_profile() {
        let modules = modules().expect("the document's links");
        assert_eq!(modules.iter().map(|module| module.binary).collect::<Vec<_>>(), BINARIES);
        let gpu = modules.last().expect("three modules");
        assert_eq!((gpu.features.as_str(), gpu.profile.as_str()), ("webgpu", "small"));
    }
}
