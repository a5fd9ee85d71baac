// How embeddings are pooled (engine/sem.rs).
struct Fields {
  // Width of the towers' input.
  inputs: u32,
  groups: u32,
  // Of an embedding.
  size: u32,
  places: u32,
  n_dense: u32,
  // Dense inputs and weights of a row.
  dense_width: u32,
  has_weights: u32,
  // Of the table.
  rows_per_copy: u32,
  copies: u32,
}
