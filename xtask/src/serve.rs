//! `cargo xtask serve`: from a fresh clone to a page in the browser.

use crate::{Failure, paths, shell, tools};
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

/// How to serve.
struct Options {
    port: u16,
    open: bool,
    gpu: bool,
    /// Modules that are compiled again quickly and weigh more; without the GPU engine.
    is_quick: bool,
}

/// Installs what is missing, builds, serves until interrupted.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let options = parse(arguments)?;
    tools::provide()?;
    print_plain_use()?;
    // Trunk would find out only after minutes of building.
    TcpListener::bind(("127.0.0.1", options.port)).map_err(|error| {
        format!("port {} cannot be used ({error}); try --port {}", options.port, options.port.wrapping_add(1))
    })?;
    println!("Building; the first time takes 10 to 15 minutes on two cores, later ones seconds.");
    println!("Then: http://127.0.0.1:{}/   (Ctrl-C ends it)\n", options.port);
    let port = options.port.to_string();
    let page = if options.gpu { None } else { Some(page_without_gpu(options.is_quick)?) };
    let page = page.as_ref().map(|path| path.to_string_lossy().into_owned());
    let mut words = vec!["serve", "--port", &port];
    if options.open && has_browser() {
        words.push("--open");
    }
    words.extend(page.as_deref());
    shell::become_program("trunk", &words)
}

fn parse(arguments: &[String]) -> Result<Options, Failure> {
    let mut options = Options { port: 8080, open: true, gpu: true, is_quick: false };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--no-open" => options.open = false,
            "--no-gpu" => options.gpu = false,
            "--quick" => (options.gpu, options.is_quick) = (false, true),
            "--port" => {
                let value = rest.next().ok_or("--port wants a number")?;
                options.port =
                    value.parse().map_err(|_| format!("--port wants a number up to 65535, not {value:?}"))?;
            }
            unknown => {
                return Err(format!("serve takes no {unknown:?}; it knows --port N, --no-open, --no-gpu and --quick"));
            }
        }
    }
    Ok(options)
}

/// Says how to have `trunk serve` without xtask.
fn print_plain_use() -> Result<(), Failure> {
    let folders = tools::bin_folders()?.into_iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>();
    let target = paths::target()?;
    println!("Plain `trunk serve` works too, in a shell with:");
    if cfg!(windows) {
        println!("  set PATH={};%PATH%\n  set CARGO_TARGET_DIR={}\n", folders.join(";"), target.display());
    } else {
        println!("  export PATH=\"{}:$PATH\" CARGO_TARGET_DIR=\"{}\"\n", folders.join(":"), target.display());
    }
    Ok(())
}

/// A desktop to open a browser on: on Linux a display, elsewhere always.
fn has_browser() -> bool {
    let linux_display = || {
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
    };
    !cfg!(target_os = "linux") || linux_display()
}

/// The page without its GPU engine, whose link takes minutes: what a change of the engine or the domain is tried on.
/// When quick, the other modules have the profile `quick`.
fn page_without_gpu(is_quick: bool) -> Result<PathBuf, Failure> {
    let folder = paths::root().join("www");
    let html = fs::read_to_string(folder.join("index.html")).map_err(|error| format!("www/index.html: {error}"))?;
    let start = html.find("<!-- engine_gpu").ok_or("www/index.html has no `<!-- engine_gpu` mark")?;
    let end = html[start..].find("<!-- /engine_gpu -->").ok_or("www/index.html has no `<!-- /engine_gpu -->` mark")?;
    let page = folder.join("index.no-gpu.html");
    let mut text = format!("{}{}", &html[..start], &html[start + end..]);
    if is_quick {
        text = text.replace("data-cargo-features=\"split\"", "data-cargo-features=\"app\"");
        // One CPU engine is enough to work on.
        text = text
            .lines()
            .filter(|line| !line.contains(r#"data-bin="engine_cpu_relaxed""#))
            .collect::<Vec<_>>()
            .join("\n");
        for profile in ["page", "engine-cpu"] {
            text = text.replace(&format!(r#"data-cargo-profile="{profile}""#), r#"data-cargo-profile="quick""#);
        }
    }
    fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))?;
    Ok(page)
}
