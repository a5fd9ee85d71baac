//! Marks of the Data tab: the roles of the log's columns, and the findings.

use super::assembly;
use super::findings::{self, Repair};
use super::mapping::{self, Columns};
use crate::app::format;
use crate::app::marks::{Control, Mark, awaiting, button, folded};
use crate::app::page::{Mapping, Message, RefusedFile};
use crate::app::sentence;
use crate::domain::assembly::{Assembly, AssemblyReport, table_name};
use crate::domain::log::Roles;
use crate::domain::spec::{DataSpec, RunSpec};
use crate::protocol::{LoadedLog, Session};

/// Messages of the Data view.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    Undo,
    ForgetRefused,
    SaveRoles,
    Mapping(mapping::Msg),
    Repair(Repair),
    Assembly(assembly::Msg),
    /// Make rows of the table in this file by steps that the user adds.
    BeginAssembly {
        file: String,
    },
}

/// The view's own state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DataState {
    /// Part of the names of the columns that are shown.
    pub find: String,
    /// The step of the assembly that was changed last: its form stays open.
    step: Option<usize>,
}

impl DataState {
    /// Follows what the user does; `steps` are there before it.
    pub fn follow(&mut self, message: &Msg, steps: usize) {
        match message {
            Msg::Mapping(mapping::Msg::Find(wanted)) => self.find.clone_from(wanted),
            Msg::Assembly(assembly::Msg::Edit(at, _)) => self.step = Some(*at),
            Msg::Assembly(assembly::Msg::Add(_)) => self.step = Some(steps),
            Msg::Assembly(_) | Msg::BeginAssembly { .. } | Msg::Undo | Msg::ForgetRefused => self.step = None,
            _ => {}
        }
    }
}

/// How the rows of the refused file, or else of the log, were made.
pub fn assembly_on_view<'a>(session: &'a Session, mapping: &'a Mapping) -> Option<&'a AssemblyReport> {
    match &mapping.refused {
        Some(file) => file.assembly.as_ref(),
        None => session.log.as_ref().and_then(|log| log.assembly.as_ref()),
    }
}

/// The columns of the refused file, or else of the log, with its findings.
pub fn data(session: &Session, mapping: &Mapping, spec: &RunSpec, state: &DataState, is_busy: bool) -> Vec<Mark<Msg>> {
    let is_own = matches!(spec.data, DataSpec::File { .. });
    let body = match (&mapping.refused, &session.log) {
        (Some(file), _) => refused(file, mapping, state),
        (None, Some(log)) => of_log(log, mapping, state, is_own),
        (None, None) => vec![awaiting(text!(views::no_log))],
    };
    vec![Mark::new("div").class("view data").attr("aria-busy", is_busy).children(body)]
}

/// The refused file: the reason, and its columns.
fn refused(file: &RefusedFile, mapping: &Mapping, state: &DataState) -> Vec<Mark<Msg>> {
    let says = Mark::new("p").class("view-sentence").text(sentence::spoken(&file.message));
    let note = Mark::new("p").class("view-note").text(text!(views::data::choose));
    let note = if file.assembly.is_some() { None } else { Some(note) };
    let mut marks: Vec<Mark<Msg>> = [title(&file.name), says].into_iter().chain(note).collect();
    marks.push(changes(&mapping.changes, true));
    marks.extend(assembly_of(file.assembly.as_ref(), &file.name, None, state));
    let form = mapping::form(of_refused(file, mapping), &state.find);
    marks.extend(form.into_iter().map(|mark| mark.map(Msg::Mapping)));
    marks
}

/// How the rows were made of tables; of a file that is a log as it is, a button that begins it.
fn assembly_of(report: Option<&AssemblyReport>, file: &str, rows: Option<usize>, state: &DataState) -> Vec<Mark<Msg>> {
    if let Some(report) = report {
        return assembly::section(report, rows, state.step).into_iter().map(|mark| mark.map(Msg::Assembly)).collect();
    }
    let begin = button(Control::new(text!(views::data::begin)), "", Msg::BeginAssembly { file: file.to_owned() });
    let hint = Mark::new("p").class("hint").text(text!(views::data::begin_hint));
    let body = Mark::new("div").class("controls").key("begin").child(hint).child(begin);
    // What is no log is to become one; a log need not.
    vec![if rows.is_none() { body } else { folded("begin", text!(views::data::other_rows), body) }]
}

fn of_log(log: &LoadedLog, mapping: &Mapping, state: &DataState, is_own: bool) -> Vec<Mark<Msg>> {
    let says = Mark::new("p").class("view-sentence").text(sentence::summary(log));
    let about = Mark::new("p").class("view-note").text(log.about(|rows| format::count(rows as usize)));
    let mut marks = vec![title(&log.name), says, about, changes(&mapping.changes, false)];
    if is_own {
        marks.extend(assembly_of(log.assembly.as_ref(), &log.name, Some(log.summary.rows), state));
    }
    let report = findings::report(&log.findings, log.summary.rows);
    marks.extend(report.into_iter().map(|mark| mark.map(Msg::Repair)));
    marks.push(Mark::new("h3").class("section-title").text(text!(views::data::columns)));
    let columns = Columns { rows: Some(log.summary.rows), ..columns_of(log) };
    marks.extend(mapping::form(columns, &state.find).into_iter().map(|mark| mark.map(Msg::Mapping)));
    marks
}

fn of_refused<'a>(file: &'a RefusedFile, mapping: &'a Mapping) -> Columns<'a> {
    Columns { columns: &file.columns, head: &file.head, rows: None, roles: &mapping.given }
}

fn columns_of(log: &LoadedLog) -> Columns<'_> {
    Columns { columns: &log.columns, head: &log.head, rows: None, roles: &log.roles }
}

/// The message to the page; `None` without a change of the roles, and for what is of the view alone.
pub fn to_page(message: Msg, session: &Session, mapping: &Mapping, spec: &RunSpec) -> Option<Message> {
    let change = match message {
        Msg::Undo => return Some(Message::UndoChange),
        Msg::ForgetRefused => return Some(Message::ForgetRefused),
        Msg::SaveRoles | Msg::Mapping(mapping::Msg::Find(_)) => return None,
        Msg::BeginAssembly { file } => {
            let assembly = Box::new(Assembly { table: table_name(&file), ..Assembly::default() });
            return Some(Message::SetAssembly { assembly, words: text!(views::data::begun).to_owned() });
        }
        Msg::Assembly(message) => {
            let report = assembly_on_view(session, mapping)?;
            let assembly::Edited { assembly, words } = assembly::edited(report, message)?;
            return Some(Message::SetAssembly { assembly: Box::new(assembly), words });
        }
        Msg::Mapping(mapping::Msg::Change(change)) => {
            with_columns(session, mapping, spec, |columns, given| mapping::changed(columns, given, &change)).flatten()
        }
        Msg::Mapping(mapping::Msg::NegativeRate(rate)) => {
            with_columns(session, mapping, spec, |_, given| mapping::sampled(given, rate))
        }
        Msg::Repair(repair) => with_columns(session, mapping, spec, |_, given| findings::repaired(given, repair)),
    };
    let mapping::Change { roles, words } = change?;
    Some(Message::SetRoles { roles: Box::new(roles), words })
}

/// The result of `of` on the columns and roles of the refused file, or else of the log; `None` without either.
fn with_columns<T>(
    session: &Session,
    mapping: &Mapping,
    spec: &RunSpec,
    of: impl FnOnce(Columns, &Roles) -> T,
) -> Option<T> {
    if let Some(file) = &mapping.refused {
        return Some(of(of_refused(file, mapping), &mapping.given));
    }
    let log = session.log.as_ref()?;
    // A generated log's roles are known: none is inferred.
    let is_generated = matches!(spec.data, DataSpec::Generated { .. });
    let given = if is_generated { &log.roles } else { &mapping.given };
    Some(of(columns_of(log), given))
}

/// The message that opens a ROLES file of this text.
///
/// # Errors
/// A sentence for a text that is no such file.
pub fn opened_roles(text: &str, name: String) -> Result<Message, String> {
    let roles = Roles::from_toml(text).map_err(|error| sentence::spoken(&error.to_string()))?;
    Ok(Message::OpenRoles { roles: Box::new(roles), name })
}

fn title(name: &str) -> Mark<Msg> {
    Mark::new("h2").class("data-name").text(name)
}

/// The changes; the last one can be undone.
fn changes(changes: &[String], is_refused: bool) -> Mark<Msg> {
    let list = Mark::new("ol").class("changes-list").children(changes.iter().map(|words| Mark::new("li").text(words)));
    let undo = (!changes.is_empty()).then(|| button(Control::new(text!(views::data::undo)), "", Msg::Undo).key("undo"));
    let forget = Control::new(text!(views::data::leave));
    let forget = is_refused.then(|| button(forget, "quiet", Msg::ForgetRefused).key("forget"));
    let save = Control::new(text!(views::data::save_roles));
    let save = (!is_refused).then(|| button(save, "quiet", Msg::SaveRoles).key("save"));
    Mark::new("div")
        .class("changes")
        .key("changes")
        .child(list)
        .child(Mark::new("div").class("fixes").maybe(undo).maybe(save).maybe(forget))
}

#[cfg(test)]
mod tests {
    use super::mapping::{ColumnChange, ColumnEdit};
    use super::*;
    use crate::app::fixtures::column;
    use crate::domain::log::Role;

    #[test]
    fn a_change_of_a_column_sets_the_roles_of_the_refused_file_before_those_of_the_log() {
        let file = RefusedFile {
            name: "b.csv".into(),
            message: String::new(),
            columns: vec![column("bought", Role::Categorical)],
            head: vec![],
            assembly: None,
        };
        let log = LoadedLog { columns: vec![column("price", Role::Numerical)], ..LoadedLog::default() };
        let session = Session { log: Some(log), ..Session::default() };
        let mapping = Mapping { refused: Some(file), ..Mapping::default() };
        let spec = RunSpec::default();
        for (column, is_known) in [("bought", true), ("price", false)] {
            let change = ColumnChange { column: column.into(), change: ColumnEdit::Role(Role::Ignore) };
            let sent = to_page(Msg::Mapping(mapping::Msg::Change(change)), &session, &mapping, &spec);
            assert_eq!(matches!(sent, Some(Message::SetRoles { .. })), is_known, "{column}: {sent:?}");
        }
        assert_eq!(to_page(Msg::Undo, &session, &mapping, &spec), Some(Message::UndoChange));
        assert_eq!(to_page(Msg::SaveRoles, &session, &mapping, &spec), None);
    }

    #[test]
    fn the_form_of_the_step_that_was_changed_last_stays_open() {
        let mut state = DataState::default();
        state.follow(&Msg::Assembly(assembly::Msg::Add(assembly::StepKind::Events)), 1);
        assert_eq!(state.step, Some(1));
        state.follow(&Msg::Mapping(mapping::Msg::Find("a".into())), 2);
        assert_eq!((state.step, state.find.as_str()), (Some(1), "a"));
        state.follow(&Msg::Assembly(assembly::Msg::Remove(1)), 2);
        assert_eq!(state.step, None);
    }

    #[test]
    fn a_roles_file_is_opened_and_another_text_refused_in_a_sentence() {
        let text = Roles::default().to_toml();
        let expected = Message::OpenRoles { roles: Box::default(), name: "ROLES.toml".into() };
        assert_eq!(opened_roles(&text, "ROLES.toml".into()), Ok(expected));
        let refused = opened_roles("impression,click", "a.csv".into()).unwrap_err();
        assert!(refused.ends_with('.') && refused.starts_with(|first: char| first.is_uppercase()), "{refused}");
    }
}
