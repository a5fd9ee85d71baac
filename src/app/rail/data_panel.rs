//! The Data panel's state, and what it shows besides the file field.

use super::settings::SettingChange;
use super::{generator, limit, log_sources, storage};
use crate::app::address::Tab;
use crate::app::marks::{Control, Mark, button};
use crate::app::page::{LogState, Message};
use crate::app::sentence;
use crate::app::tabs::data::findings;
use crate::domain::log::RowLimit;
use crate::domain::synth::SynthSpec;
use crate::protocol::LoadedLog;

/// Messages of the panel.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    CancelLoad,
    Source(log_sources::Msg),
    Limit(SettingChange<RowLimit>),
    /// Open the Data view.
    ShowColumns,
    Generator(generator::Msg),
    Storage(storage::Msg),
}

/// State of the panel, besides the page's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataPanel {
    /// The pasted text, until it is opened.
    typed: String,
    /// Number of pasted texts that were opened.
    pub opened: usize,
}

/// What the panel says of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFacts {
    name: String,
    counts: String,
    found: String,
    columns: usize,
}

impl DataPanel {
    /// Applies a message; returns the message to the page after it.
    pub fn update(&mut self, message: Msg, limit: RowLimit, synth: &SynthSpec) -> Option<Message> {
        Some(match message {
            Msg::CancelLoad => Message::CancelLoad,
            Msg::Source(log_sources::Msg::Typed(text)) => {
                self.typed = text;
                return None;
            }
            Msg::Source(log_sources::Msg::OpenTyped) => {
                let text = std::mem::take(&mut self.typed);
                if text.trim().is_empty() {
                    return None;
                }
                self.opened += 1;
                Message::OpenText(text)
            }
            Msg::Source(log_sources::Msg::Draw(synth)) => Message::Draw(synth),
            Msg::Source(log_sources::Msg::OpenSample(files)) => {
                Message::OpenSample(files.iter().map(|&file| file.to_owned()).collect())
            }
            Msg::Limit(change) => {
                let mut limit = limit;
                change.apply(&mut limit);
                Message::SetLimit(limit)
            }
            Msg::ShowColumns => Message::Show(Tab::Data),
            Msg::Generator(generator::Msg::Generate) => Message::Generate,
            Msg::Generator(generator::Msg::Edit(edit)) => {
                let mut synth = synth.clone();
                generator::apply(&mut synth, &edit);
                Message::SetSynth(Box::new(synth))
            }
            Msg::Storage(storage::Msg::KeepLog(keeps)) => Message::KeepLog(keeps),
            Msg::Storage(storage::Msg::DeleteEverything) => Message::DeleteEverything,
        })
    }
}

impl LogFacts {
    pub fn of(log: &LoadedLog) -> Self {
        Self {
            name: log.name.clone(),
            counts: sentence::summary(log),
            found: findings::sentence(&log.findings),
            columns: log.columns.len(),
        }
    }
}

/// The summary of the closed panel.
pub fn summary(log_state: &LogState, log: Option<&LoadedLog>) -> String {
    match (log_state, log) {
        (LogState::Loading { what, .. }, _) => what.clone(),
        (_, Some(log)) => log.name.clone(),
        (_, None) => text!(panels::data::no_log).to_owned(),
    }
}

/// The error of the last load, and which log is still shown; both empty without an error.
pub fn problem(log_state: &LogState, log: Option<&LoadedLog>) -> [String; 2] {
    let LogState::Failed { message } = log_state else { return Default::default() };
    let still_shown = log.map(|log| text!(panels::data::still_shown, name = &log.name));
    [sentence::spoken(message), still_shown.unwrap_or_default()]
}

/// Progress of loading, with a cancel button.
pub fn load_progress(log_state: &LogState) -> Mark<Msg> {
    let mut bar = Mark::new("progress").attr("aria-label", text!(panels::data::reading)).attr("max", "1");
    let mut says = String::new();
    if let LogState::Loading { what, progress } = log_state {
        says = sentence::load_progress(what, *progress);
        if let Some(progress) = progress {
            let (done, of) = match progress.steps {
                Some((done, of)) => (f64::from(done), f64::from(of)),
                None => (progress.bytes as f64, progress.total_bytes as f64),
            };
            bar = bar.attr("value", (done / of.max(1.0)).to_string());
        }
    }
    Mark::new("div").class("load-progress").flag("hidden", says.is_empty()).children([
        Mark::new("p").text(says),
        bar,
        button(Control::new(text!(panels::data::cancel)), "", Msg::CancelLoad),
    ])
}

/// Sources of a log other than a file, and the maximum size of a log.
pub fn sources(opened: usize, limit: RowLimit) -> Vec<Mark<Msg>> {
    vec![
        log_sources::paste(opened).map(Msg::Source),
        log_sources::gallery().map(Msg::Source),
        limit::form(limit).map(Msg::Limit),
    ]
}

/// What is known of the log.
pub fn facts(log: Option<&LogFacts>, is_loading: bool) -> Mark<Msg> {
    let facts = Mark::new("div").class("facts").attr("aria-busy", is_loading);
    let Some(LogFacts { name, counts, found, columns }) = log else {
        return facts.child(Mark::new("p").class("hint").text(text!(panels::data::no_log_yet)));
    };
    let columns = text!(panels::data::columns, columns = columns.to_string());
    facts.children([
        Mark::new("h3").text(name),
        Mark::new("p").text(counts),
        Mark::new("p").text(found),
        button(Control::new(&columns), "", Msg::ShowColumns),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::column;
    use crate::domain::log::Role;
    use crate::protocol::LoadProgress;

    fn update(panel: &mut DataPanel, message: Msg) -> Option<Message> {
        panel.update(message, RowLimit::default(), &SynthSpec::default())
    }

    #[test]
    fn pasted_text_is_opened_once_and_blank_text_is_not() {
        let mut panel = DataPanel::default();
        let sources = |panel: &DataPanel| Mark::new("div").children(sources(panel.opened, RowLimit::default()));
        let open = sources(&panel).press(text!(forms::ways_in::open_pasted)).unwrap();
        for (typed, opened) in [(" \n", None), ("a,b\n1,2", Some(Message::OpenText("a,b\n1,2".into())))] {
            let typed = sources(&panel).change(text!(forms::ways_in::rows_here), typed).unwrap();
            assert_eq!(update(&mut panel, typed), None);
            assert_eq!(update(&mut panel, open.clone()), opened);
        }
        assert_eq!((update(&mut panel, open), panel.opened), (None, 1), "another field");
    }

    #[test]
    fn every_form_changes_its_own_part_of_the_page() {
        let mut panel = DataPanel::default();
        let sample = Msg::Source(log_sources::Msg::OpenSample(&["messy.csv"]));
        assert_eq!(update(&mut panel, sample), Some(Message::OpenSample(vec!["messy.csv".into()])));
        let forms = Mark::new("div").children(sources(0, RowLimit::default()));
        let limit = RowLimit { rows: 50_000, ..RowLimit::default() };
        let set = forms.change("Rows kept at most", "50000").unwrap();
        assert_eq!(update(&mut panel, set), Some(Message::SetLimit(limit)));
        let preset = generator::Edit::Preset("sparse");
        let mut sparse = SynthSpec::default();
        generator::apply(&mut sparse, &preset);
        let sent = update(&mut panel, Msg::Generator(generator::Msg::Edit(preset)));
        assert_eq!(sent, Some(Message::SetSynth(Box::new(sparse))));
        for (message, sent) in [
            (Msg::Generator(generator::Msg::Generate), Message::Generate),
            (Msg::Storage(storage::Msg::KeepLog(true)), Message::KeepLog(true)),
            (Msg::ShowColumns, Message::Show(Tab::Data)),
        ] {
            assert_eq!(update(&mut panel, message), Some(sent));
        }
    }

    #[test]
    fn loading_says_how_far_it_is_where_that_is_known_and_can_be_cancelled() {
        let loading = |progress| LogState::Loading { what: "Reading a.csv".into(), progress };
        let half = LoadProgress { bytes: 5, total_bytes: 10, rows: 3, steps: None };
        for (progress, share) in [(None, None), (Some(half), Some("0.5"))] {
            let mark = load_progress(&loading(progress));
            assert_eq!((mark.with_tag("progress")[0].get("value"), mark.get("hidden")), (share, None));
            assert!(mark.all_text().starts_with("Reading a.csv"));
            assert_eq!(mark.press("Cancel"), Some(Msg::CancelLoad));
        }
        assert_eq!(load_progress(&LogState::Idle).get("hidden"), Some(""));
    }

    #[test]
    fn the_panel_names_the_log_and_a_failed_load_says_which_one_is_still_shown() {
        let columns = vec![column("price", Role::Numerical)];
        let log = LoadedLog { name: "a.csv".into(), columns, ..LoadedLog::default() };
        let failed = LogState::Failed { message: "no header".into() };
        let loading = LogState::Loading { what: "Reading b.csv".into(), progress: None };
        for (state, log, expected) in [
            (&LogState::Idle, None, text!(panels::data::no_log)),
            (&failed, Some(&log), "a.csv"),
            (&loading, Some(&log), "Reading b.csv"),
        ] {
            assert_eq!(summary(state, log), expected);
        }
        assert_eq!(problem(&failed, None), ["No header.", ""]);
        assert!(problem(&failed, Some(&log))[1].contains("a.csv"));
        assert_eq!(problem(&loading, Some(&log)), ["", ""]);
        let shown = facts(Some(&LogFacts::of(&log)), true);
        assert_eq!(shown.with_tag("h3")[0].all_text(), "a.csv");
        let button = shown.with_tag("button")[0].all_text();
        assert!(button.contains('1') && shown.press(&button) == Some(Msg::ShowColumns));
        assert!(facts(None, false).with_tag("button").is_empty());
    }
}
