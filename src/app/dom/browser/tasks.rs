//! Tasks of the page's one queue of drawing work.

use gloo_timers::callback::Timeout;

use crate::app::dom::{Status, WorkQueue};

thread_local! {
    static QUEUE: WorkQueue = WorkQueue::default();
}

/// Queues `work`, which is called until it is done.
pub fn enqueue(work: impl FnMut() -> Status + 'static) {
    if QUEUE.with(|queue| queue.add(Box::new(work))) {
        start_task();
    }
}

fn start_task() {
    let run = || {
        if QUEUE.with(|queue| queue.run_task(now)) {
            start_task();
        }
    };
    Timeout::new(0, run).forget();
}

fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}
