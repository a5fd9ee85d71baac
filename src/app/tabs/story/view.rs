//! The Story view: what a conventional CVR model never sees, in six chapters on the log of the page.

use leptos::prelude::*;

use super::dots::DotField;
use super::{Bench, Effect as StoryEffect, Msg, Scene};
use crate::app::change_keys::evaluations_key;
use crate::app::client::Client;
use crate::app::marks::Mark;
use crate::app::sentence;
use crate::app::state::{AppState, LogState};
use crate::app::tabs::story;
use crate::app::widgets::marks;
use crate::protocol::StepUnit;

#[component]
pub fn StoryView() -> impl IntoView {
    let state = AppState::get();
    let funnel = Memo::new(move |_| {
        state.session.with(|session| {
            let log = session.log.as_ref()?;
            let conversion_known = log.label_counts.iter().any(|(label, _)| label == "conversion");
            Some(sentence::funnel(&log.dots, conversion_known))
        })
    });
    let opening = move || match (funnel.get(), state.log_state.get()) {
        (Some(sentence), _) => sentence,
        (None, LogState::Loading { what, .. }) => format!("{what} …"),
        (None, _) => text!(views::story::drop).to_owned(),
    };
    let is_one_chapter = state.address.with_value(|address| address.embed.is_some_and(|embed| embed.chapter.is_some()));
    view! {
        <div class="view story">
            <section class="opening" hidden=is_one_chapter>
                <div class="lead-text">
                    <p class="lead">{opening}</p>
                    <p class="lead-more">
                        {text!(views::story::lead)}
                    </p>
                </div>
                <DotField label=Signal::derive(move || funnel.get().unwrap_or_default())/>
            </section>
            {chapters(state, Client::get())}
        </div>
    }
}

/// All chapters, or the one that an embed asks for.
fn chapters(state: AppState, client: Client) -> AnyView {
    let key = evaluations_key(state);
    let log = Memo::new(move |_| state.session.with(|s| s.log.as_ref().map(|log| (log.name.clone(), log.summary))));
    let only = state.address.with_value(|address| address.embed.and_then(|embed| embed.chapter));
    let bench = RwSignal::new(Bench::default());
    let draw = move || {
        key.with(|_| ());
        log.with(|_| ());
        let is_busy = matches!(state.log_state.get(), LogState::Loading { .. });
        state.spec.with(|spec| {
            state.synth.with(|synth| {
                bench.with(|bench| {
                    state.session.with_untracked(|session| {
                        let scene = Scene {
                            log: session.log.as_ref(),
                            runs: &session.runs,
                            before: session.before.as_ref().map(|before| (&before.spec, before.runs.as_slice())),
                            trained: session.trained.as_ref(),
                            spec,
                            synth,
                            bench,
                            is_busy,
                        };
                        let asked =
                            story::CHAPTERS.iter().enumerate().filter(|(i, _)| only.is_none_or(|only| only == i + 1));
                        asked.map(|(_, chapter)| chapter(scene)).collect::<Vec<Mark<Msg>>>()
                    })
                })
            })
        })
    };
    let act = move |message: Msg| {
        let mut effect = None;
        // Each signal is written only when it has changed: what reads it would otherwise be drawn again for nothing.
        let (mut spec, mut synth) = (state.spec.get_untracked(), state.synth.get_untracked());
        bench.update(|bench| effect = story::update(&mut spec, &mut synth, bench, &message));
        if state.spec.with_untracked(|old| *old != spec) {
            state.spec.set(spec);
        }
        if state.synth.with_untracked(|old| *old != synth) {
            state.synth.set(synth);
        }
        match effect {
            Some(StoryEffect::DrawAndTrain) => client.generate_and_train(state.synth.get_untracked()),
            Some(StoryEffect::Train) => client.train(),
            Some(StoryEffect::StepBatch) => client.step(StepUnit::Batch),
            None => {}
        }
    };
    marks(draw, act)
}
