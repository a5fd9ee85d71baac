//! Queue of drawing work, run in short tasks so that user events are handled in between.

use std::cell::RefCell;
use std::collections::VecDeque;

/// Result of a call of queued work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Call it again.
    More,
    /// Call it again in another task: its effect happens at the end of this one.
    Later,
    Done,
}

pub type Work = Box<dyn FnMut() -> Status>;

/// Time after which a new task is started.
const TASK_MILLIS: f64 = 8.0;

/// Work in the order in which it was added. Work may add more: the queue is not borrowed during a call.
#[derive(Default)]
pub struct WorkQueue(RefCell<VecDeque<Work>>);

impl WorkQueue {
    /// Adds `work`, which is called until it is done; returns whether a task must be started for it.
    #[must_use]
    pub fn add(&self, work: Work) -> bool {
        let mut queue = self.0.borrow_mut();
        queue.push_back(work);
        queue.len() == 1
    }

    /// Runs one task; returns whether a further one must be started. `now` is a clock in milliseconds.
    ///
    /// The entry that is called stays in the queue, since [`WorkQueue::add`] asks for a task only if the queue was empty.
    #[must_use]
    pub fn run_task(&self, now: impl Fn() -> f64) -> bool {
        let end = now() + TASK_MILLIS;
        while let Some(mut work) = self.take_first() {
            let status = work();
            if self.put_back(work, status) {
                return false;
            }
            if status == Status::Later || now() >= end {
                return true;
            }
        }
        false
    }

    /// Replaces the first work by none, and returns it.
    fn take_first(&self) -> Option<Work> {
        self.0.borrow_mut().front_mut().map(|work| std::mem::replace(work, Box::new(|| Status::Done)))
    }

    /// Puts the first work back, or removes it if it is done; returns whether the queue is empty.
    fn put_back(&self, work: Work, status: Status) -> bool {
        let mut queue = self.0.borrow_mut();
        if status == Status::Done {
            queue.pop_front();
        } else if let Some(front) = queue.front_mut() {
            *front = work;
        }
        queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    /// A queue, its clock, and the names of the calls.
    #[derive(Clone, Default)]
    struct Page {
        queue: Rc<WorkQueue>,
        now: Rc<Cell<f64>>,
        calls: Rc<RefCell<Vec<&'static str>>>,
    }

    impl Page {
        /// Adds work whose calls take `millis` each and return these statuses.
        fn add(&self, name: &'static str, millis: f64, statuses: impl IntoIterator<Item = Status>) -> bool {
            let mut statuses: VecDeque<Status> = statuses.into_iter().collect();
            let (now, calls) = (self.now.clone(), self.calls.clone());
            self.queue.add(Box::new(move || {
                now.set(now.get() + millis);
                calls.borrow_mut().push(name);
                statuses.pop_front().expect("work that is done is not called again")
            }))
        }

        /// Runs a task; returns whether it wants a further one, and the calls.
        fn run_task(&self) -> (bool, Vec<&'static str>) {
            let wants_more = self.queue.run_task(|| self.now.get());
            (wants_more, self.calls.take())
        }
    }

    use Status::{Done, Later, More};

    #[test]
    fn work_is_done_in_its_order() {
        let page = Page::default();
        assert!(page.add("a", 1.0, [More, More, Done]), "a task is started for the first");
        assert!(!page.add("b", 1.0, [Done]), "and does the others too");
        assert_eq!(page.run_task(), (false, vec!["a", "a", "a", "b"]));
        assert!(page.add("c", 1.0, [Done]), "an empty queue has no task");
        assert_eq!(page.run_task(), (false, vec!["c"]));
        assert_eq!(page.run_task(), (false, vec![]));
    }

    #[test]
    fn a_task_ends_after_eight_milliseconds() {
        let page = Page::default();
        let _ = page.add("a", 3.0, [More, More, More, Done]);
        let _ = page.add("b", 3.0, [Done]);
        assert_eq!(page.run_task(), (true, vec!["a", "a", "a"]));
        assert_eq!(page.run_task(), (false, vec!["a", "b"]));
    }

    #[test]
    fn the_last_work_needs_no_further_task_however_long_it_took() {
        let page = Page::default();
        let _ = page.add("a", 50.0, [Done]);
        assert_eq!(page.run_task(), (false, vec!["a"]));
    }

    #[test]
    fn work_for_later_is_called_by_the_next_task() {
        let page = Page::default();
        let _ = page.add("a", 1.0, [Later, Done]);
        let _ = page.add("b", 1.0, [Done]);
        assert_eq!(page.run_task(), (true, vec!["a"]), "work behind it waits too");
        assert_eq!(page.run_task(), (false, vec!["a", "b"]));
    }

    #[test]
    fn work_that_is_added_by_work_is_done_by_the_same_task() {
        let page = Page::default();
        let inner = page.clone();
        let is_first = page.queue.add(Box::new(move || {
            assert!(!inner.add("inner", 1.0, [Done]), "a task is running");
            Done
        }));
        assert!(is_first);
        assert_eq!(page.run_task(), (false, vec!["inner"]));
    }
}
