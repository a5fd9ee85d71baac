//! JSON as programs write it, fed whole and byte by byte.
use esmm_playground::domain::log::{LogError, ReadLimits, ReadNote, ReadOptions, ReadTable, TableReader, write_csv};

fn read_with(text: &str, piece: usize, options: &ReadOptions) -> Result<ReadTable, LogError> {
    let mut reader = TableReader::new(options.clone());
    for piece in text.as_bytes().chunks(piece) {
        reader.push(piece, None)?;
    }
    reader.finish(None)
}

/// The table as CSV and what was noted, however the file is cut.
fn read_as(text: &str, options: &ReadOptions) -> (String, Vec<ReadNote>) {
    let whole = read_with(text, text.len(), options).expect(text);
    let csv = |read: &ReadTable| String::from_utf8(write_csv(&read.table)).expect("UTF-8").replace('\x01', "+");
    for piece in [1, 7] {
        let pieces = read_with(text, piece, options).expect(text);
        assert_eq!((csv(&pieces), &pieces.notes, &pieces.lines), (csv(&whole), &whole.notes, &whole.lines), "{text}");
    }
    (csv(&whole), whole.notes)
}

fn read(text: &str) -> (String, Vec<ReadNote>) {
    read_as(text, &ReadOptions::default())
}

fn left_out(columns: &[&str]) -> ReadNote {
    ReadNote::LeftOut { columns: columns.iter().map(|column| (*column).to_owned()).collect() }
}

fn rows_of(key: &str) -> ReadNote {
    ReadNote::RowsOf { key: key.to_owned() }
}

#[test]
fn pythons_words_for_numbers_that_are_none_are_missing() {
    let (csv, notes) = read(
        "{\"price\": NaN, \"t\": \"NaN\\\" NaN\"}\n{\"price\": 2.5, \"t\": \"x\"}\n{\"price\": -Infinity, \"t\": \"y\"}\n\
         {\"price\": Infinity, \"t\": \"z\"}",
    );
    assert_eq!(csv, "price,t\n,\"NaN\"\" NaN\"\n2.5,x\n,y\n,z\n");
    assert_eq!(notes, []);
}

#[test]
fn a_list_of_objects_or_lists_leaves_its_key_out() {
    let (csv, notes) = read(
        "{\"click\": 1, \"items\": [{\"id\": 1, \"n\": 2}], \"path\": [[1], [2]]}\n{\"click\": 0, \"items\": []}\n\
         {\"click\": 1, \"items\": null, \"path\": [3]}",
    );
    assert_eq!((csv.as_str(), notes), ("click\n1\n0\n1\n", vec![left_out(&["items", "path"])]));
}

#[test]
fn keys_with_their_values_become_columns() {
    let (csv, _) = read(
        r#"{"click": 1, "params": [{"key": "slot", "value": {"string_value": "top", "int_value": null}}, {"key": "n", "value": {"int_value": "7"}}]}
           {"click": 0, "params": [{"key": "n", "value": {"double_value": 2.5}}, {"key": "n", "value": {"int_value": 9}}]}
           {"click": 1, "params": [{"key": "slot", "value": "side"}]}"#,
    );
    assert_eq!(csv, "click,params.slot,params.n\n1,top,7\n0,,2.5\n1,side,\n");
}

#[test]
fn mongos_extended_json_is_its_values() {
    let (csv, _) = read(
        r#"{"_id": {"$oid": "0a"}, "ts": {"$date": "2024-03-01T08:30:40Z"}, "n": {"$numberLong": "12"}}
           {"_id": {"$oid": "0b"}, "ts": {"$date": {"$numberLong": "1709281840000"}}, "n": {"$numberDecimal": "1.5"}}"#,
    );
    assert_eq!(csv, "_id,ts,n\n0a,2024-03-01T08:30:40Z,12\n0b,1709281840000,1.5\n");
}

#[test]
fn a_list_in_the_only_object_is_the_rows() {
    let rows = r#"[ {"a": 1, "b": "x]"}, {"a": 2, "b": "y"} ]"#;
    for text in [
        format!(r#"{{"status": "ok", "n": 2, "data": {rows}}}"#),
        format!(r#"{{"data": {rows}, "links": [{{"next": 2}}], "page": {{"of": [{{"a": 7}}]}}}}"#),
        format!(r#"{{"\u0064ata": {rows}}}"#),
    ] {
        assert_eq!(read(&text), ("a,b\n1,x]\n2,y\n".to_owned(), vec![rows_of("data")]), "{text}");
    }
    // Two such objects are two rows.
    let (csv, notes) = read("{\"a\": 1, \"data\": [{\"b\": 1}]}\n{\"a\": 2, \"data\": [{\"b\": 2}]}");
    assert_eq!((csv.as_str(), notes), ("a\n1\n2\n", vec![left_out(&["data"])]));
}

#[test]
fn what_pandas_writes_is_the_same_table() {
    let table = "user,price,click\nu1,2.5,1\nu2,,0\n";
    for text in [
        r#"[{"user": "u1", "price": 2.5, "click": 1}, {"user": "u2", "price": null, "click": 0}]"#,
        r#"{"columns": ["user", "price", "click"], "index": [0, 1], "data": [["u1", 2.5, 1], ["u2", NaN, 0]]}"#,
        r#"{"user": {"0": "u1", "1": "u2"}, "price": {"0": 2.5, "1": NaN}, "click": {"0": 1, "1": 0}}"#,
        r#"{"user": ["u1", "u2"], "price": [2.5, null], "click": [1, 0]}"#,
        r#"{"0": {"user": "u1", "price": 2.5, "click": 1}, "1": {"user": "u2", "price": null, "click": 0}}"#,
        r#"{"schema": {"fields": [{"name": "user"}]}, "data": [{"user": "u1", "price": 2.5, "click": 1}, {"user": "u2", "price": null, "click": 0}]}"#,
        r#"[["user", "price", "click"], ["u1", 2.5, 1], ["u2", null, 0]]"#,
        "[\"user\", \"price\", \"click\"]\n[\"u1\", 2.5, 1]\n[\"u2\", null, 0]\n",
    ] {
        assert_eq!(read(text).0, table, "{text}");
    }
    for text in ["[[\"u1\", 2.5, 1], [\"u2\", null, 0]]", "[\"u1\", 2.5, 1]\n[\"u2\", null, 0]\n"] {
        let (csv, notes) = read(text);
        assert_eq!(csv, table.replace("user,price,click", "column_1,column_2,column_3"), "{text}");
        assert_eq!(notes, [ReadNote::NoHeader { columns: 3 }]);
    }
}

#[test]
fn an_object_that_is_the_file_is_read_within_the_limits_of_a_record() {
    let limits = ReadLimits { record_bytes: 1000, ..ReadLimits::default() };
    let options = ReadOptions { limits, ..ReadOptions::default() };
    let rows: Vec<String> = (0..5000).map(|row| format!("{{\"a\": {row}, \"b\": \"\\\"]\"}}")).collect();
    let text = format!("{{\"status\": \"ok\",\n\"data\": [\n{}\n], \"n\": 5000}}", rows.join(",\n"));
    let (csv, notes) = read_as(&text, &options);
    assert_eq!((csv.lines().count(), notes), (5001, vec![rows_of("data")]));
    let read = read_with(&text, 100, &options).expect("reads");
    assert_eq!([0, 4999].map(|row| read.lines.line_of(row)), [3, 5002]);
    // A row within is a record; what never ends is none.
    let long = text.replace("4000,", &format!("{:?},", "x".repeat(200_000)));
    assert_eq!(read_with(&long, 100, &options).err(), Some(LogError::LongObject { line: 4003, limit: 1000 }));
    let cut = &text[..text.len() - 20];
    assert!(matches!(read_with(cut, 100, &options), Err(LogError::Json { .. })));
    // Columns are held whole, up to a limit of their own.
    let columns = |n: usize| {
        let column: Vec<String> = (0..n).map(|row| format!("\"{row}\": {row}")).collect();
        format!("{{\"a\": {{{0}}}, \"b\": {{{0}}}}}", column.join(", "))
    };
    assert_eq!(read_as(&columns(1000), &options).0.lines().count(), 1001);
    assert_eq!(read_with(&columns(60_000), 100, &options).err(), Some(LogError::LongColumns { limit: 64_000 }));
}

#[test]
fn the_items_of_a_named_list_become_rows() {
    let text = "{\"session\": 1, \"events\": [{\"aid\": 5, \"type\": \"clicks\"}, {\"aid\": 6, \"type\": \"carts\"}], \"os\": \"a\"}\n\
                {\"session\": 2, \"events\": [], \"os\": \"b\"}\n{\"session\": 3, \"os\": \"c\", \"events\": [{\"aid\": 7, \"tags\": [1, 2]}]}\n";
    let with = |path: &str| ReadOptions { unroll: Some(path.to_owned()), ..ReadOptions::default() };
    let note = |path: &str, records, rows| ReadNote::Unrolled { path: path.to_owned(), records, rows };
    let (csv, notes) = read_as(text, &with("events"));
    assert_eq!(
        csv,
        "session,os,events.aid,events.type,events.tags\n1,a,5,clicks,\"\"\n1,a,6,carts,\"\"\n3,c,7,\"\",1+2\n"
            .replace("\"\"", "")
    );
    assert!(notes.contains(&note("events", 3, 3)), "{notes:?}");
    // Where it is within the rows, and where the file is one record of it.
    let (csv, _) = read_as(r#"{"data": [{"u": {"e": [1, 2]}, "s": "x"}, {"s": "y"}]}"#, &with("u.e"));
    assert_eq!(csv, "s,u.e\nx,1\nx,2\n");
    let (csv, notes) = read_as(r#"{"session": 9, "events": [{"aid": 1}, {"aid": 2}]}"#, &with("events"));
    assert_eq!((csv.as_str(), notes), ("session,events.aid\n9,1\n9,2\n", vec![note("events", 1, 2)]));
    // Without the option it is left out.
    assert_eq!(read(text), ("session,os\n1,a\n2,b\n3,c\n".to_owned(), vec![left_out(&["events"])]));
}
