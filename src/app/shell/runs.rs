//! Progress of every trained model.

use crate::app::charts::names::hue_class;
use crate::app::marks::Mark;
use crate::app::model_progress::ModelProgress;

/// The models in order, each with a bar for every seed.
pub fn run_list(models: &[ModelProgress]) -> Mark {
    Mark::new("ul").class("runs").attr("aria-label", text!(shell::runs::name)).children(models.iter().map(model))
}

fn model(of: &ModelProgress) -> Mark {
    let bar =
        |share: &f64| Mark::new("progress").class("run-progress").attr("max", "1").attr("value", share.to_string());
    let bars = Mark::new("span").class("run-bars").attr("aria-hidden", "true").children(of.shares.iter().map(bar));
    Mark::new("li")
        .key(&of.model)
        .class("run")
        .class(if of.is_failed { "is-failed" } else { "" })
        .child(Mark::new("span").class("mark").class(hue_class(&of.model)).attr("aria-hidden", "true"))
        .child(Mark::new("span").class("run-name").text(&of.name))
        .child(Mark::new("span").class("run-state").text(&of.says))
        .child(bars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_a_bar_for_every_seed_and_a_failed_one_is_marked() {
        let of = |model: &str, is_failed, shares: &[f64]| ModelProgress {
            model: model.into(),
            name: model.to_uppercase(),
            says: "training".into(),
            is_failed,
            shares: shares.to_vec(),
        };
        let list = run_list(&[of("esmm", false, &[0.125, 1.0]), of("naive", true, &[0.0])]);
        let shares: Vec<_> = list.with_tag("progress").into_iter().filter_map(|bar| bar.get("value")).collect();
        assert_eq!(shares, ["0.125", "1", "0"]);
        let failed = list.with_class("is-failed");
        assert_eq!((failed.len(), failed[0].all_text()), (1, "NAIVE training".to_owned()));
        assert!(run_list(&[]).children.is_empty(), "the style sheet hides an empty list");
    }
}
