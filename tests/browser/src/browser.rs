//! Starting a browser under its WebDriver.
//!
//! One engine so far. Another one joins as a variant of [`Browser`]: its driver program, and its capabilities.

use crate::Step;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::{
    Capabilities, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
    error::WebDriverResult,
};

const START_ATTEMPTS: usize = 3;

/// A browser engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// Chromium or Chrome, with chromedriver.
    Chromium,
}

/// Whether WebGPU finds an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpu {
    /// `requestAdapter` answers null, as on most machines without a GPU.
    Absent,
    /// Chromium's software adapter: slow, but it computes what a GPU would.
    Software,
}

/// A browser under way, with its driver process.
pub struct Running {
    driver: WebDriver,
    process: Child,
}

impl Browser {
    /// The engine that `ESMM_BROWSER` names; `chromium` when it is not set.
    ///
    /// # Errors
    /// When it names an engine that the suite cannot drive.
    pub fn from_environment() -> Step<Self> {
        match env::var("ESMM_BROWSER").as_deref() {
            Err(_) | Ok("chromium") => Ok(Self::Chromium),
            Ok(other) => Err(format!("ESMM_BROWSER={other:?}: the suite drives chromium")),
        }
    }

    /// Starts the driver on a free port, and a headless browser under it.
    ///
    /// # Errors
    /// When either is missing or does not start.
    pub async fn start(self, gpu: Gpu) -> Step<Running> {
        // A busy machine may start a browser slower than its driver waits for. Starting is not what is tested.
        let mut refusals = Vec::new();
        for _ in 0..START_ATTEMPTS {
            match self.try_start(gpu).await {
                Ok(running) => return Ok(running),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Err(refusals.join("\n"))
    }

    async fn try_start(self, gpu: Gpu) -> Step<Running> {
        let capabilities = self.capabilities(gpu).map_err(|error| error.to_string())?;
        let (mut process, address) = self.start_driver()?;
        match WebDriver::builder(&address, capabilities).request_timeout(Duration::from_secs(180)).connect().await {
            Ok(driver) => Ok(Running { driver, process }),
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait();
                Err(format!("{self:?} does not start: {error}"))
            }
        }
    }

    fn start_driver(self) -> Step<(Child, String)> {
        let program = match self {
            Self::Chromium => program("CHROMEDRIVER", &["chromedriver"])?,
        };
        let mut process = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let output = process.stdout.take().ok_or("the driver has no output")?;
        // "ChromeDriver was started successfully on port 38471."
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()));
        let Some(port) = port else {
            let _ = process.kill();
            let _ = process.wait();
            return Err(format!("{} did not say its port", program.display()));
        };
        // The driver must never stand still on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok((process, format!("http://127.0.0.1:{}", port.trim_end_matches('.'))))
    }

    fn capabilities(self, gpu: Gpu) -> WebDriverResult<Capabilities> {
        match self {
            Self::Chromium => chromium(gpu),
        }
    }
}

fn chromium(gpu: Gpu) -> WebDriverResult<Capabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    if let Ok(binary) = program("CHROMIUM", &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
    {
        capabilities.set_binary(&binary.to_string_lossy())?;
    }
    let quiet = [
        "--headless=new",
        "--window-size=1280,1400",
        "--disable-background-networking",
        "--disable-extensions",
        "--no-first-run",
    ];
    // Containers: Chromium's sandbox refuses root, and /dev/shm may be too small for it.
    let contained = ["--no-sandbox", "--disable-dev-shm-usage"];
    // A page in the background would have its timers slowed down.
    let awake = [
        "--disable-background-timer-throttling",
        "--disable-renderer-backgrounding",
        "--disable-backgrounding-occluded-windows",
    ];
    let graphics: &[&str] = match gpu {
        Gpu::Absent => &["--disable-gpu"],
        Gpu::Software => &[
            "--enable-unsafe-webgpu",
            "--use-webgpu-adapter=swiftshader",
            "--enable-features=Vulkan,WebGPU",
            "--use-vulkan=swiftshader",
        ],
    };
    for argument in quiet.iter().chain(&contained).chain(&awake).chain(graphics) {
        capabilities.add_arg(argument)?;
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(capabilities.into())
}

impl Running {
    /// The driver's handle.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Ends the browser and its driver.
    pub async fn quit(self) {
        let Self { driver, mut process } = self;
        // Whatever the browser answers, its driver is ended next, and with it the browser.
        let _ = driver.quit().await;
        let _ = process.kill();
        let _ = process.wait();
    }
}

/// The program that `variable` names, else the first of `names` on PATH.
fn program(variable: &str, names: &[&str]) -> Step<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Ok(PathBuf::from(path));
    }
    let folders = env::var_os("PATH").unwrap_or_default();
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
