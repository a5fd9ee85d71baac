//! The Parquet reader's worker: a file in, the same log as CSV out, in pieces that the browser may keep on disk.

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use super::{MAX_FILE_BYTES, ParquetError, to_text, unpacked};
use crate::domain::log::ArchiveLimit;
use crate::protocol::{DeviceKind, DeviceReport, Reply, Request, RequestId, VERSION, wire};

/// Text handed to the browser at a time.
const PIECE_BYTES: usize = 4 << 20;

/// Starts listening; says that it does.
pub fn start() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let on_message = {
        let scope = scope.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some((id, file)) = read_request(&event.data()) {
                let scope = scope.clone();
                wasm_bindgen_futures::spawn_local(async move {
                    match convert(&file).await {
                        Ok((rows, csv)) => post(&scope, &Reply::Converted { id, rows }, Some(&csv)),
                        Err(message) => post(&scope, &Reply::LoadFailed { id, message }, None),
                    }
                });
            }
        })
    };
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget(); // the worker listens for its whole life
    let device = DeviceReport { kind: DeviceKind::Cpu, detail: "Parquet reader".to_owned(), usable: true };
    post(&scope, &Reply::Ready { protocol: VERSION, device }, None);
}

async fn convert(file: &Blob) -> Result<(u64, Blob), String> {
    if file.size() > MAX_FILE_BYTES as f64 {
        return Err(text!(parquet::too_large).to_owned());
    }
    let unreadable = |_| text!(parquet::unreadable).to_owned();
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(unreadable)?;
    let bytes = unpacked(Uint8Array::new(&buffer).to_vec()).map_err(|error| error.to_string())?;
    drop(buffer);
    let (parts, mut piece) = (Array::new(), Vec::new());
    let rows = to_text(bytes, ArchiveLimit::default(), |text| {
        piece.extend_from_slice(text);
        if piece.len() >= PIECE_BYTES {
            let blob = blob_of(&piece)?;
            parts.push(&blob);
            piece.clear();
        }
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    let blob = blob_of(&piece).map_err(|error| error.to_string())?;
    parts.push(&blob);
    let csv = Blob::new_with_blob_sequence(&parts)
        .map_err(|error| text!(parquet::not_kept, error = format_args!("{error:?}")))?;
    Ok((rows, csv))
}

fn blob_of(text: &[u8]) -> Result<Blob, ParquetError> {
    let parts = Array::of1(&Uint8Array::from(text));
    let full = |error| ParquetError::Sink(text!(parquet::no_room, error = format_args!("{error:?}")));
    Blob::new_with_u8_array_sequence(&parts).map_err(full)
}

fn read_request(data: &JsValue) -> Option<(RequestId, Blob)> {
    let message = Uint8Array::new(&Reflect::get(data, &"message".into()).ok()?).to_vec();
    let file = Array::from(&Reflect::get(data, &"files".into()).ok()?).get(0).dyn_into().ok()?;
    match wire::decode(&message) {
        Ok(Request::Load { id, .. }) => Some((id, file)),
        _ => None,
    }
}

fn post(scope: &DedicatedWorkerGlobalScope, reply: &Reply, file: Option<&Blob>) {
    let Ok(written) = wire::encode(reply) else { return };
    let message = Object::new();
    let mut is_complete = Reflect::set(&message, &"message".into(), &Uint8Array::from(written.as_slice())).is_ok();
    if let Some(file) = file {
        is_complete &= Reflect::set(&message, &"file".into(), file).is_ok();
    }
    if !is_complete || scope.post_message(&message).is_err() {
        wasm_bindgen::throw_str("the page could not be reached");
    }
}
