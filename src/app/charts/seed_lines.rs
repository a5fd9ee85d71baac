//! One line for each model: its only run's, or the mean over its seeds with a band that holds the lines of all of them.

use super::scale::extent;
use crate::app::models::distinct;

/// Number of x values at which several seeds' lines are compared.
const PLACES: usize = 61;

/// x, lowest and highest y of several lines.
pub type Band = Vec<(f64, f64, f64)>;

/// A model's line in data units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeedLine {
    pub model: String,
    pub points: Vec<(f64, f64)>,
    /// The lowest and the highest of all seeds; empty for one seed.
    pub band: Band,
}

/// A line for each model, of the lines of its runs that have points.
pub fn seed_lines<'a>(runs: impl IntoIterator<Item = (&'a str, Vec<(f64, f64)>)>) -> Vec<SeedLine> {
    let runs: Vec<(&str, Vec<(f64, f64)>)> = runs.into_iter().filter(|(_, points)| !points.is_empty()).collect();
    let of_model = |model: &str| {
        let mut lines: Vec<Vec<(f64, f64)>> =
            runs.iter().filter(|run| run.0 == model).map(|run| run.1.clone()).collect();
        let (points, band) = if lines.len() == 1 { (lines.remove(0), Vec::new()) } else { mean_and_band(&lines) };
        SeedLine { model: model.to_owned(), points, band }
    };
    distinct(runs.iter().map(|run| run.0)).into_iter().map(of_model).collect()
}

/// The mean of lines at even x values, and their band.
fn mean_and_band(lines: &[Vec<(f64, f64)>]) -> (Vec<(f64, f64)>, Band) {
    let end = lines.iter().filter_map(|line| line.last()).map(|last| last.0).fold(f64::INFINITY, f64::min);
    let at = |place: usize| {
        let x = end * place as f64 / (PLACES - 1) as f64;
        let heights: Vec<f64> = lines.iter().map(|line| height(line, x)).collect();
        let mean = heights.iter().sum::<f64>() / heights.len() as f64;
        let (low, high) = extent(heights).unwrap_or((mean, mean));
        ((x, mean), (x, low, high))
    };
    (0..PLACES).map(at).unzip()
}

/// A line's y at `x`; on a vertical step, its upper end.
fn height(line: &[(f64, f64)], x: f64) -> f64 {
    let after = line.partition_point(|point| point.0 <= x);
    match (after.checked_sub(1).map(|index| line[index]), line.get(after)) {
        (Some(from), Some(to)) => from.1 + (to.1 - from.1) * (x - from.0) / (to.0 - from.0),
        (Some(last), None) => last.1,
        (None, Some(first)) => first.1,
        (None, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_seeds_are_one_line_within_its_band_and_one_seed_is_its_own() {
        let steep = vec![(0.0, 0.0), (0.0, 0.5), (1.0, 1.0)];
        let flat = vec![(0.0, 0.0), (1.0, 1.0)];
        let lines = seed_lines([("a", steep), ("b", flat.clone()), ("a", flat.clone()), ("c", Vec::new())]);
        assert_eq!(lines.iter().map(|line| line.model.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((lines[0].points[0], lines[0].band[0]), ((0.0, 0.25), (0.0, 0.0, 0.5)));
        assert!(lines[0].points.iter().zip(&lines[0].band).all(|(mean, band)| band.1 <= mean.1 && mean.1 <= band.2));
        assert_eq!((&lines[1].points, lines[1].band.len()), (&flat, 0));
    }
}
