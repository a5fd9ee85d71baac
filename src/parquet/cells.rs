//! One column's values → cells of text.

use std::fmt::Write as _;

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, DataType};
use ::parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use super::ParquetError;
use crate::domain::log::{LIST_MARK, UNREADABLE};

/// A column of a row group, read batch by batch into cells.
pub(super) struct Leaf {
    reader: ColumnReader,
    column: ColumnDescPtr,
    form: Form,
    text: String,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// Days since 1970.
    Date,
    /// Ticks since 1970, of which a second has so many decimals.
    Timestamp {
        decimals: usize,
    },
    /// A number in two bytes.
    Half,
    /// An integer of this many decimals.
    Decimal {
        scale: usize,
    },
    Unsigned,
    Uuid,
}

impl Form {
    fn of(column: &ColumnDescriptor) -> Self {
        let scale = || usize::try_from(column.type_scale()).unwrap_or_default().min(60);
        match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => Self::Date,
            (Some(LogicalType::Timestamp(timestamp)), _) => Self::Timestamp {
                decimals: match timestamp.unit {
                    TimeUnit::MILLIS => 3,
                    TimeUnit::MICROS => 6,
                    TimeUnit::NANOS => 9,
                },
            },
            (_, ConvertedType::TIMESTAMP_MILLIS) => Self::Timestamp { decimals: 3 },
            (_, ConvertedType::TIMESTAMP_MICROS) => Self::Timestamp { decimals: 6 },
            (Some(LogicalType::Float16), _) => Self::Half,
            (Some(LogicalType::Decimal(decimal)), _) => {
                Self::Decimal { scale: usize::try_from(decimal.scale).unwrap_or_default().min(60) }
            }
            (_, ConvertedType::DECIMAL) => Self::Decimal { scale: scale() },
            (Some(LogicalType::Integer(integer)), _) if !integer.is_signed => Self::Unsigned,
            (_, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64) => {
                Self::Unsigned
            }
            (Some(LogicalType::Uuid), _) => Self::Uuid,
            _ => Self::Plain,
        }
    }
}

impl Leaf {
    pub(super) fn new(reader: ColumnReader, column: ColumnDescPtr) -> Self {
        let form = Form::of(&column);
        Self { reader, column, form, text: String::new(), ends: Vec::new() }
    }

    /// Reads the next `n_rows` rows as cells; returns how many there were.
    pub(super) fn read(&mut self, n_rows: usize) -> Result<usize, ParquetError> {
        let Self { reader, column, form, text, ends } = self;
        text.clear();
        ends.clear();
        let mut cells = Cells { column, text, ends, n_rows };
        let form = *form;
        match reader {
            ColumnReader::BoolColumnReader(reader) => cells.read(reader, |value, text| put(text, value)),
            ColumnReader::Int32ColumnReader(reader) => cells.read(reader, |&value, text| match form {
                Form::Date => date(i64::from(value), text),
                Form::Decimal { scale } => decimal(i128::from(value), scale, text),
                Form::Unsigned => put(text, value as u32),
                _ => put(text, value),
            }),
            ColumnReader::Int64ColumnReader(reader) => cells.read(reader, |&value, text| match form {
                Form::Timestamp { decimals } => timestamp(value, decimals, text),
                Form::Decimal { scale } => decimal(i128::from(value), scale, text),
                Form::Unsigned => put(text, value as u64),
                _ => put(text, value),
            }),
            ColumnReader::Int96ColumnReader(reader) => {
                cells.read(reader, |value, text| timestamp(value.to_micros(), 6, text))
            }
            ColumnReader::FloatColumnReader(reader) => cells.read(reader, |value, text| put(text, value)),
            ColumnReader::DoubleColumnReader(reader) => cells.read(reader, |value, text| put(text, value)),
            ColumnReader::ByteArrayColumnReader(reader) => cells.read(reader, |value, text| bytes(value, form, text)),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                cells.read(reader, |value, text| fixed_bytes(value.data(), form, text))
            }
        }
    }

    /// The cell of a row of the batch.
    pub(super) fn cell(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }
}

/// The cells of a batch in the making.
struct Cells<'a> {
    column: &'a ColumnDescriptor,
    text: &'a mut String,
    ends: &'a mut Vec<usize>,
    n_rows: usize,
}

/// Whether a value could be written: bytes may be no text.
type Written = Option<()>;

impl Cells<'_> {
    fn read<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        mut write: impl FnMut(&T::T, &mut String) -> Written,
    ) -> Result<usize, ParquetError> {
        let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let (n_rows, _, n_levels) =
            reader.read_records(self.n_rows, Some(&mut defined), Some(&mut repeated), &mut values)?;
        let (max_defined, is_list) = (self.column.max_def_level(), self.column.max_rep_level() > 0);
        let mut next = values.iter();
        for level in 0..n_levels {
            let starts_row = !is_list || repeated.get(level).is_none_or(|&repetition| repetition == 0);
            if starts_row && level > 0 {
                self.ends.push(self.text.len());
            }
            if max_defined > 0 && defined.get(level).is_some_and(|&definition| definition < max_defined) {
                continue;
            }
            let Some(value) = next.next() else { break };
            if !starts_row && self.text.len() > self.ends.last().copied().unwrap_or_default() {
                self.text.push(LIST_MARK);
            }
            if write(value, self.text).is_none() {
                self.text.push_str(UNREADABLE);
            }
        }
        if n_levels > 0 {
            self.ends.push(self.text.len());
        }
        // Levels that do not add up to the rows would give cells to the wrong ones.
        Ok(if self.ends.len() == n_rows {
            n_rows
        } else {
            self.ends.len().min(n_rows).min(self.n_rows.saturating_sub(1))
        })
    }
}

fn put(text: &mut String, value: impl std::fmt::Display) -> Written {
    write!(text, "{value}").ok()
}

fn bytes(value: &ByteArray, form: Form, text: &mut String) -> Written {
    match form {
        Form::Decimal { scale } => decimal(big_endian(value.data())?, scale, text),
        _ => {
            text.push_str(std::str::from_utf8(value.data()).ok()?);
            Some(())
        }
    }
}

fn fixed_bytes(value: &[u8], form: Form, text: &mut String) -> Written {
    match (form, value) {
        (Form::Decimal { scale }, value) => return decimal(big_endian(value)?, scale, text),
        (Form::Half, &[low, high]) => return put(text, half(u16::from_le_bytes([low, high]))),
        _ => {}
    }
    for (index, byte) in value.iter().enumerate() {
        if form == Form::Uuid && matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        write!(text, "{byte:02x}").ok()?;
    }
    Some(())
}

/// Two's complement, the highest byte first; `None` above 16 bytes.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let is_negative = bytes.first().is_some_and(|&byte| byte >= 0x80);
    let mut value = [if is_negative { 0xff } else { 0 }; 16];
    let start = value.len().checked_sub(bytes.len())?;
    value[start..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(value))
}

fn decimal(value: i128, scale: usize, text: &mut String) -> Written {
    let digits = format!("{:0>1$}", value.unsigned_abs(), scale + 1);
    let (whole, decimals) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    let mark = if scale > 0 { "." } else { "" };
    put(text, format_args!("{sign}{whole}{mark}{decimals}"))
}

/// Days since 1970 as a date. Source: H. Hinnant, "chrono-compatible low-level date algorithms".
fn date(days: i64, text: &mut String) -> Written {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    put(text, format_args!("{year:04}-{month:02}-{day:02}"))
}

/// Ticks since 1970 as a date and a clock, as far as it goes.
fn timestamp(ticks: i64, decimals: usize, text: &mut String) -> Written {
    let per_second = 10_i64.pow(decimals as u32);
    let (seconds, rest) = (ticks.div_euclid(per_second), ticks.rem_euclid(per_second));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    date(days, text)?;
    put(text, format_args!(" {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60))?;
    if rest == 0 {
        return Some(());
    }
    put(text, format_args!(".{rest:0decimals$}"))?;
    text.truncate(text.trim_end_matches('0').len());
    Some(())
}

/// The number of IEEE 754's binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1024.0 + fraction) * 2_f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String) -> Written) -> String {
        let mut text = String::new();
        write(&mut text).expect("can be written");
        text
    }

    #[test]
    fn dates_and_decimals_are_written_in_full() {
        for (days, expected) in [(0, "1970-01-01"), (19_753, "2024-01-31"), (-1, "1969-12-31"), (11_016, "2000-02-29")]
        {
            assert_eq!(written(|text| date(days, text)), expected);
        }
        for (value, scale, expected) in [(12_345, 2, "123.45"), (-5, 3, "-0.005"), (7, 0, "7"), (0, 2, "0.00")] {
            assert_eq!(written(|text| decimal(value, scale, text)), expected);
        }
        for (ticks, decimals, expected) in [
            (1_709_281_840_000, 3, "2024-03-01 08:30:40"),
            (1_709_281_840_250_000, 6, "2024-03-01 08:30:40.25"),
            (1_709_281_840_000_000_001, 9, "2024-03-01 08:30:40.000000001"),
            (-1, 3, "1969-12-31 23:59:59.999"),
            (i64::MIN, 9, "1677-09-21 00:12:43.145224192"),
        ] {
            assert_eq!(written(|text| timestamp(ticks, decimals, text)), expected);
        }
        for (bits, expected) in [(0x3c00, 1.0), (0xc100, -2.5), (0x0001, 5.960_464_5e-8), (0x7bff, 65_504.0)] {
            assert_eq!(half(bits), expected);
        }
        assert_eq!(big_endian(&[0xff, 0xfe]), Some(-2));
        assert_eq!(big_endian(&[0x01, 0x00]), Some(256));
        assert_eq!(big_endian(&[0; 17]), None);
    }
}
