//! Parquet files as text: the same log as their CSV.

use std::sync::Arc;

use ::parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;
use esmm_playground::parquet::{ParquetError, to_csv, unpacked};

const SCHEMA: &str = "message log {
    required boolean click;
    required int32 day (DATE);
    required int32 price (DECIMAL(9, 2));
    optional float age;
    required int64 user (INTEGER(64, false));
    optional group shop { optional binary name (UTF8); }
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
}";

fn text(bytes: Vec<u8>) -> Result<String, ParquetError> {
    let mut text = Vec::new();
    to_csv(unpacked(bytes)?, |piece| {
        text.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(String::from_utf8(text).expect("CSV is text"))
}

fn file(schema: &str, compression: Compression, write: impl Fn(&mut SerializedRowGroupWriter<'_, Vec<u8>>)) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).expect("a writer");
    for _ in 0..2 {
        let mut group = writer.next_row_group().expect("a row group");
        write(&mut group);
        group.close().expect("closed");
    }
    writer.into_inner().expect("closed")
}

macro_rules! column {
    ($group:expr, $type:ty, $values:expr, $defined:expr, $repeated:expr) => {
        let mut column = $group.next_column().expect("a column").expect("one is left");
        column.typed::<$type>().write_batch($values, $defined, $repeated).expect("written");
        column.close().expect("closed");
    };
}

fn log(compression: Compression) -> Vec<u8> {
    file(SCHEMA, compression, |group| {
        let bytes = |text: &str| ByteArray::from(text);
        column!(group, BoolType, &[true, false, false], None, None);
        column!(group, Int32Type, &[19_753, 0, -1], None, None);
        column!(group, Int32Type, &[1250, -5, 0], None, None);
        column!(group, FloatType, &[30.5], Some(&[0, 1, 0]), None);
        column!(group, Int64Type, &[-1, 7, 8], None, None);
        column!(group, ByteArrayType, &[bytes("Say \"hi\", Oslo"), bytes("x")], Some(&[2, 0, 2]), None);
        let tags = [bytes("a"), bytes("b"), bytes("c")];
        column!(group, ByteArrayType, &tags, Some(&[3, 3, 0, 3, 2]), Some(&[0, 1, 0, 0, 1]));
    })
}

#[test]
fn every_type_is_written_as_text_that_the_reader_knows() {
    let rows = "true,2024-01-31,12.50,,18446744073709551615,\"Say \"\"hi\"\", Oslo\",a\u{1}b\n\
                false,1970-01-01,-0.05,30.5,7,,\n\
                false,1969-12-31,0.00,,8,x,c\n";
    let expected = format!("click,day,price,age,user,shop.name,tags\n{rows}{rows}");
    assert_eq!(text(log(Compression::UNCOMPRESSED)).expect("reads"), expected);
}

#[test]
fn compressions_in_pure_rust_are_read_and_others_named() {
    let plain = text(log(Compression::UNCOMPRESSED)).expect("reads");
    for compression in
        [Compression::SNAPPY, Compression::GZIP(GzipLevel::default()), Compression::LZ4_RAW, Compression::LZ4]
    {
        assert_eq!(text(log(compression)).as_ref(), Ok(&plain), "{compression}");
    }
    // Written without the codec: the chunk's metadata alone says which it is.
    for (compression, name) in [
        (Compression::ZSTD(ZstdLevel::default()), "Zstandard"),
        (Compression::BROTLI(BrotliLevel::default()), "Brotli"),
    ] {
        let file = claims(compression);
        let error = text(file).expect_err(name);
        assert!(matches!(&error, ParquetError::Codec { codec, .. } if codec == name), "{error:?}");
    }
}

/// A file whose metadata names a codec that cannot be written here.
fn claims(compression: Compression) -> Vec<u8> {
    let thrift = |compression: Compression| match compression {
        Compression::SNAPPY => 1u8,
        Compression::BROTLI(_) => 4,
        Compression::ZSTD(_) => 6,
        _ => 0,
    };
    let mut bytes = file("message m { required double x; }", Compression::SNAPPY, |group| {
        column!(group, DoubleType, &[1.0, 2.0], None, None);
    });
    let footer = bytes.len() - 8 - u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().expect("four")) as usize;
    // In the column's metadata the codec follows the path `x`: a list of one text, then an i32 in zigzag.
    let path = [0x19, 0x18, 1, b'x', 0x15];
    let ends: Vec<usize> = (footer..bytes.len() - path.len())
        .filter(|&at| bytes[at..].starts_with(&path))
        .map(|at| at + path.len())
        .collect();
    assert_eq!(ends.len(), 2, "one a row group");
    for end in ends {
        assert_eq!(bytes[end], thrift(Compression::SNAPPY) * 2);
        bytes[end] = thrift(compression) * 2;
    }
    bytes
}

#[test]
fn what_is_wrong_is_a_sentence() {
    let nested = file("message m { repeated group a { repeated int32 b; } }", Compression::UNCOMPRESSED, |group| {
        column!(group, Int32Type, &[1, 2], Some(&[2, 2]), Some(&[0, 2]));
    });
    assert_eq!(text(nested), Err(ParquetError::Nested { column: "a.b".to_owned() }));
    let bytes = file("message m { required binary x; }", Compression::UNCOMPRESSED, |group| {
        column!(group, ByteArrayType, &[ByteArray::from("a"), ByteArray::from(vec![0xff])], None, None);
    });
    assert_eq!(text(bytes), Err(ParquetError::NotText { row: 2, column: "x".to_owned() }));
    let empty = file("message m { required int32 x; }", Compression::UNCOMPRESSED, |group| {
        column!(group, Int32Type, &[], None, None);
    });
    assert_eq!(text(empty), Err(ParquetError::NoRows));
    let whole = log(Compression::SNAPPY);
    for length in [4, 8, 40, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(text(whole[..length].to_vec()), Err(ParquetError::Damaged { .. })), "{length} bytes");
    }
}
