//! A log's file, pushed in pieces, of which no more than a limit is ever kept: what is longer is sampled while it is read.

use super::read::{ReadLimits, ReadOptions, ReadProgress, ReadTable, RowSampler, RowsSoFar, TableReader};
use super::strata::LabelColumns;
use super::{LogError, Roles, RowLimit, Sample, Sampler};

/// Rows beyond the limit that are held at least before some are let go.
const LEAST_SLACK: usize = 20_000;

/// Reads a log of any length within a limit on its rows and on their memory.
///
/// The labels by which a longer log is sampled are given, or inferred from the rows that come before the limit.
pub struct LogReader {
    reader: TableReader,
    sampler: LogSampler,
}

impl LogReader {
    /// A reader; `given` says which columns are the labels and which encoding the text is in, where it does. The limits of
    /// `options` on rows and memory are those of `limit`.
    pub fn new(options: ReadOptions, given: Option<&Roles>, limit: RowLimit) -> Self {
        let slack = (limit.rows / 2).max(LEAST_SLACK);
        let table_bytes = limit.megabytes.saturating_mul(1 << 20);
        let limits = ReadLimits { rows: limit.rows.saturating_add(slack), table_bytes, ..options.limits };
        let encoding = options.encoding.or_else(|| given.and_then(Roles::encoding));
        let sampler = LogSampler {
            given: given.cloned().unwrap_or_default(),
            most_rows: limits.rows,
            limit,
            cap: limit.rows,
            labels: None,
            sampler: Sampler::new(limit.rows, limit.seed),
            drawn: None,
        };
        Self { reader: TableReader::new(ReadOptions { encoding, limits, ..options }), sampler }
    }

    /// Takes the next piece of the file, of any length.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix. The reader is of no more use then.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.reader.push(bytes, Some(&mut self.sampler))
    }

    pub fn progress(&self) -> ReadProgress {
        self.reader.progress()
    }

    /// The file is over: its table, which says how it was sampled, if it was.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn finish(mut self) -> Result<ReadTable, LogError> {
        let mut read = self.reader.finish(Some(&mut self.sampler))?;
        read.table.sample = self.sampler.drawn;
        Ok(read)
    }
}

/// Reads a whole file within `limit`.
///
/// # Errors
/// [`LogError`], with the place and the fix.
pub fn read_log(bytes: &[u8], given: Option<&Roles>, limit: RowLimit) -> Result<ReadTable, LogError> {
    let mut reader = LogReader::new(ReadOptions::default(), given, limit);
    reader.push(bytes)?;
    reader.finish()
}

/// Draws the sample by the labels.
struct LogSampler {
    given: Roles,
    limit: RowLimit,
    /// Rows that may be in memory.
    most_rows: usize,
    /// Rows to keep: the limit's, or fewer for lack of memory.
    cap: usize,
    labels: Option<LabelColumns>,
    sampler: Sampler,
    drawn: Option<Sample>,
}

impl RowSampler for LogSampler {
    fn thin(&mut self, rows: &RowsSoFar<'_>) -> Vec<bool> {
        let n_rows = rows.n_rows();
        if n_rows <= self.most_rows {
            // Asked for the sake of memory.
            while self.cap > n_rows / 2 && self.cap > 1 {
                self.cap /= 2;
            }
            self.sampler.lower(self.cap);
        }
        let known = self.sampler.n_rows();
        let strata = self.labels(rows).strata(rows, known);
        self.sampler.thin(n_rows, |row| rows.source(row), |row| strata[row - known])
    }

    fn last_word(&mut self, rows: &RowsSoFar<'_>) -> Option<Vec<bool>> {
        let is_whole = self.labels.is_none() && rows.n_rows() <= self.cap;
        if is_whole {
            return None;
        }
        let known = self.sampler.n_rows();
        let strata = self.labels(rows).strata(rows, known);
        let sampler = std::mem::replace(&mut self.sampler, Sampler::new(0, 0));
        let (keep, sample) = sampler.finish(rows.n_rows(), |row| rows.source(row), |row| strata[row - known]);
        let labels = self.labels.take().unwrap_or_default();
        let megabytes = (self.cap < self.limit.rows).then_some(self.limit.megabytes);
        self.drawn = Some(Sample { click: labels.click, conversion: labels.conversion, megabytes, ..sample });
        Some(keep)
    }
}

impl LogSampler {
    /// The columns that tell the strata: found once, so that a row's stratum does not depend on when it is asked for.
    fn labels(&mut self, rows: &RowsSoFar<'_>) -> &LabelColumns {
        let given = &self.given;
        self.labels.get_or_insert_with(|| LabelColumns::find(rows, given))
    }
}
