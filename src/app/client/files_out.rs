//! Files out: written by the worker that keeps a model, or by the page, and saved by the browser.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use web_sys::{Blob, File};

use super::engines::Engines;
use super::questions::Purpose;
use crate::app::numbers::decimal;
use crate::app::parts::WriteGraph;
use crate::app::state::LogState;
use crate::app::widgets::download;
use crate::protocol::{DeviceKind, Export, LogSource, Question, RunId};

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
    /// Asks the worker that keeps a run for one of its files.
    pub fn export(&mut self, run: RunId, what: Export, then: Then) {
        let index = self.keeper(run);
        self.ask_file(index, then, Question::Export { run, what });
    }

    /// Asks a worker that has the log for it.
    pub fn export_log(&mut self, with_truth: bool) {
        let index = self.holder(None);
        self.ask_file(index, Then::Save, Question::ExportLog { with_truth });
    }

    fn ask_file(&mut self, index: Option<usize>, then: Then, question: Question) {
        let Some(index) = index else {
            return self.say_export(text!(client::files_out::model_gone).to_owned());
        };
        self.say_export(text!(client::files_out::writing).to_owned());
        self.ask(index, Purpose::File(then), question);
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
        // The one that was asked for last is opened.
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Sample));
        self.ask(index, Purpose::Sample, Question::Sample { file });
    }

    pub fn on_sample(&mut self, name: &str, file: Option<Blob>) {
        let limit = self.state.limit.get_untracked();
        let file = file.and_then(|blob| File::new_with_blob_sequence(&Array::of1(&blob), name).ok());
        match file {
            Some(file) => self.open(LogSource::File { name: name.to_owned(), limit }, Some(file)),
            None => self.state.notice.set(Some(text!(client::files_out::not_kept, name = name))),
        }
    }

    pub fn on_file(&mut self, then: Then, name: &str, file: Option<Blob>) {
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
