//! The whole page, opened with its recording.

use any_spawner::Executor;
use leptos::prelude::*;
use pollster::block_on;

use super::{browser, marks};
use crate::app::address::{Address, Tab, VIEWS};
use crate::app::marks::Element;
use crate::app::modules::{load_graph_writer, load_late_functions, load_roles_reader};
use crate::app::page::{Effect, LogState, Message, Page};
use crate::app::shell;
use crate::app::shell::tabs::id;
use crate::app::state::AppState;
use crate::domain::spec::first_experiment;

/// The recording's file, gzipped without a name.
const RECORDED: &[u8] = include_bytes!("../../../www/recorded.bin");

fn recording() -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(&RECORDED[10..]).expect("a deflated stream behind the header")
}

/// A page with its owner, on which the recording is shown.
struct Opened {
    owner: Owner,
    state: AppState,
}

impl Opened {
    fn new() -> Self {
        Self::at(Address::default())
    }

    fn at(address: Address) -> Self {
        // Fails when another test of this process has done so.
        let _ = Executor::init_futures_executor();
        let owner = Owner::new();
        owner.set();
        let functions = block_on(load_late_functions()).expect("nothing has to be fetched");
        let page = Page::new(first_experiment(), address, functions, browser::surroundings());
        let state = AppState::new(page, functions);
        state.send(Message::Open { record: None, plays: true, is_linked: false });
        state.send(Message::Recording(recording()));
        Self { owner, state }
    }

    /// Draws the page as a browser would that has run everything: its frame as HTML. The marks are in [`marks`].
    fn draw(&self) -> String {
        marks::clear();
        let state = self.state;
        self.owner.with(|| {
            let page = view! { <shell::Page state/> };
            (0..8).for_each(|_| Executor::poll_local());
            page.to_html()
        })
    }
}

/// What the marks say.
fn text() -> String {
    let shown = marks::elements();
    let labels = shown.iter().flat_map(Element::all).filter_map(|element| element.get("aria-label"));
    let texts: Vec<String> = shown.iter().map(Element::all_text).chain(labels.map(str::to_owned)).collect();
    texts.join(" ")
}

#[test]
fn every_tab_draws_the_recording() {
    let page = Opened::new();
    assert!(browser::take_effects().contains(&Effect::FetchRecording));
    let words = |tab| match tab {
        Tab::Story => "It learns where the clicks are, and is used everywhere",
        Tab::Tree => "Behaviour tree: conditional probability of each answer",
        Tab::Towers => "What flows through the network",
        Tab::Metrics => "Threshold and cost",
        Tab::Rows => text!(views::rows::table),
        Tab::Questions => "What makes y2, y3 and y4 train properly?",
        Tab::Data => text!(views::data::columns),
    };
    for (tab, name) in VIEWS {
        page.state.send(Message::Show(tab));
        let frame = page.draw();
        assert!(frame.contains(&format!("aria-labelledby=\"{}\"", id(tab))), "{name}: {frame}");
        let said = format!("{} {frame}", text());
        for (other, _) in VIEWS {
            assert_eq!(said.contains(words(other)), other == tab, "{name}, of {other:?}: {said}");
        }
    }
}

#[test]
fn what_is_pressed_and_changed_reaches_the_page() {
    let page = Opened::new();
    page.draw();
    let state = page.state;
    assert!(marks::change("Impressions", "5000"));
    assert_eq!(state.synth.peek().rows, 5000);
    assert!(marks::press("Generate"));
    assert!(matches!(*state.log_state.peek(), LogState::Loading { .. }));
    let models = state.spec.peek().models.len();
    assert!(marks::press("Duplicate"));
    assert_eq!(state.spec.peek().models.len(), models + 1);
    state.send(Message::Show(Tab::Tree));
    page.draw();
    let is_of_slice = || text().contains(text!(views::tree_part::train_first));
    assert!(!is_of_slice());
    assert!(marks::change("A slice", "true"));
    assert!(is_of_slice(), "the tab's own state has changed: {}", text());
    assert!(!marks::press("no such button"));
}

#[test]
fn an_embed_shows_one_view_and_links_to_the_whole_page() {
    let page = Opened::at(Address::parse("#embed=tree"));
    let frame = page.draw();
    assert!(frame.contains(text!(shell::open_whole)) && !frame.contains("role=\"tablist\""), "{frame}");
    assert!(text().contains("Behaviour tree"), "{}", text());
}

#[test]
fn modules_that_the_page_fetches_read_roles_and_write_graphs() {
    let read = block_on(load_roles_reader()).expect("nothing has to be fetched");
    assert!(read("click = \"clk\"").is_ok_and(|roles| roles.click.as_deref() == Some("clk")));
    assert!(read("impression,click").is_err());
    let write = block_on(load_graph_writer()).expect("nothing has to be fetched");
    assert!(write(&[], "").is_err());
}
