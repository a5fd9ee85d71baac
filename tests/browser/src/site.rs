//! A static file server for `dist/`, below a path, as the plainest host would serve it.

use crate::Step;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;
use tiny_http::{Header, Request, Response, Server};

/// Not the root, so that every test also proves that `dist/` works from any path.
const BELOW: &str = "/some/where/";

/// `dist/`, served on a free port until dropped.
pub struct Site {
    server: Arc<Server>,
    address: String,
}

impl Site {
    /// Serves `ESMM_DIST`, else the clone's `dist/`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn serve() -> Step<Self> {
        let folder = match std::env::var_os("ESMM_DIST") {
            Some(folder) => PathBuf::from(folder),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist"),
        };
        if !folder.join("index.html").is_file() {
            return Err(format!("{} has no index.html: run `cargo xtask dist` first", folder.display()));
        }
        let server = Arc::new(Server::http("127.0.0.1:0").map_err(|error| format!("no server: {error}"))?);
        let address = format!("http://{}{BELOW}", server.server_addr());
        // Several threads, since a browser holds connections open while it asks on others.
        for _ in 0..4 {
            let (server, folder) = (Arc::clone(&server), folder.clone());
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(request, &folder);
                }
            });
        }
        Ok(Self { server, address })
    }

    /// Where the page is.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for _ in 0..4 {
            self.server.unblock();
        }
    }
}

fn answer(request: Request, folder: &Path) {
    let path = request.url().split(['?', '#']).next().unwrap_or_default();
    let file = path.strip_prefix(BELOW).map(|name| if name.is_empty() { "index.html" } else { name });
    let bytes = file.and_then(|name| {
        let name = Path::new(name);
        let stays_inside = name.components().all(|part| matches!(part, Component::Normal(_)));
        if stays_inside { std::fs::read(folder.join(name)).ok().map(|bytes| (bytes, mime(name))) } else { None }
    });
    // A browser that has gone away does not want its answer.
    let _ = match bytes {
        Some((bytes, mime)) => {
            let header = Header::from_bytes("Content-Type", mime).expect("a mime type is a header value");
            request.respond(Response::from_data(bytes).with_header(header))
        }
        None => request.respond(Response::from_string("not here").with_status_code(404)),
    };
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
