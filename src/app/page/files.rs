//! Exported files that a worker writes, and sample logs.

use super::Page;
use super::effect::{Effect, FileHandle};
use super::questions::Purpose;
use crate::protocol::{DeviceKind, Export, Question, RunId};

/// Use of a file that a worker writes.
#[derive(Debug)]
pub(super) enum FilePurpose {
    Save,
    /// Ask for the sheet that describes these weights: a graph needs both.
    AskSheet {
        run: RunId,
    },
    /// Write the graph from the weights and this sheet.
    MakeGraph {
        weights: FileHandle,
    },
}

impl Page {
    /// Asks the worker of a run for one of its files.
    pub(super) fn export(&mut self, run: RunId, what: Export, then: FilePurpose) {
        let index = self.worker_of_run(run);
        self.ask_file(index, then, Question::Export { run, what });
    }

    pub(super) fn export_graph(&mut self, run: RunId) {
        self.export(run, Export::Weights, FilePurpose::AskSheet { run });
    }

    /// Asks a worker for the log as a file.
    pub(super) fn export_log(&mut self, with_truth: bool) {
        let index = self.worker_with_log(None);
        self.ask_file(index, FilePurpose::Save, Question::ExportLog { with_truth });
    }

    fn ask_file(&mut self, index: Option<usize>, then: FilePurpose, question: Question) {
        let Some(index) = index else {
            return self.exported.set(text!(page::files::model_gone).to_owned());
        };
        self.exported.set(text!(page::files::writing).to_owned());
        self.ask(index, Purpose::File(then), question);
    }

    pub(super) fn on_file(&mut self, then: FilePurpose, name: &str, file: Option<FileHandle>) {
        let Some(file) = file else {
            return self.exported.set(text!(page::files::not_arrived, name = name));
        };
        let file = file.named(name);
        match then {
            FilePurpose::Save => self.effects.push(Effect::Save { file }),
            FilePurpose::AskSheet { run } => {
                self.export(run, Export::WeightsSpec, FilePurpose::MakeGraph { weights: file })
            }
            FilePurpose::MakeGraph { weights } => self.effects.push(Effect::SaveGraph { weights, sheet: file }),
        }
    }

    /// Asks a worker for a sample log, to open it.
    pub(super) fn ask_sample(&mut self, file: String) {
        let with_cpu = self.workers.iter().position(|worker| worker.kind == DeviceKind::Cpu);
        let index = with_cpu.unwrap_or_else(|| self.start_worker(DeviceKind::Cpu));
        // Only the newest request is opened.
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Sample));
        self.ask(index, Purpose::Sample, Question::Sample { file });
    }

    pub(super) fn on_sample(&mut self, name: &str, file: Option<FileHandle>) {
        match file {
            Some(file) => self.open_log_file(file.named(name)),
            None => self.notice.set(Some(text!(page::files::not_kept, name = name))),
        }
    }
}
