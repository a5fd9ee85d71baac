//! The tools as their makers released them: seconds where compiling takes minutes. Fetched by `curl`, unpacked by `tar`,
//! which every system that can build the project has; never needed.

use crate::{Failure, files::said, shell};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// An archive for one system.
pub struct Release {
    /// Architecture and system, as Rust calls them.
    system: (&'static str, &'static str),
    address: &'static str,
    /// The file's SHA-256: what arrives with another one is not unpacked.
    sum: &'static str,
    /// Folder of the program in it; empty: none.
    folder: &'static str,
}

pub const TRUNK: &[Release] = &[
    Release {
        system: ("x86_64", "linux"),
        address: "https://github.com/trunk-rs/trunk/releases/download/v0.21.14/trunk-x86_64-unknown-linux-gnu.tar.gz",
        sum: "f2b4680cd239693a646a2795e4633c625328d7b2a044fbe749fa3a2fe9e7036b",
        folder: "",
    },
    Release {
        system: ("aarch64", "linux"),
        address: "https://github.com/trunk-rs/trunk/releases/download/v0.21.14/trunk-aarch64-unknown-linux-gnu.tar.gz",
        sum: "b1d8e60e454f7fc182d9a4d95d1506ffbae947d8ba90f8f6f02da93b60f980f9",
        folder: "",
    },
    Release {
        system: ("x86_64", "macos"),
        address: "https://github.com/trunk-rs/trunk/releases/download/v0.21.14/trunk-x86_64-apple-darwin.tar.gz",
        sum: "f1ba0e3bbe24e0ae219c6d22c33e24e2825c1608dd27c2556e323495110f1a95",
        folder: "",
    },
    Release {
        system: ("aarch64", "macos"),
        address: "https://github.com/trunk-rs/trunk/releases/download/v0.21.14/trunk-aarch64-apple-darwin.tar.gz",
        sum: "764e299dd50d89442a4e96a236349f57961984b701e74d3dbdb39cd1c9f5101e",
        folder: "",
    },
];

pub const WASM_BINDGEN: &[Release] = &[
    Release {
        system: ("x86_64", "linux"),
        address: "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/0.2.129/wasm-bindgen-0.2.129-x86_64-unknown-linux-musl.tar.gz",
        sum: "82d12bb940e2d4e72e0d5605387fc1b8ca179044e012b620f0ce4e7440e8320e",
        folder: "wasm-bindgen-0.2.129-x86_64-unknown-linux-musl",
    },
    Release {
        system: ("aarch64", "linux"),
        address: "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/0.2.129/wasm-bindgen-0.2.129-aarch64-unknown-linux-musl.tar.gz",
        sum: "2ed4351c35dd9440308bbb02767d47ea278efe851a52465300f3c94f5b6c2a87",
        folder: "wasm-bindgen-0.2.129-aarch64-unknown-linux-musl",
    },
    Release {
        system: ("x86_64", "macos"),
        address: "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/0.2.129/wasm-bindgen-0.2.129-x86_64-apple-darwin.tar.gz",
        sum: "7e028879a68ec53dae14048b55cc5215f6df75b17a9c1426fac8fa086d3202fd",
        folder: "wasm-bindgen-0.2.129-x86_64-apple-darwin",
    },
    Release {
        system: ("aarch64", "macos"),
        address: "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/0.2.129/wasm-bindgen-0.2.129-aarch64-apple-darwin.tar.gz",
        sum: "81d4a23d56b3c3eb8187658329116d50e0b228a93b343825fb71f70179051cd1",
        folder: "wasm-bindgen-0.2.129-aarch64-apple-darwin",
    },
];

pub const GECKODRIVER: &[Release] = &[Release {
    system: ("x86_64", "linux"),
    address: "https://github.com/mozilla/geckodriver/releases/download/v0.37.1/geckodriver-v0.37.1-linux64.tar.gz",
    sum: "e815130ea95983e162ae91843b48d3a3ce991735635fce83a647afde21e09f7e",
    folder: "",
}];

pub const CARGO_DENY: &[Release] = &[Release {
    system: ("x86_64", "linux"),
    address: "https://github.com/EmbarkStudios/cargo-deny/releases/download/0.19.0/cargo-deny-0.19.0-x86_64-unknown-linux-musl.tar.gz",
    sum: "0e8c2aa59128612c90d9e09c02204e912f29a5b8d9a64671b94608cbe09e064f",
    folder: "cargo-deny-0.19.0-x86_64-unknown-linux-musl",
}];

/// Puts `program` of the release for this system into the folder `bin`.
///
/// # Errors
/// Why it could not: none for this system, no network, another file than the pinned one.
pub fn fetch(releases: &[Release], program: &str, bin: &Path) -> Result<(), Failure> {
    let here = (std::env::consts::ARCH, std::env::consts::OS);
    let release = releases.iter().find(|release| release.system == here);
    let release = release.ok_or_else(|| format!("none is pinned for {} on {}", here.1, here.0))?;
    fs::create_dir_all(bin).map_err(said(bin))?;
    let archive = bin.join("archive.tar.gz");
    let to = archive.to_string_lossy().into_owned();
    // A machine without a way out says so at once or, behind some firewalls, never.
    let patience = ["--connect-timeout", "5", "--max-time", "120"];
    let words = [&["--proto", "=https", "-fsSL"], &patience[..], &["-o", &to, release.address]].concat();
    let outcome = if shell::succeeds("curl", &words) {
        unpack(&archive, release, program, bin)
    } else {
        Err(format!("{} did not arrive", release.address))
    };
    let _ = fs::remove_file(&archive);
    outcome
}

/// Takes `program` out of an archive that is what the release is pinned to.
fn unpack(archive: &Path, release: &Release, program: &str, bin: &Path) -> Result<(), Failure> {
    let bytes = fs::read(archive).map_err(said(archive))?;
    let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if sum != release.sum {
        return Err(format!("what came from {} is another file than the pinned one", release.address));
    }
    let (from, into) = (archive.to_string_lossy(), bin.to_string_lossy());
    let (member, depth) = if release.folder.is_empty() {
        (program.to_owned(), "0")
    } else {
        (format!("{}/{program}", release.folder), "1")
    };
    if shell::succeeds("tar", &["-xzf", &from, "-C", &into, "--strip-components", depth, &member]) {
        Ok(())
    } else {
        Err(format!("{} does not hold {member}", release.address))
    }
}

#[cfg(test)]
mod tests {
    use super::{Release, Sha256, unpack};
    use sha2::Digest;
    use std::fs;
    use std::process::Command;

    #[test]
    fn an_archive_is_unpacked_if_it_is_the_pinned_one() {
        let folder = std::env::temp_dir().join(format!("esmm-released-{}", std::process::id()));
        let bin = folder.join("bin");
        fs::create_dir_all(folder.join("tool-1")).expect("a folder");
        fs::create_dir_all(&bin).expect("a folder");
        fs::write(folder.join("tool-1/tool"), "a program").expect("a file");
        let archive = folder.join("tool.tar.gz");
        let packed = Command::new("tar").args(["-czf", "tool.tar.gz", "tool-1"]).current_dir(&folder).status();
        assert!(packed.is_ok_and(|status| status.success()));
        let bytes = fs::read(&archive).expect("the archive");
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let pinned = Release { system: ("", ""), address: "https://example.org", sum: sum.leak(), folder: "tool-1" };
        assert_eq!(unpack(&archive, &pinned, "tool", &bin), Ok(()));
        assert_eq!(fs::read_to_string(bin.join("tool")).ok().as_deref(), Some("a program"));
        let missing = unpack(&archive, &pinned, "other", &bin).expect_err("no such program");
        assert!(missing.contains("does not hold tool-1/other"), "{missing}");
        fs::write(&archive, [&bytes[..], b"!"].concat()).expect("a file");
        let bent = unpack(&archive, &pinned, "tool", &bin).expect_err("another file");
        assert!(bent.contains("another file than the pinned one"), "{bent}");
        fs::remove_dir_all(&folder).expect("a folder of this test");
    }
}
