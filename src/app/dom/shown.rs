//! Text as it is put into the document: a log's names and values may be anything, and the page stays what it is.

use std::borrow::Cow;

/// The longest run of characters that no line ends in.
const LONGEST_WORD: usize = 100;
/// The longest text.
const LONGEST: usize = 2_000;
const CUT: char = '…';

/// `text` with what turns the direction of the text behind it written out (`\u{202e}`), which in a name would make another text
/// of what the page says. Words of right-to-left scripts need none of these.
///
/// Source: Unicode Standard Annex #9, 2.1 to 2.5: embeddings, overrides, isolates and what ends them.
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.contains(turns) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for character in text.chars() {
        if turns(character) { shown.extend(character.escape_unicode()) } else { shown.push(character) }
    }
    Cow::Owned(shown)
}

/// Inert text with what is overlong of it shortened in its middle: each word, and then the whole.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !is_overlong(text) {
        return inert(text);
    }
    let inert = inert(text);
    let mut shown = String::new();
    for piece in inert.split_inclusive(may_end_a_line) {
        push_shortened(&mut shown, piece, LONGEST_WORD);
    }
    let mut whole = String::new();
    push_shortened(&mut whole, &shown, LONGEST);
    Cow::Owned(whole)
}

/// The whole of a text that is shown shortened, as far as a tip has room for it.
pub fn whole_of_shortened(text: &str) -> Option<String> {
    is_overlong(text).then(|| inert(text).chars().take(LONGEST).collect())
}

fn is_overlong(text: &str) -> bool {
    text.len() > LONGEST_WORD
        && (text.len() > LONGEST || text.split(may_end_a_line).any(|word| word.chars().nth(LONGEST_WORD).is_some()))
}

fn push_shortened(to: &mut String, text: &str, most: usize) {
    if text.chars().nth(most).is_none() {
        return to.push_str(text);
    }
    let end = most / 4;
    to.extend(text.chars().take(most - end - 1));
    to.push(CUT);
    to.extend(text.chars().skip(text.chars().count() - end));
}

fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether browsers may end a line at it: white space, and what is written without any.
fn may_end_a_line(character: char) -> bool {
    character.is_whitespace() || character >= '\u{2e80}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_the_direction_is_written_out_and_all_else_stays() {
        for (text, expected) in [
            ("price", "price"),
            ("größe 尺寸 حجم", "größe 尺寸 حجم"),
            ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
            ("\u{202a}\u{202b}\u{202c}\u{202d}", "\\u{202a}\\u{202b}\\u{202c}\\u{202d}"),
            ("\u{2066}\u{2067}\u{2068}x\u{2069}", "\\u{2066}\\u{2067}\\u{2068}x\\u{2069}"),
            ("\u{2029}\u{202f}\u{2065}\u{206a}", "\u{2029}\u{202f}\u{2065}\u{206a}"),
        ] {
            assert_eq!((inert(text), shown(text)), (expected.into(), expected.into()));
        }
    }

    #[test]
    fn an_overlong_name_is_shortened_in_its_sentence_and_told_as_a_whole() {
        let name = format!("{}\u{202e}{}", "a".repeat(200), "z".repeat(200));
        let text = format!("The column {name} is empty.");
        let expected = format!("The column {}…{} is empty.", "a".repeat(74), "z".repeat(24));
        assert_eq!(shown(&text), expected);
        assert_eq!(whole_of_shortened(&text), Some(text.replace('\u{202e}', "\\u{202e}")));
        let words = "word ".repeat(1_000_000);
        assert_eq!(shown(&words).chars().count(), LONGEST);
        assert_eq!(whole_of_shortened(&words).map(|whole| whole.len()), Some(LONGEST));
        for short in ["", &"é".repeat(LONGEST_WORD), &"a b ".repeat(400), &"列".repeat(600)] {
            assert_eq!((shown(short), whole_of_shortened(short)), (short.into(), None));
        }
    }
}
