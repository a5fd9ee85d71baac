//! Memory of the browser's page processes, where wasm's is too.

use std::collections::HashMap;
use std::fs;

/// Bytes that the processes of pages hold whose browser was started here; `None` where the system does not tell (only Linux
/// does).
pub fn page_memory() -> Option<u64> {
    let parents: HashMap<u32, u32> = processes().filter_map(|id| Some((id, parent(id)?))).collect();
    let is_ours = |id: &u32| {
        let ancestors = std::iter::successors(Some(*id), |id| parents.get(id).copied());
        // The first process of a system is its own parent here and there.
        ancestors.take(64).any(|id| id == std::process::id())
    };
    let is_of_a_page = |id: &u32| {
        fs::read(format!("/proc/{id}/cmdline"))
            .is_ok_and(|words| String::from_utf8_lossy(&words).contains("--type=renderer"))
    };
    let held: Vec<u64> =
        parents.keys().filter(|id| is_ours(id) && is_of_a_page(id)).filter_map(|id| resident(*id)).collect();
    (!held.is_empty()).then(|| held.iter().sum())
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Of `/proc/ID/stat`: what follows the name, which is in parentheses and may hold any letters.
fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn resident(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
