//! The embedding table, and the way back to its states before.
//!
//! A state to go back to is not a copy, which would cost a step in a hundred as much as the table is large: rows are saved when
//! they move for the first time after it.

use super::PARTS;
use crate::engine::states::Kept;

/// Numbers of a cache line.
const CACHE_LINE: usize = 16;
/// Numbers of a table that the cache of a core holds: 1 MB.
const CACHED: usize = 1 << 18;

/// Rows `[value | first moment | second moment]`; none without embedded fields.
#[derive(Debug, Default)]
pub struct Table {
    packed: Vec<f32>,
    /// Numbers of a row.
    width: usize,
    /// By row: the stretch in which it was saved last.
    saved_in: Vec<u32>,
    /// Stretches end where a state is kept; from 1.
    stretch: u32,
    /// Back to the state at the last reading of losses, and from there to the one before.
    since_unproven: Saved,
    since_good: Saved,
    best: Option<Vec<f32>>,
}

/// Rows as they were.
#[derive(Debug, Default)]
struct Saved {
    rows: Vec<usize>,
    values: Vec<f32>,
}

impl Table {
    /// A table that has not moved yet.
    ///
    /// # Shapes
    /// - `values`: `[rows, size]`
    pub fn new(values: &[f32], size: usize) -> Self {
        let width = PARTS * size;
        let mut packed = vec![0.0; PARTS * values.len()];
        for (row, value) in packed.chunks_exact_mut(width.max(1)).zip(values.chunks_exact(size.max(1))) {
            row[..size].copy_from_slice(value);
        }
        let saved_in = vec![0; packed.len() / width.max(1)];
        Self { packed, width, saved_in, stretch: 1, ..Self::default() }
    }

    /// A row's value, `[size]`.
    pub fn value(&self, row: usize) -> &[f32] {
        &self.packed[row * self.width..][..self.width / PARTS]
    }

    /// All values, `[rows, size]`.
    pub fn values(&self) -> Vec<f32> {
        let rows = self.packed.chunks_exact(self.width.max(1));
        rows.flat_map(|row| &row[..self.width / PARTS]).copied().collect()
    }

    /// All rows with their moments.
    pub fn packed(&self) -> &Vec<f32> {
        &self.packed
    }

    /// Those of the best epoch.
    pub fn best(&self) -> Option<&Vec<f32>> {
        self.best.as_ref()
    }

    /// Goes on from such rows; the state is then the one that later ones go back to.
    ///
    /// # Shapes
    /// - `packed`: as [`Table::packed`]
    pub fn set_packed(&mut self, packed: Vec<f32>) {
        self.packed = packed;
        (self.since_unproven, self.since_good) = Default::default();
        self.stretch += 1;
    }

    /// Reads rows that a step is about to need, of a table that no cache holds. Nothing waits for what is read, so rows come from
    /// memory side by side; in the step itself each would be waited for.
    pub fn prefetch(&self, rows: &[i32]) {
        if self.packed.len() < CACHED {
            return;
        }
        let mut all = 0.0;
        for &row in rows {
            let (row, from) = (row as usize, row as usize * self.width);
            all += f32::from_bits(self.saved_in[row]);
            for at in (from..from + self.width).step_by(CACHE_LINE) {
                all += self.packed[at];
            }
        }
        std::hint::black_box(all);
    }

    /// A row that is about to move, with its moments.
    pub fn row_mut(&mut self, row: usize) -> esmm_slices::Parameter<'_> {
        let of_row = &mut self.packed[row * self.width..][..self.width];
        if self.saved_in[row] != self.stretch {
            self.saved_in[row] = self.stretch;
            self.since_unproven.rows.push(row);
            self.since_unproven.values.extend_from_slice(of_row);
        }
        let (value, moments) = of_row.split_at_mut(self.width / PARTS);
        let (moment1, moment2) = moments.split_at_mut(self.width / PARTS);
        esmm_slices::Parameter { value, moment1, moment2 }
    }

    /// As [`crate::engine::states::States::prove`].
    pub fn prove(&mut self) {
        // Their memory is used again: there is much of it where ids are many.
        std::mem::swap(&mut self.since_good, &mut self.since_unproven);
        self.since_unproven.rows.clear();
        self.since_unproven.values.clear();
        self.stretch += 1;
    }

    pub fn keep_best(&mut self) {
        self.best = Some(self.packed.clone());
    }

    /// Goes back; the state is then the one that later ones go back to.
    pub fn restore(&mut self, to: Kept) {
        let (since_unproven, since_good) =
            (std::mem::take(&mut self.since_unproven), std::mem::take(&mut self.since_good));
        match to {
            Kept::Unproven => self.put_back(&since_unproven),
            Kept::Good => {
                self.put_back(&since_unproven);
                self.put_back(&since_good);
            }
            Kept::Best => self.packed = self.best.take().unwrap_or_else(|| std::mem::take(&mut self.packed)),
        }
        self.stretch += 1;
    }

    fn put_back(&mut self, saved: &Saved) {
        for (row, values) in saved.rows.iter().zip(saved.values.chunks_exact(self.width.max(1))) {
            self.packed[row * self.width..][..self.width].copy_from_slice(values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::new(&[1.0, 2.0, 3.0, 4.0], 1)
    }

    fn add(table: &mut Table, rows: &[usize]) {
        for &row in rows {
            let parameter = table.row_mut(row);
            parameter.value[0] += 10.0;
            parameter.moment1[0] += 1.0;
        }
    }

    #[test]
    fn every_state_that_was_kept_comes_back() {
        for (to, expected) in [
            (Kept::Unproven, [21.0, 12.0, 13.0, 4.0]),
            (Kept::Good, [11.0, 2.0, 3.0, 4.0]),
            (Kept::Best, [31.0, 12.0, 13.0, 4.0]),
        ] {
            let mut table = table();
            add(&mut table, &[0]);
            table.prove();
            // The same row twice in a stretch is saved once, as it was at first.
            add(&mut table, &[0, 1, 2]);
            table.prove();
            add(&mut table, &[0]);
            table.keep_best();
            add(&mut table, &[0, 3, 3]);
            table.restore(to);
            assert_eq!(table.values(), expected, "{to:?}");
            // What was kept before is no state of this run any more.
            add(&mut table, &[1]);
            table.restore(Kept::Good);
            assert_eq!(table.values(), expected, "{to:?}, and again");
        }
    }

    #[test]
    fn before_the_first_reading_the_start_is_kept() {
        let mut table = table();
        add(&mut table, &[0, 1]);
        table.restore(Kept::Good);
        assert_eq!(table.values(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(table.row_mut(0).moment1, [0.0]);
    }

    #[test]
    fn no_fields_are_no_rows() {
        assert!(Table::new(&[], 8).values().is_empty());
    }
}
