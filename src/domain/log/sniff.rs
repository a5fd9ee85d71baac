//! What kind of file is this, and what separates its fields?
use super::LogError;

/// Files that people drop by mistake, by their first bytes.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"\x89PNG", "a PNG image", "drop the log itself, as CSV or TSV"),
    (b"\xff\xd8\xff", "a JPEG image", "drop the log itself, as CSV or TSV"),
    (b"GIF8", "a GIF image", "drop the log itself, as CSV or TSV"),
    (b"%PDF", "a PDF document", "drop the log itself, as CSV or TSV"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and drop the CSV or TSV inside"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV, and drop that"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it and drop the CSV or TSV inside"),
    (b"BZh", "a bzip2 archive", "unpack it and drop the CSV or TSV inside"),
    (b"\xfd7zXZ", "an xz archive", "unpack it and drop the CSV or TSV inside"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it and drop the CSV or TSV inside"),
    (b"PAR1", "a Parquet file", "export it as CSV (pandas: read_parquet, then to_csv with index=False)"),
    (b"ARROW1", "an Arrow file", "export it as CSV"),
    (b"ORC", "an ORC file", "export it as CSV"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x93NUMPY", "a NumPy array", "export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV and drop that"),
    (b"\xff\xfe", "UTF-16 text", "save it with the encoding UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "save it with the encoding UTF-8"),
];

/// Refuses what is not text, by magic bytes, NUL bytes and the encoding.
pub(super) fn check_is_text(bytes: &[u8]) -> Result<(), LogError> {
    // "ORC" and "BZh" could begin a header line as well; binary files hold NUL bytes or broken UTF-8 soon after.
    let is_utf8 = std::str::from_utf8(bytes);
    let has_nul = bytes.contains(&0);
    if let Some(&(_, looks_like, remedy)) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic))
        && (has_nul || is_utf8.is_err() || bytes.starts_with(b"%PDF"))
    {
        return Err(LogError::NotDelimited { looks_like, remedy });
    }
    if has_nul {
        return Err(LogError::NotDelimited {
            looks_like: "a binary file (it holds NUL bytes)",
            remedy: "export the log as CSV or TSV",
        });
    }
    if let Err(error) = is_utf8 {
        return Err(LogError::NotUtf8 { line: line_at(bytes, error.valid_up_to()) });
    }
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => Err(LogError::NotDelimited {
            looks_like: "JSON",
            remedy: "export the log as CSV or TSV, with a header line",
        }),
        Some(b'<') => Err(LogError::NotDelimited {
            looks_like: "a web page or XML",
            remedy: "download the log itself, as CSV or TSV",
        }),
        _ => Ok(()),
    }
}

/// 1-based line of the byte at `offset`; a lone carriage return ends a line too.
pub(super) fn line_at(bytes: &[u8], offset: usize) -> u64 {
    let before = &bytes[..offset.min(bytes.len())];
    let ends = before.iter().enumerate().filter(|&(at, &byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1).is_some_and(|&next| next != b'\n'),
        _ => false,
    });
    1 + ends.count() as u64
}

/// The delimiter that splits the first lines most evenly; a comma when none does.
pub(super) fn sniff_delimiter(bytes: &[u8]) -> u8 {
    const SAMPLE_RECORDS: usize = 20;
    let mut best = (b',', 0usize);
    for delimiter in [b',', b'\t', b';', b'|'] {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(bytes);
        let widths: Vec<usize> =
            reader.byte_records().take(SAMPLE_RECORDS).flatten().map(|record| record.len()).collect();
        let Some(&header) = widths.first() else { continue };
        if header < 2 {
            continue;
        }
        let even = widths.iter().filter(|&&width| width == header).count();
        // Evenness decides; among equally even ones the finer split, so that "a;b,c" lists go by what is regular.
        let score = even * 100_000 + header.min(99_999);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
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

    #[test]
    fn lines_are_counted_through_every_line_end() {
        assert_eq!(line_at(b"a\nb\r\nc\rd", 0), 1);
        assert_eq!(line_at(b"a\nb\r\nc\rd", 2), 2);
        assert_eq!(line_at(b"a\nb\r\nc\rd", 5), 3);
        assert_eq!(line_at(b"a\nb\r\nc\rd", 7), 4);
    }
}
