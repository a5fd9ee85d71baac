//! What the page's own thread was busy with, from Chromium's trace.
//!
//! A task's length is its *CPU time* on the thread (`tdur`), so other processes on a crowded machine do not count.

use crate::{Page, Step};
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// Everything since the last call, or since the browser was started.
    ///
    /// # Errors
    /// In a browser that keeps no trace.
    pub async fn take(page: &Page) -> Step<Self> {
        let entries = page.driver().get_log("performance").await.map_err(|error| error.to_string())?;
        let mut events = Vec::new();
        for entry in entries {
            let Ok(mut message) = serde_json::from_str::<Value>(&entry.message) else { continue };
            let message = message["message"].take();
            match message["method"].as_str() {
                Some("Tracing.dataCollected") if message["params"]["value"].is_array() => {
                    events.extend(message["params"]["value"].as_array().cloned().unwrap_or_default());
                }
                Some("Tracing.dataCollected") => events.push(message["params"].clone()),
                _ => {}
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

    /// Tasks of the page's thread, in the order of the trace.
    ///
    /// The page's thread: the main thread of the renderer that ran the most script.
    pub fn tasks(&self) -> Vec<Task> {
        let Some(thread) = self.page_thread() else { return Vec::new() };
        let is_task = |event: &&Value| {
            let name = event["name"].as_str().unwrap_or_default();
            name == "RunTask" || name == "ThreadControllerImpl::RunTask"
        };
        let own = self.events.iter().filter(|event| thread_of(event) == Some(thread)).filter(is_task);
        let millis = |event: &Value, key: &str| event[key].as_f64().map(|micros| micros / 1e3);
        own.filter_map(|event| {
            let wall = millis(event, "dur")?;
            Some(Task { start: millis(event, "ts")?, busy: millis(event, "tdur").unwrap_or(wall), wall })
        })
        .collect()
    }

    fn page_thread(&self) -> Option<(u64, u64)> {
        let mains = self.events.iter().filter(|event| {
            event["name"] == "thread_name"
                && event["args"]["name"].as_str().is_some_and(|name| name == "CrRendererMain")
        });
        let mains: Vec<(u64, u64)> = mains.filter_map(thread_of).collect();
        let mut busy: BTreeMap<(u64, u64), f64> = BTreeMap::new();
        for event in self.events.iter().filter(|event| event["name"] == "FunctionCall") {
            if let Some(thread) = thread_of(event).filter(|thread| mains.contains(thread)) {
                *busy.entry(thread).or_default() += event["dur"].as_f64().unwrap_or_default();
            }
        }
        busy.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(thread, _)| thread)
    }
}

fn thread_of(event: &Value) -> Option<(u64, u64)> {
    Some((event["pid"].as_u64()?, event["tid"].as_u64()?))
}
