//! `cargo xtask serve`: from a fresh clone to a page in the browser.
//!
//! The first time the page is served as soon as it and a CPU engine are built; the other modules ([`rest`]) follow.

pub mod rest;

use crate::{Failure, files, paths, shell, tools};
use std::net::TcpListener;
use std::path::PathBuf;

/// The page as it is served, in `www/`, where some of it is left out.
const PAGE: &str = "index.serve.html";

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
    let is_staged = options.gpu && cfg!(unix) && !rest::is_built()?;
    if is_staged {
        println!("Building page and CPU engine: about 5 minutes on two cores, seconds from then on.");
        println!("GPU engine and Parquet reader are built while the page is served.");
    } else {
        println!("Building; about 11 minutes on two cores the first time, seconds from then on.");
    }
    println!("Then: http://127.0.0.1:{}/   (Ctrl-C ends it)\n", options.port);
    let port = options.port.to_string();
    let mut words = vec!["serve", "--port", &port];
    if options.open && has_browser() {
        words.push("--open");
    }
    let left_out = match (is_staged, options.gpu, options.is_quick) {
        (true, ..) => &rest::BINARIES[..],
        (_, true, _) => &[],
        // One CPU engine is enough to work on.
        (.., true) => &["engine_gpu", "engine_cpu_relaxed"],
        (.., false) => &["engine_gpu"],
    };
    let page = page_without(left_out, options.is_quick)?;
    let page = page.to_string_lossy().into_owned();
    words.push(&page);
    if is_staged {
        // The page in use is not reloaded when the rest is there: a log that somebody has opened would be gone.
        words.push("--no-autoreload");
    }
    rest::start(options.port, is_staged)?;
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

/// A page without the modules of these binaries, in one module that is compiled soon; when quick, the others have the profile
/// `quick` too.
fn page_without(binaries: &[&str], is_quick: bool) -> Result<PathBuf, Failure> {
    let folder = paths::root().join("www");
    let html = files::read(&folder.join("index.html"))?;
    let text = without(&html, binaries)?;
    let page = folder.join(PAGE);
    files::write(&page, &if is_quick { compiled_quickly(&text) } else { compiled_soon(&text) })?;
    Ok(page)
}

/// The document without the link tags of these binaries.
fn without(html: &str, binaries: &[&str]) -> Result<String, Failure> {
    let mut lines: Vec<&str> = html.lines().collect();
    for binary in binaries {
        let tag = format!(r#"data-bin="{binary}""#);
        let index = lines.iter().position(|line| line.contains(&tag));
        lines.remove(index.ok_or_else(|| format!("www/index.html has no `{tag}`"))?);
    }
    Ok(lines.join("\n"))
}

/// The page is one module and goes no further than this machine: it need not be small.
fn compiled_soon(html: &str) -> String {
    html.replace(r#"data-cargo-features="split""#, r#"data-cargo-features="app""#)
        .replace(r#"data-cargo-profile="page""#, r#"data-cargo-profile="served""#)
}

fn compiled_quickly(html: &str) -> String {
    let text = compiled_soon(html);
    ["served", "engine-cpu", "small"].iter().fold(text, |text, profile| {
        text.replace(&format!(r#"data-cargo-profile="{profile}""#), r#"data-cargo-profile="quick""#)
    })
}

#[cfg(test)]
mod tests {
    use super::{compiled_quickly, compiled_soon, rest, without};
    use crate::{files, paths};

    #[test]
    fn the_first_page_has_no_module_that_is_built_later() {
        let html = files::read(&paths::root().join("www/index.html")).expect("the document");
        let first = without(&html, &rest::BINARIES).expect("links of all of them");
        assert_eq!(first.matches("data-bin=").count(), 2, "{first}");
        for there in [r#"data-bin="app""#, r#"data-bin="engine_cpu""#, "</html>"] {
            assert!(first.contains(there), "{there}");
        }
        assert!(without(&first, &["engine_gpu"]).is_err());
    }

    #[test]
    fn a_page_that_is_served_has_engines_as_they_are_put_up() {
        let html = files::read(&paths::root().join("www/index.html")).expect("the document");
        let soon = compiled_soon(&html);
        assert_eq!(soon.matches(r#"data-cargo-profile="served""#).count(), 1);
        assert!(
            !soon.contains(r#"data-cargo-features="split""#) && soon.contains(r#"data-cargo-profile="engine-cpu""#)
        );
    }

    #[test]
    fn a_quick_page_has_no_other_profile() {
        let html = files::read(&paths::root().join("www/index.html")).expect("the document");
        let quick = compiled_quickly(&html);
        let count = quick.matches("data-cargo-profile=").count();
        assert_eq!(quick.matches(r#"data-cargo-profile="quick""#).count(), count);
        assert!(!quick.contains(r#"data-cargo-features="split""#));
    }
}
