//! Good inputs of every kind, small: what is bent is made from these.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::{Compression, GzipLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use esmm_playground::domain::log::write_csv;
use esmm_playground::domain::spec::{self, encode_link};
use esmm_playground::domain::synth;

/// A CSV of 40 generated impressions.
fn generated() -> String {
    let mut synth = spec::log_preset("default").expect("there is a default log");
    synth.rows = 40;
    String::from_utf8(write_csv(&synth::generate(&synth).table)).expect("CSV is text")
}

pub fn logs() -> Vec<Vec<u8>> {
    let csv = generated();
    let lines: Vec<&str> = csv.lines().collect();
    let names: Vec<&str> = lines[0].split(',').collect();
    let json = |line: &&str| {
        let fields = names.iter().zip(line.split(',')).map(|(name, value)| format!("\"{name}\":\"{value}\""));
        format!("{{{},\"tags\":[\"a\",2],\"in\":{{\"x\":1.5}}}}\n", fields.collect::<Vec<_>>().join(","))
    };
    let ali_ccp = "1,1,0,bac,3,205\u{2}9\u{3}1.0\u{1}109_14\u{2}5\u{3}2.5\n2,0,0,bac,1,205\u{2}11\u{3}1.0\n".repeat(8);
    let dates = [
        "when,clicked,bought,price,note",
        "2024-01-31 13:05,Y,N,\"1,5\",\"two\nlines\"",
        "31.01.2024,N,N,2.5,x|y",
        "01/31/2024 1:05 PM,yes,true,,z|y|x",
        "Wed, 31 Jan 2024,no,0,1e3,",
    ];
    let utf_16: Vec<u8> = format!("\u{feff}{csv}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut logs = vec![
        csv.clone().into_bytes(),
        csv.replace(',', "\t").into_bytes(),
        format!("\u{feff}sep=;\r\n{}", csv.replace(',', ";").replace('.', ",").replace('\n', "\r\n")).into_bytes(),
        lines[1..].join("\n").into_bytes(),
        lines[1..].iter().map(json).collect::<String>().into_bytes(),
        format!("[{}]", lines[1..].iter().map(json).collect::<Vec<_>>().join(",")).into_bytes(),
        ali_ccp.into_bytes(),
        dates.join("\n").into_bytes(),
        csv.replace('\n', "\r").into_bytes(),
        utf_16,
        gzipped(csv.as_bytes()),
        b"click,conversion,206,D206\n1,0,3,0.5\n0,0,4,0.25\n".to_vec(),
    ];
    logs.extend(files("sample-data/logs"));
    logs
}

/// Files of a folder of this repository, each cut to what a fuzzer bends.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .map(|bytes| bytes[..bytes.len().min(1 << 13)].to_vec())
        .collect()
}

pub fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    packed.extend(miniz_oxide::deflate::compress_to_vec(text, 1));
    packed.extend(crc32fast::hash(text).to_le_bytes());
    packed.extend((text.len() as u32).to_le_bytes());
    packed
}

/// A Parquet file of three columns, one of them with gaps.
pub fn parquet_file(compression: Compression, rows: i64) -> Vec<u8> {
    let schema = "message log { required int64 click; optional double price; required binary city (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    let clicks: Vec<i64> = (0..rows).map(|row| row % 2).collect();
    let prices: Vec<f64> = (0..rows).filter(|row| row % 3 != 0).map(|row| row as f64 + 0.5).collect();
    let has_price: Vec<i16> = (0..rows).map(|row| i16::from(row % 3 != 0)).collect();
    let cities: Vec<ByteArray> = (0..rows).map(|row| ["Rome", "Oslo, Norway"][row as usize % 2].into()).collect();
    let mut column = group.next_column().expect("a column").expect("click");
    column.typed::<Int64Type>().write_batch(&clicks, None, None).expect("written");
    column.close().expect("closed");
    let mut column = group.next_column().expect("a column").expect("price");
    column.typed::<DoubleType>().write_batch(&prices, Some(&has_price), None).expect("written");
    column.close().expect("closed");
    let mut column = group.next_column().expect("a column").expect("city");
    column.typed::<ByteArrayType>().write_batch(&cities, None, None).expect("written");
    column.close().expect("closed");
    group.close().expect("closed");
    writer.into_inner().expect("closed")
}

pub fn parquet_files() -> Vec<Vec<u8>> {
    let gzip = Compression::GZIP(GzipLevel::default());
    [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, Compression::LZ4_RAW]
        .map(|compression| parquet_file(compression, 20))
        .to_vec()
}

pub fn links() -> Vec<Vec<u8>> {
    let specs = spec::spec_preset_names().into_iter().filter_map(spec::spec_preset);
    specs.map(|spec| encode_link(&spec).into_bytes()).collect()
}

/// These bytes as a link whose checksum is right.
pub fn link_of(deflated: &[u8]) -> String {
    format!("v1.{}.{:08x}", URL_SAFE_NO_PAD.encode(deflated), crc32fast::hash(deflated))
}

pub fn specs() -> Vec<Vec<u8>> {
    let specs: Vec<_> = spec::spec_preset_names().into_iter().filter_map(spec::spec_preset).collect();
    let json = specs.iter().map(|spec| spec.to_json().into_bytes());
    let toml = specs.iter().filter_map(|spec| spec.to_toml().ok()).map(String::into_bytes);
    let roles = "click = \"visit\"\nconversion = \"buy\"\ncategorical = [\"a\", \"b\"]\n";
    json.chain(toml).chain([roles.as_bytes().to_vec()]).collect()
}

pub fn predictions() -> Vec<Vec<u8>> {
    let header = "row,split,model,seed,click,conversion,p_ctr,p_cvr,p_ctcvr\n";
    let rows = (0..30).map(|row| {
        let (click, bought) = (row % 3 / 2, row % 6 / 5);
        let split = if row % 4 == 0 { "eval" } else { "train" };
        format!("{row},{split},esmm,1,{click},{bought},0.{row:02},0.25,0.0{row:02}\n")
    });
    vec![format!("{header}{}", rows.collect::<String>()).into_bytes()]
}
