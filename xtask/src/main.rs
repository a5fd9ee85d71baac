//! What the README's commands call: `cargo xtask serve | test | dist | bench`.

mod bench;
mod browsers;
mod bundle;
mod clones;
mod debian;
mod dist;
mod document;
mod files;
mod fuzz;
mod hash;
mod notices;
mod paths;
mod serve;
mod shell;
mod split;
mod stamp;
mod test;
mod tools;

use std::process::ExitCode;

/// What went wrong, as one sentence for the person at the terminal.
type Failure = String;

const HELP: &str = "\
cargo xtask <command>

  serve [--port N] [--no-open] [--no-gpu]   install what is missing, build, serve, open the browser
        [--quick]                           page and CPU engine alone, compiled again in seconds: for working on them
  test  [lint] [supply] [native] [wasm] [browser]
                                            everything, or the named parts
        [--browser chromium|firefox|webkit] the tests in one browser
  dist [--twice]                            static files in dist/, with their sizes; built twice and compared
  bench [browser] [--json FILE]             the benchmarks of benches/, or what the page costs in Chromium
  bench training [chromium] [webgpu] [native]
                                            training beside TensorFlow.js and PyTorch; the report is kept in benches/training
        [--rounds N] [--seconds S] [--json FILE]
  bench scale [--rounds N] [--json FILE]    a step by rows, fields and embedded values; the report is kept in benches/scale
  fuzz  [INPUTS] [SEED]                     bent files into every reader; 1 000 000 without a number

Tools and build products are kept in a per-user cache folder, so that the next clone starts warm.
CARGO_TARGET_DIR moves the build products.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        println!("{HELP}");
        return ExitCode::from(2);
    };
    let building = |work: fn(&[String]) -> Result<(), Failure>| clones::claim_target().and_then(|()| work(rest));
    let outcome = match command.as_str() {
        "serve" => building(serve::run),
        "test" => building(test::run),
        "dist" => building(dist::run),
        "bench" => building(bench::run),
        "fuzz" => building(fuzz::run),
        // Called by `serve`, not by people.
        "beside" => serve::rest::run(rest),
        // Called by Trunk after every build (Trunk.toml), not by people.
        "stamp" => stamp::run(),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        unknown => Err(format!("no command {unknown:?}; try `cargo xtask help`")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("\nxtask: FAILED: {sentence}");
            ExitCode::FAILURE
        }
    }
}
