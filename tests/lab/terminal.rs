//! What a log's author wrote into names and values is shown by a terminal, and not carried out; and none is too long for a table.

use super::support::{Ended, Place};

/// An escape sequence, a bell, what turns text around, and a line that the lab never said.
const HOSTILE: &str = "\u{1b}[2J\u{7}\u{202e}\u{2066}\u{200f}\u{9b}31m\u{7f}";

/// Characters that a terminal acts upon.
fn acts(character: char) -> bool {
    let is_bidirectional =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (character.is_control() && character != '\n') || is_bidirectional
}

fn is_inert(ended: &Ended, of: &str) {
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        assert!(!text.contains(acts), "{of}, {stream}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("lab: forged")), "{of}, {stream}: {text:?}");
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(longest < 9_000, "{of}, {stream}: a line of {longest} characters");
    }
    assert!(!ended.stderr.contains("panicked"), "{of}: {}", ended.stderr);
}

/// A log with a feature column of this name, whose values end so.
fn log(name: &str, value: &str) -> String {
    let line = |row: usize| {
        let (click, bought) = (u8::from(row.is_multiple_of(3)), u8::from(row.is_multiple_of(9)));
        format!("u{},\"{} {value}\",{},{click},{bought}\n", row % 7, row % 5, row % 4)
    };
    format!("user_id,\"{name}\",shelf,click,conversion\n{}", (0..60).map(line).collect::<String>())
}

#[test]
fn no_name_and_no_value_acts_on_the_terminal_in_any_command() {
    let place = Place::new("hostile");
    let name = format!("p{HOSTILE}\nlab: forged");
    place.write("log.csv", log(&name, HOSTILE));
    place.write("bad.csv", log("price", HOSTILE).replace(",0,0\n", &format!(",0,{HOSTILE}\n")));
    place.write("clicks.csv", log("price", "").replace("click", HOSTILE));
    place.write("roles.toml", "click = \"click\"\nconversion = \"conversion\"\nnumerical = [\"price\"]\n");
    place.write("broken.toml", format!("{HOSTILE} = [\n"));
    for (code, arguments) in [
        (0, "inspect log.csv"),
        (0, "inspect log.csv --json inspect.json"),
        (2, "inspect bad.csv --roles roles.toml"),
        (2, "inspect log.csv --roles roles.toml"),
        (2, "inspect log.csv --roles broken.toml"),
        (2, "inspect log.csv --assembly broken.toml"),
        (2, "assemble --table log.csv --out rows.csv"),
        (0, "train --log log.csv --model naive --seeds 1 --epochs 1 --report r.json --predictions p.csv --weights w"),
        (0, "evaluate --predictions p.csv"),
        (2, "train --log clicks.csv --model esmm --seeds 1 --epochs 1 --report r.json"),
        (0, "predict --weights w/naive-1.json --log log.csv --out again.csv"),
        (2, "predict --weights w/naive-1.json --log bad.csv --out again.csv"),
        (0, "kit --log log.csv --model naive --out train.py"),
    ] {
        let ended = place.lab(arguments);
        assert_eq!(ended.code, Some(code), "{arguments}: {}", ended.stderr);
        is_inert(&ended, arguments);
    }
    let shown = place.lab("inspect log.csv").stdout;
    assert!(shown.contains("\np\\u{1b}[2J\\u{7}\\u{202e}"), "{shown}");
    // A file is no terminal: it has the name as it is.
    assert!(place.json("inspect.json")["columns"][1]["name"].as_str().unwrap().contains('\u{202e}'));
    let ended = place.lab(&format!("train --{HOSTILE}"));
    assert_eq!(ended.code, Some(2));
    is_inert(&ended, "an argument");
    let ended = place.lab(&format!("inspect {HOSTILE}"));
    assert_eq!(ended.code, Some(2));
    is_inert(&ended, "a file's name");
}

#[test]
fn a_name_as_long_as_a_file_breaks_no_command() {
    let place = Place::new("long_name");
    for length in [65_535, 65_536, 70_000, 300_000] {
        place.write("log.csv", log(&"n".repeat(length), "x"));
        for arguments in [
            "inspect log.csv",
            "inspect log.csv --roles-out roles.toml --json inspect.json",
            "train --log log.csv --model esmm --seeds 1 --epochs 1 --report r.json --predictions p.csv --weights w",
            "predict --weights w/esmm-1.json --log log.csv --out again.csv",
            "evaluate --predictions again.csv",
            "kit --log log.csv --model esmm --out train.py",
        ] {
            let ended = place.lab(arguments);
            assert_eq!(ended.code, Some(0), "{length}, {arguments}: {}", ended.stderr);
            is_inert(&ended, arguments);
        }
        let table = place.lab("inspect log.csv").stdout;
        let line = table.lines().find(|line| line.starts_with("nnn")).unwrap();
        assert!(line.starts_with(&format!("{}…{}  categorical", "n".repeat(29), "n".repeat(10))), "{line}");
        place.write("no_label.csv", log(&"n".repeat(length), "x").replace("click", "c").replace("conversion", "d"));
        place.write("other.csv", log("other", "x"));
        for arguments in [
            "train --log no_label.csv --model esmm --report r.json",
            "assemble --table log.csv --out rows.csv",
            "predict --weights w/esmm-1.json --log other.csv --out again.csv",
        ] {
            let ended = place.lab(arguments);
            assert_eq!(ended.code, Some(2), "{length}, {arguments}: {}", ended.stderr);
            is_inert(&ended, arguments);
        }
    }
}

#[test]
fn predictions_hold_no_formula_and_a_log_for_machines_stays_as_it_is() {
    let place = Place::new("formulas");
    place.write("log.csv", log("=HYPERLINK(1)", "x").replace("\"0 x\"", "\"=1+1\"").replace("\"1 x\"", "-1.5"));
    place.write(
        "spec.toml",
        "version = 1\nseeds = [1]\n[training]\nepochs = 1\n[data]\nsource = \"generated\"\nsynth = {}\n[[models]]\nname = \"-1\"\n\
         tree = { questions = [{ name = \"a\", label = \"click\" }], events = [{ name = \"ctr\", answers = { click = true } }] }\n\
         objective = { kind = \"entire_space\", events = [{ event = \"ctr\" }] }\n[[models]]\nname = \"-cmd\"\n\
         tree = { questions = [{ name = \"a\", label = \"click\" }], events = [{ name = \"ctr\", answers = { click = true } }] }\n\
         objective = { kind = \"entire_space\", events = [{ event = \"ctr\" }] }\n",
    );
    place.lab_succeeds("train --log log.csv --spec spec.toml --report r.json --predictions p.csv");
    let predicted = place.csv("p.csv");
    let starts = ['=', '+', '-', '@', '\t', '\r'];
    for cell in predicted.iter().flatten() {
        assert!(!cell.starts_with(starts) || cell.parse::<f64>().is_ok(), "{cell}");
    }
    assert!(predicted[1..].iter().any(|row| row[2] == "'-cmd") && predicted[1..].iter().any(|row| row[2] == "-1"));
    place.lab_succeeds("evaluate --predictions p.csv --json m.json");
    // Tables to be read again are what they were.
    place.write("items.csv", "item,title\ni1,=1+1\ni2,@x\n");
    let events: String = (0..60)
        .map(|row| {
            format!(
                "u{},i{},{},2024-01-01 10:{:02}:00\n",
                row % 7,
                1 + row % 2,
                if row % 5 == 4 { "buy" } else { "view" },
                row
            )
        })
        .collect();
    place.write("events.csv", format!("user_id,item,event,ts\n{events}"));
    place.lab_succeeds("assemble --table events.csv --table items.csv --out rows.csv");
    let rows = place.csv("rows.csv");
    assert!(rows.iter().flatten().any(|cell| cell == "=1+1"), "{:?}", rows[0]);
}
