//! Counts of a group → a row for each impression.

use serde::{Deserialize, Serialize};

use super::keys::{column, free_name, pick};
use super::{Assembled, AssemblyError};
use crate::domain::label;
use crate::domain::log::{Column, ColumnValues, Role, Table, is_one_of_words};

/// Makes as many rows of each as it counts impressions, clicked and bought as often as it counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    pub impressions: String,
    pub clicks: String,
    #[serde(default)]
    pub conversions: Option<String>,
    /// Rows at most: of more impressions every count is taken in the same proportion.
    pub limit: usize,
}

impl Spread {
    /// Rows at most, where nobody says otherwise.
    pub const ROWS: usize = 500_000;

    pub(super) fn apply(&self, state: &mut Assembled, name: &str) -> Result<(String, Vec<String>), AssemblyError> {
        let counts = |column_name: &String| counts(&state.table, name, column_name);
        let impressions = counts(&self.impressions)?;
        let clicks = counts(&self.clicks)?;
        let conversions = self.conversions.as_ref().map(counts).transpose()?;
        let all: f64 = impressions.iter().sum();
        let share = (self.limit as f64 / all.max(1.0)).min(1.0);
        let shown = proportion(&impressions, share);
        let clicked = proportion(&clicks, share);
        let bought = conversions.as_ref().map(|counts| proportion(counts, share));
        let mut source = Vec::new();
        let (mut is_clicked, mut is_bought) = (Vec::new(), Vec::new());
        let mut beyond = 0;
        for (group, &rows) in shown.iter().enumerate() {
            let clicks = clicked[group].min(rows);
            let sales = bought.as_ref().map_or(0, |bought| bought[group]);
            beyond += clicked[group] - clicks + sales.saturating_sub(clicks);
            for row in 0..rows {
                source.push(Some(group));
                is_clicked.push(f64::from(u8::from(row < clicks)));
                is_bought.push(f64::from(u8::from(row < sales.min(clicks))));
            }
        }
        // What is counted or paid beside them is known only afterwards.
        const OUTCOMES: &str = "conversion conversions purchase purchases order orders spent spend cost revenue ctr cvr cpc \
                                cpm roas cart carts checkout checkouts refund refunds sales installs leads";
        const COUNTED: &str = "click clicks open opens view views engagement interaction";
        let is_outcome = |column: &&Column| {
            let is_rate = is_one_of_words(&column.name, "rate") && is_one_of_words(&column.name, COUNTED);
            is_rate || is_one_of_words(&column.name, OUTCOMES)
        };
        for column in state.table.columns.iter().filter(is_outcome) {
            state.roles.assign(&column.name, Role::Ignore);
        }
        let used: Vec<&String> = [&self.impressions, &self.clicks].into_iter().chain(&self.conversions).collect();
        let kept = state.table.columns.iter().filter(|column| !used.contains(&&column.name));
        let columns = kept
            .map(|column| Column { name: column.name.clone(), values: pick(&column.values, source.iter().copied()) })
            .collect();
        let mut table = Table { n_rows: source.len(), columns, ..Table::default() };
        let mut add = |label: &str, role, values| {
            let name = free_name(&table, label);
            state.roles.assign(&name, role);
            table.columns.push(Column { name, values: ColumnValues::Number(values) });
        };
        add(label::CLICK, Role::Click, is_clicked);
        if bought.is_some() {
            add(label::CONVERSION, Role::Conversion, is_bought);
        }
        used.iter().for_each(|name| state.roles.ignore.retain(|ignored| ignored != *name));
        state.table = table;
        let mut left_aside = Vec::new();
        left_aside.extend((beyond > 0).then(|| text!(assembly::spread::beyond, n = beyond)));
        if share < 1.0 {
            left_aside.push(text!(assembly::spread::sampled, one_in = format_args!("{:.0}", 1.0 / share)));
        }
        let says = text!(assembly::spread::says, impressions = format_args!("{all:.0}"), column = self.impressions);
        Ok((says, left_aside))
    }
}

/// A column of counts.
fn counts(table: &Table, name: &str, column_name: &str) -> Result<Vec<f64>, AssemblyError> {
    let no_counts = || AssemblyError::NoCounts { column: column_name.to_owned() };
    match &column(table, name, column_name)?.values {
        ColumnValues::Number(numbers) => {
            let is_count = |&number: &f64| number.is_nan() || (number >= 0.0 && number.is_finite());
            if !numbers.iter().all(is_count) {
                return Err(no_counts());
            }
            Ok(numbers.iter().map(|&number| if number.is_nan() { 0.0 } else { number }).collect())
        }
        ColumnValues::Text { .. } => Err(no_counts()),
    }
}

/// Counts in proportion, rounded so that their running total is.
fn proportion(counts: &[f64], share: f64) -> Vec<usize> {
    let (mut total, mut before) = (0.0, 0);
    let mut next = |count: &f64| {
        total += count;
        // The last bit of a product is no reason for a row less.
        let reached = (total * share + 1e-6).floor() as usize;
        let own = reached - before;
        before = reached;
        own
    };
    counts.iter().map(&mut next).collect()
}
