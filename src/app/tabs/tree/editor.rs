//! Editor of a behaviour tree: adds and removes questions, binds labels, sets the events' loss weights.
//!
//! A nested list rather than a drawing: every change can be made with the keyboard and read by a screen reader, and the
//! drawing above follows.

use crate::app::charts::formula::{formula, symbolic};
use crate::app::charts::names;
use crate::app::marks::{Control, Mark, button, number, select, text_field};
use crate::domain::behavior::{BehaviorTree, Ending};
use crate::domain::spec::settings::WEIGHT;
use crate::domain::spec::{Draft, Edit, ModelSpec, RunSpec};

#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Change(Edit),
    Undo,
    Redo,
    /// Add the edited tree to the comparison and train.
    Train,
    Close,
}

/// The editor. `labels` are the log's; `trouble` is the reason why the last change failed.
pub fn form(draft: &Draft, labels: &[String], problem: &str) -> Mark<Msg> {
    let tree = &draft.model().tree;
    let (can_undo, can_redo) = draft.steps();
    let bar = Mark::new("div").class("editor-bar").children([
        button(Control::new(text!(tree_editor::undo)).disabled(!can_undo), "", Msg::Undo),
        button(Control::new(text!(tree_editor::redo)).disabled(!can_redo), "", Msg::Redo),
        button(Control::new(text!(tree_editor::train)), "primary", Msg::Train),
        button(Control::new(text!(tree_editor::close)), "quiet", Msg::Close),
    ]);
    let alert = Mark::new("p").class("view-note trouble").attr("role", "alert").key("trouble").text(problem);
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

/// A question with the questions after each of its answers.
fn question(tree: &BehaviorTree, index: usize, labels: &[String]) -> Option<Mark<Msg>> {
    let question = tree.questions.get(index)?;
    let name = &question.name;
    let is_known = labels.contains(&question.label);
    let options = (!is_known).then_some(&question.label).into_iter().chain(labels);
    let options = options.map(|label| (label.clone(), label.as_str()));
    let (of_rename, of_bind) = (name.clone(), name.clone());
    let rename = text_field(Control::new(text!(tree_editor::question)), name, "text", move |text| {
        Msg::Change(Edit::RenameQuestion { name: of_rename.clone(), new_name: text.trim().to_owned() })
    });
    let bind = select(Control::new(text!(tree_editor::answered_by)), options, &question.label, move |label| {
        Msg::Change(Edit::BindLabel { name: of_bind.clone(), label })
    });
    let remove = (index > 0).then(|| {
        let says = text!(tree_editor::remove, question = name);
        button(Control::new(&says), "quiet", Msg::Change(Edit::RemoveQuestion { name: name.clone() }))
    });
    let row = Mark::new("div").class("editor-question").child(rename).child(bind).maybe(remove);
    let answers = [
        (true, text!(tree_editor::answers::yes), &question.yes),
        (false, text!(tree_editor::answers::no), &question.no),
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

/// The end of a path, where a question about a label that is not on the path can be added.
fn ending(tree: &BehaviorTree, index: usize, answer: bool, labels: &[String]) -> Mark<Msg> {
    let name = &tree.questions[index].name;
    let answered = answered_before(tree, index);
    let open = labels.iter().filter(|label| !answered.contains(&label.as_str()));
    let options = std::iter::once((None, text!(tree_editor::answers::end)))
        .chain(open.map(|label| (Some(label.clone()), label.as_str())));
    let says = if answer {
        text!(tree_editor::answers::after_yes, question = name)
    } else {
        text!(tree_editor::answers::after_no, question = name)
    };
    let after = Ending { question: name.clone(), yes: answer };
    let list = select(Control::new(&says), options, &None, move |label: Option<String>| {
        label.map(|label| Msg::Change(Edit::AddQuestion { after: after.clone(), label }))
    });
    list.filter_map(|message| message)
}

/// Labels that are answered once question `index` is.
fn answered_before(tree: &BehaviorTree, index: usize) -> Vec<&str> {
    let links = tree.resolved();
    let before = links.way(index).iter().map(|&(before, _)| before);
    before.chain([index]).map(|question| tree.questions[question].label.as_str()).collect()
}

/// The events, with their loss weights.
fn events(draft: &Draft) -> Mark<Msg> {
    let model = draft.model();
    let item = |event: &crate::domain::behavior::Event| {
        let tokens = formula(&model.tree, event);
        let says: String = tokens.iter().map(|token| symbolic(&model.tree, token)).collect();
        let weight = model.objective.events().iter().find(|weighted| weighted.event == event.name);
        let label = text!(tree_editor::events::weight, event = names::event(&event.name));
        let control = match weight {
            Some(weighted) => {
                let event = event.name.clone();
                let set = move |weight| Msg::Change(Edit::Supervise { event: event.clone(), weight });
                number(Control::new(&label), WEIGHT, weighted.weight, set)
            }
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

/// Adds the edited model to the comparison, in place of the previous one.
pub fn compare_with(spec: &mut RunSpec, model: ModelSpec) {
    spec.models.retain(|known| known.name != model.name);
    spec.models.push(model);
}

/// Labels that a question can be bound to, each by one name.
pub fn offered_labels(counts: &[(String, usize)]) -> Vec<String> {
    // `action_1` and `action_2` are aliases of the log's action columns.
    let is_numbered = |name: &str| name.strip_prefix("action_").is_some_and(|rest| rest.parse::<usize>().is_ok());
    counts.iter().map(|(name, _)| name.clone()).filter(|name| !is_numbered(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::marks::Element;
    use crate::domain::spec::{first_experiment, model_preset};

    fn labels() -> Vec<String> {
        ["click", "conversion", "action", "return"].map(str::to_owned).to_vec()
    }

    /// The control with this label in the line about a question or an event.
    fn control<'a>(form: &'a Mark<Msg>, of: &str, label: &str) -> &'a Element {
        let mut lines = form.all().into_iter().filter(|mark| mark.tag == "li" && mark.key == of);
        let line = lines.next().unwrap_or_else(|| panic!("no line about {of}"));
        line.control(label).unwrap_or_else(|| panic!("no control {label:?} of {of}"))
    }

    /// Does what a control of the form asks for.
    fn change(draft: &mut Draft, of: &str, label: &str, input: &str) {
        match control(&form(draft, &labels(), ""), of, label).change(input) {
            Some(Msg::Change(edit)) => draft.apply(&edit).unwrap(),
            other => panic!("{label} of {of}: {other:?}"),
        }
    }

    #[test]
    fn a_tree_is_drawn_with_the_controls_alone() {
        let mut draft = Draft::of(&model_preset("esmm").unwrap(), "mine");
        let Some(Msg::Change(edit)) = form(&draft, &labels(), "").press("Remove cvr") else { panic!() };
        draft.apply(&edit).unwrap();
        change(&mut draft, "ctr", "after yes to ctr, ask for", "action");
        change(&mut draft, "action", "after yes to action, ask for", "conversion");
        change(&mut draft, "action", "after no to action, ask for", "conversion");
        change(&mut draft, "action", "Question", "y2");
        change(&mut draft, "ctavr", "Weight of pCTAVR in the loss", "0,5");
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
        let offered = |of: &str, label: &str| -> Vec<String> {
            control(&form, of, label).children.iter().map(Element::all_text).collect()
        };
        assert_eq!(offered("y3", "after yes to y3, ask for"), ["the end", "return"]);
        assert_eq!(offered("y1", "after no to y1, ask for"), ["the end", "conversion", "action", "return"]);
    }

    #[test]
    fn leaving_the_end_of_a_path_as_it_is_changes_nothing() {
        let draft = Draft::of(&model_preset("esm2").unwrap(), "mine");
        let form = form(&draft, &labels(), "");
        assert_eq!(control(&form, "y3", "after yes to y3, ask for").change::<Msg>("the end"), None);
    }

    #[test]
    fn trouble_is_said_and_what_follows_is_written_as_in_the_papers() {
        let draft = Draft::of(&model_preset("esm2").unwrap(), "mine");
        let form = form(&draft, &labels(), "the first question stays");
        let alert = form.all().into_iter().find(|mark| mark.get("role") == Some("alert")).unwrap();
        assert_eq!(alert.all_text(), "the first question stays");
        assert!(form.all_text().contains("y1·(y2·y3 + (1−y2)·y4)"), "{}", form.all_text());
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
