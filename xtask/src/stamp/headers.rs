//! `_headers`: what Netlify and Cloudflare Pages send with the files of `dist/` (docs/hosting.md).
//!
//! A rule for each file, by its name: two rules that fit one file would be joined, and what is no longer there must not be
//! kept for good.

use super::{UNHASHED, all_files};
use crate::Failure;
use crate::files::write;
use std::path::Path;

const NAME: &str = "_headers";

/// For every file; the service worker runs under its own policy, which the document's does not reach.
const START: &str = "\
# Of the build: https://docs.netlify.com/manage/routing/headers, https://developers.cloudflare.com/pages/configuration/headers
/*
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
# The page asks before it starts in a frame of another site. So that no site can frame it, embeds neither:
#  Content-Security-Policy: frame-ancestors 'self'
/sw.js
  Content-Security-Policy: default-src 'none'; connect-src 'self'; script-src 'wasm-unsafe-eval'
";

/// Writes the file, last of all.
pub fn run(folder: &Path) -> Result<(), Failure> {
    write(&folder.join(NAME), &text(&all_files(folder)?))
}

fn text(files: &[String]) -> String {
    let mut text = START.to_owned() + &rule("", "no-cache");
    for name in files.iter().filter(|name| *name != NAME) {
        let is_fixed = !UNHASHED.contains(&name.as_str());
        text += &rule(name, if is_fixed { "public, max-age=31536000, immutable" } else { "no-cache" });
    }
    text
}

fn rule(name: &str, cache: &str) -> String {
    format!("/{name}\n  Cache-Control: {cache}\n")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_has_its_hash_in_its_address_may_be_kept_and_all_else_is_asked_for() {
        let files = ["app-1.js", "app-1-parts/parts.js", "engine_cpu_bg.wasm", "index.html", "sw.js", "_headers"];
        let text = text(&files.map(str::to_owned));
        for (name, is_fixed) in [
            ("", false),
            ("index.html", false),
            ("sw.js", false),
            ("app-1-parts/parts.js", true),
            ("engine_cpu_bg.wasm", true),
        ] {
            let rule = text.split(&format!("\n/{name}\n  Cache-Control: ")).nth(1).unwrap_or_default();
            assert_eq!(rule.lines().next().unwrap_or_default().ends_with("immutable"), is_fixed, "{name}");
            assert!(!rule.is_empty(), "{name}");
        }
        assert!(!text.contains("_headers\n"), "{text}");
    }
}
