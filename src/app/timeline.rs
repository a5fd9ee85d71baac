//! The moments at which runs were evaluated, for the time scrubber.

use crate::app::format;
use crate::protocol::Run;

/// The moments of all runs, each once, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// Epochs at which some run was evaluated.
    pub moments: Vec<f64>,
    /// Epochs of the longest run.
    pub epochs: usize,
}

impl Timeline {
    pub fn of(runs: &[Run]) -> Self {
        let mut moments: Vec<f64> =
            runs.iter().flat_map(|run| run.evaluations.iter().map(|evaluation| evaluation.epoch)).collect();
        moments.sort_by(f64::total_cmp);
        moments.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        let epochs = runs.iter().filter_map(|run| run.progress).map(|progress| progress.epochs).max().unwrap_or(0);
        Self { moments, epochs }
    }

    /// The moment at an index of the track; `None` at its end, which is the newest state.
    pub fn moment(&self, index: usize) -> Option<f64> {
        if index + 1 < self.moments.len() { Some(self.moments[index]) } else { None }
    }

    /// The moment after this one; `None` for the newest state.
    pub fn after(&self, moment: Option<f64>) -> Option<f64> {
        moment?;
        self.moment(self.index(moment) + 1)
    }

    /// The index of a moment on the track.
    pub fn index(&self, moment: Option<f64>) -> usize {
        let last = self.moments.len().saturating_sub(1);
        let until =
            |epoch: f64| self.moments.iter().filter(|moment| **moment <= epoch + 1e-9).count().saturating_sub(1);
        moment.map_or(last, until)
    }

    /// A moment in words: `before training`, `after epoch 2`, `in epoch 3 of 5`.
    pub fn words(&self, moment: Option<f64>) -> String {
        let Some(epoch) = moment.or(self.moments.last().copied()) else { return String::new() };
        if epoch < 1e-9 {
            return text!(shell::time::before).to_owned();
        }
        let shown = format::significant(epoch, if epoch.fract() < 1e-9 { 1 } else { 2 });
        let epochs = self.epochs.to_string();
        match (moment.is_none(), self.epochs > 0) {
            (true, true) => text!(shell::time::now_of, epoch = shown, epochs = epochs),
            (true, false) => text!(shell::time::now_in, epoch = shown),
            (false, true) => text!(shell::time::epoch_of, epoch = shown, epochs = epochs),
            (false, false) => text!(shell::time::epoch, epoch = shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};

    fn runs() -> Vec<Run> {
        [(1, [0.0, 0.5, 1.0]), (2, [0.0, 1.0, 2.0])]
            .map(|(id, epochs)| {
                let mut run = run(id, "esmm", u64::from(id), evaluation(&[]));
                run.evaluations = epochs
                    .map(|epoch| {
                        let mut one = evaluation(&[]);
                        one.epoch = epoch;
                        one
                    })
                    .to_vec();
                run
            })
            .to_vec()
    }

    #[test]
    fn moments_of_all_runs_are_merged_and_the_end_is_now() {
        let timeline = Timeline::of(&runs());
        assert_eq!(timeline.moments, [0.0, 0.5, 1.0, 2.0]);
        assert_eq!(timeline.moment(1), Some(0.5));
        assert_eq!(timeline.moment(3), None);
        assert_eq!(timeline.index(Some(0.7)), 1);
        assert_eq!(timeline.index(None), 3);
        assert_eq!(timeline.words(Some(0.0)), "before training");
        let played: Vec<f64> = std::iter::successors(timeline.moment(0), |now| timeline.after(Some(*now))).collect();
        assert_eq!(played, [0.0, 0.5, 1.0]);
    }

    #[test]
    fn looking_back_shows_each_run_as_it_was() {
        let mut session = crate::protocol::Session { runs: runs(), ..Default::default() };
        session.look_back(Some(0.7));
        let shown: Vec<f64> = session.runs.iter().filter_map(|run| run.shown()).map(|e| e.epoch).collect();
        assert_eq!(shown, [0.5, 0.0]);
        session.look_back(None);
        let shown: Vec<f64> = session.runs.iter().filter_map(|run| run.shown()).map(|e| e.epoch).collect();
        assert_eq!(shown, [1.0, 2.0]);
    }
}
