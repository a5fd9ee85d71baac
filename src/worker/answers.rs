//! Answers to the page's questions about the log and the run that the worker holds. Answering changes neither.

use super::load::{self, WorkerLog};
use super::page::{Page, SourceFile};
use super::run::ActiveRun;
use super::{Worker, own_predictions, rows};
use crate::domain::report::read_impression;
use crate::domain::spec::sample_bytes;
use crate::domain::synth::preview;
use crate::protocol::{Answer, Export, Question, Refusal, RowsAsk, RunId};

/// An answer, and the bytes of a file.
pub type Answered = Result<(Answer, Option<Vec<u8>>), Refusal>;

impl<P: Page> Worker<P> {
    pub(super) async fn answer(&mut self, question: Question, files: &[impl SourceFile]) -> Answered {
        self.answer_or_say_why(question, files).await.map_err(Refusal)
    }

    async fn answer_or_say_why(
        &mut self,
        question: Question,
        files: &[impl SourceFile],
    ) -> Result<(Answer, Option<Vec<u8>>), String> {
        let answer = match question {
            Question::Impression { run, row } => {
                let (log, active) = self.log_and_run(run)?;
                read_row(row, log, active).await?
            }
            Question::WhatIf { run, row, values } => {
                let (log, active) = self.log_and_run(run)?;
                let (reading, unknown) = rows::read_what_if(row, &values, log, active).await?;
                Answer::WhatIf { reading: Box::new(reading), unknown }
            }
            Question::Flow { run } => {
                let flow = self.steered(run)?.next_flow().await?;
                Answer::Flow(Box::new(flow))
            }
            Question::Embeddings { run, field } => {
                let (_, active) = self.log_and_run(run)?;
                Answer::Embeddings(Box::new(active.embeddings(field).await?))
            }
            Question::Part { run, part } => {
                let (_, active) = self.log_and_run(run)?;
                Answer::Part(Box::new(active.read_part(&part)?))
            }
            Question::Rows(ask) => self.window(&ask).await?,
            Question::Predictions { run, rows } => {
                let (log, active) = self.log_and_run(run)?;
                Answer::Predictions(rows::predictions(&rows, log, active).await?)
            }
            Question::Preview(synth) => {
                synth.validate().map_err(|error| error.to_string())?;
                Answer::Preview(Box::new(preview(&synth)))
            }
            Question::Draft(ask) => Answer::Draft(self.draft(*ask).await?),
            Question::OwnPredictions(split) => {
                let log = self.log.as_ref().ok_or(text!(worker::no_log))?;
                Answer::OwnPredictions(own_predictions::read(&split, log, files.first()).await?)
            }
            Question::Race(plan) => Answer::Race { rows_per_second: self.race(*plan).await? },
            Question::Export { run, what: Export::Snapshot } => {
                let (active, page) = self.run_and_page(run).ok_or(text!(worker::run_gone))?;
                return Ok((Answer::File { name: String::new() }, Some(active.snapshot(page).await?)));
            }
            Question::Export { run, what } => {
                let (log, active) = self.log_and_run(run)?;
                let (name, bytes) = load::export(what, log, active).await?;
                return Ok((Answer::File { name }, Some(bytes)));
            }
            Question::ExportLog { with_truth, is_inert } => {
                let log = self.log.as_ref().ok_or(text!(worker::no_log))?;
                let (name, bytes) = load::export_log(with_truth, is_inert, log);
                return Ok((Answer::File { name }, Some(bytes)));
            }
            Question::Sample { file } => {
                let bytes = sample_bytes(&file).ok_or_else(|| text!(worker::no_sample, file = file))?;
                return Ok((Answer::File { name: file }, Some(bytes)));
            }
        };
        Ok((answer, None))
    }

    async fn window(&mut self, ask: &RowsAsk) -> Result<Answer, String> {
        let run = self.run.as_ref().filter(|active| Some(active.id) == ask.run);
        let log = self.log.as_ref().ok_or(text!(worker::no_log))?;
        Ok(Answer::Rows(Box::new(rows::page(ask, log, run, &mut self.chosen).await?)))
    }

    fn log_and_run(&self, run: RunId) -> Result<(&WorkerLog, &ActiveRun), String> {
        let lost = || text!(worker::run_gone).to_owned();
        self.log.as_ref().zip(self.run_called(run)).ok_or_else(lost)
    }

    fn steered(&mut self, run: RunId) -> Result<&mut ActiveRun, String> {
        self.run.as_mut().filter(|active| active.id == run).ok_or_else(|| text!(worker::run_gone).to_owned())
    }
}

async fn read_row(row: usize, log: &WorkerLog, active: &ActiveRun) -> Result<Answer, String> {
    let log = &log.opened.log;
    let Some(row_id) = u32::try_from(row).ok().filter(|_| row < log.n_rows) else {
        return Err(text!(worker::no_row, rows = log.n_rows, row = row));
    };
    let logits = active.learner.logits(&[row_id]).await.map_err(|error| error.to_string())?;
    Ok(Answer::Impression(Box::new(read_impression(log, &active.plan.model, row, &logits))))
}
