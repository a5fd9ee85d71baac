//! Parquet files: turned into text by a worker of their own, which is loaded for the first of them and ends with it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::engines::{Engines, Source};
use super::port::{Letter, Port};
use crate::app::state::LogState;
use crate::protocol::{LogSource, Reply, Request, RequestId};

impl Engines {
    /// Has the pending log's file turned into text; that is read then.
    pub fn convert_parquet(&mut self, id: RequestId) {
        let Some((_, source)) = self.pending.as_ref().filter(|(pending, _)| *pending == id) else { return };
        let what = match &source.source {
            LogSource::File { name, .. } => text!(client::parquet::unpacking, name = name),
            LogSource::Generated { .. } => return,
        };
        self.state.log_state.set(LogState::Loading { what, progress: None });
        let me = self.weak();
        let receive = move |letter| {
            let me = me.clone();
            // A task of its own: a port is never dropped by its own event handler.
            spawn_local(async move {
                if let Some(engines) = me.upgrade() {
                    engines.borrow_mut().on_converter(id, letter);
                }
            });
        };
        match Port::open_parquet_reader(receive) {
            Ok(port) => self.converter = Some(port),
            Err(message) => self.on_page_load_failed(id, message),
        }
        self.say_status();
    }

    fn on_converter(&mut self, id: RequestId, letter: Letter) {
        let Some((pending, source)) = self.pending.clone().filter(|(pending, _)| *pending == id) else { return };
        match letter {
            Letter::Reply(reply, csv) => match (*reply, csv) {
                (Reply::Ready { .. }, _) => {
                    let request =
                        Request::Load { id, origin: source.origin, source: source.source.clone(), roles: None };
                    let posted = self.converter.as_ref().map(|port| port.post(&request, source.file.as_ref()));
                    if let Some(Err(message)) = posted {
                        self.end_conversion(pending, message);
                    }
                }
                (Reply::Converted { .. }, Some(csv)) => {
                    self.converter = None;
                    self.pending = None;
                    match web_sys::File::new_with_blob_sequence(&js_sys::Array::of1(&csv), &name_of(&source)) {
                        Ok(file) => self.load(Source { file: Some(file), ..source }),
                        Err(error) => {
                            let message = text!(client::parquet::not_kept, error = format!("{error:?}"));
                            self.state.log_state.set(LogState::Failed { message });
                        }
                    }
                }
                (Reply::LoadFailed { message, .. }, _) => self.end_conversion(pending, message),
                _ => {}
            },
            Letter::Broken(message) => {
                let message = text!(client::parquet::unreadable, message = message);
                self.end_conversion(pending, message);
            }
        }
    }

    fn end_conversion(&mut self, id: RequestId, message: String) {
        self.converter = None;
        self.on_page_load_failed(id, message);
    }
}

fn name_of(source: &Source) -> String {
    match &source.source {
        LogSource::File { name, .. } => name.clone(),
        LogSource::Generated { .. } => String::new(),
    }
}
