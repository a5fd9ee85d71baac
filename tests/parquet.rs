//! Parquet files as text: the same log as their CSV.

use std::sync::Arc;

use ::parquet::basic::{BrotliLevel, Compression, GzipLevel};
use ::parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;
use base64::Engine as _;
use esmm_playground::domain::log::{ArchiveLimit, LogError, ReadNote, ReadOptions, read_table};
use esmm_playground::parquet::{ParquetError, to_csv, to_text, unpacked};
use ruzstd::encoding::CompressionLevel;

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
    let error = text(claims(Compression::BROTLI(BrotliLevel::default()))).expect_err("Brotli");
    assert!(matches!(&error, ParquetError::Codec { codec, .. } if codec == "Brotli"), "{error:?}");
}

#[test]
fn zstandard_is_read() {
    let rows = "1,Rome\n0,Oslo\n1,\n0,Rome\n1,Rome\n0,Oslo\n".repeat(20);
    for packed in ZSTANDARD {
        let mut bytes = base64::engine::general_purpose::STANDARD.decode(packed).expect("base64");
        assert_eq!(text(bytes.clone()), Ok(format!("click,city\n{rows}")));
        // In the first page, behind its frame's magic number.
        let frame = bytes.windows(4).position(|four| four == [0x28, 0xb5, 0x2f, 0xfd]).expect("a frame");
        bytes[frame + 6] ^= 0xff;
        assert!(matches!(text(bytes), Err(ParquetError::Damaged { .. })));
    }
}

#[test]
fn text_that_zstandard_packs_is_given_as_it_is() {
    let pack = |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, CompressionLevel::Fastest);
    let unpacked_text = |bytes: Vec<u8>| {
        let mut text = Vec::new();
        let limit = ArchiveLimit { least_bytes: 1 << 20, expansion: 100 };
        to_text(unpacked(bytes)?, limit, |piece| {
            text.extend_from_slice(piece);
            Ok(())
        })
        .map(|_| text)
    };
    let csv = b"city,click\nK\xf6ln,1\n".repeat(100);
    assert_eq!(unpacked_text(pack(&csv)).as_ref(), Ok(&csv));
    // Two frames, and between them one that decoders skip.
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let frames = [&pack(&csv[..40]), &skipped[..], &pack(&csv[40..])].concat();
    assert_eq!(unpacked_text(frames).as_ref(), Ok(&csv));
    let parquet = log(Compression::UNCOMPRESSED);
    assert_eq!(unpacked_text(pack(&parquet)), Ok(text(parquet).expect("reads").into_bytes()));
    let bomb = pack(&vec![b'1'; 8 << 20]);
    assert!(bomb.len() < 8 << 10, "{} bytes", bomb.len());
    let is_ended = |error| matches!(error, Err(ParquetError::Log(LogError::TooMuchText { limit: 0x10_0000, .. })));
    assert!(is_ended(unpacked_text(bomb)));
    let packed = pack(&csv);
    for cut in [5, 10, packed.len() - 1] {
        assert_eq!(unpacked_text(packed[..cut].to_vec()), Err(ParquetError::Zstandard), "{cut}");
    }
}

/// Two columns of 120 rows in pages of the first and of the second version, by pyarrow 26:
/// `pq.write_table(pa.table({"click": pa.array([1, 0, 1, 0, 1, 0] * 20, pa.int32()), "city": ["Rome", "Oslo", None, "Rome",
/// "Rome", "Oslo"] * 20}), file, compression="zstd", store_schema=False, write_statistics=False, data_page_version="1.0")`.
const ZSTANDARD: [&str; 2] = [
    "UEFSMRUEFRAVIkwVBBUAEgAAKLUv/SAIQQAAAQAAAAAAAAAVABUwFTIsFfABFRAVBhUGHAAAACi1L/0gGIUAAFADAAAA8AEBAR+qAQAyQAIVBB\
     UgFTJMFQQVABIAACi1L/0gEIEAAAQAAABSb21lBAAAAE9zbG8VABVGFUwsFfABFRAVBhUGHAAAACi1L/0gI+0AALgQAAAAH/u+7wEbUkoppZRS\
     SimllFJKCQEAco4LFQQZPDUAGAZzY2hlbWEVBAAVAiUCGAVjbGljawAVDCUCGARjaXR5JQBMHAAAABbwARkcGSwmABwVAhk1AAYQGRgFY2xpY2\
     sVDBbwARaEARaYASZGJggpLBUEFQAVAgAVABUQFQIAPCkGGSYA8AEAAAAmABwVDBk1AAYQGRgEY2l0eRUMFvABFqoBFsIBJu4BJqABKSwVBBUA\
     FQIAFQAVEBUCADwWoAYZBhkmKMgBAAAAFq4CFvABJggW2gIAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAAOgAAA\
     BQQVIx",
    "UEFSMRUEFRAVIkwVBBUAEgAAKLUv/SAIQQAAAQAAAAAAAAAVBhUoFShcFfABFQAV8AEVEBUGFQASHAAAAPABAQEfqqqqqqqqqqqqqqqqqqqqFQ\
     QVIBUyTBUEFQASAAAotS/9IBCBAAAEAAAAUm9tZQQAAABPc2xvFQYVPhU+XBXwARUoFfABFRAVIBUAEhwAAAAf+77v+77v+77v+77v+77vARtS\
     SimllFJKKaWUUkoJFQQZPDUAGAZzY2hlbWEVBAAVAiUCGAVjbGljawAVDCUCGARjaXR5JQBMHAAAABbwARkcGSwmABwVAhk1AAYQGRgFY2xpY2\
     sVDBbwARaIARaaASZGJggpLBUEFQAVAgAVABUQFQIAPCkGGSYA8AEAAAAmABwVDBk1AAYQGRgEY2l0eRUMFvABFq4BFsABJvABJqIBKSwVBBUA\
     FQIAFQAVEBUCADwWoAYZBhkmKMgBAAAAFrYCFvABJggW2gIAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAAOgAAA\
     BQQVIx",
];

#[test]
fn times_of_every_unit_are_one_form() {
    let schema = "message m {
        required int64 ms (TIMESTAMP(MILLIS, true));
        required int64 us (TIMESTAMP(MICROS, false));
        required int64 ns (TIMESTAMP(NANOS, false));
        optional int96 spark;
    }";
    let file = file(schema, Compression::UNCOMPRESSED, |group| {
        column!(group, Int64Type, &[1_709_281_840_000, 0], None, None);
        column!(group, Int64Type, &[1_709_281_840_500_000, -1], None, None);
        column!(group, Int64Type, &[1_709_281_840_000_000_000, 1], None, None);
        let mut spark = Int96::new();
        // Nanoseconds of the day in two words, then the Julian day of 2024-03-01.
        let nanoseconds = 30_640_000_000_000_u64;
        spark.set_data(nanoseconds as u32, (nanoseconds >> 32) as u32, 2_460_371);
        column!(group, Int96Type, &[spark], Some(&[1, 0]), None);
    });
    let rows = "2024-03-01 08:30:40,2024-03-01 08:30:40.5,2024-03-01 08:30:40,2024-03-01 08:30:40\n\
                1970-01-01 00:00:00,1969-12-31 23:59:59.999999,1970-01-01 00:00:00.000000001,\n";
    assert_eq!(text(file), Ok(format!("ms,us,ns,spark\n{rows}{rows}")));
}

#[test]
fn a_column_that_cannot_be_cells_is_left_out() {
    let schema = "message m {
        required boolean click;
        required group params (LIST) { repeated group list { required group element {
            required int32 key; optional int32 value; } } }
        required group days (LIST) { repeated group list { required group element (LIST) {
            repeated group list { required int32 element; } } } }
        required group user { required group tags (MAP) { repeated group key_value {
            required int32 key; optional int32 value; } } }
        required group embedding (LIST) { repeated group list { required float element; } }
        required binary blob;
        required int32 price;
    }";
    let file = file(schema, Compression::UNCOMPRESSED, |group| {
        column!(group, BoolType, &[true, false], None, None);
        column!(group, Int32Type, &[1, 2], Some(&[1, 1]), Some(&[0, 0]));
        column!(group, Int32Type, &[1, 2], Some(&[2, 2]), Some(&[0, 0]));
        column!(group, Int32Type, &[1, 2, 3], Some(&[2, 2, 2]), Some(&[0, 2, 0]));
        column!(group, Int32Type, &[1, 2], Some(&[1, 1]), Some(&[0, 0]));
        column!(group, Int32Type, &[1, 2], Some(&[2, 2]), Some(&[0, 0]));
        column!(group, FloatType, &[0.5, 1.5, 2.5], Some(&[1, 1, 1]), Some(&[0, 1, 0]));
        column!(group, ByteArrayType, &[ByteArray::from("a"), ByteArray::from(vec![0xff])], None, None);
        column!(group, Int32Type, &[7, 8], None, None);
    });
    let csv = text(file).expect("reads");
    let read = read_table(csv.as_bytes(), &ReadOptions::default()).expect("reads");
    let names: Vec<&str> = read.table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!((names, read.table.n_rows), (vec!["click", "embedding", "price"], 4));
    let left_out = ["params", "days", "user.tags", "blob"].map(str::to_owned).to_vec();
    assert!(read.notes.contains(&ReadNote::LeftOut { columns: left_out }), "{:?}", read.notes);
}

#[test]
fn a_file_of_which_no_column_can_be_read_is_refused() {
    let nested = file("message m { repeated group a { repeated int32 b; } }", Compression::UNCOMPRESSED, |group| {
        column!(group, Int32Type, &[1, 2], Some(&[2, 2]), Some(&[0, 2]));
    });
    let csv = text(nested).expect("is written");
    let error = read_table(csv.as_bytes(), &ReadOptions::default()).expect_err("no column");
    assert_eq!(error, LogError::NothingReadable { columns: "a".to_owned() });
}

/// A file whose metadata names a codec that cannot be written here.
fn claims(compression: Compression) -> Vec<u8> {
    let thrift = |compression: Compression| match compression {
        Compression::SNAPPY => 1u8,
        Compression::BROTLI(_) => 4,
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
    let empty = file("message m { required int32 x; }", Compression::UNCOMPRESSED, |group| {
        column!(group, Int32Type, &[], None, None);
    });
    assert_eq!(text(empty), Err(ParquetError::NoRows));
    let whole = log(Compression::SNAPPY);
    for length in [4, 8, 40, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(text(whole[..length].to_vec()), Err(ParquetError::Damaged { .. })), "{length} bytes");
    }
}
