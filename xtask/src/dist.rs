//! `cargo xtask dist`: static files that work from any path of any static server, within their size budget.

use crate::{Failure, paths, shell, tools};
use std::fs;

/// Modules, what they are meant to weigh and what no change may bring them to, gzipped.
const BUDGETS: [Budget; 3] = [
    // Targets are what was planned; limits stand a little above today's sizes, so that no change grows a module unseen.
    Budget { what: "page", prefix: "app-", target: 250_000, limit: 640_000 },
    Budget { what: "CPU engine", prefix: "engine_cpu", target: 800_000, limit: 900_000 },
    Budget { what: "GPU engine", prefix: "engine_gpu", target: 3_000_000, limit: 3_200_000 },
];

struct Budget {
    what: &'static str,
    /// Of the module's file name.
    prefix: &'static str,
    /// Gzipped bytes to aim at.
    target: usize,
    /// Gzipped bytes that fail the build.
    limit: usize,
}

/// Builds `dist/` and holds it against the budgets.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = arguments.first() {
        return Err(format!("dist takes no {unknown:?}"));
    }
    tools::provide()?;
    shell::phase("build dist/", build)?;
    report_sizes()
}

/// Builds `dist/` with Trunk.
pub fn build() -> Result<(), Failure> {
    shell::run("trunk", &["build", "--locked"])
}

/// Prints the size of every module, raw and gzipped.
///
/// # Errors
/// A module that is missing or over its limit.
pub fn report_sizes() -> Result<(), Failure> {
    println!("\n{:<12} {:>12} {:>12} {:>12} {:>12}", "module", "raw", "gzipped", "target", "limit");
    let mut over = Vec::new();
    for Budget { what, prefix, target, limit } in BUDGETS {
        let bytes = module(prefix)?.ok_or_else(|| format!("dist/ has no module of the {what} ({prefix}*.wasm)"))?;
        let gzipped = gzipped_size(&bytes);
        let [raw, packed, aim, most] = [bytes.len(), gzipped, target, limit].map(kilobytes);
        let note = if gzipped > target { "  over its target" } else { "" };
        println!("{what:<12} {raw:>12} {packed:>12} {aim:>12} {most:>12}{note}");
        if gzipped > limit {
            over.push(format!(
                "the {what} is {} gzipped, {} over its limit",
                kilobytes(gzipped),
                kilobytes(gzipped - limit)
            ));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(over.join("; ")) }
}

fn module(prefix: &str) -> Result<Option<Vec<u8>>, Failure> {
    let folder = paths::dist();
    let describe = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(&folder).map_err(describe)? {
        let path = entry.map_err(describe)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(prefix) && name.ends_with(".wasm") {
            return fs::read(&path).map(Some).map_err(describe);
        }
    }
    Ok(None)
}

/// Size of `gzip -9`: a deflate stream, ten bytes of header, eight of trailer.
fn gzipped_size(bytes: &[u8]) -> usize {
    miniz_oxide::deflate::compress_to_vec(bytes, 9).len() + 18
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}
