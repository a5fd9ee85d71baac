//! Queue of drawing work, run in short tasks so that user events are handled in between.

use std::cell::RefCell;
use std::collections::VecDeque;

use gloo_timers::callback::Timeout;

/// Result of a call of queued work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Call it again.
    More,
    /// Call it again in another task: its effect happens at the end of this one.
    Later,
    Done,
}

type Work = Box<dyn FnMut() -> Status>;

/// Time after which a new task is started.
const TASK_MILLIS: f64 = 8.0;

thread_local! {
    static QUEUE: RefCell<VecDeque<Work>> = const { RefCell::new(VecDeque::new()) };
}

/// Queues `work`, which is called until it is done.
pub fn enqueue(work: impl FnMut() -> Status + 'static) {
    let is_first = QUEUE.with_borrow_mut(|queue| {
        queue.push_back(Box::new(work));
        queue.len() == 1
    });
    if is_first {
        later();
    }
}

fn later() {
    Timeout::new(0, run_task).forget();
}

/// Runs one task. Work may queue more, so the queue is not borrowed during a call; the entry that is called stays in it,
/// since [`enqueue`] starts a task only for an empty queue.
fn run_task() {
    let end = now() + TASK_MILLIS;
    let take =
        |queue: &mut VecDeque<Work>| queue.front_mut().map(|work| std::mem::replace(work, Box::new(|| Status::Done)));
    while let Some(mut work) = QUEUE.with_borrow_mut(take) {
        let next = work();
        let is_last = QUEUE.with_borrow_mut(|queue| {
            if next == Status::Done {
                queue.pop_front();
            } else if let Some(front) = queue.front_mut() {
                *front = work;
            }
            queue.is_empty()
        });
        if is_last {
            return;
        }
        if next == Status::Later || now() >= end {
            return later();
        }
    }
}

fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}
