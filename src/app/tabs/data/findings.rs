//! The funnel report: findings about the log, why they matter, and buttons that repair them.

use super::mapping::Change;
use crate::app::format;
use crate::app::marks::{Control, Mark, button, folded};
use crate::app::roles::with_fixes;
use crate::domain::log::{Finding, Fix, Roles, Severity};

/// A repair that a finding offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    pub fixes: Vec<Fix>,
    /// Description of the repair.
    pub words: String,
}

/// The findings, problems first; `rows` is the log's length.
pub fn report(findings: &[Finding], rows: usize) -> Vec<Mark<Repair>> {
    let title = Mark::new("h3").class("section-title").text(text!(findings::title));
    let of =
        |severity: Severity| findings.iter().filter(move |finding| finding.severity == severity && !finding.accepted);
    let accepted = findings.iter().filter(|finding| finding.accepted);
    let list = |items: Vec<&Finding>| {
        Mark::new("ul").class("report").children(items.into_iter().map(|finding| one(finding, rows)))
    };
    let mut marks = vec![title, Mark::new("p").class("view-sentence").text(sentence(findings))];
    let urgent: Vec<_> = of(Severity::Problem).chain(of(Severity::Caution)).collect();
    if !urgent.is_empty() {
        marks.push(list(urgent).key("urgent"));
    }
    let (notes, accepted): (Vec<_>, Vec<_>) = (of(Severity::Note).collect(), accepted.collect());
    for (key, title, items) in [
        ("notes", counted!(findings::notes, notes.len()), notes),
        ("accepted", counted!(findings::kept, accepted.len()), accepted),
    ] {
        if !items.is_empty() {
            marks.push(folded(key, title, list(items)));
        }
    }
    marks
}

/// `2 problems, 1 caution and 3 notes.`
pub fn sentence(findings: &[Finding]) -> String {
    let count = |severity: Severity| {
        findings.iter().filter(|finding| finding.severity == severity && !finding.accepted).count()
    };
    let (problems, cautions, notes) = (count(Severity::Problem), count(Severity::Caution), count(Severity::Note));
    let kinds = [
        (problems > 0).then(|| counted!(findings::problems, problems)),
        (cautions > 0).then(|| counted!(findings::cautions, cautions)),
        (notes > 0).then(|| counted!(findings::notes, notes)),
    ];
    let kinds: Vec<String> = kinds.into_iter().flatten().collect();
    match kinds.as_slice() {
        [] if findings.is_empty() => text!(findings::nothing).to_owned(),
        [] => text!(findings::all_decided).to_owned(),
        [only] => text!(findings::one_kind, kind = only),
        [first, last] => text!(findings::two_kinds, first = first, last = last),
        [first, second @ .., last] => {
            text!(findings::three_kinds, first = first, second = second.concat(), last = last)
        }
    }
}

fn one(finding: &Finding, rows: usize) -> Mark<Repair> {
    let (word, class) = match finding.severity {
        Severity::Problem => (text!(findings::problem), "severity is-problem"),
        Severity::Caution => (text!(findings::caution), "severity"),
        Severity::Note => (text!(findings::note), "severity"),
    };
    let message = Mark::new("p")
        .class("finding-says")
        .child(Mark::new("span").class(class).text(word))
        .text(" ")
        .child(Mark::new("span").text(&finding.message));
    let buttons = (!finding.fixes.is_empty() && !finding.accepted).then(|| {
        let buttons = (0usize..).zip(&finding.fixes).map(|(fix, offered)| {
            let repair = Repair { fixes: offered.fixes.clone(), words: words_of(finding, &offered.words) };
            button(Control::new(&offered.words), if fix == 0 { "" } else { "quiet" }, repair).key(&offered.words)
        });
        Mark::new("div").class("fixes").children(buttons)
    });
    Mark::new("li")
        .key(format!("{} {}", finding.kind.code(), finding.columns.join(" ")))
        .child(message)
        .maybe(place(finding, rows))
        .child(Mark::new("p").class("finding-why").text(&finding.why))
        .child(Mark::new("p").class("hint").text(&finding.remedy))
        .maybe(buttons)
}

/// Columns, exact counts, and the first rows.
fn place(finding: &Finding, rows: usize) -> Option<Mark<Repair>> {
    let columns = finding.columns.iter().map(|name| Mark::new("code").text(name));
    let first: Vec<String> = finding.first_rows.iter().map(|&row| format::count(row)).collect();
    let mut found = counted!(nouns::rows, finding.rows);
    if rows > 0 {
        let share = format::percent(finding.rows as f64 / rows as f64);
        found = text!(findings::rows_of_all, rows = found, share = share);
    }
    let words = (finding.rows > 0).then(|| match first.len() {
        0 => found,
        n if n < finding.rows => text!(findings::first_rows_of_more, rows = found, first = first.join(", ")),
        _ => text!(findings::first_rows, rows = found, first = first.join(", ")),
    });
    let is_anywhere = !finding.columns.is_empty() || words.is_some();
    is_anywhere.then(|| {
        Mark::new("p").class("finding-where").children(columns).maybe(words.map(|words| Mark::new("span").text(words)))
    })
}

/// Description of a repair.
fn words_of(finding: &Finding, repair: &str) -> String {
    let (what, repair) = (finding.kind.code().replace('_', " "), repair.to_lowercase());
    match finding.columns.as_slice() {
        [] => text!(findings::change, finding = what, repair = repair),
        columns => text!(findings::change_of, finding = what, repair = repair, columns = columns.join(", ")),
    }
}

/// The mapping after a repair.
pub fn repaired(given: &Roles, repair: Repair) -> Change {
    Change { roles: with_fixes(given, &repair.fixes), words: repair.words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::OpenedLog;

    /// 100 rows of which the last two converted without a click.
    fn opened(roles: Option<Roles>) -> OpenedLog {
        let rows: String = (0..100)
            .map(|row| format!("{},{},{}\n", u8::from(row < 40), u8::from(!(10..=97).contains(&row)), row % 7))
            .collect();
        OpenedLog::from_bytes(format!("click,conversion,city\n{rows}").as_bytes(), roles).expect("a log")
    }

    fn unclicked(opened: &OpenedLog) -> Option<&Finding> {
        opened.findings.iter().find(|finding| finding.kind.code() == "conversion_without_click")
    }

    #[test]
    fn a_finding_says_what_where_and_why_and_can_be_mended() {
        let before = opened(None);
        let finding = unclicked(&before).expect("the finding");
        let form = Mark::new("div").children(report(&before.findings, 100));
        for words in ["2 rows (2.0\u{202f}%), counted from 0: 98, 99", finding.why.as_str(), finding.message.as_str()] {
            assert!(form.all_text().contains(words), "{words}: {}", form.all_text());
        }
        let change = repaired(&Roles::default(), form.press("Drop these rows").expect("a repair"));
        let after = opened(Some(change.roles));
        assert_eq!((after.log.n_rows, unclicked(&after)), (98, None));
    }

    #[test]
    fn what_is_kept_knowingly_is_told_apart() {
        let before = opened(None);
        let form = Mark::new("div").children(report(&before.findings, 100));
        let keep = form.press("Keep as it is").expect("a choice");
        let after = opened(Some(repaired(&Roles::default(), keep).roles));
        let marks = report(&after.findings, 100);
        let kept = marks.iter().find(|mark| mark.key == "accepted").expect("a list of its own");
        assert!(kept.all_text().starts_with("1 finding kept as it is"), "{}", kept.all_text());
        assert!(kept.with_tag("button").is_empty());
    }
}
