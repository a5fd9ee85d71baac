//! The network as the papers draw it: SEM → DPM → SCM, with the widths that will be trained.

use leptos::prelude::*;

use super::selected::Candidate;
use crate::app::charts::formula::{formula, symbolic};
use crate::app::charts::names;
use crate::app::state::AppState;
use crate::domain::spec::Pooling;

/// Three columns of words and one row of arrows; no drawing is needed to say which part feeds which.
#[component]
pub fn NetworkFigure(candidate: Memo<Option<Candidate>>) -> impl IntoView {
    let state = AppState::get();
    let network = Memo::new(move |_| state.spec.with(|spec| spec.network.clone()));
    move || {
        let model = candidate.get()?.model;
        let network = network.get();
        let pooling = match network.pooling {
            Pooling::SumByGroup => "summed within user, item and context",
            Pooling::Concatenate => "every field side by side",
        };
        let sharing = if network.share_embeddings { "shared by all towers" } else { "one set of tables per tower" };
        let widths: Vec<String> = network.hidden.iter().chain(&[1]).map(usize::to_string).collect();
        let towers = model.tree.questions.iter().map(|question| {
            view! { <li><b>{names::symbol(&question.name)}</b><span>{names::asks(question)}</span></li> }
        });
        let events = model.tree.events.iter().map(|event| {
            let written: String = formula(&model.tree, event).iter().map(|t| symbolic(&model.tree, t)).collect();
            let name = names::event(&event.name);
            // An event that is one tower's answer needs no equation.
            if written == name {
                view! { <li><b>{name}</b></li> }.into_any()
            } else {
                view! { <li><b>{name}</b>" = "{written}</li> }.into_any()
            }
        });
        Some(view! {
            <ol class="network" aria-label="The network, from features to probabilities">
                <li>
                    <h3><abbr title="shared embedding module">"SEM"</abbr></h3>
                    <p>{format!("Embeddings of width {}, {pooling}, {sharing}.", network.embedding_size)}</p>
                </li>
                <li>
                    <h3><abbr title="decomposed prediction module">"DPM"</abbr></h3>
                    <p>{format!("{} towers, each {}.", model.tree.questions.len(), widths.join(" → "))}</p>
                    <ul>{towers.collect_view()}</ul>
                </li>
                <li>
                    <h3><abbr title="sequential composition module">"SCM"</abbr></h3>
                    <p>"No parameters of its own."</p>
                    <ul>{events.collect_view()}</ul>
                </li>
            </ol>
        })
    }
}
