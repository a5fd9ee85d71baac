//! The page cannot send a log anywhere: its policy is tried out on the page and inside an engine.

use browser_tests::{Gpu, ensure, in_browser};
use serde_json::json;

/// Tries to reach `arguments[0]` from where it runs; answers "reached" or how it was refused.
const ATTEMPT: &str = "fetch(address, { mode: 'no-cors' }).then(() => 'reached', (error) => String(error))";

#[test]
fn the_policy_refuses_another_origin_on_the_page_and_in_a_worker() {
    in_browser(Gpu::Absent, async |page| {
        page.open("").await?;
        // The same files on another origin: `localhost` is not `127.0.0.1`.
        let elsewhere = page.address().replace("127.0.0.1", "localhost");
        let from_page = format!(
            "const address = arguments[0]; window.attempt = null;
             document.addEventListener('securitypolicyviolation', (event) => {{ window.violation = event.effectiveDirective; }});
             {ATTEMPT}.then((answer) => {{ window.attempt = answer; }});"
        );
        page.script(&from_page, vec![json!(elsewhere)]).await?;
        let answer = page.eventual("window.attempt").await?;
        ensure(answer != "reached", || format!("the page reached {elsewhere}"))?;
        let directive = page.eventual("window.violation").await?;
        ensure(directive == "connect-src", || format!("refused by {directive}, not by the policy"))?;
        // A worker as the page starts its engines: what is imported into it obeys the same policy.
        let from_worker = format!(
            "window.attempt = null;
             const code = `const address = ${{JSON.stringify(arguments[0])}};
               self.addEventListener('securitypolicyviolation', (event) => postMessage('refused by ' + event.effectiveDirective));
               {ATTEMPT}.then((answer) => {{ if (answer === 'reached') postMessage(answer); }});`;
             const worker = new Worker(URL.createObjectURL(new Blob([code], {{ type: 'text/javascript' }})));
             worker.onmessage = (event) => {{ window.attempt = event.data; }};"
        );
        page.script(&from_worker, vec![json!(elsewhere)]).await?;
        let answer = page.eventual("window.attempt").await?;
        ensure(answer == "refused by connect-src", || format!("a worker's attempt: {answer}"))
    });
}

#[test]
fn engines_run_under_the_pages_policy() {
    in_browser(Gpu::Absent, async |page| {
        // Every worker that the page starts is noted before it starts one.
        page.before_load("
            window.startedWorkers = [];
            const Original = window.Worker;
            window.Worker = class extends Original { constructor(url, ...rest) { super(url, ...rest); startedWorkers.push(String(url)); } };")
        .await?;
        page.open("").await?;
        let started = page.eventual("window.startedWorkers.length ? window.startedWorkers : null").await?;
        let urls: Vec<&str> = started.as_array().into_iter().flatten().filter_map(|url| url.as_str()).collect();
        // A worker from a same-origin address would not inherit the page's policy; one from a blob does.
        ensure(!urls.is_empty() && urls.iter().all(|url| url.starts_with("blob:")), || format!("workers: {urls:?}"))
    });
}
