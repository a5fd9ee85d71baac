//! Gradients by hand against finite differences, for every objective.

use esmm_playground::domain::log::Wait;
use esmm_playground::domain::objective::reference::{Sample, Term, terms, total};
use esmm_playground::domain::objective::{targets, tower_names};
use esmm_playground::domain::random::Stream;
use esmm_playground::domain::spec::{ModelSpec, Objective, model_names, model_preset};

/// Every preset that has a tower objective, and variants that use each option.
fn models() -> Vec<ModelSpec> {
    let mut models: Vec<ModelSpec> = model_names().into_iter().filter_map(model_preset).collect();
    let mut changed = |name: &str, change: &dyn Fn(&mut Objective)| {
        let mut model = model_preset(name).unwrap();
        change(&mut model.objective);
        models.push(model);
    };
    changed("esm2", &|objective| {
        let Objective::EntireSpace { joint_action_purchase, .. } = objective else { panic!() };
        *joint_action_purchase = 0.7;
    });
    changed("oversampled", &|objective| {
        let Objective::Oversampled { rate, .. } = objective else { panic!() };
        *rate = 2.5;
    });
    changed("aman", &|objective| {
        let Objective::UnclickedAsNegative { share, .. } = objective else { panic!() };
        *share = 0.4;
    });
    for name in ["escm2_ips", "escm2_dr", "dcmt"] {
        changed(name, &|objective| {
            objective.events_mut()[1].weight = 0.3;
            if let Objective::Escm2Ips { clip, .. } | Objective::Escm2Dr { clip, .. } | Objective::Dcmt { clip, .. } =
                objective
            {
                *clip = 0.4;
            }
            if let Objective::Dcmt { lambda, .. } = objective {
                *lambda = 2.0;
            }
        });
    }
    models
}

/// Seeded logits and labels of 24 rows; actions and conversions only after clicks.
fn sample(model: &ModelSpec) -> Sample<'_> {
    let mut random = Stream::new(5, 0);
    let n_towers = tower_names(model).len();
    let (mut logits, mut labels, mut draws) = (Vec::new(), vec![Vec::new(); targets(model).len()], Vec::new());
    for row in 0..24 {
        logits.push((0..n_towers).map(|_| 6.0 * random.uniform() - 3.0).collect());
        let (click, action, conversion) = (row % 3 != 0, row % 2 == 0, row % 4 == 1 || row % 5 == 1);
        let answer = |label: &str| match label {
            "click" => click,
            "action" => action,
            _ => conversion,
        };
        for (column, target) in labels.iter_mut().zip(targets(model)) {
            column.push(target.label(&model.tree, answer));
        }
        draws.push(1.0 - random.uniform());
    }
    let wait = |row: usize| Wait {
        delay_days: (!row.is_multiple_of(5)).then_some((row % 7) as f64 / 2.0),
        elapsed_days: (row % 11) as f64 / 1.5,
    };
    let waits = (0..logits.len()).map(wait).collect();
    Sample { draws, waits, ..Sample::new(model, logits, labels) }
}

/// The same rows, which stand for more or less than one impression each; their mean is 1 over a longer log.
fn weighted(model: &ModelSpec) -> Sample<'_> {
    let sample = sample(model);
    let mass = (0..sample.mass.len()).map(|row| if row % 3 == 0 { 1.7 } else { 0.1 + 0.02 * row as f64 }).collect();
    Sample { mass, divisor: Some(sample.mass.len() as f64), ..sample }
}

#[test]
fn weights_that_are_all_alike_change_nothing() {
    for model in models() {
        let plain = sample(&model);
        let mass = vec![2.5; plain.mass.len()];
        let (expected, of_mass) = (terms(&plain), terms(&Sample { mass: mass.clone(), ..plain.clone() }));
        for (a, b) in expected.iter().zip(&of_mass) {
            assert!((a.value - b.value).abs() < 1e-12, "{}, {}: {} is not {}", model.name, a.name, a.value, b.value);
        }
    }
}

#[test]
fn every_gradient_is_a_finite_difference() {
    const SHIFT: f64 = 1e-5;
    let models = models();
    let plain = models.iter().map(|model| (model, sample(model)));
    let weighted = models.iter().map(|model| (model, weighted(model)));
    for (model, sample) in plain.chain(weighted) {
        let found = terms(&sample);
        for row in 0..sample.logits.len() {
            for tower in 0..sample.logits[row].len() {
                let at = |shift: f64| -> Vec<Term> {
                    let mut moved = sample.clone();
                    moved.logits[row][tower] += shift;
                    terms(&moved)
                };
                for ((term, above), below) in found.iter().zip(at(SHIFT)).zip(at(-SHIFT)) {
                    let difference = (above.value - below.value) / (2.0 * SHIFT);
                    let what = format!("{}, {}, row {row}, tower {tower}", model.name, term.name);
                    let gradient = term.gradient[row][tower];
                    assert!((gradient - difference).abs() < 1e-8, "{what}: {gradient} is not {difference}");
                }
            }
        }
    }
}

#[test]
fn a_propensity_sends_no_gradient_to_the_click() {
    for name in ["unbias", "escm2_ips", "escm2_dr", "dcmt"] {
        let model = model_preset(name).unwrap();
        for term in terms(&sample(&model)).iter().filter(|term| term.name != "ctr" && term.name != "ctcvr") {
            assert!(term.gradient.iter().all(|row| row[0] == 0.0), "{name}, {}", term.name);
            assert!(term.gradient.iter().flatten().any(|&d| d != 0.0), "{name}, {}", term.name);
        }
    }
}

#[test]
fn escm2_without_its_own_term_is_esmm() {
    let esmm = model_preset("esmm").unwrap();
    let expected = total(&terms(&sample(&esmm)));
    for name in ["escm2_ips", "escm2_dr"] {
        let mut model = model_preset(name).unwrap();
        model.objective.events_mut()[1].weight = 0.0;
        let mut sample = sample(&model);
        for (row, of_esmm) in sample.logits.iter_mut().zip(self::sample(&esmm).logits) {
            row[..2].copy_from_slice(&of_esmm);
        }
        sample.held = sample.logits.clone();
        let (loss, gradient) = total(&terms(&sample));
        assert!((loss - expected.0).abs() < 1e-12, "{name}");
        for (row, of_esmm) in gradient.iter().zip(&expected.1) {
            assert!(row.iter().zip(of_esmm).all(|(a, b)| (a - b).abs() < 1e-12), "{name}");
            assert!(row[2..].iter().all(|&d| d == 0.0), "{name}: the auxiliary tower is not reached");
        }
    }
}

/// ESM² at one impression: y2 = .3 and the given y3, y4, for every label that can be.
fn esm2_losses(model: &ModelSpec, y3: f64, y4: f64) -> Vec<f64> {
    let logit = |p: f64| libm::log(p / (1.0 - p));
    let outcomes =
        [[false, false, false], [true, false, false], [true, false, true], [true, true, false], [true, true, true]];
    let losses = outcomes.map(|[click, action, conversion]| {
        let answer = |label: &str| match label {
            "click" => click,
            "action" => action,
            _ => conversion,
        };
        let labels = targets(model).iter().map(|target| vec![target.label(&model.tree, answer)]).collect();
        let logits = vec![vec![logit(0.2), logit(0.3), logit(y3), logit(y4)]];
        total(&terms(&Sample::new(model, logits, labels))).0
    });
    losses.to_vec()
}

#[test]
fn y3_and_y4_are_seen_through_their_mixture_alone() {
    // models.md, section 5.1: along y2·dy3 + (1 − y2)·dy4 = 0 no loss of ESM² changes.
    let esm2 = model_preset("esm2").unwrap();
    let (here, there) = (esm2_losses(&esm2, 0.6, 0.1), esm2_losses(&esm2, 0.6 - 1.0 / 6.0, 0.1 + 0.3 / 4.2));
    for (a, b) in here.iter().zip(&there) {
        assert!((a - b).abs() < 1e-12, "{here:?} {there:?}");
    }
    let off_the_direction = esm2_losses(&esm2, 0.6, 0.2);
    assert!(here.iter().zip(&off_the_direction).all(|(a, b)| (a - b).abs() > 1e-3));

    let mut joint = esm2.clone();
    let Objective::EntireSpace { joint_action_purchase, .. } = &mut joint.objective else { panic!() };
    *joint_action_purchase = 1.0;
    let (here, there) = (esm2_losses(&joint, 0.6, 0.1), esm2_losses(&joint, 0.6 - 1.0 / 6.0, 0.1 + 0.3 / 4.2));
    // Every impression that was clicked now tells them apart.
    assert!((here[0] - there[0]).abs() < 1e-12);
    assert!(here.iter().zip(&there).skip(1).all(|(a, b)| (a - b).abs() > 1e-2), "{here:?} {there:?}");
}

#[test]
fn equal_y3_and_y4_make_esm2_the_same_as_esmm_whatever_y2_is() {
    let mut esm2 = model_preset("esm2").unwrap();
    esm2.objective.events_mut().retain(|weighted| weighted.event != "ctavr");
    let esmm = model_preset("esmm").unwrap();
    let esmm_sample = sample(&esmm);
    let mut esm2_sample = sample(&esm2);
    for (row, of_esmm) in esm2_sample.logits.iter_mut().zip(&esmm_sample.logits) {
        (row[0], row[2], row[3]) = (of_esmm[0], of_esmm[1], of_esmm[1]);
    }
    let (esm2_loss, esm2_gradient) = total(&terms(&esm2_sample));
    let (esmm_loss, esmm_gradient) = total(&terms(&esmm_sample));
    assert!((esm2_loss - esmm_loss).abs() < 1e-12);
    for (esm2, esmm) in esm2_gradient.iter().zip(&esmm_gradient) {
        let collapsed = [esm2[0], esm2[2] + esm2[3]];
        assert!(collapsed.iter().zip(esmm).all(|(a, b)| (a - b).abs() < 1e-12) && esm2[1].abs() < 1e-12);
    }
}
