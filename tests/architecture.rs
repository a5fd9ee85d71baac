//! The directions of the layers, kept true by reading the sources (ARCHITECTURE.md).
//!
//! A breach is a path: in a `use` tree, or written out in code. Comments and strings are not code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What one layer may and may not name.
struct Layer {
    /// Folder or file below src/.
    place: &'static str,
    /// Modules of this crate that it may name.
    modules: &'static [&'static str],
    /// Crates (or modules of std) that it must not name.
    strangers: &'static [&'static str],
    may_be_async: bool,
}

const BROWSER: [&str; 5] = ["leptos", "web_sys", "js_sys", "wasm_bindgen", "gloo_timers"];

const LAYERS: [Layer; 10] = [
    Layer {
        // Below all others, which say their texts with its macros.
        place: "catalogue",
        modules: &["catalogue"],
        strangers: &["burn", "leptos", "web_sys", "js_sys", "wasm_bindgen", "gloo_timers", "std::fs", "std::net"],
        may_be_async: false,
    },
    Layer {
        place: "domain",
        modules: &["domain"],
        strangers: &["burn", "leptos", "web_sys", "js_sys", "wasm_bindgen", "gloo_timers", "std::fs", "std::net"],
        may_be_async: false,
    },
    Layer {
        place: "protocol",
        modules: &["domain", "protocol"],
        strangers: &["burn", "leptos", "web_sys", "js_sys", "wasm_bindgen", "gloo_timers", "std::fs", "std::net"],
        may_be_async: false,
    },
    Layer {
        // The one folder that names Burn.
        place: "engine/autodiff",
        modules: &["domain", "engine"],
        strangers: &["wgpu", "leptos", "web_sys", "std::fs", "std::net"],
        may_be_async: true,
    },
    Layer {
        // The one folder that names wgpu.
        place: "engine/gpu",
        modules: &["domain", "engine"],
        strangers: &["burn", "leptos", "web_sys", "std::fs", "std::net"],
        may_be_async: true,
    },
    Layer {
        place: "engine",
        modules: &["domain", "engine"],
        strangers: &["burn", "wgpu", "leptos", "web_sys", "std::fs", "std::net"],
        may_be_async: true,
    },
    Layer {
        place: "worker",
        modules: &["domain", "protocol", "engine", "worker"],
        strangers: &["burn", "leptos"],
        may_be_async: true,
    },
    Layer {
        place: "parquet",
        modules: &["domain", "protocol", "parquet"],
        strangers: &["burn", "leptos", "std::fs", "std::net"],
        may_be_async: true,
    },
    Layer { place: "app", modules: &["domain", "protocol", "app"], strangers: &["burn"], may_be_async: true },
    Layer {
        place: "lab",
        // The recording that it makes for the page is in the protocol's words.
        modules: &["domain", "protocol", "engine", "lab", "parquet"],
        strangers: &BROWSER,
        may_be_async: true,
    },
];

#[test]
fn layers_only_look_down() {
    let breaches: Vec<String> = sources().iter().flat_map(|(path, text)| layer_breaches(path, text)).collect();
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn feature_switches_are_in_their_two_files_alone() {
    let breaches: Vec<String> = sources().iter().flat_map(|(path, text)| feature_breaches(path, text)).collect();
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn tabs_do_not_import_each_other() {
    let breaches: Vec<String> = sources().iter().flat_map(|(path, text)| tab_breaches(path, text)).collect();
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    let other = "use crate::app::tabs::{rows::rows_table, tree};";
    assert_eq!(tab_breaches(Path::new("app/tabs/tree/view.rs"), other).len(), 1);
    assert!(sources().iter().any(|(path, _)| path.starts_with("app/tabs/tree")));
}

#[test]
fn modules_of_the_domain_name_each_other_in_no_circle() {
    let edges = domain_edges(&sources());
    if let Some(circle) = circle_in(&edges) {
        panic!("a circle between the modules of src/domain: {}", circle.join(" → "));
    }
    assert!(edges["spec"].contains("log"), "the sources are read");
}

#[test]
fn circles_are_found() {
    let file = |path: &str, text: &str| (PathBuf::from("domain").join(path), text.to_owned());
    let circle = |sources: &[(PathBuf, String)]| circle_in(&domain_edges(sources)).map(|circle| circle.join(" → "));
    let down = [
        file("log/mod.rs", "use super::label;\nuse super::{label as l, random::Stream};"),
        file("log/read/mod.rs", "use super::super::Table;\nuse crate::domain::{label, log::{MISSING, Column}};"),
        file("spec/mod.rs", "use crate::domain::log::Roles;"),
        file("label.rs", "#[cfg(test)]\nmod tests {\n    use crate::domain::spec::model_preset;\n}"),
    ];
    assert_eq!(circle(&down), None);
    for (path, text) in [
        ("label.rs", "use crate::domain::{spec::{RunSpec}, random};"),
        ("log/funnel/mod.rs", "fn f(spec: &crate::domain::spec::SplitSpec) {}"),
        ("log/funnel/mod.rs", "use super::super::spec::SplitSpec;"),
        ("log/mod.rs", "use super::spec;"),
    ] {
        let found = circle(&[&down[..], &[file(path, text)]].concat()).unwrap_or_else(|| panic!("{path}: {text}"));
        assert!(["label → spec → log → label", "log → spec → log"].contains(&found.as_str()), "{found}");
    }
}

#[test]
fn the_rules_see_every_layer() {
    let sources = sources();
    for layer in &LAYERS {
        assert!(sources.iter().any(|(path, _)| layer.holds(path)), "src/{} holds no file", layer.place);
    }
}

#[test]
fn breaches_are_found() {
    let cases = [
        ("domain/log/mod.rs", "use burn::tensor::Tensor;", true),
        ("domain/log/mod.rs", "use std::{collections::BTreeMap, fs};", true),
        ("domain/log/mod.rs", "use crate::{domain::spec, engine::{self, sem}};", true),
        ("domain/log/mod.rs", "fn f() { crate::engine::train(); }", true),
        ("domain/log/mod.rs", "pub async fn read() {}", true),
        ("domain/log/mod.rs", "// use burn::Tensor, crate::engine and async here\nuse std::fmt;", false),
        ("domain/log/mod.rs", "const S: &str = \"burn::Tensor async crate::engine\";", false),
        ("domain/log/mod.rs", "use crate::domain::{log, spec::RunSpec};", false),
        ("domain/log/mod.rs", "fn f(burned: f64, asynchronous: bool) {}", false),
        ("engine/trainer.rs", "use crate::protocol::Request;", true),
        ("engine/trainer.rs", "use crate::domain::spec::RunSpec;\nuse burn::prelude::*;", true),
        ("engine/autodiff/run.rs", "use crate::domain::spec::RunSpec;\nuse burn::prelude::*;", false),
        ("engine/trainer.rs", "use crate::{\n    domain::spec,\n    app,\n};", true),
        ("app/mod.rs", "use burn::Tensor;", true),
        ("app/mod.rs", "use crate::engine::Trainer;", true),
        ("app/mod.rs", "use crate::worker;", true),
        ("worker/mod.rs", "use leptos::prelude::*;", true),
        ("lab/mod.rs", "use crate::app::Page;", true),
        ("app/mod.rs", "fn f() -> impl A + use<> { let a = { b; c }; d }\nuse crate::engine::Trainer;", true),
        ("app/mod.rs", "fn f() -> impl A + use<> { let a = { b; c }; d }", false),
    ];
    for (path, text, is_breach) in cases {
        assert_eq!(!layer_breaches(Path::new(path), text).is_empty(), is_breach, "{path}: {text}");
    }
    assert!(!feature_breaches(Path::new("app/mod.rs"), "#[cfg(feature = \"lab\")]\nmod a;").is_empty());
    assert!(!feature_breaches(Path::new("app/mod.rs"), "#[cfg(all(test, feature=\"lab\"))]\nmod a;").is_empty());
    assert!(feature_breaches(Path::new("lib.rs"), "#[cfg(feature = \"lab\")]\nmod a;").is_empty());
    assert!(feature_breaches(Path::new("app/mod.rs"), "#[cfg(test)]\nmod feature;").is_empty());
}

impl Layer {
    fn holds(&self, path: &Path) -> bool {
        path.starts_with(self.place) || path == Path::new(self.place).with_extension("rs")
    }
}

fn layer_breaches(path: &Path, text: &str) -> Vec<String> {
    let Some(layer) = LAYERS.iter().find(|layer| layer.holds(path)) else { return Vec::new() };
    let code = code_of(text);
    let mut breaches = BTreeSet::new();
    for named in paths_in(&code) {
        if let Some(rest) = named.strip_prefix("crate::") {
            let module = rest.split("::").next().unwrap_or(rest);
            if !layer.modules.contains(&module) {
                breaches.insert(format!("src/{}: {} must not name crate::{module}", path.display(), layer.place));
            }
        }
        for stranger in layer.strangers {
            if named == *stranger || named.starts_with(&format!("{stranger}::")) {
                breaches.insert(format!("src/{}: {} must not name {stranger}", path.display(), layer.place));
            }
        }
    }
    if !layer.may_be_async && words(&code).any(|word| word == "async" || word == "await") {
        breaches.insert(format!("src/{}: {} must not be async", path.display(), layer.place));
    }
    breaches.into_iter().collect()
}

/// Which modules of the domain each of them names, tests left out.
fn domain_edges(sources: &[(PathBuf, String)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources.iter().filter(|(path, _)| path.starts_with("domain")) {
        let place: Vec<String> =
            path.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
        // `mod.rs` is its folder's module.
        let module: Vec<&str> = place.iter().map(String::as_str).filter(|name| *name != "mod").collect();
        let code = code_of(text);
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for named in paths_in(code) {
            if let ([_, own, ..], Some(other)) = (module.as_slice(), module_of_domain(&module, &named))
                && other != *own
            {
                edges.entry((*own).to_owned()).or_default().insert(other);
            }
        }
    }
    edges
}

/// The module of the domain that a path in the file of `module` leads to.
fn module_of_domain(module: &[&str], path: &str) -> Option<String> {
    let names: Vec<&str> = path.split("::").collect();
    let n_up = names.iter().take_while(|name| **name == "super").count();
    let from_root = match names[0] {
        "crate" => names[1..].to_vec(),
        "super" => [&module[..module.len().saturating_sub(n_up)], &names[n_up..]].concat(),
        _ => return None,
    };
    if from_root.first() == Some(&"domain") { from_root.get(1).map(|name| (*name).to_owned()) } else { None }
}

/// A way along the edges that ends where it starts.
fn circle_in(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(edges: &BTreeMap<String, BTreeSet<String>>, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        let Some(last) = way.last().cloned() else { return false };
        for next in edges.get(&last).into_iter().flatten() {
            if let Some(start) = way.iter().position(|module| module == next) {
                way.drain(..start);
                way.push(next.clone());
                return true;
            }
            way.push(next.clone());
            if !done.contains(next) && walk(edges, way, done) {
                return true;
            }
            way.pop();
        }
        done.insert(last);
        false
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|start| {
        let mut way = vec![start.clone()];
        if walk(edges, &mut way, &mut done) { Some(way) } else { None }
    })
}

/// What two tabs show is in `app/charts`.
fn tab_breaches(path: &Path, text: &str) -> Vec<String> {
    let tab_of = |place: &Path| Some(place.strip_prefix("app/tabs").ok()?.components().next()?.as_os_str().to_owned());
    let Some(own) = tab_of(path).filter(|own| Path::new("src/app/tabs").join(own).is_dir()) else { return Vec::new() };
    let code = code_of(text);
    let named: BTreeSet<String> = paths_in(&code)
        .iter()
        .filter_map(|named| named.strip_prefix("crate::app::tabs::")?.split("::").next().map(str::to_owned))
        .filter(|tab| *tab != own.to_string_lossy() && Path::new("src/app/tabs").join(tab).is_dir())
        .collect();
    named.iter().map(|tab| format!("src/{}: names the tab {tab}", path.display())).collect()
}

fn feature_breaches(path: &Path, text: &str) -> Vec<String> {
    // Strings are blanked in `code_of`, the switch's `feature =` is not.
    let squeezed: String = code_of(text).split_whitespace().collect();
    let is_switch = ["(feature=", ",feature="].iter().any(|form| squeezed.contains(form));
    // `split` is not a layer: it says where the page's parts are cut, in the one file that names them.
    let is_home = ["lib.rs", "app/modules.rs"].iter().any(|home| path == Path::new(home));
    if is_home || !is_switch {
        return Vec::new();
    }
    vec![format!("src/{}: switches on a feature; only lib.rs and app/modules.rs do", path.display())]
}

/// Every `.rs` file below src/, by its path from there.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(root).expect("below src").to_path_buf();
                found.push((below, fs::read_to_string(&path).expect("a source is text")));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found
}

/// The text without its comments, and with its strings emptied.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some(quoted) = rest.strip_prefix("r#\"") {
            code.push_str("\"\"");
            rest = quoted.find("\"#").map_or("", |end| &quoted[end + 2..]);
        } else if rest.starts_with("'\"'") {
            rest = &rest[3..];
        } else if first == '"' {
            code.push_str("\"\"");
            rest = after_string(&rest[1..]);
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// What follows a string's closing quote.
fn after_string(text: &str) -> &str {
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' if !is_escaped => return &text[at + 1..],
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    ""
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Every path of the code, the trees of `use` spelled out: `use a::{b, c::d}` names `a::b` and `a::c::d`.
fn paths_in(code: &str) -> Vec<String> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // `use<'a>` is a bound on what a type captures, not a tree.
        if tokens[at] == "use" && tokens.get(at + 1).is_none_or(|token| token != "<") {
            at = expand(&tokens, at + 1, String::new(), &mut found);
        } else if tokens.get(at + 1).is_some_and(|token| token == "::") && (at == 0 || tokens[at - 1] != "::") {
            let mut path = tokens[at].clone();
            while tokens.get(at + 1).is_some_and(|token| token == "::") && at + 2 < tokens.len() {
                path = format!("{path}::{}", tokens[at + 2]);
                at += 2;
            }
            found.push(path);
        }
        at += 1;
    }
    found
}

/// Reads one branch of a `use` tree from `at`; returns where its end is.
fn expand(tokens: &[String], mut at: usize, stem: String, found: &mut Vec<String>) -> usize {
    let mut path = stem.clone();
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                at += 1;
                while at < tokens.len() && tokens[at] != "}" {
                    let end = expand(tokens, at, path.clone(), found);
                    // Past a comma; and always on, so that what is no tree at all cannot hold the reading up.
                    let is_comma = tokens.get(end).is_some_and(|token| token == ",");
                    at = (end + usize::from(is_comma)).max(at + 1);
                }
                at += 1;
                path = stem.clone();
            }
            ";" | "," | "}" => break,
            "::" => at += 1,
            // A new name for the path says nothing more about where it leads.
            "as" => at += 2,
            name => {
                path = if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") };
                at += 1;
            }
        }
    }
    if path != stem {
        found.push(path);
    }
    at
}

fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("::") {
            2
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    tokens
}
