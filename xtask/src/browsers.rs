//! The browsers that the page is tested in: found, or installed where that can be done without asking, and driven.

use crate::debian::{self, can_install};
use crate::{Failure, paths, shell, tools};

/// A browser of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    Chromium,
    Firefox,
    Webkit,
}

/// Beginnings of names: faults that take no driver of Chromium's own.
const FAULTS: [&str; 6] = [
    "files::a_broken",
    "keeping::a_run_that",
    "links::a_damaged",
    "links::a_shared",
    "links::share_gives",
    "start::on_later_visits",
];

/// Those of them that WebKitGTK's driver can cause: its session keeps no files, and long runs trap in it at times.
const FAULTS_OF_LINKS: [&str; 3] = ["links::a_damaged", "links::a_shared", "links::share_gives"];

pub const ALL: [Browser; 3] = [Browser::Chromium, Browser::Firefox, Browser::Webkit];

impl Browser {
    /// As `--browser` and `ESMM_BROWSER` call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// The browser called `name`.
    pub fn called(name: &str) -> Option<Self> {
        ALL.into_iter().find(|browser| browser.name() == name)
    }

    /// Programs of which one must be there, by the variable that names it.
    fn programs(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::Chromium => &[
                ("CHROMIUM", &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]),
                ("CHROMEDRIVER", &["chromedriver"]),
            ],
            // geckodriver comes with the pinned tools.
            Self::Firefox => &[("FIREFOX", &["firefox-esr", "firefox"])],
            Self::Webkit => &[("WEBKITWEBDRIVER", &["WebKitWebDriver"]), ("XVFB", &["Xvfb"])],
        }
    }

    /// Debian's packages of them.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-driver"],
            Self::Firefox => &["firefox-esr"],
            Self::Webkit => &["webkit2gtk-driver", "xvfb"],
        }
    }

    fn is_there(self) -> bool {
        let is_there = |(variable, names): &(&str, &[&str])| {
            std::env::var_os(variable).is_some() || names.iter().any(|name| paths::on_path(name).is_some())
        };
        self.programs().iter().all(is_there)
    }

    /// Whether it can be provided here: it is installed, or a package manager that asks nobody can install it.
    pub fn can_be_provided(self) -> bool {
        self.is_there() || can_install()
    }

    /// The browser and its driver: those that are there, else Debian's.
    ///
    /// # Errors
    /// When they are not there and cannot be installed without asking.
    pub fn provide(self) -> Result<(), Failure> {
        let packages = self.packages();
        if !self.is_there() {
            if !can_install() {
                let list = packages.join(" ");
                return Err(format!(
                    "the tests in {} need it and its WebDriver on PATH (Debian and Ubuntu: `sudo apt-get install {list}`; \
                     macOS: `brew install --cask chromium chromedriver`)",
                    self.name()
                ));
            }
            debian::install(packages)?;
        }
        if self == Self::Firefox { tools::GECKODRIVER.provide() } else { Ok(()) }
    }

    /// What is tested in it: targets as cargo is told, and the names of their tests; none are all.
    fn tests(self) -> Vec<(&'static [&'static str], &'static [&'static str])> {
        const MAIN_PATH: [&str; 2] = ["--test", "main_path"];
        const SUITE: [&str; 2] = ["--test", "suite"];
        match self {
            Self::Chromium => vec![(&MAIN_PATH, &[]), (&SUITE, &[])],
            Self::Firefox => vec![(&MAIN_PATH, &[]), (&SUITE, &FAULTS)],
            Self::Webkit => vec![(&MAIN_PATH, &[]), (&SUITE, &FAULTS_OF_LINKS)],
        }
    }

    /// How many of its tests run at once: two keep two cores busy. The others have few.
    fn at_once(self) -> &'static str {
        if self == Self::Chromium { "2" } else { "1" }
    }

    /// Runs its tests: the whole suite in Chromium, the main path and faults in the others.
    ///
    /// # Errors
    /// When one fails.
    pub fn test(self) -> Result<(), Failure> {
        let lab = crate::test::lab_program()?;
        for (target, names) in self.tests() {
            let words = [target, &["--", "--test-threads", self.at_once()], names].concat();
            let mut tests = crate::test::tests(&words)?;
            tests.env("ESMM_DIST", paths::dist()).env("ESMM_BROWSER", self.name()).env("ESMM_LAB", &lab);
            shell::finish(tests)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{FAULTS, FAULTS_OF_LINKS};
    use crate::{files, paths};

    #[test]
    fn every_name_is_of_a_test() {
        // One that is of none would be passed over in silence.
        for name in FAULTS.into_iter().chain(FAULTS_OF_LINKS) {
            let (module, start) = name.split_once("::").expect("a module and a name");
            let file = paths::root().join("tests/browser/tests/suite").join(module).with_extension("rs");
            let text = files::read(&file).expect("the module");
            let found = text.matches(&format!("#[test]\nfn {start}")).count();
            assert_eq!(found, 1, "{name}");
        }
    }
}
