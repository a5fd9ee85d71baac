//! Choice of the worker for the next queued run.
//!
//! Every run gets its own worker up to the limit, since a worker answers questions about the run that it trained last; the
//! number of runs that train at once is limited too.

/// State of one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub is_training: bool,
    /// Loads another log.
    pub is_loading: bool,
    /// Has a model of the current runs.
    pub has_model: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum of runs that train at once.
    pub at_once: usize,
    pub workers: usize,
}

/// Worker for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// The worker with this index.
    Worker(usize),
    New,
}

/// Worker for the next run; `None` if it has to wait.
pub fn next_placement(slots: &[Slot], limits: Limits) -> Option<Placement> {
    if slots.iter().filter(|slot| slot.is_training).count() >= limits.at_once {
        return None;
    }
    let idle = |has_model: bool| {
        slots.iter().position(|slot| !slot.is_training && !slot.is_loading && slot.has_model == has_model)
    };
    if let Some(index) = idle(false) {
        return Some(Placement::Worker(index));
    }
    if slots.len() < limits.workers {
        return Some(Placement::New);
    }
    idle(true).map(Placement::Worker)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Slot = Slot { is_training: false, is_loading: false, has_model: false };
    const BUSY: Slot = Slot { is_training: true, is_loading: false, has_model: true };
    const WITH_MODEL: Slot = Slot { is_training: false, is_loading: false, has_model: true };
    const LOADING: Slot = Slot { is_training: false, is_loading: true, has_model: false };
    const TWO_OF_THREE: Limits = Limits { at_once: 2, workers: 3 };

    #[test]
    fn runs_spread_over_free_then_new_then_used_workers() {
        let cases: [(&[Slot], Option<Placement>); 8] = [
            (&[], Some(Placement::New)),
            (&[FREE], Some(Placement::Worker(0))),
            (&[BUSY], Some(Placement::New)),
            (&[BUSY, BUSY], None),
            (&[BUSY, WITH_MODEL], Some(Placement::New)),
            (&[BUSY, WITH_MODEL, WITH_MODEL], Some(Placement::Worker(1))),
            (&[BUSY, LOADING, WITH_MODEL], Some(Placement::Worker(2))),
            (&[LOADING, LOADING, LOADING], None),
        ];
        for (slots, expected) in cases {
            assert_eq!(next_placement(slots, TWO_OF_THREE), expected, "{slots:?}");
        }
    }
}
