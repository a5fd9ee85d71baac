//! Parquet files: converted to text by a worker that is started for each file and ends with it.

use super::Page;
use super::effect::{Effect, Program};
use super::loading::Given;
use super::message::WorkerEvent;
use super::state::LogState;
use crate::protocol::{Reply, Request, RequestId, VERSION};

impl Page {
    /// Starts converting the pending log's file; the text is loaded then.
    pub(super) fn start_converter(&mut self, id: RequestId, file: usize) {
        let Some((pending, source)) = &self.pending else { return };
        let Some(handle) = source.given.files.get(file).filter(|_| *pending == id) else { return };
        let what = text!(page::parquet::unpacking, name = &handle.name);
        self.log_state.set(LogState::Loading { what, progress: None });
        let key = self.fresh_number();
        self.converter = Some((key, file));
        self.effects.push(Effect::StartWorker { worker: key, program: Program::ParquetReader });
    }

    pub(super) fn end_converter(&mut self) {
        if let Some((worker, _)) = self.converter.take() {
            self.effects.push(Effect::EndWorker { worker });
        }
    }

    pub(super) fn on_converter(&mut self, event: WorkerEvent) {
        let (Some((worker, at)), Some((id, mut source))) = (self.converter, self.pending.clone()) else { return };
        match event {
            WorkerEvent::Broken(message) => {
                self.end_conversion(id, text!(page::parquet::unreadable, message = message));
            }
            WorkerEvent::OutOfMemory => {
                self.end_conversion(id, text!(page::parquet::unreadable, message = text!(page::parquet::too_large)));
            }
            WorkerEvent::Reply(reply, csv) => match (*reply, csv) {
                (Reply::Ready { protocol, .. }, _) if protocol != VERSION => {
                    self.end_conversion(id, text!(page::workers::other_build).to_owned());
                }
                (Reply::Ready { .. }, _) => {
                    let Given { source, files, origin, .. } = source.given;
                    let request = Box::new(Request::Load { id, origin, source, roles: None });
                    let files = files.into_iter().skip(at).take(1).collect();
                    self.effects.push(Effect::Post { worker, request, files });
                }
                (Reply::Converted { .. }, Some(csv)) => {
                    self.end_converter();
                    self.pending = None;
                    if let Some(file) = source.given.files.get_mut(at) {
                        *file = csv.named(&file.name);
                    }
                    let trains = self.trains_when_loaded;
                    self.load(source);
                    self.trains_when_loaded = trains;
                }
                (Reply::Converted { .. }, None) => {
                    self.end_conversion(id, text!(page::files::not_arrived, name = source.name()));
                }
                (Reply::LoadFailed { message, .. }, _) => self.end_conversion(id, message),
                _ => {}
            },
        }
    }

    fn end_conversion(&mut self, id: RequestId, message: String) {
        self.end_converter();
        self.on_page_load_failed(id, message);
        self.dispatch();
    }
}
