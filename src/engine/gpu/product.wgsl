// A product of matrices for each tower. A workgroup computes a tile of the result of 32 by 32 numbers, a thread four by four of
// them. What is multiplied, and where it goes, says the file behind this one with `shape_of`, `left`, `right` and `put`.

// Of the result, and what each of its numbers sums over.
struct Product { rows: u32, columns: u32, terms: u32, first_term: u32, }

const TILE = 32u;
const QUADS = TILE / 4u;
const TILE_TERMS = 16u;
const THREADS = QUADS * QUADS;

// [terms, rows / 4] and [terms, columns / 4]
var<workgroup> lefts: array<vec4f, TILE_TERMS * QUADS>;
var<workgroup> rights: array<vec4f, TILE_TERMS * QUADS>;

// Four numbers of a column of what is on the left, and of a row of what is on the right. Those beyond the last term are 0; those
// beyond the last row or column are whatever is there, since nothing is put where they go.
fn left_quad(product: Product, z: u32, row: u32, k: u32) -> vec4f {
  if k >= product.terms { return vec4f(); }
  let term = product.first_term + k;
  return vec4f(left(z, row, term), left(z, row + 1u, term), left(z, row + 2u, term), left(z, row + 3u, term));
}

fn right_quad(product: Product, z: u32, k: u32, column: u32) -> vec4f {
  if k >= product.terms { return vec4f(); }
  let term = product.first_term + k;
  return vec4f(right(z, term, column), right(z, term, column + 1u), right(z, term, column + 2u), right(z, term, column + 3u));
}

fn put_row(product: Product, z: u32, row: u32, column: u32, sums: vec4f) {
  if row >= product.rows { return; }
  if column < product.columns { put(z, row, column, sums.x); }
  if column + 1u < product.columns { put(z, row, column + 1u, sums.y); }
  if column + 2u < product.columns { put(z, row, column + 2u, sums.z); }
  if column + 3u < product.columns { put(z, row, column + 3u, sums.w); }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) thread: u32) {
  let product = shape_of(tile.z);
  let row = thread / QUADS;
  let column = thread % QUADS;
  var sums0 = vec4f();
  var sums1 = vec4f();
  var sums2 = vec4f();
  var sums3 = vec4f();
  for (var term = 0u; term < product.terms; term += TILE_TERMS) {
    for (var at = thread; at < TILE_TERMS * QUADS; at += THREADS) {
      let of_left = left_place(at);
      let from_row = tile.y * TILE + of_left.y * 4u;
      lefts[of_left.x * QUADS + of_left.y] = left_quad(product, tile.z, from_row, term + of_left.x);
      let of_right = right_place(at);
      let from_column = tile.x * TILE + of_right.y * 4u;
      rights[of_right.x * QUADS + of_right.y] = right_quad(product, tile.z, term + of_right.x, from_column);
    }
    workgroupBarrier();
    for (var k = 0u; k < TILE_TERMS; k++) {
      let x = lefts[k * QUADS + row];
      let y = rights[k * QUADS + column];
      sums0 += x.x * y;
      sums1 += x.y * y;
      sums2 += x.z * y;
      sums3 += x.w * y;
    }
    workgroupBarrier();
  }
  let first_row = tile.y * TILE + row * 4u;
  let first_column = tile.x * TILE + column * 4u;
  put_row(product, tile.z, first_row, first_column, sums0);
  put_row(product, tile.z, first_row + 1u, first_column, sums1);
  put_row(product, tile.z, first_row + 2u, first_column, sums2);
  put_row(product, tile.z, first_row + 3u, first_column, sums3);
}

// Term and quad of a place of a tile, so that neighbouring threads fetch neighbouring numbers: of a matrix whose terms lie side by
// side, and of one whose rows or columns do.
fn by_terms(at: u32) -> vec2u { return vec2u(at % TILE_TERMS, at / TILE_TERMS); }
fn by_quads(at: u32) -> vec2u { return vec2u(at / QUADS, at % QUADS); }
