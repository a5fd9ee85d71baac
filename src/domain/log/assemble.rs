//! Table + roles → impression log, with every oddity of the funnel found and told.
use std::collections::HashMap;

use super::findings::{Finding, FindingKind, column_findings, counted};
use super::labels::{line_of_row, parse_label};
use super::names::feature_group;
use super::time::parse_time;
use super::timing::{label_from_time, read_timing};
use super::{
    Column, ColumnValues, Feature, ImpressionLog, Label, LogError, MISSING, Role, Roles, Table, TrueDelays,
    TrueReturns, Truth,
};

/// Fewer rows cannot be split into a part to train on and one to evaluate on.
pub const MIN_ROWS: usize = 10;

/// Gives a table its meaning.
///
/// Labels get their canonical names: `click`, `conversion`, and `action` (any of the action columns). A conversion or
/// an action without a click is dropped (the label becomes 0) and told. Features keep the table's column order;
/// a categorical column of numbers becomes text. Columns without a role are left out.
///
/// # Errors
/// When no model could be trained on the result: no rows, no click or conversion column, a label that is not binary,
/// clicks of one class only, roles that do not fit the table.
pub fn assemble(table: &Table, roles: &Roles) -> Result<(ImpressionLog, Vec<Finding>), LogError> {
    if table.n_rows == 0 {
        return Err(LogError::NoRows { columns: table.columns.len() });
    }
    roles.check(table)?;
    let mut findings = Vec::new();
    let labels = read_labels(table, roles, &mut findings)?;
    // The conversion first: what only buyers have tells the click too, but is the purchase's.
    let named: Vec<(&str, &[bool])> = labels
        .iter()
        .rev()
        .filter(|label| label.name != "action")
        .map(|label| (label.name.as_str(), label.values.as_slice()))
        .collect();
    findings.extend(column_findings(table, roles, &named));
    if table.n_rows < MIN_ROWS {
        findings.push(Finding::about_rows(
            FindingKind::TooFewRows,
            &[],
            &(0..table.n_rows).collect::<Vec<_>>(),
            format!("The log has only {}.", counted(table.n_rows, "row")),
            format!("At least {MIN_ROWS} are needed to train on one part and evaluate on another; add rows."),
        ));
    }
    let key = |name: &Option<String>| name.as_deref().and_then(|name| table.column(name)).map(key_codes);
    let time = roles.time.as_deref().and_then(|name| table.column(name)).map(parse_time).transpose()?;
    let features = read_features(table, roles)?;
    let timing = read_timing(table, roles, &labels, &mut findings)?;
    let truth = read_truth(table)?;
    let (user, group) = (key(&roles.user), key(&roles.group));
    let aliases = aliases(roles);
    Ok((ImpressionLog { n_rows: table.n_rows, labels, aliases, features, user, group, time, timing, truth }, findings))
}

fn read_labels(table: &Table, roles: &Roles, findings: &mut Vec<Finding>) -> Result<Vec<Label>, LogError> {
    let required = |name: &Option<String>, time: &Option<String>, role, meaning| {
        let missing = || LogError::MissingLabel { role, meaning, available: table.column_names() };
        // A log of times may need no label: what has a time has happened.
        let named = |name: &Option<String>| name.as_deref().and_then(|name| table.column(name));
        named(name).or_else(|| named(time)).ok_or_else(missing)
    };
    let click_column = required(&roles.click, &roles.click_time, "click", "whether an impression was clicked")?;
    let conversion_column =
        required(&roles.conversion, &roles.conversion_time, "conversion", "whether a purchase followed")?;

    let click = read_answers(click_column, roles, Role::Click, findings)?;
    if let Some(&first) = click.first()
        && click.iter().all(|&clicked| clicked == first)
    {
        let (column, value) = (click_column.name.clone(), u8::from(first));
        return Err(LogError::OneClassClick { column, value, rows: table.n_rows });
    }
    let mut conversion = read_answers(conversion_column, roles, Role::Conversion, findings)?;
    drop_without_click(&click, &mut conversion, &[&conversion_column.name], Role::Conversion, findings);
    tell_one_class(&click, &conversion, &[&conversion_column.name], Role::Conversion, findings);
    let mut labels = vec![
        Label { name: "click".to_owned(), values: click },
        Label { name: "conversion".to_owned(), values: conversion },
    ];
    if !roles.action.is_empty() {
        let mut action = vec![false; table.n_rows];
        let mut each = Vec::new();
        for column in roles.action.iter().filter_map(|name| table.column(name)) {
            let mut values = read_label(column, Role::Action, findings)?;
            for (any, &this) in action.iter_mut().zip(&values) {
                *any |= this;
            }
            // Told below, for all action columns together.
            values.iter_mut().zip(&labels[0].values).for_each(|(value, &clicked)| *value &= clicked);
            each.push(Label { name: column.name.clone(), values });
        }
        let names: Vec<&str> = roles.action.iter().map(String::as_str).collect();
        drop_without_click(&labels[0].values, &mut action, &names, Role::Action, findings);
        tell_one_class(&labels[0].values, &action, &names, Role::Action, findings);
        labels.push(Label { name: "action".to_owned(), values: action });
        if each.len() > 1 {
            let own_name = |(number, label): (usize, Label)| match is_canonical(&label.name) {
                true => Label { name: format!("action_{number}"), ..label },
                false => label,
            };
            labels.extend((1..).zip(each).map(own_name));
        }
    }
    labels.extend(read_returns(table, roles, &labels[1].values, findings)?);
    Ok(labels)
}

/// Names that stand for a role, whatever the log calls its columns.
const CANONICAL: [&str; 4] = ["click", "conversion", "action", "return"];

/// The log's own names of its labels, where they are not labels by themselves.
fn aliases(roles: &Roles) -> Vec<(String, String)> {
    let own = |column: &Option<String>, label: &str| column.clone().map(|column| (column, label.to_owned()));
    let mut aliases: Vec<_> =
        [own(&roles.click, "click"), own(&roles.conversion, "conversion"), own(&roles.returned, "return")]
            .into_iter()
            .flatten()
            .collect();
    match roles.action.as_slice() {
        [only] => aliases.push((only.clone(), "action".to_owned())),
        several => {
            let numbered = (1..).zip(several).filter(|(_, column)| !is_canonical(column));
            aliases.extend(numbered.map(|(number, column): (usize, _)| (format!("action_{number}"), column.clone())));
        }
    }
    aliases.retain(|(alias, column)| alias != column && !is_canonical(alias));
    aliases
}

fn is_canonical(name: &str) -> bool {
    CANONICAL.contains(&name)
}

/// The label `return`, only where there is a purchase.
fn read_returns(
    table: &Table,
    roles: &Roles,
    conversion: &[bool],
    findings: &mut Vec<Finding>,
) -> Result<Option<Label>, LogError> {
    let names = [&roles.returned, &roles.return_time].into_iter().flatten();
    let Some(column) = names.filter_map(|name| table.column(name)).next() else { return Ok(None) };
    let mut values = read_answers(column, roles, Role::Return, findings)?;
    let rows: Vec<usize> = (0..values.len()).filter(|&row| values[row] && !conversion[row]).collect();
    if let Some(&first) = rows.first() {
        rows.iter().for_each(|&row| values[row] = false);
        let have = if rows.len() == 1 { "has" } else { "have" };
        let (counted, line) = (counted(rows.len(), "row"), line_of_row(first));
        findings.push(Finding::about_rows(
            FindingKind::ReturnWithoutConversion,
            &[&column.name],
            &rows,
            format!("{counted} {have} a return without a purchase (the first is line {line})."),
            "The return is taken as 0 there.".to_owned(),
        ));
    }
    Ok(Some(Label { name: "return".to_owned(), values }))
}

/// The answers of a label column, or of the time column that stands for one.
fn read_answers(
    column: &Column,
    roles: &Roles,
    role: Role,
    findings: &mut Vec<Finding>,
) -> Result<Vec<bool>, LogError> {
    let times = [&roles.click_time, &roles.conversion_time, &roles.return_time];
    let is_time = times.into_iter().flatten().any(|name| *name == column.name);
    if is_time { Ok(label_from_time(column)) } else { read_label(column, role, findings) }
}

fn read_label(column: &Column, role: Role, findings: &mut Vec<Finding>) -> Result<Vec<bool>, LogError> {
    let parsed = parse_label(column, role.name())?;
    if !parsed.count_rows.is_empty() {
        let rows = counted(parsed.count_rows.len(), "row");
        findings.push(Finding::about_rows(
            FindingKind::CountLabel,
            &[&column.name],
            &parsed.count_rows,
            format!("The {} label \"{}\" is a count above 1 in {rows}.", role.name(), column.name),
            "Every count above 0 is taken as 1.".to_owned(),
        ));
    }
    Ok(parsed.values)
}

fn drop_without_click(click: &[bool], label: &mut [bool], columns: &[&str], role: Role, findings: &mut Vec<Finding>) {
    let rows: Vec<usize> = (0..click.len()).filter(|&row| label[row] && !click[row]).collect();
    if rows.is_empty() {
        return;
    }
    for &row in &rows {
        label[row] = false;
    }
    let kind = match role {
        Role::Action => FindingKind::ActionWithoutClick,
        _ => FindingKind::ConversionWithoutClick,
    };
    let (name, first) = (role.name(), line_of_row(rows[0]));
    let have = if rows.len() == 1 { "has" } else { "have" };
    let message =
        format!("{} {have} a {name} without a click (the first is line {first}).", counted(rows.len(), "row"))
            .replace("a action", "an action");
    let remedy = format!(
        "The {name} is taken as 0 there. If purchases may come from elsewhere, join them to the click that led to them."
    );
    findings.push(Finding::about_rows(kind, columns, &rows, message, remedy));
}

fn tell_one_class(click: &[bool], label: &[bool], columns: &[&str], role: Role, findings: &mut Vec<Finding>) {
    let name = role.name();
    let clicked: Vec<usize> = (0..click.len()).filter(|&row| click[row]).collect();
    let positives = clicked.iter().filter(|&&row| label[row]).count();
    let (message, remedy) = if positives == 0 {
        (
            format!("The {name} label is never 1 (of {}).", counted(clicked.len(), "click")),
            format!("No model that asks for it can be trained; use a longer log, or another {name} column."),
        )
    } else if positives == clicked.len() {
        (
            format!("The {name} label is 1 for every click."),
            format!("There is no {name} rate to learn; check that the column does not repeat the click."),
        )
    } else {
        return;
    };
    let rows = if positives == 0 { Vec::new() } else { clicked };
    findings.push(Finding::about_rows(FindingKind::OneClassLabel, columns, &rows, message, remedy));
}

fn read_features(table: &Table, roles: &Roles) -> Result<Vec<Feature>, LogError> {
    let mut features = Vec::new();
    for column in &table.columns {
        let values = if roles.categorical.contains(&column.name) {
            as_categories(&column.values)
        } else if roles.numerical.contains(&column.name) {
            as_numbers(column)?
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

fn as_numbers(column: &Column) -> Result<ColumnValues, LogError> {
    match &column.values {
        ColumnValues::Number(_) => Ok(column.values.clone()),
        ColumnValues::Text { dictionary, codes } => {
            let not_number = |code: &u32| *code != MISSING && dictionary[*code as usize].parse::<f64>().is_err();
            match codes.iter().position(not_number) {
                Some(row) => Err(LogError::BadNumber {
                    line: line_of_row(row),
                    column: column.name.clone(),
                    value: dictionary[codes[row] as usize].clone(),
                }),
                None => Ok(ColumnValues::Number(parse_all(dictionary, codes))),
            }
        }
    }
}

/// Text that is numbers after all, such as integers too long to be exact; what is not finite counts as missing.
fn parse_all(dictionary: &[String], codes: &[u32]) -> Vec<f64> {
    let number = |text: &String| text.parse().ok().filter(|number: &f64| number.is_finite()).unwrap_or(f64::NAN);
    let numbers: Vec<f64> = dictionary.iter().map(number).collect();
    codes.iter().map(|&code| if code == MISSING { f64::NAN } else { numbers[code as usize] }).collect()
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
fn key_codes(column: &Column) -> Vec<u32> {
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
        p_click: read_probability(p_click)?,
        p_action: read_probability(p_action)?,
        p_buy_action: read_probability(p_buy_action)?,
        p_buy_other: read_probability(p_buy_other)?,
        potential_action: parse_label(action, "truth")?.values,
        potential_conversion: parse_label(conversion, "truth")?.values,
        returns: read_true_returns(table)?,
        delays: read_true_delays(table)?,
    }))
}

fn read_true_returns(table: &Table) -> Result<Option<TrueReturns>, LogError> {
    let (Some(p), Some(potential)) = (table.column("truth_p_return"), table.column("potential_return")) else {
        return Ok(None);
    };
    Ok(Some(TrueReturns { p: read_probability(p)?, potential: parse_label(potential, "truth")?.values }))
}

fn read_true_delays(table: &Table) -> Result<Option<TrueDelays>, LogError> {
    let (Some(mean), Some(time)) = (table.column("truth_delay_days"), table.column("potential_conversion_time")) else {
        return Ok(None);
    };
    Ok(Some(TrueDelays {
        mean_days: read_numbers(mean)?,
        potential_conversion_time: read_numbers(time)?,
        potential_return_time: table.column("potential_return_time").map(read_numbers).transpose()?,
    }))
}

fn read_numbers(column: &Column) -> Result<Vec<f64>, LogError> {
    match as_numbers(column)? {
        ColumnValues::Number(numbers) => Ok(numbers),
        ColumnValues::Text { .. } => Ok(Vec::new()),
    }
}

fn read_probability(column: &Column) -> Result<Vec<f64>, LogError> {
    let values = read_numbers(column)?;
    match values.iter().position(|p| !(0.0..=1.0).contains(p)) {
        Some(row) => Err(LogError::BadProbability {
            line: line_of_row(row),
            column: column.name.clone(),
            value: values[row].to_string(),
        }),
        None => Ok(values),
    }
}
