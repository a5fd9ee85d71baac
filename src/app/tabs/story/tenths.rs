//! Numbers of selection bias: mean pCVR by tenth of true CTR, for the truth and for every model.

use crate::app::models::{averaged, display_name};
use crate::protocol::Run;

use crate::app::charts::scale::nice_ceil;
use crate::app::format::{listed, percent};

/// Content of the figure.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionBias {
    /// Lowest true CTR first.
    pub tenths: Vec<Tenth>,
    /// One line per model, the mean over its seeds.
    pub lines: Vec<ModelLine>,
    /// The mean true CVR of all: a constant rate's prediction.
    pub constant: f64,
    /// Probability at the top of the figure.
    pub top: f64,
    pub rows: usize,
}

/// A tenth of the held-out impressions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tenth {
    pub true_ctr: f64,
    pub true_cvr: f64,
    pub click_share: f64,
}

/// A model's mean pCVR in each tenth.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelLine {
    pub model: String,
    pub p_cvr: Vec<f64>,
}

/// The figure of the shown evaluations; `None` without a known truth.
pub fn selection_bias(runs: &[Run]) -> Option<SelectionBias> {
    let with_truth: Vec<_> =
        averaged(runs).filter_map(|run| Some((run, run.shown()?))).filter(|(_, e)| !e.deciles.is_empty()).collect();
    let (_, first) = *with_truth.first()?;
    let tenths: Vec<Tenth> = first
        .deciles
        .iter()
        .map(|d| Tenth { true_ctr: d.mean_true_ctr, true_cvr: d.mean_true_cvr, click_share: d.click_share })
        .collect();
    let mut lines: Vec<(ModelLine, f64)> = Vec::new();
    for (run, evaluation) in with_truth.iter().filter(|(_, e)| e.deciles.len() == tenths.len()) {
        let p_cvr = evaluation.deciles.iter().map(|d| d.mean_p_cvr);
        match lines.iter_mut().find(|(line, _)| line.model == run.model.name) {
            Some((line, n)) => {
                *n += 1.0;
                line.p_cvr.iter_mut().zip(p_cvr).for_each(|(mean, p)| *mean += (p - *mean) / *n);
            }
            None => lines.push((ModelLine { model: run.model.name.clone(), p_cvr: p_cvr.collect() }, 1.0)),
        }
    }
    let lines: Vec<ModelLine> = lines.into_iter().map(|(line, _)| line).collect();
    let highest = lines.iter().flat_map(|l| l.p_cvr.iter().copied()).chain(tenths.iter().map(|t| t.true_cvr));
    let highest = highest.fold(0.0, f64::max);
    // Steps of 1, 2 and 5 times a power of ten leave too much space: quarters of the nice number fit closer.
    let nice = nice_ceil(highest * 1.05);
    let top = (1..=4).map(|q| nice * f64::from(q) / 4.0).find(|t| *t >= highest * 1.05).unwrap_or(nice);
    let rows: usize = first.deciles.iter().map(|d| d.rows).sum();
    let constant = first.deciles.iter().map(|d| d.rows as f64 * d.mean_true_cvr).sum::<f64>() / rows.max(1) as f64;
    Some(SelectionBias { tenths, lines, constant, top, rows: first.eval_rows })
}

impl SelectionBias {
    /// The figure in a sentence about its lowest tenth, where the fewest clicks are.
    pub fn sentence(&self) -> String {
        let Some(lowest) = self.tenths.first() else { return String::new() };
        let says: Vec<String> = self
            .lines
            .iter()
            .filter_map(|line| {
                Some(text!(
                    metrics::selection::says,
                    model = display_name(&line.model),
                    p = percent(*line.p_cvr.first()?)
                ))
            })
            .collect();
        text!(
            metrics::selection::sentence,
            share = percent(lowest.click_share),
            models = listed(&says),
            truth = percent(lowest.true_cvr),
            constant = percent(self.constant)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::report::DecileReading;

    fn with_deciles(id: u32, name: &str, seed: u64, lowest: f64) -> Run {
        let mut run = run(id, name, seed, evaluation(&[]));
        run.evaluations[0].deciles = (0..10)
            .map(|i| DecileReading {
                rows: 10,
                mean_true_ctr: 0.01 * f64::from(i + 1),
                mean_true_cvr: 0.04 + 0.01 * f64::from(i),
                mean_p_cvr: lowest + 0.005 * f64::from(i),
                click_share: f64::from(i + 1) / 55.0,
            })
            .collect();
        run
    }

    #[test]
    fn the_sentence_is_computed_from_the_lowest_tenth() {
        let runs = [with_deciles(1, "naive", 1, 0.091), with_deciles(2, "esmm", 1, 0.06)];
        let figure = selection_bias(&runs).unwrap();
        assert_eq!(
            figure.sentence().replace('\u{202f}', " "),
            "In the lowest tenth by true CTR, where 1.8 % of the clicks are, naive CVR says 9.1 % and ESMM says 6.0 %; the \
             truth is 4.0 %. A constant rate, the mean true CVR, says 8.5 % everywhere."
        );
    }

    #[test]
    fn seeds_of_one_model_are_averaged() {
        let runs = [with_deciles(1, "esmm", 1, 0.08), with_deciles(2, "esmm", 2, 0.10)];
        let figure = selection_bias(&runs).unwrap();
        assert_eq!(figure.lines.len(), 1);
        assert!((figure.lines[0].p_cvr[0] - 0.09).abs() < 1e-12);
        assert!(figure.top >= 0.145 && figure.top <= 0.2, "{}", figure.top);
    }

    #[test]
    fn without_truth_there_is_no_figure() {
        assert_eq!(selection_bias(&[run(1, "naive", 1, evaluation(&[]))]), None);
    }
}
