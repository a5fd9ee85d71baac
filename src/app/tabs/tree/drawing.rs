//! Marks of the Tree tab: the tree of one model over a scope of rows, or the tree that is being edited.

use super::slice_choice;
use super::state::{Msg, TreeState};
use super::{editor, tables};
use crate::app::charts::behavior_tree::Shape;
use crate::app::charts::tree_values::{self, TreeScope, TreeValues};
use crate::app::charts::{brush, names, tree_drawing, tree_ghost};
use crate::app::marks::{Control, Mark, button, choice, number, table_twin};
use crate::app::models::display_name;
use crate::app::page::InspectedRow;
use crate::app::rows::{RowsChoice, SubsetShown};
use crate::app::tabs::candidates::Candidate;
use crate::domain::range::Range;
use crate::domain::report::{PartReading, RowsPart};
use crate::domain::spec::Draft;
use crate::protocol::Session;

#[derive(Debug, Clone, Copy)]
pub struct TreeScene<'a> {
    pub session: &'a Session,
    pub state: &'a TreeState,
    pub current: Option<&'a Candidate>,
    /// The subset of the held-out rows; none for the other scopes.
    pub subset: Option<&'a RowsPart>,
    pub subset_shown: &'a SubsetShown,
    pub choice: &'a RowsChoice,
    pub inspected: Option<&'a InspectedRow>,
    /// The page shows an earlier epoch; predictions over a subset are the newest.
    pub looks_back: bool,
}

impl TreeScene<'_> {
    /// The tab, with the buttons that choose the model.
    pub fn draw(self, picker: Mark<Msg>) -> Vec<Mark<Msg>> {
        let controls = Mark::new("div").class("view-controls").child(picker).children(self.scope_marks());
        let hue = self.current.map(|current| names::hue_class(&current.model.name)).unwrap_or_default();
        let view = Mark::new("div").class("view tree-view").class(hue).child(controls);
        match (self.current, &self.state.draft) {
            (None, _) => vec![view],
            (Some(_), Some(draft)) => vec![view.children(self.draw_draft(draft))],
            (Some(current), None) => vec![view.children(self.draw_model(current))],
        }
    }

    fn scope(self) -> TreeScope {
        self.state.scope(self.subset)
    }

    fn draw_model(self, Candidate { model, label, .. }: &Candidate) -> Vec<Mark<Msg>> {
        let TreeState { lit, ghost, .. } = self.state;
        let values = &self.values();
        let drawn = |shape| tree_drawing::tree(model, values, Some(ghost), *lit, shape).map(Msg::Drawing);
        let ghost_form = tree_ghost::form(model, values, ghost);
        let sentence = tree_values::sentence(display_name(&model.name), &model.tree, values);
        let caveat = tree_values::caveat(&model.tree, values).unwrap_or_default();
        let note = |words: String| Mark::new("p").class("view-note").text(words);
        let formula = Mark::new("div")
            .class("formula-box")
            .maybe(tables::formula_lines(model, values, *lit).map(Mark::still))
            .child(note(tables::readout(model, values, *lit)));
        let marks = [
            Some(Mark::new("p").class("view-sentence").text(sentence)),
            Some(drawn(Shape::Wide).key("wide")),
            Some(drawn(Shape::Narrow).key("narrow")),
            Some(tree_drawing::key().still()),
            ghost_form.map(|form| form.map(tree_drawing::Msg::Ghost).map(Msg::Drawing)),
            Some(note(caveat)),
            Some(formula),
            tables::events(values).map(Mark::still),
            (!values.features.is_empty()).then(|| features(&values.features).still()),
            Some(table_twin(&tables::edges(label, model, values)).still()),
            Some(button(Control::new(text!(views::tree::edit)), "", Msg::Draft).key("edit")),
        ];
        marks.into_iter().flatten().collect()
    }

    /// The tree that is being edited, with the log's rates, and its editor.
    fn draw_draft(self, draft: &Draft) -> Vec<Mark<Msg>> {
        let (model, log) = (draft.model(), self.session.log.as_ref());
        let values = log.map(|log| tree_values::of_log(model, log)).unwrap_or_default();
        let labels = log.map(|log| editor::offered_labels(&log.label_counts)).unwrap_or_default();
        let sentence = tree_values::sentence(text!(views::tree::your_tree), &model.tree, &values);
        let drawn = |shape| tree_drawing::tree(model, &values, None, self.state.lit, shape).map(Msg::Drawing);
        vec![
            Mark::new("p").class("view-sentence").text(sentence),
            drawn(Shape::Wide).key("wide"),
            drawn(Shape::Narrow).key("narrow"),
            editor::form(draft, &labels, &self.state.problem).map(Msg::Editor).key("editor"),
        ]
    }

    /// The numbers of the chosen model and scope: of the evaluation that is shown, of a subset, of one row, or the log's own.
    pub fn values(self) -> TreeValues {
        let Some(Candidate { model, run, .. }) = self.current else { return TreeValues::default() };
        let of_run = match self.scope() {
            TreeScope::OneImpression => {
                let reading = run.and_then(|run| self.inspected?.readings.get(&run));
                return reading.map(|reading| tree_values::of_impression(model, reading)).unwrap_or_default();
            }
            TreeScope::Slice | TreeScope::Brush if run.is_some() => {
                self.subset_reading().map(|reading| tree_values::of_part(model, reading))
            }
            scope => {
                let evaluation = run.and_then(|run| self.session.run(run)?.shown());
                let Some(evaluation) = evaluation else {
                    let log = self.session.log.as_ref();
                    return log.map(|log| tree_values::of_log(model, log)).unwrap_or_default();
                };
                let reading = evaluation.trees.iter().find(|tree| Some(tree.scope) == scope.of_evaluation());
                reading.map(|reading| tree_values::of_reading(model, reading))
            }
        };
        of_run.unwrap_or_default()
    }

    /// The answer about the subset on view, if it is of the chosen model's run.
    fn subset_reading(&self) -> Option<&PartReading> {
        let (run, reading) = self.subset_shown.newest.as_ref()?;
        let is_slice = matches!(reading.part, RowsPart::Slice { .. });
        let is_on_view = self.current?.run == Some(*run) && is_slice == (self.scope() == TreeScope::Slice);
        is_on_view.then_some(reading)
    }

    fn scope_marks(self) -> Vec<Mark<Msg>> {
        let scope = self.scope();
        let has_brush = scope == TreeScope::Brush || self.choice.brush.is_some();
        let has_click = self.current.is_none_or(|candidate| candidate.model.tree.begins_with_click());
        let offered = TreeScope::offered(has_click).filter(|scope| has_brush || *scope != TreeScope::Brush);
        let options = offered.map(|scope| (scope, scope.label(has_click), ""));
        let mut marks = vec![choice(Control::new(text!(views::tree::over)), "tree-scope", options, &scope, Msg::Scope)];
        match scope {
            TreeScope::Slice | TreeScope::Brush => marks.extend(self.subset_marks()),
            TreeScope::OneImpression => marks.extend(self.row_marks()),
            TreeScope::All | TreeScope::Clicked | TreeScope::Unclicked => {}
        }
        marks
    }

    /// The row's number and the control to choose it.
    fn row_marks(self) -> [Mark<Msg>; 2] {
        let message = if self.is_trained() {
            self.inspected.and_then(|inspected| inspected.message.as_deref()).unwrap_or_default()
        } else {
            text!(views::tree::train_first)
        };
        let n_rows = self.session.log.as_ref().map_or(0, |log| log.summary.rows);
        let rows = Range::linear(0.0, n_rows.saturating_sub(1) as f64).whole();
        let row = Control::new(text!(views::tree::row));
        [
            number(row, rows, self.state.row as f64, |row| Msg::Row(row as usize)),
            Mark::new("p").class("view-note").attr("aria-live", "polite").text(message),
        ]
    }

    /// The subset and the controls to choose another.
    fn subset_marks(self) -> Vec<Mark<Msg>> {
        let mut marks: Vec<Mark<Msg>> = match self.subset {
            Some(RowsPart::Brush(area)) => {
                let name = self.current.map_or("", |candidate| display_name(&candidate.model.name));
                vec![brush::chip(area, name, Msg::ClearBrush)]
            }
            _ => {
                let controls = self.subset_reading().map(slice_choice::controls).unwrap_or_default();
                controls.into_iter().map(|mark| mark.map(Msg::Slice)).collect()
            }
        };
        let words = match &self.subset_shown.message {
            _ if !self.is_trained() => text!(views::tree_part::train_first).to_owned(),
            Some(message) => format!("{}.", message.trim_end_matches('.')),
            None if self.looks_back => text!(views::tree_part::newest).to_owned(),
            None => String::new(),
        };
        marks.push(Mark::new("p").class("view-note").attr("aria-live", "polite").text(words).key("part-note"));
        marks
    }

    /// Whether any model is in memory.
    fn is_trained(&self) -> bool {
        self.session.runs.iter().any(|run| run.latest().is_some() && run.is_in_memory())
    }
}

/// Raw features of the inspected row.
fn features(features: &[(String, String)]) -> Mark {
    let item = |(name, value): &(String, String)| {
        Mark::new("div").child(Mark::new("dt").text(name)).child(Mark::new("dd").text(value))
    };
    Mark::new("dl")
        .class("features")
        .attr("aria-label", text!(views::tree_part::features))
        .children(features.iter().map(item))
}
