//! A Parquet file as a warehouse writes it.

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

const SCHEMA: &str = "message log {
    required boolean click;
    required boolean conversion;
    required binary city (UTF8);
    required double price;
}";

/// A log of `rows` rows, compressed with Snappy.
pub fn parquet_log(rows: usize) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    let cities: Vec<ByteArray> = (0..rows).map(|row| format!("city {}", row % 7).as_str().into()).collect();
    let prices: Vec<f64> = (0..rows).map(|row| (row * 31 % 997) as f64 / 10.0).collect();
    for every in [4, 12] {
        let label: Vec<bool> = (0..rows).map(|row| row % every == 0).collect();
        let mut column = group.next_column().expect("no fault").expect("a column");
        column.typed::<BoolType>().write_batch(&label, None, None).expect("written");
        column.close().expect("closed");
    }
    let mut column = group.next_column().expect("no fault").expect("a column");
    column.typed::<ByteArrayType>().write_batch(&cities, None, None).expect("written");
    column.close().expect("closed");
    let mut column = group.next_column().expect("no fault").expect("a column");
    column.typed::<DoubleType>().write_batch(&prices, None, None).expect("written");
    column.close().expect("closed");
    group.close().expect("closed");
    writer.into_inner().expect("closed")
}
