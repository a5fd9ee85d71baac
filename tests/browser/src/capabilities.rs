//! What each browser is asked for: no window, no noise, and whether WebGPU finds an adapter.

use crate::Step;
use crate::browser::{Browser, program};
use serde_json::{Value, json};
use std::path::PathBuf;
use thirtyfour::Capabilities;

/// How a browser is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    pub gpu: Gpu,
    /// Whether the browser keeps a trace of what its threads do (Chromium alone).
    pub is_traced: bool,
    /// Pages of 64 KiB that a WebAssembly memory may have at the most (Chromium alone); as the browser likes where absent.
    pub most_memory: Option<u32>,
}

impl Setting {
    /// A browser as people have it, but for its GPU.
    pub const fn plain(gpu: Gpu) -> Self {
        Self { gpu, is_traced: false, most_memory: None }
    }
}

/// Whether WebGPU finds an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpu {
    /// `requestAdapter` answers null, as on most machines without a GPU; or there is no WebGPU at all.
    Absent,
    /// Chromium's software adapter: slow, but it computes what a GPU would.
    Software,
}

/// Window of every browser.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 1400;

/// Trace categories: tasks of every thread with their CPU time, and marks that the page makes.
const TRACED: &str = "devtools.timeline,disabled-by-default-devtools.timeline,blink.user_timing";

/// What `browser` is asked for.
pub(crate) fn of(browser: Browser, setting: Setting) -> Step<Capabilities> {
    let wanted = match (browser, setting.gpu) {
        (Browser::Chromium, _) => chromium(setting),
        (Browser::Firefox, Gpu::Absent) => firefox(),
        (Browser::Webkit, Gpu::Absent) => webkit()?,
        (_, Gpu::Software) => return Err(format!("{browser:?} has no software adapter for WebGPU")),
    };
    serde_json::from_value(wanted).map_err(|error| error.to_string())
}

fn chromium(setting: Setting) -> Value {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        format!("--window-size={WIDTH},{HEIGHT}"),
        "--disable-background-networking".into(),
        "--disable-component-update".into(),
        "--disable-extensions".into(),
        "--no-first-run".into(),
        // Containers: Chromium's sandbox refuses root, and /dev/shm may be too small for it.
        "--no-sandbox".into(),
        "--disable-dev-shm-usage".into(),
        // A page in the background would have its timers slowed down.
        "--disable-background-timer-throttling".into(),
        "--disable-renderer-backgrounding".into(),
        "--disable-backgrounding-occluded-windows".into(),
    ];
    let graphics: &[&str] = match setting.gpu {
        Gpu::Absent => &["--disable-gpu"],
        Gpu::Software => &[
            "--enable-unsafe-webgpu",
            "--use-webgpu-adapter=swiftshader",
            "--enable-features=Vulkan,WebGPU",
            "--use-vulkan=swiftshader",
        ],
    };
    arguments.extend(graphics.iter().map(|&argument| argument.to_owned()));
    arguments.extend(setting.most_memory.map(|pages| format!("--js-flags=--wasm-max-mem-pages={pages}")));
    let mut options = json!({ "args": arguments });
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    if let Ok(binary) = program("CHROMIUM", &names) {
        options["binary"] = json!(binary);
    }
    let mut kept = json!({ "browser": "ALL" });
    if setting.is_traced {
        options["perfLoggingPrefs"] = json!({ "traceCategories": TRACED, "enableNetwork": false, "enablePage": false });
        kept["performance"] = json!("ALL");
    }
    json!({ "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": kept })
}

fn firefox() -> Value {
    let mut options = json!({
        "args": ["-headless", format!("--width={WIDTH}"), format!("--height={HEIGHT}")],
        "prefs": {
            "dom.ipc.processPrelaunch.enabled": false,
            "dom.min_background_timeout_value": 4,
        },
    });
    if let Ok(binary) = program("FIREFOX", &["firefox-esr", "firefox"]) {
        options["binary"] = json!(binary);
    }
    json!({ "browserName": "firefox", "moz:firefoxOptions": options })
}

fn webkit() -> Step<Value> {
    let binary = match program("MINIBROWSER", &["MiniBrowser"]) {
        Ok(binary) => binary,
        Err(refusal) => installed_mini_browser().ok_or(refusal)?,
    };
    Ok(json!({
        "browserName": "MiniBrowser",
        "webkitgtk:browserOptions": { "binary": binary, "args": ["--automation", format!("--geometry={WIDTH}x{HEIGHT}")] },
    }))
}

/// Debian keeps it beside the libraries: `/usr/lib/<triple>/webkit2gtk-<version>/MiniBrowser`.
fn installed_mini_browser() -> Option<PathBuf> {
    let folders = |of: PathBuf| std::fs::read_dir(of).into_iter().flatten().flatten().map(|entry| entry.path());
    folders(PathBuf::from("/usr/lib"))
        .filter(|triple| triple.is_dir())
        .flat_map(folders)
        .filter(|folder| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("webkit")))
        .map(|folder| folder.join("MiniBrowser"))
        .find(|program| program.is_file())
}
