//! The proof that a device trains: a few steps of a tiny model, compared with what the CPU gives.

use std::collections::BTreeMap;

use super::{EngineDevice, EngineError, Trainer};
use crate::domain::behavior::{BehaviorTree, Event, Question};
use crate::domain::features::{DenseEncoder, EncodedLog, FieldEncoder, FieldEncoding, FittedFeatures, Prepared};
use crate::domain::log::{FeatureGroup, Split, SplitSpec};
use crate::domain::spec::{
    FeatureSpec, ModelSpec, NetworkSpec, Objective, Pooling, Schedule, TrainPlan, TrainingSpec, WeightedEvent,
};
use crate::domain::{event, label};

const ROWS: usize = 24;
const STEPS: usize = 3;
/// Largest difference to the CPU's losses, in nats. Devices round differently, but not by this much in three steps.
const TOLERANCE: f64 = 1e-3;

/// Losses of the steps on the CPU, in nats: kept as numbers, so that a GPU's module needs no CPU kernels beside its own.
const CPU_LOSSES: [f64; STEPS] = [1.420222, 1.370370, 1.239491];

/// Trains a tiny model on `device` and compares its losses with the CPU's.
///
/// # Errors
/// What was wrong, as part of a sentence.
pub async fn warm_up(device: &EngineDevice) -> Result<(), String> {
    let losses = tiny_losses(device).await.map_err(|error| error.to_string())?;
    for (step, (loss, expected)) in losses.iter().zip(&CPU_LOSSES).enumerate() {
        // Written so that NaN fails.
        let is_close = (loss - expected).abs() <= TOLERANCE;
        if !is_close {
            return Err(text!(
                engine::device::other_loss,
                step = step + 1,
                loss = format_args!("{loss:.5}"),
                expected = format_args!("{expected:.5}")
            ));
        }
    }
    if losses.len() == STEPS { Ok(()) } else { Err(text!(engine::device::lost_steps).to_owned()) }
}

async fn tiny_losses(device: &EngineDevice) -> Result<Vec<f64>, EngineError> {
    let mut trainer = Trainer::new(device, &tiny_plan(), &tiny_log())?;
    for _ in 0..STEPS {
        trainer.step()?;
    }
    let curve = trainer.take_losses().await?;
    Ok(curve.iter().filter_map(|point| point.losses.get("loss.total").copied()).collect())
}

fn tiny_plan() -> TrainPlan {
    let question = |name: &str, label: &str, yes: Option<&str>| Question {
        name: name.to_owned(),
        label: label.to_owned(),
        yes: yes.map(str::to_owned),
        no: None,
    };
    let event = |name: &str, answers: &[&str]| Event {
        name: name.to_owned(),
        answers: answers.iter().map(|label| ((*label).to_owned(), true)).collect::<BTreeMap<_, _>>(),
        given: None,
    };
    let weighted = |event: &str| WeightedEvent { event: event.to_owned(), weight: 1.0 };
    let tree = BehaviorTree {
        questions: vec![
            question(event::CTR, label::CLICK, Some(event::CVR)),
            question(event::CVR, label::CONVERSION, None),
        ],
        events: vec![event(event::CTR, &[label::CLICK]), event(event::CTCVR, &[label::CLICK, label::CONVERSION])],
    };
    let objective = Objective::entire_space(vec![weighted(event::CTR), weighted(event::CTCVR)]);
    TrainPlan {
        features: FeatureSpec::default(),
        split: SplitSpec::default(),
        network: NetworkSpec {
            embedding_size: 4,
            hidden: vec![8],
            pooling: Pooling::SumByGroup,
            ..NetworkSpec::default()
        },
        training: TrainingSpec {
            batch_size: Some(8),
            epochs: Some(1),
            learning_rate: 0.05,
            schedule: Schedule::Constant,
            embedding_decay: Some(0.0),
            ..TrainingSpec::default()
        },
        model: ModelSpec::new("warm-up", tree, objective),
        seed: 1,
    }
}

fn tiny_log() -> Prepared {
    let field = |name: &str, group| FieldEncoder {
        name: name.to_owned(),
        group,
        encoding: FieldEncoding::Vocabulary { values: vec!["a".to_owned(), "b".to_owned(), "c".to_owned()] },
    };
    let fields = vec![
        field("user", FeatureGroup::User),
        field("segment", FeatureGroup::User),
        field("item", FeatureGroup::Item),
    ];
    let dense = vec![DenseEncoder { name: "price".to_owned(), mean: 0.0, std: 1.0, log1p: false }];
    let ids = (0..ROWS * 3).map(|index| (index * 7 % 5) as u32).collect();
    let values = (0..ROWS).map(|row| (row * 5 % 11) as f32 / 11.0 - 0.5).collect();
    let click: Vec<bool> = (0..ROWS).map(|row| row % 3 != 0).collect();
    let conversion = click.iter().enumerate().map(|(row, &clicked)| clicked && row % 2 == 0).collect();
    Prepared {
        split: Split { train: (0..ROWS as u32).collect(), ..Split::default() },
        fitted: FittedFeatures { fields, dense },
        encoded: EncodedLog { n_rows: ROWS, ids, dense: values, ..EncodedLog::default() },
        labels: vec![click, conversion],
        waits: Vec::new(),
        weights: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_losses_are_the_cpus() {
        let losses = pollster::block_on(tiny_losses(&EngineDevice::cpu())).unwrap();
        assert_eq!(losses.len(), STEPS);
        for (loss, kept) in losses.iter().zip(&CPU_LOSSES) {
            assert!((loss - kept).abs() < 1e-5, "keep these: {losses:?}");
        }
    }

    #[test]
    fn a_device_that_trains_passes() {
        assert_eq!(pollster::block_on(warm_up(&EngineDevice::cpu())), Ok(()));
    }
}
