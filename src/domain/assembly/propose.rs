//! The assembly that tables of common shapes ask for, to be confirmed by their owner.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::credit::Touch;
use super::join::KeyPair;
use super::keys::{LEAST_SHARE, SharedKey, Side, Values, shared_key};
use super::parts::has_same_columns;
use super::{Assembly, Events, FeatureTable, LabelTable, NamedTable, Spread, Step};
use crate::domain::label;
use crate::domain::log::{
    Column, ColumnValues, Role, Roles, Space, Table, infer_roles, is_calendar, is_clock, is_made_up, is_named,
    is_one_of_words, normalized, role_of_name,
};

const SHOWN: &str = "impression impressions show shows shown expose exposure imp view_impression 曝光 展示";
const VIEWED: &str = "pv view views viewed seen page_view pageview page_views detail browse view_item item_view 浏览";
const CLICKED: &str = "click clicks clk clicked tap taps tapped 点击 點擊";
const ACTED: &str = "cart carts addtocart add_to_cart atc basket bag fav favorite favourite favorites collect wishlist \
                     add_to_wishlist 加购 收藏";
const BOUGHT: &str = "buy buys bought purchase purchases purchased order orders ordered transaction transactions pay payment \
                      paid conversion conversions trade deal sale sales 购买 下单 支付 成交";
/// Parts of the names of events that undo what else they name, or come before it.
const NOT_DONE: &str = "remove removed delete deleted cancel cancelled canceled refund refunded return returned undo begin \
                        begun start started info fail failed error 取消 退款";

/// A table, and the roles that its columns seem to have: found once, and only when they are asked for.
struct Known<'a> {
    table: &'a Table,
    roles: OnceCell<Roles>,
}

impl<'a> Known<'a> {
    fn new(table: &'a Table) -> Self {
        Self { table, roles: OnceCell::new() }
    }

    fn roles(&self) -> &Roles {
        self.roles.get_or_init(|| infer_roles(self.table).roles)
    }

    /// Whether a column is named like a label.
    fn has_label(&self) -> bool {
        [label::CLICK, label::ACTION, label::CONVERSION].into_iter().any(|label| self.has(label))
    }

    fn has(&self, label: &str) -> bool {
        let roles = self.roles();
        match label {
            label::CLICK => roles.click.is_some(),
            label::ACTION => !roles.action.is_empty(),
            _ => roles.conversion.is_some(),
        }
    }
}

/// The assembly that the tables ask for; `None` when a table is a log as it is, or nothing is known of them.
pub fn propose(tables: &[NamedTable]) -> Option<Assembly> {
    let (main, known) = main_and_known(tables)?;
    let mut steps = Vec::new();
    let parts: Vec<String> = tables
        .iter()
        .filter(|table| table.name != main.name && has_same_columns(&table.table, &main.table))
        .map(|table| table.name.clone())
        .collect();
    if !parts.is_empty() {
        steps.push(Step::Append { tables: parts.clone() });
    }
    let mut space = None;
    if let Some((events, of)) = events_of(&known) {
        (space, steps) = (Some(of), [steps, vec![Step::Events(events)]].concat());
    } else if let Some(spread) = counts_of(&known) {
        steps.push(Step::Spread(spread));
    }
    let others = tables.iter().filter(|table| table.name != main.name && !parts.contains(&table.name));
    for other in others {
        match outcome_of(&other.name).filter(|label| !known.has(label)) {
            Some(label) => {
                let label_table = label_table(&main.table, other, label)?;
                let has_click = known.has(label::CLICK) || label == label::CLICK || steps.iter().any(is_click_label);
                space = Some(if has_click { Space::Impressions } else { space.unwrap_or(Space::Views) });
                steps.push(Step::Label(label_table));
            }
            None => steps.extend(features_of(&main.table, other).map(Step::Features)),
        }
    }
    let is_log = steps.is_empty();
    (!is_log).then(|| Assembly { table: main.name.clone(), steps, space, ..Assembly::default() })
}

fn is_click_label(step: &Step) -> bool {
    matches!(step, Step::Label(step) if step.label == label::CLICK)
}

/// The table that the rows come from: one with labels, or else one of what was shown, or the longest.
pub(super) fn main_table(tables: &[NamedTable]) -> Option<&NamedTable> {
    main_and_known(tables).map(|(main, _)| main)
}

fn main_and_known(tables: &[NamedTable]) -> Option<(&NamedTable, Known<'_>)> {
    let mut all = tables.iter().map(|table| (table, Known::new(&table.table)));
    let rank = |(named, known): &(&NamedTable, Known)| {
        let is_outcome = outcome_of(&named.name).is_some_and(|label| label != label::CLICK);
        let has_rows = known.has_label() || events_of(known).is_some() || counts_of(known).is_some();
        (has_rows, !is_outcome, named.table.n_rows)
    };
    if tables.len() == 1 {
        return all.next();
    }
    // Of equals the first: parts are appended in the order of their names.
    all.rev().max_by_key(rank)
}

/// Whether a table has a column that is named like a label.
pub(super) fn has_label(table: &Table) -> bool {
    Known::new(table).has_label()
}

/// The label that a table of this name holds the outcomes of.
pub(super) fn outcome_of(name: &str) -> Option<&'static str> {
    [(BOUGHT, label::CONVERSION), (ACTED, label::ACTION), (CLICKED, label::CLICK)]
        .into_iter()
        .find(|(words, _)| is_one_of_words(name, words))
        .map(|(_, label)| label)
}

/// The label that a table of outcomes is joined as: by its name, or the first that neither the rows nor a step has.
pub(super) fn missing_label(rows: &Table, steps: &[Step], table: &str) -> &'static str {
    let has_click = || {
        let is_made = steps.iter().any(|step| match step {
            Step::Events(events) => events.labels.contains_key(label::CLICK),
            step => is_click_label(step),
        });
        is_made || Known::new(rows).has(label::CLICK)
    };
    outcome_of(table).unwrap_or_else(|| if has_click() { label::CONVERSION } else { label::CLICK })
}

/// Whether a table is one of events, and no log.
pub(super) fn is_event_log(table: &Table) -> bool {
    events_of(&Known::new(table)).is_some()
}

/// How a table of events becomes rows, and what a row then stands for.
fn events_of(known: &Known) -> Option<(Events, Space)> {
    let table = known.table;
    let (event, words) = table.columns.iter().find_map(|column| Some((column, event_words(column)?)))?;
    let (rows, labels) = meanings(&words);
    let space = match rows.iter().any(|word| is_event(word, SHOWN)) {
        true => Space::Impressions,
        false => Space::Views,
    };
    // A log with labels of its own may say what happened before, too.
    if rows.is_empty() || labels.is_empty() || known.has_label() {
        return None;
    }
    let time = time_of(table, &event.name)?;
    let key = keys_of(table, &event.name, &time);
    (!key.is_empty()).then(|| {
        let events = Events {
            event: event.name.clone(),
            time,
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

/// The column that says when: by its name, or since it knows the year, the first without a name at all or the only one.
pub(super) fn time_of(table: &Table, event: &str) -> Option<String> {
    let clocks = || table.columns.iter().filter(|column| column.name != event && is_clock(&column.values));
    let named = clocks().find(|column| role_of_name(&column.name) == Some(Role::Time));
    let calendars = || clocks().filter(|column| is_calendar(&column.values));
    let only = || calendars().next().filter(|_| calendars().count() == 1);
    let found = named.or_else(|| calendars().find(|column| is_made_up(&column.name))).or_else(only);
    found.map(|column| column.name.clone())
}

/// User and item, session and item, or the first two columns of codes where no column has a name.
pub(super) fn keys_of(table: &Table, event: &str, time: &str) -> Vec<String> {
    let with = |role| table.columns.iter().find(|column| role_of_name(&column.name) == Some(role));
    let who = with(Role::User).or_else(|| with(Role::Group));
    if who.is_some() {
        return who.into_iter().chain(with(Role::Item)).map(|column| column.name.clone()).collect();
    }
    // An item alone would connect what different users did.
    if !table.columns.iter().all(|column| is_made_up(&column.name)) {
        return Vec::new();
    }
    let codes = table.columns.iter().map(|column| column.name.clone()).filter(|name| name != event && name != time);
    codes.take(2).collect()
}

/// Columns of counts per group: more than one impression in a row.
fn counts_of(known: &Known) -> Option<Spread> {
    let table = known.table;
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
        words.split_whitespace().find_map(with).filter(|_| !known.has_label())
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
        limit: Spread::ROWS,
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

/// The label of a table of outcomes, by the columns of one name that hold the same values, or else by those that do.
fn label_table(main: &Table, other: &NamedTable, label: &str) -> Option<LabelTable> {
    let right_time = time_of(&other.table, "");
    let times = time_of(main, "").zip(right_time).map(|(left, right)| KeyPair { left, right });
    let is_time = |pair: &KeyPair| times.as_ref().is_some_and(|of| of.left == pair.left || of.right == pair.right);
    let mut on = of_one_name(main, &other.table)
        // An outcome's key is among the keys of what was shown.
        .filter(|(pair, left, right)| !is_time(pair) && right.share_in(left) >= LEAST_SHARE)
        .map(|(pair, ..)| pair)
        .collect::<Vec<_>>();
    if on.is_empty() {
        on.extend(shared_key(main, &other.table, Side::Right).filter(SharedKey::is_sure).map(|key| key.pair));
    }
    let (table, label) = (other.name.clone(), label.to_owned());
    (!on.is_empty()).then_some(LabelTable { table, label, on, times, window_days: None, touch: Touch::Last })
}

/// A table with one row for each key of the rows.
fn features_of(main: &Table, other: &NamedTable) -> Option<FeatureTable> {
    // A number of the row, which writers leave without a name, is no key.
    let pairs =
        of_one_name(main, &other.table).filter(|(pair, _, right)| !is_made_up(&pair.right) && right.is_unique());
    let shares = pairs.map(|(pair, left, right)| (left.share_in(&right), pair)).filter(|(share, _)| *share > 0.0);
    let of_one_name = shares.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, pair)| pair);
    let by_values = || shared_key(main, &other.table, Side::Left).filter(SharedKey::is_sure).map(|key| key.pair);
    let pair = of_one_name.or_else(by_values)?;
    let has_more = other.table.columns.len() > 1;
    has_more.then(|| FeatureTable { table: other.name.clone(), on: vec![pair] })
}

/// Columns of the same name in both tables that could be keys, with their values.
fn of_one_name<'a>(main: &'a Table, other: &'a Table) -> impl Iterator<Item = (KeyPair, Values<'a>, Values<'a>)> {
    other.columns.iter().filter_map(|right| {
        let left = main.columns.iter().find(|left| left.name.eq_ignore_ascii_case(&right.name))?;
        let pair = KeyPair { left: left.name.clone(), right: right.name.clone() };
        let (left, right) = (Values::of(left)?, Values::of(right)?);
        right.could_be_key().then_some((pair, left, right))
    })
}
