//! Editing a behaviour tree: questions come and go, labels are bound, events are supervised more or less strongly.
//!
//! A nested list rather than a drawing: every change can be made with the keyboard and read by a screen reader, and the
//! drawing above follows.

use crate::app::charts::formula::{formula, symbolic};
use crate::app::charts::names;
use crate::app::marks::{Act, Control, Mark, button, number, select, text_field};
use crate::app::range::Range;
use crate::domain::behavior::{BehaviorTree, Ending};
use crate::domain::spec::{Draft, Edit, MAX_EVENT_WEIGHT, ModelSpec, RunSpec};

const RENAME: &str = "tree-rename";
const BIND: &str = "tree-bind";
const ADD: &str = "tree-add";
const REMOVE: &str = "tree-remove";
const WEIGHT: &str = "tree-weight";
const UNDO: &str = "tree-undo";
const REDO: &str = "tree-redo";
const TRAIN: &str = "tree-train";
const CLOSE: &str = "tree-close";

/// What the reader asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    Change(Edit),
    Undo,
    Redo,
    /// Put the drawn tree into the comparison and train.
    Train,
    /// Leave the drawing.
    Close,
}

/// The editor. `labels` are the log's; `trouble` is why the last change could not be made.
pub fn form(draft: &Draft, labels: &[String], trouble: &str) -> Mark {
    let tree = &draft.model().tree;
    let (can_undo, can_redo) = draft.steps();
    let bar = Mark::new("div").class("editor-bar").children([
        button(Control::new(UNDO, text!(tree_editor::undo)).disabled(!can_undo), ""),
        button(Control::new(REDO, text!(tree_editor::redo)).disabled(!can_redo), ""),
        button(Control::new(TRAIN, text!(tree_editor::train)), "primary"),
        button(Control::new(CLOSE, text!(tree_editor::close)), "quiet"),
    ]);
    let alert = Mark::new("p").class("view-note trouble").attr("role", "alert").key("trouble").text(trouble);
    Mark::new("section")
        .class("tree-editor")
        .attr("aria-label", text!(tree_editor::name))
        .child(Mark::new("h3").text(text!(tree_editor::title)))
        .child(Mark::new("p").class("hint").text(text!(tree_editor::what)))
        .child(bar)
        .child(alert)
        .child(
            Mark::new("ul")
                .class("editor-questions")
                .attr("aria-label", text!(tree_editor::questions))
                .maybe(question(tree, 0, labels)),
        )
        .child(events(draft))
}

/// What an act of the form asks for; `None` when it is another's.
pub fn wish(act: &Act) -> Option<Wish> {
    let which = act.which().to_owned();
    Some(match act.name.as_str() {
        RENAME => Wish::Change(Edit::RenameQuestion { name: which, new_name: act.input.trim().to_owned() }),
        BIND => Wish::Change(Edit::BindLabel { name: which, label: act.input.clone() }),
        ADD => {
            let (answer, question) = which.split_once(' ')?;
            let after = Ending { question: question.to_owned(), yes: answer == "yes" };
            Wish::Change(Edit::AddQuestion { after, label: act.input.clone() })
        }
        REMOVE => Wish::Change(Edit::RemoveQuestion { name: which }),
        WEIGHT => {
            Wish::Change(Edit::Supervise { event: which, weight: act.number(Range::linear(0.0, MAX_EVENT_WEIGHT))? })
        }
        UNDO => Wish::Undo,
        REDO => Wish::Redo,
        TRAIN => Wish::Train,
        CLOSE => Wish::Close,
        _ => return None,
    })
}

/// A question with what is asked after each of its answers.
fn question(tree: &BehaviorTree, index: usize, labels: &[String]) -> Option<Mark> {
    let question = tree.questions.get(index)?;
    let name = &question.name;
    let bound = if labels.contains(&question.label) { None } else { Some(question.label.as_str()) };
    let options = bound.into_iter().chain(labels.iter().map(String::as_str)).map(|label| (label, label));
    let row = Mark::new("div")
        .class("editor-question")
        .child(text_field(Control::new(RENAME, text!(tree_editor::question)).of(name), name, "text"))
        .child(select(Control::new(BIND, text!(tree_editor::answered_by)).of(name), options, &question.label))
        .maybe((index > 0).then(|| {
            let says = text!(tree_editor::remove, question = name);
            button(Control::new(REMOVE, &says).of(name), "quiet")
        }));
    let answers = [
        ("yes", text!(tree_editor::answers::yes), &question.yes),
        ("no", text!(tree_editor::answers::no), &question.no),
    ]
    .map(|(answer, words, next)| {
        let next = next.as_deref().and_then(|next| tree.question_index(next));
        let item = Mark::new("li").key(answer).child(Mark::new("span").class("editor-answer").text(words));
        match next.and_then(|next| self::question(tree, next, labels)) {
            Some(below) => item.child(Mark::new("ul").child(below)),
            None => item.child(ending(tree, index, answer, labels)),
        }
    });
    Some(Mark::new("li").key(name).child(row).child(Mark::new("ul").class("editor-answers").children(answers)))
}

/// The end of a path, where a question can be added about a label that was not answered on the way.
fn ending(tree: &BehaviorTree, index: usize, answer: &str, labels: &[String]) -> Mark {
    let name = &tree.questions[index].name;
    let answered = answered_before(tree, index);
    let open = labels.iter().map(String::as_str).filter(|label| !answered.contains(label));
    let options = std::iter::once(("", text!(tree_editor::answers::end))).chain(open.map(|label| (label, label)));
    let says = match answer {
        "yes" => text!(tree_editor::answers::after_yes, question = name),
        _ => text!(tree_editor::answers::after_no, question = name),
    };
    let which = format!("{answer} {name}");
    select(Control::new(ADD, &says).of(&which), options, "")
}

/// Labels that are answered once question `index` is.
fn answered_before(tree: &BehaviorTree, index: usize) -> Vec<&str> {
    let links = tree.resolved();
    let before = links.way(index).iter().map(|&(before, _)| before);
    before.chain([index]).map(|question| tree.questions[question].label.as_str()).collect()
}

/// What follows from the questions, and how strongly each is supervised.
fn events(draft: &Draft) -> Mark {
    let model = draft.model();
    let item = |event: &crate::domain::behavior::Event| {
        let tokens = formula(&model.tree, event);
        let says: String = tokens.iter().map(|token| symbolic(&model.tree, token)).collect();
        let weight = model.objective.events().iter().find(|weighted| weighted.event == event.name);
        let label = text!(tree_editor::events::weight, event = names::event(&event.name));
        let control = match weight {
            Some(weighted) => number(Control::new(WEIGHT, &label).of(&event.name), weighted.weight),
            None => Mark::new("span").class("hint").text(text!(tree_editor::events::observed)),
        };
        let formula = Mark::new("span").class("editor-formula").text(format!("{} = {says}", names::event(&event.name)));
        Mark::new("li").key(&event.name).child(formula).child(control)
    };
    Mark::new("div").class("editor-events").child(Mark::new("h4").text(text!(tree_editor::events::title))).child(
        Mark::new("ul")
            .attr("aria-label", text!(tree_editor::events::name))
            .children(model.tree.events.iter().map(item)),
    )
}

/// Puts a drawn model into the comparison, in the place of the one drawn before.
pub fn compare_with(spec: &mut RunSpec, model: ModelSpec) {
    spec.models.retain(|known| known.name != model.name);
    spec.models.push(model);
}

/// Labels that a question can be bound to, each by one name.
pub fn offered_labels(counts: &[(String, usize)]) -> Vec<String> {
    // `action_1` and `action_2` are the log's own action columns, which are there by their names.
    let is_numbered = |name: &str| name.strip_prefix("action_").is_some_and(|rest| rest.parse::<usize>().is_ok());
    counts.iter().map(|(name, _)| name.clone()).filter(|name| !is_numbered(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::ActKind;
    use crate::domain::spec::{first_experiment, model_preset};

    fn labels() -> Vec<String> {
        ["click", "conversion", "action", "return"].map(str::to_owned).to_vec()
    }

    fn act(mark: &Mark, input: &str) -> Act {
        let of = |name: &str| mark.get(name).unwrap_or_default().to_owned();
        Act {
            kind: ActKind::Change,
            name: of("data-on"),
            value: of("data-value"),
            input: input.to_owned(),
            at: (0.0, 0.0),
        }
    }

    fn control<'a>(form: &'a Mark, name: &str, which: &str) -> &'a Mark {
        let found =
            form.all().into_iter().find(|m| m.get("data-on") == Some(name) && m.get("data-value") == Some(which));
        found.unwrap_or_else(|| panic!("no control {name} of {which:?}"))
    }

    /// Does what a control of the form asks for.
    fn change(draft: &mut Draft, name: &str, which: &str, input: &str) {
        let wish = wish(&act(control(&form(draft, &labels(), ""), name, which), input)).unwrap();
        let Wish::Change(edit) = wish else { panic!("{wish:?}") };
        draft.apply(&edit).unwrap();
    }

    #[test]
    fn a_tree_is_drawn_with_the_controls_alone() {
        let mut draft = Draft::of(&model_preset("esmm").unwrap(), "mine");
        change(&mut draft, REMOVE, "cvr", "");
        change(&mut draft, ADD, "yes ctr", "action");
        change(&mut draft, ADD, "yes action", "conversion");
        change(&mut draft, ADD, "no action", "conversion");
        change(&mut draft, RENAME, "action", "y2");
        change(&mut draft, WEIGHT, "ctavr", "0,5");
        let model = draft.model();
        assert_eq!(model.tree.questions.len(), 4);
        assert_eq!(model.tree.questions[1].name, "y2");
        let weights: Vec<(&str, f64)> = model.objective.events().iter().map(|e| (e.event.as_str(), e.weight)).collect();
        assert_eq!(weights, [("ctr", 1.0), ("ctavr", 0.5), ("ctcvr", 1.0)]);
    }

    #[test]
    fn a_label_answered_on_the_way_is_not_offered_again() {
        let draft = Draft::of(&model_preset("esm2").unwrap(), "mine");
        let form = form(&draft, &labels(), "");
        let offered = |which: &str| -> Vec<String> {
            let options = control(&form, ADD, which).children.iter();
            options.filter_map(|option| option.get("value").map(str::to_owned)).collect()
        };
        assert_eq!(offered("yes y3"), ["", "return"]);
        assert_eq!(offered("no y1"), ["", "conversion", "action", "return"]);
    }

    #[test]
    fn every_control_has_a_name_of_its_own() {
        let draft = Draft::of(&model_preset("esm2").unwrap(), "mine");
        let form = form(&draft, &labels(), "");
        let mut seen = Vec::new();
        for control in form.all().into_iter().filter(|mark| mark.get("data-on").is_some()) {
            let name = (control.get("data-on"), control.get("data-value"));
            assert!(!seen.contains(&name), "{name:?}");
            seen.push(name);
        }
        assert!(seen.len() > 15);
    }

    #[test]
    fn trouble_is_said_and_what_follows_is_written_as_in_the_papers() {
        let draft = Draft::of(&model_preset("esm2").unwrap(), "mine");
        let form = form(&draft, &labels(), "the first question stays");
        let alert = form.all().into_iter().find(|mark| mark.get("role") == Some("alert")).unwrap();
        assert_eq!(alert.said(), "the first question stays");
        assert!(form.said().contains("y1·(y2·y3 + (1−y2)·y4)"), "{}", form.said());
    }

    #[test]
    fn a_drawn_model_takes_the_place_of_the_one_drawn_before() {
        let named = |name: &str| ModelSpec { name: name.to_owned(), ..model_preset("esmm").unwrap() };
        let mut spec = RunSpec { models: vec![named("mine"), named("naive")], ..first_experiment() };
        let mut drawn = named("mine");
        drawn.tree.events.truncate(1);
        compare_with(&mut spec, drawn.clone());
        assert_eq!(spec.models, [named("naive"), drawn]);
    }

    #[test]
    fn numbered_actions_are_offered_by_their_own_names() {
        let counts =
            ["click", "action_1", "action_2", "cart", "favourite", "action_at"].map(|name| (name.to_owned(), 3));
        assert_eq!(offered_labels(&counts), ["click", "cart", "favourite", "action_at"]);
    }
}
