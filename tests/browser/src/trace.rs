//! What the page's own thread was busy with, from Chromium's trace.
//!
//! A task's length is its *CPU time* on the thread (`tdur`), so other processes on a crowded machine do not count.

use crate::{Page, Step};
use serde_json::Value;

/// Name of the page's mark from which on its tasks are asked for.
const MARK: &str = "the tests look from here on";

/// Events of a browser's trace.
pub struct Trace {
    events: Vec<Value>,
}

/// A task on the page's thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Milliseconds on the trace's clock.
    pub start: f64,
    /// Milliseconds of CPU time.
    pub busy: f64,
    /// Milliseconds from start to end.
    pub wall: f64,
}

impl Trace {
    /// Notes this moment: [`Trace::tasks`] begin here.
    ///
    /// # Errors
    /// When the page does not answer.
    pub async fn begin(page: &Page) -> Step {
        page.script(&format!("performance.mark('{MARK}');"), vec![]).await.map(drop)
    }

    /// Everything since the browser was started. Once for each browser: chromedriver then stops tracing.
    ///
    /// # Errors
    /// In a browser that keeps no trace.
    pub async fn take(page: &Page) -> Step<Self> {
        let entries = page.driver().get_log("performance").await.map_err(|error| error.to_string())?;
        let mut events = Vec::new();
        for entry in entries {
            let Ok(mut message) = serde_json::from_str::<Value>(&entry.message) else { continue };
            let mut message = message["message"].take();
            if message["method"] == "Tracing.dataCollected" {
                events.push(message["params"].take());
            }
        }
        if events.is_empty() {
            return Err("the browser kept no trace".to_owned());
        }
        Ok(Self { events })
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Tasks of the page's thread since [`Trace::begin`], in the order of the trace.
    pub fn tasks(&self) -> Vec<Task> {
        let Some(mark) = self.events.iter().find(|event| event["name"] == MARK) else { return Vec::new() };
        let (thread, begin) = (thread_of(mark), mark["ts"].as_f64().unwrap_or_default());
        let is_own = |event: &&Value| event["name"] == "RunTask" && thread_of(event) == thread;
        let millis = |event: &Value, key: &str| event[key].as_f64().map(|micros| micros / 1e3);
        let since = self.events.iter().filter(is_own).filter(|event| event["ts"].as_f64() >= Some(begin));
        since
            .filter_map(|event| {
                let wall = millis(event, "dur")?;
                Some(Task { start: millis(event, "ts")?, busy: millis(event, "tdur").unwrap_or(wall), wall })
            })
            .collect()
    }
}

impl Trace {
    /// What a task did, the longest first: names of events and the milliseconds of CPU time that they took.
    pub fn within(&self, task: &Task) -> Vec<(String, f64)> {
        let Some(thread) = self.events.iter().find(|event| event["name"] == MARK).and_then(thread_of) else {
            return Vec::new();
        };
        let micros = |event: &Value, key: &str| event[key].as_f64().unwrap_or_default();
        let is_inside = |event: &&Value| {
            let (start, end) = (micros(event, "ts"), micros(event, "ts") + micros(event, "dur"));
            start >= task.start * 1e3 && end <= (task.start + task.wall) * 1e3 && end > start
        };
        let own = self.events.iter().filter(|event| thread_of(event) == Some(thread) && event["name"] != "RunTask");
        let mut found: Vec<(String, f64)> = own
            .filter(is_inside)
            .map(|event| {
                (
                    event["name"].as_str().unwrap_or_default().to_owned(),
                    event["tdur"].as_f64().unwrap_or_else(|| micros(event, "dur")) / 1e3,
                )
            })
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found
    }
}

fn thread_of(event: &Value) -> Option<(u64, u64)> {
    Some((event["pid"].as_u64()?, event["tid"].as_u64()?))
}
