//! The Tree view: the behaviour tree with predicted, observed and true conditionals, its formula and its events.

use leptos::prelude::*;

use super::state::{self, Around, Msg, TreeState};
use super::{editor, part, tables};
use crate::app::change_keys::evaluations_key;
use crate::app::charts::behavior_tree::Shape;
use crate::app::charts::tree_drawing;
use crate::app::charts::tree_ghost;
use crate::app::charts::tree_values::{self, TreeScope, TreeValues};
use crate::app::client::Client;
use crate::app::marks::{Control, Mark, button, choice, number, table_twin};
use crate::app::models::display_name;
use crate::app::state::AppState;
use crate::app::tabs::selected::{Candidate, Selection};
use crate::app::widgets::marks;
use crate::domain::range::Range;
use crate::domain::report::PartReading;
use crate::domain::spec::Draft;

/// What the view is about and what is pointed at.
#[derive(Clone, Copy)]
struct TreePlace {
    state: AppState,
    client: Client,
    selection: Selection,
    tab: RwSignal<TreeState>,
    scope: Memo<TreeScope>,
    values: Memo<TreeValues>,
}

/// The behaviour tree of one model, over a scope of its held-out rows or for one impression.
#[component]
pub fn TreeView() -> impl IntoView {
    let state = AppState::get();
    let selection = Selection::new(state);
    // Rows sends its reader here with a row already picked.
    let picked = state.picked.with_untracked(|picked| picked.as_ref().map(|picked| picked.row));
    let tab = RwSignal::new(TreeState::new(picked));
    let scope = Memo::new(move |_| state.part.with(|part| tab.with(|tab| tab.scope(part.as_ref()))));
    let values = values_of(state, selection, scope);
    let place = TreePlace { state, client: Client::get(), selection, tab, scope, values };
    let key = evaluations_key(state);
    // A part is read anew when another is chosen, another model, or the model has moved on.
    Effect::new(move |_| {
        key.with(|_| ());
        let run = selection.current.with(|current| current.as_ref().and_then(|candidate| candidate.run));
        let is_evaluated = |run: &u32| {
            state.session.with_untracked(|s| s.run(*run).is_some_and(|r| r.is_in_memory() && r.latest().is_some()))
        };
        if let (Some(part), Some(run)) = (state.part.get(), run.filter(is_evaluated)) {
            place.client.part(run, part);
        }
    });
    marks(move || place.draw(), move |message| place.update(message))
}

/// The numbers of the chosen model and scope: the newest evaluation's, or one impression's, or the log's own.
fn values_of(state: AppState, selection: Selection, scope: Memo<TreeScope>) -> Memo<TreeValues> {
    let key = evaluations_key(state);
    let log_rows =
        Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| (log.name.clone(), log.summary))));
    Memo::new(move |_| {
        key.with(|_| ()); // `track` alone would never run a memo that nobody reads
        log_rows.with(|_| ());
        let Some(candidate) = selection.current.get() else { return TreeValues::default() };
        let model = &candidate.model;
        if scope.get() == TreeScope::OneImpression {
            return state.picked.with(|picked| {
                let reading = picked.as_ref().zip(candidate.run).and_then(|(p, run)| p.readings.get(&run));
                reading.map(|reading| tree_values::of_impression(model, reading)).unwrap_or_default()
            });
        }
        let is_trained = || candidate.run.is_some();
        if matches!(scope.get(), TreeScope::Slice | TreeScope::Brush) && is_trained() {
            let values = |reading: &PartReading| tree_values::of_part(model, reading);
            return part::read(state, scope.get(), candidate.run, values).unwrap_or_default();
        }
        state.session.with_untracked(|session| {
            let evaluation = candidate.run.and_then(|id| session.run(id)).and_then(|run| run.shown());
            match (evaluation, &session.log) {
                (Some(evaluation), _) => {
                    let wanted = scope.get().of_evaluation();
                    let reading = evaluation.trees.iter().find(|tree| Some(tree.scope) == wanted);
                    reading.map(|reading| tree_values::of_reading(model, reading)).unwrap_or_default()
                }
                (None, Some(log)) => tree_values::of_log(model, log),
                (None, None) => TreeValues::default(),
            }
        })
    })
}

impl TreePlace {
    fn draw(&self) -> Vec<Mark<Msg>> {
        let controls = Mark::new("div").class("view-controls").child(self.selection.mark("tree-model").map(Msg::Model));
        let controls = controls.children(self.scope_marks());
        let view = Mark::new("div").class("view tree-view").class(self.selection.hue()).child(controls);
        let Some(Candidate { model, label, .. }) = self.selection.current.get() else { return vec![view] };
        let tab = self.tab.get();
        if let Some(draft) = &tab.draft {
            return vec![view.children(self.draw_draft(draft, &tab))];
        }
        let TreeState { lit, ghost, .. } = tab;
        let edit = button(Control::new(text!(views::tree::edit)), "", Msg::Draft).key("edit");
        self.values.with(|values| {
            let drawn = |shape| tree_drawing::tree(&model, values, Some(&ghost), lit, shape).map(Msg::Drawing);
            let ghost_form = tree_ghost::form(&model, values, &ghost);
            let sentence = tree_values::sentence(display_name(&model.name), &model.tree, values);
            let caveat = tree_values::caveat(&model.tree, values).unwrap_or_default();
            let note = |words: String| Mark::new("p").class("view-note").text(words);
            let features = (!values.features.is_empty()).then(|| part::features(&values.features));
            let formula = Mark::new("div")
                .class("formula-box")
                .maybe(tables::formula_lines(&model, values, lit).map(Mark::still))
                .child(note(tables::readout(&model, values, lit)));
            vec![
                view.child(Mark::new("p").class("view-sentence").text(sentence))
                    .child(drawn(Shape::Wide).key("wide"))
                    .child(drawn(Shape::Narrow).key("narrow"))
                    .child(tree_drawing::key().still())
                    .maybe(ghost_form.map(|form| form.map(tree_drawing::Msg::Ghost).map(Msg::Drawing)))
                    .child(note(caveat))
                    .child(formula)
                    .maybe(tables::events(values).map(Mark::still))
                    .maybe(features.map(Mark::still))
                    .child(table_twin(&tables::edges(&label, &model, values)).still())
                    .child(edit),
            ]
        })
    }

    /// The tree that is being drawn, with what the log says of it, and its editor.
    fn draw_draft(&self, draft: &Draft, tab: &TreeState) -> Vec<Mark<Msg>> {
        let (model, lit) = (draft.model(), tab.lit);
        self.state.session.with_untracked(|session| {
            let values = session.log.as_ref().map(|log| tree_values::of_log(model, log)).unwrap_or_default();
            let labels = session.log.as_ref().map(|log| editor::offered_labels(&log.label_counts)).unwrap_or_default();
            vec![
                Mark::new("p").class("view-sentence").text(tree_values::sentence(
                    text!(views::tree::your_tree),
                    &model.tree,
                    &values,
                )),
                tree_drawing::tree(model, &values, None, lit, Shape::Wide).map(Msg::Drawing).key("wide"),
                tree_drawing::tree(model, &values, None, lit, Shape::Narrow).map(Msg::Drawing).key("narrow"),
                editor::form(draft, &labels, &tab.trouble).map(Msg::Editor).key("editor"),
            ]
        })
    }

    fn scope_marks(&self) -> Vec<Mark<Msg>> {
        let scope = self.scope.get();
        let has_brush = scope == TreeScope::Brush || self.state.rows_choice.with(|choice| choice.brush.is_some());
        let offered = TreeScope::EVERY.into_iter().filter(|scope| has_brush || *scope != TreeScope::Brush);
        let options = offered.map(|scope| (scope, scope.label(), ""));
        let mut marks = vec![choice(Control::new(text!(views::tree::over)), "tree-scope", options, &scope, Msg::Scope)];
        if matches!(scope, TreeScope::Slice | TreeScope::Brush) {
            marks.extend(part::marks(self.state, self.selection, scope));
        }
        if scope == TreeScope::OneImpression {
            let message = match part::is_trained(self.state) {
                false => text!(views::tree::train_first).to_owned(),
                true => self.state.picked.with(|p| p.as_ref().and_then(|p| p.message.clone())).unwrap_or_default(),
            };
            let rows = Range::linear(0.0, self.rows().saturating_sub(1) as f64).whole();
            let row = Control::new(text!(views::tree::row));
            let now = self.tab.with(|tab| tab.row);
            marks.push(number(row, rows, now as f64, |row| Msg::Row(row as usize)));
            marks.push(Mark::new("p").class("view-note").attr("aria-live", "polite").text(message));
        }
        marks
    }

    fn update(&self, message: Msg) {
        let current = self.selection.current.get_untracked();
        let around = Around {
            model: current.as_ref().map(|candidate| &candidate.model),
            brush: self.state.rows_choice.with_untracked(|choice| choice.brush),
            rows: self.rows(),
        };
        let mut effects = Vec::new();
        self.tab.update(|tab| effects = tab.update(message, around));
        effects.into_iter().for_each(|effect| self.carry_out(effect));
    }

    fn carry_out(&self, effect: state::Effect) {
        use state::Effect;
        match effect {
            Effect::Choose(key) => self.selection.choose(key),
            Effect::ShowPart(part) => self.state.part.set(part),
            Effect::ClearBrush => {
                if let Some(run) = self.state.rows_choice.with_untracked(|choice| choice.run) {
                    self.state.brush(run, None);
                }
            }
            Effect::Pick(row) => self.client.pick(row),
            Effect::CompareAndTrain(model) => {
                self.state.spec.update(|spec| editor::compare_with(spec, *model));
                self.client.train();
            }
        }
    }

    fn rows(&self) -> usize {
        self.state.session.with_untracked(|s| s.log.as_ref().map_or(0, |log| log.summary.rows))
    }
}
