//! Widgets draw one after the other, in tasks that are short: what users do is heard in between.

use std::cell::RefCell;
use std::collections::VecDeque;

use gloo_timers::callback::Timeout;

/// What becomes of a turn that was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It wants to go on.
    More,
    /// It wants to go on in another task: what it started happens at the end of this one.
    Later,
    Done,
}

type Turn = Box<dyn FnMut() -> Next>;

/// Turns that are shorter share a task.
const TASK_MILLIS: f64 = 8.0;

thread_local! {
    static WAITING: RefCell<VecDeque<Turn>> = const { RefCell::new(VecDeque::new()) };
}

/// Calls `turn` in tasks to come until it is done, after the turns that were asked for before.
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

/// One task. Whoever is called may ask for a further turn, so the queue is free then; it is empty only when nobody waits and
/// nobody is called, since [`ask`] starts a task for the first.
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

/// In milliseconds, from some moment on.
fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}
