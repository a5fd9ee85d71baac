//! Marks of the tests: each component's are drawn whenever they are asked for, and act as in the browser.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use crate::app::marks::{Element, Handler, Input, Listens, Mark};

type Act = Rc<dyn Fn(&Handler, &Input)>;

struct Shown {
    draw: Box<dyn Fn() -> Vec<Element>>,
    act: Act,
}

thread_local! {
    static SHOWN: RefCell<Vec<Rc<Shown>>> = const { RefCell::new(Vec::new()) };
}

pub fn marks<M: 'static>(draw: impl Fn() -> Vec<Mark<M>> + 'static, act: impl Fn(M) + 'static) -> AnyView {
    let draw = Box::new(move || draw().into_iter().map(Mark::into_element).collect());
    let act = Rc::new(move |handler: &Handler, input: &Input| handler.message(input).into_iter().for_each(&act));
    SHOWN.with_borrow_mut(|shown| shown.push(Rc::new(Shown { draw, act })));
    ().into_any()
}

pub fn picture(draw: impl Fn() -> Vec<Mark> + 'static) -> AnyView {
    marks(draw, |never| match never {})
}

/// Forgets the components that have been built.
pub fn clear() {
    SHOWN.take();
}

fn all_shown() -> Vec<Rc<Shown>> {
    SHOWN.with_borrow(Clone::clone)
}

/// What all components show now.
pub fn elements() -> Vec<Element> {
    all_shown().iter().flat_map(|shown| (shown.draw)()).collect()
}

/// Presses the mark of this name; whether there is one.
pub fn press(name: &str) -> bool {
    act_on(|element| element.named(name), |_| None)
}

/// Gives the control of this name a new state, or chooses an option of a list; whether there is one.
pub fn change(name: &str, state: &str) -> bool {
    act_on(
        |element| element.control(name),
        |control| {
            let option = control.with_tag("option").into_iter().find(|option| option.all_text() == state);
            Some(option.and_then(|option| option.get("value")).unwrap_or(state).to_owned())
        },
    )
}

/// Acts on the first element that is found; `state` is its new state, `None` a press.
fn act_on(find: impl Fn(&Element) -> Option<&Element>, state: impl Fn(&Element) -> Option<String>) -> bool {
    for shown in all_shown() {
        let drawn = (shown.draw)();
        let Some(found) = drawn.iter().find_map(&find) else { continue };
        let Some((_, handler)) = found.handlers.iter().find(|(listens, _)| *listens == Listens::On) else { continue };
        let state = state(found);
        (shown.act)(handler, &state.as_deref().map_or(Input::Press, Input::Change));
        return true;
    }
    false
}
