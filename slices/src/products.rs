//! Products of matrices, in the machine's own vectors.
//!
//! ```text
//! a [rows, k] · b [k, columns]:  for each panel of b (k × a few vectors, packed, in the first cache)
//!                                  for each few rows of a: their sums stay in registers while k runs
//! ```
//! Source: Goto and van de Geijn 2008, without the outer blocks: what a tower multiplies fits into the second cache.

use vectors::Vector;
use wide::f32x4;

/// Numbers of the widest tile's row: two vectors of sixteen.
const WIDEST: usize = 32;

/// A matrix somewhere in memory, as it lies or transposed.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix row by row.
    ///
    /// # Panics
    /// When there are not `rows · columns` values.
    #[inline]
    pub fn new(values: &'a [f32], [rows, columns]: [usize; 2]) -> Self {
        assert_eq!(values.len(), rows * columns, "a matrix of {rows} by {columns}");
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The same numbers, rows as columns.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn row(&self, row: usize) -> impl Iterator<Item = &'a f32> {
        self.values.iter().skip(row * self.row_stride).step_by(self.column_stride).take(self.columns)
    }
}

/// Memory that products use and leave for the next one.
#[derive(Debug, Default)]
pub struct Scratch(Vec<f32>);

/// Writes `a · b` to `to`, row by row.
///
/// # Panics
/// When the shapes do not fit.
#[inline(never)]
pub fn matrix_product(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Scratch) {
    assert_eq!((a.columns, to.len()), (b.rows, a.rows * b.columns), "shapes of a product");
    if a.columns == 0 {
        to.fill(0.0);
    } else if a.columns == 1 {
        to.fill(0.0);
        for (to, by) in to.chunks_exact_mut(b.columns.max(1)).zip(a.values) {
            super::add_scaled(to, b.values, *by);
        }
    } else if b.columns == 1 && a.column_stride == 1 {
        to.iter_mut().zip(a.values.chunks_exact(a.columns)).for_each(|(to, row)| *to = dot(row, b.values));
    } else if b.columns == 1 && a.row_stride == 1 {
        to.fill(0.0);
        for (values, &by) in a.values.chunks_exact(a.rows.max(1)).zip(b.values) {
            super::add_scaled(to, values, by);
        }
    } else {
        vectors::multiply(a, b, to, &mut scratch.0);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((of_a, last_of_a), (of_b, last_of_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [f32x4::ZERO; 2];
    for (a, b) in of_a.iter().zip(of_b) {
        let parts = a.as_chunks().0.iter().zip(b.as_chunks().0);
        for (sum, (a, b)) in sums.iter_mut().zip(parts) {
            *sum += f32x4::new(*a) * f32x4::new(*b);
        }
    }
    let rest: f32 = last_of_a.iter().zip(last_of_b).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]).reduce_add() + rest
}

/// [`matrix_product`] by tiles of `ROWS` rows and two vectors.
///
/// # Safety
/// The machine has `V`'s instructions.
#[inline(always)]
unsafe fn by_tiles<V: Vector, const ROWS: usize>(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
    let k = a.columns;
    let is_strided = a.column_stride != 1;
    scratch.clear();
    scratch.resize(2 * V::LANES * k + if is_strided { a.rows.next_multiple_of(ROWS) * k } else { 0 }, 0.0);
    let (panel, blocks) = scratch.split_at_mut(2 * V::LANES * k);
    if is_strided {
        pack_rows::<ROWS>(a, blocks);
    }
    let mut column = 0;
    while column < b.columns {
        let is_wide = b.columns - column > V::LANES;
        let width = if is_wide { 2 * V::LANES } else { V::LANES };
        let panel = &mut panel[..width * k];
        let n_columns = width.min(b.columns - column);
        if b.column_stride == 1 && n_columns == width {
            let rows = panel.chunks_exact_mut(width).enumerate();
            for (row, to) in rows {
                let from = &b.values[row * b.row_stride + column..][..width];
                for (from, to) in from.chunks_exact(V::LANES).zip(to.chunks_exact_mut(V::LANES)) {
                    // SAFETY: both have as many numbers; the caller's.
                    unsafe { V::load(from.as_ptr()).store(to.as_mut_ptr()) };
                }
            }
        } else {
            pack_columns(b, column, n_columns, width, panel);
        }
        let mut row = 0;
        while row < a.rows {
            let (of_a, row_stride, column_stride) = match is_strided {
                true => (&blocks[row / ROWS * ROWS * k + row % ROWS..], 1, ROWS),
                false => (&a.values[row * a.row_stride..], a.row_stride, 1),
            };
            let tile = Tile { a: of_a, row_stride, column_stride, panel, n_columns, pitch: b.columns };
            let to = &mut to[row * b.columns + column..];
            // SAFETY: the caller's.
            unsafe {
                row += match (a.rows - row, is_wide) {
                    (rows, true) if rows >= ROWS => tile.write::<V, 2, ROWS>(to),
                    (rows, false) if rows >= ROWS => tile.write::<V, 1, ROWS>(to),
                    (_, true) => tile.write::<V, 2, 1>(to),
                    (_, false) => tile.write::<V, 1, 1>(to),
                };
            }
        }
        column += width;
    }
}

/// Rows `ROWS` by `ROWS`, within these column by column.
fn pack_rows<const ROWS: usize>(a: Matrix, blocks: &mut [f32]) {
    for (index, block) in blocks.chunks_exact_mut(ROWS * a.columns).enumerate() {
        let first = index * ROWS;
        let n_rows = ROWS.min(a.rows - first);
        for (column, to) in block.chunks_exact_mut(ROWS).enumerate() {
            let from = &a.values[column * a.column_stride + first * a.row_stride..];
            match (a.row_stride, n_rows == ROWS) {
                (1, true) => to.copy_from_slice(&from[..ROWS]),
                (stride, _) => to.iter_mut().zip(from.iter().step_by(stride)).take(n_rows).for_each(|(to, x)| *to = *x),
            }
        }
    }
}

/// Columns `column..column + n_columns` row by row, `width` numbers each; 0 behind the last.
fn pack_columns(b: Matrix, column: usize, n_columns: usize, width: usize, panel: &mut [f32]) {
    if n_columns < width {
        panel.fill(0.0);
    }
    if b.column_stride == 1 {
        for (row, to) in panel.chunks_exact_mut(width).enumerate() {
            to[..n_columns].copy_from_slice(&b.values[row * b.row_stride + column..][..n_columns]);
        }
    } else {
        let transposed = b.transposed();
        for index in 0..n_columns {
            let to = panel[index..].iter_mut().step_by(width);
            to.zip(transposed.row(column + index)).for_each(|(to, x)| *to = *x);
        }
    }
}

/// Rows of a, a panel of b, and where their product goes.
#[derive(Clone, Copy)]
struct Tile<'a> {
    a: &'a [f32],
    row_stride: usize,
    column_stride: usize,
    panel: &'a [f32],
    /// Of the product; the panel may be wider.
    n_columns: usize,
    /// From one row of the product to the next.
    pitch: usize,
}

impl Tile<'_> {
    /// Writes the product of `ROWS` rows and returns how many these are.
    ///
    /// # Safety
    /// The machine has `V`'s instructions.
    #[inline(always)]
    unsafe fn write<V: Vector, const VECTORS: usize, const ROWS: usize>(self, to: &mut [f32]) -> usize {
        let width = V::LANES * VECTORS;
        let k = self.panel.len() / width;
        assert!((ROWS - 1) * self.row_stride + (k - 1) * self.column_stride < self.a.len());
        assert!((ROWS - 1) * self.pitch + self.n_columns <= to.len() && self.n_columns <= width && width <= WIDEST);
        // SAFETY: the assertions above; `panel` has `k` rows of `width`; the machine's instructions are the caller's.
        unsafe {
            let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
            let (mut a, mut b) = (self.a.as_ptr(), self.panel.as_ptr());
            for _ in 0..k {
                let mut of_b = [V::splat(0.0); VECTORS];
                for (vector, of_b) in of_b.iter_mut().enumerate() {
                    *of_b = V::load(b.add(vector * V::LANES));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let of_a = V::splat(*a.add(row * self.row_stride));
                    for (sum, of_b) in sums.iter_mut().zip(of_b) {
                        *sum = sum.add_product(of_a, of_b);
                    }
                }
                (a, b) = (a.wrapping_add(self.column_stride), b.add(width));
            }
            let mut row_of_sums = [0.0; WIDEST];
            for (row, sums) in sums.into_iter().enumerate() {
                let is_whole = self.n_columns == width;
                let to = &mut to[row * self.pitch..][..self.n_columns];
                let at = if is_whole { to.as_mut_ptr() } else { row_of_sums.as_mut_ptr() };
                for (vector, sum) in sums.into_iter().enumerate() {
                    sum.store(at.add(vector * V::LANES));
                }
                if !is_whole {
                    to.copy_from_slice(&row_of_sums[..self.n_columns]);
                }
            }
        }
        ROWS
    }
}

/// Vectors of each machine, and which of them it has.
mod vectors {
    use super::{Matrix, by_tiles};

    /// Numbers that one instruction handles.
    ///
    /// # Safety
    /// Of all methods: the machine has the instructions; pointers have `LANES` numbers.
    pub(super) trait Vector: Copy {
        const LANES: usize;
        unsafe fn splat(x: f32) -> Self;
        unsafe fn load(from: *const f32) -> Self;
        unsafe fn store(self, to: *mut f32);
        /// `self + a·b`
        unsafe fn add_product(self, a: Self, b: Self) -> Self;
    }

    /// What every machine has: as many lanes as most have.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "WebAssembly has its own"))]
    impl Vector for [f32; 4] {
        const LANES: usize = 4;

        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            [x; 4]
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: the caller's.
            unsafe { from.cast::<Self>().read_unaligned() }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: the caller's.
            unsafe { to.cast::<Self>().write_unaligned(self) }
        }

        #[inline(always)]
        unsafe fn add_product(mut self, a: Self, b: Self) -> Self {
            self.iter_mut().zip(a).zip(b).for_each(|((sum, a), b)| *sum += a * b);
            self
        }
    }

    #[cfg(target_arch = "wasm32")]
    mod machine {
        use core::arch::wasm32::*;

        use super::{Matrix, Vector, by_tiles};

        macro_rules! vector {
            ($vector:ident, $add_product:expr) => {
                #[derive(Clone, Copy)]
                struct $vector(v128);

                impl Vector for $vector {
                    const LANES: usize = 4;

                    #[inline(always)]
                    unsafe fn splat(x: f32) -> Self {
                        Self(f32x4_splat(x))
                    }

                    #[inline(always)]
                    unsafe fn load(from: *const f32) -> Self {
                        // SAFETY: the caller's.
                        Self(unsafe { v128_load(from.cast()) })
                    }

                    #[inline(always)]
                    unsafe fn store(self, to: *mut f32) {
                        // SAFETY: the caller's.
                        unsafe { v128_store(to.cast(), self.0) }
                    }

                    #[inline(always)]
                    unsafe fn add_product(self, a: Self, b: Self) -> Self {
                        let of: fn(v128, v128, v128) -> v128 = $add_product;
                        Self(of(self.0, a.0, b.0))
                    }
                }
            };
        }

        // Eight sums in both: with more, V8 keeps some of them in memory.
        #[cfg(not(feature = "relaxed"))]
        vector!(Plain, |sum, a, b| f32x4_add(sum, f32x4_mul(a, b)));

        #[cfg(not(feature = "relaxed"))]
        pub fn multiply(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
            // SAFETY: every browser that the page starts in has SIMD.
            unsafe { by_tiles::<Plain, 4>(a, b, to, scratch) }
        }

        #[cfg(feature = "relaxed")]
        vector!(Relaxed, |sum, a, b| f32x4_relaxed_madd(a, b, sum));

        #[cfg(feature = "relaxed")]
        #[target_feature(enable = "relaxed-simd")]
        fn with_relaxed(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
            // SAFETY: the feature is enabled.
            unsafe { by_tiles::<Relaxed, 4>(a, b, to, scratch) }
        }

        #[cfg(feature = "relaxed")]
        pub fn multiply(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
            with_relaxed(a, b, to, scratch);
        }
    }

    #[cfg(target_arch = "x86_64")]
    mod machine {
        use core::arch::x86_64::*;

        use super::{Matrix, Vector, by_tiles};

        macro_rules! vector {
            ($vector:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident, $add_product:ident) => {
                impl Vector for $vector {
                    const LANES: usize = $lanes;

                    #[inline(always)]
                    unsafe fn splat(x: f32) -> Self {
                        // SAFETY: the caller's.
                        unsafe { $splat(x) }
                    }

                    #[inline(always)]
                    unsafe fn load(from: *const f32) -> Self {
                        // SAFETY: the caller's.
                        unsafe { $load(from) }
                    }

                    #[inline(always)]
                    unsafe fn store(self, to: *mut f32) {
                        // SAFETY: the caller's.
                        unsafe { $store(to, self) }
                    }

                    #[inline(always)]
                    unsafe fn add_product(self, a: Self, b: Self) -> Self {
                        // SAFETY: the caller's.
                        unsafe { $add_product(a, b, self) }
                    }
                }
            };
        }

        vector!(__m512, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps);
        vector!(__m256, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps);

        #[target_feature(enable = "avx512f")]
        fn by_sixteen(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
            // SAFETY: the feature is enabled.
            unsafe { by_tiles::<__m512, 8>(a, b, to, scratch) }
        }

        #[target_feature(enable = "avx2,fma")]
        fn by_eight(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
            // SAFETY: the features are enabled.
            unsafe { by_tiles::<__m256, 4>(a, b, to, scratch) }
        }

        pub fn multiply(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
            // SAFETY: each where the machine has it; four plain numbers it always has.
            unsafe {
                if is_x86_feature_detected!("avx512f") {
                    by_sixteen(a, b, to, scratch);
                } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    by_eight(a, b, to, scratch);
                } else {
                    by_tiles::<[f32; 4], 4>(a, b, to, scratch);
                }
            }
        }

        #[cfg(test)]
        pub fn by_each(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>, kind: usize) -> bool {
            // SAFETY: each where the machine has it.
            unsafe {
                match kind {
                    0 if is_x86_feature_detected!("avx512f") => by_sixteen(a, b, to, scratch),
                    1 if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") => {
                        by_eight(a, b, to, scratch);
                    }
                    2 => by_tiles::<[f32; 4], 4>(a, b, to, scratch),
                    _ => return false,
                }
            }
            true
        }
    }

    #[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
    mod machine {
        use super::{Matrix, by_tiles};

        pub fn multiply(a: Matrix, b: Matrix, to: &mut [f32], scratch: &mut Vec<f32>) {
            // SAFETY: every machine has plain numbers.
            unsafe { by_tiles::<[f32; 4], 4>(a, b, to, scratch) }
        }
    }

    #[cfg(all(test, target_arch = "x86_64"))]
    pub(super) use machine::by_each;
    pub(super) use machine::multiply;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32)
            .map(|index| ((index + seed).wrapping_mul(2_654_435_761) >> 20) as f32 / 2048.0 - 1.0)
            .collect()
    }

    fn expected(a: &Matrix, b: &Matrix) -> Vec<f64> {
        let columns = b.transposed();
        let of = |row: usize, column: usize| -> f64 {
            a.row(row).zip(columns.row(column)).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        (0..a.rows).flat_map(|row| (0..b.columns).map(move |column| of(row, column))).collect()
    }

    fn assert_near(found: &[f32], expected: &[f64], k: usize, what: &str) {
        for (found, expected) in found.iter().zip(expected) {
            let near = (f64::from(*found) - expected).abs() <= 1e-6 * k as f64;
            assert!(near, "{what}: {found} is not {expected}");
        }
    }

    /// Every shape around the tiles' edges, as it lies and transposed, on every machine's vectors that there are.
    #[test]
    fn products_are_those_of_the_definition() {
        let mut scratch = Scratch::default();
        for [m, k, n] in [
            [1, 1, 1],
            [3, 5, 1],
            [1, 7, 9],
            [4, 1, 8],
            [5, 3, 16],
            [8, 4, 17],
            [13, 9, 33],
            [32, 24, 64],
            [7, 40, 50],
            [2, 0, 3],
            [0, 3, 2],
        ] {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let of_a = [Matrix::new(&a, [m, k]), Matrix::new(&a, [k, m]).transposed()];
            let of_b = [Matrix::new(&b, [k, n]), Matrix::new(&b, [n, k]).transposed()];
            for (a, b) in of_a.iter().flat_map(|a| of_b.iter().map(move |b| (*a, *b))) {
                let what = format!("{m} x {k} x {n}, strides {} and {}", a.row_stride, b.row_stride);
                let expected = expected(&a, &b);
                let mut found = vec![f32::NAN; m * n];
                matrix_product(a, b, &mut found, &mut scratch);
                assert_near(&found, &expected, k, &what);
                #[cfg(target_arch = "x86_64")]
                for kind in 0..3 {
                    found.fill(f32::NAN);
                    if k > 0 && vectors::by_each(a, b, &mut found, &mut scratch.0, kind) {
                        assert_near(&found, &expected, k, &format!("{what}, vectors {kind}"));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_reaches_its_row_alone() {
        let mut a = numbers(6 * 5, 1);
        a[2 * 5] = f32::NAN;
        let (b, mut to) = (numbers(5 * 9, 2), vec![0.0; 6 * 9]);
        matrix_product(Matrix::new(&a, [6, 5]), Matrix::new(&b, [5, 9]), &mut to, &mut Scratch::default());
        for (row, values) in to.chunks_exact(9).enumerate() {
            assert!(values.iter().all(|x| x.is_nan() == (row == 2)), "row {row}");
        }
    }
}
