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
    println!("cargo::rerun-if-changed=sample-data/presets");
    println!("cargo::rerun-if-changed=sample-data/logs/manifest.toml");
    let data = Path::new("sample-data");
    let out = PathBuf::from(env::var("OUT_DIR")?).join("presets");
    for folder in ["logs", "specs"] {
        fs::create_dir_all(out.join(folder))?;
        for entry in fs::read_dir(data.join("presets").join(folder))? {
            let path = entry?.path();
            let Some(name) = path.file_stem().filter(|_| path.extension().is_some_and(|ext| ext == "toml")) else {
                continue;
            };
            write_json(&path, &out.join(folder).join(name).with_extension("json"))?;
        }
    }
    write_json(&data.join("presets/models.toml"), &out.join("models.json"))?;
    write_hues(&data.join("presets/models.toml"), &out.join("hues.rs"))?;
    write_json(&data.join("logs/manifest.toml"), &out.join("sample_logs.json"))?;
    texts(&PathBuf::from(env::var("OUT_DIR")?).join("texts.rs"))
}

/// Writes a TOML file as JSON.
fn write_json(from: &Path, to: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let value: toml::Value =
        toml::from_str(&fs::read_to_string(from)?).map_err(|error| format!("{}: {error}", from.display()))?;
    Ok(fs::write(to, serde_json::to_string(&value)?)?)
}

/// Writes each model's name with its hue as a Rust slice: what the page paints first must not parse presets.
fn write_hues(from: &Path, to: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let value: toml::Value = toml::from_str(&fs::read_to_string(from)?)?;
    let models = value.get("models").and_then(toml::Value::as_array).ok_or("models.toml has no models")?;
    let hues: Vec<(&str, i64)> = models
        .iter()
        .filter_map(|model| Some((model.get("name")?.as_str()?, model.get("hue")?.as_integer()?)))
        .collect();
    Ok(fs::write(to, format!("&{hues:?}"))?)
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
