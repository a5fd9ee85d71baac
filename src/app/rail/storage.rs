//! The form of the browser's storage.

use crate::app::marks::{Control, Mark, button, check, disclosure};
use crate::domain::spec::{DataSpec, RunSpec};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Msg {
    /// Whether the log's file is stored too.
    KeepLog(bool),
    DeleteEverything,
}

/// The form; `result` is the text about the last action.
pub fn form(spec: &RunSpec, keeps_log: bool, result: &str) -> Mark<Msg> {
    let (is_file, hint) = match spec.data {
        DataSpec::File { .. } => (true, text!(forms::kept::file_stays)),
        DataSpec::Generated { .. } => (false, text!(forms::kept::is_generated)),
    };
    let body = [
        Mark::new("p").class("hint").text(text!(forms::kept::what)),
        check(Control::new(text!(forms::kept::file_too)).hint(hint).disabled(!is_file), keeps_log, Msg::KeepLog),
        button(Control::new(text!(forms::kept::delete)), "", Msg::DeleteEverything).key("delete"),
        Mark::new("p").class("hint").attr("aria-live", "polite").key("said").text(result),
        Mark::new("p").class("hint").key("others").child(
            Mark::new("a").attr("href", "third-party.txt").attr("target", "_blank").text(text!(forms::kept::others)),
        ),
    ];
    disclosure("kept", text!(forms::kept::title), body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::RowLimit;

    #[test]
    fn only_a_file_can_be_kept() {
        let generated = RunSpec::default();
        let is_disabled = |spec: &RunSpec| {
            let form = form(spec, false, "Deleted");
            assert!(form.all_text().contains("Delete everything") && form.all_text().contains("Deleted"));
            form.with_tag("input")[0].get("disabled").is_some()
        };
        assert!(is_disabled(&generated));
        let data = DataSpec::File {
            name: "a.csv".into(),
            bytes: 3,
            crc32: 1,
            roles: None,
            limit: RowLimit::default(),
            assembly: None,
        };
        assert!(!is_disabled(&RunSpec { data, ..generated }));
    }
}
