//! Numbers in the reader's locale.

use browser_tests::{Gpu, Step, ensure, eventually, in_browser};
use std::time::Duration;

/// Languages of a reader, and how the page then writes the opening's impressions and the share of clicks among them.
const READERS: [(&str, &str, &str); 4] = [
    ("en-US", "Of 10,000 impressions", r"\(\d\.\d%\)"),
    ("de-DE", "Of 10.000 impressions", r"\(\d,\d\u202f%\)"),
    ("fr-FR", "Of 10\u{202f}000 impressions", r"\(\d,\d\u202f%\)"),
    // Arabic digits would stand beside English words.
    ("ar-EG", "Of 10,000 impressions", r"\(\d\.\d[^)]*%[^)]*\)"),
];

#[test]
fn numbers_are_written_as_the_readers_locale_writes_them() {
    for (language, impressions, share) in READERS {
        in_browser(Gpu::Absent, async |page| -> Step {
            let languages = format!("Object.defineProperty(navigator, 'languages', {{ get: () => ['{language}'] }});");
            page.before_load(&languages).await?;
            page.open("").await?;
            page.shows(impressions).await?;
            eventually("the share of clicks", Duration::from_secs(60), || async {
                let body = "return new RegExp(arguments[0]).test(document.body.innerText);";
                let is_there = page.script(body, vec![share.into()]).await?;
                ensure(is_there == true, || format!("nothing like {share} for {language}"))
            })
            .await
        });
    }
}

#[test]
fn a_number_typed_with_a_decimal_comma_is_read() {
    in_browser(Gpu::Absent, async |page| -> Step {
        page.before_load("Object.defineProperty(navigator, 'languages', { get: () => ['de-DE'] });").await?;
        page.open("").await?;
        page.type_in("Learning rate", "0,004").await?;
        // Closed, the section says what is set.
        page.click("Training").await?;
        page.shows("learning rate 0,004").await
    });
}
