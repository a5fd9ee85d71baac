//! User events: which handler is called for an event, and with what input.

use super::{Handlers, Node};
use crate::app::marks::{Grab, Handler, Input, Key, Listens};

/// An event of the document, with what is read of it. Positions are in the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Click,
    /// A control is being changed.
    Input,
    /// A control was changed.
    Change,
    KeyDown {
        name: String,
        /// Alt, Ctrl or Meta is pressed too.
        is_modified: bool,
    },
    /// The pointer or the focus comes to the target.
    Enter,
    /// The pointer or the focus leaves the target.
    Leave {
        /// For another element of the page.
        is_to_other: bool,
    },
    PointerDown {
        pointer: i32,
        /// 0 is the main one.
        button: i16,
        x: f64,
        y: f64,
    },
    PointerMove {
        x: f64,
        y: f64,
    },
    /// The pointer is released, or the browser takes it.
    PointerUp {
        x: f64,
        y: f64,
    },
}

/// The handler of an event and its input.
#[derive(Debug)]
pub struct UserEvent {
    pub handler: Handler,
    input: OwnedInput,
}

/// [`Input`] that owns its text.
#[derive(Debug)]
enum OwnedInput {
    Press,
    Change(String),
    Release(String),
    Point,
    Leave,
    Grab(Grab),
}

/// What the next event depends on.
pub struct EventState<N> {
    handlers: Handlers,
    /// Under the pointer now.
    pointed: Option<N>,
    dragged: Option<N>,
}

impl UserEvent {
    pub fn input(&self) -> Input<'_> {
        match &self.input {
            OwnedInput::Press => Input::Press,
            OwnedInput::Change(state) => Input::Change(state),
            OwnedInput::Release(state) => Input::Release(state),
            OwnedInput::Point => Input::Point,
            OwnedInput::Leave => Input::Leave,
            OwnedInput::Grab(grab) => Input::Grab(*grab),
        }
    }
}

impl<N: Node> EventState<N> {
    pub fn new(handlers: Handlers) -> Self {
        Self { handlers, pointed: None, dragged: None }
    }

    /// The handler of an event, if any. The browser must do nothing else with a key that has one.
    pub fn on_event(&mut self, event: &Event, target: &N) -> Option<UserEvent> {
        match event {
            Event::Click => {
                let mark = listening(target, Listens::On)?;
                if is_control(&mark) { None } else { self.user_event(&mark, Listens::On, OwnedInput::Press) }
            }
            Event::Input => self.changed(target, true),
            Event::Change => self.changed(target, false),
            Event::KeyDown { is_modified: true, .. } | Event::Leave { is_to_other: true } => None,
            Event::KeyDown { name, is_modified: false } => self.keyed(name, target),
            Event::Enter => self.point(listening(target, Listens::Point)),
            Event::Leave { is_to_other: false } => self.point(None),
            Event::PointerDown { button: 0, pointer, x, y } => {
                let mark = listening(target, Listens::Drag)?;
                mark.capture_pointer(*pointer);
                let (x, y) = mark.frame()?.point(*x, *y)?;
                self.dragged = Some(mark.clone());
                self.grab(&mark, Grab::Drag { x, y })
            }
            Event::PointerDown { .. } => None,
            Event::PointerMove { x, y } => {
                let mark = self.dragged.as_ref()?;
                let (x, y) = mark.frame()?.point(*x, *y)?;
                self.grab(mark, Grab::Drag { x, y })
            }
            Event::PointerUp { x, y } => {
                let mark = self.dragged.take()?;
                let (x, y) = mark.frame()?.point(*x, *y)?;
                self.grab(&mark, Grab::Drop { x, y })
            }
        }
    }

    fn user_event(&self, mark: &N, listens: Listens, input: OwnedInput) -> Option<UserEvent> {
        Some(UserEvent { handler: self.handlers.of(mark, listens)?, input })
    }

    fn grab(&self, mark: &N, grab: Grab) -> Option<UserEvent> {
        self.user_event(mark, Listens::Drag, OwnedInput::Grab(grab))
    }

    fn point(&mut self, mark: Option<N>) -> Option<UserEvent> {
        if mark == self.pointed {
            return None;
        }
        let left = std::mem::replace(&mut self.pointed, mark.clone());
        match mark {
            Some(mark) => self.user_event(&mark, Listens::Point, OwnedInput::Point),
            None => self.user_event(&left?, Listens::Point, OwnedInput::Leave),
        }
    }

    /// Handles both events of sliders, and `change` of all other controls.
    fn changed(&self, target: &N, is_moving: bool) -> Option<UserEvent> {
        let kind = target.attribute("type").unwrap_or_default();
        let is_slider = kind == "range";
        if !is_control(target) || (is_moving && !is_slider) {
            return None;
        }
        let is_box = kind == "checkbox" || kind == "radio";
        let state = if is_box { target.is_checked().to_string() } else { target.value() };
        let is_released = is_slider && !is_moving;
        let input = if is_released { OwnedInput::Release(state) } else { OwnedInput::Change(state) };
        self.user_event(target, Listens::On, input)
    }

    fn keyed(&self, name: &str, target: &N) -> Option<UserEvent> {
        if let (Some(mark), Some(key)) = (listening(target, Listens::Drag), Key::of_name(name)) {
            return self.grab(&mark, Grab::Key(key));
        }
        let is_native = is_control(target) || matches!(target.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY");
        if is_native || !matches!(name, "Enter" | " ") {
            return None;
        }
        self.user_event(target, Listens::On, OwnedInput::Press)
    }
}

/// The nearest mark, itself or above, that listens for this.
fn listening<N: Node>(target: &N, listens: Listens) -> Option<N> {
    target.closest_with(listens.attribute())
}

fn is_control<N: Node>(mark: &N) -> bool {
    matches!(mark.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
}

/// Whether the event is of a text field, whose text may be refused: it is to be [`reset`].
pub fn may_be_refused<N: Node>(event: &Event, target: &N) -> bool {
    *event == Event::Change && target.attribute("type").as_deref() == Some("text")
}

/// Resets a field to its attribute.
pub fn reset<N: Node>(field: &N) {
    if let Some(value) = field.attribute("value") {
        field.set_value(&value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Patched;
    use super::super::fake::{FakeDocument, FakeNode};
    use super::*;
    use crate::app::marks::{Mark, svg};

    /// What the handlers were called with.
    #[derive(Debug, Clone, PartialEq)]
    enum Msg {
        Pressed(&'static str),
        Changed(String),
        Points(&'static str),
        Leaves(&'static str),
        Grabbed(Grab),
    }

    /// Marks in a document, and the state of its listener.
    struct Page {
        root: FakeNode,
        state: EventState<FakeNode>,
        /// Its marks' handlers go with it.
        _patched: Patched<FakeDocument>,
    }

    impl Page {
        fn of(marks: impl IntoIterator<Item = Mark<Msg>>) -> Self {
            let document = FakeDocument::default();
            let root = document.element("div");
            let mut patched = Patched::new(document, root.clone());
            patched.show(marks.into_iter().map(Mark::into_element).collect());
            while patched.go_on() {}
            let state = EventState::new(patched.handlers());
            Self { root, state, _patched: patched }
        }

        /// The message of an event on the node at this place.
        fn send(&mut self, event: Event, place: &[usize]) -> Option<Msg> {
            let user_event = self.state.on_event(&event, &self.root.at(place))?;
            user_event.handler.message(&user_event.input())
        }

        fn key(&mut self, name: &str, place: &[usize]) -> Option<Msg> {
            self.send(Event::KeyDown { name: name.to_owned(), is_modified: false }, place)
        }
    }

    fn pressable(tag: &'static str) -> Mark<Msg> {
        Mark::new(tag).on(Msg::Pressed(tag))
    }

    fn control(tag: &'static str, kind: &'static str) -> Mark<Msg> {
        Mark::new(tag).attr("type", kind).on_change(|state| Some(Msg::Changed(state.to_owned())))
    }

    fn changed(state: &str) -> Option<Msg> {
        Some(Msg::Changed(state.to_owned()))
    }

    #[test]
    fn a_click_is_of_the_nearest_mark_that_listens() {
        let row = pressable("tr").child(Mark::new("td").text("7")).child(pressable("button"));
        let mut page = Page::of([row, Mark::new("p")]);
        assert_eq!(page.send(Event::Click, &[0]), Some(Msg::Pressed("tr")));
        assert_eq!(page.send(Event::Click, &[0, 0, 0]), Some(Msg::Pressed("tr")));
        assert_eq!(page.send(Event::Click, &[0, 1]), Some(Msg::Pressed("button")));
        assert_eq!(page.send(Event::Click, &[1]), None);
    }

    #[test]
    fn a_click_on_a_control_is_none() {
        let mut page = Page::of(["input", "select", "textarea"].map(pressable));
        for at in 0..3 {
            assert_eq!(page.send(Event::Click, &[at]), None);
        }
    }

    #[test]
    fn sliders_change_while_they_move_and_others_when_they_have() {
        let kinds = [("input", "range"), ("input", "text"), ("select", ""), ("textarea", "")];
        let mut page = Page::of(kinds.map(|(tag, kind)| control(tag, kind).attr("value", "3")));
        page.root.at(&[1]).type_in("4");
        let all: Vec<_> = (0..3).map(|at| (page.send(Event::Input, &[at]), page.send(Event::Change, &[at]))).collect();
        assert_eq!(all, [(changed("3"), None), (None, changed("4")), (None, changed(""))]);
        assert_eq!(page.send(Event::Change, &[3]), changed("3"));
    }

    #[test]
    fn the_state_of_a_box_is_whether_it_is_ticked() {
        let mut page = Page::of(["checkbox", "radio"].map(|kind| control("input", kind).attr("value", "on")));
        page.root.at(&[0]).set_checked(true);
        assert_eq!(page.send(Event::Change, &[0]), changed("true"));
        assert_eq!(page.send(Event::Change, &[1]), changed("false"));
        assert_eq!(page.send(Event::Input, &[0]), None);
    }

    #[test]
    fn only_controls_change() {
        let mut page = Page::of([control("div", "").child(control("input", "text"))]);
        assert_eq!(page.send(Event::Change, &[0]), None);
        assert_eq!(page.send(Event::Change, &[0, 0]), changed(""));
    }

    #[test]
    fn enter_and_space_press_what_the_browser_does_not() {
        let mut page = Page::of(["tr", "button", "a", "summary", "input", "select", "textarea"].map(pressable));
        for name in ["Enter", " "] {
            assert_eq!(page.key(name, &[0]), Some(Msg::Pressed("tr")));
            for native in 1..7 {
                assert_eq!(page.key(name, &[native]), None, "{name:?} is a click already");
            }
        }
        for name in ["a", "Tab", "ArrowLeft"] {
            assert_eq!(page.key(name, &[0]), None);
        }
    }

    #[test]
    fn a_link_of_a_drawing_is_not_the_browsers() {
        let mut page = Page::of([svg(100.0, 50.0, "a tree").still().child(pressable("a"))]);
        assert_eq!(page.key("Enter", &[0, 0]), Some(Msg::Pressed("a")));
    }

    #[test]
    fn enter_is_of_the_target_alone() {
        let mut page = Page::of([pressable("tr").child(Mark::new("td").attr("tabindex", "0"))]);
        assert_eq!(page.key("Enter", &[0, 0]), None);
    }

    #[test]
    fn modified_keys_are_the_browsers() {
        let mut page = Page::of([pressable("tr"), handle()]);
        for (name, place) in [("Enter", vec![0]), ("ArrowLeft", vec![1, 0])] {
            assert!(page.key(name, &place).is_some());
            assert_eq!(page.send(Event::KeyDown { name: name.to_owned(), is_modified: true }, &place), None);
        }
    }

    #[test]
    fn the_pointer_comes_and_leaves_once() {
        let mark = |name: &'static str| Mark::new("g").on_point(Msg::Points(name), Msg::Leaves(name));
        let mut page = Page::of([mark("a").child(Mark::new("path")), mark("b"), Mark::new("p")]);
        let leave = |is_to_other: bool| Event::Leave { is_to_other };
        let events = [
            (Event::Enter, vec![0], Some(Msg::Points("a"))),
            (leave(true), vec![0], None),
            (Event::Enter, vec![0, 0], None),
            (leave(true), vec![0, 0], None),
            (Event::Enter, vec![1], Some(Msg::Points("b"))),
            (leave(true), vec![1], None),
            (Event::Enter, vec![2], Some(Msg::Leaves("b"))),
            (Event::Enter, vec![2], None),
            (Event::Enter, vec![0], Some(Msg::Points("a"))),
            (leave(false), vec![0], Some(Msg::Leaves("a"))),
            (leave(false), vec![0], None),
        ];
        for (at, (event, place, message)) in events.into_iter().enumerate() {
            assert_eq!(page.send(event, &place), message, "event {at}");
        }
    }

    /// A drawing with a mark that is dragged; the fake document shows it at (10, 20), 200 × 100.
    fn handle() -> Mark<Msg> {
        let mark = Mark::new("g").on_grab(|grab| Some(Msg::Grabbed(grab))).child(Mark::new("circle"));
        svg(100.0, 50.0, "a curve").still().child(mark)
    }

    fn down(button: i16, x: f64, y: f64) -> Event {
        Event::PointerDown { pointer: 5, button, x, y }
    }

    #[test]
    fn a_mark_is_dragged_until_the_pointer_is_released() {
        let mut page = Page::of([handle(), Mark::new("p")]);
        let grabbed = |grab| Some(Msg::Grabbed(grab));
        assert_eq!(page.send(Event::PointerMove { x: 10.0, y: 20.0 }, &[0, 0]), None, "it is not pressed");
        assert_eq!(page.send(down(0, 10.0, 20.0), &[0, 0, 0]), grabbed(Grab::Drag { x: 0.0, y: 0.0 }));
        assert_eq!(page.root.at(&[0, 0]).captured(), Some(5));
        let out = page.send(Event::PointerMove { x: 110.0, y: 45.0 }, &[1]);
        assert_eq!(out, grabbed(Grab::Drag { x: 50.0, y: 12.5 }), "whatever it is over");
        let dropped = page.send(Event::PointerUp { x: 210.0, y: 120.0 }, &[1]);
        assert_eq!(dropped, grabbed(Grab::Drop { x: 100.0, y: 50.0 }));
        assert_eq!(page.send(Event::PointerMove { x: 110.0, y: 45.0 }, &[0, 0]), None);
        assert_eq!(page.send(Event::PointerUp { x: 110.0, y: 45.0 }, &[0, 0]), None);
    }

    #[test]
    fn the_main_button_alone_drags() {
        let mut page = Page::of([handle()]);
        assert_eq!(page.send(down(2, 10.0, 20.0), &[0, 0]), None);
        assert_eq!(page.root.at(&[0, 0]).captured(), None);
        assert_eq!(page.send(Event::PointerMove { x: 110.0, y: 45.0 }, &[0, 0]), None);
        assert_eq!(page.send(down(0, 10.0, 20.0), &[0]), None, "the drawing itself is not dragged");
    }

    #[test]
    fn keys_move_what_is_dragged() {
        let mut page = Page::of([handle()]);
        assert_eq!(page.key("ArrowLeft", &[0, 0]), Some(Msg::Grabbed(Grab::Key(Key::Left))));
        assert_eq!(page.key("Escape", &[0, 0, 0]), Some(Msg::Grabbed(Grab::Key(Key::Escape))));
        assert_eq!(page.key("x", &[0, 0]), None);
        assert_eq!(page.key("ArrowLeft", &[0]), None);
    }

    #[test]
    fn without_a_view_box_there_is_no_position() {
        let drawing = |view_box: &str| {
            let mark = Mark::new("g").on_grab(|grab| Some(Msg::Grabbed(grab)));
            Mark::new("svg").attr("viewBox", view_box).child(mark)
        };
        let mut page = Page::of(["0 0 100", "", "0 0 wide 50"].map(drawing));
        for at in 0..3 {
            assert_eq!(page.send(down(0, 10.0, 20.0), &[at, 0]), None);
        }
    }

    #[test]
    fn refused_text_is_reset() {
        let page = Page::of([control("input", "text").attr("value", "0.1"), control("input", "range")]);
        let field = page.root.at(&[0]);
        field.type_in("many");
        assert!(may_be_refused(&Event::Change, &field));
        assert!(!may_be_refused(&Event::Input, &field));
        assert!(!may_be_refused(&Event::Change, &page.root.at(&[1])));
        reset(&field);
        assert_eq!(field.value(), "0.1");
        let bare = page.root.at(&[1]);
        bare.type_in("7");
        reset(&bare);
        assert_eq!(bare.value(), "7", "it has no value to be reset to");
    }
}
