// A product of matrices that is one column for each tower: a thread computes a number of it. What is multiplied, and where it goes,
// says the file behind this one, as for `product.wgsl`.

struct Product { rows: u32, columns: u32, terms: u32, first_term: u32, }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let product = shape_of(id.z);
  if id.x >= product.rows { return; }
  var sum = 0.0;
  for (var k = 0u; k < product.terms; k++) {
    sum += left(id.z, id.x, product.first_term + k) * right(id.z, product.first_term + k, 0u);
  }
  put(id.z, id.x, 0u, sum);
}

// Which number of a tile a thread fetches does not matter where there are no tiles.
fn by_terms(at: u32) -> vec2u { return vec2u(at); }
fn by_quads(at: u32) -> vec2u { return vec2u(at); }
