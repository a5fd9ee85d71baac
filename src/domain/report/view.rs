//! One evaluation laid open: for each row the path that its labels take, each question's and event's predicted and
//! true probability. Every reading is a summary of this.

use crate::domain::behavior::reference::{LogMass, log_answers, log_mass_of_answers, sigmoid};
use crate::domain::behavior::{BehaviorTree, Event, Mass, ResolvedTree, event_mass};
use crate::domain::label;
use crate::domain::log::{ImpressionLog, Truth};

/// Questions asked and answered "yes" by one impression's labels, as bit sets over the tree's questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Path {
    asked: u64,
    yes: u64,
}

impl Path {
    pub fn is_asked(self, question: usize) -> bool {
        self.asked >> question & 1 == 1
    }

    pub fn is_yes(self, question: usize) -> bool {
        self.yes >> question & 1 == 1
    }
}

/// An event's predicted probability by row; both logarithms are finite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventColumn {
    pub p: Vec<f64>,
    pub log_p: Vec<f64>,
    pub log_not_p: Vec<f64>,
    /// True probability, when it is known.
    pub truth: Option<Vec<f64>>,
}

/// Evaluation rows under one tree.
pub(super) struct View<'a> {
    pub log: &'a ImpressionLog,
    pub tree: &'a BehaviorTree,
    /// Rows of the log.
    pub rows: &'a [u32],
    /// `[questions][rows]`.
    pub logits: Vec<Vec<f64>>,
    /// `[questions][rows]`: predicted probability of "no" and of "yes", where the question is asked.
    pub answers: Vec<Vec<[f64; 2]>>,
    pub paths: Vec<Path>,
    pub clicked: Vec<bool>,
    /// `[questions]`, then by row: true conditional probability of "yes", when it is known.
    pub truth: Vec<Option<Vec<f64>>>,
    /// One for each event of the tree.
    pub events: Vec<EventColumn>,
    pub links: ResolvedTree,
    /// `[questions]`, then by row of the log: the label.
    labels: Vec<&'a [bool]>,
}

/// What is predicted of rows under a tree. No label is asked for.
pub(super) struct Probabilities<'a> {
    tree: &'a BehaviorTree,
    /// `[questions][rows]`.
    logits: Vec<Vec<f64>>,
    /// `[events][rows]`.
    events: Vec<Vec<f64>>,
}

impl<'a> Probabilities<'a> {
    /// # Shapes
    /// - `logits`: `[rows, questions]`
    pub fn new(tree: &'a BehaviorTree, logits: &[f32]) -> Self {
        let logits = by_question(logits, tree.questions.len());
        let log_answers = log_answers_of(&logits);
        let n_rows = logits.first().map_or(0, Vec::len);
        let untold = vec![None; logits.len()];
        let events = tree.events.iter().map(|event| event_column(tree, event, &log_answers, &untold, n_rows).p);
        let events = events.collect();
        Self { tree, logits, events }
    }

    /// By row, of the event called `name`, or else of the question.
    pub fn of(&self, name: &str) -> Option<Vec<f64>> {
        if let Some(event) = self.tree.events.iter().position(|event| event.name == name) {
            return Some(self.events[event].clone());
        }
        let question = self.tree.question_index(name)?;
        Some(self.logits[question].iter().map(|&z| sigmoid(z)).collect())
    }
}

/// `[rows, questions]` as `[questions][rows]`.
fn by_question(logits: &[f32], n_questions: usize) -> Vec<Vec<f64>> {
    let of = |question: usize| logits.iter().skip(question).step_by(n_questions).map(|&z| f64::from(z)).collect();
    (0..n_questions).map(of).collect()
}

/// `[questions][rows]`: logarithms of the probabilities of "no" and of "yes".
fn log_answers_of(logits: &[Vec<f64>]) -> Vec<Vec<[f64; 2]>> {
    logits.iter().map(|logits| logits.iter().map(|&z| log_answers(z)).collect()).collect()
}

impl<'a> View<'a> {
    /// # Shapes
    /// - `logits`: `[rows, questions]`
    ///
    /// Expects a tree that [`BehaviorTree::validate`] accepts.
    ///
    /// # Panics
    /// When the shape is another, or the log lacks a label of the tree.
    pub fn new(log: &'a ImpressionLog, tree: &'a BehaviorTree, rows: &'a [u32], logits: &[f32]) -> Self {
        let n_questions = tree.questions.len();
        assert_eq!(logits.len(), rows.len() * n_questions, "one logit for each row and question");
        assert!(n_questions <= 64, "a path is a set of at most 64 questions");
        let logits = by_question(logits, n_questions);
        let log_answers = log_answers_of(&logits);
        let links = tree.resolved();
        let labels: Vec<&'a [bool]> = tree.questions.iter().map(|question| label_of(log, &question.label)).collect();
        let paths = rows.iter().map(|&row| path(&links, |question| labels[question][row as usize])).collect();
        let clicked = rows.iter().map(|&row| log.is_clicked(row as usize)).collect();
        let truth: Vec<Option<Vec<f64>>> = (0..n_questions)
            .map(|question| {
                let truth = log.truth.as_ref()?;
                let way = TrueWay::new(tree, truth, links.way(question), question)?;
                Some(rows.iter().map(|&row| way.conditional(truth, row as usize)).collect())
            })
            .collect();
        let events =
            tree.events.iter().map(|event| event_column(tree, event, &log_answers, &truth, rows.len())).collect();
        let answers = log_answers.iter().map(|of| of.iter().map(|logs| logs.map(libm::exp)).collect()).collect();
        Self { log, tree, rows, logits, answers, paths, clicked, truth, events, links, labels }
    }

    /// Impressions of the population that an evaluation row stands for.
    pub fn weight(&self, position: usize) -> f64 {
        self.log.weight(self.rows[position] as usize)
    }

    /// As [`View::weight`], of several.
    pub fn log_weights(&self, positions: &[u32]) -> Vec<f64> {
        positions.iter().map(|&position| self.weight(position as usize)).collect()
    }

    /// The event's label on an evaluation row, had some questions' answers been others; as [`View::event_label`].
    pub fn event_label_if(
        &self,
        event: &Event,
        position: usize,
        other: impl Fn(usize) -> Option<bool>,
    ) -> Option<bool> {
        let row = self.rows[position] as usize;
        let path = path(&self.links, |question| other(question).unwrap_or(self.labels[question][row]));
        event_label(self.tree, event, path)
    }

    /// The event's label on an evaluation row; `None` where its condition was not met.
    pub fn event_label(&self, event: &Event, position: usize) -> Option<bool> {
        event_label(self.tree, event, self.paths[position])
    }

    /// The event's label on a row had it been clicked; `None` where its condition would not have been met.
    /// The outer `None`: that is not known.
    pub fn potential_labels(&self, event: &Event) -> Option<Vec<Option<bool>>> {
        let truth = self.log.truth.as_ref()?;
        let potentials: Option<Vec<Known>> =
            self.tree.questions.iter().map(|question| Known::of(&question.label, truth)).collect();
        let potentials = potentials?;
        let path = |row: usize| {
            path(&self.links, |question| match potentials[question] {
                Known::Click => true,
                Known::Action => truth.potential_action[row],
                Known::Conversion => truth.potential_conversion[row],
                Known::Return => truth.returns.as_ref().is_some_and(|returns| returns.potential[row]),
            })
        };
        Some(self.rows.iter().map(|&row| event_label(self.tree, event, path(row as usize))).collect())
    }
}

fn label_of<'a>(log: &'a ImpressionLog, name: &str) -> &'a [bool] {
    let label = log.label(name);
    assert!(label.is_some(), "preparing a log for a model refuses one without the label {name}");
    label.unwrap_or_default()
}

/// Questions that are asked, and which are answered "yes", when `answer` is what each would be answered.
fn path(tree: &ResolvedTree, answer: impl Fn(usize) -> bool) -> Path {
    let mut path = Path { asked: 0, yes: 0 };
    let mut next = tree.first();
    while let Some(question) = next {
        let yes = answer(question);
        path.asked |= 1 << question;
        path.yes |= u64::from(yes) << question;
        next = tree.next(question, yes);
    }
    path
}

fn event_label(tree: &BehaviorTree, event: &Event, path: Path) -> Option<bool> {
    let is_met = |given: &String| tree.question_index(given).is_some_and(|q| path.is_asked(q) && path.is_yes(q));
    if event.given.as_ref().is_some_and(|given| !is_met(given)) {
        return None;
    }
    let is_given = |label: &String, required: bool| {
        (0..tree.questions.len())
            .any(|q| &tree.questions[q].label == label && path.is_asked(q) && path.is_yes(q) == required)
    };
    Some(event.answers.iter().all(|(label, &required)| is_given(label, required)))
}

fn event_column(
    tree: &BehaviorTree,
    event: &Event,
    log_answers: &[Vec<[f64; 2]>],
    truth: &[Option<Vec<f64>>],
    n_rows: usize,
) -> EventColumn {
    let mass = event_mass(tree, event);
    let mut column = EventColumn { p: Vec::new(), log_p: Vec::new(), log_not_p: Vec::new(), truth: None };
    let masses = (0..n_rows).map(|row| log_mass_of_answers(&mass, &|question| log_answers[question][row]));
    for LogMass { log_p, log_not_p } in masses {
        column.p.push(libm::exp(log_p));
        column.log_p.push(log_p);
        column.log_not_p.push(log_not_p);
    }
    column.truth = (0..n_rows).map(|row| true_mass(&mass, truth, row)).collect();
    column
}

/// The event's probability from the questions' true conditionals; `None` when one is not known.
fn true_mass(mass: &Mass, truth: &[Option<Vec<f64>>], row: usize) -> Option<f64> {
    match mass {
        Mass::Always => Some(1.0),
        Mass::Never => Some(0.0),
        Mass::Question { question, yes, no } => {
            let p = truth[*question].as_ref()?[row];
            Some(p * true_mass(yes, truth, row)? + (1.0 - p) * true_mass(no, truth, row)?)
        }
    }
}

/// A label whose true probability a generated log knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Click,
    Action,
    Conversion,
    Return,
}

impl Known {
    fn of(label: &str, truth: &Truth) -> Option<Self> {
        match label {
            label::CLICK => Some(Self::Click),
            label::ACTION => Some(Self::Action),
            label::CONVERSION => Some(Self::Conversion),
            "return" => truth.returns.as_ref().map(|_| Self::Return),
            _ => None,
        }
    }
}

/// The way to a question in terms of labels whose truth is known, whatever the order in which the tree asks them.
struct TrueWay {
    answers: Vec<(Known, bool)>,
    label: Known,
}

impl TrueWay {
    fn new(tree: &BehaviorTree, truth: &Truth, way: &[(usize, bool)], question: usize) -> Option<Self> {
        let label = |question: usize| Known::of(&tree.questions[question].label, truth);
        let answers: Option<Vec<_>> = way.iter().map(|&(question, yes)| Some((label(question)?, yes))).collect();
        Some(Self { answers: answers?, label: label(question)? })
    }

    /// True probability of "yes" given the answers before; 0 where those cannot occur together.
    fn conditional(&self, truth: &Truth, row: usize) -> f64 {
        // A certain answer must not make what follows its opposite 0/0: a hair off is enough to keep its conditional.
        let open = |p: f64| p.clamp(1e-12, 1.0 - 1e-12);
        let is_clicked = self.answers.contains(&(Known::Click, true));
        let click = if is_clicked { 1.0 } else { open(truth.p_click[row]) };
        let action = open(truth.p_action[row]);
        let (after_action, after_other) = (open(truth.p_buy_action[row]), open(truth.p_buy_other[row]));
        let returned = truth.returns.as_ref().map_or(0.0, |returns| open(returns.p[row]));
        let (bought_action, bought_other) = (click * action * after_action, click * (1.0 - action) * after_other);
        let cells = [
            ([false, false, false, false], 1.0 - click),
            ([true, true, true, true], bought_action * returned),
            ([true, true, true, false], bought_action * (1.0 - returned)),
            ([true, true, false, false], click * action * (1.0 - after_action)),
            ([true, false, true, true], bought_other * returned),
            ([true, false, true, false], bought_other * (1.0 - returned)),
            ([true, false, false, false], click * (1.0 - action) * (1.0 - after_other)),
        ];
        let (mut reached, mut yes) = (0.0, 0.0);
        for (answers, mass) in cells {
            if self.answers.iter().all(|&(label, answer)| answers[label as usize] == answer) {
                reached += mass;
                yes += if answers[self.label as usize] { mass } else { 0.0 };
            }
        }
        if reached > 0.0 { yes / reached } else { 0.0 }
    }
}
