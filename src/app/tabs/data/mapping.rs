//! The form of a log's roles: a line for each column, with its content, its role and the reason, and controls.

use crate::app::format;
use crate::app::marks::{Control, Mark, check, field, folded, number, path, select, text_field};
use crate::app::numbers::{self, decimal};
use crate::app::roles::{OFFERED, role_words, with_role, with_rule};
use crate::domain::log::{ColumnReport, Confidence, LabelRule, Role, Roles, Spark, Window, is_rate};
use crate::domain::range::Range;

#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Show the columns whose names contain this.
    Find(String),
    Change(ColumnChange),
    /// The share of the rows without a click that the log kept; `None` for all.
    NegativeRate(Option<f64>),
}

/// A change of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnChange {
    pub column: String,
    pub change: ColumnEdit,
}

/// A change of a column's role or rule.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnEdit {
    Role(Role),
    /// Another kind of rule, with a likely rule of that kind.
    RuleKind(RuleKind),
    /// These values count as 1.
    Values(Vec<String>),
    /// Whether one value counts as 1.
    Value {
        value: String,
        counts: bool,
    },
    Above(f64),
    WithinDays(f64),
}

/// Kinds of rules that say which values of a label count as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    Usual,
    Blank,
    Filled,
    These,
    Above,
    Within,
}

/// Maximum number of columns shown; others are found by name.
const SHOWN: usize = 100;
/// Maximum number of columns without a search field.
const FEW: usize = 24;
/// Number of first values shown.
const FIRST_VALUES: usize = 3;
/// Length from which a value may be truncated.
const CUT_CHARS: usize = 24;

const ANY_NUMBER: Range = Range::linear(-1e15, 1e15);
const DAYS: Range = Range::linear(0.01, 36_500.0);

/// The columns of a log or a refused file.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    pub columns: &'a [ColumnReport],
    /// The first rows as text.
    pub head: &'a [Vec<String>],
    /// Rows of the log; none of a refused file.
    pub rows: Option<usize>,
    pub roles: &'a Roles,
}

/// A change of the roles, with its description.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub roles: Roles,
    pub words: String,
}

/// The form; shows the columns whose names contain `find`.
pub fn form(log: Columns, find: &str) -> Vec<Mark<Msg>> {
    let wanted = find.trim().to_lowercase();
    let found: Vec<usize> =
        (0..log.columns.len()).filter(|&index| log.columns[index].name.to_lowercase().contains(&wanted)).collect();
    let rest = found.len().saturating_sub(SHOWN);
    let rest = (rest > 0).then(|| {
        let words = text!(mapping::more, columns = counted!(nouns::columns, rest));
        Mark::new("p").class("hint").key("rest").text(words)
    });
    let field = (log.columns.len() > FEW).then(|| {
        Mark::new("div").class("columns-find").key("find").child(text_field(
            Control::new(text!(mapping::find)),
            find,
            "text",
            |find| Msg::Find(find.to_owned()),
        ))
    });
    let lines = found.iter().take(SHOWN).map(|&index| line(log, index));
    let heads = [
        text!(mapping::heads::column),
        text!(mapping::heads::role),
        text!(mapping::heads::first_values),
        text!(mapping::heads::all_values),
        text!(mapping::heads::distinct),
        text!(mapping::heads::missing),
    ];
    let heads = heads.iter().enumerate().map(|(at, head)| {
        Mark::new("th")
            .attr("scope", "col")
            .attr("role", "columnheader")
            .class(if at > 3 { "num" } else { "" })
            .text(*head)
    });
    // ARIA roles, since a table that is laid out as a list on a narrow page would lose its own.
    let table = Mark::new("table")
        .class("columns")
        .attr("role", "table")
        .key("table")
        .child(Mark::new("caption").text(sentence(log.columns)))
        .child(Mark::new("thead").attr("role", "rowgroup").child(Mark::new("tr").attr("role", "row").children(heads)))
        .child(Mark::new("tbody").attr("role", "rowgroup").children(lines));
    field.into_iter().chain([table]).chain(rest).chain(sampling(log)).collect()
}

/// The share of the rows without a click that was kept; nothing for rows that no column says were clicked.
fn sampling(log: Columns) -> Option<Mark<Msg>> {
    let rate = log.roles.negative_rate;
    if rate.is_none() && !log.columns.iter().any(|column| column.role == Role::Click) {
        return None;
    }
    let control = Control::new(text!(mapping::sampling::rate)).hint(text!(mapping::sampling::rate_hint));
    let value = rate.map_or(String::new(), |rate| decimal(rate.to_string()));
    let field = field(control, value, "decimal", |text| match share(text) {
        None if text.trim().is_empty() => Some(Msg::NegativeRate(None)),
        rate => rate.filter(|rate| is_rate(*rate)).map(|rate| Msg::NegativeRate(Some(rate))),
    });
    let body = Mark::new("div").class("controls").child(field);
    let summary = match rate {
        None => text!(mapping::sampling::whole).to_owned(),
        Some(rate) => text!(mapping::sampling::sampled, share = format::percent(rate)),
    };
    Some(folded("sampling", summary, body))
}

/// A share as a number up to 1, or in percent: a number above 1 is of a hundred, with its sign or without.
fn share(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, is_percent) = text.strip_suffix('%').map_or((text, false), |number| (number.trim(), true));
    numbers::parse(number).map(|number| if is_percent || number > 1.0 { number / 100.0 } else { number })
}

/// The roles with that share of the rows without a click kept.
pub fn sampled(given: &Roles, negative_rate: Option<f64>) -> Change {
    let words = match negative_rate {
        None => text!(mapping::changes::whole).to_owned(),
        Some(rate) => text!(mapping::changes::sampled, share = format::percent(rate)),
    };
    Change { roles: Roles { negative_rate, ..given.clone() }, words }
}

/// Summary of the columns, and those to check.
fn sentence(columns: &[ColumnReport]) -> String {
    let named = |role: Role| columns.iter().filter(|c| c.role == role).map(|c| c.name.as_str()).collect::<Vec<_>>();
    let quoted = |role: Role| {
        let names = named(role);
        (!names.is_empty()).then(|| names.join(text!(mapping::labels::between)))
    };
    let click = match quoted(Role::Click) {
        Some(names) => text!(mapping::labels::click, columns = names),
        None => text!(mapping::labels::no_click).to_owned(),
    };
    let conversion = match quoted(Role::Conversion) {
        Some(names) => text!(mapping::labels::conversion, columns = names),
        None => text!(mapping::labels::no_conversion).to_owned(),
    };
    let features = columns.iter().filter(|c| matches!(c.role, Role::Categorical | Role::Numerical)).count();
    let (all, features) = (counted!(nouns::columns, columns.len()), counted!(nouns::features, features));
    let words = match quoted(Role::Action) {
        None => text!(mapping::summary, columns = all, click = click, conversion = conversion, features = features),
        Some(names) => text!(
            mapping::summary_with_action,
            columns = all,
            click = click,
            conversion = conversion,
            action = text!(mapping::labels::action, columns = names),
            features = features,
        ),
    };
    let guessed: Vec<&str> =
        columns.iter().filter(|c| c.confidence == Confidence::Guess).map(|c| c.name.as_str()).collect();
    let guesses = match guessed.as_slice() {
        [] => return words,
        [name] => text!(mapping::guesses::one_column, column = name),
        [first, second] => text!(mapping::guesses::two_columns, first = first, second = second),
        names => text!(mapping::guesses::many_columns, columns = names.len().to_string(), first = names[0]),
    };
    format!("{words} {guesses}")
}

fn line(log: Columns, index: usize) -> Mark<Msg> {
    let column = &log.columns[index];
    let cell = |class: &'static str, head: &'static str| {
        Mark::new("td").attr("role", "cell").class(class).attr("data-head", head)
    };
    let kind = if column.is_number { text!(mapping::kinds::is_number) } else { text!(mapping::kinds::is_text) };
    let name = Mark::new("th")
        .attr("scope", "row")
        .attr("role", "rowheader")
        .child(Mark::new("code").text(&column.name))
        .child(Mark::new("span").class("column-kind").text(kind));
    let first = log.head.iter().take(FIRST_VALUES).filter_map(|row| row.get(index));
    let first = first.map(|value| match value.as_str() {
        "" => Mark::new("span").class("absent").text(text!(mapping::empty)),
        value => Mark::new("span").text(cut(value)),
    });
    let missing = match (column.missing, log.rows) {
        (0, _) => "0".to_owned(),
        (n, Some(rows)) if rows > 0 => {
            let share = format::percent(n as f64 / rows as f64);
            text!(mapping::missing_of_all, rows = format::count(n), share = share)
        }
        (n, _) => format::count(n),
    };
    let name_of_column = column.name.clone();
    let as_message = move |change| Msg::Change(ColumnChange { column: name_of_column.clone(), change });
    let controls = role(column).into_iter().chain(rule(log, column)).map(|mark| mark.map(as_message.clone()));
    Mark::new("tr")
        .attr("role", "row")
        .key(&column.name)
        .child(name)
        .child(cell("column-role", text!(mapping::heads::role)).children(controls))
        .child(cell("column-first", text!(mapping::heads::first_values)).children(first))
        .child(
            cell("column-spark", text!(mapping::heads::all_values))
                .child(spark(column))
                .child(Mark::new("span").text(ends(column))),
        )
        .child(cell("num", text!(mapping::heads::distinct)).text(format::count(column.distinct)))
        .child(cell("num", text!(mapping::heads::missing)).text(missing))
}

fn role(column: &ColumnReport) -> [Mark<ColumnEdit>; 2] {
    let control = match column.role {
        Role::Truth => Mark::new("span").class("role-fixed").text(role_words(column.role)),
        role => {
            let label = text!(mapping::role_of, column = column.name);
            select(Control::new(&label).unseen(), OFFERED, &role, ColumnEdit::Role)
        }
    };
    let (class, reason) = match column.confidence {
        Confidence::Given => ("hint", text!(mapping::reasons::given).to_owned()),
        Confidence::Sure => ("hint", column.reason.clone()),
        Confidence::Likely => ("hint", text!(mapping::reasons::likely, reason = column.reason)),
        Confidence::Guess => ("hint is-guess", text!(mapping::reasons::guess, reason = column.reason)),
    };
    // Models do not learn from a key: that is said where it is one.
    let reason = match column.role {
        Role::User | Role::Item | Role::Group => format!("{reason}; {}", text!(mapping::reasons::is_key)),
        _ => reason,
    };
    [control.key("role"), Mark::new("p").class(class).key("reason").text(reason)]
}

/// Control of the values that count as 1.
fn rule(log: Columns, column: &ColumnReport) -> Option<Mark<ColumnEdit>> {
    if !column.role.is_label() {
        return None;
    }
    let rule = log.roles.labels.get(&column.name);
    let kinds = [
        (RuleKind::Usual, text!(mapping::rules::usual)),
        (RuleKind::Blank, text!(mapping::rules::blank)),
        (RuleKind::Filled, text!(mapping::rules::filled)),
        (RuleKind::These, text!(mapping::rules::these)),
        (RuleKind::Above, text!(mapping::rules::above)),
        (RuleKind::Within, text!(mapping::rules::within)),
    ];
    let chosen = match rule {
        None => RuleKind::Usual,
        Some(LabelRule::BlankIsNo) => RuleKind::Blank,
        Some(LabelRule::Filled) => RuleKind::Filled,
        Some(LabelRule::Positive(_)) => RuleKind::These,
        Some(LabelRule::Above(_)) => RuleKind::Above,
        Some(LabelRule::Within(_)) => RuleKind::Within,
    };
    let more = match rule {
        Some(LabelRule::Positive(values)) => positive(column, values),
        Some(LabelRule::Above(limit)) => {
            vec![number(Control::new(text!(mapping::fields::above)), ANY_NUMBER, *limit, ColumnEdit::Above)]
        }
        Some(LabelRule::Within(window)) => {
            vec![number(Control::new(text!(mapping::fields::days)), DAYS, window.days, ColumnEdit::WithinDays)]
        }
        _ => Vec::new(),
    };
    let summary = match rule {
        None => text!(mapping::counts::usual).to_owned(),
        Some(rule) => text!(mapping::counts::by_rule, rule = rule_words(rule)),
    };
    let body = Mark::new("div")
        .class("controls")
        .child(select(Control::new(text!(mapping::counts::name)), kinds, &chosen, ColumnEdit::RuleKind).key("kind"))
        .children(more);
    Some(folded("rule", summary, body))
}

/// Boxes if the values are few and not truncated, else a text field.
fn positive(column: &ColumnReport, chosen: &[String]) -> Vec<Mark<ColumnEdit>> {
    let values = &column.spark.values;
    let is_whole = |value: &String| value.chars().count() < CUT_CHARS;
    if column.is_number || column.distinct > values.len() || !values.iter().all(is_whole) {
        let control = Control::new(text!(mapping::fields::values)).hint(text!(mapping::fields::by_commas));
        return vec![field(control, chosen.join(", "), "text", |text| {
            let values: Vec<String> =
                text.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect();
            (!values.is_empty()).then_some(ColumnEdit::Values(values))
        })];
    }
    let boxes = values.iter().zip(&column.spark.counts).map(|(value, &count)| {
        let words = text!(mapping::value_rows, value = value, count = format::count(count as usize));
        let is_chosen = chosen.iter().any(|known| known.eq_ignore_ascii_case(value));
        let of_value = value.clone();
        let set = move |counts| ColumnEdit::Value { value: of_value.clone(), counts };
        check(Control::new(&words), is_chosen, set).key(value)
    });
    boxes.collect()
}

fn rule_words(rule: &LabelRule) -> String {
    match rule {
        LabelRule::BlankIsNo => text!(mapping::words::blank).into(),
        LabelRule::Filled => text!(mapping::words::filled).into(),
        LabelRule::Positive(values) if values.is_empty() => text!(mapping::words::nothing).into(),
        LabelRule::Positive(values) => values.join(", "),
        LabelRule::Above(limit) => text!(mapping::words::above, limit = decimal(limit.to_string())),
        LabelRule::Within(window) => text!(mapping::words::within, days = decimal(window.days.to_string())),
    }
}

/// The histogram, a bar for each value or span of values.
fn spark(column: &ColumnReport) -> Mark<Msg> {
    const WIDTH: f64 = 96.0;
    const HEIGHT: f64 = 20.0;
    let counts = &column.spark.counts;
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let wide = WIDTH / Spark::MAX_BARS as f64;
    let bars: String =
        (0u8..).zip(counts).filter(|(_, count)| **count > 0).fold(String::new(), |data, (at, &count)| {
            let (x, y) =
                (f64::from(at) * wide, (HEIGHT * (1.0 - f64::from(count) / f64::from(most))).min(HEIGHT - 1.0));
            data + &format!("M{x:.1} {HEIGHT}V{y:.1}h{:.1}V{HEIGHT}z", wide - 1.0)
        });
    Mark::new("svg")
        .class("spark")
        .attr("viewBox", format!("0 0 {WIDTH} {HEIGHT}"))
        .attr("aria-hidden", "true")
        .child(path("spark-bars", bars))
}

/// Caption of a histogram.
fn ends(column: &ColumnReport) -> String {
    match (column.is_number, column.spark.values.as_slice()) {
        (_, []) => text!(mapping::ends::none).into(),
        (true, [low, high]) if low == high => short(low),
        (true, [low, high]) => text!(mapping::ends::range, low = short(low), high = short(high)),
        (_, [top, ..]) => {
            let all = column.spark.counts.iter().map(|&count| f64::from(count)).sum::<f64>();
            if column.distinct <= column.spark.counts.len() && all > 0.0 {
                format!("{} {}", cut(top), format::percent(f64::from(column.spark.counts[0]) / all))
            } else {
                text!(mapping::ends::top, value = cut(top))
            }
        }
    }
}

fn short(number: &str) -> String {
    match number.parse::<f64>() {
        Ok(value) if value.fract() != 0.0 => format::significant(value, 3),
        _ => number.to_owned(),
    }
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(18) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

/// The roles after a change of one column; `given` are those set so far. `None` if nothing changes, or for an unknown column.
pub fn changed(log: Columns, given: &Roles, change: &ColumnChange) -> Option<Change> {
    let ColumnChange { column, change } = change;
    let report = log.columns.iter().find(|report| report.name == *column)?;
    let rule = match change {
        ColumnEdit::Role(role) => {
            let words = text!(mapping::changes::role, column = column, role = role_words(*role));
            return Some(Change { roles: with_role(log.columns, given, column, *role), words });
        }
        ColumnEdit::RuleKind(kind) => match kind {
            RuleKind::Usual => None,
            RuleKind::Blank => Some(LabelRule::BlankIsNo),
            RuleKind::Filled => Some(LabelRule::Filled),
            RuleKind::These => Some(LabelRule::Positive(vec![rarest(report)])),
            RuleKind::Above => Some(LabelRule::Above(0.0)),
            RuleKind::Within => Some(LabelRule::Within(Window { days: 7.0, since: None })),
        },
        ColumnEdit::Values(values) => Some(LabelRule::Positive(values.clone())),
        ColumnEdit::Value { value, counts } => {
            let mut values = match log.roles.labels.get(column) {
                Some(LabelRule::Positive(values)) => values.clone(),
                _ => Vec::new(),
            };
            values.retain(|known| !known.eq_ignore_ascii_case(value));
            if *counts {
                values.push(value.clone());
            }
            // A rule without values is none: the last value stays.
            if values.is_empty() {
                return None;
            }
            Some(LabelRule::Positive(values))
        }
        ColumnEdit::Above(limit) => Some(LabelRule::Above(*limit)),
        ColumnEdit::WithinDays(days) => {
            let since = match log.roles.labels.get(column) {
                Some(LabelRule::Within(window)) => window.since.clone(),
                _ => None,
            };
            Some(LabelRule::Within(Window { days: *days, since }))
        }
    };
    let words = match &rule {
        None => text!(mapping::changes::usual, column = column),
        Some(rule) => text!(mapping::changes::rule, column = column, rule = rule_words(rule)),
    };
    Some(Change { roles: with_rule(given, column, rule), words })
}

/// The rarest value, the default of a rule: an event is rarer than its absence.
fn rarest(column: &ColumnReport) -> String {
    match (column.is_number, column.spark.values.last()) {
        (false, Some(value)) => value.clone(),
        _ => "1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::column;
    use crate::domain::log::OpenedLog;

    fn opened(roles: Option<Roles>) -> OpenedLog {
        let rows: String = (0..60)
            .map(|row| {
                let state = ["open", "paid", "open", "sent"][row % 4];
                format!("{},{},{state},{}\n", row % 2, u8::from(row % 4 == 1), row % 7)
            })
            .collect();
        let text = format!("click,conversion,state,city\n{rows}");
        OpenedLog::from_bytes(text.as_bytes(), roles).expect("a log")
    }

    fn columns<'a>(opened: &'a OpenedLog, head: &'a [Vec<String>]) -> Columns<'a> {
        Columns { columns: &opened.columns, head, rows: Some(opened.log.n_rows), roles: &opened.roles }
    }

    fn read(column: &str, change: ColumnEdit) -> ColumnChange {
        ColumnChange { column: column.to_owned(), change }
    }

    #[test]
    fn every_column_has_a_line_with_its_role_reason_and_values() {
        let opened = opened(None);
        let head = opened.head(5);
        let marks = form(columns(&opened, &head), "");
        let table = marks.iter().find(|mark| mark.tag == "table").unwrap();
        let lines = table.with_tag("tbody")[0].with_tag("tr");
        assert_eq!(lines.len(), 4);
        for (line, column) in lines.iter().zip(&opened.columns) {
            let said = line.all_text();
            assert!(said.contains(&column.name) && said.contains(&column.reason), "{said}");
            assert_eq!(line.with_class("spark-bars").len(), 1);
        }
        assert!(
            table.all_text().starts_with("4 columns: click in “click”, conversion in “conversion”, 1 feature."),
            "{}",
            table.all_text()
        );
    }

    #[test]
    fn a_rule_says_which_values_count_and_the_log_is_read_by_it() {
        let before = opened(None);
        let head = before.head(5);
        let log = columns(&before, &head);
        let role = Mark::new("div").children(form(log, "")).change("Role of state", "conversion label");
        assert_eq!(role, Some(Msg::Change(read("state", ColumnEdit::Role(Role::Conversion)))));
        let moved = changed(log, &Roles::default(), &read("state", ColumnEdit::Role(Role::Conversion))).unwrap();
        assert_eq!(moved.words, "state is conversion label");
        let ruled = changed(log, &moved.roles, &read("state", ColumnEdit::RuleKind(RuleKind::These))).unwrap();
        let paid = ColumnEdit::Value { value: "paid".to_owned(), counts: true };
        let log = Columns { roles: &ruled.roles, ..log };
        let both = changed(log, &ruled.roles, &read("state", paid)).unwrap();
        assert_eq!(both.words, "state: sent, paid counts as 1");
        let after = opened(Some(both.roles));
        let conversions = after.log.label("conversion").unwrap().iter().filter(|yes| **yes).count();
        assert_eq!(conversions, 30);
        assert_eq!(after.roles.ignore, ["conversion"]);
    }

    #[test]
    fn the_last_value_of_a_rule_stays() {
        let opened = opened(None);
        let labels = [("state".to_owned(), LabelRule::Positive(vec!["paid".into()]))].into();
        let roles = Roles { labels, ..Roles::default() };
        let log = Columns { roles: &roles, ..columns(&opened, &[]) };
        let paid = ColumnEdit::Value { value: "paid".to_owned(), counts: false };
        assert_eq!(changed(log, &Roles::default(), &read("state", paid)), None);
    }

    #[test]
    fn the_share_of_kept_negatives_is_typed_and_taken_back() {
        let before = opened(None);
        let form = |log: Columns| Mark::new("div").children(form(log, ""));
        let kept = text!(mapping::sampling::rate);
        let unset = form(columns(&before, &[]));
        assert_eq!(unset.change(kept, "0.1"), Some(Msg::NegativeRate(Some(0.1))));
        assert_eq!(unset.change(kept, "10 %"), Some(Msg::NegativeRate(Some(0.1))));
        assert_eq!(unset.change(kept, "10"), Some(Msg::NegativeRate(Some(0.1))), "no share is above 1");
        assert_eq!(["0", "150", "-1", "many"].map(|text| unset.change(kept, text)), [None, None, None, None]);
        let Change { roles, words } = sampled(&Roles::default(), Some(0.1));
        assert_eq!(words, "10\u{202f}% of the rows without a click were kept");
        let after = opened(Some(roles));
        assert_eq!(after.log.weights.as_ref().map(|weights| (weights[0], weights[1])), Some((10.0, 1.0)));
        assert_eq!(form(columns(&after, &[])).change(kept, " "), Some(Msg::NegativeRate(None)));
        assert_eq!(sampled(&after.roles, None).roles.negative_rate, None);
        let unclicked = [column("price", Role::Numerical)];
        assert!(form(Columns { columns: &unclicked, ..columns(&before, &[]) }).change(kept, "0.1").is_none());
    }

    #[test]
    fn ten_thousand_columns_are_found_by_name() {
        let column = opened(None).columns[3].clone();
        let many: Vec<ColumnReport> =
            (0..10_000).map(|n| ColumnReport { name: format!("f{n}"), ..column.clone() }).collect();
        let log = Columns { columns: &many, head: &[], rows: None, roles: &Roles::default() };
        let lines = |find: &str| form(log, find).iter().map(|mark| mark.with_tag("tr").len()).sum::<usize>() - 1;
        assert_eq!((lines(""), lines("F9999"), lines("nothing")), (SHOWN, 1, 0));
    }
}
