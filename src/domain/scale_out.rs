//! The scale-out kit: an experiment as a PyTorch training script, for the day the log outgrows the browser.
//!
//! The script is the package `scale-out/kit`, put into one file, the same for every experiment. What changes is two literals
//! in it: the experiment, its models spelled out as the log lets them be trained, and what the log's columns are for. The
//! script reads the log, fits, trains (one process, or Ray Train) and writes the playground's own formats; what it does not
//! do it refuses by name when it is run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::log::{FeatureGroup, Roles, Space, aliases, feature_group};
use super::spec::{LogOffers, ModelSpec, RunSpec};

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(include_str!(concat!("../../scale-out/kit/", $name, ".py"))),*] };
}

/// The package, in the order in which its files stand in the script: each uses only those before it.
const FILES: [&str; 13] = files!(
    "__init__",
    "experiment",
    "read",
    "held_out",
    "encode",
    "tree",
    "supervision",
    "objectives",
    "network",
    "intercepts",
    "results",
    "train",
    "main",
);
/// Packages that are not Python's own.
const INSTALLED: [&str; 3] = ["numpy", "pyarrow", "torch"];
const EXPERIMENT: &str = "@EXPERIMENT@";
const ROLES: &str = "@ROLES@";
const FILE_NAME: &str = "train.py";

/// A column that models learn from.
#[derive(Serialize)]
struct Feature<'a> {
    name: &'a str,
    kind: &'static str,
    group: FeatureGroup,
}

/// The script for `spec` on logs with these `roles` (as opened: inferred ones among them): its file name and bytes.
pub fn scale_out_kit(spec: &RunSpec, roles: &Roles) -> (String, Vec<u8>) {
    let roles = roles.repaired();
    let template = template();
    let mut script = String::with_capacity(template.len() + 8192);
    let mut rest = template.as_str();
    // Each mark is looked for behind the one before: what was put in is not searched, whatever it says.
    for (mark, value) in [(EXPERIMENT, experiment_of(spec, &roles)), (ROLES, roles_of(&roles))] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        script.push_str(before);
        script.push_str(&raw_literal(&value));
        rest = after;
    }
    script.push_str(rest);
    (FILE_NAME.to_owned(), script.into_bytes())
}

/// The package as one file: what it is, its imports, then file by file.
fn template() -> String {
    let [about, files @ ..] = FILES;
    let mut imports = Imports::default();
    let mut code = String::new();
    for file in files {
        let (title, rest) = file.trim_start_matches("\"\"\"").split_once("\"\"\"\n").unwrap_or(("", file));
        let own: Vec<&str> = rest.lines().filter(|line| !imports.take(line)).collect();
        code.push_str(&format!(
            "\n\n# {:->115}\n\n\n{}\n",
            format!(" {}", title.trim_end_matches('.')),
            own.join("\n").trim()
        ));
    }
    format!("{about}\n{}{code}", imports.text())
}

/// What the files of the package import, each thing once.
#[derive(Default)]
struct Imports<'a> {
    /// Lines `import …`, as they are.
    modules: BTreeSet<&'a str>,
    /// Module → names, of lines `from … import …`.
    names: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Imports<'a> {
    /// Whether the line is an import; it is then among these, unless it is of the package itself.
    fn take(&mut self, line: &'a str) -> bool {
        if line.starts_with("import ") {
            self.modules.insert(line);
            return true;
        }
        let Some((module, names)) = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) else {
            return false;
        };
        if !module.starts_with("kit.") {
            self.names.entry(module).or_default().extend(names.split(", "));
        }
        true
    }

    fn text(mut self) -> String {
        let future = self.names.remove("__future__").unwrap_or_default();
        let mut text = lines_of("__future__", &future);
        for installed in [false, true] {
            let is_here =
                |module: &str| INSTALLED.contains(&module.split(['.', ' ']).next().unwrap_or("")) == installed;
            text.push('\n');
            for module in self.modules.iter().filter(|line| is_here(line.trim_start_matches("import "))) {
                text.push_str(&format!("{module}\n"));
            }
            for (module, names) in self.names.iter().filter(|(module, _)| is_here(module)) {
                text.push_str(&lines_of(module, names));
            }
        }
        text
    }
}

fn lines_of(module: &str, names: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = names.iter().copied().collect();
    ["from ", module, " import ", &names.join(", "), "\n"].concat()
}

fn experiment_of(spec: &RunSpec, roles: &Roles) -> Value {
    let mut experiment = json_of(spec);
    let offers = offers_of(roles);
    experiment["models"] = spec.models.iter().map(|model| spelled(model, offers)).collect();
    experiment
}

/// A model as the log lets it be trained, without a preset's name to look up.
fn spelled(model: &ModelSpec, offers: LogOffers) -> Value {
    let fitted = model.on_log(offers);
    let ModelSpec { name, tree, objective, embeddings } = fitted.model;
    let mut spelled = json!({ "name": name, "tree": tree, "objective": objective });
    if let Some(embeddings) = embeddings {
        spelled["embeddings"] = json_of(&embeddings);
    }
    if !fitted.left_out.is_empty() {
        spelled["left_out"] = json_of(&fitted.left_out);
    }
    spelled
}

/// What a log with these roles has.
fn offers_of(roles: &Roles) -> LogOffers {
    let has_start = roles.time.is_some() || roles.click_time.is_some();
    LogOffers {
        space: roles.space.unwrap_or_default(),
        has_click: roles.space.is_none_or(|space| space == Space::Impressions)
            && (roles.click.is_some() || roles.click_time.is_some()),
        has_conversion: roles.conversion.is_some() || roles.conversion_time.is_some(),
        has_action: !roles.action.is_empty(),
        has_purchase_times: roles.conversion_time.is_some() && has_start,
    }
}

fn roles_of(roles: &Roles) -> Value {
    let of = |kind, columns: &'_ [String]| -> Vec<Value> {
        let feature = |name: &String| json_of(&Feature { name, kind, group: feature_group(name) });
        columns.iter().map(feature).collect()
    };
    let mut value = json_of(roles);
    let features = [of("categorical", &roles.categorical), of("numerical", &roles.numerical)].concat();
    value["features"] = features.into();
    value["aliases"] = aliases(roles).into_iter().map(|(alias, label)| (alias, Value::from(label))).collect();
    value
}

fn json_of(value: &impl Serialize) -> Value {
    // Strings as keys, finite numbers, no foreign serializers: nothing in a spec or in roles can fail to be written.
    serde_json::to_value(value).unwrap_or_default()
}

/// JSON between the marks of a raw Python literal, `r'''…'''`.
///
/// Names and values are whatever a log's columns are called. In raw literals a backslash stays for the JSON reader, so
/// JSON's own escapes do: of what is left no character ends the literal, since none is a `'`, and none depends on the
/// file's encoding, since all are ASCII. JSON ends with a brace, never with a backslash.
fn raw_literal(value: &Value) -> String {
    let mut literal = String::new();
    for character in format!("{value:#}").chars() {
        match character {
            '\n' | ' '..='&' | '('..='~' => literal.push(character),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    literal.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::{ColumnRole, Fix, LabelRule, Role};
    use crate::domain::spec::{model_names, model_preset, spec_preset};

    /// What stands in the script between `NAME = r'''` and the next `'''`, as JSON.
    fn embedded(script: &str, name: &str) -> Value {
        let (_, after) = script.split_once(&format!("\n{name} = r'''")).unwrap();
        serde_json::from_str(after.split_once("'''").unwrap().0).unwrap()
    }

    fn kit(spec: &RunSpec, roles: &Roles) -> String {
        String::from_utf8(scale_out_kit(spec, roles).1).unwrap()
    }

    fn roles(categorical: &[&str]) -> Roles {
        let names = categorical.iter().map(|&name| name.to_owned()).collect();
        Roles { click: Some("click".into()), conversion: Some("buy".into()), categorical: names, ..Roles::default() }
    }

    #[test]
    fn no_name_breaks_out_of_its_literal() {
        let names = [
            "'''",
            "\"\"\"",
            "\\",
            "\\'''\\",
            "'''; import os #",
            "line\nbreak\r\u{2028}\u{85}",
            "价格",
            "😀",
            "\0\u{7f}\t",
            "@ROLES@",
            "@EXPERIMENT@",
            "{0}%s",
        ];
        let script = kit(&spec_preset("default").unwrap(), &roles(&names));
        let found = embedded(&script, "ROLES");
        assert_eq!(found["categorical"], json!(names));
        assert_eq!(script.matches("r'''").count(), 2);
        let of_template = template().matches("'''").count();
        assert_eq!(script.matches("'''").count(), of_template, "a name ends no literal");
        let data = script.split_once("\nROLES = r'''").unwrap().1.split_once("'''").unwrap().0;
        assert!(data.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "ASCII alone");
    }

    #[test]
    fn the_experiment_is_the_runspec_with_its_models_spelled_out() {
        let mut spec = spec_preset("default").unwrap();
        spec.models = model_names().iter().map(|name| model_preset(name).unwrap()).collect();
        let mut roles = roles(&["user_city"]);
        (roles.action, roles.time) = (vec!["cart".into()], Some("t".into()));
        (roles.conversion_time, roles.returned) = (Some("bought_at".into()), Some("back".into()));
        let found = embedded(&kit(&spec, &roles), "EXPERIMENT");
        assert_eq!(RunSpec::from_json(&found.to_string()).unwrap(), spec);
        assert!(found["models"].as_array().unwrap().iter().all(Value::is_object));
    }

    #[test]
    fn a_model_is_spelled_as_the_log_lets_it_be_trained() {
        let mut spec = spec_preset("default").unwrap();
        spec.models = vec![model_preset("esm2").unwrap(), model_preset("dfm").unwrap()];
        let found = embedded(&kit(&spec, &roles(&["a"])), "EXPERIMENT");
        assert_eq!(found["models"][0]["tree"]["questions"].as_array().unwrap().len(), 2);
        assert_eq!(found["models"][1]["objective"]["kind"], "click_space");
        for model in found["models"].as_array().unwrap() {
            assert_eq!(model["left_out"].as_array().unwrap().len(), 1);
        }
    }

    #[test]
    fn roles_are_as_repaired_with_groups_and_other_names() {
        let mut roles = roles(&["user_city", "leak"]);
        roles.numerical = vec!["item_price".into()];
        roles.action = vec!["cart".into()];
        roles.fixes = vec![
            Fix::Role(ColumnRole { column: "leak".into(), role: Role::Ignore }),
            Fix::Label(crate::domain::log::ColumnRule { column: "buy".into(), rule: LabelRule::BlankIsNo }),
        ];
        let found = embedded(&kit(&spec_preset("default").unwrap(), &roles), "ROLES");
        let features = json!([
            { "name": "user_city", "kind": "categorical", "group": "user" },
            { "name": "item_price", "kind": "numerical", "group": "item" },
        ]);
        assert_eq!(found["features"], features);
        assert_eq!(found["labels"]["buy"], "blank_is_no");
        assert_eq!(found["aliases"], json!({ "buy": "conversion", "cart": "action" }));
    }
}
