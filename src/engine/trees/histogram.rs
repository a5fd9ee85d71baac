//! Sums of derivatives over bins and nodes.

use super::inputs::Input;

/// First and second derivative of the loss with respect to a row's logit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Derivatives {
    pub gradient: f64,
    pub curvature: f64,
}

/// Sums over some rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sums {
    pub gradient: f64,
    pub curvature: f64,
    pub rows: usize,
}

/// Sums of each bin of one input over a node's rows; a row with several bins is in each of them.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// By bin.
    sums: Vec<Sums>,
    /// The bins with a row, ascending.
    pub filled: Vec<u16>,
}

impl Histogram {
    /// Sums anew; only bins that were filled are cleared, since deep nodes fill few of many.
    pub fn fill(&mut self, input: &Input, rows: &[u32], derivatives: &[Derivatives]) {
        for bin in self.filled.drain(..) {
            self.sums[usize::from(bin)] = Sums::default();
        }
        if self.sums.len() < input.n_bins {
            self.sums.resize(input.n_bins, Sums::default());
        }
        let mut add = |bin: u16, row: u32| {
            let sums = &mut self.sums[usize::from(bin)];
            if sums.rows == 0 {
                self.filled.push(bin);
            }
            sums.add(derivatives[row as usize]);
        };
        for &row in rows {
            input.row(row as usize).iter().for_each(|&bin| add(bin, row));
        }
        self.filled.sort_unstable();
    }

    pub fn of(&self, bin: u16) -> Sums {
        self.sums[usize::from(bin)]
    }
}

impl Sums {
    pub fn over(rows: &[u32], derivatives: &[Derivatives]) -> Self {
        let mut sums = Self::default();
        rows.iter().for_each(|&row| sums.add(derivatives[row as usize]));
        sums
    }

    pub fn add(&mut self, row: Derivatives) {
        self.gradient += row.gradient;
        self.curvature += row.curvature;
        self.rows += 1;
    }

    pub fn merge(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.rows += other.rows;
    }

    pub fn without(self, part: Self) -> Self {
        Self {
            gradient: self.gradient - part.gradient,
            curvature: self.curvature - part.curvature,
            rows: self.rows - part.rows,
        }
    }

    /// Twice what the loss falls by when these rows take their best common value.
    pub fn score(self, l2: f64) -> f64 {
        self.gradient * self.gradient / (self.curvature + l2)
    }

    /// The best common value; 0 where there is no curvature to divide by.
    pub fn value(self, l2: f64) -> f64 {
        let curvature = self.curvature + l2;
        if curvature > 0.0 { -self.gradient / curvature } else { 0.0 }
    }
}
