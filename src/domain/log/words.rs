//! Words that say yes or no.

use super::names::{Words, is_one_of};

/// Words for yes, as spreadsheets and people write them.
const YES: Words = "
    wahr ja vrai oui verdadero sí si verdadeiro sim vero sì waar sant sand prawda tak ano pravda igaz igen истина да так
    kyllä tosi doğru evet ναι نعم כן हाँ có ya 예 네 是 真 有 对 對 はい";

/// Words for no.
const NO: Words = "
    falsch nein faux non falso não nao onwaar nee falskt falsk nej nei fałsz nie ne nepravda hamis nem ложь нет ні ei
    epätosi yanlış hayır όχι لا לא नहीं không tidak 아니오 아니요 否 假 无 無 错 錯 いいえ";

/// What makes the opposite of a word when it stands before it: `not clicked` and `clicked`.
const NEGATIONS: [&str; 12] = ["not ", "not_", "not-", "no ", "no_", "no-", "non ", "non_", "non-", "un", "未", "不"];

/// What an affirmative word may have before it where its opposite has a negation: 已点击 and 未点击.
const AFFIRMATIONS: [&str; 2] = ["", "已"];

/// A word or digit that says yes or no wherever a label is read.
pub(super) fn parse_word(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// Which of a column's words say yes; `None` when one says neither.
///
/// Two words of which one is the other's negation say no and yes, in any language that writes it so.
pub(super) fn answers(dictionary: &[String]) -> Option<Vec<bool>> {
    let folded: Vec<String> = dictionary.iter().map(|word| word.trim().to_lowercase()).collect();
    let known: Option<Vec<bool>> = folded.iter().map(|word| answer(word)).collect();
    known.or_else(|| match folded.as_slice() {
        [first, second] if is_negation(first, second) => Some(vec![false, true]),
        [first, second] if is_negation(second, first) => Some(vec![true, false]),
        _ => None,
    })
}

/// What a word says by itself, in any of the languages.
pub(super) fn answer(word: &str) -> Option<bool> {
    let word = word.trim().to_lowercase();
    match (is_one_of(&word, YES), is_one_of(&word, NO)) {
        _ if parse_word(&word).is_some() => parse_word(&word),
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn is_negation(negative: &str, positive: &str) -> bool {
    let rest = NEGATIONS.iter().filter_map(|negation| negative.strip_prefix(negation));
    rest.into_iter()
        .any(|rest| !rest.is_empty() && AFFIRMATIONS.iter().any(|mark| positive.strip_prefix(mark) == Some(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Option<Vec<bool>> {
        answers(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn pairs_of_many_languages_are_read_the_right_way_round() {
        for (no, yes) in [
            ("FALSCH", "WAHR"),
            ("Faux", "VRAI"),
            ("no", "sí"),
            ("нет", "да"),
            ("否", "是"),
            ("いいえ", "はい"),
            ("not clicked", "clicked"),
            ("unconverted", "converted"),
            ("non-click", "click"),
            ("未点击", "已点击"),
            ("未点击", "点击"),
            ("0", "1"),
        ] {
            assert_eq!(read(&[no, yes]), Some(vec![false, true]), "{no}, {yes}");
            assert_eq!(read(&[yes, no]), Some(vec![true, false]), "{yes}, {no}");
        }
    }

    #[test]
    fn two_words_that_oppose_nothing_known_say_neither() {
        for words in [["kept", "left"], ["a", "b"], ["no", "maybe"], ["un", "not "]] {
            assert_eq!(read(&words), None, "{words:?}");
        }
    }

    #[test]
    fn no_word_says_both() {
        assert!(YES.split_whitespace().all(|word| !is_one_of(word, NO) && parse_word(word) != Some(false)));
        assert!(NO.split_whitespace().all(|word| parse_word(word) != Some(true)));
    }
}
