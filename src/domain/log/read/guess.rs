//! Which encoding bytes are in that are not UTF-8.
//!
//! Each encoding has two signs: which bytes may follow one another, and which of the valid characters are common ones. Their
//! standards put frequent characters in blocks of their own (GB 2312 level 1, Big5 level 1, KS X 1001 Hangul, kana), and
//! letters of a Latin script stand between ASCII letters, so that the share of common characters tells them apart.

use super::encoding::Encoding;

/// Multi-byte text may hold this share of invalid bytes: one in so many characters.
const MOST_INVALID: usize = 50;
/// Hebrew letters, which are lower-case Cyrillic ones as well, before they are believed to be Hebrew.
const HEBREW_LETTERS: usize = 60;

/// The encoding that fits best bytes of which some are no UTF-8.
pub(super) fn guess(sample: &[u8]) -> Encoding {
    let scores = [
        (Encoding::Gb18030, multibyte(sample, gb18030)),
        (Encoding::ShiftJis, multibyte(sample, shift_jis)),
        (Encoding::Big5, multibyte(sample, big5)),
        (Encoding::EucKr, korean(sample)),
        (Encoding::EucJp, japanese(sample)),
        (Encoding::Windows1252, latin(sample, windows_1252)),
        (Encoding::Windows1250, central_european(sample)),
        (Encoding::Windows1254, latin(sample, windows_1254)),
        (Encoding::MacRoman, latin(sample, mac_roman)),
        (Encoding::Windows1251, cased_words(sample, cyrillic)),
        (Encoding::Windows1253, cased_words(sample, greek)),
        (
            Encoding::Windows1256,
            letters(sample, |byte| matches!(byte, 0xc1..=0xd6 | 0xd8..=0xdf | 0xe1 | 0xe3..=0xe6 | 0xec..=0xed)) * 0.95,
        ),
        (Encoding::Windows1255, hebrew(sample)),
    ];
    let mut best = (Encoding::Windows1252, 0.0);
    for (encoding, score) in scores {
        if score > best.1 {
            best = (encoding, score);
        }
    }
    best.0
}

/// Whether bytes that are not all UTF-8 are so in the main: characters of several bytes that are, far more than others.
pub(super) fn is_damaged_utf8(sample: &[u8], characters_before: usize) -> bool {
    let (mut valid, mut invalid) = (characters_before, 0);
    for chunk in sample.utf8_chunks() {
        valid += count_characters(chunk.valid().as_bytes());
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid > 4 * invalid
}

/// Characters of more than one byte in valid UTF-8.
pub(super) fn count_characters(text: &[u8]) -> usize {
    if text.is_ascii() { 0 } else { text.iter().filter(|&&byte| byte >= 0xc0).count() }
}

/// How the bytes at one place read: how many are a character, and whether it is a common one; `None` when they are none.
type Unit = Option<(usize, bool)>;

/// Share of common characters among those beyond ASCII; 0 when too many are invalid.
fn multibyte(sample: &[u8], unit: fn(u8, u8, &[u8]) -> Unit) -> f64 {
    let (mut units, mut common, mut invalid) = (0usize, 0usize, 0usize);
    let mut at = 0;
    while at < sample.len() {
        let lead = sample[at];
        if lead < 0x80 {
            at += 1;
            continue;
        }
        let Some(&trail) = sample.get(at + 1) else { break };
        units += 1;
        match unit(lead, trail, &sample[at..]) {
            Some((length, is_common)) => {
                // A letter of a Latin word with its accent would be half of a character and the next letter the other half.
                let is_in_word = at > 0 && sample[at - 1].is_ascii_alphabetic() && trail.is_ascii_alphabetic();
                common += usize::from(is_common && !is_in_word);
                at += length;
            }
            None => {
                invalid += 1;
                at += 1;
            }
        }
    }
    if units == 0 || invalid * MOST_INVALID > units { 0.0 } else { common as f64 / units as f64 }
}

/// GB 18030: level 1 of GB 2312 holds the frequent characters, rows 1 and 3 the punctuation.
fn gb18030(lead: u8, trail: u8, rest: &[u8]) -> Unit {
    match (lead, trail) {
        (0xb0..=0xd7 | 0xa1 | 0xa3, 0xa1..=0xfe) => Some((2, true)),
        (0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe) => Some((2, false)),
        (0x81..=0xfe, 0x30..=0x39) => matches!(rest.get(2..4), Some([0x81..=0xfe, 0x30..=0x39])).then_some((4, false)),
        _ => None,
    }
}

fn big5(lead: u8, trail: u8, _: &[u8]) -> Unit {
    let is_trail = matches!(trail, 0x40..=0x7e | 0xa1..=0xfe);
    match lead {
        0xa4..=0xc6 | 0xa1 if is_trail => Some((2, true)),
        0x87..=0xfe if is_trail => Some((2, false)),
        _ => None,
    }
}

/// Shift-JIS: kana, punctuation and level 1 of the kanji. Half-width katakana are one byte, and rare.
fn shift_jis(lead: u8, trail: u8, _: &[u8]) -> Unit {
    let is_trail = matches!(trail, 0x40..=0x7e | 0x80..=0xfc);
    match lead {
        0xa1..=0xdf => Some((1, false)),
        0x81..=0x83 | 0x88..=0x97 if is_trail => Some((2, true)),
        0x81..=0x9f | 0xe0..=0xfc if is_trail => Some((2, false)),
        _ => None,
    }
}

/// Korean: syllables of KS X 1001. They fill a part of the Chinese block; several different ones tell that nothing else is there.
fn korean(sample: &[u8]) -> f64 {
    let score = multibyte(sample, |lead, trail, _| match (lead, trail) {
        (0xb0..=0xc8 | 0xa1, 0xa1..=0xfe) => Some((2, true)),
        (0xa1..=0xfd, 0xa1..=0xfe) | (0x81..=0xc6, 0x41..=0x5a | 0x61..=0x7a | 0x81..=0xfe) => Some((2, false)),
        _ => None,
    });
    const DISTINCT: usize = 8;
    if distinct_pairs(sample) >= DISTINCT { score * 1.02 } else { score * 0.9 }
}

/// EUC-JP: kana, which Chinese text has none of, and level 1 of the kanji.
fn japanese(sample: &[u8]) -> f64 {
    let kana = multibyte(sample, |lead, trail, _| Some((2, matches!((lead, trail), (0xa4 | 0xa5, 0xa1..=0xfe)))));
    let all = multibyte(sample, |lead, trail, _| match (lead, trail) {
        (0xa1 | 0xa3..=0xa5 | 0xb0..=0xcf, 0xa1..=0xfe) => Some((2, true)),
        (0xa1..=0xfe, 0xa1..=0xfe) | (0x8e, 0xa1..=0xdf) => Some((2, false)),
        (0x8f, 0xa1..=0xfe) => Some((3, false)),
        _ => None,
    });
    if kana > 0.1 { all * 1.02 } else { all * 0.9 }
}

/// Different pairs of high bytes, counted to a few.
fn distinct_pairs(sample: &[u8]) -> usize {
    let mut pairs: Vec<&[u8]> = Vec::new();
    for run in high_runs(sample) {
        for pair in sample[run].chunks_exact(2) {
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
            if pairs.len() >= 16 {
                return pairs.len();
            }
        }
    }
    pairs.len()
}

/// Where bytes beyond ASCII stand side by side.
fn high_runs(sample: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + sample[at..].iter().position(|byte| *byte >= 0x80)?;
        let end = sample[start..].iter().position(|byte| *byte < 0x80).map_or(sample.len(), |length| start + length);
        at = end;
        Some(start..end)
    })
}

/// What a byte is in an encoding of a Latin script: a letter, with its weight, or a sign that needs no word around it.
enum Latin {
    Letter(f64),
    Sign,
    Neither,
}

/// Share of the bytes beyond ASCII that are letters of a word, or signs that stand alone.
fn latin(sample: &[u8], read: fn(u8) -> Latin) -> f64 {
    let (mut bytes, mut score) = (0usize, 0.0);
    for run in high_runs(sample) {
        let is_letter = |at: Option<usize>| at.and_then(|at| sample.get(at)).is_some_and(u8::is_ascii_alphabetic);
        let (before, after) = (is_letter(run.start.checked_sub(1)), is_letter(Some(run.end)));
        let is_word = match run.len() {
            1 => before || after,
            2 => before && after,
            _ => false,
        };
        bytes += run.len();
        for &byte in &sample[run.clone()] {
            score += match read(byte) {
                Latin::Letter(weight) if is_word => weight,
                Latin::Sign if run.len() == 1 && (!(before && after) || is_within_words(byte)) => 1.0,
                _ => 0.0,
            };
        }
    }
    if bytes == 0 { 0.0 } else { score / bytes as f64 }
}

/// Apostrophes, dashes and spaces, of Windows and of Mac Roman: signs that stand between letters as well.
fn is_within_words(byte: u8) -> bool {
    matches!(byte, 0x91..=0x97 | 0xa0 | 0xca | 0xd0..=0xd5)
}

/// Quotes, dashes, currencies and units, the same in all of Windows' code pages for Latin scripts.
fn is_windows_sign(byte: u8) -> bool {
    matches!(byte, 0x80 | 0x82 | 0x84..=0x87 | 0x8b | 0x91..=0x97 | 0x99 | 0x9b | 0xa0 | 0xa7 | 0xa9 | 0xab | 0xae | 0xb0 | 0xb4 | 0xb7 | 0xbb)
}

fn windows_1252(byte: u8) -> Latin {
    match byte {
        0xd7 | 0xf7 => Latin::Neither,
        // Letters that Turkish and Central European files have in their place.
        0xd0 | 0xdd | 0xde | 0xf0 | 0xfd | 0xfe | 0x8a | 0x8e | 0x9a | 0x9e => Latin::Letter(0.5),
        0xc0..=0xff | 0x8c | 0x9c | 0x9f => Latin::Letter(1.0),
        0xa1..=0xa6 | 0xaa | 0xac | 0xaf | 0xb1..=0xb6 | 0xb8..=0xbf => Latin::Sign,
        _ if is_windows_sign(byte) => Latin::Sign,
        _ => Latin::Neither,
    }
}

fn windows_1250(byte: u8) -> Latin {
    match byte {
        0xd7 | 0xf7 | 0xff => Latin::Neither,
        0xa3
        | 0xa5
        | 0xaa
        | 0xaf
        | 0xb3
        | 0xb9
        | 0xba
        | 0xbc
        | 0xbe
        | 0xbf
        | 0x8a
        | 0x8c..=0x8f
        | 0x9a
        | 0x9c..=0x9f => Latin::Letter(1.0),
        0xc0..=0xfe => Latin::Letter(0.99),
        _ if is_windows_sign(byte) => Latin::Sign,
        _ => Latin::Neither,
    }
}

/// Central European: no language there has all its accents below 0xa0, where Mac Roman's letters are.
fn central_european(sample: &[u8]) -> f64 {
    let score = latin(sample, windows_1250);
    let has_upper = sample.iter().any(|&byte| byte > 0xa0 && matches!(windows_1250(byte), Latin::Letter(_)));
    if has_upper { score } else { score * 0.9 }
}

fn windows_1254(byte: u8) -> Latin {
    match byte {
        0xd0 | 0xdd | 0xde | 0xf0 | 0xfd | 0xfe => Latin::Letter(1.0),
        0x8e | 0x9e => Latin::Neither,
        _ => match windows_1252(byte) {
            Latin::Letter(weight) => Latin::Letter(weight * 0.99),
            other => other,
        },
    }
}

fn mac_roman(byte: u8) -> Latin {
    match byte {
        0x80..=0x9f | 0xa7 | 0xbe | 0xbf | 0xcf | 0xd8 => Latin::Letter(1.0),
        0xae | 0xaf | 0xcb..=0xce | 0xe5..=0xef | 0xf1..=0xf4 => Latin::Letter(0.5),
        0xa1..=0xa5 | 0xa8..=0xaa | 0xc7..=0xca | 0xd0..=0xd5 | 0xdb => Latin::Sign,
        _ => Latin::Neither,
    }
}

/// Whether a letter is a capital; `None` when a byte is no letter.
type Case = fn(u8) -> Option<bool>;

fn cyrillic(byte: u8) -> Option<bool> {
    match byte {
        0xc0..=0xdf | 0xa8 | 0xaa | 0xaf | 0xb2 => Some(true),
        0xe0..=0xff | 0xb8 | 0xba | 0xbf | 0xb3 => Some(false),
        _ => None,
    }
}

fn greek(byte: u8) -> Option<bool> {
    match byte {
        0xa2 | 0xb8..=0xba | 0xbc | 0xbe | 0xbf | 0xc1..=0xd1 | 0xd3..=0xdb => Some(true),
        0xc0 | 0xdc..=0xfe => Some(false),
        _ => None,
    }
}

/// Share of the bytes beyond ASCII that are in words of letters alone, small ones after the first; capitals count for less.
fn cased_words(sample: &[u8], is_capital: Case) -> f64 {
    let (mut bytes, mut score) = (0usize, 0.0);
    for run in high_runs(sample) {
        bytes += run.len();
        let is_beside_latin = run.start.checked_sub(1).is_some_and(|at| sample[at].is_ascii_alphabetic())
            || sample.get(run.end).is_some_and(u8::is_ascii_alphabetic);
        let word: Option<Vec<bool>> = sample[run.clone()].iter().map(|&byte| is_capital(byte)).collect();
        let Some(word) = word.filter(|_| !is_beside_latin) else { continue };
        let weight = match (word[1..].contains(&true), word[1..].contains(&false)) {
            (false, _) => 1.0,
            (true, false) => 0.9,
            (true, true) => 0.0,
        };
        score += weight * run.len() as f64;
    }
    if bytes == 0 { 0.0 } else { score / bytes as f64 }
}

/// Share of the bytes beyond ASCII that are letters, in words of at least two.
fn letters(sample: &[u8], is_letter: impl Fn(u8) -> bool) -> f64 {
    let (mut bytes, mut found) = (0usize, 0usize);
    for run in high_runs(sample) {
        bytes += run.len();
        if run.len() > 1 {
            found += sample[run].iter().filter(|&&byte| is_letter(byte)).count();
        }
    }
    if bytes == 0 { 0.0 } else { found as f64 / bytes as f64 }
}

fn hebrew(sample: &[u8]) -> f64 {
    let score = letters(sample, |byte| matches!(byte, 0xe0..=0xfa));
    let n_high = sample.iter().filter(|&&byte| byte >= 0x80).count();
    if n_high >= HEBREW_LETTERS { score * 1.01 } else { score * 0.9 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str, encoding: &'static encoding_rs::Encoding) -> Encoding {
        let (bytes, _, is_lossy) = encoding.encode(text);
        assert!(!is_lossy, "{text}");
        guess(&bytes)
    }

    #[test]
    fn encodings_are_told_by_what_is_common_in_them() {
        let rows = |words: &[&str]| {
            let row = |(n, word): (usize, &&str)| format!("u{n},{word},{}.5,{}\n", n * 7, n % 2);
            words.iter().enumerate().map(row).collect::<String>()
        };
        let cases: [(&[&str], &'static encoding_rs::Encoding, Encoding); 18] = [
            (&["北京", "上海", "广州", "深圳", "点击", "转化"], encoding_rs::GB18030, Encoding::Gb18030),
            (&["男", "女", "男"], encoding_rs::GBK, Encoding::Gb18030),
            (&["臺北", "高雄", "點擊", "購買", "使用者"], encoding_rs::BIG5, Encoding::Big5),
            (&["東京", "大阪", "クリック", "ユーザー", "広告"], encoding_rs::SHIFT_JIS, Encoding::ShiftJis),
            (&["東京", "クリック", "ユーザー", "広告"], encoding_rs::EUC_JP, Encoding::EucJp),
            (&["서울", "부산", "클릭", "구매", "사용자", "광고"], encoding_rs::EUC_KR, Encoding::EucKr),
            (&["Köln", "München", "Zürich"], encoding_rs::WINDOWS_1252, Encoding::Windows1252),
            (&["Köln"], encoding_rs::WINDOWS_1252, Encoding::Windows1252),
            (&["12,50 €", "3,40 €"], encoding_rs::WINDOWS_1252, Encoding::Windows1252),
            (&["café", "crème brûlée", "Orléans", "cœur"], encoding_rs::WINDOWS_1252, Encoding::Windows1252),
            (&["Łódź", "Kraków", "Wrocław", "Gdańsk"], encoding_rs::WINDOWS_1250, Encoding::Windows1250),
            (&["İstanbul", "Muş", "Iğdır"], encoding_rs::WINDOWS_1254, Encoding::Windows1254),
            (&["Köln", "München", "Zürich", "Straße", "Käufer"], encoding_rs::MACINTOSH, Encoding::MacRoman),
            (&["Köln", "München", "Zürich"], encoding_rs::MACINTOSH, Encoding::MacRoman),
            (&["Москва", "Казань", "покупка", "клик"], encoding_rs::WINDOWS_1251, Encoding::Windows1251),
            (&["Αθήνα", "Θεσσαλονίκη", "αγορά"], encoding_rs::WINDOWS_1253, Encoding::Windows1253),
            (&["القاهرة", "الرياض", "شراء"], encoding_rs::WINDOWS_1256, Encoding::Windows1256),
            (
                &[
                    "תל אביב",
                    "ירושלים",
                    "חיפה",
                    "קנייה",
                    "משתמש",
                    "לחיצה",
                    "מוצר",
                    "פרסומת",
                    "מחיר",
                    "תאריך",
                    "קטגוריה",
                    "ראשון לציון",
                ],
                encoding_rs::WINDOWS_1255,
                Encoding::Windows1255,
            ),
        ];
        for (words, encoding, expected) in cases {
            assert_eq!(guessed(&rows(words), encoding), expected, "{words:?}");
        }
    }

    #[test]
    fn a_broken_byte_makes_no_utf_8_another_encoding() {
        let mut text = "Köln,北京,1\n".repeat(5).into_bytes();
        text.push(0xff);
        assert!(is_damaged_utf8(&text, 0) && is_damaged_utf8(b"\xfc", 7));
        assert!(!is_damaged_utf8(b"M\xfcnchen", 0));
    }
}
