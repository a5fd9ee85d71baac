//! A static file server for `dist/`, below a path, as the plainest host would serve it.
//!
//! By hand on std: a thread for each connection, one answer each. `tiny_http` keeps connections on a pool of threads, where a
//! browser's idle ones can hold up those that it waits for.

use crate::Step;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Not the root, so that every test also proves that `dist/` works from any path.
const BELOW: &str = "/some/where/";
/// A connection that asks nothing, as browsers open them in advance, is let go.
const PATIENCE: Duration = Duration::from_secs(120);

/// `dist/`, served on a free port for the rest of the process.
pub struct Site {
    address: String,
    is_down: Arc<AtomicBool>,
}

/// What is served.
#[derive(Debug, Clone)]
struct Folders {
    dist: PathBuf,
    beside: Option<PathBuf>,
}

impl Site {
    /// Serves `ESMM_DIST`, else the clone's `dist/`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn serve() -> Step<Self> {
        Self::serve_beside(None)
    }

    /// The same, with the files of another folder under `beside/`.
    ///
    /// # Errors
    /// As [`Site::serve`].
    pub fn serve_beside(beside: Option<&Path>) -> Step<Self> {
        let folder = match std::env::var_os("ESMM_DIST") {
            Some(folder) => PathBuf::from(folder),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist"),
        };
        if !folder.join("index.html").is_file() {
            return Err(format!("{} has no index.html: run `cargo xtask dist` first", folder.display()));
        }
        let no_server = |error| format!("no server: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(no_server)?;
        let address = format!("http://{}{BELOW}", listener.local_addr().map_err(no_server)?);
        let is_down = Arc::new(AtomicBool::new(false));
        let down = Arc::clone(&is_down);
        let folders = Folders { dist: folder, beside: beside.map(Path::to_path_buf) };
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (folders, down) = (folders.clone(), Arc::clone(&down));
                // A browser that has gone away does not want its answer.
                thread::spawn(move || answer(&connection, &folders, &down).unwrap_or_default());
            }
        });
        Ok(Self { address, is_down })
    }

    /// From now on every answer is "503 down".
    pub fn take_down(&self) {
        self.is_down.store(true, Ordering::Relaxed);
    }

    /// Where the page is.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Reads one request and answers it.
fn answer(connection: &TcpStream, folders: &Folders, is_down: &AtomicBool) -> std::io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for header in lines {
        if header?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
    let name = path.strip_prefix(BELOW).map(|name| if name.is_empty() { "index.html" } else { name });
    let found = name.map(Path::new).filter(|name| stays_inside(name));
    let found = found.and_then(|name| folders.read(name).map(|bytes| (bytes, mime(name))));
    let (status, (bytes, mime)) = match found {
        _ if is_down.load(Ordering::Relaxed) => ("503 Service Unavailable", (b"down".to_vec(), "text/plain")),
        Some(found) => ("200 OK", found),
        None => ("404 Not Found", (b"not here".to_vec(), "text/plain")),
    };
    let mut connection = connection;
    let length = bytes.len();
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    connection.write_all(&bytes)
}

fn stays_inside(name: &Path) -> bool {
    name.components().all(|part| matches!(part, Component::Normal(_)))
}

impl Folders {
    /// A file of `dist/` or of the folder beside it, or one that the tests make: an empty page, and an engine's loader that counts.
    fn read(&self, name: &Path) -> Option<Vec<u8>> {
        if let Ok(name) = name.strip_prefix("beside") {
            return std::fs::read(self.beside.as_ref()?.join(name)).ok();
        }
        let text = name.to_str().unwrap_or_default();
        if text == "empty.html" {
            return Some(b"<!DOCTYPE html><html lang=en><title>empty</title>".to_vec());
        }
        match text.strip_prefix("counting_") {
            Some(loader) => {
                let loader = std::fs::read(self.dist.join(loader)).ok()?;
                Some([include_bytes!("counting.js").as_slice(), &loader].concat())
            }
            None => std::fs::read(self.dist.join(name)).ok(),
        }
    }
}

fn mime(name: &Path) -> &'static str {
    match name.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest" | "json") => "application/json",
        _ => "application/octet-stream",
    }
}
