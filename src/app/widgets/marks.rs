//! The one widget that shows marks: draws again when what the drawing reads has changed.

use std::rc::Rc;

use leptos::html::Div;
use leptos::prelude::*;

use crate::app::dom::{Listener, Patched, turns};
use crate::app::marks::{Act, Mark};

/// Shows what `draw` returns, and tells `act` what readers do with it.
///
/// `draw` is called again whenever a signal or memo that it has read changes: read memos, so that it is not called for
/// nothing. Few large calls are as cheap as many small ones: what has not changed is not touched.
pub fn marks(draw: impl Fn() -> Vec<Mark> + 'static, act: impl Fn(Act) + 'static) -> AnyView {
    shown(Box::new(draw), Rc::new(act))
}

/// Shows what `draw` returns, of which nothing can be done.
pub fn picture(draw: impl Fn() -> Vec<Mark> + 'static) -> AnyView {
    shown(Box::new(draw), Rc::new(|_| ()))
}

/// Compiled once, whatever is drawn.
///
/// A drawing whose signals have changed waits for its turn; until then it follows that alone, so that many changes make one
/// drawing.
fn shown(draw: Box<dyn Fn() -> Vec<Mark>>, act: Rc<dyn Fn(Act)>) -> AnyView {
    let place = NodeRef::<Div>::new();
    let turn = RwSignal::new(0u32);
    let mut drawn = 0;
    let mut shown: Option<(Patched, Listener)> = None;
    Effect::new(move |_| {
        let now = turn.get();
        let Some(root) = place.get() else { return };
        if now == drawn {
            // The widget may be gone when its turn comes.
            turns::ask(move || _ = turn.try_set(drawn + 1));
            return;
        }
        drawn = now;
        let marks = draw();
        if shown.is_none() {
            let root: &web_sys::Element = &root;
            shown = Patched::new(root.clone()).zip(Some(Listener::new(root, act.clone())));
        }
        if let Some((patched, _)) = &mut shown {
            patched.show(marks);
        }
    });
    view! { <div class="marks" node_ref=place></div> }.into_any()
}
