//! A place for a part of the page, which is loaded when it is first shown.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::parts::{Part, PartLost, PartName, load};

/// Shows the part that is wanted now; until it has come, the one before.
pub fn part(wanted: impl Fn() -> PartName + 'static) -> AnyView {
    let shown = RwSignal::new(None::<Result<Part, PartLost>>);
    let newest = StoredValue::new(None::<PartName>);
    let again = RwSignal::new(());
    Effect::new(move |_| {
        again.get();
        let name = wanted();
        // Turning to what is shown changes nothing.
        let is_there = shown.with_untracked(|part| matches!(part, Some(Ok(_)))) && newest.get_value() == Some(name);
        if is_there {
            return;
        }
        newest.set_value(Some(name));
        spawn_local(async move {
            let part = load(name).await;
            // A part that is there would be built in the task of the press that asked for it.
            TimeoutFuture::new(0).await;
            // Somebody may have turned on while it came.
            if newest.try_get_value() == Some(Some(name)) {
                shown.set(Some(part));
            }
        });
    });
    let view = move || match shown.get() {
        None => ().into_any(),
        Some(Ok(part)) => part(),
        Some(Err(PartLost)) => lost(again),
    };
    view.into_any()
}

fn lost(again: RwSignal<()>) -> AnyView {
    view! {
        <p role="alert" class="trouble">
            {text!(shell::part::lost)}
            " "
            <button type="button" on:click=move |_| again.set(())>{text!(shell::part::again)}</button>
        </p>
    }
    .into_any()
}
