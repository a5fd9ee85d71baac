//! The fold on tensors against the fold in f64.

use burn::tensor::{Device, Tensor, TensorData};
use esmm_playground::autodiff::log_answers;
use esmm_playground::domain::behavior::{BehaviorTree, Mass, event_mass, reference};
use esmm_playground::engine::scm::{LogMass, log_answers_of, log_mass};
use esmm_playground::engine::tape::{Tape, Taped};

use esmm_playground::engine::column::Column;

use super::support::{Random, assert_close, esm2_tree, esmm_tree, event, question};

/// One side's values and its gradients by question, at rows of logits.
struct Side {
    values: Vec<f32>,
    gradients: Vec<f32>,
}

/// Of the CPU engine.
fn taped_side(mass: &Mass, logits: &[Vec<f64>], pick: impl Fn(LogMass<Taped>) -> Taped) -> Side {
    let tape = Tape::default();
    let column = |question: usize| tape.leaf(logits.iter().map(|row| row[question] as f32).collect());
    let leaves: Vec<Taped> = (0..logits[0].len()).map(column).collect();
    let answers: Vec<_> = leaves.iter().map(log_answers_of).collect();
    let side = pick(log_mass(mass, &answers).unwrap());
    Side { values: side.values().to_vec(), gradients: side.sum().gradients(&leaves).concat() }
}

/// Of the GPU engine.
fn burn_side(mass: &Mass, logits: &[Vec<f64>], pick: impl Fn(LogMass<Tensor<1>>) -> Tensor<1>) -> Side {
    let (batch, questions) = (logits.len(), logits[0].len());
    let by_question: Vec<f32> = (0..questions).flat_map(|q| logits.iter().map(move |row| row[q] as f32)).collect();
    let leaf = Tensor::<2>::from_data(TensorData::new(by_question, [questions, batch]), &Device::flex().autodiff());
    let leaf = leaf.require_grad();
    let side = pick(log_mass(mass, &log_answers(leaf.clone())).unwrap());
    let gradients = leaf.grad(&side.clone().sum().backward()).unwrap();
    Side { values: side.into_data().try_into_vec().unwrap(), gradients: gradients.into_data().try_into_vec().unwrap() }
}

fn check(tree: &BehaviorTree, logits: &[Vec<f64>]) {
    tree.validate().unwrap();
    for event in &tree.events {
        let mass = event_mass(tree, event);
        let (p, not_p) = (|mass: LogMass<Taped>| mass.log_p, |mass: LogMass<Taped>| mass.log_not_p);
        check_sides(&event.name, &mass, logits, [taped_side(&mass, logits, p), taped_side(&mass, logits, not_p)]);
        let (p, not_p) = (|mass: LogMass<Tensor<1>>| mass.log_p, |mass: LogMass<Tensor<1>>| mass.log_not_p);
        check_sides(&event.name, &mass, logits, [burn_side(&mass, logits, p), burn_side(&mass, logits, not_p)]);
    }
}

fn check_sides(event: &str, mass: &Mass, logits: &[Vec<f64>], [p, not_p]: [Side; 2]) {
    for (row, z) in logits.iter().enumerate() {
        let z: Vec<f64> = z.iter().map(|&z| f64::from(z as f32)).collect();
        let expected = reference::log_mass(mass, &z);
        let (d_log_p, d_log_not_p) = reference::log_mass_gradient(mass, &z);
        let what = format!("{event} at {z:?}");
        assert_close(f64::from(p.values[row]), expected.log_p, 1e-5, &what);
        assert_close(f64::from(not_p.values[row]), expected.log_not_p, 1e-5, &what);
        for question in 0..z.len() {
            let at = question * logits.len() + row;
            assert_close(f64::from(p.gradients[at]), d_log_p[question], 1e-5, &what);
            assert_close(f64::from(not_p.gradients[at]), d_log_not_p[question], 1e-5, &what);
        }
    }
}

fn grid(questions: usize, values: &[f64]) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::new()];
    for _ in 0..questions {
        rows = rows.iter().flat_map(|row| values.iter().map(|&z| [row.as_slice(), &[z]].concat())).collect();
    }
    rows
}

#[test]
fn fold_and_its_gradient_are_the_reference_up_to_logits_of_60() {
    check(&esmm_tree(), &grid(2, &[-60.0, -18.0, -3.0, -0.1, 0.0, 0.5, 18.0, 60.0]));
    check(&esm2_tree(), &grid(4, &[-60.0, -18.0, -1.0, 0.0, 2.0, 60.0]));
}

#[test]
fn fold_is_the_reference_on_random_trees() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let tree = random_tree(&mut random);
        let logits = (0..30).map(|_| tree.questions.iter().map(|_| 12.0 * random.uniform() - 6.0).collect());
        check(&tree, &logits.collect::<Vec<_>>());
    }
}

/// Two to six questions, each hung on a free branch of an earlier one; one event for each label.
pub fn random_tree(random: &mut Random) -> BehaviorTree {
    let n_questions = 2 + random.below(5);
    let mut questions = vec![question("q0", "click", None, None)];
    while questions.len() < n_questions {
        let parent = random.below(questions.len());
        let is_yes = random.below(2) == 0;
        let name = format!("q{}", questions.len());
        let branch = if is_yes { &mut questions[parent].yes } else { &mut questions[parent].no };
        if branch.is_none() {
            *branch = Some(name.clone());
            let label = format!("label_{}", random.below(3));
            questions.push(question(&name, &label, None, None));
        }
    }
    let mut tree = BehaviorTree { questions, events: Vec::new() };
    let mut events: Vec<_> = tree.labels().iter().map(|label| event(&format!("any_{label}"), &[label], None)).collect();
    events.push(event("last", &[&tree.questions[n_questions - 1].label], Some("q0")));
    events.retain(|event| matches!(event_mass(&tree, event), Mass::Question { .. }));
    tree.events = events;
    tree
}
