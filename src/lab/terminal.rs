//! Lines for a terminal.
//!
//! Names and values of a log are somebody else's text, and a terminal carries text out: an escape sequence moves its cursor, a
//! bidirectional control turns what follows around, a line break makes a line that this program never said. So whatever
//! the lab prints goes through here, and such characters are shown as what they are.

use std::fmt::Display;
use std::io::Write as _;

/// Characters of a word at the most: a name of a column can be as long as a file.
const MOST_OF_WORD: usize = 256;
/// Characters of a line at the most.
const MOST_OF_LINE: usize = 8_000;
/// Stands where characters were left out.
const CUT: char = '…';

/// Prints a line to stderr.
pub fn say(words: impl Display) {
    // Nobody is left to be told that nobody listens.
    let _ = writeln!(std::io::stderr().lock(), "{}", line(&words.to_string()));
}

/// Prints a line to stdout.
pub fn print(words: impl Display) {
    print_text(&format!("{}\n", line(&words.to_string())));
}

/// Prints text of our own to stdout, as it is.
pub fn print_text(text: &str) {
    // Who closes a pipe has read enough.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Prints JSON to stdout; what a terminal would carry out is escaped, so it is the same JSON.
pub fn print_json(json: &str) {
    print_text(&inert_json(json));
}

/// The text as one line that a terminal only shows, with over-long words and lines cut short.
pub fn line(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(|word| shortened(word, MOST_OF_WORD)).collect();
    inert(&shortened(&words.join(" "), MOST_OF_LINE))
}

/// A name in a table: inert, and of so many characters at the most.
pub fn cell(name: &str, most: usize) -> String {
    shortened(&inert(&shortened(name, most)), most)
}

/// The beginning and the end, where a text is longer than so many characters.
fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return text.to_owned();
    }
    let end = most / 4;
    let start = most - end - 1;
    let (start, end) = (&characters[..start], &characters[characters.len() - end..]);
    start.iter().chain(&[CUT]).chain(end).collect()
}

fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match acts(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    shown
}

fn inert_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        // Line breaks stand between values: those of a text are escaped already.
        if character == '\n' || !acts(character) {
            shown.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            shown.push_str(&format!("\\u{unit:04x}"));
        }
    }
    shown
}

/// Whether a terminal does something other than show it: controls, what turns the direction of text, what breaks a line, and
/// what is not seen at all.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_carry_out_is_shown() {
        for (text, shown) in [
            ("price", "price"),
            ("größe 尺寸 حجم", "größe 尺寸 حجم"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\nlab: all is well", "a\\nlab: all is well"),
            ("tab\tbell\u{7}del\u{7f}csi\u{9b}", "tab\\tbell\\u{7}del\\u{7f}csi\\u{9b}"),
            (
                "\u{202e}gnp\u{202c}.\u{2066}x\u{2069}\u{200f}\u{200e}\u{61c}",
                "\\u{202e}gnp\\u{202c}.\\u{2066}x\\u{2069}\\u{200f}\\u{200e}\\u{61c}",
            ),
            ("zero\u{200b}width\u{feff}\u{2028}", "zero\\u{200b}width\\u{feff}\\u{2028}"),
        ] {
            assert_eq!(line(text), shown);
            assert_eq!(cell(text, 200), shown);
        }
    }

    #[test]
    fn every_bidirectional_control_is_inert() {
        let controls = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}').chain(['\u{200e}', '\u{200f}']);
        for control in controls {
            assert_eq!(line(&control.to_string()), format!("\\u{{{:x}}}", u32::from(control)));
        }
    }

    #[test]
    fn what_is_over_long_is_cut_short() {
        let name = "é".repeat(70_000);
        assert_eq!(cell(&name, 40).chars().count(), 40);
        assert_eq!(cell(&"\u{202e}".repeat(100), 40).chars().count(), 40);
        assert_eq!(cell("exactly", 7), "exactly");
        assert_eq!(cell("one more", 7), "one m…e");
        let sentence = line(&format!("column \"{name}\" is no label"));
        assert!(sentence.starts_with("column \"é") && sentence.ends_with("\" is no label"), "{sentence}");
        assert!(sentence.chars().count() < 300);
        assert_eq!(line(&"a ".repeat(70_000)).chars().count(), MOST_OF_LINE);
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"a\u{202e}b": ["\u{1b}[2J\u{9b}\n", "\u{e0041}", "größe"]});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let shown = inert_json(&text);
        assert!(!shown.chars().any(|character| character != '\n' && acts(character)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
