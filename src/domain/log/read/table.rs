//! A table in the making: rows of any source, column by column.

use std::collections::HashMap;

use super::column::{ColumnBuilder, DictionaryFull, FinishedColumn, retain_rows};
use super::lines::Lines;
use super::notes::ReadNote;
use super::number::DecimalMark;
use super::options::{ReadLimits, RowSampler, RowsSoFar};
use crate::domain::log::names::{is_id, is_label};
use crate::domain::log::{Column, LogError, Table};

/// Columns that grow row by row; every finished row has a field in each.
#[derive(Debug)]
pub(super) struct TableBuilder {
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<ColumnBuilder>,
    pub(super) lines: Lines,
    /// Rows read, those included that were not kept.
    pub(super) rows_read: u64,
    /// Number of each kept row among those read; only once some were not kept.
    sources: Option<Vec<u64>>,
    index_of: HashMap<String, usize>,
    mark: DecimalMark,
    limits: ReadLimits,
}

impl TableBuilder {
    pub(super) fn new(mark: DecimalMark, limits: ReadLimits) -> Self {
        Self {
            names: Vec::new(),
            columns: Vec::new(),
            lines: Lines::default(),
            rows_read: 0,
            sources: None,
            index_of: HashMap::new(),
            mark,
            limits,
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.lines.n_rows()
    }

    /// Adds a column; rows before it are missing there.
    ///
    /// # Errors
    /// When there are more than the limit.
    pub(super) fn add_column(&mut self, name: &str) -> Result<usize, LogError> {
        let index = self.columns.len();
        if index >= self.limits.columns {
            return Err(LogError::TooManyColumns { limit: self.limits.columns });
        }
        if (index + 1).saturating_mul(self.n_rows()).saturating_mul(4) > self.limits.table_bytes {
            let (line, rows) = (self.lines.line_of(self.n_rows()), self.n_rows());
            return Err(LogError::TooMuchMemory { line, rows, limit: self.limits.table_bytes });
        }
        let mut column = ColumnBuilder::new(self.mark);
        column.fill_to(self.n_rows());
        self.names.push(name.to_owned());
        self.columns.push(column);
        self.index_of.insert(name.to_owned(), index);
        Ok(index)
    }

    /// Index of the column called `name`, new if need be. `guess` is looked at first.
    pub(super) fn column_called(&mut self, name: &str, guess: usize) -> Result<usize, LogError> {
        if self.names.get(guess).is_some_and(|known| known == name) {
            return Ok(guess);
        }
        match self.index_of.get(name) {
            Some(&index) => Ok(index),
            None => self.add_column(name),
        }
    }

    /// Ends the row that was pushed field by field: each column has one.
    #[inline]
    pub(super) fn end_row(&mut self, line: u64) {
        self.lines.push(line);
        if let Some(sources) = &mut self.sources {
            sources.push(self.rows_read);
        }
        self.rows_read += 1;
    }

    /// Holds the table to its limits; to be called after each small piece of text.
    ///
    /// # Errors
    /// When it is over one and no sampler chooses rows.
    pub(super) fn check(&mut self, sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<(), LogError> {
        let is_over = |table: &Self| table.n_rows() > table.limits.rows || table.bytes() > table.limits.table_bytes;
        if !is_over(self) {
            return Ok(());
        }
        if let Some(sampler) = sampler {
            self.thin(sampler);
            if !is_over(self) {
                return Ok(());
            }
        }
        let (line, rows) = (self.lines.line_of(self.n_rows()), self.limits.rows);
        Err(match self.n_rows() > rows {
            true => LogError::TooManyRows { line, limit: rows },
            false => LogError::TooMuchMemory { line, rows: self.n_rows(), limit: self.limits.table_bytes },
        })
    }

    /// Fills the columns that the row left out.
    pub(super) fn fill_row(&mut self) {
        let n_rows = self.n_rows() + 1;
        self.columns.iter_mut().for_each(|column| column.fill_to(n_rows));
    }

    /// Lets the sampler decide which rows stay.
    pub(super) fn thin(&mut self, sampler: &mut (dyn RowSampler + '_)) {
        let sources = self.sources_so_far();
        let keep = sampler.thin(&RowsSoFar { names: &self.names, columns: &self.columns, sources: &sources });
        self.sources = Some(sources);
        self.retain(&keep);
    }

    fn sources_so_far(&mut self) -> Vec<u64> {
        self.sources.take().unwrap_or_else(|| (0..self.n_rows() as u64).collect())
    }

    fn retain(&mut self, keep: &[bool]) {
        if keep.len() != self.n_rows() || keep.iter().all(|&kept| kept) {
            return;
        }
        self.columns.iter_mut().for_each(|column| column.retain(keep));
        self.lines.retain(keep);
        if let Some(sources) = &mut self.sources {
            retain_rows(sources, keep);
        }
    }

    /// The file is over: a sampler has the last word.
    pub(super) fn finish_sample(&mut self, mut sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<(), LogError> {
        self.check(super::again(&mut sampler))?;
        if let Some(sampler) = sampler {
            let sources = self.sources_so_far();
            let keep = sampler.last_word(&RowsSoFar { names: &self.names, columns: &self.columns, sources: &sources });
            self.sources = Some(sources);
            if let Some(keep) = keep {
                self.retain(&keep);
            }
        }
        Ok(())
    }

    /// Rows of the file that the rows kept are, when some were left out.
    fn take_source_rows(&mut self) -> Option<Vec<u32>> {
        let sources = self.sources.take().filter(|sources| sources.len() as u64 != self.rows_read)?;
        Some(sources.into_iter().map(|source| u32::try_from(source).unwrap_or(u32::MAX)).collect())
    }

    /// Memory that the values take, in bytes; what is set aside for more of them comes to as much again at the most.
    pub(super) fn bytes(&self) -> usize {
        self.columns.iter().map(ColumnBuilder::bytes).sum::<usize>()
            + self.lines.bytes()
            + self.sources.as_ref().map_or(0, |sources| 8 * sources.len())
    }

    /// The table; columns are finished one after the other, so that only one is held twice.
    ///
    /// # Errors
    /// When a column's words fill all the memory there is for them.
    pub(super) fn finish(mut self) -> Result<(Table, Lines, Option<ReadNote>), LogError> {
        let n_rows = self.lines.n_rows();
        let source_rows = self.take_source_rows();
        let lines = match &source_rows {
            Some(rows) => self.lines.of_file(rows),
            None => std::mem::take(&mut self.lines),
        };
        let line = self.rows_read + 1;
        let is_sampled = source_rows.is_some();
        let mut missing: Option<(String, Vec<String>, usize)> = None;
        let columns = self.names.into_iter().zip(self.columns).map(|(name, mut column)| {
            if is_sampled {
                column.forget_unused();
            }
            let full = |_| too_many_words(line, &name);
            if is_id(&name) {
                column.keep_spellings().map_err(full)?;
            }
            if is_label(&name) {
                column.expect_answers();
            }
            let FinishedColumn { values, missing: found } = column.finish().map_err(full)?;
            if let Some((word, rows)) = found {
                missing.get_or_insert((word, Vec::new(), 0));
                if let Some((_, columns, cells)) = &mut missing {
                    columns.push(name.clone());
                    *cells += rows;
                }
            }
            Ok(Column { name, values })
        });
        let columns = columns.collect::<Result<_, LogError>>()?;
        let note = missing.map(|(word, columns, cells)| ReadNote::MissingWords { word, columns, cells });
        Ok((Table { n_rows, columns, source_rows, ..Table::default() }, lines, note))
    }

    pub(super) fn full(&self, index: usize, line: u64) -> impl FnOnce(DictionaryFull) -> LogError {
        let name = self.names[index].clone();
        move |_| too_many_words(line, &name)
    }
}

fn too_many_words(line: u64, column: &str) -> LogError {
    LogError::DictionaryFull { line, column: column.to_owned() }
}
