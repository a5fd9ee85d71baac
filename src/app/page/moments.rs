//! The shown moment of the runs, and playing from one recorded moment to the next.

use super::effect::Effect;
use super::{Message, Page};
use crate::app::timeline::Timeline;

/// Time per moment while playing.
const MOMENT_MILLIS: u32 = 700;

impl Page {
    /// Shows every run as it was at `epoch`; `None`: as it is now.
    pub(super) fn look_back(&mut self, epoch: Option<f64>) {
        self.moment.set(epoch);
        self.session.look_back(epoch);
        self.await_next_moment();
    }

    /// Starts or stops playing; restarts if the end is shown.
    pub(super) fn play(&mut self, plays: bool) {
        self.plays.set(plays);
        if plays && self.moment.is_none() {
            let first = Timeline::of(&self.session.runs).moment(0);
            return self.look_back(first);
        }
        self.await_next_moment();
    }

    /// Goes to the next moment; stops playing at the end. `number` is of the newest wait, or nothing changes.
    pub(super) fn on_next_moment(&mut self, number: u32) {
        if self.next_moment != number || !*self.plays {
            return;
        }
        let next = Timeline::of(&self.session.runs).after(*self.moment);
        self.plays.set(next.is_some());
        self.look_back(next);
    }

    fn await_next_moment(&mut self) {
        if *self.plays {
            self.next_moment = self.fresh_number();
            let message = Box::new(Message::NextMoment(self.next_moment));
            self.effects.push(Effect::Wait { millis: MOMENT_MILLIS, message });
        }
    }
}
