//! Behaviour trees and the f64 reference fold, against closed forms (models.md, section 2) and finite differences.
use std::collections::BTreeMap;

use esmm_playground::domain::behavior::reference::{
    cross_entropy, log_add_exp, log_mass, log_mass_gradient, log_sigmoid, sigmoid,
};
use esmm_playground::domain::behavior::{BehaviorTree, Event, Mass, Question, TreeError, event_mass};
use esmm_playground::domain::spec::model_preset;
use proptest::prelude::*;

fn tree_of(model: &str) -> BehaviorTree {
    model_preset(model).expect("a preset").tree
}

fn mass_of(tree: &BehaviorTree, event: &str) -> Mass {
    event_mass(tree, tree.event(event).expect("an event of the tree"))
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * 1f64.max(a.abs()).max(b.abs())
}

fn softplus(z: f64) -> f64 {
    -log_sigmoid(-z)
}

/// Central differences of `f` at `at`.
fn differences(f: impl Fn(&[f64]) -> f64, at: &[f64]) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let shifted = |index: usize, by: f64| {
        let mut at = at.to_vec();
        at[index] += by;
        f(&at)
    };
    (0..at.len()).map(|index| (shifted(index, STEP) - shifted(index, -STEP)) / (2.0 * STEP)).collect()
}

#[test]
fn esmm_is_its_closed_form() {
    let mass = mass_of(&tree_of("esmm"), "ctcvr");
    for (a, b) in [(0.0, 0.0), (1.0, -2.0), (-3.5, 0.25), (6.0, 7.0), (-20.0, 3.0), (18.0, 18.0)] {
        let found = log_mass(&mass, &[a, b]);
        let log_sum = log_add_exp(log_add_exp(-a, -b), -a - b);
        for label in [true, false] {
            let closed = softplus(-a) + softplus(-b) - if label { 0.0 } else { log_sum };
            assert!(close(cross_entropy(found, label), closed, 1e-9), "{a} {b} {label}");
        }
        let (p, q) = (sigmoid(a), sigmoid(b));
        let (d_log_p, d_log_not_p) = log_mass_gradient(&mass, &[a, b]);
        assert!(close(d_log_p[0], sigmoid(-a), 1e-12) && close(d_log_p[1], sigmoid(-b), 1e-12), "{a} {b}");
        if p * q < 0.999 {
            let rest = 1.0 - p * q;
            assert!(close(-d_log_not_p[0], p * q * (1.0 - p) / rest, 1e-9), "{a} {b}: {d_log_not_p:?}");
            assert!(close(-d_log_not_p[1], p * q * (1.0 - q) / rest, 1e-9), "{a} {b}: {d_log_not_p:?}");
        }
    }
}

#[test]
fn esm2_is_its_closed_form() {
    let tree = tree_of("esm2");
    let logits = [0.7, -1.1, 2.3, -0.4];
    let [z1, z2, z3, z4] = logits;
    let log_cvr = log_add_exp(log_sigmoid(z2) + log_sigmoid(z3), log_sigmoid(-z2) + log_sigmoid(z4));
    let log_not_cvr = log_add_exp(log_sigmoid(z2) + log_sigmoid(-z3), log_sigmoid(-z2) + log_sigmoid(-z4));
    let log_not_ctcvr = log_add_exp(log_sigmoid(-z1), log_sigmoid(z1) + log_not_cvr);
    for (event, log_p, log_not_p) in [
        ("ctr", log_sigmoid(z1), log_sigmoid(-z1)),
        ("cvr", log_cvr, log_not_cvr),
        ("ctavr", log_sigmoid(z1) + log_sigmoid(z2), log_add_exp(log_sigmoid(-z1), log_sigmoid(z1) + log_sigmoid(-z2))),
        ("ctcvr", log_sigmoid(z1) + log_cvr, log_not_ctcvr),
    ] {
        let found = log_mass(&mass_of(&tree, event), &logits);
        assert!(close(found.log_p, log_p, 1e-14) && close(found.log_not_p, log_not_p, 1e-14), "{event}: {found:?}");
    }
    let (y1, y2, y3, y4) = (sigmoid(z1), sigmoid(z2), sigmoid(z3), sigmoid(z4));
    let found = log_mass(&mass_of(&tree, "ctcvr"), &logits);
    assert!(close(found.log_p.exp(), y1 * (y2 * y3 + (1.0 - y2) * y4), 1e-14), "equation 8 of the paper");
}

#[test]
fn extreme_logits_keep_both_sides_exact() {
    let mass = mass_of(&tree_of("esmm"), "ctcvr");
    let high = log_mass(&mass, &[18.0, 18.0]);
    assert!((high.log_not_p - -17.3069).abs() < 5e-5, "{high:?}");
    let low = log_mass(&mass, &[-60.0, -60.0]);
    assert!((low.log_p - -120.0).abs() < 1e-9, "{low:?}");
    for tree in [tree_of("esmm"), tree_of("esm2")] {
        let n = tree.questions.len();
        for corner in 0..1u32 << n {
            let logits: Vec<f64> = (0..n).map(|q| if corner >> q & 1 == 1 { 60.0 } else { -60.0 }).collect();
            for event in &tree.events {
                let mass = event_mass(&tree, event);
                let found = log_mass(&mass, &logits);
                let (d_log_p, d_log_not_p) = log_mass_gradient(&mass, &logits);
                assert!(found.log_p.is_finite() && found.log_not_p.is_finite(), "{} at {logits:?}", event.name);
                assert!(d_log_p.iter().chain(&d_log_not_p).all(|d| d.is_finite()), "{} at {logits:?}", event.name);
            }
        }
    }
}

#[test]
fn esm2_with_equal_purchase_towers_is_esmm() {
    let (esmm, esm2) = (tree_of("esmm"), tree_of("esm2"));
    for (click, action, buy) in [(0.3, -0.8, 1.2), (-4.0, 2.0, -3.0), (5.0, 0.0, 5.0)] {
        for event in ["ctr", "cvr", "ctcvr"] {
            let two = log_mass(&mass_of(&esmm, event), &[click, buy]);
            let four = log_mass(&mass_of(&esm2, event), &[click, action, buy, buy]);
            assert!(close(two.log_p, four.log_p, 1e-12) && close(two.log_not_p, four.log_not_p, 1e-12), "{event}");
        }
        let (d_log_p, _) = log_mass_gradient(&mass_of(&esm2, "ctcvr"), &[click, action, buy, buy]);
        assert!(d_log_p[1].abs() < 1e-12, "an action that changes nothing gets no gradient");
    }
}

#[test]
fn two_mixtures_with_one_sum_have_one_loss() {
    // models.md, section 5.1: y3 and y4 are not identified by the mixture.
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let mass = mass_of(&tree_of("esm2"), "ctcvr");
    let one = log_mass(&mass, &[-1.0, logit(0.3), logit(0.6), logit(0.1)]);
    let other = log_mass(&mass, &[-1.0, logit(0.3), logit(1.3 / 3.0), logit(0.12 / 0.7)]);
    assert!(close(one.log_p, other.log_p, 1e-12) && close(one.log_not_p, other.log_not_p, 1e-12));
}

#[test]
fn the_conversion_rate_is_the_purchase_seen_from_the_click() {
    for (model, expected) in [("esmm", vec![1]), ("esm2", vec![1, 2, 3])] {
        let tree = tree_of(model);
        let (d_log_p, d_log_not_p) = log_mass_gradient(&mass_of(&tree, "cvr"), &vec![0.5; tree.questions.len()]);
        assert_eq!((d_log_p[0], d_log_not_p[0]), (0.0, 0.0), "{model}: the click tower is no part of pCVR");
        assert!(expected.iter().any(|&q| d_log_p[q] != 0.0));
    }
}

#[test]
fn event_labels_follow_the_path() {
    let tree = tree_of("esm2");
    // click, action, conversion → ctr, cvr, ctavr, ctcvr
    for (labels, expected) in [
        ([false, false, false], [Some(false), None, Some(false), Some(false)]),
        ([false, true, true], [Some(false), None, Some(false), Some(false)]),
        ([true, false, false], [Some(true), Some(false), Some(false), Some(false)]),
        ([true, false, true], [Some(true), Some(true), Some(false), Some(true)]),
        ([true, true, false], [Some(true), Some(false), Some(true), Some(false)]),
        ([true, true, true], [Some(true), Some(true), Some(true), Some(true)]),
    ] {
        let answer =
            |name: &str| labels[["click", "action", "conversion"].iter().position(|l| *l == name).expect("asked")];
        for (event, expected) in ["ctr", "cvr", "ctavr", "ctcvr"].iter().zip(expected) {
            let event = tree.event(event).expect("an event");
            assert_eq!(tree.event_label(event, answer), expected, "{} at {labels:?}", event.name);
        }
    }
    assert_eq!(tree.labels(), ["click", "action", "conversion"]);
    assert_eq!(tree.path(|label| label != "action"), [(0, true), (1, false), (3, true)]);
}

/// Name, label, next after yes, next after no.
type Asked<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Name, answers, condition.
type Seen<'a> = (&'a str, &'a [(&'a str, bool)], &'a str);

fn tree(questions: &[Asked], events: &[Seen]) -> BehaviorTree {
    let name = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let question =
        |&(q, label, yes, no): &Asked| Question { name: q.into(), label: label.into(), yes: name(yes), no: name(no) };
    let event = |&(e, answers, given): &Seen| Event {
        name: e.into(),
        answers: answers.iter().map(|&(label, yes)| (label.to_owned(), yes)).collect(),
        given: name(given),
    };
    BehaviorTree { questions: questions.iter().map(question).collect(), events: events.iter().map(event).collect() }
}

#[test]
fn broken_trees_are_refused_with_the_fault() {
    let click = ("a", "click", "", "");
    let ctr: Seen = ("ctr", &[("click", true)], "");
    let unknown =
        |question: &str, next: &str| TreeError::UnknownQuestion { question: question.into(), next: next.into() };
    for (broken, expected) in [
        (tree(&[], &[]), TreeError::NoQuestion),
        (tree(&[click, click], &[]), TreeError::DuplicateQuestion("a".into())),
        (tree(&[("a", "click", "b", "")], &[]), unknown("a", "b")),
        (tree(&[("a", "click", "b", "b"), ("b", "buy", "", "")], &[]), TreeError::AskedTwice("b".into())),
        (tree(&[("a", "click", "a", "")], &[]), TreeError::AskedTwice("a".into())),
        (tree(&[("a", "click", "b", ""), ("b", "buy", "a", "")], &[]), TreeError::AskedTwice("a".into())),
        (tree(&[click, ("b", "buy", "", "")], &[]), TreeError::Unreached("b".into())),
        (tree(&[click, ("b", "buy", "c", ""), ("c", "x", "b", "")], &[]), TreeError::Unreached("b".into())),
        (tree(&[("a", "", "", "")], &[]), TreeError::NoLabel("a".into())),
        (tree(&[click], &[ctr, ctr]), TreeError::DuplicateEvent("ctr".into())),
        (
            tree(&[click], &[("e", &[("buy", true)], "")]),
            TreeError::UnaskedLabel { event: "e".into(), label: "buy".into() },
        ),
        (
            tree(&[click], &[("e", &[("click", true)], "b")]),
            TreeError::UnknownCondition { event: "e".into(), given: "b".into() },
        ),
        (tree(&[click], &[("always", &[], "")]), TreeError::TrivialEvent("always".into())),
        (tree(&[click], &[("known", &[("click", true)], "a")]), TreeError::TrivialEvent("known".into())),
        (
            tree(
                &[("a", "click", "b", ""), ("b", "buy", "", "")],
                &[("never", &[("click", false), ("buy", true)], "")],
            ),
            TreeError::TrivialEvent("never".into()),
        ),
    ] {
        assert_eq!(broken.validate(), Err(expected));
    }
    assert_eq!(tree(&[click], &[ctr]).validate(), Ok(()));
}

/// Random trees of 1–7 questions; labels may repeat in different branches.
fn arbitrary_tree() -> impl Strategy<Value = BehaviorTree> {
    let next = (any::<prop::sample::Index>(), any::<bool>(), 0usize..4);
    prop::collection::vec(next, 0..7).prop_map(|parents| {
        let mut questions = vec![Question { name: "q0".into(), label: "l0".into(), yes: None, no: None }];
        for (parent, yes_side, label) in parents {
            let name = format!("q{}", questions.len());
            let free: Vec<(usize, bool)> = (0..questions.len())
                .flat_map(|index| [(index, true), (index, false)])
                .filter(
                    |&(index, yes)| if yes { questions[index].yes.is_none() } else { questions[index].no.is_none() },
                )
                .collect();
            let (index, yes) = free[(parent.index(free.len()) + usize::from(yes_side)) % free.len()];
            let slot = if yes { &mut questions[index].yes } else { &mut questions[index].no };
            *slot = Some(name.clone());
            questions.push(Question { name, label: format!("l{label}"), yes: None, no: None });
        }
        BehaviorTree { questions, events: Vec::new() }
    })
}

/// Probability by the definition: the sum over all paths that give the event's answers.
fn probability_by_paths(tree: &BehaviorTree, event: &Event, p: &[f64]) -> f64 {
    fn walk(
        tree: &BehaviorTree,
        event: &Event,
        p: &[f64],
        at: Option<usize>,
        answers: &mut Vec<(String, bool)>,
    ) -> f64 {
        let Some(index) = at else {
            let met = event.answers.iter().all(|(label, &yes)| answers.contains(&(label.clone(), yes)));
            return f64::from(u8::from(met));
        };
        let question = &tree.questions[index];
        [(true, &question.yes, p[index]), (false, &question.no, 1.0 - p[index])]
            .into_iter()
            .map(|(yes, next, share)| {
                answers.push((question.label.clone(), yes));
                let next = next.as_deref().and_then(|name| tree.question_index(name));
                let mass = share * walk(tree, event, p, next, answers);
                answers.pop();
                mass
            })
            .sum()
    }
    walk(tree, event, p, Some(0), &mut Vec::new())
}

proptest! {
    #[test]
    fn masses_sum_to_one_and_equal_the_sum_over_paths(
        tree in arbitrary_tree(),
        logits in prop::collection::vec(-30.0f64..30.0, 8),
        labels in prop::collection::btree_map(0usize..4, any::<bool>(), 1..3),
    ) {
        prop_assert_eq!(tree.validate(), Ok(()));
        let answers: BTreeMap<String, bool> = labels.into_iter().map(|(label, yes)| (format!("l{label}"), yes)).collect();
        let event = Event { name: "event".into(), answers, given: None };
        let mass = event_mass(&tree, &event);
        let logits = &logits[..tree.questions.len()];
        let p: Vec<f64> = logits.iter().map(|&z| sigmoid(z)).collect();
        let by_paths = probability_by_paths(&tree, &event, &p);
        match mass {
            Mass::Always => prop_assert!(close(by_paths, 1.0, 1e-12)),
            Mass::Never => prop_assert_eq!(by_paths, 0.0),
            Mass::Question { .. } => {
                let found = log_mass(&mass, logits);
                prop_assert!(close(found.log_p.exp() + found.log_not_p.exp(), 1.0, 1e-12), "{:?}", found);
                prop_assert!(close(found.log_p.exp(), by_paths, 1e-12), "{:?} against {}", found, by_paths);
            }
        }
    }

    #[test]
    fn gradients_are_the_finite_differences(
        tree in arbitrary_tree(),
        logits in prop::collection::vec(-6.0f64..6.0, 8),
        label in 0usize..4,
        yes: bool,
    ) {
        let event = Event { name: "event".into(), answers: BTreeMap::from([(format!("l{label}"), yes)]), given: None };
        let mass = event_mass(&tree, &event);
        prop_assume!(matches!(mass, Mass::Question { .. }));
        let logits = &logits[..tree.questions.len()];
        let (d_log_p, d_log_not_p) = log_mass_gradient(&mass, logits);
        let numeric_p = differences(|at| log_mass(&mass, at).log_p, logits);
        let numeric_not_p = differences(|at| log_mass(&mass, at).log_not_p, logits);
        for (exact, numeric) in d_log_p.iter().chain(&d_log_not_p).zip(numeric_p.iter().chain(&numeric_not_p)) {
            prop_assert!(close(*exact, *numeric, 1e-7), "{} against {}", exact, numeric);
        }
    }
}

#[test]
fn preset_gradients_are_the_finite_differences() {
    for model in ["esmm", "esm2"] {
        let tree = tree_of(model);
        for event in &tree.events {
            let mass = event_mass(&tree, event);
            for scale in [0.5, 2.0, 5.0] {
                let logits: Vec<f64> = (0..tree.questions.len()).map(|q| scale * [0.9, -0.4, 0.2, -1.0][q]).collect();
                let (exact, exact_not) = log_mass_gradient(&mass, &logits);
                let numeric = differences(|at| log_mass(&mass, at).log_p, &logits);
                let numeric_not = differences(|at| log_mass(&mass, at).log_not_p, &logits);
                for (exact, numeric) in exact.iter().chain(&exact_not).zip(numeric.iter().chain(&numeric_not)) {
                    assert!(close(*exact, *numeric, 1e-8), "{model} {}: {exact} against {numeric}", event.name);
                }
            }
        }
    }
}
