//! What kind of file is this, and what separates its fields?
use crate::domain::log::LogError;

/// Files that people drop by mistake, by their first bytes.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"\x89PNG", text!(reading::kind::png), text!(reading::instead::drop_log)),
    (b"\xff\xd8\xff", text!(reading::kind::jpeg), text!(reading::instead::drop_log)),
    (b"GIF8", text!(reading::kind::gif), text!(reading::instead::drop_log)),
    (b"%PDF", text!(reading::kind::pdf), text!(reading::instead::drop_log)),
    (b"PK\x05\x06", text!(reading::kind::zip), text!(reading::instead::unpack)),
    (b"BZh", text!(reading::kind::bzip2), text!(reading::instead::unpack)),
    (b"\xfd7zXZ", text!(reading::kind::xz), text!(reading::instead::unpack)),
    (b"7z\xbc\xaf", text!(reading::kind::seven_zip), text!(reading::instead::unpack)),
    (b"ARROW1", text!(reading::kind::arrow), text!(reading::instead::export_csv)),
    (b"ORC", text!(reading::kind::orc), text!(reading::instead::export_csv)),
    (b"SQLite format 3", text!(reading::kind::sqlite), text!(reading::instead::export_table)),
    (b"\x93NUMPY", text!(reading::kind::numpy), text!(reading::instead::export_csv)),
    (b"\xd0\xcf\x11\xe0", text!(reading::kind::excel), text!(reading::instead::save_sheet)),
];

/// What a file's text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Delimited,
    /// Objects one after the other, or in one array.
    Json,
}

/// Refuses what is not text, by magic bytes and NUL bytes; then says what kind of text it is. `head` is UTF-8, or nearly.
pub(super) fn text_kind(head: &[u8]) -> Result<TextKind, LogError> {
    let has_nul = head.contains(&0);
    // "ORC" and "BZh" could begin a header line as well; binary files hold NUL bytes or broken UTF-8 soon after.
    let is_binary = || has_nul || std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some());
    if let Some(&(_, looks_like, remedy)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic))
        && (head.starts_with(b"%PDF") || is_binary())
    {
        return Err(LogError::NotDelimited { looks_like, remedy });
    }
    if has_nul {
        return Err(LogError::NotDelimited {
            looks_like: text!(reading::kind::binary),
            remedy: text!(reading::instead::export_log),
        });
    }
    let mut marks = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    match (marks.next(), marks.next()) {
        (Some(b'{'), Some(b'"' | b'}') | None) | (Some(b'['), Some(b'{' | b'[')) => Ok(TextKind::Json),
        (Some(b'['), Some(_)) if is_json_list(head) => Ok(TextKind::Json),
        (Some(b'<'), Some(b'!' | b'?' | b'h' | b'H')) => Err(LogError::NotDelimited {
            looks_like: text!(reading::kind::markup),
            remedy: text!(reading::instead::download_log),
        }),
        _ => Ok(TextKind::Delimited),
    }
}

/// Whether the first line is a list in JSON.
fn is_json_list(head: &[u8]) -> bool {
    let line = head.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.trim_ascii_end().ends_with(b"]") && serde_json::from_slice::<Vec<serde_json::Value>>(line).is_ok()
}

/// The delimiter that splits the first records most evenly; a comma when none does.
pub(super) fn sniff_delimiter(head: &[u8]) -> u8 {
    let mut best = (b',', 0usize);
    for delimiter in [b',', b'\t', b';', b'|', b'\x01'] {
        let counts = field_counts(&records(head, delimiter, SHAPE_RECORDS));
        let Some((fields, even)) = usual(&counts).filter(|&(fields, _)| fields >= 2) else { continue };
        // Evenness decides; among equally even ones the finer split, so that "a;b,c" lists go by what is regular.
        let score = even * 100_000 + fields.min(99_999);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    if best.1 == 0 && is_split_by_spaces(head) { b' ' } else { best.0 }
}

/// Whether some delimiter splits all first records into as many fields.
pub(super) fn split_evenly(head: &[u8]) -> bool {
    let counts = field_counts(&records(head, sniff_delimiter(head), SNIFFED_RECORDS));
    counts.len() >= 2 && counts[0] >= 2 && counts.iter().all(|&count| count == counts[0])
}

/// Whether single spaces split all first records into as many fields, of which there are at least three.
fn is_split_by_spaces(head: &[u8]) -> bool {
    const MIN_FIELDS: usize = 3;
    let records = records(head, b' ', SHAPE_RECORDS);
    let counts = field_counts(&records);
    let is_even = counts.len() >= 3 && counts[0] >= MIN_FIELDS && counts.iter().all(|&count| count == counts[0]);
    is_even && records.iter().flatten().all(|field| !field.is_empty())
}

/// Fields of each record.
pub(super) fn field_counts(records: &[Vec<String>]) -> Vec<usize> {
    records.iter().map(Vec::len).collect()
}

/// The commonest count, the largest of equally common ones, and how often it is there.
pub(super) fn usual(counts: &[usize]) -> Option<(usize, usize)> {
    let times = |count: usize| counts.iter().filter(|&&other| other == count).count();
    counts.iter().map(|&count| (count, times(count))).max_by_key(|&(count, times)| (times, count))
}

/// Records that tell a file's dialect.
pub(super) const SNIFFED_RECORDS: usize = 20;

/// Records that tell where a file's table begins.
pub(super) const SHAPE_RECORDS: usize = 60;

/// The first records of `head`, trimmed; what is not UTF-8 is empty.
pub(super) fn records(head: &[u8], delimiter: u8, n_records: usize) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(head);
    let trimmed = |field: &[u8]| std::str::from_utf8(field).unwrap_or_default().trim().to_owned();
    let records = reader.byte_records().take(n_records).flatten();
    records.map(|record| record.iter().map(trimmed).collect()).collect()
}

/// Where the record of that number begins.
pub(super) fn start_of_record(head: &[u8], delimiter: u8, number: usize) -> usize {
    if number == 0 {
        return 0;
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(head);
    let record = reader.byte_records().flatten().nth(number);
    let start = record.and_then(|record| record.position().map(|position| position.byte() as usize));
    start.unwrap_or(0).min(head.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_recognised_by_regularity() {
        for (text, delimiter) in [
            ("a,b,c\n1,2,3\n", b','),
            ("a\tb\tc\n1,5\t2\t3\n", b'\t'),
            ("a;b;c\n1,5;2,5;3\n", b';'),
            ("a|b\nx, y|2\n", b'|'),
            ("\"a;b\",c\n\"x;y\",2\n", b','),
            ("alone\n1\n", b','),
            ("user item click\nu1 i1 0\nu2 i2 1\n", b' '),
            ("seen\n2024-01-01 10:00\n2024-01-01 11:00\n", b','),
            ("Report\nMade: 2024, by me\na;b;c\n1;2;3\n4;5;6\n", b';'),
        ] {
            assert_eq!(sniff_delimiter(text.as_bytes()) as char, delimiter as char, "{text:?}");
        }
    }
}
