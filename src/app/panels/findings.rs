//! What was found in the log, and what to do about it.

use leptos::prelude::*;

use crate::app::format;
use crate::app::state::AppState;
use crate::domain::log::Finding;

/// The findings of the log on the page.
#[component]
pub fn Findings() -> impl IntoView {
    let state = AppState::get();
    let findings =
        Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| log.findings.clone()).unwrap_or_default()));
    move || {
        let findings = findings.get();
        (!findings.is_empty()).then(|| {
            let title = format::counted(findings.len(), "finding", "findings");
            view! {
                <details class="findings" open>
                    <summary>{title}</summary>
                    <ul>{findings.into_iter().map(one).collect_view()}</ul>
                </details>
            }
        })
    }
}

fn one(finding: Finding) -> impl IntoView {
    let rows: Vec<String> = finding.first_rows.iter().map(|&row| format::count(row)).collect();
    let rows = (!rows.is_empty()).then(|| {
        let more = if finding.rows > rows.len() { ", …" } else { "" };
        view! { <p class="hint">{format!("Rows {}{more}", rows.join(", "))}</p> }
    });
    view! {
        <li>
            <p>{finding.message}</p>
            <p class="remedy">{finding.remedy}</p>
            {rows}
        </li>
    }
}
