//! Marks patched into a document in memory.

use proptest::prelude::*;

use super::fake::{FakeDocument, FakeNode};
use super::{Handlers, Node, Patched};
use crate::app::marks::{Element, Input, Listens, Mark, WHEN_OPEN, folded};

type Tree = Vec<Mark<u32>>;

/// Marks below the root of a document.
struct Page {
    document: FakeDocument,
    root: FakeNode,
    patched: Patched<FakeDocument>,
}

impl Page {
    fn new() -> Self {
        let document = FakeDocument::default();
        let root = document.element("div");
        let patched = Patched::new(document.clone(), root.clone());
        Self { document, root, patched }
    }

    fn of(tree: Tree) -> Self {
        let mut page = Self::new();
        page.show(tree);
        page
    }

    /// Shows marks until none are pending.
    fn show(&mut self, tree: Tree) {
        self.ask(tree);
        self.finish();
    }

    fn ask(&mut self, tree: Tree) {
        self.patched.show(tree.into_iter().map(Mark::into_element).collect());
    }

    /// Shows what is pending; returns the number of pieces.
    fn finish(&mut self) -> usize {
        let mut n_pieces = 0;
        while self.patched.go_on() {
            n_pieces += 1;
        }
        n_pieces
    }

    /// Opens a `details`, as a user does.
    fn open(&mut self, details: &FakeNode) {
        details.set_attribute("open", "");
        self.patched.unfold(details);
    }

    /// The message of a press.
    fn press(&self, node: &FakeNode) -> Option<u32> {
        self.patched.handlers().of(node, Listens::On)?.message(&Input::Press)
    }

    fn n_handlers(&self) -> usize {
        self.patched.handlers().count()
    }
}

fn element(tag: &'static str) -> Mark<u32> {
    Mark::new(tag)
}

/// List items with these keys, and the key as text.
fn list(keys: &str) -> Tree {
    let items = keys.chars().map(|key| element("li").key(key.to_string()).text(key.to_string()));
    vec![element("ul").children(items)]
}

/// Buttons, the text of each its message.
fn buttons(messages: impl IntoIterator<Item = u32>) -> Tree {
    messages.into_iter().map(|message| element("button").text(message as usize).on(message)).collect()
}

/// Asserts that `nodes` show `marks` and nothing else.
fn assert_shown(nodes: &[FakeNode], marks: &[Element], in_svg: bool, handlers: &Handlers) {
    assert_eq!(nodes.len(), marks.len(), "{nodes:?} are not {marks:?}");
    for (node, mark) in nodes.iter().zip(marks) {
        assert_eq!(node.tag(), mark.tag);
        if mark.tag.is_empty() {
            assert_eq!(node.text(), mark.text);
            continue;
        }
        let in_svg = in_svg || mark.tag == "svg";
        assert_eq!(node.in_svg(), in_svg, "{node:?}");
        assert_attributes(node, mark, handlers);
        let is_closed = mark.get(WHEN_OPEN).is_some() && node.attribute("open").is_none();
        let n_shown = if is_closed { mark.children.len().min(1) } else { mark.children.len() };
        assert_shown(&node.children(), &mark.children[..n_shown], in_svg, handlers);
    }
}

fn assert_attributes(node: &FakeNode, mark: &Element, handlers: &Handlers) {
    let mut left = node.attributes();
    let mut styles = node.styles();
    left.remove("open");
    for (name, value) in &mark.attrs {
        match *name {
            "data-on" | "data-point" | "data-drag" => assert!(left.remove(*name).is_some(), "{name} of {node:?}"),
            "checked" => assert_eq!(node.is_checked().to_string(), *value),
            _ => match name.strip_prefix("style:") {
                Some(property) => assert_eq!(styles.remove(property).as_ref(), Some(value)),
                None => assert_eq!(left.remove(*name).as_ref(), Some(value), "{name} of {node:?}"),
            },
        }
        if *name == "value" && mark.tag != "option" {
            assert_eq!(node.value(), *value, "{node:?}");
        }
    }
    assert!(left.is_empty() && styles.is_empty(), "{left:?} and {styles:?} are not of {mark:?}");
    assert!(mark.get("checked").is_some() || !node.is_checked());
    for (listens, handler) in &mark.handlers {
        let own = handlers.of(node, *listens).and_then(|own| own.message::<u32>(&Input::Press));
        assert_eq!(own, handler.message(&Input::Press), "the handler of {node:?} is the newest one");
    }
}

fn assert_page(page: &Page, tree: &Tree) {
    let marks: Vec<Element> = tree.iter().cloned().map(Mark::into_element).collect();
    assert_shown(&page.root.children(), &marks, false, &page.patched.handlers());
}

#[test]
fn what_an_earlier_view_has_left_is_removed() {
    let document = FakeDocument::default();
    let root = document.element("div");
    root.insert_before(&document.element("p"), None);
    let mut patched = Patched::new(document, root.clone());
    assert_eq!(root.children(), []);
    assert!(!patched.go_on(), "nothing is pending");
}

#[test]
fn elements_keep_their_nodes_when_they_are_reordered() {
    let mut page = Page::of(list("abcd"));
    let first = page.root.at(&[0, 0]);
    for keys in ["dcba", "bd", "xbyd", "dcba", "", "abcd"] {
        let before = page.root.at(&[0]).children();
        page.show(list(keys));
        let shown = page.root.at(&[0]).children();
        assert_eq!(shown.iter().map(FakeNode::text).collect::<String>(), keys);
        for node in &shown {
            let earlier = before.iter().find(|earlier| earlier.text() == node.text());
            assert!(earlier.is_none_or(|earlier| earlier == node), "{node:?} is another node");
        }
    }
    assert_ne!(page.root.at(&[0, 0]), first, "what was removed is made anew");
}

#[test]
fn a_new_element_in_front_moves_no_other() {
    let mut page = Page::of(list("bcd"));
    let before = page.document.changes();
    page.show(list("abcd"));
    // The item and its text are inserted, and the text is set.
    assert_eq!(page.document.changes() - before, 3);
}

#[test]
fn the_same_marks_change_nothing() {
    let tree = || {
        let field = element("input").attr("type", "text").attr("value", "0.1").on_change(|_| Some(1));
        let chart = element("svg").attr("viewBox", "0 0 10 10").child(element("path").attr("style:opacity", 1.0));
        let list = element("select").child(element("option").attr("value", "b")).attr("value", "b");
        vec![field, chart, list, folded("more", "More", element("p").text("more"))]
    };
    let mut page = Page::of(tree());
    assert_page(&page, &tree());
    let before = page.document.changes();
    page.show(tree());
    assert_eq!(page.document.changes(), before);
}

#[test]
fn attributes_are_added_changed_and_removed() {
    let trees: [fn() -> Mark<u32>; 5] = [
        || element("p").attr("class", "hint").attr("style:width", "1px"),
        || element("p").attr("class", "notice").attr("style:width", "2px").flag("hidden", true),
        || element("p"),
        || element("p").attr("style:height", "3px"),
        || element("p").text("words"),
    ];
    let mut page = Page::of(vec![trees[0]()]);
    let node = page.root.at(&[0]);
    for tree in trees {
        page.show(vec![tree()]);
        assert_page(&page, &vec![tree()]);
    }
    assert_eq!(page.root.at(&[0]), node);
}

#[test]
fn text_changes_in_its_node() {
    let mut page = Page::of(vec![element("p").text("412 clicked")]);
    let text = page.root.at(&[0, 0]);
    page.show(vec![element("p").text("413 clicked")]);
    assert_eq!((text.text().as_str(), page.root.at(&[0, 0])), ("413 clicked", text));
}

#[test]
fn drawings_are_svg_and_what_is_around_them_is_not() {
    let tree = || vec![element("figure").child(element("svg").child(element("g").child(element("rect"))))];
    let mut page = Page::of(tree());
    assert_page(&page, &tree());
    page.show(vec![element("figure").child(element("svg").child(element("g").child(element("path"))))]);
    assert!(page.root.at(&[0, 0, 0, 0]).in_svg(), "so is what is added to one");
}

#[test]
fn a_box_is_ticked_by_its_state() {
    let tick = |is_on: bool| vec![element("input").attr("type", "checkbox").attr("checked", is_on)];
    let mut page = Page::of(tick(true));
    let node = page.root.at(&[0]);
    assert!(node.is_checked());
    page.show(tick(false));
    assert!(!node.is_checked());
    page.show(tick(true));
    page.show(vec![element("input").attr("type", "checkbox")]);
    assert!(!node.is_checked());
    assert_eq!(node.attribute("checked"), None);
}

#[test]
fn a_field_keeps_what_is_being_typed() {
    for kind in ["text", "number", "search"] {
        let field = |value: &str| vec![element("input").attr("type", kind).attr("value", value)];
        let mut page = Page::of(field("1"));
        let node = page.root.at(&[0]);
        node.focus();
        node.type_in("12");
        page.show(field("2"));
        assert_eq!((node.value().as_str(), node.attribute("value").as_deref()), ("12", Some("2")));
        node.blur();
        page.show(field("3"));
        assert_eq!(node.value(), "3");
    }
}

#[test]
fn a_focused_field_whose_change_takes_effect_later_shows_it_then() {
    let field = |value: &str| vec![element("input").attr("type", "text").attr("value", value)];
    let mut page = Page::of(field("0"));
    let node = page.root.at(&[0]);
    node.focus();
    node.type_in("2");
    // Reset until the page answers.
    super::events::reset(&node);
    page.show(field("2"));
    assert_eq!(node.value(), "2");
}

#[test]
fn a_slider_moves_while_it_is_focused() {
    let track = |value: &str| vec![element("input").attr("type", "range").attr("value", value)];
    let mut page = Page::of(track("1"));
    let node = page.root.at(&[0]);
    node.focus();
    node.type_in("1.5");
    page.show(track("2"));
    assert_eq!(node.value(), "2");
}

#[test]
fn the_value_of_a_list_is_set_after_its_options() {
    let list = |options: &[&'static str], value: &str| {
        let options = options.iter().map(|option| element("option").attr("value", *option).text(*option));
        vec![element("select").children(options).attr("value", value)]
    };
    let mut page = Page::of(list(&["adam", "sgd"], "sgd"));
    assert_eq!(page.root.at(&[0]).value(), "sgd");
    page.show(list(&["adam", "adagrad"], "adagrad"));
    assert_eq!(page.root.at(&[0]).value(), "adagrad");
    page.show(list(&["adam"], "adagrad"));
    assert_eq!(page.root.at(&[0]).value(), "");
    page.show(list(&["adam", "adagrad"], "adagrad"));
    assert_eq!(page.root.at(&[0]).value(), "adagrad", "its option is back");
}

#[test]
fn a_long_list_is_shown_with_its_value() {
    let options = (0..100usize).map(|at| element("option").attr("value", at));
    let page = Page::of(vec![element("p").child(element("select").children(options).attr("value", "99"))]);
    assert_eq!(page.root.at(&[0, 0]).value(), "99");
}

#[test]
fn handlers_go_with_their_marks() {
    let mut page = Page::of(buttons([7, 8, 9]));
    let first = page.root.at(&[0]);
    assert_eq!((page.n_handlers(), page.press(&first)), (3, Some(7)));
    let number = first.attribute("data-on");
    page.show(buttons([17, 8]));
    assert_eq!((page.n_handlers(), page.press(&first)), (2, Some(17)), "the newest handler is called");
    assert_eq!(first.attribute("data-on"), number);
    page.show(vec![element("button").text("17")]);
    assert_eq!((page.n_handlers(), page.press(&first), first.attribute("data-on")), (0, None, None));
    page.show(buttons([27]));
    assert_eq!((page.n_handlers(), page.press(&first)), (1, Some(27)));
    assert_ne!(first.attribute("data-on"), number);
    page.show(vec![]);
    assert_eq!(page.n_handlers(), 0);
}

#[test]
fn an_element_has_a_handler_for_each_kind_of_input() {
    let both = || element("circle").on(1).on_point(2, 3);
    let mut page = Page::of(vec![both()]);
    let node = page.root.at(&[0]);
    let pointed = |page: &Page, input| page.patched.handlers().of(&node, Listens::Point)?.message::<u32>(&input);
    assert_eq!((page.press(&node), pointed(&page, Input::Leave), page.n_handlers()), (Some(1), Some(3), 1));
    page.show(vec![element("circle").on(4)]);
    assert_eq!((page.press(&node), pointed(&page, Input::Point)), (Some(4), None));
    page.show(vec![both()]);
    assert_eq!((page.press(&node), pointed(&page, Input::Point)), (Some(1), Some(2)));
}

/// A form with a button that is in the document only while it is open.
fn form(message: u32) -> Tree {
    vec![element("div").child(folded("more", "More", element("p").children(buttons([message]))))]
}

#[test]
fn a_closed_form_has_its_title_alone() {
    let mut page = Page::of(form(1));
    let details = page.root.at(&[0, 0]);
    assert_eq!((details.text().as_str(), page.n_handlers()), ("More", 0));
    page.show(form(2));
    page.open(&details);
    assert_eq!(page.n_handlers(), 0, "it is shown by the next piece");
    page.finish();
    assert_page(&page, &form(2));
    assert_eq!(page.press(&details.at(&[1, 0])), Some(2));
}

#[test]
fn an_open_form_changes_with_its_marks() {
    let mut page = Page::of(form(1));
    let details = page.root.at(&[0, 0]);
    page.open(&details);
    page.finish();
    let field = details.at(&[1, 0]);
    page.show(form(2));
    assert_page(&page, &form(2));
    assert_eq!((details.at(&[1, 0]), page.press(&field)), (field.clone(), Some(2)));
    details.remove_attribute("open");
    page.show(form(3));
    assert_eq!((details.text().as_str(), page.n_handlers()), ("More", 0), "closed, it is folded by the next redraw");
    page.open(&details);
    page.open(&details);
    page.finish();
    assert_page(&page, &form(3));
}

#[test]
fn one_of_several_forms_is_opened() {
    let mut page = Page::of([form(1), form(2)].concat());
    page.open(&page.root.at(&[1, 0]));
    page.finish();
    let texts: Vec<String> = page.root.children().iter().map(FakeNode::text).collect();
    assert_eq!(texts, ["More", "More2"]);
}

#[test]
fn a_form_that_was_redrawn_before_its_event_is_not_filled_again() {
    let mut page = Page::of(form(1));
    let details = page.root.at(&[0, 0]);
    details.set_attribute("open", "");
    page.show(form(2));
    page.patched.unfold(&details);
    assert_eq!(page.finish(), 0);
    assert_page(&page, &form(2));
}

#[test]
fn opening_what_is_not_folded_does_nothing() {
    let mut page = Page::of(vec![element("details").child(element("summary")).child(element("p"))]);
    assert_eq!(page.root.at(&[0]).children().len(), 2);
    page.open(&page.root.at(&[0]));
    assert_eq!(page.finish(), 0);
}

/// A page of sections with that many list items each.
fn sections(lengths: &[usize], message: u32) -> Tree {
    let items = |n: usize| (0..n).map(move |_| element("li").on(message));
    let section = |n: &usize| element("section").child(element("ul").children(items(*n)));
    lengths.iter().map(section).collect()
}

#[test]
fn large_parts_are_shown_one_by_one() {
    let tree = sections(&[100, 3, 60], 1);
    let mut page = Page::new();
    page.ask(tree.clone());
    let n_shown = |page: &mut Page| {
        assert!(page.patched.go_on());
        page.root.children().iter().map(|section| section.all().len()).collect::<Vec<_>>()
    };
    assert_eq!(n_shown(&mut page), [0, 4, 0], "the small part is shown with the sections");
    assert_eq!(n_shown(&mut page), [1, 4, 0]);
    assert_eq!(n_shown(&mut page), [101, 4, 0]);
    assert_eq!(n_shown(&mut page), [101, 4, 1]);
    assert_eq!(n_shown(&mut page), [101, 4, 61]);
    assert!(!page.patched.go_on());
    assert_page(&page, &tree);
}

#[test]
fn a_part_is_shown_at_once_up_to_a_number_of_marks() {
    for (n_items, n_pieces) in [(47, 1), (48, 2)] {
        let mut page = Page::new();
        page.ask(sections(&[n_items], 1));
        // A section of 49 marks is a piece of its own; its list of 48 is shown with it.
        assert_eq!(page.finish(), n_pieces, "{n_items}");
    }
}

#[test]
fn what_is_folded_is_not_counted() {
    let inner = element("ul").children((0..100).map(|_| element("li")));
    let mut page = Page::new();
    page.ask(vec![element("div").child(folded("more", "More", inner))]);
    assert_eq!(page.finish(), 1);
}

#[test]
fn a_new_drawing_replaces_pending_ones() {
    for n_before in 0..8 {
        let mut page = Page::of(sections(&[70, 2], 1));
        page.ask(sections(&[3, 90, 80], 2));
        for _ in 0..n_before {
            page.patched.go_on();
        }
        let last = sections(&[60, 1], 3);
        page.show(last.clone());
        assert_page(&page, &last);
        assert_eq!(page.n_handlers(), 61);
    }
}

/// A form above many list items.
fn form_and_section(message: u32) -> Tree {
    [form(message), sections(&[80], message)].concat()
}

#[test]
fn a_form_that_is_opened_is_shown_before_what_is_pending() {
    let mut page = Page::of(form_and_section(1));
    let details = page.root.at(&[0, 0]);
    page.ask(form_and_section(2));
    page.patched.go_on();
    page.open(&details);
    page.patched.go_on();
    assert_eq!(page.press(&details.at(&[1, 0])), Some(2));
    assert_eq!(page.press(&page.root.at(&[1, 0, 0])), Some(1));
    page.finish();
    assert_page(&page, &form_and_section(2));
}

#[test]
fn a_new_drawing_replaces_the_pending_content_of_a_form() {
    let mut page = Page::of(form_and_section(1));
    page.open(&page.root.at(&[0, 0]));
    page.show(sections(&[80], 2));
    assert_page(&page, &sections(&[80], 2));
    assert_eq!(page.n_handlers(), 80);
}

/// What happens to a page.
#[derive(Debug, Clone)]
enum Step {
    Show(Tree),
    GoOn(usize),
    /// Opens or closes one of the forms.
    Toggle(usize),
}

fn any_mark() -> impl Strategy<Value = Mark<u32>> {
    let text = "[a-c]{0,2}".prop_map(Mark::<u32>::words);
    let leaf = (any_attributes(), 0..3u32).prop_map(|(attributes, kind)| {
        let mark = match kind {
            0 => element("input"),
            1 => element("select").children(["a", "b"].map(|value| element("option").attr("value", value))),
            _ => element("p"),
        };
        with_attributes(mark, attributes)
    });
    prop_oneof![text, leaf].prop_recursive(4, 200, 40, |inner| {
        let tag = prop::sample::select(vec!["div", "p", "svg", "li", "details"]);
        let n_children = prop_oneof![4 => 0..5usize, 1 => 20..40usize];
        let children = n_children.prop_flat_map(move |n| prop::collection::vec(inner.clone(), n));
        (tag, "[a-d]{0,1}", any_attributes(), children).prop_map(|(tag, key, attributes, children)| {
            let mark = with_attributes(element(tag), attributes).key(key).children(children);
            mark.flag(WHEN_OPEN, tag == "details")
        })
    })
}

/// Which attributes and handlers a mark has (bits), and their value.
fn any_attributes() -> impl Strategy<Value = (u32, usize)> {
    (0..128u32, 0..3usize)
}

fn with_attributes(mark: Mark<u32>, (bits, value): (u32, usize)) -> Mark<u32> {
    let is_control = matches!(mark.tag, "input" | "select");
    let has = |bit: u32| bits & (1 << bit) != 0;
    let mark = mark.flag("hidden", has(0));
    let mark = if has(1) { mark.attr("class", value) } else { mark };
    let mark = if has(2) { mark.attr("style:width", value) } else { mark };
    let mark = if has(3) && mark.tag == "input" { mark.attr("checked", value == 1) } else { mark };
    let mark = if has(4) && is_control { mark.attr("value", ["a", "b", "a"][value]) } else { mark };
    let mark = if has(5) { mark.on(bits) } else { mark };
    if has(6) { mark.on_point(bits, bits + 1) } else { mark }
}

fn any_tree() -> impl Strategy<Value = Tree> {
    prop::collection::vec(any_mark(), 0..6)
}

fn any_step() -> impl Strategy<Value = Step> {
    let show = any_tree().prop_map(Step::Show);
    prop_oneof![2 => show, 1 => (0..6usize).prop_map(Step::GoOn), 2 => (0..9usize).prop_map(Step::Toggle)]
}

/// The number of nodes with handlers below, which is what the handlers must be.
fn n_listening(root: &FakeNode) -> usize {
    let listens = |node: &&FakeNode| ["data-on", "data-point"].iter().any(|name| node.attribute(name).is_some());
    root.all().iter().filter(listens).count()
}

fn toggle(page: &mut Page, which: usize) {
    let forms: Vec<FakeNode> = page.root.all().into_iter().filter(|node| node.tag() == "details").collect();
    let Some(details) = forms.get(which) else { return };
    if details.attribute("open").is_some() { details.remove_attribute("open") } else { page.open(details) }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn whatever_was_shown_the_document_is_the_last_tree(
        steps in prop::collection::vec(any_step(), 0..8),
        last in any_tree(),
    ) {
        let mut page = Page::new();
        for step in steps {
            match step {
                Step::Show(tree) => page.ask(tree),
                Step::GoOn(n) => (0..n).for_each(|_| { page.patched.go_on(); }),
                Step::Toggle(which) => toggle(&mut page, which),
            }
        }
        page.show(last.clone());
        assert_page(&page, &last);
        prop_assert_eq!(page.n_handlers(), n_listening(&page.root));
        let before = page.document.changes();
        page.show(last);
        prop_assert_eq!(page.document.changes(), before);
    }
}

#[test]
fn overlong_text_is_shortened_and_its_element_tells_the_whole_until_it_is_short() {
    let cell = |name: &str| vec![element("svg").child(element("text").text(name)), element("td").text(name)];
    let long = "x".repeat(300);
    let mut page = Page::of(cell(&long));
    let told = |page: &Page, place: &[usize], name: &str| page.root.at(place).attributes().get(name).cloned();
    assert_eq!(page.root.at(&[1, 0]).text().chars().count(), 100);
    assert_eq!((told(&page, &[1], "title"), told(&page, &[0, 0], "data-tip")), (Some(long.clone()), Some(long)));
    page.show(cell("price\u{202e}"));
    assert_eq!(page.root.at(&[1, 0]).text(), "price\\u{202e}");
    assert_eq!((told(&page, &[1], "title"), told(&page, &[0, 0], "data-tip")), (None, None));
}
