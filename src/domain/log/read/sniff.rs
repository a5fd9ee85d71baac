//! What kind of file is this, and what separates its fields?
use crate::domain::log::LogError;

/// Files that people drop by mistake, by their first bytes.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"\x89PNG", "a PNG image", "drop the log itself"),
    (b"\xff\xd8\xff", "a JPEG image", "drop the log itself"),
    (b"GIF8", "a GIF image", "drop the log itself"),
    (b"%PDF", "a PDF document", "drop the log itself"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV, and drop that"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it and drop the CSV or TSV inside"),
    (b"BZh", "a bzip2 archive", "unpack it and drop the CSV or TSV inside"),
    (b"\xfd7zXZ", "an xz archive", "unpack it and drop the CSV or TSV inside"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it and drop the CSV or TSV inside"),
    (b"ARROW1", "an Arrow file", "export it as CSV"),
    (b"ORC", "an ORC file", "export it as CSV"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x93NUMPY", "a NumPy array", "export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV and drop that"),
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
            looks_like: "a binary file (it holds NUL bytes)",
            remedy: "export the log as CSV, TSV, JSON Lines or Parquet",
        });
    }
    let mut marks = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    match (marks.next(), marks.next()) {
        (Some(b'{'), Some(b'"' | b'}') | None) | (Some(b'['), Some(b'{' | b'[')) => Ok(TextKind::Json),
        (Some(b'<'), Some(b'!' | b'?' | b'h' | b'H')) => Err(LogError::NotDelimited {
            looks_like: "a web page or XML",
            remedy: "download the log itself, as CSV, TSV or JSON Lines",
        }),
        _ => Ok(TextKind::Delimited),
    }
}

/// The delimiter that splits the first records most evenly; a comma when none does.
pub(super) fn sniff_delimiter(head: &[u8]) -> u8 {
    let mut best = (b',', 0usize);
    for delimiter in [b',', b'\t', b';', b'|', b'\x01'] {
        let records = records(head, delimiter, SNIFFED_RECORDS);
        let Some(header) = records.first().map(Vec::len).filter(|&header| header >= 2) else { continue };
        let even = records.iter().filter(|record| record.len() == header).count();
        // Evenness decides; among equally even ones the finer split, so that "a;b,c" lists go by what is regular.
        let score = even * 100_000 + header.min(99_999);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

/// Records that tell a file's dialect.
pub(super) const SNIFFED_RECORDS: usize = 20;

/// The first records of `head`, trimmed; what is not UTF-8 is empty.
pub(super) fn records(head: &[u8], delimiter: u8, n_records: usize) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(head);
    let trimmed = |field: &[u8]| std::str::from_utf8(field).unwrap_or_default().trim().to_owned();
    let records = reader.byte_records().take(n_records).flatten();
    records.map(|record| record.iter().map(trimmed).collect()).collect()
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
        ] {
            assert_eq!(sniff_delimiter(text.as_bytes()) as char, delimiter as char, "{text:?}");
        }
    }
}
