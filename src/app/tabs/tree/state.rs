//! State of the Tree tab, and its update.

use super::{editor, slice_choice};
use crate::app::charts::tree_drawing;
use crate::app::charts::tree_ghost::Ghost;
use crate::app::charts::tree_values::TreeScope;
use crate::app::models::RunKey;
use crate::app::page::Message;
use crate::domain::report::{PredictionBox, RowsPart};
use crate::domain::spec::{Draft, ModelSpec, RunSpec};

/// Name of the model of the edited tree.
const OWN: &str = "mine";

/// Messages of the Tree tab.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Model(RunKey),
    Scope(TreeScope),
    Slice(slice_choice::Msg),
    ClearBrush,
    /// Show this impression.
    Row(usize),
    Drawing(tree_drawing::Msg),
    /// Open the editor.
    Draft,
    Editor(editor::Msg),
}

/// State of the tab, besides the numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeState {
    /// The scope, unless it is a subset of the held-out rows, which is page state.
    pub whole: TreeScope,
    pub row: usize,
    /// The question whose edge is pointed at or focused.
    pub lit: Option<usize>,
    /// Probabilities that the user has changed.
    pub ghost: Ghost,
    /// The edited tree, while the editor is open.
    pub draft: Option<Draft>,
    /// Reason why the last change of the edited tree failed.
    pub problem: String,
}

/// Page state that the update reads.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub spec: &'a RunSpec,
    /// The model on view.
    pub model: Option<&'a ModelSpec>,
    /// The rectangle over the predictions.
    pub brush: Option<PredictionBox>,
    /// Rows of the log.
    pub rows: usize,
}

impl TreeState {
    /// The initial state: over all rows, or on the inspected row.
    pub fn new(inspected: Option<usize>) -> Self {
        Self {
            whole: if inspected.is_some() { TreeScope::OneImpression } else { TreeScope::All },
            row: inspected.unwrap_or(0),
            lit: None,
            ghost: Ghost::default(),
            draft: None,
            problem: String::new(),
        }
    }

    /// The scope, with `part` on view.
    pub fn scope(&self, part: Option<&RowsPart>) -> TreeScope {
        match part {
            Some(RowsPart::Slice { .. }) => TreeScope::Slice,
            Some(RowsPart::Brush(_)) => TreeScope::Brush,
            None => self.whole,
        }
    }

    /// Applies a message; returns the messages to the page, in order.
    pub fn update(&mut self, message: Msg, context: Context) -> Vec<Message> {
        match message {
            Msg::Model(key) => {
                self.forget_moves();
                vec![Message::Choose(key)]
            }
            Msg::Scope(scope) => self.choose_scope(scope, context),
            Msg::Slice(slice_choice::Msg::Feature(feature)) => vec![slice(feature, String::new())],
            Msg::Slice(slice_choice::Msg::Value { feature, value }) => vec![slice(feature, value)],
            Msg::ClearBrush => vec![Message::ClearBrush, Message::ShowSubset(None)],
            Msg::Row(row) => {
                self.row = row;
                self.pick(context)
            }
            Msg::Drawing(tree_drawing::Msg::Point(question)) => {
                self.lit = question;
                Vec::new()
            }
            Msg::Drawing(tree_drawing::Msg::Ghost(message)) => {
                self.ghost.apply(message);
                Vec::new()
            }
            Msg::Draft => {
                self.draft = context.model.map(|model| Draft::of(model, OWN));
                self.problem.clear();
                Vec::new()
            }
            Msg::Editor(message) => self.edit(&message, context),
        }
    }

    fn choose_scope(&mut self, scope: TreeScope, context: Context) -> Vec<Message> {
        match scope {
            TreeScope::Slice => vec![slice(String::new(), String::new())],
            TreeScope::Brush => vec![Message::ShowSubset(context.brush.map(RowsPart::Brush))],
            TreeScope::OneImpression => {
                self.whole = scope;
                [Message::ShowSubset(None)].into_iter().chain(self.pick(context)).collect()
            }
            TreeScope::All | TreeScope::Clicked | TreeScope::Unclicked => {
                self.whole = scope;
                vec![Message::ShowSubset(None)]
            }
        }
    }

    fn pick(&self, context: Context) -> Vec<Message> {
        if context.rows > 0 { vec![Message::Inspect(self.row)] } else { Vec::new() }
    }

    /// Resets the changed probabilities and the highlight, for another tree.
    fn forget_moves(&mut self) {
        self.ghost = Ghost::default();
        self.lit = None;
    }

    fn edit(&mut self, message: &editor::Msg, context: Context) -> Vec<Message> {
        self.problem.clear();
        let Some(draft) = &mut self.draft else { return Vec::new() };
        match message {
            editor::Msg::Change(edit) => {
                self.problem = draft.apply(edit).err().map(|error| format!("{error}.")).unwrap_or_default();
            }
            editor::Msg::Undo => drop(draft.undo()),
            editor::Msg::Redo => drop(draft.redo()),
            editor::Msg::Train => {
                let mut spec = context.spec.clone();
                editor::compare_with(&mut spec, draft.model().clone());
                // Without a log nothing is trained: the page shows a notice, and the editor stays.
                if context.rows > 0 {
                    self.draft = None;
                    self.forget_moves();
                }
                let key = RunKey { model: OWN.to_owned(), seed: None };
                return vec![Message::Choose(key), Message::SetSpec(Box::new(spec)), Message::Train];
            }
            editor::Msg::Close => self.draft = None,
        }
        Vec::new()
    }
}

/// A slice by its names; an empty name stands for the first feature or the largest slice.
fn slice(feature: String, value: String) -> Message {
    Message::ShowSubset(Some(RowsPart::Slice { feature, value }))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::app::charts::tree_ghost;
    use crate::domain::spec::{Edit, model_preset};

    static SPEC: LazyLock<RunSpec> = LazyLock::new(RunSpec::default);

    /// A page without a log.
    fn empty() -> Context<'static> {
        Context { spec: &SPEC, model: None, brush: None, rows: 0 }
    }

    const AREA: PredictionBox = PredictionBox { p_ctr: (0.0, 0.1), p_cvr: (0.0, 1.0) };

    #[test]
    fn a_scope_is_a_part_to_show_or_one_of_the_evaluations_own() {
        let mut tree = TreeState::new(None);
        let context = Context { brush: Some(AREA), rows: 10, ..empty() };
        for (scope, effects) in [
            (TreeScope::Clicked, vec![Message::ShowSubset(None)]),
            (TreeScope::Slice, vec![slice(String::new(), String::new())]),
            (TreeScope::Brush, vec![Message::ShowSubset(Some(RowsPart::Brush(AREA)))]),
            (TreeScope::OneImpression, vec![Message::ShowSubset(None), Message::Inspect(0)]),
        ] {
            assert_eq!(tree.update(Msg::Scope(scope), context), effects, "{scope:?}");
        }
        assert_eq!(tree.scope(None), TreeScope::OneImpression);
        assert_eq!(tree.scope(Some(&RowsPart::Brush(AREA))), TreeScope::Brush);
    }

    #[test]
    fn a_row_is_asked_for_when_there_is_a_log() {
        let mut tree = TreeState::new(Some(3));
        assert_eq!((tree.whole, tree.row), (TreeScope::OneImpression, 3));
        assert_eq!(tree.update(Msg::Row(7), empty()), []);
        let context = Context { rows: 10, ..empty() };
        assert_eq!(tree.update(Msg::Row(8), context), [Message::Inspect(8)]);
    }

    #[test]
    fn another_model_has_its_own_probabilities() {
        let mut tree = TreeState::new(None);
        let moved = tree_drawing::Msg::Ghost(tree_ghost::Msg::Move { question: 0, p: 0.5 });
        tree.update(Msg::Drawing(moved), empty());
        assert!(!tree.ghost.is_empty());
        let key = RunKey { model: "esmm".into(), seed: Some(1) };
        assert_eq!(tree.update(Msg::Model(key.clone()), empty()), [Message::Choose(key)]);
        assert!(tree.ghost.is_empty());
    }

    #[test]
    fn a_tree_is_drawn_undone_and_trained() {
        let esmm = model_preset("esmm").unwrap();
        let context = Context { model: Some(&esmm), ..empty() };
        let mut tree = TreeState::new(None);
        tree.update(Msg::Draft, context);
        let remove = |name: &str| Msg::Editor(editor::Msg::Change(Edit::RemoveQuestion { name: name.to_owned() }));
        tree.update(remove("ctr"), context);
        assert!(!tree.problem.is_empty(), "the first question stays, and why is said");
        tree.update(remove("cvr"), context);
        assert!(tree.problem.is_empty());
        let questions = |tree: &TreeState| tree.draft.as_ref().map(|draft| draft.model().tree.questions.len());
        assert_eq!(questions(&tree), Some(1));
        tree.update(Msg::Editor(editor::Msg::Undo), context);
        assert_eq!(questions(&tree), Some(2));
        tree.update(Msg::Editor(editor::Msg::Redo), context);
        assert_eq!(tree.update(Msg::Editor(editor::Msg::Train), context).len(), 3);
        assert!(tree.draft.is_some(), "without a log the drawing stays");
        let context = Context { rows: 10, ..context };
        let effects = tree.update(Msg::Editor(editor::Msg::Train), context);
        match effects.as_slice() {
            [Message::Choose(key), Message::SetSpec(spec), Message::Train] => {
                let model = spec.models.last().unwrap();
                assert_eq!((key.model.as_str(), model.name.as_str(), model.tree.questions.len()), (OWN, OWN, 1));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(tree.draft, None);
    }

    #[test]
    fn the_editor_of_no_drawing_does_nothing() {
        let mut tree = TreeState::new(None);
        for message in [editor::Msg::Undo, editor::Msg::Train, editor::Msg::Close] {
            assert_eq!(tree.update(Msg::Editor(message), empty()), []);
        }
    }
}
