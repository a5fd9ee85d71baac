//! A static file server for `dist/`, below a path, as the plainest host would serve it.
//!
//! By hand on std: a thread for each connection, one answer each. `tiny_http` keeps connections on a pool of threads, where a
//! browser's idle ones can hold up those that it waits for.

use crate::Step;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Not the root, so that every test also proves that `dist/` works from any path.
const BELOW: &str = "/some/where/";
/// Another deployment of the same files, on the same origin.
const BELOW_TOO: &str = "/else/where/";
/// A connection that asks nothing, as browsers open them in advance, is let go.
const PATIENCE: Duration = Duration::from_secs(120);

/// `dist/`, served on a free port for the rest of the process.
pub struct Site {
    address: String,
    dist: PathBuf,
    faults: Arc<Mutex<Faults>>,
}

/// What goes wrong with a file on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Missing,
    /// The server fails.
    Refused,
    /// Half of it comes, as if it were all.
    Cut,
    /// Its last byte is another.
    Changed,
    Late(Duration),
}

/// What goes wrong here.
#[derive(Debug, Default)]
struct Faults {
    is_down: bool,
    sends_headers: bool,
    spoiled: Vec<(String, Fault)>,
    /// A file that is another one now, by its name.
    changed: Option<(String, Vec<u8>)>,
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
        let faults = Arc::new(Mutex::new(Faults::default()));
        let here = Arc::clone(&faults);
        let folders = Folders { dist: folder.clone(), beside: beside.map(Path::to_path_buf) };
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (folders, faults) = (folders.clone(), Arc::clone(&here));
                // A browser that has gone away does not want its answer.
                thread::spawn(move || answer(&connection, &folders, &faults).unwrap_or_default());
            }
        });
        Ok(Self { address, dist: folder, faults })
    }

    /// From now on every answer is "503 down".
    pub fn take_down(&self) {
        self.change(|faults| faults.is_down = true);
    }

    /// From now on every file comes with what `dist/_headers` says of it, as some hosts send it.
    pub fn send_headers(&self) {
        self.change(|faults| faults.sends_headers = true);
    }

    /// From now on this goes wrong with the file of this name, too.
    pub fn spoil(&self, name: &str, fault: Fault) {
        self.change(|faults| {
            faults.spoiled.retain(|(spoiled, _)| spoiled != name);
            faults.spoiled.push((name.to_owned(), fault));
        });
    }

    /// From now on the file of this name is what `change` makes of its text.
    ///
    /// # Errors
    /// When there is no such text.
    pub fn deploy(&self, name: &str, change: impl FnOnce(&str) -> String) -> Step {
        let text = std::fs::read_to_string(self.dist.join(name)).map_err(|error| format!("{name}: {error}"))?;
        self.change(|faults| faults.changed = Some((name.to_owned(), change(&text).into_bytes())));
        Ok(())
    }

    /// From now on every file comes as it is, of the build that was put up last.
    pub fn mend(&self) {
        self.change(|faults| (faults.spoiled, faults.is_down) = (Vec::new(), false));
    }

    fn change(&self, change: impl FnOnce(&mut Faults)) {
        // A thread that broke down while it held them has left them whole.
        change(&mut self.faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// The names of the files that are served, those in folders with their folders, sorted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn files(&self) -> Step<Vec<String>> {
        let mut names = Vec::new();
        let mut folders = vec![self.dist.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).map_err(|error| error.to_string())? {
                let path = entry.map_err(|error| error.to_string())?.path();
                match path.strip_prefix(&self.dist) {
                    _ if path.is_dir() => folders.push(path),
                    Ok(name) => names.push(name.to_string_lossy().into_owned()),
                    Err(error) => return Err(error.to_string()),
                }
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where the page is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where another deployment of it is, on the same origin.
    pub fn other_address(&self) -> String {
        self.address.replace(BELOW, BELOW_TOO)
    }
}

/// Reads one request and answers it.
fn answer(connection: &TcpStream, folders: &Folders, faults: &Mutex<Faults>) -> std::io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for header in lines {
        if header?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
    let name = path
        .strip_prefix(BELOW)
        .or(path.strip_prefix(BELOW_TOO))
        .map(|name| if name.is_empty() { "index.html" } else { name });
    let found = name.map(Path::new).filter(|name| stays_inside(name));
    let found = found.and_then(|name| folders.read(name).map(|bytes| (bytes, mime(name))));
    let down = ("503 Service Unavailable", (b"down".to_vec(), "text/plain"));
    let missing = ("404 Not Found", (b"not here".to_vec(), "text/plain"));
    let (is_down, sends_headers, fault, changed) = {
        let faults = faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let spoiled = faults.spoiled.iter().find(|(spoiled, _)| name == Some(spoiled));
        let changed = faults.changed.as_ref().filter(|(changed, _)| name == Some(changed));
        let changed = changed.map(|(_, bytes)| bytes.clone());
        (faults.is_down, faults.sends_headers, spoiled.map(|(_, fault)| *fault), changed)
    };
    let found = found.map(|(bytes, mime)| (changed.unwrap_or(bytes), mime));
    if let Some(Fault::Late(time)) = fault {
        thread::sleep(time);
    }
    let (status, (bytes, mime)) = match (found, fault) {
        _ if is_down => down,
        (Some(_), Some(Fault::Refused)) => down,
        (None, _) | (_, Some(Fault::Missing)) => missing,
        (Some((bytes, mime)), Some(Fault::Cut)) => ("200 OK", (bytes[..bytes.len() / 2].to_vec(), mime)),
        (Some((mut bytes, mime)), Some(Fault::Changed)) => {
            bytes.last_mut().into_iter().for_each(|byte| *byte ^= 1);
            ("200 OK", (bytes, mime))
        }
        (Some(found), None | Some(Fault::Late(_))) => ("200 OK", found),
    };
    let mut connection = connection;
    let length = bytes.len();
    let headers = if sends_headers { folders.headers(name.unwrap_or_default()) } else { String::new() };
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
    )?;
    connection.write_all(&bytes)
}

fn stays_inside(name: &Path) -> bool {
    name.components().all(|part| matches!(part, Component::Normal(_)))
}

impl Folders {
    /// What `dist/_headers` says of the file of this name, as lines of an answer.
    fn headers(&self, name: &str) -> String {
        let rules = std::fs::read_to_string(self.dist.join("_headers")).unwrap_or_default();
        let mut is_meant = false;
        let mut headers = String::new();
        for line in rules.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix('/') {
                Some(path) => is_meant = path == "*" || path == name,
                None if is_meant => headers += &format!("{}\r\n", line.trim()),
                None => {}
            }
        }
        headers
    }

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
