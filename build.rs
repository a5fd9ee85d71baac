//! Turns the TOML of `sample-data` (presets, and the manifest of the sample logs) into JSON, so that the page carries one
//! parser less; and the texts into Rust.

#[path = "build/catalogue.rs"]
mod catalogue;

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Relocations are what the page is split along.
    if env::var_os("CARGO_FEATURE_SPLIT").is_some() {
        println!("cargo::rustc-link-arg-bin=app=--emit-relocs");
    }
    let presets = Path::new("sample-data/presets");
    println!("cargo::rerun-if-changed={}", presets.display());
    let out = PathBuf::from(env::var("OUT_DIR")?).join("presets");
    for folder in ["logs", "models", "specs"] {
        fs::create_dir_all(out.join(folder))?;
        for entry in fs::read_dir(presets.join(folder))? {
            let path = entry?.path();
            let Some(name) = path.file_stem().filter(|_| path.extension().is_some_and(|ext| ext == "toml")) else {
                continue;
            };
            let broken = |error| format!("{}: {error}", path.display());
            let value: toml::Value = toml::from_str(&fs::read_to_string(&path)?).map_err(broken)?;
            fs::write(out.join(folder).join(name).with_extension("json"), serde_json::to_string(&value)?)?;
        }
    }
    let manifest = Path::new("sample-data/logs/manifest.toml");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let value: toml::Value =
        toml::from_str(&fs::read_to_string(manifest)?).map_err(|error| format!("{}: {error}", manifest.display()))?;
    fs::write(out.join("sample_logs.json"), serde_json::to_string(&value)?)?;
    texts(&PathBuf::from(env::var("OUT_DIR")?).join("texts.rs"))
}

/// Writes the texts of one language, English unless `PAGE_LANGUAGE` names another folder of `locales`.
fn texts(to: &Path) -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-env-changed=PAGE_LANGUAGE");
    let language = env::var("PAGE_LANGUAGE").unwrap_or_else(|_| "en".to_owned());
    let english = catalogue::read(Path::new("locales/en"))?;
    let texts = match language.as_str() {
        catalogue::PSEUDO => catalogue::pseudo(&english),
        _ => catalogue::read(&Path::new("locales").join(&language))?,
    };
    let differences = catalogue::differences(&english, &texts);
    if !differences.is_empty() {
        return Err(format!("locales/{language}: {}", differences.join("\n")).into());
    }
    Ok(fs::write(to, catalogue::code(&texts, &language)?)?)
}
