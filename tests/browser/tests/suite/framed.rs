//! The page in a frame of another site.

use browser_tests::specs::{experiment, link, small_log};
use browser_tests::{Gpu, Page, Step, ensure, in_browser};
use esmm_playground::domain::log::RowLimit;
use esmm_playground::domain::spec::DataSpec;
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// An empty page around the page at this address after `#`; of another origin, since `localhost` is not `127.0.0.1`.
async fn frame(page: &Page, host: &str, hash: &str) -> Step {
    let around = format!("{}empty.html", page.address()).replace("127.0.0.1", host);
    page.driver().goto(around).await.map_err(|error| error.to_string())?;
    let body = "
        const frame = document.createElement('iframe');
        frame.src = arguments[0];
        frame.width = 1000;
        frame.height = 900;
        document.body.append(frame);";
    page.script(body, vec![json!(format!("{}#{hash}", page.address()))]).await?;
    page.driver().enter_frame(0).await.map_err(|error| error.to_string())
}

#[test]
fn the_whole_page_asks_before_it_starts_in_a_frame_of_another_site() {
    in_browser(Gpu::Absent, async |page| {
        // A name of no view makes no embed.
        for hash in ["hide=recording", "embed=nothing&hide=recording"] {
            frame(page, "localhost", hash).await?;
            let asked = page.alert().await?;
            ensure(asked.contains("Another site shows this page in a frame"), || asked)?;
            let link = page.script("return document.querySelector('#framed a').href;", vec![]).await?;
            ensure(link == format!("{}#{hash}", page.address()), || format!("the link leads to {link}"))?;
            let train = page.script("return find('button', 'Train') === null;", vec![]).await?;
            ensure(train == true, || "there is a button Train before the answer".to_owned())?;
            page.click("Use it here").await?;
            page.button_is_ready("Train").await?;
        }
        Ok(())
    });
}

#[test]
fn an_embed_starts_in_a_frame_of_another_site_and_opens_no_file() {
    in_browser(Gpu::Absent, async |page| {
        let mut spec = experiment(small_log(500), &["esmm"]);
        let generated = format!("{}&embed=tree", link(&spec));
        let (name, limit) = ("log.csv".to_owned(), RowLimit::default());
        spec.data = DataSpec::File { name, bytes: 100, crc32: 1, roles: None, limit, assembly: None };
        for hash in [generated, format!("{}&embed=data", link(&spec))] {
            frame(page, "localhost", &hash).await?;
            page.status_when("something", SOON, |text| !text.is_empty()).await?;
            if hash.ends_with("tree") {
                page.button_is_ready("Train").await?;
            }
            // A field for roles is not one for a log.
            let fields =
                "return all('file').filter((one) => !one.closest('[hidden]') && !one.accept.includes('toml')).length;";
            let fields = page.script(fields, vec![]).await?;
            ensure(fields == 0, || format!("{fields} fields open files"))?;
            // The address may be changed by the site around: the whole page is not behind it.
            page.script("location.hash = 'hide=recording';", vec![]).await?;
            let whole = page.script("return find('tab', 'Tree') !== null;", vec![]).await?;
            ensure(whole == false, || "the whole page is there".to_owned())?;
        }
        Ok(())
    });
}

#[test]
fn in_a_frame_of_its_own_site_the_page_does_not_ask() {
    in_browser(Gpu::Absent, async |page| {
        frame(page, "127.0.0.1", "hide=recording").await?;
        page.button_is_ready("Train").await
    });
}
