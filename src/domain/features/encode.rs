//! Raw columns → ids and dense inputs.
use std::collections::HashMap;

use super::{
    DenseEncoder, EncodedList, EncodedLog, FieldEncoder, FieldEncoding, FittedFeatures, ID_FIRST, ID_MISSING,
    ID_UNKNOWN,
};
use crate::domain::log::{ColumnValues, ImpressionLog, MISSING, as_known_lists, items};

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
        let lists = self.fields.iter().enumerate().filter_map(|(index, field)| {
            let encoded = field.encode_lists(values(&field.name), n_rows)?;
            Some(EncodedList { field: index, ..encoded })
        });
        let lists = lists.collect();
        let mut dense = vec![0.0; n_rows * self.dense.len()];
        for (index, encoder) in self.dense.iter().enumerate() {
            if let Some(ColumnValues::Number(numbers)) = values(&encoder.name) {
                let slots = dense.iter_mut().skip(index).step_by(self.dense.len());
                slots.zip(numbers).for_each(|(slot, &x)| *slot = encoder.encode(x));
            }
        }
        EncodedLog { n_rows, ids, lists, dense }
    }
}

impl FittedFeatures {
    /// Makes lists of the columns that training saw as such, where a log has too few rows to tell that they are.
    pub fn tell_lists(&self, log: &mut ImpressionLog) {
        for field in &self.fields {
            let FieldEncoding::Lists { values: known, .. } = &field.encoding else { continue };
            let ids = vocabulary_ids(known);
            let features = log.features.iter_mut().filter(|feature| feature.name == field.name);
            features.for_each(|feature| as_known_lists(&mut feature.values, |word| ids.contains_key(word)));
        }
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
            (FieldEncoding::Lists { .. }, values) => {
                if let Some(list) = self.encode_lists(Some(values), values.n_rows()) {
                    slots.enumerate().for_each(|(row, slot)| *slot = list.row(row)[0]);
                }
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

impl FieldEncoder {
    /// All ids of every row, when the field has several values a row; `None` when it does not.
    fn encode_lists(&self, values: Option<&ColumnValues>, n_rows: usize) -> Option<EncodedList> {
        let FieldEncoding::Lists { values: known, values_per_row, .. } = &self.encoding else { return None };
        let id_of = vocabulary_ids(known);
        let id = |word: &str| id_of.get(word).copied().unwrap_or(ID_UNKNOWN);
        let ids = |cell: &String| items(cell).take(*values_per_row).map(id).collect::<Vec<u32>>();
        // A cell is taken apart once, not once per row.
        let ids_of_code: Vec<Vec<u32>> = match values {
            Some(ColumnValues::Text { dictionary, .. }) => dictionary.iter().map(ids).collect(),
            _ => Vec::new(),
        };
        let mut list = EncodedList::default();
        for row in 0..n_rows {
            let start = list.ids.len();
            match values {
                Some(ColumnValues::Text { codes, .. }) if codes[row] != MISSING => {
                    list.ids.extend_from_slice(&ids_of_code[codes[row] as usize]);
                }
                Some(ColumnValues::Number(numbers)) if !numbers[row].is_nan() => {
                    list.ids.push(id(&(numbers[row] + 0.0).to_string()));
                }
                _ => {}
            }
            if list.ids.len() == start {
                list.ids.push(ID_MISSING);
            }
            list.ends.push(list.ids.len() as u32);
        }
        Some(list)
    }
}

impl DenseEncoder {
    /// `tanh((x − mean)/std)`; 0 when missing, which NaN is and an infinity.
    pub fn encode(&self, x: f64) -> f32 {
        if !x.is_finite() {
            return 0.0;
        }
        libm::tanh((transformed(x, self.log1p) - self.mean) / self.std) as f32
    }
}

fn vocabulary_ids(known: &[String]) -> HashMap<&str, u32> {
    known.iter().zip(ID_FIRST..).map(|(value, id)| (value.as_str(), id)).collect()
}

fn bucket_id(x: f64, edges: &[f64], log1p: bool) -> u32 {
    if !x.is_finite() {
        return ID_MISSING;
    }
    let x = transformed(x, log1p);
    ID_FIRST + edges.partition_point(|&edge| edge <= x) as u32
}

/// ln(1+x) when asked for; a negative number, which training never saw then, counts as 0.
fn transformed(x: f64, log1p: bool) -> f64 {
    if log1p { libm::log1p(x.max(0.0)) } else { x }
}
