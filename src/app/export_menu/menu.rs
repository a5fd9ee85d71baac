//! Exports as a list of buttons.

use crate::app::charts::names;
use crate::app::exports;
use crate::app::marks::{Control, Mark, button, check};
use crate::app::models::{has_several_seeds, run_name};
use crate::app::page::Message;
use crate::domain::spec::{Objective, RunSpec};
use crate::protocol::{Export, Question, Run, RunId, Session};

/// A file to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Msg {
    /// Files that the page writes.
    Metrics,
    Experiment,
    Bundle,
    ScaleOut,
    /// A file of a run, written by a worker.
    OfRun(RunId, Export),
    Graph(RunId),
    /// The log as a file, written by a worker.
    Log {
        with_truth: bool,
        is_inert: bool,
    },
    /// Whether text of a log that a spreadsheet would calculate is made inert.
    Inert(bool),
}

impl Msg {
    /// The message to the page; `None` for what the menu keeps.
    pub fn to_page(self, session: &Session, spec: &RunSpec) -> Option<Message> {
        Some(match self {
            Self::Metrics => Message::Save(exports::metrics(session)),
            Self::Experiment => Message::Save(Some(exports::experiment(spec))),
            Self::Bundle => Message::Save(Some(exports::bundle(spec))),
            Self::ScaleOut => Message::Save(exports::scale_out(spec, session)),
            Self::OfRun(run, what) => Message::Ask(Question::Export { run, what }),
            Self::Graph(run) => Message::ExportGraph(run),
            Self::Log { with_truth, is_inert } => Message::Ask(Question::ExportLog { with_truth, is_inert }),
            Self::Inert(_) => return None,
        })
    }
}

/// The menu; `is_inert` of logs, and `result` is the text about the last export.
pub fn menu(session: &Session, is_inert: bool, result: &str) -> Vec<Mark<Msg>> {
    let has_metrics = session.runs.iter().any(|run| run.latest().is_some());
    let knows_truth = session.log.as_ref().is_some_and(|log| log.summary.truth_known);
    let own = |file: Msg, label: &'static str, is_there: bool| {
        button(Control::new(label).disabled(!is_there), "", file).key(label)
    };
    let several = has_several_seeds(&session.runs);
    // Only a worker that has a model can write its files.
    let has_files = |run: &&Run| run.latest().is_some() && run.is_in_memory();
    let of_runs = session.runs.iter().filter(has_files).map(|run| of_run(run, several));
    let first = if session.runs.iter().any(|run| has_files(&run)) {
        Mark::new("ul")
            .class("export-runs")
            .attr("aria-label", text!(forms::exports::of_models))
            .children(of_runs)
            .key("runs")
    } else {
        Mark::new("p").class("hint").key("none").text(text!(forms::exports::none_yet))
    };
    let inert = Control::new(text!(forms::exports::inert)).hint(text!(forms::exports::inert_hint));
    vec![
        Mark::new("h2").text(text!(forms::exports::title)),
        first,
        Mark::new("div").class("export-own").key("own").children([
            own(Msg::Metrics, text!(forms::exports::metrics), has_metrics),
            own(Msg::Log { with_truth: true, is_inert }, text!(forms::exports::log), session.log.is_some()),
            own(Msg::Log { with_truth: false, is_inert }, text!(forms::exports::without_truth), knows_truth),
            own(Msg::Experiment, text!(forms::exports::experiment), true),
            own(Msg::Bundle, text!(forms::exports::bundle), true),
            own(Msg::ScaleOut, text!(forms::exports::scale_out), session.log.is_some()),
        ]),
        check(inert, is_inert, Msg::Inert).key("inert"),
        Mark::new("p").class("export-said").attr("aria-live", "polite").key("said").text(result),
    ]
}

fn of_run(run: &Run, several_seeds: bool) -> Mark<Msg> {
    let name = run_name(&run.model.name, run.known_seed(), several_seeds);
    let file = |what: Export, label: &str| {
        button(Control::new(label), "", Msg::OfRun(run.id, what))
            .attr("aria-label", text!(forms::exports::of_model, file = label, model = name))
    };
    Mark::new("li")
        .class(names::hue_class(&run.model.name))
        .key(run.id.to_string())
        .child(Mark::new("span").class("mark"))
        .child(Mark::new("span").class("run-name").text(&name))
        .child(file(Export::Predictions, text!(forms::exports::predictions)))
        .child(file(Export::Weights, text!(forms::exports::weights)))
        .child(file(Export::WeightsSpec, text!(forms::exports::spec)))
        .child(graph(run, &name))
}

fn graph(run: &Run, name: &str) -> Mark<Msg> {
    let is_network = !matches!(run.model.objective, Objective::BoostedTrees { .. });
    let label = text!(forms::exports::graph);
    let words = if is_network {
        text!(forms::exports::of_model, file = label, model = name)
    } else {
        text!(forms::exports::no_network, model = name)
    };
    let button = button(Control::new(label).disabled(!is_network), "", Msg::Graph(run.id)).attr("aria-label", &words);
    if is_network { button } else { button.attr("title", words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::domain::spec::model_preset;

    #[test]
    fn each_trained_run_has_its_files_and_an_untrained_page_says_why_there_are_none() {
        let menu_of = |session: &Session| Mark::new("div").children(menu(session, true, "saved"));
        let mut session = Session { runs: vec![run(1, "esmm", 1, evaluation(&[]))], ..Session::default() };
        session.runs.push(run(2, "esm2", 1, evaluation(&[])));
        let buttons = |mark: &Mark<Msg>| mark.with_tag("button").iter().filter(|b| b.get("disabled").is_none()).count();
        assert_eq!(buttons(&menu_of(&session)), 2 * 4 + 3);
        let untrained = menu_of(&Session::default());
        assert_eq!(buttons(&untrained), 2);
        assert!(untrained.all_text().contains("once a model is trained") && untrained.all_text().ends_with("saved"));
    }

    #[test]
    fn files_of_runs_and_logs_are_asked_of_workers_and_the_others_saved() {
        let (session, spec) = (Session::default(), RunSpec::default());
        let export = Question::Export { run: 3, what: Export::Weights };
        for (message, expected) in [
            (Msg::OfRun(3, Export::Weights), Message::Ask(export)),
            (
                Msg::Log { with_truth: true, is_inert: false },
                Message::Ask(Question::ExportLog { with_truth: true, is_inert: false }),
            ),
            (Msg::Metrics, Message::Save(None)),
        ] {
            assert_eq!(message.to_page(&session, &spec), Some(expected));
        }
        assert!(matches!(Msg::Bundle.to_page(&session, &spec), Some(Message::Save(Some(_)))));
        assert_eq!(Msg::Inert(false).to_page(&session, &spec), None);
    }

    #[test]
    fn a_run_of_trees_has_no_graph_and_the_button_says_why() {
        let mut trees = run(1, "gbdt", 1, evaluation(&[]));
        trees.model = model_preset("gbdt").unwrap();
        let menu = Mark::new("div").children(menu(&Session { runs: vec![trees], ..Session::default() }, true, ""));
        let buttons = menu.with_tag("button");
        let graph = buttons.iter().find(|button| button.all_text() == "ONNX graph").unwrap();
        assert!(graph.get("disabled").is_some());
        for place in ["title", "aria-label"] {
            assert!(graph.get(place).is_some_and(|words| words.contains("made of trees")), "{place}");
        }
    }
}
