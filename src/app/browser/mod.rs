//! The page's way to the browser: carries out [`Effect`]s, and tells the page what workers and files say.

mod adapter;
mod download;
mod files;
mod keep;
mod port;

use std::collections::HashMap;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::late_functions::LateFunctions;
use super::page::{Effect, Message, Surroundings, WorkerKey, WorkerSaid};
use super::state::AppState;
pub use download::save;
pub use files::file_handle;
pub use keep::record;
use port::Port;

/// What workers say is read this late at the most.
const LONGEST_FRAME: Duration = Duration::from_millis(250);

/// The running workers, and what they have said since the last frame.
pub struct Browser {
    functions: LateFunctions,
    ports: HashMap<WorkerKey, Port>,
    inbox: Vec<Message>,
}

impl Browser {
    pub fn new(functions: LateFunctions) -> Self {
        Self { functions, ports: HashMap::new(), inbox: Vec::new() }
    }
}

/// Finds out what the browser offers of WebGPU.
pub fn look_for_adapter(state: AppState) {
    spawn_local(async move { state.send(Message::AdapterFound(adapter::look().await)) });
}

/// What the page may want to know when it is told something.
pub fn surroundings() -> Surroundings {
    let cores = web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency());
    Surroundings {
        now: js_sys::Date::now(),
        cores: cores as usize,
        has_pressed: keep::has_pressed(),
        wants_stillness: keep::wants_stillness(),
    }
}

/// Carries out one effect; what comes of it is sent to the page.
pub fn carry_out(state: AppState, effect: Effect) {
    match effect {
        Effect::StartWorker { worker, program } => {
            let receive = move |said| receive(state, worker, said);
            let started = state.with_browser(|browser| {
                let port = Port::open(program, browser.functions, receive)?;
                browser.ports.insert(worker, port);
                Ok(())
            });
            if let Some(Err(message)) = started {
                receive(WorkerSaid::Broken(message));
            }
        }
        Effect::EndWorker { worker } => {
            state.with_browser(|browser| browser.ports.remove(&worker));
        }
        Effect::Post { worker, request, file } => {
            let posted = state.with_browser(|browser| {
                browser.ports.get(&worker).map_or(Ok(()), |port| port.post(&request, file.as_ref()))
            });
            if let Some(Err(message)) = posted {
                leptos::logging::error!("{message}");
            }
        }
        Effect::Wait { millis, message } => {
            spawn_local(async move {
                gloo_timers::future::TimeoutFuture::new(millis).await;
                state.send(*message);
            });
        }
        Effect::ReadFile { file } => {
            let functions = state.functions;
            spawn_local(async move {
                let content = files::content(&file, functions).await;
                state.send(Message::FileRead { file, content });
            });
        }
        Effect::MakeFile { name, text } => match files::of_text(&name, &text) {
            Some(file) => state.send(Message::OpenFile(file)),
            None => state.send(Message::Notice(Some(text!(page::opening::no_room).to_owned()))),
        },
        Effect::FetchRecording => {
            spawn_local(async move {
                if let Some(bytes) = keep::recording().await {
                    state.send(Message::Recording(bytes));
                }
            });
        }
        Effect::Save { file } => state.send(Message::Saved(files::download(&file))),
        Effect::SaveBytes((name, bytes)) => state.send(Message::Saved(files::download_bytes(&name, &bytes))),
        Effect::SaveGraph { weights, sheet } => {
            spawn_local(async move { state.send(Message::Saved(files::save_graph(&weights, &sheet).await)) });
        }
        Effect::Keep { bytes, file, weights } => {
            spawn_local(async move {
                if let Err(reason) = keep::write(&bytes, file.as_ref(), &weights).await {
                    let words = text!(page::keeping::keeps_nothing, reason = reason.trim_end_matches('.'));
                    state.send(Message::Deleted(words));
                }
            });
        }
        Effect::DeleteKept => {
            spawn_local(async move {
                let words = match keep::delete_everything().await {
                    Ok(()) => text!(page::keeping::deleted).to_owned(),
                    Err(reason) => text!(page::keeping::not_deleted, reason = reason.trim_end_matches('.')),
                };
                state.send(Message::Deleted(words));
            });
        }
    }
}

/// Takes in what a worker says.
///
/// Not at once: a port is never dropped by its own event handler, and what comes within one frame is drawn in one go. The
/// timer is for a page that is not on view, which has no frames.
fn receive(state: AppState, worker: WorkerKey, said: WorkerSaid) {
    state.with_browser(|browser| browser.inbox.push(Message::FromWorker { worker, said }));
    let read = move || {
        let messages = state.with_browser(|browser| std::mem::take(&mut browser.inbox)).unwrap_or_default();
        if !messages.is_empty() {
            state.send_all(messages);
        }
    };
    request_animation_frame(read);
    set_timeout(read, LONGEST_FRAME);
}
