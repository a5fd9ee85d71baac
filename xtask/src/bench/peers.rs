//! The programs that this project's training is measured beside: TensorFlow.js from npm, PyTorch from PyPI.
//!
//! Both are kept in the per-user cache, in the versions that `benches/training` names.

use crate::{Failure, paths, shell};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the peers are kept, and what is trained is written.
pub fn folder() -> Result<PathBuf, Failure> {
    Ok(paths::cache()?.join("bench-training"))
}

/// Installs TensorFlow.js, unless the wanted versions are there.
///
/// # Errors
/// When npm is missing or fails.
pub fn provide_packages() -> Result<(), Failure> {
    let folder = folder()?;
    // Copied when the packages are there: it says which ones.
    let installed = folder.join("installed.json");
    let wanted = text(&named("package-lock.json"))?;
    if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if paths::on_path("npm").is_none() {
        return Err("npm is not on PATH: install Node.js 20 or newer (https://nodejs.org)".into());
    }
    make(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        write(&folder.join(name), &text(&named(name))?)?;
    }
    let place = folder.to_string_lossy().into_owned();
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", &place];
    shell::run("npm", &words).map_err(|error| format!("{error}; does npm reach its registry?"))?;
    write(&installed, &wanted)
}

/// A Python that has PyTorch: the one that `ESMM_PYTHON` names, `python3`, or one of the cache into which it is installed.
///
/// # Errors
/// When there is no Python or PyTorch cannot be installed.
pub fn provide_pytorch() -> Result<PathBuf, Failure> {
    let given = std::env::var_os("ESMM_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    if has_pytorch(&given) {
        return Ok(given);
    }
    let environment = folder()?.join("venv");
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if has_pytorch(&python) {
        return Ok(python);
    }
    println!(
        "Installing PyTorch into {} (once; on Linux 5 GB, since PyPI's package brings CUDA; `ESMM_PYTHON` names a Python \
         that has it)",
        environment.display()
    );
    let (given, place) = (given.to_string_lossy(), environment.to_string_lossy());
    shell::run(&given, &["-m", "venv", &place])?;
    let requirements = named("requirements.txt");
    let words = ["-m", "pip", "install", "--quiet", "--requirement", &requirements.to_string_lossy()];
    shell::run(&python.to_string_lossy(), &words)?;
    if has_pytorch(&python) { Ok(python) } else { Err(format!("{} cannot import it", python.display())) }
}

fn has_pytorch(python: &Path) -> bool {
    shell::succeeds(&python.to_string_lossy(), &["-c", "import torch"])
}

/// A file of `benches/training`.
fn named(name: &str) -> PathBuf {
    paths::root().join("benches/training").join(name)
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}
