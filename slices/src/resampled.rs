//! Sums over rows that count as often as their unit was drawn, in f64: a bootstrap makes them hundreds of times.

use wide::f64x2;

/// Sums of the weights of rows by their class.
///
/// # Shapes
/// - `classes`: by row, of which the last two bits count
/// - `units`: a place in `weights` by row
///
/// # Panics
/// When a unit has no weight.
#[inline(never)]
pub fn sums_by_class(classes: &[u8], units: &[u32], weights: &[f64]) -> [f64; 4] {
    // Neighbours mostly have one class: summed in turns, no sum waits for the one before.
    let mut sums = [[0.0; 4]; 2];
    let (pairs, last) = classes.as_chunks::<2>();
    let (pairs_of_units, last_unit) = units.as_chunks::<2>();
    for (classes, units) in pairs.iter().zip(pairs_of_units) {
        sums[0][usize::from(classes[0] & 3)] += weights[units[0] as usize];
        sums[1][usize::from(classes[1] & 3)] += weights[units[1] as usize];
    }
    for (class, unit) in last.iter().zip(last_unit) {
        sums[0][usize::from(class & 3)] += weights[*unit as usize];
    }
    [0, 1, 2, 3].map(|class| sums[0][class] + sums[1][class])
}

/// Adds rows to a row of sums, each `weights` times.
///
/// # Shapes
/// - `rows`: `[units.len(), sums.len()]`
/// - `units`: a place in `weights` by row
///
/// # Panics
/// When a unit has no weight.
#[inline(never)]
pub fn add_weighted_rows(sums: &mut [f64], rows: &[f64], units: &[u32], weights: &[f64]) {
    let width = sums.len().max(1);
    let (sums, last_sums) = sums.as_chunks_mut();
    for (row, unit) in rows.chunks_exact(width).zip(units) {
        let weight = weights[*unit as usize];
        let (pairs, last) = row.as_chunks();
        for (sum, pair) in sums.iter_mut().zip(pairs) {
            *sum = (f64x2::new(*sum) + f64x2::new(*pair) * f64x2::splat(weight)).to_array();
        }
        for (sum, value) in last_sums.iter_mut().zip(last) {
            *sum += value * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_summed_by_class() {
        let weights = [1.0, 0.0, 4.0];
        for rows in 0..=5 {
            let (classes, units) = (&[3, 0, 3, 2, 3][..rows], &[0, 1, 2, 2, 0][..rows]);
            let mut expected = [0.0; 4];
            classes.iter().zip(units).for_each(|(&class, &unit)| expected[class as usize] += weights[unit as usize]);
            assert_eq!(sums_by_class(classes, units, &weights), expected, "{rows}");
        }
        // Only two bits are the class.
        assert_eq!(sums_by_class(&[7], &[2], &weights), [0.0, 0.0, 0.0, 4.0]);
    }

    #[test]
    fn rows_are_added_by_weight() {
        let rows = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0, 100.0, 200.0, 300.0];
        let mut sums = [0.5; 3];
        add_weighted_rows(&mut sums, &rows, &[1, 0, 1], &[0.0, 2.0]);
        assert_eq!(sums, [202.5, 404.5, 606.5]);
        add_weighted_rows(&mut [], &[], &[], &[]);
    }
}
