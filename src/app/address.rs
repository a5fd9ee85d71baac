//! The page's address after `#`: the experiment's link, then the view and its options.
//!
//! `#v1.<experiment>.<checksum>&view=tree&embed=story:3&theme=dark&hide=bar,controls`, every part optional. An embed is one
//! view, or one chapter, in another site's page.

use super::tabs::story::N_CHAPTERS;

/// The views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Story,
    Tree,
    Towers,
    Metrics,
    Rows,
    Questions,
    /// Source, roles and findings of the log.
    Data,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// The theme's name in addresses, in the browser's storage and in the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name; `None` for unknown names.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::System, Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == name)
    }
}

/// A parsed address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The experiment; see [`crate::domain::spec::decode_link`].
    pub link: Option<String>,
    pub view: Option<Tab>,
    pub embed: Option<Embed>,
    pub theme: Option<Theme>,
    /// Hidden parts, of [`HIDABLE`]: an embed's, and `recording`.
    pub hide: Vec<String>,
}

/// The content of an embed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embed {
    pub view: Tab,
    /// One chapter of the story, from 1.
    pub chapter: Option<usize>,
}

/// Parts that can be hidden.
pub const HIDABLE: [&str; 5] = ["bar", "controls", "text", "tables", "recording"];

impl Address {
    /// Parses the address after `#`; ignores unknown parts.
    pub fn parse(hash: &str) -> Self {
        let mut address = Self::default();
        for part in hash.trim_start_matches('#').split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("view", name)) => address.view = view(name),
                Some(("embed", name)) => address.embed = embed(name),
                Some(("theme", name)) => address.theme = Theme::of_name(name).filter(|theme| *theme != Theme::System),
                Some(("hide", list)) => {
                    let known = list.split(',').filter(|part| HIDABLE.contains(part));
                    address.hide = known.map(str::to_owned).collect();
                }
                Some(_) => {}
                None => address.link = Some(part.to_owned()),
            }
        }
        address
    }

    /// The address after `#`.
    pub fn hash(&self) -> String {
        let mut parts: Vec<String> = self.link.iter().cloned().collect();
        parts.extend(self.view.map(|view| format!("view={}", name(view))));
        parts.extend(self.embed.map(|embed| match embed.chapter {
            Some(chapter) => format!("embed=story:{chapter}"),
            None => format!("embed={}", name(embed.view)),
        }));
        parts.extend(self.theme.map(|theme| format!("theme={}", theme.name())));
        if !self.hide.is_empty() {
            parts.push(format!("hide={}", self.hide.join(",")));
        }
        parts.join("&")
    }

    /// The shown view.
    pub fn shown(&self) -> Tab {
        self.embed.map(|embed| embed.view).or(self.view).unwrap_or(Tab::Story)
    }

    /// The same address with this view; the first view has none in it.
    pub fn with_view(self, tab: Tab) -> Self {
        Self { view: (tab != Tab::Story).then_some(tab), ..self }
    }

    /// The part after `#` for the browser's history when the user goes to a view; `None` if this address shows it already.
    pub fn hash_of_move(self, tab: Tab) -> Option<String> {
        if self.shown() == tab { None } else { Some(self.with_view(tab).hash()) }
    }

    /// Whether the page opens with its recording: an address of its own experiment, in its own page.
    pub fn plays_recording(&self) -> bool {
        self.link.is_none() && self.embed.is_none() && !self.hide.iter().any(|part| part == "recording")
    }

    /// The same experiment and view without the embed.
    pub fn opened(&self) -> Self {
        Self { link: self.link.clone(), view: self.embed.map(|embed| embed.view).or(self.view), ..Self::default() }
    }
}

/// Each view in the order of its tabs, with its name in addresses and ids.
pub const VIEWS: [(Tab, &str); 7] = [
    (Tab::Story, "story"),
    (Tab::Tree, "tree"),
    (Tab::Towers, "towers"),
    (Tab::Metrics, "metrics"),
    (Tab::Rows, "rows"),
    (Tab::Questions, "questions"),
    (Tab::Data, "data"),
];

/// A view's name in addresses.
pub fn name(tab: Tab) -> &'static str {
    VIEWS.iter().find(|(known, _)| *known == tab).map_or("story", |(_, name)| name)
}

fn view(name: &str) -> Option<Tab> {
    VIEWS.iter().find(|(_, known)| *known == name).map(|(tab, _)| *tab)
}

fn embed(name: &str) -> Option<Embed> {
    match name.strip_prefix("story:") {
        Some(chapter) => {
            let chapter = chapter.parse().ok().filter(|chapter| (1..=N_CHAPTERS).contains(chapter))?;
            Some(Embed { view: Tab::Story, chapter: Some(chapter) })
        }
        None => view(name).map(|view| Embed { view, chapter: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for hash in [
            "",
            "v1.abc.00000000",
            "view=tree",
            "v1.abc.00000000&view=metrics",
            "v1.abc.00000000&embed=story:3&theme=dark&hide=bar,text",
            "embed=tree&theme=light",
        ] {
            assert_eq!(Address::parse(&format!("#{hash}")).hash(), hash);
        }
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        for hash in ["#embed=nothing", "#embed=story:9", "#embed=story:x", "#theme=pink", "#hide=<script>", "#x=y&&"] {
            assert_eq!(Address::parse(hash), Address::default(), "{hash}");
        }
    }

    #[test]
    fn the_view_in_an_address_is_the_shown_one() {
        for (tab, hash) in [(Tab::Story, "v1.abc.00000000"), (Tab::Rows, "v1.abc.00000000&view=rows")] {
            let address = Address::parse("v1.abc.00000000&view=tree").with_view(tab);
            assert_eq!((address.shown(), address.hash().as_str()), (tab, hash));
        }
        assert_eq!(Address::parse("embed=towers").shown(), Tab::Towers);
    }

    #[test]
    fn only_a_move_to_another_view_has_an_entry_in_the_history() {
        let at = |hash: &str, tab| Address::parse(hash).hash_of_move(tab);
        assert_eq!(at("v1.abc.00000000&view=rows", Tab::Rows), None);
        assert_eq!(at("", Tab::Story), None);
        assert_eq!(at("view=rows&theme=dark", Tab::Story).as_deref(), Some("theme=dark"));
        assert_eq!(at("v1.abc.00000000", Tab::Data).as_deref(), Some("v1.abc.00000000&view=data"));
    }

    #[test]
    fn an_embed_opens_in_the_whole_page() {
        let address = Address::parse("v1.abc.00000000&embed=towers&theme=dark&hide=bar");
        assert_eq!(address.opened().hash(), "v1.abc.00000000&view=towers");
    }

    #[test]
    fn the_recording_is_of_the_pages_own_experiment() {
        for (hash, plays) in [
            ("", true),
            ("view=tree&hide=bar", true),
            ("v1.abc.00000000", false),
            ("embed=tree", false),
            ("hide=bar,recording", false),
        ] {
            assert_eq!(Address::parse(hash).plays_recording(), plays, "{hash}");
        }
    }
}
