//! Carries out [`Effect`]s, and sends the page messages from workers and files.

mod adapter;
mod canvas;
mod download;
mod drop_target;
mod dropped;
mod files;
mod history;
mod port;
mod storage;
mod theme;
mod window;

use std::collections::HashMap;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::late_functions::LateFunctions;
use super::page::{Effect, Message, Surroundings, WorkerEvent, WorkerKey};
use super::state::AppState;
use crate::protocol::Reply;
pub use canvas::draw_dots;
pub use download::save;
pub use drop_target::DropTarget;
pub use files::{picked_files, picked_text};
pub use history::follow_history;
use port::Port;
pub use storage::record;
pub use theme::{choose_theme, remembered_theme, show_theme, watch_system_theme};
pub use window::{copy_address, focus, is_allowed, is_wide, on_press_outside, scroll_to_top, show_embed, wait};

/// Maximum delay of workers' messages.
const LONGEST_FRAME: Duration = Duration::from_millis(250);
/// From one redraw to the next when workers tell of nothing but progress, in milliseconds. Each does so eight times a second, and
/// what draws it takes time from those that train when there are as many as cores.
const PROGRESS_MILLIS: f64 = 200.0;

/// The running workers, and their messages since the last frame.
pub struct Browser {
    functions: LateFunctions,
    ports: HashMap<WorkerKey, Port>,
    inbox: Vec<Message>,
    /// When the inbox was read last.
    read_at: f64,
}

impl Browser {
    pub fn new(functions: LateFunctions) -> Self {
        Self { functions, ports: HashMap::new(), inbox: Vec::new(), read_at: 0.0 }
    }
}

/// Detects the WebGPU adapter.
pub fn look_for_adapter(state: AppState) {
    spawn_local(async move { state.send(Message::AdapterFound(adapter::look().await)) });
}

/// The page's environment now.
pub fn surroundings() -> Surroundings {
    let cores = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    Surroundings {
        now: js_sys::Date::now(),
        cores: cores as usize,
        has_pressed: storage::has_pressed(),
        wants_stillness: storage::wants_stillness(),
    }
}

/// Carries out one effect; its result is sent to the page.
pub fn carry_out(state: AppState, effect: Effect) {
    match effect {
        Effect::StartWorker { worker, program } => {
            let receive = move |event| receive(state, worker, event);
            let started = state.with_browser(|browser| {
                let port = Port::open(program, browser.functions, receive)?;
                browser.ports.insert(worker, port);
                Ok(())
            });
            if let Some(Err(message)) = started {
                receive(WorkerEvent::Broken(message));
            }
        }
        Effect::EndWorker { worker } => {
            state.with_browser(|browser| browser.ports.remove(&worker));
        }
        Effect::Post { worker, request, files } => {
            let posted = state
                .with_browser(|browser| browser.ports.get(&worker).map_or(Ok(()), |port| port.post(&request, &files)));
            if let Some(Err(message)) = posted {
                // A request that is lost would be awaited for ever.
                receive(state, worker, WorkerEvent::Broken(message));
            }
        }
        Effect::Wait { millis, message } => {
            spawn_local(async move {
                gloo_timers::future::TimeoutFuture::new(millis).await;
                state.send(*message);
            });
        }
        Effect::ReadFiles { files } => {
            let functions = state.functions;
            spawn_local(async move {
                let mut read = Vec::new();
                for file in files {
                    let content = files::content(&file, functions).await;
                    read.push((file, content));
                }
                state.send(Message::FilesRead(read));
            });
        }
        Effect::MakeFile { name, text } => match files::of_text(&name, &text) {
            Some(file) => state.send(Message::OpenFiles(vec![file])),
            None => state.send(Message::Notice(Some(text!(page::opening::no_room).to_owned()))),
        },
        Effect::FetchRecording => {
            spawn_local(async move {
                if let Some(bytes) = storage::recording().await {
                    state.send(Message::Recording(bytes));
                }
            });
        }
        Effect::Save { file } => state.send(Message::Saved(files::download(&file))),
        Effect::SaveBytes((name, bytes)) => state.send(Message::Saved(files::download_bytes(&name, &bytes))),
        Effect::SaveGraph { weights, sheet } => {
            spawn_local(async move { state.send(Message::Saved(files::save_graph(&weights, &sheet).await)) });
        }
        Effect::StoreState { bytes, files, weights } => {
            spawn_local(async move {
                state.send(Message::Stored(storage::write(&bytes, &files, &weights).await));
            });
        }
        Effect::DeleteStored => {
            spawn_local(async move { state.send(Message::Deleted(storage::delete_everything().await)) });
        }
    }
}

/// Queues a worker's event for the next frame, or for the next redraw of progress.
///
/// Not at once: a port is never dropped by its own event handler, and messages within one frame cause one redraw. The
/// timer is for a hidden page, which has no frames.
fn receive(state: AppState, worker: WorkerKey, event: WorkerEvent) {
    let is_progress = matches!(&event, WorkerEvent::Reply(reply, _) if matches!(**reply, Reply::Progress { .. }));
    let read_at = state.with_browser(|browser| {
        browser.inbox.push(Message::FromWorker { worker, event });
        browser.read_at
    });
    let read = move || {
        let messages = state.with_browser(|browser| std::mem::take(&mut browser.inbox)).unwrap_or_default();
        if !messages.is_empty() {
            state.with_browser(|browser| browser.read_at = js_sys::Date::now());
            state.send_all(messages);
        }
    };
    // A clock that is set back must not make it long.
    let wait = (read_at.unwrap_or_default() + PROGRESS_MILLIS - js_sys::Date::now()).min(PROGRESS_MILLIS);
    if is_progress && wait > 0.0 {
        set_timeout(read, Duration::from_millis(wait as u64));
    } else {
        request_animation_frame(read);
        set_timeout(read, LONGEST_FRAME);
    }
}
