//! `cargo xtask bench training [chromium] [webgpu] [native] [--rounds N] [--seconds S] [--json FILE]`: ESMM's training steps,
//! this project's and its peers' alternately in one run.
//!
//! ```text
//! experiment.rs   the networks, and what the peers read of them
//! chromium.rs     the page's engines and TensorFlow.js on the same device, in workers of one browser
//! native.rs       the CPU engine and PyTorch on one thread, in processes
//! side.rs         rounds of one program
//! report.rs       the report: JSON, Markdown
//! plot.rs         the report: SVG
//! ```
//! The peers' programs are in `benches/training`. xtask provides `ESMM_BENCH_FOLDER`, where npm's packages are and what is trained
//! is written, `ESMM_BENCH_PYTHON`, a Python that has PyTorch, without which that is left out, and `ESMM_BENCH_PAGE_IS_GIVEN` where
//! the page of `ESMM_DIST` was built elsewhere.
//!
//! The report goes to FILE, and beside it as `.md` and `.svg`. A run of all parts without FILE writes the one that is kept,
//! `benches/training/report.json`; a run of one part only prints.

mod chromium;
mod experiment;
#[path = "../../../../../benches/machine.rs"]
mod machine;
mod native;
mod plot;
mod report;
mod side;

use browser_tests::Step;
use report::{Length, Report};
use std::path::{Path, PathBuf};

const PARTS: [&str; 3] = ["chromium", "webgpu", "native"];
/// Where this file's package is in the clone.
const CLONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// What the browser gets of npm's packages, and of `benches/training`.
const PACKAGES: [&str; 4] = [
    "@tensorflow/tfjs/dist/tf.min.js",
    "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    "@tensorflow/tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js",
];
const SCRIPTS: [&str; 3] = ["worker_tfjs.js", "esmm_tfjs.js", "check_tfjs.js"];

/// What is asked for.
struct Wish {
    parts: Vec<String>,
    length: Length,
    file: Option<PathBuf>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(sentence) = Wish::of(&arguments).and_then(|wish| run(&wish)) {
        eprintln!("{sentence}");
        std::process::exit(1);
    }
}

impl Wish {
    fn of(arguments: &[String]) -> Step<Self> {
        let mut wish = Self { parts: Vec::new(), length: Length { rounds: 5, seconds: 4.0 }, file: None };
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{word} wants a value"));
            let wrong = |_| format!("{word} wants a number");
            match word.as_str() {
                "--rounds" => wish.length.rounds = value()?.parse().map_err(wrong)?,
                "--seconds" => wish.length.seconds = value()?.parse().map_err(|_| format!("{word} wants a number"))?,
                "--json" => wish.file = Some(value()?.into()),
                part if PARTS.contains(&part) => wish.parts.push(part.to_owned()),
                unknown => {
                    return Err(format!("{unknown:?}: training knows {PARTS:?}, --rounds, --seconds and --json"));
                }
            }
        }
        if wish.length.rounds == 0 || wish.length.seconds.is_nan() || wish.length.seconds <= 0.0 {
            return Err("there is at least one round, of more than no seconds".to_owned());
        }
        if wish.parts.is_empty() {
            wish.parts = PARTS.map(str::to_owned).to_vec();
            wish.file = wish.file.or_else(|| Some(Path::new(CLONE).join("benches/training/report.json")));
        }
        Ok(wish)
    }

    fn asks_for(&self, part: &str) -> bool {
        self.parts.iter().any(|asked| asked == part)
    }
}

fn run(wish: &Wish) -> Step {
    let folder = std::env::var_os("ESMM_BENCH_FOLDER").map(PathBuf::from);
    let folder = folder.ok_or("ESMM_BENCH_FOLDER is not set: this is started by `cargo xtask bench training`")?;
    let mut report = Report::new(wish.length, machine::load_average());
    for part in chromium::PARTS.iter().filter(|part| wish.asks_for(part.name)) {
        let beside = served(&folder)?;
        let (comparisons, browser) = chromium::measure(part, &beside, wish.length)?;
        report.comparisons.extend(comparisons);
        report.browser = Some(browser);
    }
    if wish.asks_for("native") {
        let python = std::env::var_os("ESMM_BENCH_PYTHON").map(PathBuf::from);
        if python.is_none() {
            report.skipped.push("PyTorch, which could not be had.".to_owned());
        }
        let (comparisons, skipped) = native::measure(&folder.join("native"), python.as_deref(), wish.length)?;
        report.comparisons.extend(comparisons);
        report.skipped.extend(skipped);
    }
    report.load[1] = machine::load_average();
    for side in report.comparisons.iter().flat_map(|comparison| &comparison.sides) {
        side.check_learned()?;
    }
    println!("{}", report.to_markdown());
    let Some(file) = &wish.file else { return Ok(()) };
    report::write(file, &format!("{:#}\n", report.to_json()))?;
    report::write(&file.with_extension("md"), &report.to_markdown())?;
    report::write(&file.with_extension("svg"), &plot::svg(&report))?;
    println!("written to {}, .md and .svg", file.canonicalize().as_ref().unwrap_or(file).display());
    Ok(())
}

/// The folder that the browser is served: TensorFlow.js and the peer's scripts; each network's files join them.
fn served(folder: &Path) -> Step<PathBuf> {
    let served = folder.join("served");
    std::fs::create_dir_all(&served).map_err(|error| format!("{}: {error}", served.display()))?;
    let packages = PACKAGES.map(|name| folder.join("node_modules").join(name));
    let scripts = SCRIPTS.map(|name| Path::new(CLONE).join("benches/training").join(name));
    for file in packages.iter().chain(&scripts) {
        let name = file.file_name().unwrap_or_default();
        std::fs::copy(file, served.join(name)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(served)
}
