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
use esmm_playground::domain::synth::gallery::Shape;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

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
    logs.extend(Shape::ALL.into_iter().flat_map(Shape::files).map(|(_, bytes)| head(&bytes, 60)));
    logs.extend(json_files());
    logs.extend(encoded());
    logs
}

/// JSON as programs write it: records, pandas' orients, an export of Mongo's.
fn json_files() -> Vec<Vec<u8>> {
    let row = |n: usize| format!(r#"{{"user":"u{}","price":{}.5,"click":{}}}"#, n % 7, n, n % 3 / 2);
    let list = |of: &dyn Fn(usize) -> String| (0..24).map(of).collect::<Vec<_>>().join(",");
    let split = list(&|n| format!(r#"["u{}",{n},{}]"#, n % 7, n % 2));
    let index = list(&|n| format!(r#""{n}":{}"#, row(n)));
    let column = |of: fn(usize) -> usize| list(&|n| format!(r#""{n}":{}"#, of(n)));
    let events =
        list(&|n| format!(r#"{{"aid":{n},"ts":{},"type":"{}"}}"#, 1_661_724_000_000 + n, ["clicks", "orders"][n % 2]));
    let files = [
        format!(r#"{{"data":[{}]}}"#, list(&row)),
        format!(r#"{{"columns":["user","place","click"],"index":[0],"data":[{split}]}}"#),
        format!("{{{index}}}"),
        format!(r#"{{"place":{{{}}},"click":{{{}}}}}"#, column(|n| n % 5), column(|n| n % 2)),
        format!("[{split}]"),
        list(&|n| format!(r#"{{"_id":{{"$oid":"5f{n}"}},"ctr":NaN,"click":{}}}"#, n % 2)).replace("},{", "}\n{"),
        format!(r#"{{"session":1,"events":[{events}]}}"#),
    ];
    files.map(String::into_bytes).to_vec()
}

/// Text in the encodings that spreadsheets write.
fn encoded() -> Vec<Vec<u8>> {
    let text = |words: [&str; 3]| -> String {
        let rows = (0..40).map(|n| format!("u{},{},{}\n", n % 9, words[n % 3], n % 4 / 3));
        format!("user,city,click\n{}", rows.collect::<String>())
    };
    let files = [
        (["北京", "上海", "广州"], encoding_rs::GB18030),
        (["東京", "大阪", "クリック"], encoding_rs::SHIFT_JIS),
        (["臺北", "高雄", "點擊"], encoding_rs::BIG5),
        (["Москва", "Казань", "клик"], encoding_rs::WINDOWS_1251),
        (["Köln", "München", "Zürich"], encoding_rs::WINDOWS_1252),
        (["Łódź", "Kraków", "Wrocław"], encoding_rs::WINDOWS_1250),
    ];
    let utf_32 = text(["Köln", "München", "Zürich"]).chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    files.iter().map(|(words, encoding)| encoding.encode(&text(*words)).0.into_owned()).chain([utf_32]).collect()
}

/// The first lines of a text.
fn head(text: &[u8], n_lines: usize) -> Vec<u8> {
    text.split_inclusive(|&byte| byte == b'\n').take(n_lines).flatten().copied().take(1 << 13).collect()
}

/// Archives of each kind, bombs among them.
pub fn archives() -> Vec<Vec<u8>> {
    let csv = generated();
    let bomb = b"a,b\n".repeat(4 << 20);
    let mut files = Vec::new();
    for text in [csv.as_bytes(), &bomb] {
        files.extend([gzipped(text), zipped(text, true), zipped(text, false), zstandard(text)]);
    }
    files.push(zstandard(&parquet_file(Compression::UNCOMPRESSED, 20)));
    files.push(zipped(&parquet_file(Compression::SNAPPY, 20), true));
    // What a fuzzer can bend: the stored bomb is as long as it is.
    files.retain(|file| file.len() < 1 << 16);
    files
}

pub fn zstandard(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

pub fn zipped(text: &[u8], is_deflated: bool) -> Vec<u8> {
    let packed = if is_deflated { miniz_oxide::deflate::compress_to_vec(text, 1) } else { text.to_vec() };
    let mut archive = b"PK\x03\x04\x14\0\0\0".to_vec();
    archive.extend([if is_deflated { 8 } else { 0 }, 0, 0, 0, 0, 0]);
    for number in [crc32fast::hash(text), packed.len() as u32, text.len() as u32] {
        archive.extend(number.to_le_bytes());
    }
    archive.extend(b"\x07\0\0\0log.csv");
    archive.extend(packed);
    archive.extend(b"PK\x01\x02");
    archive.extend([0; 60]);
    archive
}

/// Between the tables of an assembly.
pub const NEXT_TABLE: &str = "\n=== ";

/// Tables that belong together, each below a line with its name.
pub fn tables() -> Vec<Vec<u8>> {
    let told = |(name, text): &(String, Vec<u8>)| [NEXT_TABLE.as_bytes(), name.as_bytes(), b"\n", text].concat();
    let mut sets: Vec<Vec<(String, Vec<u8>)>> = Vec::new();
    for shape in Shape::ALL.into_iter().filter(|shape| shape.unroll().is_none()) {
        let files = shape.files();
        let n_lines = 300 / files.len();
        let stem = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        sets.push(files.iter().map(|(name, bytes)| (stem(name), head(bytes, n_lines))).collect());
    }
    let csv = generated().into_bytes();
    sets.push(vec![("part-0".to_owned(), csv.clone()), ("part-1".to_owned(), csv)]);
    sets.iter().map(|tables| tables.iter().flat_map(told).take(1 << 14).collect()).collect()
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
