//! Rows that are there twice, and times that are out of place.
use super::finding::{counted, have};
use super::{Finding, FindingKind, Funnel, Severity};
use crate::domain::log::time::time_text;
use crate::domain::log::{ColumnValues, Fix, MIN_ROWS, Stratum, Table};

impl Funnel<'_> {
    pub(super) fn row_findings(&self) -> Vec<Finding> {
        [self.duplicate_rows(), self.time_out_of_range(), self.time_gap()].into_iter().flatten().collect()
    }

    /// What the number of rows itself says.
    pub(super) fn size_findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.table.n_rows < MIN_ROWS {
            let rows: Vec<u32> = (0..self.table.n_rows as u32).collect();
            let message = format!("The log has only {}.", counted(rows.len(), "row"));
            let remedy =
                format!("At least {MIN_ROWS} are needed to train on one part and evaluate on another; add rows.");
            findings.push(Finding::new(FindingKind::TooFewRows, message, remedy).rows(self.table, &rows));
        }
        findings.extend(self.sampled());
        findings
    }

    fn sampled(&self) -> Option<Finding> {
        let sample = self.table.sample.as_ref()?;
        let part = |&(stratum, in_file, kept): &(Stratum, u64, usize)| {
            let what = match stratum {
                Stratum::Unclicked => "without a click",
                Stratum::Clicked => "clicked but not converted",
                Stratum::Converted => "converted",
                Stratum::ConvertedUnclicked => "converted without a click",
            };
            format!("{kept} of {in_file} {what}")
        };
        let parts: Vec<String> = sample.strata.iter().map(part).collect();
        let has_other_labels = [(&sample.click, &self.roles.click), (&sample.conversion, &self.roles.conversion)]
            .into_iter()
            .any(|(then, now)| now.is_some() && then != now);
        let mut message = format!(
            "The file has {} rows, more than are kept: this is a sample of {}, drawn at random with seed {}{}.",
            sample.rows_in_file,
            sample.rows,
            sample.seed,
            match (&sample.click, &sample.conversion) {
                (None, None) => String::new(),
                (click, conversion) => {
                    let named = |what: &str, column: &Option<String>| {
                        column.as_ref().map(|column| format!("{what} (column {column})"))
                    };
                    let within: Vec<String> =
                        [named("click", click), named("conversion", conversion)].into_iter().flatten().collect();
                    format!(" within {}: {}", within.join(" and "), parts.join(", "))
                }
            }
        );
        if has_other_labels {
            message += " The labels are other columns now, whose rates it keeps by chance alone.";
        }
        let remedy = match sample.megabytes {
            Some(megabytes) => format!(
                "More would not fit into {megabytes} MB: raise the megabytes to keep, if the device has them, or take fewer columns."
            ),
            None => "Raise the number of rows to keep, if the device has the memory for it.".to_owned(),
        };
        Some(Finding::new(FindingKind::Sampled, message, remedy).row_count(sample.rows))
    }

    fn duplicate_rows(&self) -> Option<Finding> {
        let kind = FindingKind::DuplicateRows;
        let rows = self.draft.rows_of(kind, self.table);
        let &first = rows.first()?;
        let message = format!(
            "{} the same as an earlier one in every column (the first is line {}).",
            if rows.len() == 1 { "1 row is".to_owned() } else { format!("{} rows are", rows.len()) },
            self.table.line(first as usize)
        );
        // Without a key or a time two impressions may well look the same.
        let tells_apart = [&self.roles.time, &self.roles.user, &self.roles.group].into_iter().any(Option::is_some);
        let (severity, remedy) = if tells_apart {
            (
                Severity::Caution,
                "Drop the copies if they were written twice; keep them if they are impressions of their own.",
            )
        } else {
            (
                Severity::Note,
                "No user, group or time tells impressions apart, so they may be different ones that look the same; keep \
                 them unless the log was written twice.",
            )
        };
        Some(
            Finding::new(kind, message, remedy)
                .severity(severity)
                .rows(self.table, &rows)
                .fix("Drop the copies", Fix::DropRows(kind))
                .fix("Keep as it is", Fix::Keep(kind)),
        )
    }

    fn time_out_of_range(&self) -> Option<Finding> {
        let kind = FindingKind::TimeOutOfRange;
        let (time, column) = (self.draft.time.as_ref()?, self.roles.time.as_deref()?);
        let rows = self.draft.rows_of(kind, self.table);
        let &first = rows.first()?;
        let is_out = |row: usize| rows.binary_search(&(row as u32)).is_ok();
        let (low, high) = range((0..time.len()).filter(|&row| !is_out(row)).map(|row| time[row]));
        let message = format!(
            "{} {} a time far from all others (the first is line {}: {}); the others lie between {} and {}.",
            counted(rows.len(), "row"),
            have(rows.len()),
            self.table.line(first as usize),
            time_text(time[first as usize]),
            time_text(low),
            time_text(high)
        );
        Some(
            Finding::new(kind, message, "Drop the rows, or correct their times in the file.")
                .columns([column])
                .rows(self.table, &rows)
                .fix("Drop these rows", Fix::DropRows(kind))
                .fix("Leave the time out", Fix::ignore(column))
                .fix("Keep as it is", Fix::Keep(kind)),
        )
    }

    /// The longest time without an impression, where it is far longer than chance explains.
    fn time_gap(&self) -> Option<Finding> {
        const MIN_SHARE_OF_SPAN: f64 = 0.1;
        const TIMES_THE_MEAN: f64 = 20.0;
        let (time, column) = (self.log.time.as_ref()?, self.roles.time.as_deref()?);
        let mut sorted: Vec<f64> = time.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let (&low, &high) = (sorted.first()?, sorted.last()?);
        let widest = sorted.windows(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
        let (gap, span) = (widest[1] - widest[0], high - low);
        // Spacings of evenly spread impressions stay below ln(n) times their mean but for one log in n.
        let mean = span / (sorted.len() - 1) as f64;
        if gap < MIN_SHARE_OF_SPAN * span || gap < TIMES_THE_MEAN.max(2.0 * (sorted.len() as f64).ln()) * mean {
            return None;
        }
        let before = sorted.partition_point(|&at| at <= widest[0]);
        let message = format!(
            "Nothing happened between {} and {}, {:.0} % of the log's span ({} to {}); {before} rows lie before and {} after.",
            time_text(widest[0]),
            time_text(widest[1]),
            100.0 * gap / span,
            time_text(low),
            time_text(high),
            sorted.len() - before
        );
        let remedy =
            "Check whether a part of the log is missing; split by user or row if the two parts should be mixed.";
        Some(
            Finding::new(FindingKind::TimeGap, message, remedy)
                .columns([column])
                .row_count(sorted.len())
                .fix("Keep as it is", Fix::Keep(FindingKind::TimeGap)),
        )
    }
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

/// Rows that are the same as an earlier one in every column, ascending.
pub(super) fn duplicates(table: &Table) -> Vec<u32> {
    // Where one column only grows, as a clock does, no row is like another.
    let only_grows = |numbers: &[f64]| numbers.windows(2).all(|pair| pair[0] < pair[1]);
    if table.columns.iter().any(|c| matches!(&c.values, ColumnValues::Number(numbers) if only_grows(numbers))) {
        return Vec::new();
    }
    let mut keyed: Vec<(u64, u32)> = row_hashes(table).into_iter().zip(0..).collect();
    keyed.sort_unstable();
    let mut duplicates = Vec::new();
    for run in keyed.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        // A hash only says where to look.
        for (at, &(_, row)) in run.iter().enumerate().skip(1) {
            if run[..at].iter().any(|&(_, earlier)| is_same(table, earlier as usize, row as usize)) {
                duplicates.push(row);
            }
        }
    }
    duplicates.sort_unstable();
    duplicates
}

fn row_hashes(table: &Table) -> Vec<u64> {
    let mut hashes = vec![0u64; table.n_rows];
    let mix = |hash: &mut u64, value: u64| {
        *hash = (hash.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *hash ^= *hash >> 29;
    };
    for column in &table.columns {
        match &column.values {
            ColumnValues::Text { codes, .. } => {
                hashes.iter_mut().zip(codes).for_each(|(hash, &code)| mix(hash, u64::from(code)));
            }
            ColumnValues::Number(values) => {
                hashes.iter_mut().zip(values).for_each(|(hash, value)| mix(hash, value.to_bits()));
            }
        }
    }
    hashes
}

fn is_same(table: &Table, a: usize, b: usize) -> bool {
    table.columns.iter().all(|column| match &column.values {
        ColumnValues::Text { codes, .. } => codes[a] == codes[b],
        ColumnValues::Number(values) => values[a].to_bits() == values[b].to_bits(),
    })
}

/// Rows whose time lies further from the middle half of the log than ten times that half's span, ascending.
pub(super) fn out_of_range(time: &[f64]) -> Vec<u32> {
    const SPANS: f64 = 10.0;
    let mut sorted = time.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| sorted.get(sorted.len() * share / 4).copied().unwrap_or_default();
    let (low, high) = (at(1), at(3));
    let span = high - low;
    if span <= 0.0 {
        return Vec::new();
    }
    let is_out = |&row: &u32| !(low - SPANS * span..=high + SPANS * span).contains(&time[row as usize]);
    (0..time.len() as u32).filter(is_out).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Column;

    #[test]
    fn copies_of_a_row_are_found_and_the_first_is_none() {
        let text = ColumnValues::Text { dictionary: vec!["x".into(), "y".into()], codes: vec![0, 1, 0, 0, 1, 0] };
        let number = ColumnValues::Number(vec![1.0, 2.0, 1.0, 2.0, 2.0, 1.0]);
        let column = |name: &str, values| Column { name: name.into(), values };
        let table = Table { n_rows: 6, columns: vec![column("a", text), column("b", number)], ..Table::default() };
        assert_eq!(duplicates(&table), [2, 4, 5]);
        let time = ColumnValues::Number((0..6).map(f64::from).collect());
        let table = Table { columns: [table.columns, vec![column("time", time)]].concat(), ..table };
        assert_eq!(duplicates(&table), [0; 0]);
    }

    #[test]
    fn a_time_far_from_all_others_is_out_of_range() {
        let mut time: Vec<f64> = (0..100).map(|row| 1.7e9 + f64::from(row) * 3600.0).collect();
        assert!(out_of_range(&time).is_empty());
        time[7] = 0.0;
        time[50] = 4e9;
        assert_eq!(out_of_range(&time), [7, 50]);
        assert!(out_of_range(&[5.0; 20]).is_empty());
    }
}
