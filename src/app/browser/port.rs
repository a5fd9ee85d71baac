//! Message channel to one worker: `{ message, files }` objects out, `{ message, file?, bytes? }` in.

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, ErrorEvent, MessageEvent, Worker};

use super::files::{blob_handle, browser_file};
use crate::app::late_functions::LateFunctions;
use crate::app::page::{FileHandle, Program, WorkerEvent};
use crate::protocol::{OUT_OF_MEMORY, Request};

#[wasm_bindgen]
extern "C" {
    /// Of `www/workers.js`: a worker of checked files, or what stands for it until they are there.
    #[wasm_bindgen(js_name = esmmWorker, catch)]
    fn start(program: &str) -> Result<Worker, JsValue>;
}

/// A running worker; ends when dropped.
pub struct Port {
    worker: Worker,
    functions: LateFunctions,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Port {
    /// Starts a worker; `receive` is called with its events.
    ///
    /// # Errors
    /// A sentence when the browser refuses.
    pub fn open(
        program: Program,
        functions: LateFunctions,
        receive: impl Fn(WorkerEvent) + Clone + 'static,
    ) -> Result<Self, String> {
        let worker =
            start(program.name()).map_err(|error| text!(page::port::not_started, error = format!("{error:?}")))?;
        let on_message = {
            let receive = receive.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| receive(read(&event.data(), functions)))
        };
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            // A file that could not be fetched gives a plain event without a message, or an error of the network.
            let message = Reflect::get(&event, &"message".into()).ok().and_then(|text| text.as_string());
            if message.as_ref().is_some_and(|text| text.contains(OUT_OF_MEMORY)) {
                return receive(WorkerEvent::OutOfMemory);
            }
            let is_of_network =
                |text: &String| text.is_empty() || text.contains("NetworkError") || text.contains("fetch");
            receive(WorkerEvent::Broken(match message.filter(|text| !is_of_network(text)) {
                Some(message) => text!(page::port::broke_down, message = message),
                None => text!(page::port::not_loaded).to_owned(),
            }));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, functions, _on_message: on_message, _on_error: on_error })
    }

    /// Sends a request, with files beside it: handles, whose bytes stay where they are.
    pub fn post(&self, request: &Request, files: &[FileHandle]) -> Result<(), String> {
        let written = (self.functions.write_request)(request).map_err(|error| error.to_string())?;
        let message = Object::new();
        let lost = |error: JsValue| text!(page::port::unreachable, error = format!("{error:?}"));
        Reflect::set(&message, &"message".into(), &Uint8Array::from(written.as_slice())).map_err(lost)?;
        let files: Array = files.iter().filter_map(browser_file).collect();
        Reflect::set(&message, &"files".into(), &files).map_err(lost)?;
        self.worker.post_message(&message).map_err(lost)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn read(data: &JsValue, functions: LateFunctions) -> WorkerEvent {
    let get = |key: &str| Reflect::get(data, &key.into()).ok().filter(JsValue::is_object);
    let message = get("message").map(|message| message.unchecked_into::<Uint8Array>().to_vec()).unwrap_or_default();
    match (functions.read_reply)(&message) {
        Ok(reply) => {
            let of_bytes = || Blob::new_with_buffer_source_sequence(&Array::of1(&get("bytes")?)).ok();
            let file = get("file").and_then(|file| file.dyn_into().ok()).or_else(of_bytes);
            WorkerEvent::Reply(Box::new(reply), file.map(blob_handle))
        }
        Err(error) => WorkerEvent::Broken(text!(page::port::other_build, error = error.to_string())),
    }
}
