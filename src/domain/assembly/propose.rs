//! The assembly that tables of common shapes ask for, to be confirmed by their owner.

use std::collections::BTreeMap;

use super::credit::Touch;
use super::join::{KeyPair, overlap};
use super::parts::has_same_columns;
use super::{Assembly, Events, FeatureTable, LabelTable, NamedTable, Spread, Step};
use crate::domain::label;
use crate::domain::log::{
    Column, ColumnValues, Role, Roles, Space, Table, infer_roles, is_clock, is_made_up, is_named, is_one_of_words,
    normalized, role_of_name,
};

/// Rows that counts are spread into at most.
const SPREAD_ROWS: usize = 500_000;

const SHOWN: &str = "impression impressions show shows shown expose exposure imp view_impression 曝光 展示";
const VIEWED: &str = "pv view views viewed seen page_view pageview page_views detail browse view_item item_view 浏览";
const CLICKED: &str = "click clicks clk clicked tap taps tapped 点击 點擊";
const ACTED: &str = "cart carts addtocart add_to_cart atc basket bag fav favorite favourite favorites collect wishlist add_to_wishlist 加购 收藏";
const BOUGHT: &str = "buy buys bought purchase purchases purchased order orders ordered transaction transactions pay payment paid conversion \
                      conversions trade deal sale sales 购买 下单 支付 成交";

/// The assembly that the tables ask for; `None` when a table is a log as it is, or nothing is known of them.
pub fn propose(tables: &[NamedTable]) -> Option<Assembly> {
    let main = main_table(tables)?;
    let mut steps = Vec::new();
    let parts: Vec<String> = tables
        .iter()
        .filter(|table| table.name != main.name && has_same_columns(&table.table, &main.table))
        .map(|table| table.name.clone())
        .collect();
    if !parts.is_empty() {
        steps.push(Step::Append { tables: parts.clone() });
    }
    let others: Vec<&NamedTable> =
        tables.iter().filter(|table| table.name != main.name && !parts.contains(&table.name)).collect();
    let mut space = None;
    if let Some((events, of)) = events_of(&main.table) {
        (space, steps) = (Some(of), [steps, vec![Step::Events(events)]].concat());
    } else if let Some(spread) = counts_of(&main.table) {
        steps.push(Step::Spread(spread));
    }
    let known = if others.is_empty() { Roles::default() } else { infer_roles(&main.table).roles };
    for other in others {
        match outcome_of(&other.name).filter(|label| !names(&known, label)) {
            Some(label) => {
                let label_table = label_table(main, other, label)?;
                let has_click = known.click.is_some() || label == label::CLICK || steps.iter().any(is_click_label);
                space = Some(if has_click { Space::Impressions } else { space.unwrap_or(Space::Views) });
                steps.push(Step::Label(label_table));
            }
            None => steps.extend(features_of(&main.table, other).map(Step::Features)),
        }
    }
    let is_log = steps.is_empty();
    (!is_log).then(|| Assembly { table: main.name.clone(), steps, space, ..Assembly::default() })
}

/// Whether the rows have that label themselves.
fn names(roles: &Roles, label: &str) -> bool {
    match label {
        label::CLICK => roles.click.is_some(),
        label::ACTION => !roles.action.is_empty(),
        _ => roles.conversion.is_some(),
    }
}

fn is_click_label(step: &Step) -> bool {
    matches!(step, Step::Label(step) if step.label == label::CLICK)
}

/// The table that the rows come from: one with labels, or else one of what was shown, or the longest.
pub(super) fn main_table(tables: &[NamedTable]) -> Option<&NamedTable> {
    if let [only] = tables {
        return Some(only);
    }
    let rank = |table: &&NamedTable| {
        let is_outcome = outcome_of(&table.name).is_some_and(|label| label != label::CLICK);
        let is_event_log = events_of(&table.table).is_some() || counts_of(&table.table).is_some();
        (has_label(&table.table) || is_event_log, !is_outcome, table.table.n_rows)
    };
    // Of equals the first: parts are appended in the order of their names.
    tables.iter().rev().max_by_key(rank)
}

/// Whether a table has a column that is named like a label.
pub(super) fn has_label(table: &Table) -> bool {
    let roles = infer_roles(table).roles;
    roles.click.is_some() || roles.conversion.is_some() || !roles.action.is_empty()
}

/// The label that a table of this name holds the outcomes of.
fn outcome_of(name: &str) -> Option<&'static str> {
    [(BOUGHT, label::CONVERSION), (ACTED, label::ACTION), (CLICKED, label::CLICK)]
        .into_iter()
        .find(|(words, _)| is_one_of_words(name, words))
        .map(|(_, label)| label)
}

/// Whether a table is one of events, and no log.
pub(super) fn is_event_log(table: &Table) -> bool {
    events_of(table).is_some()
}

/// How a table of events becomes rows, and what a row then stands for.
fn events_of(table: &Table) -> Option<(Events, Space)> {
    let (event, words) = table.columns.iter().find_map(|column| Some((column, event_words(column)?)))?;
    let (rows, labels) = meanings(&words);
    let space = match rows.iter().any(|word| is_event(word, SHOWN)) {
        true => Space::Impressions,
        false => Space::Views,
    };
    // A log with labels of its own may say what happened before, too.
    if rows.is_empty() || labels.is_empty() || has_label(table) {
        return None;
    }
    let time = time_of(table, &event.name)?;
    let key = keys_of(table, &event.name, &time.name);
    (!key.is_empty()).then(|| {
        let events = Events {
            event: event.name.clone(),
            time: time.name.clone(),
            key,
            rows,
            labels,
            window_days: None,
            touch: Touch::Last,
            histories: Vec::new(),
        };
        (events, space)
    })
}

/// Parts of the names of events that undo what else they name, or come before it.
const NOT_DONE: &str = "remove removed delete deleted cancel cancelled canceled refund refunded return returned undo begin begun \
                        start started info fail failed error 取消 退款";

/// Whether an event of this name is one of these, and of no others: `view_cart` is neither a view nor a cart.
fn is_event(word: &str, list: &str) -> bool {
    let is_exact = list.split_whitespace().any(|known| known == word.to_lowercase());
    let mut others = [SHOWN, VIEWED, CLICKED, ACTED, BOUGHT, NOT_DONE].into_iter().filter(|other| *other != list);
    is_exact || is_one_of_words(word, list) && !others.any(|other| is_one_of_words(word, other))
}

/// The words that are rows, and those that make each label: impressions and their clicks, or views, or clicks as views.
fn meanings(words: &[String]) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let among = |list: &str| -> Vec<String> { words.iter().filter(|word| is_event(word, list)).cloned().collect() };
    let (shown, viewed, clicked) = (among(SHOWN), among(VIEWED), among(CLICKED));
    let (rows, clicks) = match (shown.is_empty(), viewed.is_empty()) {
        (false, _) => (shown, clicked),
        (true, false) => (viewed, Vec::new()),
        (true, true) => (clicked, Vec::new()),
    };
    let labels = [(label::CLICK, clicks), (label::ACTION, among(ACTED)), (label::CONVERSION, among(BOUGHT))];
    let labels = labels.into_iter().filter(|(_, words)| !words.is_empty());
    (rows, labels.map(|(label, words)| (label.to_owned(), words)).collect())
}

/// As [`meanings`], of a column that a user chose; nothing of one with too many words.
pub(super) fn event_of_column(column: &Column) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    match &column.values {
        ColumnValues::Text { dictionary, .. } if dictionary.len() <= MAX_WORDS => meanings(dictionary),
        _ => Default::default(),
    }
}

/// Most words of a column that says what happened.
const MAX_WORDS: usize = 40;

/// The words of a column that says what happened.
fn event_words(column: &Column) -> Option<Vec<String>> {
    let ColumnValues::Text { dictionary: words, .. } = &column.values else { return None };
    let known = |list: &str| words.iter().filter(|word| is_event(word, list)).count();
    let is_event = words.len() <= MAX_WORDS
        && known(SHOWN) + known(VIEWED) + known(CLICKED) > 0
        && known(ACTED) + known(BOUGHT) + usize::from(known(SHOWN) > 0) * known(CLICKED) > 0;
    is_event.then(|| words.clone())
}

fn time_of<'a>(table: &'a Table, event: &str) -> Option<&'a Column> {
    let candidates = || table.columns.iter().filter(|column| column.name != event && is_clock(&column.values));
    let named = candidates().find(|column| role_of_name(&column.name) == Some(Role::Time));
    // Without a name, of a clock that knows the year: the first without a name at all, or the only one.
    let calendars = || candidates().filter(|column| crate::domain::log::is_calendar(&column.values));
    let only = || Some(calendars()).filter(|found| found.clone().count() == 1).and_then(|mut found| found.next());
    named.or_else(|| calendars().find(|column| is_unnamed(column))).or_else(only)
}

/// User and item, session and item, or the first two columns of codes where no column has a name.
pub(super) fn keys_of(table: &Table, event: &str, time: &str) -> Vec<String> {
    let with = |role| table.columns.iter().find(|column| role_of_name(&column.name) == Some(role));
    let who = with(Role::User).or_else(|| with(Role::Group));
    let named: Vec<String> = who.into_iter().chain(with(Role::Item)).map(|column| column.name.clone()).collect();
    if !named.is_empty() || !table.columns.iter().all(is_unnamed) {
        return named;
    }
    let codes = table.columns.iter().map(|column| column.name.clone()).filter(|name| name != event && name != time);
    codes.take(2).collect()
}

fn is_unnamed(column: &Column) -> bool {
    is_made_up(&column.name)
}

/// Columns of counts per group: more than one impression in a row.
fn counts_of(table: &Table) -> Option<Spread> {
    // The surest name first.
    let called = |words: &str| {
        let with =
            |word| table.columns.iter().find(|column| is_named(&column.name, word) && counts_several(&column.values));
        words.split_whitespace().find_map(with)
    };
    // A report's own words may stand before it, where no column is a label.
    let ends_so = |words: &str| {
        let ends = |name: &str, word| normalized(name).strip_suffix(word).is_some_and(|rest| rest.ends_with('_'));
        let with =
            |word| table.columns.iter().find(|column| ends(&column.name, word) && counts_several(&column.values));
        words.split_whitespace().find_map(with).filter(|_| !has_label(table))
    };
    let named = |words: &str| called(words).or_else(|| ends_so(words));
    let impressions = named("impressions impression imps views shows 曝光 展示")?;
    let clicks = named("clicks click link_clicks 点击")?;
    let conversions = named(
        "conversions conversion purchases purchase orders approved_conversion approved_conversions total_conversion \
         total_conversions 转化",
    );
    if !is_at_most(&clicks.values, &impressions.values) {
        return None;
    }
    Some(Spread {
        impressions: impressions.name.clone(),
        clicks: clicks.name.clone(),
        conversions: conversions.map(|column| column.name.clone()),
        limit: SPREAD_ROWS,
    })
}

/// Whether the one count is never above the other.
fn is_at_most(part: &ColumnValues, whole: &ColumnValues) -> bool {
    match (part, whole) {
        (ColumnValues::Number(part), ColumnValues::Number(whole)) => {
            part.iter().zip(whole).all(|(part, whole)| part.is_nan() || part <= whole)
        }
        _ => false,
    }
}

fn counts_several(values: &ColumnValues) -> bool {
    matches!(values, ColumnValues::Number(numbers) if numbers.iter().any(|&number| number > 1.0))
}

/// The column that says when the rows of a table happened.
pub(super) fn time_of_table(table: &Table) -> Option<String> {
    let clocks = || table.columns.iter().filter(|column| is_clock(&column.values));
    let named = clocks().find(|column| role_of_name(&column.name) == Some(Role::Time));
    let found = named.or_else(|| clocks().find(|column| crate::domain::log::is_calendar(&column.values)));
    found.map(|column| column.name.clone())
}

/// The label of a table of outcomes, by the columns that hold the same values.
fn label_table(main: &NamedTable, other: &NamedTable, label: &str) -> Option<LabelTable> {
    let times =
        time_of_table(&main.table).zip(time_of_table(&other.table)).map(|(left, right)| KeyPair { left, right });
    let is_time = |left: &str, right: &str| times.as_ref().is_some_and(|pair| pair.left == left || pair.right == right);
    let mut on = Vec::new();
    for right in &other.table.columns {
        // An outcome's key is among the keys of what was shown.
        let fits = |left: &&Column| {
            let is_same_name = left.name.eq_ignore_ascii_case(&right.name);
            is_same_name && is_key_like(right) && !is_time(&left.name, &right.name) && overlap(right, left).0 >= 0.5
        };
        if let Some(left) = main.table.columns.iter().find(fits) {
            on.push(KeyPair { left: left.name.clone(), right: right.name.clone() });
        }
    }
    let label_table = LabelTable {
        table: other.name.clone(),
        label: label.to_owned(),
        on,
        times,
        window_days: None,
        touch: Touch::Last,
    };
    (!label_table.on.is_empty()).then_some(label_table)
}

/// Whether a column could be a key: not fractions, and more than a few values.
fn is_key_like(column: &Column) -> bool {
    match &column.values {
        ColumnValues::Text { dictionary, .. } => dictionary.len() > 2,
        ColumnValues::Number(numbers) => {
            let whole = numbers.iter().all(|number| number.is_nan() || number.fract() == 0.0);
            whole && numbers.iter().any(|&number| number > 2.0)
        }
    }
}

/// A table with one row for each key of the rows.
fn features_of(main: &Table, other: &NamedTable) -> Option<FeatureTable> {
    // A number of the row, which writers leave without a name, is no key.
    let named = other.table.columns.iter().filter(|right| !is_unnamed(right) && is_key_like(right));
    let pairs = named.filter_map(|right| {
        let left = main.columns.iter().find(|left| left.name.eq_ignore_ascii_case(&right.name))?;
        let (share, is_unique) = overlap(left, right);
        let pair = KeyPair { left: left.name.clone(), right: right.name.clone() };
        (is_unique && share > 0.0).then_some((share, pair))
    });
    let (_, pair) = pairs.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    let has_more = other.table.columns.len() > 1;
    has_more.then(|| FeatureTable { table: other.name.clone(), on: vec![pair] })
}
