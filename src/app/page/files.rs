//! Files to take away that a worker writes, and sample logs.

use super::Page;
use super::effect::{Effect, FileHandle};
use super::questions::Purpose;
use crate::protocol::{DeviceKind, Export, Question, RunId};

/// What becomes of a file that a worker writes.
#[derive(Debug)]
pub(super) enum Then {
    Save,
    /// It is a run's weights, which with the sheet that describes them make a graph: the sheet is asked for next.
    AskSheet {
        run: RunId,
    },
    /// It is that sheet.
    MakeGraph {
        weights: FileHandle,
    },
}

impl Page {
    /// Asks the worker that keeps a run for one of its files.
    pub(super) fn export(&mut self, run: RunId, what: Export, then: Then) {
        let index = self.keeper(run);
        self.ask_file(index, then, Question::Export { run, what });
    }

    pub(super) fn export_graph(&mut self, run: RunId) {
        self.export(run, Export::Weights, Then::AskSheet { run });
    }

    /// Asks a worker that has the log for it.
    pub(super) fn export_log(&mut self, with_truth: bool) {
        let index = self.holder(None);
        self.ask_file(index, Then::Save, Question::ExportLog { with_truth });
    }

    fn ask_file(&mut self, index: Option<usize>, then: Then, question: Question) {
        let Some(index) = index else {
            return self.exported.set(text!(page::files::model_gone).to_owned());
        };
        self.exported.set(text!(page::files::writing).to_owned());
        self.ask(index, Purpose::File(then), question);
    }

    pub(super) fn on_file(&mut self, then: Then, name: &str, file: Option<FileHandle>) {
        let Some(file) = file else {
            return self.exported.set(text!(page::files::not_arrived, name = name));
        };
        let file = file.named(name);
        match then {
            Then::Save => self.effects.push(Effect::Save { file }),
            Then::AskSheet { run } => self.export(run, Export::WeightsSpec, Then::MakeGraph { weights: file }),
            Then::MakeGraph { weights } => self.effects.push(Effect::SaveGraph { weights, sheet: file }),
        }
    }

    /// Asks a worker for a sample log, which is opened when it comes.
    pub(super) fn ask_sample(&mut self, file: String) {
        let with_cpu = self.workers.iter().position(|worker| worker.kind == DeviceKind::Cpu);
        let index = with_cpu.unwrap_or_else(|| self.start_worker(DeviceKind::Cpu));
        // The one that was asked for last is opened.
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
