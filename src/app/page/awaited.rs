//! Open questions to workers: one table for all kinds.

use std::collections::BTreeMap;

use crate::protocol::RequestId;

/// The purpose `P` of each open question, by the request's id.
#[derive(Debug)]
pub struct Awaited<P> {
    open: BTreeMap<RequestId, Open<P>>,
}

#[derive(Debug)]
struct Open<P> {
    /// Key of the worker that was asked.
    worker: u32,
    purpose: P,
}

impl<P> Default for Awaited<P> {
    fn default() -> Self {
        Self { open: BTreeMap::new() }
    }
}

impl<P> Awaited<P> {
    /// Adds a question that was sent to a worker.
    pub fn add(&mut self, id: RequestId, worker: u32, purpose: P) {
        self.open.insert(id, Open { worker, purpose });
    }

    /// Removes and returns an answered question's purpose; `None` for a forgotten one.
    pub fn take(&mut self, id: RequestId) -> Option<P> {
        self.open.remove(&id).map(|open| open.purpose)
    }

    /// Removes and returns the purposes of a lost worker's questions, oldest first.
    pub fn take_all_of(&mut self, worker: u32) -> Vec<P> {
        let (gone, open) = std::mem::take(&mut self.open).into_iter().partition(|(_, open)| open.worker == worker);
        self.open = open;
        let gone: BTreeMap<RequestId, Open<P>> = gone;
        gone.into_values().map(|open| open.purpose).collect()
    }

    /// Removes questions by purpose; their answers are dropped.
    pub fn forget(&mut self, is_such: impl Fn(&P) -> bool) {
        self.open.retain(|_, open| !is_such(&open.purpose));
    }

    /// Whether this worker owes an answer to such a question.
    pub fn has_of(&self, worker: u32, is_such: impl Fn(&P) -> bool) -> bool {
        self.open.values().any(|open| open.worker == worker && is_such(&open.purpose))
    }

    /// Whether such a question is open.
    pub fn has(&self, is_such: impl Fn(&P) -> bool) -> bool {
        self.open.values().any(|open| is_such(&open.purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_once_and_not_at_all_when_nobody_waits() {
        let mut awaited = Awaited::default();
        awaited.add(7, 1, "window");
        awaited.add(8, 1, "what if");
        awaited.forget(|purpose| *purpose == "what if");
        assert!(awaited.has(|purpose| *purpose == "window") && !awaited.has(|purpose| *purpose == "what if"));
        assert_eq!((awaited.take(7), awaited.take(7), awaited.take(8)), (Some("window"), None, None));
    }

    #[test]
    fn what_a_lost_worker_was_asked_is_known_and_what_others_were_asked_stays() {
        let mut awaited = Awaited::default();
        for (id, worker, purpose) in [(1, 10, 'a'), (2, 11, 'b'), (3, 10, 'c')] {
            awaited.add(id, worker, purpose);
        }
        assert_eq!(awaited.take_all_of(10), ['a', 'c']);
        assert_eq!((awaited.take(1), awaited.take(2)), (None, Some('b')));
    }
}
