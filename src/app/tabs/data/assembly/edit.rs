//! Changes of an assembly, each of which gives the whole of another one.

use crate::domain::assembly::{
    Assembly, AssemblyReport, Events, FeatureTable, KeyPair, LabelTable, Spread, Step, TableColumn, TableReport, Touch,
};
use crate::domain::label;
use crate::domain::log::Space;

/// A change of an assembly.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The rows come from this table.
    Table(String),
    Space(Option<Space>),
    /// The objects of this list are the rows of the table that the log's come from; `None` for its records.
    Unroll(Option<String>),
    Add(StepKind),
    Remove(usize),
    Edit(usize, StepEdit),
}

/// Kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    Append,
    Events,
    Label,
    Features,
    Spread,
}

/// A change of one step.
#[derive(Debug, Clone, PartialEq)]
pub enum StepEdit {
    /// Whether the rows of a table are added.
    Part {
        table: String,
        is_in: bool,
    },
    /// The table of a label or of features.
    Table(String),
    Label(String),
    /// A pair of key columns; a new one at the end.
    Pair(usize, KeyPair),
    RemovePair(usize),
    Times(Option<KeyPair>),
    WindowDays(Option<f64>),
    Touch(Touch),
    EventColumn(String),
    TimeColumn(String),
    /// Whether a column is part of the events' key.
    Key {
        column: String,
        is_in: bool,
    },
    /// What an event of this word is.
    Word {
        word: String,
        meaning: Meaning,
    },
    /// Whether earlier events of the same value are counted.
    History {
        column: String,
        is_in: bool,
    },
    Impressions(String),
    Clicks(String),
    Conversions(Option<String>),
    Rows(usize),
}

/// What an event is to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Row,
    Click,
    Action,
    Conversion,
    Nothing,
}

impl Meaning {
    pub const ALL: [Self; 5] = [Self::Row, Self::Click, Self::Action, Self::Conversion, Self::Nothing];

    /// The label that such events make; `None` for the others.
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::Click => Some(label::CLICK),
            Self::Action => Some(label::ACTION),
            Self::Conversion => Some(label::CONVERSION),
            Self::Row | Self::Nothing => None,
        }
    }

    /// What a word is in `events`.
    pub fn of(events: &Events, word: &str) -> Self {
        let has = |words: Option<&Vec<String>>| words.is_some_and(|words| words.iter().any(|known| known == word));
        match Self::ALL.into_iter().find(|meaning| has(meaning.label().and_then(|label| events.labels.get(label)))) {
            Some(meaning) => meaning,
            None if has(Some(&events.rows)) => Self::Row,
            None => Self::Nothing,
        }
    }
}

/// A changed assembly, with a description of the change.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    pub assembly: Assembly,
    pub words: String,
}

/// The assembly after a change; `None` when nothing changes, or there is no such step or table.
pub fn edited(report: &AssemblyReport, message: Msg) -> Option<Edited> {
    let mut assembly = report.assembly.clone();
    let words = match message {
        Msg::Table(table) => {
            report.tables.iter().find(|known| known.name == table)?;
            let words = text!(assembly_view::changes::table, table = &table);
            assembly.table = table;
            words
        }
        Msg::Space(space) => {
            assembly.space = space;
            text!(assembly_view::changes::space).to_owned()
        }
        Msg::Unroll(list) => {
            let words = match &list {
                Some(list) => text!(assembly_view::changes::unrolled, list = list),
                None => text!(assembly_view::changes::records).to_owned(),
            };
            match list {
                Some(list) => assembly.unroll.insert(assembly.table.clone(), list),
                None => assembly.unroll.remove(&assembly.table),
            };
            words
        }
        Msg::Add(kind) => {
            assembly.steps.push(new_step(report, kind)?);
            text!(assembly_view::changes::added, step = kind.words())
        }
        Msg::Remove(at) => {
            let kind = StepKind::of(assembly.steps.get(at)?);
            assembly.steps.remove(at);
            text!(assembly_view::changes::removed, step = kind.words())
        }
        Msg::Edit(at, edit) => {
            let step = assembly.steps.get_mut(at)?;
            let kind = StepKind::of(step);
            change(step, edit)?;
            text!(assembly_view::changes::changed, step = kind.words())
        }
    };
    (assembly != report.assembly).then_some(Edited { assembly, words })
}

impl StepKind {
    pub const ALL: [Self; 5] = [Self::Events, Self::Label, Self::Features, Self::Append, Self::Spread];

    pub fn of(step: &Step) -> Self {
        match step {
            Step::Append { .. } => Self::Append,
            Step::Events(_) => Self::Events,
            Step::Label(_) => Self::Label,
            Step::Features(_) => Self::Features,
            Step::Spread(_) => Self::Spread,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Append => text!(assembly_view::steps::append),
            Self::Events => text!(assembly_view::steps::events),
            Self::Label => text!(assembly_view::steps::label),
            Self::Features => text!(assembly_view::steps::features),
            Self::Spread => text!(assembly_view::steps::spread),
        }
    }

    /// Whether it takes another table.
    pub fn needs_table(self) -> bool {
        matches!(self, Self::Append | Self::Label | Self::Features)
    }
}

/// The tables beside the one that the rows come from; those that no step uses first.
fn others(report: &AssemblyReport) -> Vec<&TableReport> {
    let is_used = |name: &str| report.assembly.steps.iter().any(|step| step.uses(name));
    let mut others: Vec<_> = report.tables.iter().filter(|table| table.name != report.assembly.table).collect();
    others.sort_by_key(|table| is_used(&table.name));
    others
}

/// A step to begin with, whose keys and meanings are left open to be found in the tables; `None` when it needs a table and
/// there is none.
fn new_step(report: &AssemblyReport, kind: StepKind) -> Option<Step> {
    let main = report.tables.iter().find(|table| table.name == report.assembly.table)?;
    let column = |at: usize| main.columns.get(at).or(main.columns.first()).map(|column| column.name.clone());
    let numbers: Vec<&str> =
        main.columns.iter().filter(|column| column.is_number).map(|column| column.name.as_str()).collect();
    let number = |at: usize| numbers.get(at).or(numbers.first()).map(|name| (*name).to_owned()).or_else(|| column(0));
    Some(match kind {
        StepKind::Append => Step::Append { tables: vec![others(report).first()?.name.clone()] },
        StepKind::Label => {
            let other = *others(report).first()?;
            Step::Label(LabelTable {
                table: other.name.clone(),
                label: String::new(),
                on: Vec::new(),
                times: None,
                window_days: None,
                touch: Touch::Last,
            })
        }
        StepKind::Features => {
            let other = *others(report).first()?;
            Step::Features(FeatureTable { table: other.name.clone(), on: Vec::new() })
        }
        StepKind::Events => {
            let few = || main.columns.iter().filter(|column| !column.words.is_empty() && !column.is_number);
            let event = named_event(few()).or(few().next()).or(main.columns.first())?;
            let time = main.columns.iter().find(|column| column.is_time).or(main.columns.last())?;
            Step::Events(Events {
                event: event.name.clone(),
                time: time.name.clone(),
                key: Vec::new(),
                rows: Vec::new(),
                labels: Default::default(),
                window_days: None,
                touch: Touch::Last,
                histories: Vec::new(),
            })
        }
        StepKind::Spread => {
            Step::Spread(Spread { impressions: number(0)?, clicks: number(1)?, conversions: None, limit: Spread::ROWS })
        }
    })
}

/// The column whose name says that it tells what happened; the surest word first.
fn named_event<'a>(columns: impl Iterator<Item = &'a TableColumn> + Clone) -> Option<&'a TableColumn> {
    const WORDS: [&str; 7] = ["event", "action", "behavio", "activity", "what", "kind", "type"];
    WORDS.into_iter().find_map(|word| columns.clone().find(|column| column.name.to_lowercase().contains(word)))
}

/// Puts a word in or out of a list.
fn put(list: &mut Vec<String>, word: String, is_in: bool) {
    list.retain(|known| *known != word);
    if is_in {
        list.push(word);
    }
}

fn change(step: &mut Step, edit: StepEdit) -> Option<()> {
    match (step, edit) {
        (Step::Append { tables }, StepEdit::Part { table, is_in }) => put(tables, table, is_in),
        (Step::Events(events), edit) => change_events(events, edit)?,
        (Step::Label(label), edit) => match edit {
            StepEdit::Table(table) => (label.table, label.times, label.on) = (table, None, Vec::new()),
            StepEdit::Label(name) => label.label = name,
            StepEdit::Times(times) => label.times = times,
            StepEdit::WindowDays(days) => label.window_days = days,
            StepEdit::Touch(touch) => label.touch = touch,
            edit => change_pairs(&mut label.on, edit)?,
        },
        (Step::Features(features), edit) => match edit {
            StepEdit::Table(table) => (features.table, features.on) = (table, Vec::new()),
            edit => change_pairs(&mut features.on, edit)?,
        },
        (Step::Spread(spread), edit) => match edit {
            StepEdit::Impressions(column) => spread.impressions = column,
            StepEdit::Clicks(column) => spread.clicks = column,
            StepEdit::Conversions(column) => spread.conversions = column,
            StepEdit::Rows(limit) => spread.limit = limit,
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}

fn change_pairs(pairs: &mut Vec<KeyPair>, edit: StepEdit) -> Option<()> {
    match edit {
        StepEdit::Pair(at, pair) if at < pairs.len() => pairs[at] = pair,
        StepEdit::Pair(_, pair) => pairs.push(pair),
        // Without a key nothing could be joined.
        StepEdit::RemovePair(at) if pairs.len() > 1 && at < pairs.len() => drop(pairs.remove(at)),
        _ => return None,
    }
    Some(())
}

fn change_events(events: &mut Events, edit: StepEdit) -> Option<()> {
    match edit {
        StepEdit::EventColumn(column) => {
            events.event = column;
            events.rows.clear();
            events.labels.clear();
        }
        StepEdit::TimeColumn(column) => events.time = column,
        StepEdit::Key { column, is_in } => {
            put(&mut events.key, column, is_in);
            // Without a key nothing would follow from anything.
            if events.key.is_empty() {
                return None;
            }
        }
        StepEdit::Word { word, meaning } => {
            events.rows.retain(|known| *known != word);
            events.labels.values_mut().for_each(|words| words.retain(|known| *known != word));
            match meaning.label() {
                Some(label) => events.labels.entry(label.to_owned()).or_default().push(word),
                None if meaning == Meaning::Row => events.rows.push(word),
                None => {}
            }
            events.labels.retain(|_, words| !words.is_empty());
        }
        StepEdit::WindowDays(days) => events.window_days = days,
        StepEdit::Touch(touch) => events.touch = touch,
        StepEdit::History { column, is_in } => put(&mut events.histories, column, is_in),
        _ => return None,
    }
    Some(())
}
