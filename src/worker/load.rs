//! Logs in, files out.

use std::rc::Rc;

use crate::domain::assembly::{Assembler, AssemblyReport};
use crate::domain::features::Prepared;
use crate::domain::log::{LogError, OpenedLog, ReadTable, Refused, Roles, write_csv, write_csv_for_people};
use crate::domain::report::{Predictions, WeightsSheet, write_predictions_csv};
use crate::domain::synth;
use crate::protocol::{Export, LoadProgress, LoadedLog, LogSource, Reply, RequestId};

use super::page::{Page, SourceFile};
use super::read_file::{Reading, read_all};
use super::run::ActiveRun;
use super::table_cache::CachedFiles;

/// The worker's log.
pub struct WorkerLog {
    pub opened: Rc<OpenedLog>,
    /// The tables that it was made of, when those are cached.
    pub cached: Option<CachedFiles>,
}

/// A log to be loaded.
pub struct LoadRequest<F> {
    pub id: RequestId,
    pub origin: u32,
    pub source: LogSource,
    pub roles: Option<Roles>,
    pub files: Vec<F>,
}

/// Why a load came to no log. The log in place is untouched.
pub enum LoadStop {
    /// The page asked for it.
    Cancelled,
    /// This one of the files is Parquet.
    Parquet(u32),
    /// One sentence, with what to do.
    Failed(String),
    /// Other roles, or another assembly, could make a log of the files, which are cached for them.
    Refused(Box<Refused>, Option<Box<AssemblyReport>>, Option<Box<CachedFiles>>),
}

impl From<LogError> for LoadStop {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Parquet => Self::Parquet(0),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Loads what the page asked for; the log in place is untouched when that fails. Files that are `cached` are not read
/// again.
pub async fn load<F: SourceFile>(
    asked: LoadRequest<F>,
    cached: impl Iterator<Item = &CachedFiles>,
    page: &impl Page,
) -> Result<(WorkerLog, LoadedLog), LoadStop> {
    let LoadRequest { id, origin, source, roles, files } = asked;
    let name = source.name();
    let (names, limit, assembly) = match source {
        LogSource::Generated { synth } => {
            synth.validate().map_err(|error| LoadStop::Failed(error.to_string()))?;
            let generated = synth::generate(&synth);
            let roles = roles.unwrap_or(generated.roles);
            let read = ReadTable { table: generated.table, ..ReadTable::default() };
            let opened = OpenedLog::understand(read, Some(roles));
            let opened = opened.map_err(|refused| LoadStop::Refused(refused, None, None))?;
            return keep(id, page, (text!(worker::generated_log).to_owned(), 0), Rc::new(opened), (None, None));
        }
        LogSource::Files { names, limit, assembly } => (names, limit, assembly),
    };
    let mut cached = cached;
    let cached =
        cached.find_map(|cached| Some((cached.for_roles(origin, roles.as_ref(), assembly.as_ref())?, cached.crc32)));
    let (files, crc32) = match cached {
        Some(cached) => cached,
        None if files.len() < names.len() => return Err(LoadStop::Failed(text!(worker::file_lost).to_owned())),
        None => {
            let reading = Reading { id, roles: roles.as_ref(), limit, page };
            read_all(&reading, &names, &files, assembly.as_ref()).await?
        }
    };
    let of_file = match files.as_slice() {
        [only] => Some(CachedFiles::of_file(origin, roles.as_ref(), crc32, only)),
        _ => None,
    };
    let mut assembler = Assembler::new(files, assembly, roles.clone());
    loop {
        let (done, of) = assembler.progress();
        if of > 0 {
            let steps = Some((done as u32, of as u32));
            let progress = LoadProgress { steps, ..LoadProgress::default() };
            page.post(&Reply::LoadProgress { id, progress }, None);
            page.breathe().await;
        }
        if page.takes_cancel(id) {
            return Err(LoadStop::Cancelled);
        }
        if !assembler.step() {
            break;
        }
    }
    let opening = assembler.finish();
    let of_tables = || CachedFiles::of_tables(origin, roles.clone(), crc32, opening.files);
    let is_assembled = opening.report.is_some();
    match opening.log {
        Err(refused) => {
            let cached = if is_assembled { of_tables() } else { of_file.and_then(CachedFiles::refused) };
            Err(LoadStop::Refused(refused, opening.report.map(Box::new), cached.map(Box::new)))
        }
        Ok(opened) => {
            let opened = Rc::new(opened);
            let cached = if is_assembled { of_tables() } else { of_file.and_then(|file| file.beside(&opened)) };
            keep(id, page, (name, crc32), opened, (opening.report, cached))
        }
    }
}

/// The opened log, and what the page gets to know of it; not when the page has changed its mind.
fn keep(
    id: RequestId,
    page: &impl Page,
    (name, crc32): (String, u32),
    opened: Rc<OpenedLog>,
    (report, cached): (Option<AssemblyReport>, Option<CachedFiles>),
) -> Result<(WorkerLog, LoadedLog), LoadStop> {
    if page.takes_cancel(id) {
        return Err(LoadStop::Cancelled);
    }
    let loaded = LoadedLog::of(name, crc32, &opened, report);
    Ok((WorkerLog { opened, cached }, loaded))
}

/// The log as CSV: the file's name and bytes.
pub fn export_log(with_truth: bool, is_inert: bool, log: &WorkerLog) -> (String, Vec<u8>) {
    let write = if is_inert { write_csv_for_people } else { write_csv };
    match with_truth {
        true => ("impressions.csv".to_owned(), write(&log.opened.table)),
        false => ("impressions-without-truth.csv".to_owned(), write(&log.opened.table.without_truth())),
    }
}

/// Makes a file of a run: its name and bytes.
pub async fn export(what: Export, log: &WorkerLog, run: &ActiveRun) -> Result<(String, Vec<u8>), String> {
    let stem = format!("{}-{}", run.plan.model.name, run.plan.seed);
    let Prepared { split, fitted, .. } = &run.prepared;
    match what {
        Export::Predictions => {
            let rows: Vec<u32> = (0..log.opened.log.n_rows as u32).collect();
            let logits = run.learner.logits(&rows).await.map_err(|error| error.to_string())?;
            let predictions = Predictions {
                model: run.plan.model.name.clone(),
                seed: run.plan.seed,
                tree: run.plan.model.tree.clone(),
                logits,
            };
            Ok((format!("{stem}.predictions.csv"), write_predictions_csv(&log.opened.log, split, &[predictions])))
        }
        Export::Weights => {
            let learned = run.learner.learned().await.map_err(|error| error.to_string())?;
            let bytes = learned.to_bytes().map_err(|error| error.to_string())?;
            Ok((format!("{stem}.{}", learned.extension()), bytes))
        }
        Export::WeightsSpec => {
            let sheet = WeightsSheet::new(&run.plan, fitted);
            Ok((format!("{stem}.json"), serde_json::to_vec_pretty(&sheet).map_err(|error| error.to_string())?))
        }
        Export::Checkpoint => Ok((stem, super::checkpoint::of(run).await?)),
        // Asked of a run that is moving: see `answers.rs`.
        Export::Snapshot => Ok((stem, Vec::new())),
    }
}
