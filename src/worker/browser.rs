//! The worker in the browser: its loop, and its end of the message channel, `{ message, files? }` objects in, `{ message,
//! bytes? }` objects out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent, TextDecodeOptions};

use super::Worker;
use super::page::{Page, SourceFile};
use crate::domain::log::{Encoding, NewDecoder, TextDecoder};
use crate::engine::device::{DeviceError, EngineDevice};
use crate::protocol::{DeviceKind, DeviceReport, Reply, Request, RequestId, VERSION, wire};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(message: &str);
}

/// Starts the worker on the device that `device` resolves to, and never returns to its caller's task.
///
/// A device that cannot be had is reported to the page with its reason; the worker then stays silent.
pub fn start(kind: DeviceKind, device: impl Future<Output = Result<EngineDevice, DeviceError>> + 'static) {
    console_error_panic_hook::set_once();
    let port = Port::open();
    wasm_bindgen_futures::spawn_local(async move {
        let report =
            |detail: String, usable| Reply::Ready { protocol: VERSION, device: DeviceReport { kind, detail, usable } };
        match device.await {
            Ok(device) => {
                port.post(&report(device.detail().to_owned(), true), None);
                serve(Worker::new(port, kind, device)).await;
            }
            Err(error) => port.post(&report(error.to_string(), false), None),
        }
    });
}

/// Answers the page's messages, and trains for a moment between two looks at them.
async fn serve(mut worker: Worker<Port>) {
    loop {
        while let Some((request, files)) = worker.page.take() {
            worker.carry_out(request, files).await;
        }
        if worker.train_for_a_moment().await {
            worker.page.breathe().await;
        } else {
            worker.page.wait().await;
        }
    }
}

/// A request, with the files that came beside it.
type Incoming = (Request, Vec<Blob>);

/// Receives requests into an inbox and posts replies.
struct Port {
    scope: DedicatedWorkerGlobalScope,
    inbox: Rc<RefCell<Inbox>>,
}

#[derive(Default)]
struct Inbox {
    waiting: VecDeque<Incoming>,
    /// Wakes the loop when it waits for a request.
    wake: Option<js_sys::Function>,
}

impl Port {
    /// Starts listening to the page.
    fn open() -> Self {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let inbox = Rc::new(RefCell::new(Inbox::default()));
        let on_message = {
            let inbox = inbox.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Some(incoming) = read_incoming(&event.data()) else { return };
                let wake = {
                    let mut inbox = inbox.borrow_mut();
                    inbox.waiting.push_back(incoming);
                    inbox.wake.take()
                };
                if let Some(wake) = wake {
                    // Resolving a promise cannot throw.
                    let _ = wake.call0(&JsValue::NULL);
                }
            })
        };
        scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget(); // the worker listens for its whole life
        Self { scope, inbox }
    }

    /// The oldest unanswered request.
    fn take(&self) -> Option<Incoming> {
        self.inbox.borrow_mut().waiting.pop_front()
    }

    /// Resolves when a request is there.
    async fn wait(&self) {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            let mut inbox = self.inbox.borrow_mut();
            if inbox.waiting.is_empty() {
                inbox.wake = Some(resolve);
            } else {
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        let _ = JsFuture::from(promise).await;
    }
}

/// Decodes with the browser's `TextDecoder`.
struct BrowserDecoder {
    decoder: web_sys::TextDecoder,
    options: TextDecodeOptions,
}

impl BrowserDecoder {
    /// The decoder of `encoding`; `None` where the browser has none.
    fn of(encoding: Encoding) -> Option<Box<dyn TextDecoder>> {
        let decoder = web_sys::TextDecoder::new_with_label(encoding.label()).ok()?;
        Some(Box::new(Self { decoder, options: TextDecodeOptions::new() }))
    }
}

impl TextDecoder for BrowserDecoder {
    fn decode(&mut self, bytes: &[u8], is_last: bool, text: &mut Vec<u8>) {
        self.options.set_stream(!is_last);
        // It replaces what it cannot decode, and so never throws.
        if let Ok(decoded) = self.decoder.decode_with_u8_array_and_options(bytes, &self.options) {
            text.extend_from_slice(decoded.as_bytes());
        }
    }
}

impl Page for Port {
    const DECODER: NewDecoder = BrowserDecoder::of;

    fn post(&self, reply: &Reply, bytes: Option<&[u8]>) {
        let written = match wire::encode(reply) {
            Ok(written) => Uint8Array::from(written.as_slice()),
            Err(error) => return console_error(&format!("reply lost: {error}")),
        };
        let message = Object::new();
        let transfer = Array::new();
        let set = |key: &str, value: &JsValue| Reflect::set(&message, &key.into(), value).is_ok();
        transfer.push(&written.buffer());
        let mut is_complete = set("message", &written);
        if let Some(bytes) = bytes {
            let buffer = Uint8Array::from(bytes).buffer();
            transfer.push(&buffer);
            is_complete &= set("bytes", &buffer);
        }
        if !is_complete || self.scope.post_message_with_transfer(&message, &transfer).is_err() {
            console_error("reply lost: the page could not be reached");
        }
    }

    fn takes_cancel(&self, load: RequestId) -> bool {
        let waiting = &mut self.inbox.borrow_mut().waiting;
        let is_cancel = |(request, _): &Incoming| matches!(request, Request::CancelLoad { id } if *id == load);
        let at = waiting.iter().position(is_cancel);
        at.is_some_and(|at| waiting.remove(at).is_some())
    }

    fn now(&self) -> f64 {
        js_sys::Date::now()
    }

    async fn breathe(&self) {
        // A macrotask: promises alone would starve the messages.
        gloo_timers::future::TimeoutFuture::new(0).await;
    }
}

impl SourceFile for Blob {
    fn size(&self) -> u64 {
        Blob::size(self) as u64
    }

    fn piece(&self, start: u64, length: u64) -> impl Future<Output = Option<Vec<u8>>> + use<> {
        let slice = self.slice_with_f64_and_f64(start as f64, (start + length) as f64);
        let coming = slice.map(|slice| JsFuture::from(slice.array_buffer()));
        async move { Some(Uint8Array::new(&coming.ok()?.await.ok()?).to_vec()) }
    }
}

fn read_incoming(data: &JsValue) -> Option<Incoming> {
    let message = Uint8Array::new(&Reflect::get(data, &"message".into()).ok()?).to_vec();
    let files = Reflect::get(data, &"files".into()).ok().filter(JsValue::is_object);
    let files = files.map(|files| Array::from(&files).iter().filter_map(|file| file.dyn_into().ok()).collect());
    match wire::decode(&message) {
        Ok(request) => Some((request, files.unwrap_or_default())),
        Err(error) => {
            console_error(&format!("a request was not understood: {error}"));
            None
        }
    }
}
