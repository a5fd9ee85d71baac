//! Which worker trains the next waiting run.
//!
//! Every run gets a worker of its own while workers are to be had, since a worker answers questions about the run that
//! it trained last; only so many train at once.

/// One worker as the schedule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub is_training: bool,
    /// Is about to take another log.
    pub is_loading: bool,
    /// Keeps a model of the comparison on the page.
    pub keeps_run: bool,
}

/// How much may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Runs that train at once.
    pub at_once: usize,
    /// Workers there may be.
    pub workers: usize,
}

/// Where a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// The worker with this index.
    Worker(usize),
    /// A worker still to be started.
    New,
}

/// The seat of the next run, when there is one now.
pub fn next_seat(slots: &[Slot], limits: Limits) -> Option<Seat> {
    if slots.iter().filter(|slot| slot.is_training).count() >= limits.at_once {
        return None;
    }
    let idle = |keeps_run: bool| {
        slots.iter().position(|slot| !slot.is_training && !slot.is_loading && slot.keeps_run == keeps_run)
    };
    if let Some(index) = idle(false) {
        return Some(Seat::Worker(index));
    }
    if slots.len() < limits.workers {
        return Some(Seat::New);
    }
    idle(true).map(Seat::Worker)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Slot = Slot { is_training: false, is_loading: false, keeps_run: false };
    const BUSY: Slot = Slot { is_training: true, is_loading: false, keeps_run: true };
    const KEEPING: Slot = Slot { is_training: false, is_loading: false, keeps_run: true };
    const LOADING: Slot = Slot { is_training: false, is_loading: true, keeps_run: false };
    const TWO_OF_THREE: Limits = Limits { at_once: 2, workers: 3 };

    #[test]
    fn runs_spread_over_free_then_new_then_used_workers() {
        let cases: [(&[Slot], Option<Seat>); 8] = [
            (&[], Some(Seat::New)),
            (&[FREE], Some(Seat::Worker(0))),
            (&[BUSY], Some(Seat::New)),
            (&[BUSY, BUSY], None),
            (&[BUSY, KEEPING], Some(Seat::New)),
            (&[BUSY, KEEPING, KEEPING], Some(Seat::Worker(1))),
            (&[BUSY, LOADING, KEEPING], Some(Seat::Worker(2))),
            (&[LOADING, LOADING, LOADING], None),
        ];
        for (slots, expected) in cases {
            assert_eq!(next_seat(slots, TWO_OF_THREE), expected, "{slots:?}");
        }
    }
}
