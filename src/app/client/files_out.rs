//! Files out: written by the worker that keeps a model, or by the page, and saved by the browser.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use web_sys::Blob;

use super::engines::Engines;
use crate::app::widgets::download;
use crate::protocol::{Export, Request, RequestId, RunId};

impl Engines {
    /// Asks the worker that keeps a run for one of its files; for the log any worker that has it.
    pub fn export(&mut self, run: RunId, what: Export) {
        let serial = self.source.as_ref().map(|source| source.serial);
        let has_log = |worker: &super::engines::Engine| worker.holds == serial && worker.loading.is_none();
        let index = match what {
            Export::Log => self.workers.iter().position(has_log),
            _ => self.workers.iter().position(|worker| worker.keeps == Some(run)),
        };
        let Some(index) = index else {
            return self
                .say_export("That model is not kept any more. Train it again to save what it knows.".to_owned());
        };
        let id = self.fresh_id();
        self.exports.insert(id);
        self.say_export("Writing the file …".to_owned());
        self.workers[index].post(Request::Export { id, run, what }, None);
    }

    pub fn on_exported(&mut self, id: RequestId, name: &str, file: Option<Blob>) {
        if !self.exports.remove(&id) {
            return;
        }
        match file {
            Some(file) => self.save(name, &file),
            None => self.say_export(format!("{name} did not arrive; try again.")),
        }
    }

    /// Saves bytes as a file.
    pub fn save_bytes(&self, name: &str, bytes: &[u8]) {
        let parts = Array::of1(&Uint8Array::from(bytes));
        match Blob::new_with_u8_array_sequence(&parts) {
            Ok(file) => self.save(name, &file),
            Err(_) => self.say_export(format!("{name} could not be written: the browser has no room for it.")),
        }
    }

    fn save(&self, name: &str, file: &Blob) {
        match download(name, file) {
            Ok(()) => self.say_export(format!("{name} saved, {}.", size(file.size()))),
            Err(_) => self.say_export(format!("{name} could not be saved by this browser.")),
        }
    }

    pub fn say_export(&self, text: String) {
        self.state.exported.set(text);
    }
}

/// `812 bytes`, `3.2 MB`
fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1e3 => format!("{b:.0} bytes"),
        b if b < 1e6 => format!("{:.1} KB", b / 1e3),
        b => format!("{:.1} MB", b / 1e6),
    }
}
