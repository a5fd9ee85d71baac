//! Files out: written by the worker that keeps a model, or by the page, and saved by the browser.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use web_sys::{Blob, File};

use super::engines::Engines;
use crate::app::numbers::decimal;
use crate::app::parts::WriteGraph;
use crate::app::state::LogState;
use crate::app::widgets::download;
use crate::protocol::{DeviceKind, Export, LogSource, Request, RequestId, RunId};

/// What becomes of a file that a worker writes.
pub enum Then {
    Save,
    /// It is a run's weights, which with the sheet beside them make a graph: the sheet is asked for next.
    AskSheet {
        run: RunId,
        write: WriteGraph,
    },
    /// It is that sheet.
    Graph {
        weights_name: String,
        weights: Blob,
        write: WriteGraph,
    },
}

impl Engines {
    /// Asks the worker that keeps a run for one of its files; for the log any worker that has it.
    pub fn export(&mut self, run: RunId, what: Export, then: Then) {
        let serial = self.source.as_ref().map(|source| source.serial);
        let has_log = |worker: &super::engines::Engine| worker.holds == serial && worker.loading.is_none();
        let index = match what {
            Export::Log | Export::LogWithoutTruth => self.workers.iter().position(has_log),
            _ => self.workers.iter().position(|worker| worker.keeps == Some(run)),
        };
        let Some(index) = index else {
            return self.say_export(text!(client::files_out::model_gone).to_owned());
        };
        let id = self.fresh_id();
        self.exports.insert(id, then);
        self.say_export(text!(client::files_out::writing).to_owned());
        self.workers[index].post(Request::Export { id, run, what }, None);
    }

    /// Asks a worker for a sample log, which is opened when it comes.
    pub fn ask_sample(&mut self, file: String) {
        let index = match self.workers.iter().position(|worker| worker.kind == DeviceKind::Cpu) {
            Some(index) => index,
            None => match self.start_worker(DeviceKind::Cpu) {
                Ok(index) => index,
                Err(message) => return self.state.log_state.set(LogState::Failed { message }),
            },
        };
        let id = self.fresh_id();
        self.sample = Some(id);
        self.workers[index].post(Request::Sample { id, file }, None);
    }

    pub fn on_exported(&mut self, id: RequestId, name: &str, file: Option<Blob>) {
        if self.on_checkpoint(id, name, file.as_ref()) {
            return;
        }
        if let Some(blob) = file.as_ref().filter(|_| self.sample == Some(id)) {
            self.sample = None;
            let limit = self.state.limit.get_untracked();
            match File::new_with_blob_sequence(&Array::of1(blob), name) {
                Ok(file) => self.open(LogSource::File { name: name.to_owned(), limit }, Some(file)),
                Err(_) => self.say_export(text!(client::files_out::not_kept, name = name)),
            }
            return;
        }
        let Some(then) = self.exports.remove(&id) else { return };
        let Some(file) = file else {
            return self.say_export(text!(client::files_out::not_arrived, name = name));
        };
        match then {
            Then::Save => self.save(name, &file),
            Then::AskSheet { run, write } => {
                let graph = Then::Graph { weights_name: name.to_owned(), weights: file, write };
                self.export(run, Export::WeightsSpec, graph);
            }
            Then::Graph { weights_name, weights, write } => self.save_graph(&weights_name, weights, file, write),
        }
    }

    /// Saves bytes as a file.
    pub fn save_bytes(&self, name: &str, bytes: &[u8]) {
        let parts = Array::of1(&Uint8Array::from(bytes));
        match Blob::new_with_u8_array_sequence(&parts) {
            Ok(file) => self.save(name, &file),
            Err(_) => self.say_export(text!(client::files_out::no_room, name = name)),
        }
    }

    fn save(&self, name: &str, file: &Blob) {
        match download(name, file) {
            Ok(()) => self.say_export(text!(client::files_out::saved, name = name, size = size(file.size()))),
            Err(_) => self.say_export(text!(client::files_out::not_saved, name = name)),
        }
    }

    pub fn say_export(&self, text: String) {
        self.state.exported.set(text);
    }
}

/// `812 bytes`, `3.2 MB`
fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1e3 => text!(client::files_out::bytes, size = format!("{b:.0}")),
        b if b < 1e6 => text!(client::files_out::kilobytes, size = decimal(format!("{:.1}", b / 1e3))),
        b => text!(client::files_out::megabytes, size = decimal(format!("{:.1}", b / 1e6))),
    }
}
