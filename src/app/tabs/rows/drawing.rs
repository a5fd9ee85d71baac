//! Marks of the Rows tab: controls, the table, and the inspected row.

use super::events_choice::events_choice;
use super::row_inspector;
use super::rows_table::{self, RowsTable};
use super::state::{MOST_COLUMNS, Msg, RowsState, gone_models, model_columns, shown_columns};
use crate::app::charts::behavior_tree::Shape;
use crate::app::charts::{names, tree_drawing, tree_values};
use crate::app::format;
use crate::app::marks::{Mark, awaiting};
use crate::app::page::InspectedRow;
use crate::app::rows::{RowsChoice, RowsShown};
use crate::app::tabs::candidates::Candidate;
use crate::protocol::Session;

#[derive(Debug, Clone, Copy)]
pub struct RowsScene<'a> {
    pub session: &'a Session,
    pub choice: &'a RowsChoice,
    pub shown: &'a RowsShown,
    pub inspected: Option<&'a InspectedRow>,
    pub state: &'a RowsState,
    /// The page shows an earlier epoch; predictions of rows are the newest.
    pub looks_back: bool,
}

impl RowsScene<'_> {
    /// Search, filters, the event, and a sentence about the table.
    pub fn controls(self) -> Vec<Mark<Msg>> {
        let Self { session, choice, shown, state, .. } = self;
        let Some(log) = &session.log else { return vec![awaiting(text!(views::no_log))] };
        let models = model_columns(session, shown);
        let said = shown.page.as_ref().map(|page| rows_table::sentence(page, log.summary.rows, choice));
        let of_columns = (log.columns.len() > MOST_COLUMNS + 3).then(|| {
            let (columns, most) = (log.columns.len().to_string(), MOST_COLUMNS.to_string());
            text!(views::rows::of_columns, columns = columns, most = most)
        });
        let newest = (self.looks_back && !models.is_empty()).then(|| text!(views::rows::newest).to_owned());
        let gone = gone_models(session, shown);
        // Before the first answer nobody was asked yet.
        let gone = (shown.page.is_some() && !gone.is_empty())
            .then(|| text!(views::rows::gone, number = gone.len(), models = format::listed(&gone)));
        let words = [said, of_columns, newest, gone].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let mut marks = vec![rows_table::controls(choice, &state.draft, &log.columns, &models).map(Msg::Table)];
        if !models.is_empty() {
            let events = events_choice(&session.runs, &state.event);
            marks.push(events.map(rows_table::Msg::Event).map(Msg::Table));
        }
        marks.push(Mark::new("p").class("view-note").attr("aria-live", "polite").text(words));
        let problem = shown.message.as_ref().unwrap_or(&state.problem);
        marks.push(Mark::new("p").class("view-note trouble").attr("role", "alert").text(problem));
        marks
    }

    /// The visible rows.
    pub fn table(self) -> Vec<Mark<Msg>> {
        let Self { session, choice, shown, state, .. } = self;
        let Some(page) = &shown.page else { return Vec::new() };
        let (columns, models) = (shown_columns(session).collect::<Vec<_>>(), model_columns(session, shown));
        let table = RowsTable {
            columns: &columns,
            models: &models,
            event: &state.event,
            choice,
            shown,
            cursor: state.window.cursor,
            inspected: self.inspected.map(|inspected| inspected.row as u32),
        };
        vec![table.mark(page).map(Msg::Table)]
    }

    /// The inspected row: its features to edit, each model's predictions, the tree of `current`, which `picker` chooses, and the
    /// most similar rows.
    pub fn inspector(self, current: Option<&Candidate>, picker: Mark<Msg>) -> Vec<Mark<Msg>> {
        let Self { session, shown, state, .. } = self;
        let Some(inspected) = self.inspected else { return Vec::new() };
        let (columns, models) = (shown_columns(session).collect::<Vec<_>>(), model_columns(session, shown));
        let title = text!(views::rows::row, row = inspected.row.to_string());
        let inspector = Mark::new("section")
            .class("row-inspector")
            .attr("aria-label", text!(views::rows::one))
            .child(Mark::new("h2").class("section-title").text(title));
        let alike = row_inspector::alike(shown, &columns, &models, &state.event).map(|mark| mark.map(Msg::Row));
        let Some(reading) = inspected.readings.values().next() else {
            let words = inspected.message.as_deref().unwrap_or(if models.is_empty() {
                text!(views::rows::awaiting)
            } else {
                text!(views::rows::asking)
            });
            return vec![inspector.child(awaiting(words)).maybe(alike)];
        };
        let is_edited = !state.edits.is_empty();
        let edits_note = row_inspector::edits_note(shown, is_edited);
        let predictions = row_inspector::predictions(&models, &inspected.readings, shown, is_edited);
        let tree = current.and_then(|candidate| self.tree(inspected, candidate, picker));
        vec![
            inspector
                .child(Mark::new("p").class("view-note").text(text!(views::rows::hint)))
                .child(row_inspector::features(&reading.features, &state.edits).map(Msg::Row))
                .maybe(edits_note.map(|note| note.map(Msg::Row)))
                .child(predictions.map(Msg::Row))
                .maybe(tree)
                .maybe(alike),
        ]
    }

    /// The inspected row's tree, without controls; `None` until the model has answered.
    fn tree(self, inspected: &InspectedRow, candidate: &Candidate, picker: Mark<Msg>) -> Option<Mark<Msg>> {
        let run = candidate.run?;
        let is_edited = !self.state.edits.is_empty();
        let reading = if is_edited { &self.shown.what_if.get(&run)?.0 } else { inspected.readings.get(&run)? };
        let values = tree_values::of_impression(&candidate.model, reading);
        let drawn = |shape| tree_drawing::tree(&candidate.model, &values, None, None, shape).filter_map(|_| None);
        let words = if is_edited {
            text!(views::rows::tree_edited, model = &candidate.label)
        } else {
            text!(views::rows::tree_as_is, model = &candidate.label)
        };
        let tree = Mark::new("div")
            .class("tree-view")
            .class(names::hue_class(&candidate.model.name))
            .child(picker)
            .child(Mark::new("p").class("view-note").text(words))
            .child(drawn(Shape::Wide).key("wide"))
            .child(drawn(Shape::Narrow).key("narrow"));
        Some(tree.key("tree"))
    }
}
