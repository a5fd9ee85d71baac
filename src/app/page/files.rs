//! Exported files that a worker writes, and sample logs.

use super::Page;
use super::effect::{Effect, FileHandle};
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
    pub(super) fn export_graph(&mut self, run: RunId) {
        self.ask_file(Question::Export { run, what: Export::Weights }, FilePurpose::AskSheet { run });
    }

    /// Asks the worker of a run for one of its files, or a worker for the log as a file.
    pub(super) fn ask_file(&mut self, question: Question, then: FilePurpose) {
        let index = question.run().map_or_else(|| self.worker_with_log(None), |run| self.worker_of_run(run));
        let waits_for = question.run().filter(|_| index.is_none());
        if let Some(run) = waits_for {
            self.waiting_files.push((run, question, then));
            self.exported.set(text!(page::files::model_comes).to_owned());
            return self.ask_waiting_files();
        }
        let Some(index) = index else {
            return self.exported.set(text!(page::files::no_log).to_owned());
        };
        self.exported.set(text!(page::files::writing).to_owned());
        self.ask_worker_for_file(index, question, then);
    }

    /// Asks what waited for a model that a worker had to take up again.
    pub(super) fn ask_what_waits(&mut self) {
        self.ask_waiting_files();
        self.ask_next_subset();
        self.ask_newest_window();
    }

    /// Asks for the files whose models are back; has the others' models brought, or says that they are not kept.
    pub(super) fn ask_waiting_files(&mut self) {
        for (run, question, then) in std::mem::take(&mut self.waiting_files) {
            if self.worker_of_run(run).is_some() {
                self.ask_file(question, then);
            } else if self.recall(run) {
                self.waiting_files.push((run, question, then));
            } else {
                self.exported.set(text!(page::files::model_gone).to_owned());
            }
        }
    }

    pub(super) fn on_file(&mut self, then: FilePurpose, name: &str, file: Option<FileHandle>) {
        let Some(file) = file else {
            return self.exported.set(text!(page::files::not_arrived, name = name));
        };
        let file = file.named(name);
        match then {
            FilePurpose::Save => self.effects.push(Effect::Save { file }),
            FilePurpose::AskSheet { run } => {
                let sheet = Question::Export { run, what: Export::WeightsSpec };
                self.ask_file(sheet, FilePurpose::MakeGraph { weights: file });
            }
            FilePurpose::MakeGraph { weights } => self.effects.push(Effect::SaveGraph { weights, sheet: file }),
        }
    }

    /// Asks a worker for the files of a sample log, to open them once all are there.
    pub(super) fn open_sample(&mut self, files: Vec<String>) {
        self.notice.set(None);
        let with_cpu = self.workers.iter().position(|worker| worker.kind == DeviceKind::Cpu);
        let index = with_cpu.unwrap_or_else(|| self.start_worker(DeviceKind::Cpu));
        // Only the newest request is opened.
        self.forget_sample();
        self.sample = (Vec::new(), files.len());
        for file in files {
            self.ask_worker(index, Question::Sample { file });
        }
    }

    /// Drops the sample log that is awaited.
    pub(super) fn forget_sample(&mut self) {
        self.awaited.forget(|asked| matches!(asked.question, Question::Sample { .. }));
    }

    pub(super) fn on_sample(&mut self, name: &str, file: Option<FileHandle>) {
        let Some(file) = file else {
            return self.warn(text!(page::files::not_kept, name = name));
        };
        let (files, of) = &mut self.sample;
        files.push(file.named(name));
        if files.len() == *of {
            let files = std::mem::take(files);
            self.open_tables(files);
        }
    }
}
