//! Raw columns → ids and dense inputs.
use std::collections::HashMap;

use super::{DenseEncoder, EncodedLog, FieldEncoder, FieldEncoding, FittedFeatures, ID_FIRST, ID_MISSING, ID_UNKNOWN};
use crate::domain::log::{ColumnValues, ImpressionLog, MISSING};

impl FittedFeatures {
    /// Encodes every row of `log`, whose features must be those fitted; one that is not there counts as missing.
    pub fn encode(&self, log: &ImpressionLog) -> EncodedLog {
        let values = |name: &str| log.features.iter().find(|feature| feature.name == name).map(|f| &f.values);
        let n_rows = log.n_rows;
        let mut ids = vec![ID_MISSING; n_rows * self.fields.len()];
        for (index, field) in self.fields.iter().enumerate() {
            if let Some(values) = values(&field.name) {
                field.encode_into(values, ids.iter_mut().skip(index).step_by(self.fields.len()));
            }
        }
        let mut dense = vec![0.0; n_rows * self.dense.len()];
        for (index, encoder) in self.dense.iter().enumerate() {
            if let Some(ColumnValues::Number(numbers)) = values(&encoder.name) {
                let slots = dense.iter_mut().skip(index).step_by(self.dense.len());
                slots.zip(numbers).for_each(|(slot, &x)| *slot = encoder.encode(x));
            }
        }
        EncodedLog { n_rows, ids, dense }
    }
}

impl FieldEncoder {
    fn encode_into<'a>(&self, values: &ColumnValues, slots: impl Iterator<Item = &'a mut u32>) {
        match (&self.encoding, values) {
            (FieldEncoding::Vocabulary { values: known }, ColumnValues::Text { dictionary, codes }) => {
                let id_of = vocabulary_ids(known);
                // Text is looked up once per dictionary entry, not once per row.
                let id_of_code: Vec<u32> =
                    dictionary.iter().map(|value| id_of.get(value.as_str()).copied().unwrap_or(ID_UNKNOWN)).collect();
                let id = |&code: &u32| if code == MISSING { ID_MISSING } else { id_of_code[code as usize] };
                slots.zip(codes).for_each(|(slot, code)| *slot = id(code));
            }
            (FieldEncoding::Vocabulary { values: known }, ColumnValues::Number(numbers)) => {
                let id_of = vocabulary_ids(known);
                let id = |x: f64| id_of.get((x + 0.0).to_string().as_str()).copied().unwrap_or(ID_UNKNOWN);
                slots.zip(numbers).for_each(|(slot, &x)| *slot = if x.is_nan() { ID_MISSING } else { id(x) });
            }
            (FieldEncoding::Buckets { edges, log1p }, ColumnValues::Number(numbers)) => {
                slots.zip(numbers).for_each(|(slot, &x)| *slot = bucket_id(x, edges, *log1p));
            }
            (FieldEncoding::Buckets { edges, log1p }, ColumnValues::Text { dictionary, codes }) => {
                let bucket = |text: &String| bucket_id(text.parse().unwrap_or(f64::NAN), edges, *log1p);
                let id_of_code: Vec<u32> = dictionary.iter().map(bucket).collect();
                let id = |&code: &u32| if code == MISSING { ID_MISSING } else { id_of_code[code as usize] };
                slots.zip(codes).for_each(|(slot, code)| *slot = id(code));
            }
        }
    }
}

impl DenseEncoder {
    /// `tanh((x − mean)/std)`; 0 when missing.
    pub fn encode(&self, x: f64) -> f32 {
        if x.is_nan() {
            return 0.0;
        }
        libm::tanh((transformed(x, self.log1p) - self.mean) / self.std) as f32
    }
}

fn vocabulary_ids(known: &[String]) -> HashMap<&str, u32> {
    known.iter().zip(ID_FIRST..).map(|(value, id)| (value.as_str(), id)).collect()
}

fn bucket_id(x: f64, edges: &[f64], log1p: bool) -> u32 {
    if x.is_nan() {
        return ID_MISSING;
    }
    let x = transformed(x, log1p);
    ID_FIRST + edges.partition_point(|&edge| edge <= x) as u32
}

/// ln(1+x) when asked for; a negative number, which training never saw then, counts as 0.
fn transformed(x: f64, log1p: bool) -> f64 {
    if log1p { libm::log1p(x.max(0.0)) } else { x }
}
