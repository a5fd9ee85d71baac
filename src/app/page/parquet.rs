//! Parquet files: converted to text by a worker that is started for each file and ends with it.

use super::Page;
use super::effect::{Effect, Program};
use super::loading::Source;
use super::message::WorkerEvent;
use super::state::LogState;
use crate::protocol::{Reply, Request, RequestId};

impl Page {
    /// Starts converting the pending log's file; the text is loaded then.
    pub(super) fn start_converter(&mut self, id: RequestId) {
        let Some((pending, source)) = &self.pending else { return };
        if *pending != id {
            return;
        }
        let what = text!(page::parquet::unpacking, name = source.name());
        self.log_state.set(LogState::Loading { what, progress: None });
        let key = self.fresh_number();
        self.converter = Some(key);
        self.effects.push(Effect::StartWorker { worker: key, program: Program::ParquetReader });
    }

    pub(super) fn end_converter(&mut self) {
        if let Some(worker) = self.converter.take() {
            self.effects.push(Effect::EndWorker { worker });
        }
    }

    pub(super) fn on_converter(&mut self, event: WorkerEvent) {
        let (Some(worker), Some((id, source))) = (self.converter, self.pending.clone()) else { return };
        match event {
            WorkerEvent::Broken(message) => {
                self.end_conversion(id, text!(page::parquet::unreadable, message = message));
            }
            WorkerEvent::Reply(reply, csv) => match (*reply, csv) {
                (Reply::Ready { .. }, _) => {
                    let request =
                        Request::Load { id, origin: source.origin, source: source.source.clone(), roles: None };
                    self.effects.push(Effect::Post { worker, request: Box::new(request), file: source.file });
                }
                (Reply::Converted { .. }, Some(csv)) => {
                    self.end_converter();
                    self.pending = None;
                    let csv = csv.named(source.name());
                    self.load(Source { file: Some(csv), ..source });
                }
                (Reply::LoadFailed { message, .. }, _) => self.end_conversion(id, message),
                _ => {}
            },
        }
    }

    fn end_conversion(&mut self, id: RequestId, message: String) {
        self.end_converter();
        self.on_page_load_failed(id, message);
    }
}
