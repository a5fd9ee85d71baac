//! The page in a reader's words: open, click, choose a file, read a table.

use crate::{Metrics, Site, Step, ensure, eventually};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use thirtyfour::{By, WebDriver};

/// Patience for what the page does by itself, without training.
const SOON: Duration = Duration::from_secs(60);

/// Size of the window and theme of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub is_dark: bool,
}

/// The page in one browser window.
pub struct Page {
    driver: WebDriver,
    address: String,
    site: Site,
}

impl Page {
    /// The page of `site`, not opened yet.
    pub fn new(driver: WebDriver, site: Site) -> Self {
        Self { driver, address: site.address().to_owned(), site }
    }

    /// Where it is served from.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Opens the page afresh with `hash` as its link (without `#`; empty for none, and then without the recording that the
    /// page would open with) and waits until it can be used.
    pub async fn open(&self, hash: &str) -> Step {
        // A change of the hash alone would not load the page again.
        self.driver.goto("about:blank").await.map_err(say)?;
        let hash = if hash.is_empty() { "hide=recording" } else { hash };
        let address = format!("{}#{hash}", self.address);
        self.driver.goto(address).await.map_err(say)?;
        self.button_is_ready("Train").await
    }

    /// Opens an empty page of the same site: a place to speak to an engine from.
    pub async fn open_empty(&self) -> Step {
        self.driver.goto(format!("{}empty.html", self.address)).await.map_err(say)
    }

    /// Where the page is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Makes the window a phone's or a desktop's, in a theme (Chromium alone).
    pub async fn look(&self, look: Look) -> Step {
        let size =
            json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.width < 600 });
        let theme = if look.is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        for (command, parameters) in
            [("Emulation.setDeviceMetricsOverride", size), ("Emulation.setEmulatedMedia", media)]
        {
            self.driver.cdp().send_raw(command, parameters).await.map_err(say)?;
        }
        Ok(())
    }

    /// Has the browser freeze the page, as it does with tabs that nobody looks at, or go on with it (Chromium alone).
    pub async fn lifecycle(&self, state: &str) -> Step {
        let command = self.driver.cdp().send_raw("Page.setWebLifecycleState", json!({ "state": state })).await;
        command.map(drop).map_err(say)
    }

    /// Waits until a script's expression is not null; returns it.
    pub async fn eventual(&self, expression: &str) -> Step<Value> {
        let body = format!("return {expression} ?? null;");
        eventually(expression, SOON, || async {
            let value = self.script(&body, vec![]).await?;
            ensure(!value.is_null(), || "it is null".to_owned())?;
            Ok(value)
        })
        .await
    }

    /// Runs a script in every page that is opened from now on, before the page's own (Chromium alone).
    pub async fn before_load(&self, source: &str) -> Step {
        let parameters = json!({ "source": source });
        let added = self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", parameters).await;
        added.map(drop).map_err(say)
    }

    /// Runs a script's body after find.js, with `arguments` as its arguments.
    pub async fn script(&self, body: &str, arguments: Vec<Value>) -> Step<Value> {
        let script = format!("{}\n{body}", include_str!("find.js"));
        let answer = self.driver.execute(script, arguments).await.map_err(say)?;
        Ok(answer.json().clone())
    }

    /// Waits until there is a button called `name` that can be clicked.
    pub async fn button_is_ready(&self, name: &str) -> Step {
        let body = "const found = find('button', arguments[0]); return found ? (found.disabled ? 'disabled' : 'ready') : 'missing';";
        eventually(&format!("the button {name}"), SOON, || async {
            let state = self.script(body, vec![json!(name)]).await?;
            ensure(state == "ready", || format!("the button {name} is {state}"))
        })
        .await
    }

    /// Clicks the button called `name`, as a pointer would.
    pub async fn click(&self, name: &str) -> Step {
        self.button_is_ready(name).await?;
        self.press("button", name).await
    }

    /// Turns to the view called `name`.
    pub async fn turn_to(&self, name: &str) -> Step {
        eventually(&format!("the tab {name}"), SOON, || self.press("tab", name)).await?;
        let body = "return find('tab', arguments[0])?.getAttribute('aria-selected');";
        eventually(&format!("the view {name}"), SOON, || async {
            let selected = self.script(body, vec![json!(name)]).await?;
            ensure(selected == "true", || format!("its tab says aria-selected={selected}"))
        })
        .await
    }

    async fn press(&self, role: &str, name: &str) -> Step {
        let body =
            "const found = find(arguments[0], arguments[1]); found?.scrollIntoView({ block: 'center' }); return found;";
        let script = format!("{}\n{body}", include_str!("find.js"));
        let answer = self.driver.execute(script, vec![json!(role), json!(name)]).await.map_err(say)?;
        let element = answer.element().map_err(|_| format!("there is no {role} called {name}"))?;
        element.click().await.map_err(say)
    }

    /// What the status region says.
    pub async fn status(&self) -> Step<String> {
        let texts = self.texts("status").await?;
        Ok(texts.join(" · "))
    }

    /// Waits until the status says something that `holds`.
    pub async fn status_when(&self, what: &str, patience: Duration, holds: impl Fn(&str) -> bool) -> Step<String> {
        let holds = &holds;
        eventually(&format!("a status that says {what}"), patience, || async {
            let texts = self.texts("status").await?;
            texts.iter().find(|text| holds(text)).cloned().ok_or_else(|| format!("the status is {texts:?}"))
        })
        .await
    }

    /// Waits until every run is done.
    pub async fn training_is_done(&self, patience: Duration) -> Step<String> {
        self.status_when("Done", patience, |text| text.starts_with("Done")).await
    }

    /// Texts of everything that is shown with this role.
    pub async fn texts(&self, role: &str) -> Step<Vec<String>> {
        let texts = self.script("return all(arguments[0]).map(words);", vec![json!(role)]).await?;
        Ok(texts.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Waits for an alert; returns what it says.
    pub async fn alert(&self) -> Step<String> {
        eventually("an alert", SOON, || async {
            let texts = self.texts("alert").await?;
            texts.into_iter().find(|text| !text.is_empty()).ok_or_else(|| "no alert".to_owned())
        })
        .await
    }

    /// What the device chip says: `WebGPU …` or `CPU …`.
    pub async fn device(&self) -> Step<String> {
        let body = "const chip = [...document.querySelectorAll('[aria-label=Device]')].find(isShown); return chip ? tidy(chip.textContent) : null;";
        eventually("the device chip to name a device", SOON, || async {
            let text = self.script(body, vec![]).await?;
            let text = text.as_str().unwrap_or_default().to_owned();
            ensure(text.starts_with("WebGPU") || text.starts_with("CPU"), || format!("the chip says {text:?}"))?;
            Ok(text)
        })
        .await
    }

    /// Chooses a file in the input called "Impression log".
    pub async fn choose_log(&self, file: &Path) -> Step {
        let body = "return find('file', 'Impression log');";
        let script = format!("{}\n{body}", include_str!("find.js"));
        let answer = self.driver.execute(script, vec![]).await.map_err(say)?;
        let input = answer.element().map_err(|_| "there is no file input called Impression log".to_owned())?;
        input.send_keys(file.to_string_lossy()).await.map_err(say)
    }

    /// Drops a file of this name and text onto the page.
    pub async fn drop_log(&self, name: &str, text: &str) -> Step {
        self.drop_files(&[(name, text)]).await
    }

    /// Drops files of these names and texts onto the page, at once.
    pub async fn drop_files(&self, files: &[(&str, &str)]) -> Step {
        let body = "
            const transfer = new DataTransfer();
            for (const [name, text] of arguments[0]) transfer.items.add(new File([text], name, { type: 'text/csv' }));
            for (const kind of ['dragenter', 'dragover', 'drop']) {
              const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
              document.querySelector('main').dispatchEvent(event);
            }";
        self.script(body, vec![json!(files)]).await.map(drop)
    }

    /// Drops a file of any bytes onto the page.
    pub async fn drop_bytes(&self, name: &str, bytes: &[u8]) -> Step {
        let body = "
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(arguments[1])], arguments[0]));
            for (const kind of ['dragenter', 'dragover', 'drop']) {
              const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
              document.querySelector('main').dispatchEvent(event);
            }";
        self.script(body, vec![json!(name), json!(bytes)]).await.map(drop)
    }

    /// Chooses an option of the list called `name` with the keyboard, by its first letters.
    pub async fn choose_option(&self, name: &str, option: &str) -> Step {
        let list = self.element("combobox", name).await?;
        self.script("find('combobox', arguments[0]).focus();", vec![json!(name)]).await?;
        list.send_keys(option).await.map_err(say)
    }

    /// What is chosen in the list called `name`; empty when it is not there.
    pub async fn chosen(&self, name: &str) -> Step<String> {
        let body = "return find('combobox', arguments[0])?.selectedOptions[0]?.textContent ?? '';";
        Ok(self.script(body, vec![json!(name)]).await?.as_str().unwrap_or_default().to_owned())
    }

    /// Types `text` and Enter in the field called `name`, in place of what is there.
    pub async fn type_in(&self, name: &str, text: &str) -> Step {
        let field = self.element("textbox", name).await?;
        let all = "const field = find('textbox', arguments[0]); field.focus(); field.select();";
        self.script(all, vec![json!(name)]).await?;
        field.send_keys(format!("{text}\u{e007}")).await.map_err(say)
    }

    /// Keeps what the page would save from now on, instead of saving it.
    pub async fn keep_files(&self) -> Step {
        let body = "
            window.kept = {};
            const make = URL.createObjectURL;
            URL.createObjectURL = (blob) => { window.offered = blob; return make.call(URL, blob); };
            HTMLAnchorElement.prototype.click = function () {
              const name = this.download;
              window.offered.arrayBuffer().then((bytes) => { window.kept[name] = new TextDecoder('latin1').decode(bytes); });
            };";
        self.script(body, vec![]).await.map(drop)
    }

    /// A file that was kept, once it is there.
    pub async fn kept(&self, name: &str) -> Step<String> {
        let body = "return window.kept?.[arguments[0]] ?? null;";
        eventually(&format!("the file {name}"), SOON, || async {
            let file = self.script(body, vec![json!(name)]).await?;
            file.as_str().map(str::to_owned).ok_or_else(|| "it did not come".to_owned())
        })
        .await
    }

    async fn element(&self, role: &str, name: &str) -> Step<thirtyfour::WebElement> {
        let body = "
            const found = find(arguments[0], arguments[1]);
            found?.scrollIntoView({ block: 'center' });
            return found;";
        let script = format!("{}\n{body}", include_str!("find.js"));
        eventually(&format!("a {role} called {name}"), SOON, || async {
            let answer = self.driver.execute(script.clone(), vec![json!(role), json!(name)]).await.map_err(say)?;
            answer.element().map_err(|_| "there is none".to_owned())
        })
        .await
    }

    /// Waits until some heading or text of the page contains `text`.
    pub async fn shows(&self, text: &str) -> Step {
        let body = "return tidy(document.body.innerText).includes(arguments[0]);";
        eventually(&format!("the page to show {text:?}"), SOON, || async {
            let shown = self.script(body, vec![json!(text)]).await?;
            ensure(shown == true, || "it is not shown".to_owned())
        })
        .await
    }

    /// The metrics table: model (row header) → `<metric>.<task>` → cell.
    pub async fn metrics(&self) -> Step<Metrics> {
        let body = "
            const table = find('table', 'Metrics');
            if (!table) return null;
            return Object.fromEntries([...table.querySelectorAll('tbody tr')].map((row) => [
              words(row.querySelector('th, [role=rowheader]')),
              Object.fromEntries([...row.querySelectorAll('[data-key]')].map((cell) => [
                cell.dataset.key, { text: words(cell), value: cell.dataset.value ?? null },
              ])),
            ]));";
        // The page says that it is done before it has drawn what there is to say: the table is what is read twice.
        let last = std::cell::RefCell::new(Value::Null);
        let table = eventually("the table Metrics", SOON, || async {
            let table = self.script(body, vec![]).await?;
            ensure(table.as_object().is_some_and(|rows| !rows.is_empty()), || "it is not there".to_owned())?;
            ensure(last.replace(table.clone()) == table, || "it changes".to_owned())?;
            Ok(table)
        })
        .await?;
        Metrics::read(&table)
    }

    /// Rows of a table that is there in the view, whether a disclosure hides it or not: header texts and cell texts.
    ///
    /// # Errors
    /// When it is not there, or empty.
    pub async fn table(&self, caption: &str) -> Step<Vec<BTreeMap<String, String>>> {
        let body = "
            const table = [...document.querySelectorAll('table')].find((t) => nameOf(t).startsWith(arguments[0]));
            if (!table) return null;
            const heads = [...table.querySelectorAll('thead th')].map(words);
            return [...table.querySelectorAll('tbody tr')].map((row) =>
              Object.fromEntries([...row.querySelectorAll('th, td')].map((cell, i) => [heads[i] ?? String(i), words(cell)])));";
        let rows = self.script(body, vec![json!(caption)]).await?;
        ensure(rows.as_array().is_some_and(|rows| !rows.is_empty()), || format!("the table {caption}: found {rows}"))?;
        serde_json::from_value(rows).map_err(|error| format!("the table {caption} cannot be read: {error}"))
    }

    /// A picture of the window, for the README and for looking at failures.
    pub async fn picture(&self, file: &Path) -> Step {
        self.driver.screenshot(file).await.map_err(say)
    }

    /// The WebDriver session, for what has no step here.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// The page's link at this moment, without `#`.
    pub async fn hash(&self) -> Step<String> {
        let url = self.driver.current_url().await.map_err(say)?;
        // The view may follow the experiment: `v1.….…&view=metrics`.
        Ok(url.fragment().unwrap_or_default().split('&').next().unwrap_or_default().to_owned())
    }

    /// Errors in the browser's console.
    pub async fn console_errors(&self) -> Step<Vec<String>> {
        let entries = self.driver.browser_log().await.map_err(say)?;
        Ok(entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect())
    }

    /// The page as it is, for a failure's message.
    pub async fn describe(&self) -> String {
        let text = match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => say(error),
        };
        let console =
            self.driver.browser_log().await.map(|entries| entries.into_iter().map(|entry| entry.message).collect());
        let console: Vec<String> = console.unwrap_or_default();
        format!("--- the page ---\n{text}\n--- the console ---\n{}", console.join("\n"))
    }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
