//! The worker's end of the message channel: `{ message, file? }` objects in, `{ message, bytes? }` objects out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use crate::protocol::{Reply, Request, RequestId, wire};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(message: &str);
}

/// A request, with the file that came beside it.
pub type Letter = (Request, Option<Blob>);

/// Receives requests into an inbox and posts replies.
pub struct Port {
    scope: DedicatedWorkerGlobalScope,
    inbox: Rc<RefCell<Inbox>>,
}

#[derive(Default)]
struct Inbox {
    letters: VecDeque<Letter>,
    /// Wakes the loop when it waits for a letter.
    wake: Option<js_sys::Function>,
}

impl Port {
    /// Starts listening to the page.
    pub fn open() -> Self {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let inbox = Rc::new(RefCell::new(Inbox::default()));
        let on_message = {
            let inbox = inbox.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Some(letter) = read_letter(&event.data()) else { return };
                let wake = {
                    let mut inbox = inbox.borrow_mut();
                    inbox.letters.push_back(letter);
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
    pub fn take(&self) -> Option<Letter> {
        self.inbox.borrow_mut().letters.pop_front()
    }

    /// Whether the page has asked to leave that load be; the request is answered by being told so.
    pub fn takes_cancel(&self, load: RequestId) -> bool {
        let letters = &mut self.inbox.borrow_mut().letters;
        let is_cancel = |(request, _): &Letter| matches!(request, Request::CancelLoad { id } if *id == load);
        let at = letters.iter().position(is_cancel);
        at.is_some_and(|at| letters.remove(at).is_some())
    }

    /// Resolves when a request is there.
    pub async fn wait(&self) {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            let mut inbox = self.inbox.borrow_mut();
            if inbox.letters.is_empty() {
                inbox.wake = Some(resolve);
            } else {
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
    }

    /// Sends a reply, with a byte buffer beside it when given.
    pub fn post(&self, reply: &Reply, bytes: Option<&[u8]>) {
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
}

/// Lets the browser deliver messages: a macrotask, since promises alone would starve them.
pub async fn breathe() {
    gloo_timers::future::TimeoutFuture::new(0).await;
}

fn read_letter(data: &JsValue) -> Option<Letter> {
    let message = Uint8Array::new(&Reflect::get(data, &"message".into()).ok()?).to_vec();
    let file = Reflect::get(data, &"file".into()).ok().and_then(|file| file.dyn_into().ok());
    match wire::decode(&message) {
        Ok(request) => Some((request, file)),
        Err(error) => {
            console_error(&format!("a request was not understood: {error}"));
            None
        }
    }
}
