//! Table + roles → impression log, with every oddity of the funnel found and told.
use std::collections::HashMap;

use super::aliases::aliases;
use super::draft::{Draft, DraftLabel, repair_table};
use super::funnel::Funnel;
use super::labels::parse_label;
use super::names::feature_group;
use super::timing::read_timing;
use super::weights::read_weights;
use super::{
    Column, ColumnReport, ColumnValues, Feature, Finding, ImpressionLog, Label, LogError, MISSING, Role, Roles, Space,
    Table, TrueDelays, TrueReturns, Truth, infer_roles_given,
};
use crate::domain::label;

/// Fewer rows cannot be split into a part to train on and one to evaluate on.
pub const MIN_ROWS: usize = 10;

/// Gives a table its meaning: its repairs are made, its labels and features read, its oddities told.
///
/// Labels get their canonical names: `click`, `conversion`, `action` (any of the action columns); outcomes keep their
/// columns'. A conversion or an action without a click is dropped (the label becomes 0) and told. Features keep the
/// table's column order; a categorical column of numbers becomes text. Columns without a role are left out.
///
/// # Errors
/// When no model could be trained on the result: no rows, no label, one that is not binary, a click that is 0 in every row,
/// roles that do not fit the table.
pub fn assemble(table: &Table, roles: &Roles) -> Result<(ImpressionLog, Vec<Finding>), LogError> {
    roles.check(table)?;
    let mut table = table.clone();
    repair_table(&mut table, roles)?;
    let columns = infer_roles_given(&table, roles)?.columns;
    let (_, log, findings) = assemble_repaired(table, &roles.repaired(), &columns)?;
    Ok((log, findings))
}

/// A table's features and keys without its labels: see [`ImpressionLog::unlabelled`].
///
/// # Errors
/// When the table has no rows, when no row is left after its repairs, or when a numerical column holds something else.
pub(super) fn assemble_unlabelled(mut table: Table, roles: &Roles) -> Result<ImpressionLog, LogError> {
    roles.check(&table)?;
    repair_table(&mut table, roles)?;
    if table.n_rows == 0 {
        return Err(LogError::NoRows { columns: table.columns.len() });
    }
    let roles = roles.repaired();
    let key = |name: &Option<String>| name.as_deref().and_then(|name| table.column(name)).map(key_codes);
    Ok(ImpressionLog {
        n_rows: table.n_rows,
        features: read_features(&table, &roles)?,
        user: key(&roles.user),
        group: key(&roles.group),
        ..ImpressionLog::default()
    })
}

/// The rest of [`assemble`] for a table after [`repair_table`] and roles after [`Roles::repaired`]; returns the table
/// with the rows of the log.
pub(super) fn assemble_repaired(
    mut table: Table,
    roles: &Roles,
    columns: &[ColumnReport],
) -> Result<(Table, ImpressionLog, Vec<Finding>), LogError> {
    if table.n_rows == 0 {
        return Err(LogError::NoRows { columns: table.columns.len() });
    }
    let mut draft = Draft::read(&table, roles)?;
    draft.repair(&mut table, &roles.fixes)?;
    let is_clicked_only = draft.forget_certain_click(roles)?;
    let labels = labels_of(&draft);
    let has_click = draft.label(Role::Click).is_some();
    let given = roles.space.filter(|&space| space != Space::Impressions);
    let space = match has_click {
        true => Space::Impressions,
        false if is_clicked_only => Space::Clicks,
        false => given.unwrap_or_else(|| Space::without_clicks(&table, roles)),
    };
    let key = |name: &Option<String>| name.as_deref().and_then(|name| table.column(name)).map(key_codes);
    let mut of_times = Vec::new();
    let click = labels.iter().find(|label| label.name == label::CLICK).map(|label| label.values.as_slice());
    let weights = read_weights(&table, roles, click)?;
    let timing = read_timing(&table, roles, &labels, &mut of_times)?;
    let log = ImpressionLog {
        n_rows: table.n_rows,
        labels,
        aliases: aliases(roles),
        features: read_features(&table, roles)?,
        user: key(&roles.user),
        group: key(&roles.group),
        time: draft.time.clone(),
        timing,
        truth: read_truth(&table)?,
        space,
        weights,
    };
    let findings = Funnel { table: &table, roles, draft: &draft, columns, log: &log }.findings(of_times);
    Ok((table, log, findings))
}

/// The draft's labels, none of them without what it presupposes: a click, and for a return a purchase.
fn labels_of(draft: &Draft) -> Vec<Label> {
    // What the log has no column of has happened in each of its rows.
    let is_yes = |role, row: usize| draft.label(role).is_none_or(|label: &DraftLabel| label.values[row]);
    let is_possible = |role: Role, row: usize| match role {
        Role::Conversion | Role::Action => is_yes(Role::Click, row),
        Role::Return => is_yes(Role::Click, row) && is_yes(Role::Conversion, row),
        _ => true,
    };
    let values = |label: &DraftLabel| {
        label.values.iter().enumerate().map(|(row, &yes)| yes && is_possible(label.role, row)).collect()
    };
    draft.labels.iter().map(|label| Label { name: label.name.clone(), values: values(label) }).collect()
}

fn read_features(table: &Table, roles: &Roles) -> Result<Vec<Feature>, LogError> {
    let mut features = Vec::new();
    for column in &table.columns {
        let values = if roles.categorical.contains(&column.name) {
            as_categories(&column.values)
        } else if roles.numerical.contains(&column.name) {
            as_numbers(table, column)?
        } else {
            continue;
        };
        features.push(Feature { name: column.name.clone(), group: feature_group(&column.name), values });
    }
    Ok(features)
}

/// Numbers become text in their shortest form.
fn as_categories(values: &ColumnValues) -> ColumnValues {
    let ColumnValues::Number(numbers) = values else {
        return values.clone();
    };
    let (codes, distinct) = dense_codes(numbers);
    ColumnValues::Text { dictionary: distinct.iter().map(f64::to_string).collect(), codes }
}

fn as_numbers(table: &Table, column: &Column) -> Result<ColumnValues, LogError> {
    match column.numbers() {
        Ok(numbers) => Ok(ColumnValues::Number(numbers.into_owned())),
        Err((row, value)) => Err(LogError::BadNumber { line: table.line(row), column: column.name.clone(), value }),
    }
}

/// Codes by order of first use, [`MISSING`] for NaN, and the distinct numbers.
fn dense_codes(numbers: &[f64]) -> (Vec<u32>, Vec<f64>) {
    let mut code_of: HashMap<u64, u32> = HashMap::new();
    let mut distinct = Vec::new();
    let mut code = |number: &f64| {
        if number.is_nan() {
            return MISSING;
        }
        let number = number + 0.0; // −0 is 0
        *code_of.entry(number.to_bits()).or_insert_with(|| {
            distinct.push(number);
            distinct.len() as u32 - 1
        })
    };
    let codes = numbers.iter().map(&mut code).collect();
    (codes, distinct)
}

/// A key's codes; missing ones share the code after the last.
pub(super) fn key_codes(column: &Column) -> Vec<u32> {
    let (codes, n_codes) = match &column.values {
        ColumnValues::Text { dictionary, codes } => (codes.clone(), dictionary.len()),
        ColumnValues::Number(numbers) => {
            let (codes, distinct) = dense_codes(numbers);
            (codes, distinct.len())
        }
    };
    codes.into_iter().map(|code| if code == MISSING { n_codes as u32 } else { code }).collect()
}

/// The truth, when all of its columns are there.
fn read_truth(table: &Table) -> Result<Option<Truth>, LogError> {
    const NAMES: [&str; 6] = [
        "truth_p_click",
        "truth_p_action",
        "truth_p_buy_action",
        "truth_p_buy_other",
        "potential_action",
        "potential_conversion",
    ];
    let columns: Option<Vec<&Column>> = NAMES.iter().map(|name| table.column(name)).collect();
    let Some([p_click, p_action, p_buy_action, p_buy_other, action, conversion]) = columns.as_deref() else {
        return Ok(None);
    };
    Ok(Some(Truth {
        p_click: read_probability(table, p_click)?,
        p_action: read_probability(table, p_action)?,
        p_buy_action: read_probability(table, p_buy_action)?,
        p_buy_other: read_probability(table, p_buy_other)?,
        potential_action: parse_label(table, action, "truth", false)?.values,
        potential_conversion: parse_label(table, conversion, "truth", false)?.values,
        returns: read_true_returns(table)?,
        delays: read_true_delays(table)?,
    }))
}

fn read_true_returns(table: &Table) -> Result<Option<TrueReturns>, LogError> {
    let (Some(p), Some(potential)) = (table.column("truth_p_return"), table.column("potential_return")) else {
        return Ok(None);
    };
    Ok(Some(TrueReturns {
        p: read_probability(table, p)?,
        potential: parse_label(table, potential, "truth", false)?.values,
    }))
}

fn read_true_delays(table: &Table) -> Result<Option<TrueDelays>, LogError> {
    let (Some(mean), Some(time)) = (table.column("truth_delay_days"), table.column("potential_conversion_time")) else {
        return Ok(None);
    };
    Ok(Some(TrueDelays {
        mean_days: read_numbers(table, mean)?,
        potential_conversion_time: read_numbers(table, time)?,
        potential_return_time: table
            .column("potential_return_time")
            .map(|column| read_numbers(table, column))
            .transpose()?,
    }))
}

fn read_numbers(table: &Table, column: &Column) -> Result<Vec<f64>, LogError> {
    match as_numbers(table, column)? {
        ColumnValues::Number(numbers) => Ok(numbers),
        ColumnValues::Text { .. } => Ok(Vec::new()),
    }
}

fn read_probability(table: &Table, column: &Column) -> Result<Vec<f64>, LogError> {
    let values = read_numbers(table, column)?;
    match values.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(row) => Err(LogError::BadProbability {
            line: table.line(row),
            column: column.name.clone(),
            value: values[row].to_string(),
        }),
        None => Ok(values),
    }
}
