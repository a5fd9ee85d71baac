//! System packages, where they can be installed without asking: on Debian or a relative, as root.

use crate::{Failure, paths, shell};

/// Whether [`install`] can be tried.
pub fn can_install() -> bool {
    paths::on_path("apt-get").is_some() && is_root()
}

/// Installs packages.
///
/// # Errors
/// When apt fails.
pub fn install(packages: &[&str]) -> Result<(), Failure> {
    println!("Installing {} (Debian packages; a minute or two)", packages.join(" and "));
    shell::run("apt-get", &["update"])?;
    let words = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    shell::run("apt-get", &words)
}

fn is_root() -> bool {
    let output = shell::command("id", &["-u"]).and_then(|mut id| id.output().map_err(|error| error.to_string()));
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
