//! The one widget that shows marks: draws again when what the drawing reads has changed.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use leptos::html::Div;
use leptos::prelude::*;

use crate::app::dom::turns::{self, Next};
use crate::app::dom::{Act, Listener, Patched};
use crate::app::marks::{Element, Handler, Input, Mark};

/// Shows what `draw` returns, and calls `act` with the messages of what the user does to it.
///
/// `draw` is called again whenever a signal or memo that it has read changes: read memos, so that it is not called for
/// nothing. Few large calls are as cheap as many small ones: what has not changed is not touched.
pub fn marks<M: 'static>(draw: impl Fn() -> Vec<Mark<M>> + 'static, act: impl Fn(M) + 'static) -> AnyView {
    let draw = move || draw().into_iter().map(Mark::into_element).collect();
    let act = move |handler: &Handler, input: &Input| {
        if let Some(message) = handler.message(input) {
            act(message);
        }
    };
    shown(Box::new(draw), Rc::new(act))
}

/// Shows what `draw` returns, of which nothing can be done.
pub fn picture(draw: impl Fn() -> Vec<Mark> + 'static) -> AnyView {
    marks(draw, |never| match never {})
}

/// Compiled once, whatever is drawn.
///
/// A drawing whose signals have changed waits for its turn; until then it follows that alone, so that many changes make one
/// drawing. Drawing is a task, and putting the marks into the document further ones.
fn shown(draw: Box<dyn Fn() -> Vec<Element>>, act: Act) -> AnyView {
    let place = NodeRef::<Div>::new();
    let turn = RwSignal::new(0u32);
    let mut drawn = 0;
    let shown = Shown::default();
    let opening = opening(Rc::downgrade(&shown));
    Effect::new(move |_| {
        let now = turn.get();
        let Some(root) = place.get() else { return };
        if now == drawn {
            turns::ask(drawing(turn, drawn + 1, Rc::downgrade(&shown)));
            return;
        }
        drawn = now;
        let marks = draw();
        let mut shown = shown.borrow_mut();
        if shown.is_none() {
            let root: &web_sys::Element = &root;
            *shown = Patched::new(root.clone()).map(|patched| {
                let listener = Listener::new(root, patched.handlers(), act.clone(), opening.clone());
                (patched, listener)
            });
        }
        if let Some((patched, _)) = &mut *shown {
            patched.show(marks);
        }
    });
    view! { <div class="marks" node_ref=place></div> }.into_any()
}

/// A widget's marks in the document, once there are any. The widget may be gone before its turns end.
type Shown = Rc<RefCell<Option<(Patched, Listener)>>>;
type MaybeShown = Weak<RefCell<Option<(Patched, Listener)>>>;

/// Shows the next few marks.
fn go_on(shown: &MaybeShown) -> Next {
    let is_left =
        shown.upgrade().is_some_and(|shown| shown.borrow_mut().as_mut().is_some_and(|(patched, _)| patched.go_on()));
    if is_left { Next::More } else { Next::Done }
}

/// What is done about a `details` that a user opens.
fn opening(shown: MaybeShown) -> Rc<dyn Fn(web_sys::Element)> {
    Rc::new(move |details| {
        let Some(shown) = shown.upgrade() else { return };
        if let Some((patched, _)) = shown.borrow_mut().as_mut() {
            patched.unfold(&details);
        }
        let shown = Rc::downgrade(&shown);
        turns::ask(move || go_on(&shown));
    })
}

/// The turn of a widget: has it draw by the signal `turn`, then shows what was drawn.
fn drawing(turn: RwSignal<u32>, number: u32, shown: MaybeShown) -> impl FnMut() -> Next {
    let mut is_asked = false;
    move || {
        if is_asked {
            return go_on(&shown);
        }
        is_asked = true;
        if turn.try_set(number).is_none() { Next::Later } else { Next::Done }
    }
}
