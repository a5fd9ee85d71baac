//! What the first page does without: the CPU engine with relaxed SIMD, the Parquet reader and the GPU engine, built while it
//! is served.
//!
//! `serve` becomes Trunk, so that what ends it ends that too. This runs in a process of its own, which watches whether
//! that one is still there, and ends what it has started when it is not.

use super::PAGE;
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

/// Has them built from the time on at which the page is served at `port`, by a process that ends with this one.
///
/// # Errors
/// When it cannot be started.
pub fn start(port: u16) -> Result<(), Failure> {
    let own = std::env::current_exe().map_err(|error| format!("xtask does not know where it is: {error}"))?;
    let own = own.to_string_lossy().into_owned();
    let (port, served_by) = (port.to_string(), std::process::id().to_string());
    let mut child = shell::command(&own, &["build-rest", &port, &served_by])?;
    child.spawn().map(drop).map_err(|error| format!("{own} cannot be started: {error}"))
}

/// The process that [`start`] starts.
///
/// # Errors
/// When a module cannot be built: the page goes on without it.
#[cfg(unix)]
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let [port, served_by] = arguments else { return Err("build-rest wants a port and a process".to_owned()) };
    let port: u16 = port.parse().map_err(|_| format!("{port:?} is no port"))?;
    let served_by: u32 = served_by.parse().map_err(|_| format!("{served_by:?} is no process"))?;
    // Whoever loses its parent is given another one.
    let is_served_by_it = move || std::os::unix::process::parent_id() == served_by;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if !is_served_by_it() {
            return Ok(());
        }
        sleep(PATIENCE);
    }
    for module in modules()? {
        println!("xtask: building {} while the page is served", module.binary);
        if !build(&module, &is_served_by_it)? {
            return Ok(());
        }
    }
    // Trunk watches the page: it takes the modules up, which cargo finds built.
    files::write(&paths::root().join("www").join(PAGE), &document()?)?;
    println!("xtask: all modules are built; reload the page to have the GPU engine");
    Ok(())
}

#[cfg(not(unix))]
pub fn run(_: &[String]) -> Result<(), Failure> {
    Err("this system builds all modules at once".to_owned())
}

/// Builds a module; false when what it is built for ended first.
#[cfg(unix)]
fn build(module: &Module, is_wanted: &dyn Fn() -> bool) -> Result<bool, Failure> {
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
            Ok(None) if is_wanted() => sleep(PATIENCE),
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
    fn each_module_has_its_features_and_its_profile() {
        let modules = modules().expect("the document's links");
        assert_eq!(modules.iter().map(|module| module.binary).collect::<Vec<_>>(), BINARIES);
        let gpu = modules.last().expect("three modules");
        assert_eq!((gpu.features.as_str(), gpu.profile.as_str()), ("webgpu", "small"));
    }
}
