//! Starting a browser under its WebDriver.
//!
//! An engine is a variant of [`Browser`]: its driver's program here, its capabilities in capabilities.rs.

use crate::Step;
use crate::capabilities::{self, Setting};
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use thirtyfour::WebDriver;

const START_ATTEMPTS: usize = 3;
/// How long a driver may take until it listens, on a busy machine.
const DRIVER_PATIENCE: Duration = Duration::from_secs(60);

/// A browser engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
    /// Firefox, with geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser, with WebKitWebDriver; on Linux without a display under Xvfb.
    Webkit,
}

/// A browser under way, with its driver process.
pub struct Running {
    driver: WebDriver,
    process: Ended,
    /// Ends after the browser that draws on it.
    _display: Option<Ended>,
}

/// A process that ends when this is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Browser {
    /// The engine that `ESMM_BROWSER` names; `chromium` when it is not set.
    ///
    /// # Errors
    /// When it names an engine that the suite cannot drive.
    pub fn from_environment() -> Step<Self> {
        match env::var("ESMM_BROWSER").as_deref() {
            Err(_) | Ok("chromium") => Ok(Self::Chromium),
            Ok("firefox") => Ok(Self::Firefox),
            Ok("webkit") => Ok(Self::Webkit),
            Ok(other) => Err(format!("ESMM_BROWSER={other:?}: the suite drives chromium, firefox and webkit")),
        }
    }

    /// Starts the driver on a free port, and a browser without a window under it.
    ///
    /// # Errors
    /// When either is missing or does not start.
    pub async fn start(self, setting: Setting) -> Step<Running> {
        // A busy machine may start a browser slower than its driver waits for. Starting is not what is tested.
        let mut refusals = Vec::new();
        for _ in 0..START_ATTEMPTS {
            match self.try_start(setting).await {
                Ok(running) => return Ok(running),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Err(refusals.join("\n"))
    }

    async fn try_start(self, setting: Setting) -> Step<Running> {
        let capabilities = capabilities::of(self, setting)?;
        let display = if self == Self::Webkit { start_display()? } else { None };
        let (process, address) = self.start_driver(display.as_ref().map(|(_, name)| name.as_str()))?;
        let driver = WebDriver::builder(&address, capabilities).request_timeout(Duration::from_secs(180)).connect();
        let driver = driver.await.map_err(|error| format!("{self:?} does not start: {error}"))?;
        let patient = thirtyfour::TimeoutConfiguration::new(Some(Duration::from_secs(170)), None, None);
        driver.update_timeouts(patient).await.map_err(|error| error.to_string())?;
        Ok(Running { driver, process, _display: display.map(|(process, _)| process) })
    }

    fn start_driver(self, display: Option<&str>) -> Step<(Ended, String)> {
        let program = match self {
            Self::Chromium => program("CHROMEDRIVER", &["chromedriver"])?,
            Self::Firefox => program("GECKODRIVER", &["geckodriver"])?,
            Self::Webkit => program("WEBKITWEBDRIVER", &["WebKitWebDriver"])?,
        };
        let port = free_port()?;
        let mut command = Command::new(&program);
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(display) = display {
            command.env("DISPLAY", display);
        }
        if self == Self::Webkit {
            // Without a graphics card its compositor would wait for one.
            command.env("WEBKIT_DISABLE_COMPOSITING_MODE", "1").env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
            // Its second compiler of wasm crashes workers of WebKitGTK 2.50.6 now and then (a general protection fault).
            command.env("JSC_useOMGJIT", "0");
        }
        let process = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let process = Ended(process);
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if start.elapsed() > DRIVER_PATIENCE {
                return Err(format!("{} does not listen on port {port}", program.display()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok((process, format!("http://127.0.0.1:{port}")))
    }
}

/// A port that was free a moment ago.
fn free_port() -> Step<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| format!("no port: {error}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|error| format!("no port: {error}"))
}

/// A display without a screen, and its name; `None` where there is a display already.
fn start_display() -> Step<Option<(Ended, String)>> {
    if env::var_os("DISPLAY").is_some_and(|name| !name.is_empty()) {
        return Ok(None);
    }
    let mut process = Command::new(program("XVFB", &["Xvfb"])?)
        .args(["-displayfd", "1", "-screen", "0", "1280x1400x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("Xvfb: {error}"))?;
    let output = process.stdout.take();
    let process = Ended(process);
    let mut number = String::new();
    BufReader::new(output.ok_or("Xvfb has no output")?)
        .read_line(&mut number)
        .map_err(|error| format!("Xvfb did not say its display: {error}"))?;
    Ok(Some((process, format!(":{}", number.trim()))))
}

impl Running {
    /// The driver's handle.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Ends the browser and its driver.
    pub async fn quit(self) {
        let Self { driver, process, _display: display } = self;
        // Whatever the browser answers, its driver is ended next, and with it the browser.
        let _ = driver.quit().await;
        drop(process);
        drop(display);
    }
}

/// The program that `variable` names, else the first of `names` on PATH.
pub(crate) fn program(variable: &str, names: &[&str]) -> Step<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Ok(PathBuf::from(path));
    }
    let folders: OsString = env::var_os("PATH").unwrap_or_default();
    let candidates = names.iter().flat_map(|name| {
        env::split_paths(&folders)
            .map(move |folder| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX)))
            .collect::<Vec<_>>()
    });
    candidates
        .into_iter()
        .find(|path: &PathBuf| Path::is_file(path))
        .ok_or_else(|| format!("none of {} is on PATH, and {variable} is not set", names.join(", ")))
}
