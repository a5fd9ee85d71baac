//! When and on what a benchmark ran, for its report.

use std::path::Path;
use std::process::Command;

/// The machine and the day.
#[derive(Debug, Clone)]
pub struct Machine {
    /// In UTC, `YYYY-MM-DD`.
    pub date: String,
    pub cpu: String,
    pub cores: usize,
    /// Of this clone.
    pub commit: String,
}

impl Machine {
    pub fn here() -> Self {
        Self {
            date: said_by("date", &["-u", "+%F"]),
            cpu: cpu(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            commit: said_by("git", &["describe", "--always", "--dirty"]),
        }
    }
}

/// Load average over the last minute, where the system tells it.
pub fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn cpu() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| line.strip_prefix("model name")).and_then(|rest| rest.split_once(':'));
    match model {
        Some((_, name)) => name.trim().to_owned(),
        None if Path::new("/usr/sbin/sysctl").is_file() => {
            said_by("/usr/sbin/sysctl", &["-n", "machdep.cpu.brand_string"])
        }
        None => std::env::consts::ARCH.to_owned(),
    }
}

/// What a program prints; empty when it fails.
fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
