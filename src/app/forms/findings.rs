//! What was found in the log, and what to do about it.

use crate::app::format;
use crate::app::marks::Mark;
use crate::domain::log::Finding;

/// The findings, behind a disclosure that begins open.
pub fn findings(findings: &[Finding]) -> Option<Mark> {
    (!findings.is_empty()).then(|| {
        Mark::new("details")
            .class("findings")
            .attr("open", "")
            .child(Mark::new("summary").text(format::counted(findings.len(), "finding", "findings")))
            .child(Mark::new("ul").children(findings.iter().map(one)))
    })
}

fn one(finding: &Finding) -> Mark {
    let rows: Vec<String> = finding.first_rows.iter().map(|&row| format::count(row)).collect();
    let more = if finding.rows > rows.len() { ", …" } else { "" };
    let rows = (!rows.is_empty()).then(|| Mark::new("p").class("hint").text(format!("Rows {}{more}", rows.join(", "))));
    Mark::new("li")
        .child(Mark::new("p").text(&finding.message))
        .child(Mark::new("p").class("remedy").text(&finding.remedy))
        .maybe(rows)
}
