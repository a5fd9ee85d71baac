//! Which line of the file each row came from.

/// Line of every row of a file, 1-based; kept as the places where it does not simply go on by one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// Row and its line, where the line is not that of the row before plus one.
    breaks: Vec<(u32, u32)>,
    n_rows: u32,
}

impl Lines {
    /// Line of a row; of a row that is not there, the line that it would have.
    pub fn line_of(&self, row: usize) -> u64 {
        let at = self.breaks.partition_point(|&(first, _)| first as usize <= row);
        match at.checked_sub(1).map(|at| self.breaks[at]) {
            Some((first, line)) => u64::from(line) + (row as u64 - u64::from(first)),
            None => row as u64 + 2, // below a header line
        }
    }

    /// Adds the next row.
    #[inline]
    pub(super) fn push(&mut self, line: u64) {
        let row = self.n_rows;
        self.n_rows += 1;
        if self.line_of_next(row) != line {
            self.breaks.push((row, u32::try_from(line).unwrap_or(u32::MAX)));
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows as usize
    }

    pub(super) fn retain(&mut self, keep: &[bool]) {
        let mut kept = Self::default();
        for row in (0..self.n_rows()).filter(|&row| keep[row]) {
            kept.push(self.line_of(row));
        }
        *self = kept;
    }

    /// The same by row of the file, of which `rows` are the ones that were kept; a row that was not has no line of its own.
    pub(super) fn of_file(&self, rows: &[u32]) -> Self {
        let mut lines = Self::default();
        for (kept, &row) in rows.iter().enumerate() {
            lines.n_rows = row + 1;
            let line = self.line_of(kept);
            if lines.line_of_next(row) != line {
                lines.breaks.push((row, u32::try_from(line).unwrap_or(u32::MAX)));
            }
        }
        lines
    }

    pub(super) fn bytes(&self) -> usize {
        8 * self.breaks.len()
    }

    #[inline]
    fn line_of_next(&self, row: u32) -> u64 {
        match self.breaks.last() {
            Some(&(first, line)) => u64::from(line) + u64::from(row - first),
            None => u64::from(row) + 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_that_were_told() {
        let told = [2, 3, 4, 7, 8, 8, 20];
        let mut lines = Lines::default();
        told.iter().for_each(|&line| lines.push(line));
        assert!(told.iter().enumerate().all(|(row, &line)| lines.line_of(row) == line), "{lines:?}");
        lines.retain(&[true, false, true, true, false, false, true]);
        assert_eq!([0, 1, 2, 3].map(|row| lines.line_of(row)), [2, 4, 7, 20]);
        let kept = [0, 2, 3, 6];
        let by_row = lines.of_file(&kept);
        assert!(kept.iter().all(|&row| by_row.line_of(row as usize) == told[row as usize]), "{by_row:?}");
    }
}
