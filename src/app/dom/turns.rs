//! Queue of drawing work, run in short tasks so that user events are handled in between.

use std::cell::RefCell;
use std::collections::VecDeque;

use gloo_timers::callback::Timeout;

/// Result of a call of queued work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Call it again.
    More,
    /// Call it again in another task: its effect happens at the end of this one.
    Later,
    Done,
}

type Turn = Box<dyn FnMut() -> Next>;

/// Time after which a new task is started.
const TASK_MILLIS: f64 = 8.0;

thread_local! {
    static WAITING: RefCell<VecDeque<Turn>> = const { RefCell::new(VecDeque::new()) };
}

/// Queues `work`, which is called until it is done.
pub fn ask(turn: impl FnMut() -> Next + 'static) {
    let is_first = WAITING.with_borrow_mut(|waiting| {
        waiting.push_back(Box::new(turn));
        waiting.len() == 1
    });
    if is_first {
        later();
    }
}

fn later() {
    Timeout::new(0, take_turns).forget();
}

/// Runs one task. Work may queue more, so the queue is not borrowed during a call; the entry that is called stays in it,
/// since [`enqueue`] starts a task only for an empty queue.
fn take_turns() {
    let end = now() + TASK_MILLIS;
    let take =
        |waiting: &mut VecDeque<Turn>| waiting.front_mut().map(|turn| std::mem::replace(turn, Box::new(|| Next::Done)));
    while let Some(mut turn) = WAITING.with_borrow_mut(take) {
        let next = turn();
        let is_last = WAITING.with_borrow_mut(|waiting| {
            match waiting.front_mut().filter(|_| next != Next::Done) {
                Some(place) => *place = turn,
                None => _ = waiting.pop_front(),
            }
            waiting.is_empty()
        });
        if is_last {
            return;
        }
        if next == Next::Later || now() >= end {
            return later();
        }
    }
}

/// Time in milliseconds.
fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}
