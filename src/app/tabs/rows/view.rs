//! The Rows view: a window on the log's rows with what every model says of each, and one of them under the glass.

use leptos::html::Div;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::events_choice::events_choice;
use super::row_inspector::{self, Edits};
use super::rows_table::{self, ColumnOf, FilterDraft, ModelColumn, RowsTable};
use super::window::{RowKey, RowsWindow, VISIBLE, height_below};
use crate::app::change_keys::evaluations_key;
use crate::app::charts::behavior_tree::Shape;
use crate::app::charts::{names, tree_drawing, tree_values};
use crate::app::client::Client;
use crate::app::marks::{Mark, awaiting};
use crate::app::models::{RunKey, run_name};
use crate::app::rows::RowsShown;
use crate::app::state::AppState;
use crate::app::tabs::selected::Selection;
use crate::app::widgets::marks;
use crate::domain::log::{ColumnReport, Role};
use crate::protocol::{RowsAsk, RowsOf, Session};

/// Columns of the log in the table; the inspector shows all features.
const MOST_COLUMNS: usize = 24;
const N_ALIKE: u32 = 8;

/// What the user does with the inspected row.
#[derive(Debug, Clone, PartialEq)]
enum InspectorMsg {
    Row(row_inspector::Msg),
    /// The model whose tree is drawn.
    Model(RunKey),
}

/// What the view is about.
#[derive(Clone, Copy)]
struct RowsPlace {
    state: AppState,
    client: Client,
    selection: Selection,
    window: RwSignal<RowsWindow>,
    event: RwSignal<String>,
    draft: RwSignal<FilterDraft>,
    /// Why the filter could not be added.
    trouble: RwSignal<String>,
    edits: RwSignal<Edits>,
    scroller: NodeRef<Div>,
    evaluations: Memo<Vec<(u32, usize, bool)>>,
}

#[component]
pub fn RowsView() -> impl IntoView {
    let state = AppState::get();
    let place = RowsPlace {
        state,
        client: Client::get(),
        selection: Selection::new(state),
        window: RwSignal::new(RowsWindow::default()),
        event: RwSignal::new("cvr".to_owned()),
        draft: RwSignal::new(FilterDraft::default()),
        trouble: RwSignal::new(String::new()),
        edits: RwSignal::new(Edits::new()),
        scroller: NodeRef::new(),
        evaluations: evaluations_key(state),
    };
    let columns =
        Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| (log.roles.clone(), log.summary))));
    let start = Memo::new(move |_| place.window.with(|window| window.start));
    // The window follows the choice, the scrolling and the log.
    Effect::new(move |_| {
        let has_log = columns.with(Option::is_some);
        let start = start.get();
        let choice = state.rows_choice.get();
        if has_log {
            let columns = state.session.with_untracked(|session| shown_columns(session).map(|(at, _)| at).collect());
            let of = RowsOf::Query(choice.asked());
            place.client.rows(RowsAsk { of, run: choice.run, stamp: 0, start, count: VISIBLE, columns });
        }
    });
    // Models that are trained anew have other numbers, and the old ones are no longer asked.
    Effect::new(move |_| {
        place.evaluations.with(|runs| {
            let run = state.rows_choice.with_untracked(|choice| choice.run);
            if run.is_some_and(|run| runs.iter().all(|(known, ..)| *known != run)) {
                state.rows_choice.update(|choice| choice.without_run());
            }
        });
    });
    // Another order is read from its top.
    Effect::new(move |before: Option<crate::app::rows::RowsChoice>| {
        let choice = state.rows_choice.get();
        if before.is_some_and(|before| before != choice) {
            place.show(place.window.get_untracked().at(0));
        }
        choice
    });
    let table = marks(move || place.draw_table(), move |message| place.update(message));
    let active = move || format!("rows-place-{}", place.window.get().cursor);
    let total = move || state.rows.with(|shown| shown.page.as_ref().map_or(0, |page| page.total));
    let spacer = move || format!("{}px", height_below(total()));
    view! {
        <div class="view rows">
            {marks(move || place.draw_controls(), move |message| place.update(message))}
            <div
                class="rows-scroll"
                node_ref=place.scroller
                hidden=move || columns.with(Option::is_none)
                tabindex="0"
                role="grid"
                aria-label=text!(views::rows::table)
                aria-rowcount=move || (total() + 1).to_string()
                aria-activedescendant=active
                on:scroll=move |_| place.scrolled()
                on:keydown=move |event| place.key(&event)
            >
                <div class="rows-window">{table}</div>
                <div class="rows-spacer" style:height=spacer></div>
            </div>
            {marks(move || place.draw_inspector(), move |message| place.update_inspector(message))}
        </div>
    }
}

/// The log's columns that the table shows, labels among them.
fn shown_columns(session: &Session) -> impl Iterator<Item = (u32, &ColumnReport)> {
    let columns = session.log.iter().flat_map(|log| &log.columns).enumerate().map(|(at, column)| (at as u32, column));
    columns.filter(|(_, column)| column.role != Role::Truth).take(MOST_COLUMNS)
}

fn model_columns(session: &Session) -> Vec<ModelColumn> {
    let several_seeds = session.runs.iter().any(|run| run.seed != session.runs[0].seed);
    let runs = session.runs.iter().filter(|run| run.latest().is_some() && run.is_in_memory());
    let column = |run: &crate::protocol::Run| ModelColumn {
        run: run.id,
        name: run_name(&run.model.name, run.seed, several_seeds),
        model: run.model.name.clone(),
    };
    runs.map(column).collect()
}

impl RowsPlace {
    fn draw_controls(&self) -> Vec<Mark<rows_table::Msg>> {
        self.evaluations.with(|_| ());
        let (draft, trouble, event) = (self.draft.get(), self.trouble.get(), self.event.get());
        let looks_back = self.state.moment.get().is_some();
        let choice = self.state.rows_choice.get();
        let total = self.state.rows.with(|shown| (shown.page.clone(), shown.message.clone()));
        self.state.session.with_untracked(|session| {
            let Some(log) = &session.log else {
                return vec![awaiting(text!(views::no_log))];
            };
            let models = model_columns(session);
            let mut marks = vec![rows_table::controls(&choice, &draft, &log.columns, &models)];
            let said = total.0.map(|page| rows_table::sentence(&page, log.summary.rows, &choice));
            let of_columns = (log.columns.len() > MOST_COLUMNS + 3).then(|| {
                let (columns, most) = (log.columns.len().to_string(), MOST_COLUMNS.to_string());
                text!(views::rows::of_columns, columns = columns, most = most)
            });
            let newest = (looks_back && !models.is_empty()).then(|| text!(views::rows::newest).to_owned());
            let words = [said, of_columns, newest].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let note = Mark::new("p").class("view-note").attr("aria-live", "polite").text(words);
            if !models.is_empty() {
                marks.push(events_choice(&session.runs, &event).map(rows_table::Msg::Event));
            }
            marks.push(note);
            let trouble = total.1.unwrap_or(trouble);
            marks.push(Mark::new("p").class("view-note trouble").attr("role", "alert").text(trouble));
            marks
        })
    }

    fn draw_table(&self) -> Vec<Mark<rows_table::Msg>> {
        self.evaluations.with(|_| ());
        let (cursor, event) = (self.window.get().cursor, self.event.get());
        let inspected = self.inspected();
        self.state.rows_choice.with(|choice| {
            self.state.rows.with(|shown| {
                self.state.session.with_untracked(|session| {
                    let (columns, models) = (shown_columns(session).collect::<Vec<_>>(), model_columns(session));
                    let Some(page) = &shown.page else { return Vec::new() };
                    let (columns, models) = (&columns[..], &models[..]);
                    let table = RowsTable { columns, models, event: &event, choice, shown, cursor, inspected };
                    vec![table.mark(page)]
                })
            })
        })
    }

    fn draw_inspector(&self) -> Vec<Mark<InspectorMsg>> {
        self.evaluations.with(|_| ());
        let (edits, event, current) = (self.edits.get(), self.event.get(), self.selection.current.get());
        let picker = self.selection.mark("rows-model").map(InspectorMsg::Model);
        self.state.picked.with(|picked| {
            let Some(picked) = picked else { return Vec::new() };
            self.state.rows.with(|shown| {
                self.state.session.with_untracked(|session| {
                    let (columns, models) = (shown_columns(session).collect::<Vec<_>>(), model_columns(session));
                    let title = Mark::new("h2")
                        .class("section-title")
                        .text(text!(views::rows::row, row = picked.row.to_string()));
                    let box_of = Mark::new("section")
                        .class("row-inspector")
                        .attr("aria-label", text!(views::rows::one))
                        .child(title);
                    let alike =
                        row_inspector::alike(shown, &columns, &models, &event).map(|mark| mark.map(InspectorMsg::Row));
                    if picked.readings.is_empty() {
                        let words = picked.message.clone().unwrap_or_else(|| match models.is_empty() {
                            true => text!(views::rows::awaiting).to_owned(),
                            false => text!(views::rows::asking).to_owned(),
                        });
                        return vec![box_of.child(awaiting(words)).maybe(alike)];
                    }
                    let is_edited = !edits.is_empty();
                    let known =
                        picked.readings.values().next().map(|reading| reading.features.clone()).unwrap_or_default();
                    let tree = current.as_ref().and_then(|candidate| {
                        let run = candidate.run?;
                        let reading = match is_edited {
                            true => &shown.what_if.get(&run)?.0,
                            false => picked.readings.get(&run)?,
                        };
                        Some((candidate, tree_values::of_impression(&candidate.model, reading)))
                    });
                    let tree = tree.map(|(candidate, values)| {
                        // The tree of one row is only looked at.
                        let shape = |shape| {
                            tree_drawing::tree(&candidate.model, &values, None, None, shape).filter_map(|_| None)
                        };
                        let words = match is_edited {
                            true => text!(views::rows::tree_edited, model = candidate.label),
                            false => text!(views::rows::tree_as_is, model = candidate.label),
                        };
                        Mark::new("div")
                            .class("tree-view")
                            .class(names::hue_class(&candidate.model.name))
                            .child(picker)
                            .child(Mark::new("p").class("view-note").text(words))
                            .child(shape(Shape::Wide).key("wide"))
                            .child(shape(Shape::Narrow).key("narrow"))
                            .key("tree")
                    });
                    let hint = text!(views::rows::hint);
                    let edits_note = row_inspector::edits_note(shown, is_edited);
                    let predictions = row_inspector::predictions(&models, &picked.readings, shown, is_edited);
                    vec![
                        box_of
                            .child(Mark::new("p").class("view-note").text(hint))
                            .child(row_inspector::features(&known, &edits).map(InspectorMsg::Row))
                            .maybe(edits_note.map(|note| note.map(InspectorMsg::Row)))
                            .child(predictions.map(InspectorMsg::Row))
                            .maybe(tree)
                            .maybe(alike),
                    ]
                })
            })
        })
    }

    fn update(&self, message: rows_table::Msg) {
        use rows_table::Msg;
        let choice = self.state.rows_choice;
        match message {
            Msg::SortBy(ColumnOf { column, run }) => choice.update(|choice| choice.sort_by(&column, run)),
            Msg::Search(words) => choice.update(|choice| choice.query.search = words),
            Msg::Event(event) => self.event.set(event),
            Msg::DraftColumn(column) => self.draft.update(|draft| draft.column = column),
            Msg::DraftCondition(condition) => self.draft.update(|draft| draft.condition = condition),
            Msg::DraftValue(value) => self.draft.update(|draft| draft.value = value),
            Msg::ClearBrush => {
                if let Some(run) = choice.with_untracked(|choice| choice.run) {
                    self.state.brush(run, None);
                }
            }
            Msg::AddFilter => self.add_filter(),
            Msg::DropFilter(dropped) => choice.update(|choice| {
                choice.query.filters.retain(|filter| *filter != dropped);
            }),
            Msg::Inspect(place) => {
                self.window.update(|window| window.cursor = place);
                self.inspect_cursor();
            }
        }
    }

    fn update_inspector(&self, message: InspectorMsg) {
        match message {
            InspectorMsg::Model(key) => self.selection.choose(key),
            InspectorMsg::Row(row_inspector::Msg::Inspect(row)) => self.inspect(row),
            InspectorMsg::Row(row_inspector::Msg::AsItIs) => {
                self.edits.set(Edits::new());
                self.ask_what_if();
            }
            InspectorMsg::Row(row_inspector::Msg::Edit { feature, value }) => {
                let known = self.state.picked.with_untracked(|picked| {
                    let reading = picked.as_ref().and_then(|picked| picked.readings.values().next());
                    reading.and_then(|reading| reading.features.iter().find(|(name, _)| *name == feature).cloned())
                });
                self.edits.update(|edits| match known.is_some_and(|(_, as_it_is)| as_it_is == value) {
                    true => drop(edits.remove(&feature)),
                    false => drop(edits.insert(feature, value)),
                });
                self.ask_what_if();
            }
        }
    }

    fn add_filter(&self) {
        let mut draft = self.draft.get_untracked();
        if draft.column == ColumnOf::default() {
            // What the list shows before it is touched: its first column.
            let first =
                |session: &Session| session.log.as_ref().and_then(|log| log.columns.first()).map(|c| c.name.clone());
            draft.column.column = self.state.session.with_untracked(first).unwrap_or_default();
        }
        match draft.filter() {
            Ok(filter) => {
                self.trouble.set(String::new());
                self.state.rows_choice.update(|choice| choice.filter(filter, draft.column.run));
                self.draft.update(|draft| draft.value.clear());
            }
            Err(words) => self.trouble.set(words),
        }
    }

    fn ask_what_if(&self) {
        let Some(row) = self.state.picked.with_untracked(|picked| picked.as_ref().map(|picked| picked.row)) else {
            return;
        };
        self.client.what_if(row, &self.edits.get_untracked().into_iter().collect::<Vec<_>>());
    }

    fn inspected(&self) -> Option<u32> {
        self.state.picked.with(|picked| picked.as_ref().map(|picked| picked.row as u32))
    }

    /// Takes the row under the cursor under the glass.
    fn inspect_cursor(&self) {
        let row = self.state.rows.with_untracked(|shown| row_at(shown, self.window.get_untracked().cursor));
        if let Some(row) = row {
            self.inspect(row);
        }
    }

    fn inspect(&self, row: u32) {
        self.edits.set(Edits::new());
        self.client.what_if(row as usize, &[]);
        self.client.pick(row as usize);
        let columns = self.state.session.with_untracked(|session| shown_columns(session).map(|(at, _)| at).collect());
        self.client.alike(row, N_ALIKE, columns);
    }

    fn total(&self) -> u32 {
        self.state.rows.with_untracked(|shown| shown.page.as_ref().map_or(0, |page| page.total))
    }

    fn scrolled(&self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        let before = self.window.get_untracked();
        let window = before.scrolled(f64::from(scroller.scroll_top()), self.total());
        if window != before {
            self.window.set(window);
        }
    }

    /// Takes this window, and the scroll bar with it.
    fn show(&self, window: RowsWindow) {
        self.window.set(window);
        if let Some(scroller) = self.scroller.get_untracked() {
            scroller.set_scroll_top(window.top(self.total()).round() as i32);
        }
    }

    fn key(&self, event: &KeyboardEvent) {
        let name = event.key();
        if matches!(name.as_str(), "Enter" | " ") && event.target() == event.current_target() {
            event.prevent_default();
            self.inspect_cursor();
        } else if let Some(key) = RowKey::of_name(&name) {
            event.prevent_default();
            self.show(self.window.get_untracked().moved(key, self.total()));
        }
    }
}

fn row_at(shown: &RowsShown, place: u32) -> Option<u32> {
    let page = shown.page.as_ref()?;
    page.rows.get(place.checked_sub(page.start)? as usize).copied()
}
