//! Reading and writing delimited text.
use esmm_playground::domain::log::{
    ArchiveLimit, Column, ColumnValues, Encoding, LogError, MISSING, OpenedLog, ReadLimits, ReadNote, ReadOptions,
    ReadTable, Roles, Table, TableReader, TextDecoder, read_table, write_csv,
};
use proptest::prelude::*;

fn read(text: impl AsRef<[u8]>) -> Result<Table, LogError> {
    read_table(text.as_ref(), &ReadOptions::default()).map(|read| read.table)
}

fn numbers(table: &Table, name: &str) -> Vec<f64> {
    match &table.column(name).expect("the column is there").values {
        ColumnValues::Number(values) => values.clone(),
        ColumnValues::Text { .. } => panic!("{name} is text"),
    }
}

/// Text values by row, empty where missing.
fn texts(table: &Table, name: &str) -> Vec<String> {
    match &table.column(name).expect("the column is there").values {
        ColumnValues::Text { dictionary, codes } => codes
            .iter()
            .map(|&code| if code == MISSING { String::new() } else { dictionary[code as usize].clone() })
            .collect(),
        ColumnValues::Number(_) => panic!("{name} is numbers"),
    }
}

#[test]
fn every_dialect_reads_as_the_same_table() {
    let plain = read("city,click\nBerlin,1\nRome,0\n").expect("plain CSV reads");
    assert_eq!((plain.n_rows, plain.columns.len()), (2, 2));
    for (dialect, text) in [
        ("byte-order mark", "\u{feff}city,click\nBerlin,1\nRome,0\n"),
        ("CRLF", "city,click\r\nBerlin,1\r\nRome,0\r\n"),
        ("no last line end", "city,click\nBerlin,1\nRome,0"),
        ("blank lines", "city,click\n\nBerlin,1\n\n\nRome,0\n\n"),
        ("quotes", "\"city\",\"click\"\n\"Berlin\",\"1\"\n\"Rome\",0\n"),
        ("tabs", "city\tclick\nBerlin\t1\nRome\t0\n"),
        ("semicolons", "city;click\nBerlin;1\nRome;0\n"),
        ("pipes", "city|click\nBerlin|1\nRome|0\n"),
        ("spaces", "city , click\n Berlin, 1\nRome ,0 \n"),
        ("declared separator", "sep=;\r\ncity;click\r\nBerlin;1\r\nRome;0\r\n"),
    ] {
        assert_eq!(read(text).as_ref(), Ok(&plain), "{dialect}");
    }
}

#[test]
fn columns_are_numbers_only_when_every_value_is() {
    let table = read("a,b,c,d,e,f\n1,x,,1e3,9007199254740993,NaN\n,2,y,-0.5,1,2.5\n").expect("reads");
    assert!(numbers(&table, "a")[1].is_nan());
    assert_eq!(numbers(&table, "d"), [1000.0, -0.5]);
    assert_eq!(texts(&table, "b"), ["x", "2"]);
    assert_eq!(texts(&table, "c"), ["", "y"]);
    assert_eq!(texts(&table, "e"), ["9007199254740993", "1"], "an integer that f64 cannot hold stays text");
    assert!(numbers(&table, "f")[0].is_nan(), "a word for a missing number is a missing number");
}

#[test]
fn dictionaries_are_in_order_of_first_use() {
    let table = read("a,b\nz,1\ny,2\nz,3\nx,4\n").expect("reads");
    let expected =
        ColumnValues::Text { dictionary: ["z", "y", "x"].map(String::from).to_vec(), codes: vec![0, 1, 0, 2] };
    assert_eq!(table.columns[0].values, expected);
}

#[test]
fn quoted_values_may_hold_delimiters_quotes_and_line_ends() {
    let table = read("a,b\n\"x,y\",1\n\"say \"\"hi\"\"\",2\n\"two\nlines\",3\n").expect("reads");
    assert_eq!(texts(&table, "a"), ["x,y", "say \"hi\"", "two\nlines"]);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let looks_like = |name| move |error: &LogError| matches!(error, LogError::NotDelimited { looks_like, .. } if looks_like.contains(name));
    let is = |expected: LogError| move |error: &LogError| *error == expected;
    type Check = Box<dyn Fn(&LogError) -> bool>;
    let cases: Vec<(&str, &[u8], Check)> = vec![
        ("empty", b"", Box::new(is(LogError::Empty))),
        ("blank", b"\xef\xbb\xbf \r\n\n", Box::new(is(LogError::Empty))),
        ("line of spaces", b"   \n", Box::new(is(LogError::Empty))),
        ("header only", b"click,conversion\n", Box::new(is(LogError::NoRows { columns: 2 }))),
        ("short row", b"a,b\n1,2\n3\n", Box::new(is(LogError::Ragged { line: 3, fields: 1, expected: 2 }))),
        (
            "long row",
            b"a,b\r\n1,2\r\n\r\n3,4,5\r\n",
            Box::new(is(LogError::Ragged { line: 4, fields: 3, expected: 2 })),
        ),
        (
            "row after lines in quotes",
            b"a,b\n\"x\ny\",2\n3\n",
            Box::new(is(LogError::Ragged { line: 4, fields: 1, expected: 2 })),
        ),
        ("open quote in the last column", b"a,b\n1,2\n3,\"4\n5,6\n", Box::new(is(LogError::OpenQuote { line: 3 }))),
        ("open quote in the first column", b"a,b\n1,2\n\"3,4\n5,6\n", Box::new(is(LogError::OpenQuote { line: 3 }))),
        ("not UTF-8", b"a,b\n1,2\nM\xfcnchen,3\n", Box::new(is(LogError::NotUtf8 { line: 3, column: "a".into() }))),
        (
            "every line of its own length",
            b"a,b,c\n1,2\n3,4,5,6\n7\n",
            Box::new(is(LogError::Uneven { line: 2, fields: 2, expected: 3 })),
        ),
        (
            "a delimiter in a character",
            b"a,b\nx\xf0\x9f,\x98\x80\n",
            Box::new(is(LogError::NotUtf8 { line: 2, column: "a".into() })),
        ),
        ("NUL bytes", b"a,b\n1,\0\n", Box::new(looks_like("binary"))),
        ("PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Box::new(looks_like("PNG"))),
        (
            "cut gzip",
            b"\x1f\x8b\x08\0\0\0\0\0",
            Box::new(is(LogError::Gzip { byte: 8, reason: "it ends in the middle" })),
        ),
        (
            "not quite gzip",
            b"\x1f\x8b\x07\0\0\0\0\0",
            Box::new(is(LogError::Gzip { byte: 0, reason: "what follows is not gzip" })),
        ),
        ("cut zip", b"PK\x03\x04\x14\0\0\0", Box::new(is(LogError::Zip { byte: 8, reason: "it ends in the middle" }))),
        ("empty zip", b"PK\x05\x06\0\0\0\0", Box::new(looks_like("zip"))),
        ("Zstandard", b"\x28\xb5\x2f\xfd\x04", Box::new(is(LogError::Parquet))),
        ("Parquet", b"PAR1\x15\x04\x15\0", Box::new(is(LogError::Parquet))),
        (
            "open object",
            b"{\"click\":1}\n{\"click\":",
            Box::new(|error| matches!(error, LogError::Json { line: 2, .. })),
        ),
        (
            "broken object",
            b"{\"click\":1}\n\n{\"click\":x}\n",
            Box::new(|e| matches!(e, LogError::Json { line: 3, .. })),
        ),
        ("no object", b"{\"click\":1}\n7\n", Box::new(is(LogError::NoJsonObject { line: 2 }))),
        (
            "objects in a list",
            b"{\"x\":[{\"y\":1}]}\n{\"x\":[{\"y\":2}]}",
            Box::new(is(LogError::NothingReadable { columns: "x".into() })),
        ),
        ("a key twice", b"{\"x\":1,\"x\":2}", Box::new(|error| matches!(error, LogError::Json { line: 1, .. }))),
        ("HTML", b"<!doctype html>\n", Box::new(looks_like("web page"))),
    ];
    for (name, bytes, is_expected) in cases {
        let error = read(bytes).expect_err(name);
        assert!(is_expected(&error), "{name}: {error:?}");
    }
    let wide: Vec<String> = (0..10_000).map(|column| format!("c{column}")).collect();
    let wide = format!("{}\n{}\n", wide.join(","), vec!["1"; 10_000].join(","));
    assert!(matches!(read(wide), Err(LogError::TooManyColumns { limit: 4096, .. })));
}

fn read_in_pieces(bytes: &[u8], piece: usize) -> Result<Table, LogError> {
    let mut reader = TableReader::new(ReadOptions::default());
    for piece in bytes.chunks(piece) {
        reader.push(piece, None)?;
    }
    Ok(reader.finish(None)?.table)
}

fn gzipped(members: &[&[u8]]) -> Vec<u8> {
    let mut packed = Vec::new();
    for text in members {
        packed.extend([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
        packed.extend(b"log.csv\0");
        packed.extend(miniz_oxide::deflate::compress_to_vec(text, 6));
        packed.extend(crc32fast::hash(text).to_le_bytes());
        packed.extend((text.len() as u32).to_le_bytes());
    }
    packed
}

#[test]
fn however_a_file_is_cut_into_pieces_it_is_the_same_table() {
    let csv = "\u{feff}city,click,price\r\n\"Köln, am Rhein\",1,2.50\r\n\"two\r\nlines\",0,x\r\n,1,3.25\r\n";
    let json = "[{\"a\":\"x\\n{\",\"b\":[1,2]},\n {\"a\":\"é\",\"c\":{\"d\":true}}]";
    for text in [csv.as_bytes(), json.as_bytes(), &gzipped(&[&csv.as_bytes()[..20], &csv.as_bytes()[20..]])] {
        let whole = read(text).expect("reads");
        for piece in [1, 2, 3, 5, 17] {
            assert!(same(&whole, &read_in_pieces(text, piece).expect("reads")), "pieces of {piece}");
        }
    }
}

#[test]
fn gzip_is_unpacked_member_by_member() {
    let table = read("city,click\nBerlin,1\nRome,0\n").expect("reads");
    let (a, b) = (&b"city,click\nBer"[..], &b"lin,1\nRome,0\n"[..]);
    let mut padded = gzipped(&[a, b]);
    padded.extend([0; 512]);
    for packed in [gzipped(&[a, b]), gzipped(&[b"", a, b"", b]), padded] {
        assert_eq!(read(&packed).as_ref(), Ok(&table));
    }
    let mut damaged = gzipped(&[a, b]);
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    assert!(matches!(read(&damaged), Err(LogError::Gzip { reason: "its checksum does not match", .. })));
    assert!(matches!(read(gzipped(&[&gzipped(&[a])])), Err(LogError::Gzip { byte: 0, .. })));
}

#[test]
fn lines_that_end_in_a_list_of_any_length_are_rows() {
    let lines = "1,1,1,210:1,210:2,301:5\n2,0,0,210:3\n3,1,0,205:7,210:1,210:2,210:9\n4,0,0,301:5,205:8,210:4\n";
    let table = read(lines).expect("reads");
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["sample_id", "click", "conversion", "210", "301", "205"]);
    let cells = |name: &str| (0..4).map(|row| table.column(name).expect(name).values.text(row)).collect::<Vec<_>>();
    assert_eq!(cells("210"), ["1\u{1}2", "3", "1\u{1}2\u{1}9", "4"]);
    assert_eq!(cells("click"), ["1", "0", "1", "0"]);
    for piece in [1, 7, 1000] {
        assert!(same(&table, &read_in_pieces(lines.as_bytes(), piece).expect("reads")), "pieces of {piece}");
    }
    let with_header =
        read(format!("id,clicked,features\n{}", "5,1,210:1,210:2\n6,0,210:3,301:5,210:2\n")).expect("reads");
    assert_eq!(with_header.columns[1].name, "clicked");
    assert!(with_header.column("210").is_some());
    let wide: String = (0..3).map(|row| format!("{row},1,0{}\n", ",210:7".repeat(6000 + row))).collect();
    assert_eq!(read(wide).expect("reads").n_rows, 3);
}

#[test]
fn a_list_of_items_with_their_labels_becomes_a_row_for_each() {
    let text = "1\tU1\t11/11/2019 9:05:58 AM\tN3 N4\tN1-1 N2-0\n2\tU2\t11/12/2019 6:11:30 PM\t\tN1-0 N5-0 N6-1\n\
                3\tU3\t11/13/2019 7:00:00 AM\tN1\tN7-0\n";
    let read = read_table(text.as_bytes(), &ReadOptions::default()).expect("reads");
    let cells = |name: &str| {
        let values = &read.table.column(name).expect(name).values;
        (0..read.table.n_rows).map(|row| values.text(row)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(cells("item_id"), "N1 N2 N1 N5 N6 N7");
    assert_eq!(cells("click"), "1 0 0 0 1 0");
    assert_eq!(cells("column_2"), "U1 U1 U2 U2 U2 U3");
    assert!(read.table.column("column_5").is_none());
    assert!(read.notes.contains(&ReadNote::Unrolled { path: "column_5".into(), records: 3, rows: 6 }));
    assert_eq!((read.lines.line_of(1), read.lines.line_of(4)), (1, 2));
}

#[test]
fn beside_yes_and_no_other_words_for_nothing_are_missing_too() {
    let label = |words: [&str; 4]| read(format!("a,bought\n1,{}\n", words.join("\n1,"))).expect("reads");
    let feature = read("a,is_new\n1,yes\n1,NA\n1,no\n").expect("reads");
    assert!((0..3).all(|row| !feature.columns[1].values.is_missing(row)), "a feature's word like the others");
    for (words, missing) in [
        (["TRUE", "NA", "FALSE", "NA"], 2),
        (["yes", "-", "no", "n/a"], 2),
        (["north", "NA", "south", "NA"], 0),
        (["NA", "none", "-", "NA"], 0),
    ] {
        let values = &label(words).columns[1].values;
        assert_eq!((0..4).filter(|&row| values.is_missing(row)).count(), missing, "{words:?}");
    }
}

/// How a zip archive keeps a file.
#[derive(Clone, Copy, Debug)]
enum Zipped {
    Deflated,
    Stored,
    /// Written to a stream: checksum and lengths follow, with a mark before them or none.
    Streamed {
        is_marked: bool,
    },
}

fn zipped(files: &[(&str, &[u8])], how: Zipped) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, text) in files {
        let packed = match how {
            Zipped::Stored => text.to_vec(),
            _ => miniz_oxide::deflate::compress_to_vec(text, 6),
        };
        let (flags, method) = match how {
            Zipped::Deflated => (0u16, 8u16),
            Zipped::Stored => (0, 0),
            Zipped::Streamed { .. } => (8, 8),
        };
        let sums: Vec<u8> = [crc32fast::hash(text), packed.len() as u32, text.len() as u32]
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        archive.extend(b"PK\x03\x04\x14\0");
        archive.extend([flags.to_le_bytes(), method.to_le_bytes(), [0; 2], [0; 2]].concat());
        archive.extend(if flags == 0 { &sums[..] } else { &[0; 12] });
        archive.extend([(name.len() as u16).to_le_bytes(), [0; 2]].concat());
        archive.extend(name.as_bytes());
        archive.extend(packed);
        if let Zipped::Streamed { is_marked } = how {
            archive.extend(if is_marked { &b"PK\x07\x08"[..] } else { b"" });
            archive.extend(sums);
        }
    }
    archive.extend(b"PK\x01\x02");
    archive.extend([0; 60]);
    archive
}

#[test]
fn the_one_file_of_a_zip_archive_is_read() {
    let csv = &b"city,click\nBerlin,1\nRome,0\n"[..];
    let table = read(csv).expect("reads");
    let aside = [("log/", &b""[..]), ("log/a.csv", csv), ("__MACOSX/log/._a.csv", b"\0\x05\x16\x07 nothing")];
    for how in
        [Zipped::Deflated, Zipped::Stored, Zipped::Streamed { is_marked: true }, Zipped::Streamed { is_marked: false }]
    {
        for files in [&[("a.csv", csv)][..], &aside] {
            let packed = zipped(files, how);
            for piece in [1, 3, 17, 1 << 16] {
                assert_eq!(read_in_pieces(&packed, piece).as_ref(), Ok(&table), "{how:?}");
            }
        }
        let mut damaged = zipped(&[("a.csv", csv)], how);
        // The checksum, which is in the header or before the directory.
        let behind = damaged.len() - 75;
        damaged[15] ^= 1;
        damaged[behind] ^= 1;
        assert!(matches!(read(&damaged), Err(LogError::Zip { .. })), "{how:?}");
        let several = LogError::ZipOfSeveral { first: "a.csv".into(), second: "b.csv".into() };
        assert_eq!(read(zipped(&[("a.csv", csv), ("b.csv", csv)], how)), Err(several));
    }
    let nested = zipped(&[("a.zip", &zipped(&[("a.csv", csv)], Zipped::Deflated))], Zipped::Stored);
    assert!(matches!(read(nested), Err(LogError::Zip { byte: 0, .. })));
    let workbook = zipped(&[("[Content_Types].xml", b"<?xml?>"), ("xl/workbook.xml", b"<?xml?>")], Zipped::Deflated);
    assert!(matches!(read(workbook), Err(LogError::NotDelimited { looks_like: "an Excel workbook", .. })));
    let folder = zipped(&[("log/", b"")], Zipped::Stored);
    assert!(matches!(read(folder), Err(LogError::Zip { reason: "it holds no file", .. })));
}

#[test]
fn an_archive_that_unpacks_to_gigabytes_stops_at_the_limit() {
    let limits = ReadLimits { text_bytes: 1 << 20, ..Default::default() };
    let options = ReadOptions { limits, ..Default::default() };
    let bomb = gzipped(&[&b"a,b\n".repeat(1 << 20)]);
    assert!(bomb.len() < 20_000, "{} bytes", bomb.len());
    assert!(matches!(read_table(&bomb, &options), Err(LogError::TooMuchText { limit, .. }) if limit == 1 << 20));
    // What it unpacks to is held against its own length, and at once: however much comes after.
    let archive = ArchiveLimit { least_bytes: 1 << 20, expansion: 100 };
    let limits = ReadLimits { archive, ..Default::default() };
    let options = ReadOptions { limits, ..Default::default() };
    let mut reader = TableReader::new(options.clone());
    let stopped = bomb.chunks(64).position(|piece| reader.push(piece, None).is_err());
    assert!(stopped.is_some_and(|piece| piece * 64 < bomb.len() / 2), "{stopped:?}");
    assert!(matches!(read_table(&bomb, &options), Err(LogError::TooMuchText { limit: 0x10_0000, rows: 1.. })));
    let bomb = zipped(&[("bomb.csv", &b"a,b\n".repeat(1 << 20))], Zipped::Deflated);
    assert!(matches!(read_table(&bomb, &options), Err(LogError::TooMuchText { limit: 0x10_0000, rows: 1.. })));
    let honest: String = (0..100_000).map(|row| format!("{row},{}\n", row * 7919 % 10_007)).collect();
    assert!(read_table(&gzipped(&[b"a,b\n", honest.as_bytes()]), &options).is_ok());
    // One line without end is refused long before.
    let line = gzipped(&[&[&b"a,b\n1,"[..], &b"x".repeat(1 << 23)].concat()]);
    let error = read(&line).expect_err("too long");
    assert_eq!(error, LogError::LongRecord { line: 2, column: "b".into(), limit: 1 << 20 });
}

#[test]
fn limits_hold_for_rows_and_memory() {
    let text: String =
        std::iter::once("a,b\n".to_owned()).chain((0..50_000).map(|row| format!("{row},x{row}\n"))).collect();
    let with = |limits| {
        read_table(text.as_bytes(), &ReadOptions { limits, ..Default::default() }).map(|read| read.table.n_rows)
    };
    assert_eq!(with(ReadLimits::default()), Ok(50_000));
    assert!(matches!(
        with(ReadLimits { rows: 1000, ..Default::default() }),
        Err(LogError::TooManyRows { limit: 1000, .. })
    ));
    let small = ReadLimits { table_bytes: 100_000, ..Default::default() };
    assert!(matches!(with(small), Err(LogError::TooMuchMemory { limit: 100_000, .. })));
}

#[test]
fn files_without_a_header_get_names() {
    let read = |text: &str| read_table(text.as_bytes(), &ReadOptions::default()).expect("reads");
    let table = read("1,0,Rome\n0,1,Oslo\n");
    assert_eq!(names(&table.table), ["column_1", "column_2", "column_3"]);
    assert_eq!((table.table.n_rows, table.lines.line_of(1)), (2, 2));
    assert_eq!(table.notes, [ReadNote::NoHeader { columns: 3 }]);
    let table = read(",a\n0,1\n1,2\n");
    assert_eq!(names(&table.table), ["column_1", "a"]);
    assert_eq!(table.notes, [ReadNote::Unnamed { positions: vec![1] }]);
}

#[test]
fn european_decimals_are_numbers() {
    let read = |text: &str| read_table(text.as_bytes(), &ReadOptions::default()).expect("reads");
    let read = read("preis;klick\n1,50;1\n-0,25;0\n1.234,5;1\n");
    assert_eq!(numbers(&read.table, "preis"), [1.5, -0.25, 1234.5]);
    assert_eq!(read.notes, [ReadNote::DecimalComma]);
}

#[test]
fn utf_16_is_converted() {
    let bytes: Vec<u8> = "\u{feff}Größe\tclick\r\n1\t0\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = read_table(&bytes, &ReadOptions::default()).expect("reads");
    assert_eq!((names(&read.table), read.notes), (vec!["Größe", "click"], vec![ReadNote::Utf16]));
}

/// Reads a text as a whole and byte by byte, which must be the same.
fn read_both(text: &str) -> ReadTable {
    let whole = read_any(text.as_bytes(), usize::MAX, None).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let bytewise = read_any(text.as_bytes(), 1, None).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert!(same(&whole.table, &bytewise.table), "{text:?}");
    assert_eq!((&whole.notes, &whole.lines, whole.rows_read), (&bytewise.notes, &bytewise.lines, bytewise.rows_read));
    whole
}

#[test]
fn files_of_other_shapes_read_as_the_same_table() {
    let plain = read("city,click,price\nRome,1,2.5\nOslo,0,3\nKiev,1,4\n").expect("reads");
    let twice = ReadNote::HeaderAgain { rows: 1 };
    for (text, first_line, note) in [
        (
            "# made by x\n# today\ncity,click,price\nRome,1,2.5\nOslo,0,3\nKiev,1,4\n",
            4,
            ReadNote::Preamble { lines: 2 },
        ),
        (
            "Report\n\nMade,today\ncity,click,price\nRome,1,2.5\nOslo,0,3\nKiev,1,4\n",
            5,
            ReadNote::Preamble { lines: 3 },
        ),
        (
            "city,click,price\nRome,1,2.5\nOslo,0,3\nKiev,1,4\n\nDay,Clicks\n1,2\n",
            2,
            ReadNote::Below { line: 6, rows: 2 },
        ),
        (
            "city,click,price\r\nRome,1,2.5\r\nOslo,0,3\r\nKiev,1,4\r\nTotal,2\r\n",
            2,
            ReadNote::Below { line: 5, rows: 1 },
        ),
        ("city,click,price\nRome,1,2.5\nOslo,0,3\nKiev,1,4\nTotal:,,9.5\n", 2, ReadNote::Totals { line: 5 }),
        ("city,click,price\nRome,1,2.5\ncity,click,price\nOslo,0,3\nKiev,1,4\n", 2, twice),
        ("city,click,price\nRome,1,2.5\nOslo,0,3\nKiev,1,4\n,,\n,,,,\n", 2, ReadNote::Ghosts { rows: 2 }),
        ("t.city,t.click,t.price\nRome,1,2.5\nOslo,0,3\nKiev,1,4\n", 2, ReadNote::Prefix { prefix: "t".into() }),
        ("city:token\tclick:float\tprice:float\nRome\t1\t2.5\nOslo\t0\t3\nKiev\t1\t4\n", 2, ReadNote::TypesInNames),
        (
            "\"city;\"\"click\"\";price\"\r\n\"Rome;1;2.5\"\r\n\"\"\"Oslo\"\";0;3\"\r\n\"Kiev;1;4\"\r\n",
            2,
            ReadNote::Wrapped,
        ),
    ] {
        let read = read_both(text);
        assert!(same(&plain, &read.table), "{text:?}: {:?}", String::from_utf8(write_csv(&read.table)));
        assert_eq!((read.notes.as_slice(), read.lines.line_of(0)), (&[note][..], first_line), "{text:?}");
    }
    for text in [
        "city,click,price,\nRome,1,2.5,\nOslo,0,3,\nKiev,1,4,\n",
        "city,click,price\nRome,1,2.5,\nOslo,0,3,\nKiev,1,4,\n",
        "city click price\nRome 1 2.5\nOslo 0 3\nKiev 1 4\n",
    ] {
        let read = read_both(text);
        assert!(same(&plain, &read.table) && read.notes.is_empty(), "{text:?}: {:?}", read.notes);
    }
}

#[test]
fn row_names_and_names_twice_leave_every_name_on_its_column() {
    let named = read_both("city,click\n1,Rome,1\n2,Oslo,0\n");
    assert_eq!((names(&named.table), named.notes), (vec!["column_1", "city", "click"], vec![ReadNote::RowNames]));
    let twice = read_both("user,click,user\na,1,a\nb,0,\n");
    assert_eq!(names(&twice.table), ["user", "click", "user (2)"]);
    assert_eq!(twice.notes, [ReadNote::NamesTwice { names: vec!["user (2)".into()] }]);
}

#[test]
fn money_rates_and_infinities_are_numbers_with_a_note() {
    let text = "price;rate;gain;views;id;mixed;odd\n12,50 €;3,5 %;(2);1 234;7 001;$5;inf\n1.200 €;4 %;3;56;7 002;5 €;2\n;--;;;;;\n1 €;;;;;;\n";
    let read = read_both(text);
    let firsts = |name: &str| numbers(&read.table, name)[..2].to_vec();
    assert_eq!((firsts("price"), firsts("rate")), (vec![12.5, 1200.0], vec![3.5, 4.0]));
    assert_eq!((firsts("gain"), firsts("views")), (vec![-2.0, 3.0], vec![1234.0, 56.0]));
    assert!(firsts("odd")[0].is_nan() && numbers(&read.table, "price")[2].is_nan());
    assert_eq!(texts(&read.table, "mixed")[..2], ["$5", "5 €"], "two currencies are no one number");
    assert_eq!(texts(&read.table, "id")[..2], ["7 001", "7 002"], "an id is what is written");
    let noted = read.notes.iter().filter(|note| matches!(note, ReadNote::Dressed { .. })).count();
    assert_eq!(noted, 5, "{:?}", read.notes);
}

#[test]
fn shorter_lines_amid_the_rows_are_no_end_of_the_table() {
    for text in ["a,b,c\n1,2,3\n4,5,6\n\n7,8\n9,1,2\n", "a,b,c\n1,2,3\n4,5,6\n7,8\n"] {
        let error = read(text).expect_err("ragged");
        assert!(matches!(error, LogError::Ragged { fields: 2, expected: 3, .. }), "{text:?}: {error:?}");
    }
    // Quoted empty fields are a row.
    assert_eq!(read("a,b\n\"\",\"\"\n1,2\n").expect("reads").n_rows, 2);
}

struct Decoder(encoding_rs::Decoder);

impl TextDecoder for Decoder {
    fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>) {
        let mut decoded = String::with_capacity(self.0.max_utf8_buffer_length(bytes.len()).expect("fits"));
        let _ = self.0.decode_to_string(bytes, &mut decoded, is_last);
        text.extend_from_slice(decoded.as_bytes());
    }
}

fn decoder(encoding: Encoding) -> Option<Box<dyn TextDecoder>> {
    let encoding = encoding_rs::Encoding::for_label(encoding.label().as_bytes())?;
    Some(Box::new(Decoder(encoding.new_decoder_without_bom_handling())))
}

/// As the page reads: a file that turns out to be in another encoding is read again.
fn read_any(bytes: &[u8], piece: usize, encoding: Option<Encoding>) -> Result<ReadTable, LogError> {
    let options = ReadOptions { encoding, decoders: Some(decoder), ..Default::default() };
    let mut reader = TableReader::new(options);
    let pushed = bytes.chunks(piece).try_for_each(|piece| reader.push(piece, None));
    match pushed.and_then(|()| reader.finish(None)) {
        Err(LogError::OtherEncoding { encoding: found }) => {
            assert_eq!(encoding, None, "is read again once");
            read_any(bytes, piece, Some(found))
        }
        read => read,
    }
}

#[test]
fn spreadsheets_of_any_code_page_open_with_a_note() {
    let row = |n: usize, cities: &[&str]| format!("{},{},{}\n", cities[n % cities.len()], n % 3 / 2, n % 7);
    let file = |header: &str, cities: &[&str], rows: usize| {
        format!("{header}\n{}", (0..rows).map(|n| row(n, cities)).collect::<String>())
    };
    for (encoding, text) in [
        (Encoding::Gb18030, file("城市,点击,价格", &["北京", "上海", "广州"], 60)),
        (Encoding::Big5, file("城市,點擊,價格", &["臺北", "高雄", "新竹"], 60)),
        (Encoding::ShiftJis, file("都市,クリック,価格", &["東京", "大阪"], 60)),
        (Encoding::EucKr, file("도시,클릭,가격", &["서울", "부산", "대구", "인천"], 60)),
        (Encoding::Windows1252, file("Stadt,Klick,Preis", &["Köln", "München"], 60)),
        (Encoding::Windows1251, file("город,клик,цена", &["Москва", "Казань"], 60)),
        (Encoding::MacRoman, file("Stadt,Klick,Preis", &["Köln", "München", "Gießen"], 60)),
        // The first other byte comes megabytes later, or last.
        (Encoding::Gb18030, file("city,click,price", &["Beijing"], 50_000) + &file("上海,1,2", &["北京"], 5)),
        (Encoding::Windows1252, file("city,click,price", &["Bonn"], 60) + "Köln,1,2\n"),
        (Encoding::Windows1252, file("city,click,price", &["Bonn"], 50_000) + "1,1,Orléans"),
    ] {
        let (bytes, _, is_lossy) = encoding_rs::Encoding::for_label(encoding.label().as_bytes()).unwrap().encode(&text);
        assert!(!is_lossy, "{encoding:?}");
        let expected = read(&text).expect("as UTF-8");
        for piece in [1, 3, 1 << 21] {
            let read = read_any(&bytes, piece, None).unwrap_or_else(|error| panic!("{encoding:?}: {error}"));
            assert!(same(&expected, &read.table), "{encoding:?} in pieces of {piece}: {:?}", names(&read.table));
            assert_eq!(read.notes, [ReadNote::Encoding { encoding }], "pieces of {piece}");
            let packed = gzipped(&[&bytes]);
            assert!(same(&expected, &read_any(&packed, piece.max(1 << 10), None).expect("gzipped").table));
        }
        assert!(matches!(read(&bytes), Err(LogError::NotUtf8 { .. })), "without a decoder it is refused");
    }
}

#[test]
fn an_encoding_can_be_chosen_and_broken_utf_8_stays_utf_8() {
    let text = "city,click\nM\u{8f}nchen,1\n";
    let (bytes, ..) = encoding_rs::MACINTOSH.encode("city,click\nMünchen,1\n");
    let read = read_any(&bytes, 4, Some(Encoding::MacRoman)).expect("reads");
    assert_eq!(texts(&read.table, "city"), ["München"], "{text}");
    let mut broken = "city,click\n".to_owned() + &"Köln,1\nMünchen,0\n".repeat(6000);
    broken.truncate(broken.len() - 10);
    let broken = [broken.as_bytes(), b"\xfcnchen,0\n"].concat();
    for piece in [1, 1 << 20] {
        let error = read_any(&broken, piece, None).expect_err("broken");
        assert!(matches!(error, LogError::NotUtf8 { line: 12001, .. }), "{error:?}");
    }
    let roles = "fixes = [{ read_as = \"shift_jis\" }]\n";
    assert_eq!(Roles::from_toml(roles).expect("a ROLES file").encoding(), Some(Encoding::ShiftJis));
}

#[test]
fn json_lines_read_as_the_same_table_as_csv() {
    let csv = read("city,click,user.age,seen\nRome,1,30,true\n,0,,false\nOslo,1,31.5,true\n").expect("reads");
    let rows = [
        r#"{"city": "Rome", "click": 1, "user": {"age": 30}, "seen": true}"#,
        r#"{"click": 0, "city": null, "user": {}, "seen": false}"#,
        r#"{"city": "Oslo", "click": 1, "seen": true, "user": {"age": 31.5}}"#,
    ];
    for text in [rows.join("\n"), rows.join("\r\n\r\n"), format!("[{}]", rows.join(",\n")), rows.concat()] {
        assert!(same(&csv, &read(&text).expect(&text)), "{text}");
    }
}

#[test]
fn a_column_that_becomes_text_late_keeps_every_field_as_it_was() {
    let fields = ["007", "1.50", "-0.0", "1e3", "", "NA", "12", "9.99", "+1", "123456789.123456789", "x"];
    let table = read(format!("a,b\n{}", fields.map(|field| format!("{field},1\n")).concat())).expect("reads");
    assert_eq!(texts(&table, "a"), fields);
}

#[test]
fn a_million_distinct_values_are_read() {
    let text: String =
        std::iter::once("id,click\n".to_owned()).chain((0..1_000_000).map(|row| format!("u{row},1\n"))).collect();
    let table = read(text).expect("reads");
    assert!(matches!(&table.columns[0].values, ColumnValues::Text { dictionary, .. } if dictionary.len() == 1_000_000));
}

#[test]
fn lines_are_those_of_the_file() {
    let read = read_table(b"a,b\n1,2\n\n\n\"x\ny\",3\n4,5\n", &ReadOptions::default()).expect("reads");
    assert_eq!([0, 1, 2].map(|row| read.lines.line_of(row)), [2, 5, 7]);
    let json = read_table(b"{\"a\":1}\n\n{\"a\":2}\n", &ReadOptions::default()).expect("reads");
    assert_eq!([0, 1].map(|row| json.lines.line_of(row)), [1, 3]);
}

#[test]
fn errors_about_labels_name_the_line_of_the_file() {
    let rows = "1,0\n0,0\n".repeat(10);
    for (text, expected) in
        [(format!("click,conversion\n\n\n{rows}x,0\n"), 24), (format!("click,conversion\n{rows}\n2.5,0\n"), 23)]
    {
        let roles = Roles { click: Some("click".into()), conversion: Some("conversion".into()), ..Roles::default() };
        let error = OpenedLog::from_bytes(text.as_bytes(), Some(roles)).expect_err("a bad label");
        assert!(matches!(error, LogError::BadLabel { line, .. } if line == expected), "{error}");
    }
}

#[test]
fn what_the_reader_decided_is_among_the_findings() {
    let text = format!("clicked;kauf;preis\n{}", "1;0;2,5\n0;0;1,5\n1;1;3,5\n".repeat(10));
    let roles = Roles { click: Some("clicked".into()), conversion: Some("kauf".into()), ..Roles::default() };
    let opened = OpenedLog::from_bytes(text.as_bytes(), Some(roles)).expect("opens");
    assert!(opened.findings.iter().any(|finding| finding.message.contains("decimal commas")), "{:?}", opened.findings);
}

#[test]
fn the_raw_ali_ccp_layout_becomes_columns() {
    let rows = "1,1,0,bacff91692951881,3,205\u{2}9\u{3}1.0\u{1}109_14\u{2}5\u{3}2.5\u{1}109_14\u{2}7\u{3}1.0\n\
                2,0,0,bacff91692951881,1,205\u{2}11\u{3}1.0\n";
    let read = read_table(rows.as_bytes(), &ReadOptions::default()).expect("reads");
    assert_eq!(names(&read.table)[..5], ["sample_id", "click", "conversion", "common_feature_index", "feature_count"]);
    assert_eq!(numbers(&read.table, "205"), [9.0, 11.0]);
    assert_eq!(numbers(&read.table, "D109_14")[0], 3.5);
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn the_broken_row_reads_as_a_sentence() {
    let error = read("a,b\n1,2\n3\n").expect_err("ragged");
    assert_eq!(
        error.to_string(),
        "line 3 has 1 fields, but the header has 2; correct or delete that line (a missing value needs its delimiter, a value with a delimiter in it needs quotes)"
    );
}

#[test]
fn numbers_are_written_in_their_shortest_exact_form() {
    let values = vec![0.1, 1.0, -2.5, 1e300, 1e-9, f64::NAN, 123_456_789.0];
    let table = Table {
        n_rows: values.len(),
        columns: vec![Column { name: "x".into(), values: ColumnValues::Number(values) }],
        ..Table::default()
    };
    let text = String::from_utf8(write_csv(&table)).expect("UTF-8");
    assert_eq!(text, "x\n0.1\n1\n-2.5\n1e300\n1e-9\n\"\"\n123456789\n");
}

/// A column that reads back as itself: words are trimmed, not numbers, in order of first use, and no part between commas or
/// semicolons comes again, which would make them lists.
fn arbitrary_column(n_rows: usize) -> BoxedStrategy<ColumnValues> {
    let number = prop_oneof![8 => any::<f64>().prop_map(|x| if x.is_finite() { x } else { 0.5 }), 1 => Just(f64::NAN)];
    let numbers = prop::collection::vec(number, n_rows).prop_map(|mut values| {
        values[0] = 1.0;
        ColumnValues::Number(values)
    });
    let word = prop_oneof![4 => "x[a-zé\"\n\t]{0,6}x", 4 => "x[a-zé]{4}[,;][a-z\"\n\té]{4}x", 1 => Just(String::new())];
    let words = prop::collection::vec(word, n_rows).prop_map(|mut words| {
        words[0] = "word".to_owned();
        let mut dictionary: Vec<String> = Vec::new();
        let code = |word: &String| {
            if word.is_empty() {
                return MISSING;
            }
            dictionary.iter().position(|known| known == word).unwrap_or_else(|| {
                dictionary.push(word.clone());
                dictionary.len() - 1
            }) as u32
        };
        let codes = words.iter().map(code).collect();
        ColumnValues::Text { dictionary, codes }
    });
    prop_oneof![numbers, words].boxed()
}

fn arbitrary_table() -> impl Strategy<Value = Table> {
    (1usize..20, 1usize..5).prop_flat_map(|(n_rows, n_columns)| {
        prop::collection::vec(arbitrary_column(n_rows), n_columns).prop_map(move |columns| {
            let named = |(index, values)| Column { name: format!("column {index}"), values };
            Table { n_rows, columns: columns.into_iter().enumerate().map(named).collect(), ..Table::default() }
        })
    })
}

/// Equality in which NaN is itself, as written bytes.
fn same(a: &Table, b: &Table) -> bool {
    write_csv(a) == write_csv(b) && a.n_rows == b.n_rows
}

proptest! {
    #[test]
    fn what_is_written_reads_back_exactly(table in arbitrary_table()) {
        let options = ReadOptions { delimiter: Some(b','), ..Default::default() };
        let back = read_table(&write_csv(&table), &options).expect("reads back").table;
        prop_assert!(same(&table, &back));
        for (written, read) in table.columns.iter().zip(&back.columns) {
            match (&written.values, &read.values) {
                (ColumnValues::Number(a), ColumnValues::Number(b)) => {
                    prop_assert!(a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())));
                }
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(bytes);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-c0-9,;\t|\"\r\n .é]{0,200}") {
        if let Ok(table) = read(text) {
            prop_assert!(table.n_rows > 0 && !table.columns.is_empty());
        }
    }
}

#[test]
fn a_list_in_a_cell_falls_apart_without_what_fills_it_up() {
    let rows = ["[5, 7, 0]", "[8, 0, 0]", "[7, 5, 8]", "[9, 5, 0]", "[0, 0, 0]", "[5, 0, 0]"];
    let csv: String = rows.iter().enumerate().map(|(row, cell)| format!("{},\"{cell}\"\n", row % 2)).collect();
    let read = read_table(format!("click,history\n{csv}").as_bytes(), &ReadOptions::default()).expect("a table");
    let cells: Vec<String> = (0..6).map(|row| read.table.columns[1].values.text(row).replace('\u{1}', "+")).collect();
    assert_eq!(cells, ["5+7", "8", "7+5+8", "9+5", "", "5"]);
    let note = ReadNote::Lists { column: "history".into(), example: Some(rows[0].into()), padding: Some("0".into()) };
    assert_eq!(read.notes, [note]);
}
