//! The pinned tools, installed into the per-user cache: `tools/<name>-<version>/bin`.
//!
//! Invariant: a tool's folder is there whole or not at all. An install is built beside it and renamed into place.

use crate::{Failure, debian, paths, shell};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

/// A program that cargo installs from source.
pub struct Tool {
    name: &'static str,
    version: &'static str,
    program: &'static str,
    /// Compile time on two cores.
    minutes: u32,
}

/// Builds the page and its workers. 0.22 wants a newer compiler than the project's.
pub const TRUNK: Tool = Tool { name: "trunk", version: "0.21.14", program: "trunk", minutes: 8 };
/// Must be the version of the `wasm-bindgen` crate in Cargo.lock, to the digit.
pub const WASM_BINDGEN: Tool =
    Tool { name: "wasm-bindgen-cli", version: "0.2.129", program: "wasm-bindgen", minutes: 3 };
/// Drives Firefox in the tests; installed when they ask for it.
pub const GECKODRIVER: Tool = Tool { name: "geckodriver", version: "0.37.1", program: "geckodriver", minutes: 3 };

const TARGET: &str = "wasm32-unknown-unknown";

/// Folders to put first on PATH.
pub fn bin_folders() -> Result<Vec<PathBuf>, Failure> {
    [TRUNK, WASM_BINDGEN, GECKODRIVER].iter().map(|tool| Ok(tool.folder()?.join("bin"))).collect()
}

/// Everything that building the page needs, installed if missing.
pub fn provide() -> Result<(), Failure> {
    provide_wasm_target()?;
    TRUNK.provide()?;
    WASM_BINDGEN.provide()
}

/// A GPU for the native tests: a driver of Vulkan, on Linux that of software where there is none. Others bring Metal or
/// Direct3D.
///
/// # Errors
/// When there is none and it cannot be installed without asking.
pub fn provide_graphics() -> Result<(), Failure> {
    const DRIVERS: &str = "mesa-vulkan-drivers";
    let folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let has_driver = |folder| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
    let is_named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].iter().any(|name| std::env::var_os(name).is_some());
    if !cfg!(target_os = "linux") || is_named || folders.into_iter().any(has_driver) {
        return Ok(());
    }
    if !debian::can_install() {
        return Err(format!(
            "the native tests need a driver of Vulkan (Debian and Ubuntu: `sudo apt-get install {DRIVERS}`)"
        ));
    }
    debian::install(&[DRIVERS])
}

impl Tool {
    fn folder(&self) -> Result<PathBuf, Failure> {
        Ok(paths::cache()?.join("tools").join(format!("{}-{}", self.name, self.version)))
    }

    /// Installs it unless it is there.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn provide(&self) -> Result<(), Failure> {
        let folder = self.folder()?;
        let program = folder.join("bin").join(format!("{}{}", self.program, std::env::consts::EXE_SUFFIX));
        if program.is_file() {
            return Ok(());
        }
        let Self { name, version, minutes, .. } = self;
        println!("Installing {name} {version} into {} (once; about {minutes} minutes on two cores)", folder.display());
        let start = Instant::now();
        // One build folder per tool that outlives an interruption: the next attempt goes on where this one ended.
        let partial = folder.with_file_name(format!("{name}-{version}.partial"));
        let build = folder.with_file_name(format!("{name}-{version}.build"));
        let root = partial.to_string_lossy().into_owned();
        let mut install =
            shell::command("cargo", &["install", "--locked", "--force", name, "--version", version, "--root", &root])?;
        install.env("CARGO_TARGET_DIR", &build);
        // Flags that are meant for the project (a coverage run, say) are not meant for its tools.
        install.env_remove("RUSTFLAGS");
        shell::finish(install)?;
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{} is in the way: {error}", folder.display()))?;
        }
        fs::rename(&partial, &folder)
            .map_err(|error| format!("{} cannot be put in place: {error}", folder.display()))?;
        // Only disk space: a folder that stays harms nothing.
        let _ = fs::remove_dir_all(&build);
        println!("Installed {name} {version} in {}", shell::duration(start.elapsed()));
        Ok(())
    }
}

fn provide_wasm_target() -> Result<(), Failure> {
    let output = shell::command("rustc", &["--print", "target-libdir", "--target", TARGET])?.output();
    let folder = output.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    if !folder.trim().is_empty() && PathBuf::from(folder.trim()).is_dir() {
        return Ok(());
    }
    println!("Installing the compile target {TARGET} (once; about half a minute)");
    shell::run("rustup", &["target", "add", TARGET])
        .map_err(|error| format!("{error}; the target {TARGET} is needed (https://rustup.rs)"))
}
