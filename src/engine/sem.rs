//! SEM, the shared embedding module: field ids to the towers' input.
//!
//! All fields of all copies are one table: field `f`'s id `i` of copy `c` is row `c·rows_per_copy + offset_f + i`.
//! Shared embeddings are one copy; unshared ones (ESMM-NS) a copy for each tower.
//! Source: Ma et al. 2018, figure 2 (sum within groups); Wen et al. 2020, section 3.2 (concatenation).

use super::random::Purpose;
use crate::domain::features::{FieldEncoding, FittedFeatures};
use crate::domain::spec::{ListPooling, NetworkSpec, Pooling};

/// Standard deviation of the initial embeddings.
const EMBEDDING_STD: f64 = 0.05;

/// Where everything of the embedding table is, and how it is pooled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SemLayout {
    /// In pooled order: fields of one group lie together.
    pub fields: Vec<Field>,
    /// Sizes of the pooled groups, in places and in order. One field each when fields are concatenated.
    pub group_sizes: Vec<usize>,
    /// 1, or the number of towers when embeddings are not shared.
    pub copies: usize,
    pub rows_per_copy: usize,
    pub embedding_size: usize,
    pub n_dense: usize,
}

/// One embedded field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub name: String,
    /// Column in the encoded log.
    pub column: usize,
    /// First row in a copy of the table.
    pub offset: usize,
    pub vocabulary_size: usize,
    /// Places in a row: as many as values are pooled.
    pub width: usize,
    /// Whether a row's values are averaged rather than summed.
    pub is_mean: bool,
}

impl SemLayout {
    pub(crate) fn new(fitted: &FittedFeatures, network: &NetworkSpec, n_towers: usize) -> Self {
        let mut fields = Vec::with_capacity(fitted.fields.len());
        let mut rows_per_copy = 0;
        for (column, field) in fitted.fields.iter().enumerate() {
            let vocabulary_size = field.vocabulary_size();
            let (width, is_mean) = match &field.encoding {
                FieldEncoding::Lists { values_per_row, pooling, .. } => {
                    (*values_per_row, *pooling == ListPooling::Mean)
                }
                _ => (1, false),
            };
            let name = field.name.clone();
            fields.push(Field { name, column, offset: rows_per_copy, vocabulary_size, width, is_mean });
            rows_per_copy += vocabulary_size;
        }
        let group_sizes = match network.pooling {
            Pooling::Concatenate => fields.iter().map(|field| field.width).collect(),
            Pooling::SumByGroup => {
                fields.sort_by_key(|field| fitted.fields[field.column].group); // stable: log order within a group
                let same_group = |a: &Field, b: &Field| fitted.fields[a.column].group == fitted.fields[b.column].group;
                let places = |group: &[Field]| group.iter().map(|field| field.width).sum();
                fields.chunk_by(same_group).map(places).collect()
            }
        };
        let copies = if network.share_embeddings { 1 } else { n_towers };
        let (embedding_size, n_dense) = (network.embedding_size, fitted.dense.len());
        Self { fields, group_sizes, copies, rows_per_copy, embedding_size, n_dense }
    }

    /// The same fields with another number of copies.
    pub(crate) fn with_copies(&self, copies: usize) -> Self {
        Self { copies, ..self.clone() }
    }

    /// Places of a row: one a field, several where a field has several values.
    pub(crate) fn n_places(&self) -> usize {
        self.fields.iter().map(|field| field.width).sum()
    }

    /// Whether some field has several values a row; each place then has a weight.
    pub(crate) fn has_lists(&self) -> bool {
        self.fields.iter().any(|field| field.width > 1)
    }

    /// Columns behind the dense inputs: the places' weights.
    pub(crate) fn n_weights(&self) -> usize {
        if self.has_lists() { self.n_places() } else { 0 }
    }

    /// Width of the towers' input.
    pub(crate) fn input_size(&self) -> usize {
        self.group_sizes.len() * self.embedding_size + self.n_dense
    }

    /// Rows of the whole table.
    pub(crate) fn table_rows(&self) -> usize {
        self.copies * self.rows_per_copy
    }

    /// Initial embeddings, N(0, 0.05²), `[table_rows, embedding_size]`.
    ///
    /// Small beside the towers' He-uniform weights, so that an id seen once does not yet speak loudly.
    pub(crate) fn initial_values(&self, seed: u64) -> Vec<f32> {
        let count = self.table_rows() * self.embedding_size;
        Purpose::Embeddings.stream(seed).normals(count, EMBEDDING_STD)
    }

    /// Pools embeddings and joins the dense inputs.
    ///
    /// # Shapes
    /// - `embedding`: a place's embedding, by its position in `[copies · batch · places]`
    /// - `dense`: `[batch, n_dense + n_weights]`
    /// - returns `[copies, batch, input_size]`; one copy without fields
    pub(crate) fn pooled<'a>(&self, batch: usize, embedding: impl Fn(usize) -> &'a [f32], dense: &[f32]) -> Vec<f32> {
        let (n_places, size, weights) = (self.n_places(), self.embedding_size, self.place_weights());
        let copies = if n_places == 0 { 1 } else { self.copies };
        let input_size = self.input_size();
        let mut inputs = vec![0.0; copies * batch * input_size];
        for (row, input) in inputs.chunks_exact_mut(input_size.max(1)).enumerate() {
            let dense = weights.of_row(dense, row % batch);
            let (pools, of_dense) = input.split_at_mut(input_size - self.n_dense);
            of_dense.copy_from_slice(&dense[..self.n_dense]);
            let mut place = 0;
            for (pool, &length) in pools.chunks_exact_mut(size.max(1)).zip(&self.group_sizes) {
                for place in place..place + length {
                    esmm_slices::add_scaled(pool, embedding(row * n_places + place), weights.of_place(dense, place));
                }
                place += length;
            }
        }
        inputs
    }

    /// The gradient of embeddings from that of the pooled inputs: `add` is called with a place's position in
    /// `[copies · batch · places]`, how much it weighs, and the gradient of its pool.
    ///
    /// # Shapes
    /// - `gradient`: `[copies, batch, input_size]`, `dense`: `[batch, n_dense + n_weights]`
    pub(crate) fn spread(
        &self,
        batch: usize,
        gradient: &[f32],
        dense: &[f32],
        mut add: impl FnMut(usize, f32, &[f32]),
    ) {
        let (n_places, size, weights) = (self.n_places(), self.embedding_size, self.place_weights());
        for (row, gradient) in gradient.chunks_exact(self.input_size()).enumerate() {
            let dense = weights.of_row(dense, row % batch);
            let mut place = 0;
            for (&length, of_group) in self.group_sizes.iter().zip(gradient.chunks_exact(size)) {
                for place in place..place + length {
                    add(row * n_places + place, weights.of_place(dense, place), of_group);
                }
                place += length;
            }
        }
    }

    fn place_weights(&self) -> PlaceWeights {
        PlaceWeights { n_dense: self.n_dense, width: self.n_dense + self.n_weights(), are_all_one: !self.has_lists() }
    }
}

/// Where the weights of a row's places are.
#[derive(Debug, Clone, Copy)]
struct PlaceWeights {
    n_dense: usize,
    /// Of a row of `dense`.
    width: usize,
    are_all_one: bool,
}

impl PlaceWeights {
    /// A row's dense inputs and weights, of `[batch, n_dense + n_weights]`.
    fn of_row(self, dense: &[f32], row: usize) -> &[f32] {
        &dense[row * self.width..][..self.width]
    }

    /// How much a place counts in its pool.
    fn of_place(self, of_row: &[f32], place: usize) -> f32 {
        if self.are_all_one { 1.0 } else { of_row[self.n_dense + place] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::features::FieldEncoder;
    use crate::domain::log::FeatureGroup;

    fn layout(pooling: Pooling, list_pooling: ListPooling) -> SemLayout {
        let values = vec!["a".to_owned()];
        let field = |name: &str, encoding| FieldEncoder { name: name.to_owned(), group: FeatureGroup::User, encoding };
        let fields = vec![
            field("tags", FieldEncoding::Lists { values: values.clone(), values_per_row: 3, pooling: list_pooling }),
            field("city", FieldEncoding::Vocabulary { values }),
        ];
        let network = NetworkSpec { embedding_size: 2, pooling, ..NetworkSpec::default() };
        SemLayout::new(&FittedFeatures { fields, dense: Vec::new() }, &network, 2)
    }

    #[test]
    fn several_values_are_pooled_by_their_weights() {
        for (pooling, expected) in
            [(Pooling::Concatenate, vec![3.0, 30.0, 8.0, 80.0]), (Pooling::SumByGroup, vec![11.0, 110.0])]
        {
            let layout = layout(pooling, ListPooling::Mean);
            assert_eq!((layout.n_places(), layout.input_size()), (4, expected.len()));
            // Two of three places are taken; the third repeats the first and weighs nothing.
            let gathered = [1.0, 10.0, 5.0, 50.0, 1.0, 10.0, 8.0, 80.0];
            let pooled = layout.pooled(1, |place| &gathered[2 * place..][..2], &[0.5, 0.5, 0.0, 1.0]);
            assert_eq!(pooled, expected, "{pooling:?}");
        }
    }
}
