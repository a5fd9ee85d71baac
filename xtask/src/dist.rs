//! `cargo xtask dist`: static files that work from any path of any static server, within their size budget.

mod twice;

use crate::{Failure, paths, shell, split, tools};
use std::fs;

/// Modules, what they are meant to weigh and what no change may bring them to, gzipped.
const BUDGETS: [Budget; 6] = [
    // Targets are what was planned; limits stand a little above today's sizes, so that no change grows a module unseen.
    Budget { what: "page", place: "app-", target: 250_000, limit: 256_000 },
    Budget { what: "its opening part", place: "-parts/split_opening", target: 250_000, limit: 300_000 },
    Budget { what: "its other views", place: "-parts/split_views", target: 250_000, limit: 300_000 },
    Budget { what: "CPU engine", place: "engine_cpu_bg", target: 700_000, limit: 700_000 },
    Budget { what: "with relaxed SIMD", place: "engine_cpu_relaxed_bg", target: 700_000, limit: 700_000 },
    Budget { what: "GPU engine", place: "engine_gpu", target: 720_000, limit: 740_000 },
];

struct Budget {
    what: &'static str,
    /// How the module's file name begins; for a part, what is in its folder's and its file's name.
    place: &'static str,
    /// Gzipped bytes to aim at.
    target: usize,
    /// Gzipped bytes that fail the build.
    limit: usize,
}

/// Builds `dist/` and holds it against the budgets; with `--twice` builds it anew elsewhere, and holds one against the other.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = arguments.iter().find(|argument| *argument != "--twice") {
        return Err(format!("dist takes no {unknown:?}; it knows --twice"));
    }
    tools::provide()?;
    shell::phase("build dist/", build)?;
    report_sizes()?;
    if !arguments.is_empty() {
        shell::phase("build it again, from nothing", || twice::build_and_compare(&paths::dist()))?;
    }
    Ok(())
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
    println!("\n{:<16} {:>12} {:>12} {:>12} {:>12}", "module", "raw", "gzipped", "target", "limit");
    let mut over = Vec::new();
    for Budget { what, place, target, limit } in BUDGETS {
        let bytes = module(place)?.ok_or_else(|| format!("dist/ has no module of the {what} ({place}*.wasm)"))?;
        let gzipped = gzipped_size(&bytes);
        let [raw, packed, aim, most] = [bytes.len(), gzipped, target, limit].map(kilobytes);
        let note = if gzipped > target { "  over its target" } else { "" };
        println!("{what:<16} {raw:>12} {packed:>12} {aim:>12} {most:>12}{note}");
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

fn module(place: &str) -> Result<Option<Vec<u8>>, Failure> {
    let folder = paths::dist();
    let mut names = split::files(&folder)?;
    let folders = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for parts in folders.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with("-parts")) {
        let parts_name = parts.file_name().to_string_lossy().into_owned();
        names.extend(split::files(&parts.path())?.iter().map(|part| format!("{parts_name}/{part}")));
    }
    let fits = |name: &&String| {
        let is_there = if place.contains('/') { name.contains(place) } else { name.starts_with(place) };
        is_there && name.ends_with(".wasm") && name.contains('/') == place.contains('/')
    };
    let Some(name) = names.iter().find(fits) else { return Ok(None) };
    fs::read(folder.join(name)).map(Some).map_err(|error| format!("{name}: {error}"))
}

/// Size of `gzip -9`: a deflate stream, ten bytes of header, eight of trailer.
fn gzipped_size(bytes: &[u8]) -> usize {
    miniz_oxide::deflate::compress_to_vec(bytes, 9).len() + 18
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}
