//! The component that shows marks, and redraws them when the signals that they read change.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use leptos::html::Div;
use leptos::prelude::*;

use crate::app::dom::browser::{Act, Listener, enqueue};
use crate::app::dom::{Patched, Status};
use crate::app::marks::{Element, Handler, Input, Mark};

/// Shows the marks of `draw`, and calls `act` with their messages.
///
/// `draw` is called again whenever a signal or memo that it has read changes: read memos to avoid needless calls. Few large
/// calls are as cheap as many small ones: unchanged elements are not touched.
pub fn marks<M: 'static>(draw: impl Fn() -> Vec<Mark<M>> + 'static, act: impl Fn(M) + 'static) -> AnyView {
    let draw = move || draw().into_iter().map(Mark::into_element).collect();
    let act = move |handler: &Handler, input: &Input| {
        if let Some(message) = handler.message(input) {
            act(message);
        }
    };
    shown(Box::new(draw), Rc::new(act))
}

/// Shows marks without messages.
pub fn picture(draw: impl Fn() -> Vec<Mark> + 'static) -> AnyView {
    marks(draw, |never| match never {})
}

/// The component, compiled once for all message types.
///
/// A change of a signal queues one redraw; further changes before it add none. Drawing is a task, and patching the document
/// further ones.
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
            enqueue(drawing(turn, drawn + 1, Rc::downgrade(&shown)));
            return;
        }
        drawn = now;
        let marks = draw();
        let mut shown = shown.borrow_mut();
        if shown.is_none() {
            let root: &web_sys::Element = &root;
            *shown = root.owner_document().map(|document| {
                let patched = Patched::new(document, root.clone().into());
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

/// A component's marks in the document, once there are any. The component may be removed before its queued work.
type Shown = Rc<RefCell<Option<Content>>>;
type MaybeShown = Weak<RefCell<Option<Content>>>;
type Content = (Patched<web_sys::Document>, Listener);

/// Shows the next few marks.
fn go_on(shown: &MaybeShown) -> Status {
    let is_left =
        shown.upgrade().is_some_and(|shown| shown.borrow_mut().as_mut().is_some_and(|(patched, _)| patched.go_on()));
    if is_left { Status::More } else { Status::Done }
}

/// The handler of a `details` that the user opens.
fn opening(shown: MaybeShown) -> Rc<dyn Fn(web_sys::Element)> {
    Rc::new(move |details| {
        let Some(shown) = shown.upgrade() else { return };
        if let Some((patched, _)) = shown.borrow_mut().as_mut() {
            patched.unfold(&details);
        }
        let shown = Rc::downgrade(&shown);
        enqueue(move || go_on(&shown));
    })
}

/// Queued work of a component: triggers its drawing by the signal `turn`, then shows the marks.
fn drawing(turn: RwSignal<u32>, number: u32, shown: MaybeShown) -> impl FnMut() -> Status {
    let mut is_asked = false;
    move || {
        if is_asked {
            return go_on(&shown);
        }
        is_asked = true;
        if turn.try_set(number).is_none() { Status::Later } else { Status::Done }
    }
}
