//! Reading and writing delimited text.
use esmm_playground::domain::log::{
    Column, ColumnValues, LogError, MISSING, ReadOptions, Table, read_delimited, write_csv,
};
use proptest::prelude::*;

fn read(text: impl AsRef<[u8]>) -> Result<Table, LogError> {
    read_delimited(text.as_ref(), &ReadOptions::default())
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
    let infinite = read("a,b\ninf,1\n2,1\n").expect("reads");
    assert_eq!(texts(&infinite, "a"), ["inf", "2"]);
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
        ("not UTF-8", b"a,b\n1,2\nM\xfcnchen,3\n", Box::new(is(LogError::NotUtf8 { line: 3 }))),
        ("unnamed", b",a\n0,1\n", Box::new(is(LogError::UnnamedColumn { position: 1, columns: 2 }))),
        (
            "duplicate",
            b"a,b,a\n0,1,2\n",
            Box::new(is(LogError::DuplicateColumn { name: "a".into(), first: 1, second: 3 })),
        ),
        ("no header", b"1,0,3.5\n0,1,2\n", Box::new(is(LogError::NoHeader))),
        ("NUL bytes", b"a,b\n1,\0\n", Box::new(looks_like("binary"))),
        ("PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Box::new(looks_like("PNG"))),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0", Box::new(looks_like("gzip"))),
        ("zip", b"PK\x03\x04\x14\0\0\0", Box::new(looks_like("zip"))),
        ("Parquet", b"PAR1\x15\x04\x15\0", Box::new(looks_like("Parquet"))),
        ("UTF-16", b"\xff\xfea\0,\0b\0\n\0", Box::new(looks_like("UTF-16"))),
        ("JSON", b"{\"click\":1}\n", Box::new(looks_like("JSON"))),
        ("HTML", b"<!doctype html>\n", Box::new(looks_like("web page"))),
    ];
    for (name, bytes, is_expected) in cases {
        let error = read(bytes).expect_err(name);
        assert!(is_expected(&error), "{name}: {error:?}");
    }
    let wide = vec!["x"; 5000].join(",");
    assert!(matches!(read(wide), Err(LogError::TooManyColumns { columns: 5000, .. })));
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
    };
    let text = String::from_utf8(write_csv(&table)).expect("UTF-8");
    assert_eq!(text, "x\n0.1\n1\n-2.5\n1e300\n1e-9\n\"\"\n123456789\n");
}

/// A column that reads back as itself: words are trimmed, not numbers, and in order of first use.
fn arbitrary_column(n_rows: usize) -> BoxedStrategy<ColumnValues> {
    let number = prop_oneof![8 => any::<f64>().prop_map(|x| if x.is_finite() { x } else { 0.5 }), 1 => Just(f64::NAN)];
    let numbers = prop::collection::vec(number, n_rows).prop_map(|mut values| {
        values[0] = 1.0;
        ColumnValues::Number(values)
    });
    let word = prop_oneof![8 => "x[a-zé,;\"\n|\t]{0,6}x", 1 => Just(String::new())];
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
            Table { n_rows, columns: columns.into_iter().enumerate().map(named).collect() }
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
        let back = read_delimited(&write_csv(&table), &ReadOptions { delimiter: Some(b',') }).expect("reads back");
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
