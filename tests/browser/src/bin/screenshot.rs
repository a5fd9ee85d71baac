//! Makes the README's picture: `cargo run --profile suite -p browser-tests --bin screenshot [FILE]`, after `cargo xtask dist`.

use browser_tests::{Gpu, Look, in_browser};
use std::path::PathBuf;
use std::time::Duration;

fn main() {
    let file = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("docs/screenshot.png"), PathBuf::from);
    in_browser(Gpu::Absent, async |page| {
        page.look(Look { width: 1440, height: 1000, is_dark: false }).await?;
        page.open("").await?;
        page.click("Train").await?;
        page.training_is_done(Duration::from_secs(240)).await?;
        page.turn_to("Tree").await?;
        page.script("window.scrollTo(0, 0);", vec![]).await?;
        page.picture(&file).await
    });
    println!("{}", file.display());
}
