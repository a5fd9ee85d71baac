//! State of the Rows tab, and its update.

use super::row_inspector::{self, Edits};
use super::rows_table::{self, ColumnOf, FilterDraft};
use super::window::{RowKey, RowsWindow, VISIBLE};
use crate::app::models::{RunKey, has_several_seeds, run_name};
use crate::app::page::{InspectedRow, Message};
use crate::app::rows::{RowsChoice, RowsShown};
use crate::domain::log::{ColumnReport, Role};
use crate::protocol::{Question, RowsAsk, RowsOf, Run, Session};

/// Maximum number of log columns in the table; the inspector shows all features.
pub const MOST_COLUMNS: usize = 24;
/// Number of similar rows listed.
const N_ALIKE: u32 = 8;

/// Messages of the Rows tab.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Table(rows_table::Msg),
    /// The inspected row.
    Row(row_inspector::Msg),
    /// Choose the model of the row's tree.
    Model(RunKey),
    Key(RowKey),
    InspectCursor,
    /// The scroll bar's new position in pixels.
    Scrolled(f64),
}

/// State of the tab, besides rows and predictions.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsState {
    pub window: RowsWindow,
    /// The event in the models' columns.
    pub event: String,
    pub draft: FilterDraft,
    /// Reason why the filter could not be added.
    pub problem: String,
    pub edits: Edits,
}

/// Page state that the update reads.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub session: &'a Session,
    pub choice: &'a RowsChoice,
    pub shown: &'a RowsShown,
    pub inspected: Option<&'a InspectedRow>,
}

impl Msg {
    /// The message of a key; Enter and Space count on the table only, not on a control in it.
    pub fn of_key(name: &str, is_on_table: bool) -> Option<Self> {
        match name {
            "Enter" | " " if is_on_table => Some(Self::InspectCursor),
            _ => RowKey::of_name(name).map(Self::Key),
        }
    }
}

impl Default for RowsState {
    fn default() -> Self {
        Self {
            window: RowsWindow::default(),
            event: "cvr".to_owned(),
            draft: FilterDraft::default(),
            problem: String::new(),
            edits: Edits::new(),
        }
    }
}

impl RowsState {
    /// As [`RowsState::update`], with the scroll bar's position where the window has moved, unless the scroll bar moved it.
    pub fn update_and_scroll(&mut self, message: Msg, context: Context) -> (Vec<Message>, Option<f64>) {
        let (before, is_scrolled) = (self.window, matches!(message, Msg::Scrolled(_)));
        let messages = self.update(message, context);
        let has_moved = self.window != before && !is_scrolled;
        let top = if has_moved { Some(self.window.top(total(context.shown))) } else { None };
        (messages, top)
    }

    /// Applies a message; returns the messages to the page, in order.
    pub fn update(&mut self, message: Msg, context: Context) -> Vec<Message> {
        match message {
            Msg::Table(message) => self.update_table(message, context),
            Msg::Model(key) => vec![Message::Choose(key)],
            Msg::Key(key) => {
                self.window = self.window.moved(key, total(context.shown));
                Vec::new()
            }
            Msg::Scrolled(top) => {
                self.window = self.window.scrolled(top, total(context.shown));
                Vec::new()
            }
            Msg::InspectCursor => match row_at(context.shown, self.window.cursor) {
                Some(row) => self.inspect(row, context),
                None => Vec::new(),
            },
            Msg::Row(row_inspector::Msg::Inspect(row)) => self.inspect(row, context),
            Msg::Row(row_inspector::Msg::AsItIs) => {
                self.edits.clear();
                self.what_if(context)
            }
            Msg::Row(row_inspector::Msg::Edit { feature, value }) => {
                let reading = context.inspected.and_then(|inspected| inspected.readings.values().next());
                let known = reading.and_then(|reading| reading.features.iter().find(|(name, _)| *name == feature));
                if known.is_some_and(|(_, as_it_is)| *as_it_is == value) {
                    self.edits.remove(&feature);
                } else {
                    self.edits.insert(feature, value);
                }
                self.what_if(context)
            }
        }
    }

    fn update_table(&mut self, message: rows_table::Msg, context: Context) -> Vec<Message> {
        use rows_table::Msg;
        let mut choice = context.choice.clone();
        match message {
            Msg::SortBy(ColumnOf { column, run }) => choice.sort_by(&column, run),
            Msg::Search(words) => choice.query.search = words,
            Msg::DropFilter(dropped) => choice.query.filters.retain(|filter| *filter != dropped),
            Msg::AddFilter => self.add_filter(&mut choice, context.session),
            Msg::Event(event) => self.event = event,
            Msg::DraftColumn(column) => self.draft.column = column,
            Msg::DraftCondition(condition) => self.draft.condition = condition,
            Msg::DraftValue(value) => self.draft.value = value,
            Msg::ClearBrush => return vec![Message::ClearBrush],
            Msg::Inspect(place) => {
                self.window.cursor = place;
                return self.update(super::state::Msg::InspectCursor, context);
            }
        }
        if choice == *context.choice {
            return Vec::new();
        }
        // Another order starts at the top.
        self.window = self.window.at(0);
        vec![Message::ChooseRows(Box::new(choice))]
    }

    fn add_filter(&mut self, choice: &mut RowsChoice, session: &Session) {
        let mut draft = self.draft.clone();
        if draft.column == ColumnOf::default() {
            // Until the user has chosen, the list shows its first column.
            let first = session.log.as_ref().and_then(|log| log.columns.first());
            draft.column.column = first.map(|column| column.name.clone()).unwrap_or_default();
        }
        match draft.filter() {
            Ok(filter) => {
                self.problem.clear();
                choice.filter(filter, draft.column.run);
                self.draft.value.clear();
            }
            Err(words) => self.problem = words,
        }
    }

    fn inspect(&mut self, row: u32, context: Context) -> Vec<Message> {
        self.edits.clear();
        let columns = shown_columns(context.session).map(|(at, _)| at).collect();
        vec![
            Message::AskWhatIf { row: row as usize, values: Vec::new() },
            Message::Inspect(row as usize),
            rows_alike(row, columns),
        ]
    }

    fn what_if(&self, context: Context) -> Vec<Message> {
        let Some(inspected) = context.inspected else { return Vec::new() };
        let values = self.edits.iter().map(|(feature, value)| (feature.clone(), value.clone())).collect();
        vec![Message::AskWhatIf { row: inspected.row, values }]
    }
}

/// The question for the rows most like one.
fn rows_alike(row: u32, columns: Vec<u32>) -> Message {
    let of = RowsOf::Alike { row, n: N_ALIKE };
    let ask = RowsAsk { of, run: None, stamp: 0, start: 0, count: N_ALIKE, columns };
    Message::Ask(Question::Rows(Box::new(ask)))
}

/// The question for a window: rows from `start` on that match the query; `None` without a log.
pub fn window_to_ask(session: &Session, choice: &RowsChoice, start: u32) -> Option<Question> {
    session.log.as_ref()?;
    let columns = shown_columns(session).map(|(at, _)| at).collect();
    let of = RowsOf::Query(choice.query_with_brush());
    let ask = RowsAsk { of, run: choice.run, stamp: 0, start, count: VISIBLE, columns };
    Some(Question::Rows(Box::new(ask)))
}

/// The log's columns that the table shows, labels among them, with their places in the log.
pub fn shown_columns(session: &Session) -> impl Iterator<Item = (u32, &ColumnReport)> {
    let columns = session.log.iter().flat_map(|log| &log.columns).enumerate().map(|(at, column)| (at as u32, column));
    columns.filter(|(_, column)| column.role != Role::Truth).take(MOST_COLUMNS)
}

/// The runs with predictions for rows.
pub fn model_columns(session: &Session, shown: &RowsShown) -> Vec<rows_table::ModelColumn> {
    let several_seeds = has_several_seeds(&session.runs);
    let runs = trained_here(session).filter(|run| shown.asked.contains(&run.id));
    let column = |run: &Run| rows_table::ModelColumn {
        run: run.id,
        name: run_name(&run.model.name, run.known_seed(), several_seeds),
        model: run.model.name.clone(),
    };
    runs.map(column).collect()
}

/// Models of this page's runs that no worker has any more, by name.
pub fn gone_models(session: &Session, shown: &RowsShown) -> Vec<String> {
    let several_seeds = has_several_seeds(&session.runs);
    let gone = trained_here(session).filter(|run| !shown.asked.contains(&run.id));
    gone.map(|run| run_name(&run.model.name, run.known_seed(), several_seeds)).collect()
}

fn trained_here(session: &Session) -> impl Iterator<Item = &Run> {
    session.runs.iter().filter(|run| run.latest().is_some() && run.is_in_memory())
}

/// Number of rows that match the query.
pub fn total(shown: &RowsShown) -> u32 {
    shown.page.as_ref().map_or(0, |page| page.total)
}

fn row_at(shown: &RowsShown, place: u32) -> Option<u32> {
    let page = shown.page.as_ref()?;
    page.rows.get(place.checked_sub(page.start)? as usize).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::app::fixtures::{column, evaluation, run};
    use crate::domain::report::ImpressionReading;
    use crate::protocol::{LoadedLog, RowsPage};

    fn session() -> Session {
        let columns =
            vec![column("price", Role::Numerical), column("truth", Role::Truth), column("click", Role::Categorical)];
        Session { log: Some(LoadedLog { columns, ..LoadedLog::default() }), ..Session::default() }
    }

    fn shown() -> RowsShown {
        let page = RowsPage { total: 100, start: 10, rows: vec![40, 41, 42], ..RowsPage::default() };
        let mut shown = RowsShown::default();
        shown.page = Some(page);
        shown
    }

    fn update(state: &mut RowsState, message: Msg, inspected: Option<&InspectedRow>) -> Vec<Message> {
        let (session, choice, shown) = (session(), RowsChoice::default(), shown());
        state.update(message, Context { session: &session, choice: &choice, shown: &shown, inspected })
    }

    #[test]
    fn a_model_that_no_worker_has_is_named_and_has_no_column() {
        let runs = [(1, "esmm"), (2, "esm2")].map(|(id, model)| run(id, model, 1, evaluation(&[])));
        let session = Session { runs: runs.into(), ..session() };
        let mut shown = shown();
        shown.asked = [2].into();
        assert_eq!(model_columns(&session, &shown).iter().map(|column| column.run).collect::<Vec<_>>(), [2]);
        assert_eq!(gone_models(&session, &shown), ["ESMM"]);
    }

    #[test]
    fn the_row_at_the_cursor_is_inspected_with_those_most_like_it_and_one_out_of_sight_is_not() {
        let mut state = RowsState { edits: [("price".to_owned(), "3".to_owned())].into(), ..RowsState::default() };
        assert_eq!(update(&mut state, Msg::InspectCursor, None), []);
        let sent = update(&mut state, Msg::Table(rows_table::Msg::Inspect(11)), None);
        let alike = rows_alike(41, vec![0, 2]);
        assert_eq!(sent, [Message::AskWhatIf { row: 41, values: vec![] }, Message::Inspect(41), alike]);
        assert!(state.edits.is_empty(), "edits are of the row before");
    }

    #[test]
    fn keys_move_the_cursor_and_the_scroll_bar_follows_unless_it_was_what_moved() {
        let (session, choice, shown) = (session(), RowsChoice::default(), shown());
        let context = Context { session: &session, choice: &choice, shown: &shown, inspected: None };
        let mut state = RowsState::default();
        for (key, moves) in [("Home", false), ("ArrowDown", true), ("End", true)] {
            let (_, top) = state.update_and_scroll(Msg::of_key(key, false).unwrap(), context);
            assert_eq!(top.is_some(), moves, "{key}");
        }
        let (_, top) = state.update_and_scroll(Msg::Scrolled(900.0), context);
        assert_eq!((top, state.window.start > 0), (None, true));
        assert_eq!(Msg::of_key("Enter", true), Some(Msg::InspectCursor));
        assert_eq!((Msg::of_key("Enter", false), Msg::of_key("x", true)), (None, None));
    }

    #[test]
    fn a_feature_that_is_set_back_is_no_edit() {
        let reading = ImpressionReading {
            row: 7,
            questions: BTreeMap::new(),
            events: BTreeMap::new(),
            features: vec![("price".into(), "5".into())],
        };
        let inspected = InspectedRow { row: 7, readings: [(1, reading)].into(), message: None };
        let mut state = RowsState::default();
        for (value, values) in [("6", vec![("price".to_owned(), "6".to_owned())]), ("5", vec![])] {
            let edit = row_inspector::Msg::Edit { feature: "price".into(), value: value.into() };
            assert_eq!(update(&mut state, Msg::Row(edit), Some(&inspected)), [Message::AskWhatIf { row: 7, values }]);
        }
    }

    #[test]
    fn another_order_is_read_from_its_top_and_a_filter_that_cannot_be_is_said() {
        let mut state = RowsState { window: RowsWindow { start: 30, cursor: 33 }, ..RowsState::default() };
        let sort = rows_table::Msg::SortBy(ColumnOf { column: "price".into(), run: None });
        assert!(matches!(update(&mut state, Msg::Table(sort), None).as_slice(), [Message::ChooseRows(_)]));
        assert_eq!(state.window, RowsWindow::default());
        state.draft.condition = rows_table::ConditionKind::Above;
        state.draft.value = "much".into();
        assert_eq!(update(&mut state, Msg::Table(rows_table::Msg::AddFilter), None), []);
        assert!(!state.problem.is_empty());
        state.draft.value = "4".into();
        match update(&mut state, Msg::Table(rows_table::Msg::AddFilter), None).as_slice() {
            [Message::ChooseRows(choice)] => assert_eq!(choice.query.filters[0].column, "price", "the list's first"),
            other => panic!("{other:?}"),
        }
        assert!(state.problem.is_empty() && state.draft.value.is_empty());
    }
}
