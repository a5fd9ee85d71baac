//! The embedding map: the values of one field where their embeddings lie, on the two axes along which they differ most.

use serde::{Deserialize, Serialize};

use crate::domain::features::{FieldEncoder, FieldEncoding, ID_FIRST, ID_MISSING, ID_UNKNOWN, Prepared};
use crate::domain::label;

/// Values that are shown at the most, the most frequent ones.
const MOST_POINTS: usize = 400;

/// Embeddings of one field on their first two principal components.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EmbeddingReading {
    pub field: String,
    /// The field's place among the embedded ones, and all their names.
    pub index: usize,
    pub fields: Vec<String>,
    /// Steps that the weights had made.
    pub step: u64,
    /// The tower whose table it is, where towers have tables of their own.
    pub tower: Option<String>,
    /// Values that occur in the training rows; the components are theirs, each counting once.
    pub values: usize,
    /// Shares of the variance along the two components; 0 when all embeddings are one.
    pub explained: [f64; 2],
    /// The most frequent ones first.
    pub points: Vec<EmbeddingPoint>,
}

/// One value of the field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EmbeddingPoint {
    pub value: String,
    /// On the two components, from the mean of all values.
    pub at: [f64; 2],
    /// Training rows with the value (once each, where a row has several), and of which clicked, and of which clicked and bought.
    pub rows: u32,
    pub clicks: u32,
    pub conversions: u32,
}

/// Places the values of `field` by their embeddings.
///
/// # Shapes
/// - `table`: `[vocabulary, size]`, row-major
///
/// `labels` are the names of [`Prepared::labels`]' columns. `None` when there is no such field or the table is not its.
pub fn embedding_reading(
    prepared: &Prepared,
    labels: &[&str],
    field: usize,
    table: &[f32],
) -> Option<EmbeddingReading> {
    let encoder = prepared.fitted.fields.get(field)?;
    let vocabulary = encoder.vocabulary_size();
    let size = table.len() / vocabulary.max(1);
    if size == 0 || size * vocabulary != table.len() {
        return None;
    }
    let column =
        |name: &str| labels.iter().position(|label| *label == name).and_then(|index| prepared.labels.get(index));
    let (click, conversion) = (column(label::CLICK), column(label::CONVERSION));
    let mut counted = vec![EmbeddingPoint::default(); vocabulary];
    let n_fields = prepared.fitted.fields.len();
    let list = prepared.encoded.lists.iter().find(|list| list.field == field);
    for &row in &prepared.split.train {
        let row = row as usize;
        let ids = match list {
            Some(list) => list.row(row),
            None => std::slice::from_ref(&prepared.encoded.ids[row * n_fields + field]),
        };
        let is = |label: Option<&Vec<bool>>| label.is_some_and(|values| values[row]);
        for (place, &id) in ids.iter().enumerate() {
            if ids[..place].contains(&id) {
                continue;
            }
            let point = &mut counted[id as usize];
            point.rows += 1;
            point.clicks += u32::from(is(click));
            point.conversions += u32::from(is(click) && is(conversion));
        }
    }
    let seen: Vec<usize> = (0..vocabulary).filter(|&id| counted[id].rows > 0).collect();
    let of = |id: usize| table[id * size..][..size].iter().map(|&value| f64::from(value));
    let mut mean = vec![0.0; size];
    for &id in &seen {
        mean.iter_mut().zip(of(id)).for_each(|(sum, value)| *sum += value / seen.len() as f64);
    }
    let centred: Vec<Vec<f64>> =
        seen.iter().map(|&id| of(id).zip(&mean).map(|(value, mean)| value - mean).collect()).collect();
    let (axes, explained) = principal(&centred, size);
    let mut points: Vec<EmbeddingPoint> = seen
        .iter()
        .zip(&centred)
        .map(|(&id, centred)| {
            let along = |axis: &[f64]| centred.iter().zip(axis).map(|(a, b)| a * b).sum();
            let at = [along(&axes[0]), along(&axes[1])];
            EmbeddingPoint { value: value_of(encoder, id as u32), at, ..counted[id].clone() }
        })
        .collect();
    points.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.value.cmp(&b.value)));
    points.truncate(MOST_POINTS);
    Some(EmbeddingReading {
        field: encoder.name.clone(),
        index: field,
        fields: prepared.fitted.fields.iter().map(|field| field.name.clone()).collect(),
        step: 0,
        tower: None,
        values: seen.len(),
        explained,
        points,
    })
}

/// An id in words.
fn value_of(encoder: &FieldEncoder, id: u32) -> String {
    match id {
        ID_MISSING => return text!(report::part::missing).to_owned(),
        ID_UNKNOWN => return text!(report::part::unknown).to_owned(),
        _ => {}
    }
    let index = (id - ID_FIRST) as usize;
    match &encoder.encoding {
        FieldEncoding::Vocabulary { values } | FieldEncoding::Lists { values, .. } => {
            values.get(index).cloned().unwrap_or_default()
        }
        FieldEncoding::Buckets { edges, log1p } => {
            let edge = |edge: f64| format!("{:.3}", if *log1p { libm::expm1(edge) } else { edge });
            match (index.checked_sub(1).and_then(|below| edges.get(below)), edges.get(index)) {
                (None, Some(&high)) => text!(report::part::below, high = edge(high)),
                (Some(&low), Some(&high)) => text!(report::part::span, low = edge(low), high = edge(high)),
                (Some(&low), None) => text!(report::part::from, low = edge(low)),
                (None, None) => text!(report::part::all).to_owned(),
            }
        }
    }
}

/// The two directions of most variance, of length 1 and upright to one another, and their shares of it.
///
/// A direction's largest coordinate is positive, so that a map does not turn over from one look to the next.
fn principal(rows: &[Vec<f64>], size: usize) -> ([Vec<f64>; 2], [f64; 2]) {
    let mut covariance = vec![vec![0.0; size]; size];
    for row in rows {
        for (i, line) in covariance.iter_mut().enumerate() {
            line.iter_mut().zip(row).for_each(|(sum, value)| *sum += row[i] * value / rows.len() as f64);
        }
    }
    let total: f64 = (0..size).map(|i| covariance[i][i]).sum();
    let mut axes = [vec![0.0; size], vec![0.0; size]];
    let mut explained = [0.0; 2];
    if total <= 0.0 {
        return (axes, explained);
    }
    let (variances, directions) = eigen(covariance);
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| variances[b].total_cmp(&variances[a]));
    for (place, &index) in order.iter().take(2).enumerate() {
        let mut axis: Vec<f64> = directions.iter().map(|line| line[index]).collect();
        let largest = axis.iter().copied().fold(0.0f64, |most, x| if x.abs() > most.abs() { x } else { most });
        if largest < 0.0 {
            axis.iter_mut().for_each(|x| *x = -*x);
        }
        axes[place] = axis;
        explained[place] = variances[index].max(0.0) / total;
    }
    (axes, explained)
}

/// Eigenvalues of a symmetric matrix, and its eigenvectors as columns. Jacobi's rotations, which need no care for this size.
fn eigen(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    const SWEEPS: usize = 30;
    let n = matrix.len();
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    let scale: f64 = matrix.iter().flatten().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| matrix[i][j] * matrix[i][j]).sum();
        if off <= 1e-24 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let t = libm::copysign(1.0, theta) / (theta.abs() + libm::sqrt(theta * theta + 1.0));
                let c = 1.0 / libm::sqrt(t * t + 1.0);
                let s = t * c;
                for line in &mut matrix {
                    (line[p], line[q]) = (c * line[p] - s * line[q], s * line[p] + c * line[q]);
                }
                let (above, below) = matrix.split_at_mut(q);
                for (a, b) in above[p].iter_mut().zip(&mut below[0]) {
                    (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
                }
                for line in &mut vectors {
                    (line[p], line[q]) = (c * line[p] - s * line[q], s * line[p] + c * line[q]);
                }
            }
        }
    }
    ((0..n).map(|i| matrix[i][i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::features::{EncodedList, EncodedLog, FittedFeatures};
    use crate::domain::log::FeatureGroup;
    use crate::domain::log::Split;

    fn prepared() -> Prepared {
        let values = ["a", "b", "c"].map(str::to_owned).to_vec();
        let encoding = FieldEncoding::Vocabulary { values };
        let field = FieldEncoder { name: "city".into(), group: FeatureGroup::User, encoding };
        Prepared {
            split: Split { train: (0..6).collect(), eval: vec![6], ..Split::default() },
            fitted: FittedFeatures { fields: vec![field], dense: Vec::new() },
            encoded: EncodedLog { n_rows: 7, ids: vec![2, 2, 2, 3, 3, 4, 4], ..EncodedLog::default() },
            labels: vec![
                vec![true, true, false, false, false, true, true],
                vec![true, false, true, false, false, false, true],
            ],
            waits: Vec::new(),
            weights: Vec::new(),
        }
    }

    #[test]
    fn values_lie_on_the_axes_along_which_they_differ_most() {
        // Three embeddings on a line of direction (3, 4)/5, at −2, 0 and 2 of it; two that never occur far off.
        let table = [9.0, 9.0, -7.0, 4.0, -1.2, -1.6, 0.0, 0.0, 1.2, 1.6];
        let reading = embedding_reading(&prepared(), &["click", "conversion"], 0, &table).unwrap();
        assert_eq!((reading.values, reading.fields.as_slice()), (3, &["city".to_owned()][..]));
        assert!((reading.explained[0] - 1.0).abs() < 1e-6 && reading.explained[1] < 1e-6, "{:?}", reading.explained);
        let found: Vec<(&str, u32, u32, u32)> =
            reading.points.iter().map(|p| (p.value.as_str(), p.rows, p.clicks, p.conversions)).collect();
        assert_eq!(found, [("a", 3, 2, 1), ("b", 2, 0, 0), ("c", 1, 1, 0)]);
        for (point, x) in reading.points.iter().zip([-2.0, 0.0, 2.0]) {
            assert!((point.at[0] - x).abs() < 1e-6 && point.at[1].abs() < 1e-6, "{point:?}");
        }
    }

    #[test]
    fn a_row_of_several_values_counts_for_each_of_them_once() {
        let mut prepared = prepared();
        let ids = vec![2, 3, 2, 2, 2, 3, 3, 4, 4, 2]; // of seven rows; the first has a, b and a again
        let ends = vec![3, 4, 5, 6, 7, 8, 10];
        prepared.encoded.lists = vec![EncodedList { field: 0, ids, ends }];
        let reading = embedding_reading(&prepared, &["click", "conversion"], 0, &[0.5; 10]).unwrap();
        let found: Vec<(&str, u32, u32)> =
            reading.points.iter().map(|p| (p.value.as_str(), p.rows, p.clicks)).collect();
        assert_eq!(found, [("a", 3, 2), ("b", 3, 1), ("c", 1, 1)]);
    }

    #[test]
    fn one_embedding_for_all_explains_nothing_and_another_table_is_refused() {
        let reading = embedding_reading(&prepared(), &["click", "conversion"], 0, &[0.5; 10]).unwrap();
        assert_eq!(reading.explained, [0.0, 0.0]);
        assert!(reading.points.iter().all(|point| point.at == [0.0, 0.0]));
        assert_eq!(embedding_reading(&prepared(), &["click"], 0, &[0.5; 9]), None);
        assert_eq!(embedding_reading(&prepared(), &["click"], 1, &[0.5; 10]), None);
    }

    #[test]
    fn eigenvectors_are_those_of_the_matrix() {
        let matrix = vec![vec![4.0, 1.0, 0.5], vec![1.0, 3.0, -1.0], vec![0.5, -1.0, 2.0]];
        let (values, vectors) = eigen(matrix.clone());
        for k in 0..3 {
            for line in 0..3 {
                let turned: f64 = (0..3).map(|j| matrix[line][j] * vectors[j][k]).sum();
                assert!((turned - values[k] * vectors[line][k]).abs() < 1e-10);
            }
        }
    }
}
