//! Widgets draw one after the other, each in a task of its own: what readers do is heard in between.

use std::cell::RefCell;
use std::collections::VecDeque;

use gloo_timers::callback::Timeout;

type Turn = Box<dyn FnOnce()>;

thread_local! {
    static WAITING: RefCell<VecDeque<Turn>> = const { RefCell::new(VecDeque::new()) };
}

/// Calls `turn` in a task to come, after those that were asked for before.
pub fn ask(turn: impl FnOnce() + 'static) {
    let is_first = WAITING.with_borrow_mut(|waiting| {
        waiting.push_back(Box::new(turn));
        waiting.len() == 1
    });
    if is_first {
        later();
    }
}

fn later() {
    Timeout::new(0, || {
        let (turn, is_last) = WAITING.with_borrow_mut(|waiting| (waiting.pop_front(), waiting.is_empty()));
        if !is_last {
            later();
        }
        if let Some(turn) = turn {
            turn();
        }
    })
    .forget();
}
