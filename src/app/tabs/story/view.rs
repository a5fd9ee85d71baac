//! The Story view: what a conventional CVR model never sees, in six chapters on the log of the page.

use leptos::prelude::*;

use super::dots::DotField;
use super::opening::{funnel, opening};
use super::{Example, Msg, Scene};
use crate::app::dom::shown;
use crate::app::page::{LogState, Message};
use crate::app::state::AppState;
use crate::app::tabs::story;
use crate::app::widgets::marks;

#[component]
pub fn StoryView() -> impl IntoView {
    let state = AppState::get();
    let funnel = Memo::new(move |_| state.session.read().log.as_ref().map(funnel));
    let opening = move || shown(&opening(funnel.get(), &state.log_state.read())).into_owned();
    let is_one_chapter = state.address().embed.is_some_and(|embed| embed.chapter.is_some());
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
            {chapters(state)}
        </div>
    }
}

/// All chapters, or an embed's one.
fn chapters(state: AppState) -> AnyView {
    let only = state.address().embed.and_then(|embed| embed.chapter);
    let example = RwSignal::new(Example::default());
    let draw = move || {
        let (session, drafts) = (state.evaluated.read(), state.drafts.read());
        let (spec, synth, example) = (state.spec.read(), state.synth.read(), example.read());
        let scene = Scene {
            log: session.log.as_ref(),
            runs: &session.runs,
            before: session.before.as_ref().map(|before| (&before.spec, before.runs.as_slice())),
            trained: session.trained.as_ref(),
            spec: &spec,
            synth: &synth,
            example: &example,
            is_busy: matches!(*state.log_state.read(), LogState::Loading { .. }),
            draft: None,
        };
        story::chapters(drafts.as_ref().map_or(scene, |drafts| scene.with_draft(drafts)), only)
    };
    let act = move |message: Msg| {
        let (mut spec, mut synth) = (state.spec.peek().clone(), state.synth.peek().clone());
        state.update(example, |example| {
            let effect = story::update(&mut spec, &mut synth, example, &message);
            let changes = [Message::SetSpec(Box::new(spec)), Message::SetSynth(Box::new(synth))];
            changes.into_iter().chain(effect)
        });
    };
    marks(draw, act)
}
