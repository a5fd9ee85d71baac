//! The page's end of one worker's message channel: `{ message, file? }` objects out, `{ message, file?, bytes? }` in.

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, ErrorEvent, File, MessageEvent, Worker};

use crate::app::parts::letters;
use crate::protocol::{DeviceKind, Reply, Request};

/// What comes out of a worker.
pub enum Letter {
    /// A reply, with the file that came beside it, or the bytes as one.
    Reply(Box<Reply>, Option<Blob>),
    /// The worker could not be started, or broke down; it will say no more.
    Broken(String),
}

/// A running worker; dropped, it ends.
pub struct Port {
    worker: Worker,
    /// Of the blob that it was started from.
    url: String,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Port {
    /// Starts the engine for `kind`; `receive` hears all that it says.
    pub fn open(kind: DeviceKind, receive: impl Fn(Letter) + Clone + 'static) -> Result<Self, String> {
        Self::start(
            match kind {
                DeviceKind::Cpu => "engine_cpu",
                DeviceKind::Webgpu => "engine_gpu",
            },
            receive,
        )
    }

    /// Starts the worker that turns Parquet files into text.
    pub fn open_parquet_reader(receive: impl Fn(Letter) + Clone + 'static) -> Result<Self, String> {
        Self::start("reader_parquet", receive)
    }

    fn start(name: &str, receive: impl Fn(Letter) + Clone + 'static) -> Result<Self, String> {
        let (worker, url) =
            start(name).map_err(|error| text!(client::port::not_started, error = format!("{error:?}")))?;
        let on_message = {
            let receive = receive.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| receive(read(&event.data())))
        };
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            // A file that could not be fetched gives a plain event without a message.
            let message = Reflect::get(&event, &"message".into()).ok().and_then(|text| text.as_string());
            receive(Letter::Broken(match message.filter(|text| !text.is_empty()) {
                Some(message) => text!(client::port::broke_down, message = message),
                None => text!(client::port::not_loaded).to_owned(),
            }));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, url, _on_message: on_message, _on_error: on_error })
    }

    /// Sends a request, with a file beside it: a handle, whose bytes stay where they are.
    pub fn post(&self, request: &Request, file: Option<&File>) -> Result<(), String> {
        let letters = letters().ok_or(text!(client::port::not_ready))?;
        let written = (letters.write_request)(request).map_err(|error| error.to_string())?;
        let message = Object::new();
        let lost = |error: JsValue| text!(client::port::unreachable, error = format!("{error:?}"));
        Reflect::set(&message, &"message".into(), &Uint8Array::from(written.as_slice())).map_err(lost)?;
        if let Some(file) = file {
            Reflect::set(&message, &"file".into(), file).map_err(lost)?;
        }
        self.worker.post_message(&message).map_err(lost)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        // A few bytes: it does not matter when they stay.
        let _ = web_sys::Url::revoke_object_url(&self.url);
    }
}

fn read(data: &JsValue) -> Letter {
    let get = |key: &str| Reflect::get(data, &key.into()).ok().filter(JsValue::is_object);
    let message = get("message").map(|message| message.unchecked_into::<Uint8Array>().to_vec()).unwrap_or_default();
    let Some(letters) = letters() else { return Letter::Broken(text!(client::port::not_ready).to_owned()) };
    match (letters.read_reply)(&message) {
        Ok(reply) => {
            let of_bytes = || Blob::new_with_buffer_source_sequence(&Array::of1(&get("bytes")?)).ok();
            Letter::Reply(Box::new(reply), get("file").and_then(|file| file.dyn_into().ok()).or_else(of_bytes))
        }
        Err(error) => Letter::Broken(text!(client::port::other_build, error = error.to_string())),
    }
}

/// A worker that obeys the page's content security policy, and the address of its blob.
///
/// A worker from an address of the site has the policy that the server sends with the file, which for a static server is
/// none; one from a `blob:` inherits the page's. So the worker's own script is two lines in a blob, which import the
/// loader: `engineBase` tells it where its files are.
fn start(name: &str) -> Result<(Worker, String), JsValue> {
    let base =
        web_sys::Url::new_with_base(".", &document().and_then(|page| page.base_uri().ok()?).unwrap_or_default())?;
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let (base, loader) = (base.href(), loader_name(name));
    let script =
        format!("self.engineBase = {};\nimportScripts({});\n", quoted(&base), quoted(&format!("{base}{loader}")));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&script.into()), &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    Ok((Worker::new(&url)?, url))
}

/// `engine_cpu_loader.js?<build>`.
fn loader_name(name: &str) -> String {
    let build = document()
        .and_then(|document| document.query_selector("meta[name=engine-build]").ok().flatten())
        .and_then(|meta| meta.get_attribute("content"))
        .unwrap_or_default();
    format!("{name}_loader.js?{build}")
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}
