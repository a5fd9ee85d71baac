//! A folder of its own for each test, and the lab run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A fresh folder.
pub struct Place(PathBuf);

/// How the lab ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path); // nothing there is as good
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    /// The rows of a CSV file as text, with its header first.
    pub fn csv(&self, name: &str) -> Vec<Vec<String>> {
        let bytes = self.read(name);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    /// Runs the lab with arguments separated by spaces.
    pub fn lab(&self, arguments: &str) -> Ended {
        let arguments = arguments.split_whitespace();
        let output = Command::new(env!("CARGO_BIN_EXE_lab")).current_dir(&self.0).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs the lab and expects it to succeed.
    pub fn lab_succeeds(&self, arguments: &str) {
        let ended = self.lab(arguments);
        assert_eq!(ended.code, Some(0), "lab {arguments}: {}", ended.stderr);
    }
}
