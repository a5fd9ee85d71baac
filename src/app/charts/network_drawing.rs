//! The network as the papers draw it: SEM → DPM → SCM, with the widths that will be trained.

use super::formula::{formula, symbolic};
use super::names;
use crate::app::marks::Mark;
use crate::domain::spec::{ModelSpec, NetworkSpec, Pooling};

/// Three columns of words and one row of arrows; no drawing is needed to say which part feeds which.
pub fn network(model: &ModelSpec, network: &NetworkSpec) -> Mark {
    let pooling = match network.pooling {
        Pooling::SumByGroup => "summed within user, item and context",
        Pooling::Concatenate => "every field side by side",
    };
    let sharing = if network.share_embeddings { "shared by all towers" } else { "one set of tables per tower" };
    let widths: Vec<String> = network.hidden.iter().chain(&[1]).map(usize::to_string).collect();
    let towers = model.tree.questions.iter().map(|question| {
        let symbol = Mark::new("b").text(names::symbol(&question.name));
        Mark::new("li").child(symbol).child(Mark::new("span").text(names::asks(question)))
    });
    let events = model.tree.events.iter().map(|event| {
        let written: String = formula(&model.tree, event).iter().map(|t| symbolic(&model.tree, t)).collect();
        let name = names::event(&event.name);
        // An event that is one tower's answer needs no equation.
        let equation = if written == name { String::new() } else { format!(" = {written}") };
        Mark::new("li").child(Mark::new("b").text(name)).text(equation)
    });
    let part = |short: &str, long: &str, words: String| {
        let title = Mark::new("h3").child(Mark::new("abbr").attr("title", long).text(short));
        Mark::new("li").child(title).child(Mark::new("p").text(words))
    };
    let embeddings = format!("Embeddings of width {}, {pooling}, {sharing}.", network.embedding_size);
    let of_towers = format!("{} towers, each {}.", model.tree.questions.len(), widths.join(" → "));
    Mark::new("ol").class("network").attr("aria-label", "The network, from features to probabilities").children([
        part("SEM", "shared embedding module", embeddings),
        part("DPM", "decomposed prediction module", of_towers).child(Mark::new("ul").children(towers)),
        part("SCM", "sequential composition module", "No parameters of its own.".to_owned())
            .child(Mark::new("ul").children(events)),
    ])
}
