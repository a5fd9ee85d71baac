//! The pinned tools: those on PATH in the right version, else the released binary, else compiled; in the per-user cache:
//! `tools/<name>-<version>/bin`.
//!
//! Invariant: a tool's folder is there whole or not at all. An install is built beside it and renamed into place.

mod released;

use crate::{Failure, debian, paths, shell};
use released::Release;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

/// A program that the project needs in one version.
pub struct Tool {
    /// As cargo installs it from source.
    name: &'static str,
    version: &'static str,
    program: &'static str,
    /// What of it is compiled, as cargo is told.
    parts: &'static [&'static str],
    /// Compile time on two cores.
    minutes: u32,
    /// What its makers built.
    releases: &'static [Release],
}

/// Builds the page and its workers. 0.22 wants a newer compiler than the project's.
pub const TRUNK: Tool = Tool {
    name: "trunk",
    version: "0.21.14",
    program: "trunk",
    // Without its look for newer versions, and what that needs: it fetches nothing.
    parts: &["--no-default-features"],
    minutes: 4,
    releases: released::TRUNK,
};
/// Must be the version of the `wasm-bindgen` crate in Cargo.lock, to the digit.
pub const WASM_BINDGEN: Tool = Tool {
    name: "wasm-bindgen-cli",
    version: "0.2.129",
    program: "wasm-bindgen",
    parts: &["--bin", "wasm-bindgen"],
    minutes: 2,
    releases: released::WASM_BINDGEN,
};
/// Drives Firefox in the tests; installed when they ask for it.
pub const GECKODRIVER: Tool = Tool {
    name: "geckodriver",
    version: "0.37.1",
    program: "geckodriver",
    parts: &[],
    minutes: 2,
    releases: released::GECKODRIVER,
};

/// Holds the dependencies against deny.toml: their licences, where they come from, what is known of them.
pub const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.19.0",
    program: "cargo-deny",
    parts: &[],
    minutes: 3,
    releases: released::CARGO_DENY,
};
/// Finds dependencies that nothing uses. Its compiled form is had sooner than a pinned one could be looked after.
pub const CARGO_MACHETE: Tool =
    Tool { name: "cargo-machete", version: "0.9.2", program: "cargo-machete", parts: &[], minutes: 1, releases: &[] };

/// All of them.
const ALL: [Tool; 5] = [TRUNK, WASM_BINDGEN, GECKODRIVER, CARGO_DENY, CARGO_MACHETE];

/// Not the makers' own settings, whole-program optimisation on one core: what the tools do for us takes seconds.
const QUICKLY_COMPILED: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

const TARGET: &str = "wasm32-unknown-unknown";

/// Folders to put first on PATH.
pub fn bin_folders() -> Result<Vec<PathBuf>, Failure> {
    ALL.iter().map(|tool| Ok(tool.folder()?.join("bin"))).collect()
}

/// Everything that building the page needs, installed if missing.
pub fn provide() -> Result<(), Failure> {
    provide_with(&[])
}

/// The same with `others`, all at once: a compile's last minute leaves all cores but one idle.
///
/// # Errors
/// As [`Tool::provide`], of the first that cannot be had.
pub fn provide_with(others: &[&Tool]) -> Result<(), Failure> {
    provide_wasm_target()?;
    let tools = [&TRUNK, &WASM_BINDGEN].into_iter().chain(others.iter().copied());
    thread::scope(|scope| {
        let installs: Vec<_> = tools.map(|tool| scope.spawn(|| tool.provide())).collect();
        let panicked = || "an install has panicked".to_owned();
        installs.into_iter().try_for_each(|install| install.join().map_err(|_| panicked())?)
    })
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

    /// Installs it unless it is there, or on PATH in its version.
    ///
    /// # Errors
    /// When it can neither be had nor compiled.
    pub fn provide(&self) -> Result<(), Failure> {
        let folder = self.folder()?;
        if folder.join("bin").join(self.file()).is_file() || self.is_on_path() {
            return Ok(());
        }
        let start = Instant::now();
        // One folder per tool that outlives an interruption: the next attempt goes on where this one ended.
        let partial = folder.with_file_name(format!("{}-{}.partial", self.name, self.version));
        if let Err(reason) = self.take_release(&partial) {
            println!("No released {} {} for here: {reason}", self.name, self.version);
            self.compile(&folder, &partial)?;
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| format!("{} is in the way: {error}", folder.display()))?;
        }
        fs::rename(&partial, &folder)
            .map_err(|error| format!("{} cannot be put in place: {error}", folder.display()))?;
        println!("Installed {} {} in {}", self.name, self.version, shell::duration(start.elapsed()));
        Ok(())
    }

    fn file(&self) -> String {
        format!("{}{}", self.program, std::env::consts::EXE_SUFFIX)
    }

    /// Whether the first of its name on PATH is of its version: the one that a build would use.
    fn is_on_path(&self) -> bool {
        paths::on_path(self.program).is_some_and(|program| self.is_of_version(&program))
    }

    fn is_of_version(&self, program: &Path) -> bool {
        let output = std::process::Command::new(program).arg("--version").output();
        output.is_ok_and(|output| says_version(&String::from_utf8_lossy(&output.stdout), self.version))
    }

    /// The released binary in `partial/bin`.
    ///
    /// # Errors
    /// Why there is none that runs here. Nothing depends on it.
    fn take_release(&self, partial: &Path) -> Result<(), Failure> {
        let bin = partial.join("bin");
        released::fetch(self.releases, self.program, &bin)?;
        if self.is_of_version(&bin.join(self.file())) {
            return Ok(());
        }
        let _ = fs::remove_dir_all(partial);
        Err("it does not run on this system".to_owned())
    }

    fn compile(&self, folder: &Path, partial: &Path) -> Result<(), Failure> {
        let Self { name, version, minutes, parts, .. } = self;
        println!("Compiling {name} {version} into {} (once; about {minutes} minutes on two cores)", folder.display());
        let build = folder.with_file_name(format!("{name}-{version}.build"));
        let root = partial.to_string_lossy().into_owned();
        let words = ["install", "--locked", "--force", name, "--version", version, "--root", &root];
        let mut install = shell::command("cargo", &[&words[..], parts].concat())?;
        install.env("CARGO_TARGET_DIR", &build);
        // Flags that are meant for the project (a coverage run, say) are not meant for its tools.
        install.env_remove("RUSTFLAGS");
        for (setting, value) in QUICKLY_COMPILED {
            install.env(setting, value);
        }
        shell::finish(install)?;
        // Only disk space: a folder that stays harms nothing.
        let _ = fs::remove_dir_all(&build);
        Ok(())
    }
}

/// Whether what `--version` prints names this version, among words such as the program's name and its commit.
fn says_version(printed: &str, version: &str) -> bool {
    printed.lines().next().unwrap_or_default().split_whitespace().any(|word| word.trim_start_matches('v') == version)
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

#[cfg(test)]
mod tests {
    use super::says_version;

    #[test]
    fn a_tool_of_another_version_is_another_tool() {
        let same = [
            ("trunk 0.21.14\n", "0.21.14"),
            ("geckodriver 0.37.1 (abc 2026-01-01)\nmore", "0.37.1"),
            ("x v1.2", "1.2"),
        ];
        for (printed, version) in same {
            assert!(says_version(printed, version), "{printed}");
        }
        for printed in ["", "trunk 0.21.1", "trunk 0.21.140", "trunk\n0.21.14"] {
            assert!(!says_version(printed, "0.21.14"), "{printed}");
        }
    }
}
