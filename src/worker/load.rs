//! Logs in, files out.

use std::rc::Rc;

use crate::domain::assembly::open_log;
use crate::domain::features::Prepared;
use crate::domain::log::{LogError, OpenedLog, ReadTable, Refused, Roles, write_csv};
use crate::domain::report::{Predictions, WeightsSheet, write_predictions_csv};
use crate::domain::synth;
use crate::protocol::{Export, LoadedLog, LogSource, RequestId};

use super::page::{Page, SourceFile};
use super::read_file;
use super::run::ActiveRun;
use super::table_cache::{self, CachedTable};

/// The worker's log.
pub struct WorkerLog {
    pub opened: Rc<OpenedLog>,
    /// The table that it was made of, when that is cached.
    pub cached: Option<CachedTable>,
}

/// A log to be loaded.
pub struct LoadRequest<'a, F> {
    pub id: RequestId,
    pub origin: u32,
    pub source: LogSource,
    pub roles: Option<Roles>,
    pub file: Option<&'a F>,
}

/// Why a load came to no log. The log in place is untouched.
pub enum LoadStop {
    /// The page asked for it.
    Cancelled,
    /// The file is Parquet.
    Parquet,
    /// One sentence, with what to do.
    Failed(String),
    /// Other roles could make a log of it, which is cached for them.
    Refused(Box<Refused>, Option<Box<CachedTable>>),
}

impl From<LogError> for LoadStop {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Parquet => Self::Parquet,
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Loads what the page asked for; the log in place is untouched when that fails. Files that are `cached` are not read
/// again.
pub async fn load<F: SourceFile>(
    asked: LoadRequest<'_, F>,
    cached: impl Iterator<Item = &CachedTable>,
    page: &impl Page,
) -> Result<(WorkerLog, LoadedLog), LoadStop> {
    let LoadRequest { id, origin, source, roles, file } = asked;
    // Without roles, a generated log has the generator's.
    let is_open = roles.is_some() || matches!(source, LogSource::File { .. });
    let mut cached = cached.filter(|_| is_open);
    let cached = cached.find_map(|cached| Some((cached.for_roles(origin, roles.as_ref())?, cached.crc32)));
    let (name, known) = match &source {
        LogSource::Generated { synth } => {
            synth.validate().map_err(|error| LoadStop::Failed(error.to_string()))?;
            let generated = || {
                let generated = synth::generate(synth);
                let roles = roles.clone().or(Some(generated.roles));
                (ReadTable { table: generated.table, ..ReadTable::default() }, 0, roles)
            };
            let read = cached.map_or_else(generated, |(read, crc32)| (read, crc32, roles.clone()));
            (text!(worker::generated_log).to_owned(), read)
        }
        LogSource::File { name, limit } => {
            let lost = || LoadStop::Failed(text!(worker::file_lost).to_owned());
            let (read, crc32) = match cached {
                Some(cached) => cached,
                None => read_file::read(id, file.ok_or_else(lost)?, roles.as_ref(), *limit, page).await?,
            };
            (name.clone(), (read, crc32, roles))
        }
    };
    let (read, crc32, roles) = known;
    let cached = table_cache::of(origin, roles.as_ref(), crc32, &read);
    let opened = match open_log(read, roles) {
        Ok(opened) => Rc::new(opened),
        Err(refused) => return Err(LoadStop::Refused(refused, cached.refused().map(Box::new))),
    };
    let cached = cached.beside(&opened);
    if page.takes_cancel(id) {
        return Err(LoadStop::Cancelled);
    }
    let loaded = LoadedLog::of(name, crc32, &opened);
    Ok((WorkerLog { opened, cached }, loaded))
}

/// The log as CSV: the file's name and bytes.
pub fn export_log(with_truth: bool, log: &WorkerLog) -> (String, Vec<u8>) {
    match with_truth {
        true => ("impressions.csv".to_owned(), write_csv(&log.opened.table)),
        false => {
            let observed = log.opened.table.without_truth();
            ("impressions-without-truth.csv".to_owned(), write_csv(&observed))
        }
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
        Export::Checkpoint => {
            let bytes = super::checkpoint::of(run).await?;
            Ok((stem, bytes.unwrap_or_default()))
        }
    }
}
