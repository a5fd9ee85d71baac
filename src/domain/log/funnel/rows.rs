//! Rows that are there twice, and times that are out of place.
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
            let message = text!(funnel::size::too_few, rows = counted!(funnel::size::rows, rows.len()));
            let remedy = text!(funnel::size::too_few_remedy, needed = MIN_ROWS);
            findings.push(Finding::new(FindingKind::TooFewRows, message, remedy).rows(self.table, &rows));
        }
        findings.extend(self.sampled());
        findings
    }

    fn sampled(&self) -> Option<Finding> {
        let sample = self.table.sample.as_ref()?;
        let part = |&(stratum, in_file, kept): &(Stratum, u64, usize)| match stratum {
            Stratum::Unclicked => text!(funnel::sample::unclicked, kept = kept, in_file = in_file),
            Stratum::Clicked => text!(funnel::sample::clicked, kept = kept, in_file = in_file),
            Stratum::Converted => text!(funnel::sample::converted, kept = kept, in_file = in_file),
            Stratum::ConvertedUnclicked => {
                text!(funnel::sample::converted_unclicked, kept = kept, in_file = in_file)
            }
        };
        let parts: Vec<String> = sample.strata.iter().map(part).collect();
        let has_other_labels = [(&sample.click, &self.roles.click), (&sample.conversion, &self.roles.conversion)]
            .into_iter()
            .any(|(then, now)| now.is_some() && then != now);
        let labels = match (&sample.click, &sample.conversion) {
            (None, None) => None,
            (Some(click), None) => Some(text!(funnel::sample::within_click, click = click)),
            (None, Some(conversion)) => Some(text!(funnel::sample::within_conversion, conversion = conversion)),
            (Some(click), Some(conversion)) => {
                Some(text!(funnel::sample::within_both, click = click, conversion = conversion))
            }
        };
        let within = |labels| text!(funnel::sample::within, labels = labels, parts = parts.join(", "));
        let mut message = text!(
            funnel::sample::found,
            in_file = sample.rows_in_file,
            rows = sample.rows,
            seed = sample.seed,
            within = labels.map(within).unwrap_or_default()
        );
        if has_other_labels {
            message += text!(funnel::sample::other_labels);
        }
        let remedy = match sample.megabytes {
            Some(megabytes) => text!(funnel::sample::megabytes_remedy, megabytes = megabytes),
            None => text!(funnel::sample::rows_remedy).to_owned(),
        };
        Some(Finding::new(FindingKind::Sampled, message, remedy).row_count(sample.rows))
    }

    fn duplicate_rows(&self) -> Option<Finding> {
        let kind = FindingKind::DuplicateRows;
        let rows = self.draft.rows_of(kind, self.table);
        let &first = rows.first()?;
        let message = counted!(funnel::copies::found, rows.len(), line = self.table.line(first as usize));
        // Without a key or a time two impressions may well look the same.
        let tells_apart = [&self.roles.time, &self.roles.user, &self.roles.group].into_iter().any(Option::is_some);
        let (severity, remedy) = if tells_apart {
            (Severity::Caution, text!(funnel::copies::told_apart))
        } else {
            (Severity::Note, text!(funnel::copies::not_told_apart))
        };
        Some(
            Finding::new(kind, message, remedy)
                .severity(severity)
                .rows(self.table, &rows)
                .fix(text!(funnel::fix::drop_copies), Fix::DropRows(kind))
                .fix(text!(funnel::fix::keep), Fix::Keep(kind)),
        )
    }

    fn time_out_of_range(&self) -> Option<Finding> {
        let kind = FindingKind::TimeOutOfRange;
        let (time, column) = (self.draft.time.as_ref()?, self.roles.time.as_deref()?);
        let rows = self.draft.rows_of(kind, self.table);
        let &first = rows.first()?;
        let is_out = |row: usize| rows.binary_search(&(row as u32)).is_ok();
        let (low, high) = range((0..time.len()).filter(|&row| !is_out(row)).map(|row| time[row]));
        let message = counted!(
            funnel::out_of_range::found,
            rows.len(),
            line = self.table.line(first as usize),
            time = time_text(time[first as usize]),
            low = time_text(low),
            high = time_text(high)
        );
        Some(
            Finding::new(kind, message, text!(funnel::out_of_range::remedy))
                .columns([column])
                .rows(self.table, &rows)
                .fix(text!(funnel::fix::drop_rows), Fix::DropRows(kind))
                .fix(text!(funnel::fix::leave_time), Fix::ignore(column))
                .fix(text!(funnel::fix::keep), Fix::Keep(kind)),
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
        let message = text!(
            funnel::gap::found,
            start = time_text(widest[0]),
            end = time_text(widest[1]),
            share = format_args!("{:.0}", 100.0 * gap / span),
            low = time_text(low),
            high = time_text(high),
            before = before,
            after = sorted.len() - before
        );
        let remedy = text!(funnel::gap::remedy);
        Some(
            Finding::new(FindingKind::TimeGap, message, remedy)
                .columns([column])
                .row_count(sorted.len())
                .fix(text!(funnel::fix::keep), Fix::Keep(FindingKind::TimeGap)),
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
