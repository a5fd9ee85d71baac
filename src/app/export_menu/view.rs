//! The export menu.

use leptos::prelude::*;

use super::menu::{Msg, menu};
use crate::app::change_keys::evaluations_key;
use crate::app::client::Client;
use crate::app::exports;
use crate::app::state::AppState;
use crate::app::widgets::marks;

#[component]
pub fn ExportsView() -> impl IntoView {
    let (state, client) = (AppState::get(), Client::get());
    let key = evaluations_key(state);
    let has_log = Memo::new(move |_| state.session.with(|session| session.log.is_some()));
    let draw = move || {
        key.with(|_| ());
        has_log.get();
        state.session.with_untracked(|session| state.exported.with(|said| menu(session, said)))
    };
    let act = move |message: Msg| match message {
        Msg::OfRun(run, what) => client.export(run, what),
        Msg::Graph(run) => client.export_graph(run),
        Msg::Log { with_truth } => client.export_log(with_truth),
        Msg::Metrics => client.save(state.session.with_untracked(exports::metrics)),
        Msg::Experiment => client.save(Some(state.spec.with_untracked(exports::experiment))),
        Msg::Bundle => client.save(Some(state.spec.with_untracked(exports::bundle))),
        Msg::ScaleOut => client.save(
            state.spec.with_untracked(|spec| state.session.with_untracked(|session| exports::scale_out(spec, session))),
        ),
    };
    marks(draw, act)
}
