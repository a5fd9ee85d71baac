//! The bar's alerts and buttons, and its state.

use crate::app::marks::{Control, Mark, button, select};
use crate::app::page::{LogState, Message, Notice, TrainingMode};
use crate::app::sentence;
use crate::domain::spec::RunSpec;
use crate::protocol::{RunStatus, Session, StepUnit};

/// Messages of the bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Msg {
    Main(MainAction),
    Step,
    /// Set the unit of a step.
    Unit(StepUnit),
    Stop,
    DismissNotice,
    /// Continue the runs although the experiment has changed.
    GoOn,
    Play(bool),
    /// Show every run as it was at this epoch; `None`: as it is now.
    LookBack(Option<f64>),
}

/// Action of the main button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MainAction {
    Train,
    Pause,
    Resume,
}

/// State of the bar, besides the page's.
#[derive(Debug, Clone, PartialEq)]
pub struct BarState {
    pub unit: StepUnit,
    /// The experiment that the user chose not to restart for: not asked about again.
    left: Option<RunSpec>,
}

/// What the buttons do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buttons {
    main: MainAction,
    can_stop: bool,
    can_train: bool,
}

impl Default for BarState {
    fn default() -> Self {
        Self { unit: StepUnit::Batch, left: None }
    }
}

impl BarState {
    /// Applies a message; returns the message to the page after it.
    pub fn update(&mut self, message: Msg, spec: &RunSpec) -> Option<Message> {
        match message {
            Msg::Main(MainAction::Train) => Some(Message::Train),
            Msg::Main(MainAction::Pause) => Some(Message::Pause),
            Msg::Main(MainAction::Resume) => Some(Message::Resume),
            Msg::Step => Some(Message::Step(self.unit)),
            Msg::Unit(unit) => {
                self.unit = unit;
                None
            }
            Msg::Stop => Some(Message::Stop),
            Msg::DismissNotice => Some(Message::Notice(None)),
            Msg::GoOn => {
                self.left = Some(spec.clone());
                None
            }
            Msg::Play(plays) => Some(Message::Play(plays)),
            Msg::LookBack(moment) => Some(Message::LookBack(moment)),
        }
    }

    /// Whether the experiment has changed since the runs under way began. A learning rate does not count: it applies to them.
    pub fn asks_to_restart(&self, session: &Session, spec: &RunSpec) -> bool {
        let is_under_way = session.runs.iter().any(|run| !run.status.is_ended());
        let has_changed = |trained: &RunSpec| !is_same_structure(spec, trained) && self.left.as_ref() != Some(spec);
        is_under_way && session.trained.as_ref().is_some_and(has_changed)
    }
}

/// Whether both have the same runs, but for the learning rate.
fn is_same_structure(spec: &RunSpec, trained: &RunSpec) -> bool {
    let mut spec = spec.clone();
    spec.training.learning_rate = trained.training.learning_rate;
    spec == *trained
}

/// The page's notice, and the question whether to restart if it `asks_to_restart`.
pub fn alerts(notice: Option<&Notice>, asks_to_restart: bool) -> Vec<Mark<Msg>> {
    let is_news = matches!(notice, Some(Notice::News(_)));
    let said = notice.map(|notice| sentence::spoken(notice.words())).unwrap_or_default();
    let words = Mark::new("p").attr("role", if is_news { "status" } else { "alert" }).text(said);
    let dismiss = button(Control::new(text!(shell::bar::dismiss)), "quiet", Msg::DismissNotice);
    let place = Mark::new("div").class("notice").flag("data-news", is_news);
    let notice = place.flag("hidden", notice.is_none()).children([words, dismiss]);
    let mut alerts = vec![notice];
    if asks_to_restart {
        alerts.push(restart());
    }
    alerts
}

fn restart() -> Mark<Msg> {
    let again = Msg::Main(MainAction::Train);
    Mark::new("div")
        .key("restart")
        .class("notice restart")
        .attr("role", "group")
        .attr("aria-label", text!(shell::restart::name))
        .children([
            Mark::new("p").text(text!(shell::restart::words)),
            Mark::new("span").class("restart-buttons").children([
                button(Control::new(text!(shell::restart::again)), "", again),
                button(Control::new(text!(shell::restart::leave)), "quiet", Msg::GoOn),
            ]),
        ])
}

impl Buttons {
    /// The buttons' actions. Those of runs that the page started (`opened_itself`) leave the main button as it is: the user's own
    /// run replaces them.
    pub fn of(
        session: &Session,
        spec: &RunSpec,
        mode: TrainingMode,
        log_state: &LogState,
        opened_itself: bool,
    ) -> Self {
        let is_own = !(opened_itself && mode == TrainingMode::Running);
        let is_loading = matches!(log_state, LogState::Loading { .. });
        Self {
            main: if is_own { main_action(session, mode) } else { MainAction::Train },
            can_stop: main_action(session, mode) != MainAction::Train,
            can_train: session.log.is_some() && !is_loading && !spec.models.is_empty(),
        }
    }

    /// Main button, step with its unit, stop.
    pub fn marks(self, unit: StepUnit) -> Mark<Msg> {
        let label = match self.main {
            MainAction::Train => text!(shell::bar::train),
            MainAction::Pause => text!(shell::bar::pause),
            MainAction::Resume => text!(shell::bar::resume),
        };
        let is_active = self.main != MainAction::Train;
        let can_begin = !is_active && self.can_train;
        let can_step = self.main == MainAction::Resume || can_begin;
        let units = [(StepUnit::Batch, text!(shell::bar::one_batch)), (StepUnit::Epoch, text!(shell::bar::one_epoch))];
        let step = [
            button(Control::new(text!(shell::bar::step)).disabled(!can_step), "", Msg::Step),
            select(Control::new(text!(shell::bar::step_is)).unseen(), units, &unit, Msg::Unit),
        ];
        Mark::new("div").class("buttons").children([
            button(Control::new(label).disabled(!is_active && !can_begin), "primary", Msg::Main(self.main)),
            Mark::new("div").class("step").children(step),
            button(Control::new(text!(shell::bar::stop)).disabled(!self.can_stop), "stop", Msg::Stop),
        ])
    }
}

/// Follows the user's mode, not the runs' status, so that the button does not change under a click.
fn main_action(session: &Session, mode: TrainingMode) -> MainAction {
    if session.runs.iter().all(|run| run.status.is_ended()) {
        return MainAction::Train;
    }
    let is_training = || session.runs.iter().any(|run| run.status == RunStatus::Training);
    match mode {
        TrainingMode::Running => MainAction::Pause,
        TrainingMode::Stepping(StepUnit::Epoch) if is_training() => MainAction::Pause,
        TrainingMode::Stepping(_) | TrainingMode::Paused => MainAction::Resume,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::protocol::{LoadedLog, Run};

    fn session(status: RunStatus) -> Session {
        let runs = vec![Run { status, ..run(1, "esmm", 1, evaluation(&[])) }];
        Session { log: Some(LoadedLog::default()), runs, trained: Some(RunSpec::default()), ..Session::default() }
    }

    fn buttons(session: &Session, mode: TrainingMode) -> Buttons {
        Buttons::of(session, &RunSpec::default(), mode, &LogState::Idle, false)
    }

    /// Labels of the buttons that can be pressed.
    fn enabled(buttons: Buttons) -> Vec<String> {
        let marks = buttons.marks(StepUnit::Batch);
        let all = marks.with_tag("button");
        all.iter().filter(|button| button.get("disabled").is_none()).map(|button| button.all_text()).collect()
    }

    #[test]
    fn the_main_button_follows_the_mode_while_runs_are_under_way() {
        let epoch = TrainingMode::Stepping(StepUnit::Epoch);
        let batch = TrainingMode::Stepping(StepUnit::Batch);
        for (status, mode, expected) in [
            (RunStatus::Stopped, TrainingMode::Paused, vec!["Train", "Step"]),
            (RunStatus::Queued, TrainingMode::Running, vec!["Pause", "Stop"]),
            (RunStatus::Training, TrainingMode::Paused, vec!["Resume", "Step", "Stop"]),
            (RunStatus::Training, batch, vec!["Resume", "Step", "Stop"]),
            (RunStatus::Training, epoch, vec!["Pause", "Stop"]),
            (RunStatus::Held, epoch, vec!["Resume", "Step", "Stop"]),
        ] {
            assert_eq!(enabled(buttons(&session(status.clone()), mode)), expected, "{status:?} {mode:?}");
        }
    }

    #[test]
    fn runs_that_the_page_started_leave_train_on_the_main_button_until_they_are_paused() {
        let session = session(RunStatus::Training);
        let of = |mode| Buttons::of(&session, &RunSpec::default(), mode, &LogState::Idle, true);
        assert_eq!(of(TrainingMode::Running).main, MainAction::Train);
        assert!(enabled(of(TrainingMode::Running)).contains(&"Stop".to_owned()), "what computes can be stopped");
        assert_eq!(of(TrainingMode::Paused).main, MainAction::Resume);
    }

    #[test]
    fn nothing_begins_without_a_log_while_one_is_loaded_or_without_models() {
        let (ended, spec) = (session(RunStatus::Stopped), RunSpec::default());
        let loading = LogState::Loading { what: "Reading a.csv".into(), progress: None };
        let of = |session: &Session, spec: &RunSpec, log_state: &LogState| {
            enabled(Buttons::of(session, spec, TrainingMode::Running, log_state, false))
        };
        let none: [&str; 0] = [];
        assert_eq!(of(&Session::default(), &spec, &LogState::Idle), none);
        assert_eq!(of(&ended, &spec, &loading), none);
        assert_eq!(of(&ended, &RunSpec { models: vec![], ..spec.clone() }, &LogState::Idle), none);
        assert_eq!(of(&session(RunStatus::Training), &spec, &loading), ["Pause", "Stop"], "runs go on");
    }

    #[test]
    fn a_step_is_of_the_chosen_unit() {
        let (mut bar, spec) = (BarState::default(), RunSpec::default());
        let marks = buttons(&session(RunStatus::Held), TrainingMode::Paused).marks(bar.unit);
        let unit = marks.change("One step is", "one epoch").unwrap();
        assert_eq!(bar.update(unit, &spec), None);
        assert_eq!(bar.update(marks.press("Step").unwrap(), &spec), Some(Message::Step(StepUnit::Epoch)));
        assert_eq!(bar.update(marks.press("Resume").unwrap(), &spec), Some(Message::Resume));
        assert_eq!(bar.update(marks.press("Stop").unwrap(), &spec), Some(Message::Stop));
    }

    #[test]
    fn a_change_during_training_is_asked_about_once_and_a_learning_rate_never() {
        let (mut bar, trained) = (BarState::default(), RunSpec::default());
        let (mut faster, mut changed) = (trained.clone(), trained.clone());
        faster.training.learning_rate *= 2.0;
        changed.training.epochs = Some(7);
        let running = session(RunStatus::Training);
        for (spec, is_asked) in [(&trained, false), (&faster, false), (&changed, true)] {
            assert_eq!(bar.asks_to_restart(&running, spec), is_asked);
        }
        assert!(!bar.asks_to_restart(&session(RunStatus::Stopped), &changed), "nothing is under way");
        let question = Mark::new("div").children(alerts(None, true));
        assert_eq!(bar.update(question.press("Start again with the changes").unwrap(), &changed), Some(Message::Train));
        assert_eq!(bar.update(question.press("Go on as they were").unwrap(), &changed), None);
        assert!(!bar.asks_to_restart(&running, &changed));
        changed.training.epochs = Some(8);
        assert!(bar.asks_to_restart(&running, &changed), "another change");
    }

    #[test]
    fn the_notice_is_a_sentence_and_its_place_is_always_there() {
        let shown = alerts(Some(&Notice::Trouble("no log".into())), false);
        assert_eq!((shown.len(), shown[0].get("hidden")), (1, None));
        assert_eq!(shown[0].all()[1].all_text(), "No log.");
        assert_eq!(shown[0].press("Dismiss"), Some(Msg::DismissNotice));
        assert_eq!(alerts(None, false)[0].get("hidden"), Some(""));
        let news = alerts(Some(&Notice::News("all goes on".into())), false);
        assert_eq!(news[0].with_tag("p")[0].get("role"), Some("status"), "no alarm");
    }
}
