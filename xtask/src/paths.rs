//! Where things are: the clone, the per-user cache, the shared target folder.

use crate::Failure;
use std::env;
use std::path::{Path, PathBuf};

/// The root of this clone.
pub fn root() -> PathBuf {
    // `cargo run` says it of this run; what was compiled in may be of another clone with the same target folder.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or_else(|| ".".into(), Path::to_path_buf)
}

/// The per-user cache folder of this project: XDG on Linux, the platform's own elsewhere.
pub fn cache() -> Result<PathBuf, Failure> {
    let home = || env::var_os("HOME").map(PathBuf::from);
    let base = match env::var_os("XDG_CACHE_HOME").filter(|value| Path::new(value).is_absolute()) {
        Some(folder) => Some(PathBuf::from(folder)),
        None if cfg!(windows) => env::var_os("LOCALAPPDATA").map(PathBuf::from),
        None if cfg!(target_os = "macos") => home().map(|home| home.join("Library/Caches")),
        None => home().map(|home| home.join(".cache")),
    };
    base.map(|base| base.join("esmm-playground")).ok_or_else(|| "no cache folder: set HOME or XDG_CACHE_HOME".into())
}

/// Build products, outside the clone so that a fresh clone finds them: `CARGO_TARGET_DIR`, or a folder in the cache.
pub fn target() -> Result<PathBuf, Failure> {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Ok(cache()?.join("target")),
    }
}

/// What `cargo xtask dist` makes.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// The program called `name` on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|path| path.is_file())
}
