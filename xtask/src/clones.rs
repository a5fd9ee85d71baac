//! Several clones with one target folder: what one has built must not pass for another's.
//!
//! Cargo gives the products of workspace members the same names in every clone, and tells whether they are current by the
//! times of the source files alone. So in a clone whose files are older than what another one has built since, it would
//! take the other's code (and the other's `env!("CARGO_MANIFEST_DIR")`) for this one's.

use crate::{Failure, paths};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// Whose products the target folder holds.
const OWNER: &str = "esmm-playground-clone";
/// What this workspace's own code is made of, files or folders; everything else is the same in every clone.
const SOURCES: [&str; 10] = [
    "src",
    "tests",
    "benches",
    "build.rs",
    "build",
    "locales",
    "sample-data",
    "slices/src",
    "xtask/src",
    "page-splitter/src",
];

/// Before a build: when another clone built last in the shared folder, this one's sources are given the present time, so
/// that cargo compiles them again (dependencies stay as they are).
///
/// # Errors
/// When a file cannot be read or touched.
pub fn claim_target() -> Result<(), Failure> {
    let target = paths::target()?;
    let owner = target.join(OWNER);
    let own = paths::root().to_string_lossy().into_owned();
    if fs::read_to_string(&owner).is_ok_and(|last| last == own) {
        return Ok(());
    }
    for source in SOURCES {
        touch(&paths::root().join(source))?;
    }
    fs::create_dir_all(&target)
        .and_then(|()| fs::write(&owner, own))
        .map_err(|error| format!("{}: {error}", owner.display()))
}

/// Gives a file, or every file below a folder, the present time.
fn touch(path: &Path) -> Result<(), Failure> {
    let said = |error: std::io::Error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        let file = fs::File::options().write(true).open(path);
        return file.and_then(|file| file.set_modified(SystemTime::now())).map_err(said);
    }
    for entry in fs::read_dir(path).map_err(said)? {
        touch(&entry.map_err(said)?.path())?;
    }
    Ok(())
}
