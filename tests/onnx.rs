//! ONNX graphs as files: their messages, their shape, and what is refused. That they compute what the playground predicts is
//! tested where models are trained (`tests/lab/onnx.rs`).

use esmm_playground::domain::features::{DenseEncoder, FieldEncoder, FieldEncoding, FittedFeatures};
use esmm_playground::domain::log::FeatureGroup;
use esmm_playground::domain::objective::tower_names;
use esmm_playground::domain::onnx::proto::{AttributeKind, DataType, Extent, GraphProto, ModelProto, ValueInfoProto};
use esmm_playground::domain::onnx::{OnnxError, from_files};
use esmm_playground::domain::report::WeightsSheet;
use esmm_playground::domain::spec::{RunSpec, model_preset};
use prost::Message;
use safetensors::tensor::{Dtype, TensorView};

/// Written by ONNX's own package: `golden/onnx_messages.py`.
const MESSAGES: &[u8] = include_bytes!("golden/onnx_messages.onnx");

/// Encoders of two categories, one of them under this name, and a number.
fn fitted(name: &str) -> FittedFeatures {
    let values = ["red", "blue"].map(str::to_owned).to_vec();
    let field = |name: &str, group| FieldEncoder {
        name: name.to_owned(),
        group,
        encoding: FieldEncoding::Vocabulary { values: values.clone() },
    };
    let fields = vec![field(name, FeatureGroup::Item), field("person", FeatureGroup::User)];
    let dense = vec![DenseEncoder { name: "price".to_owned(), mean: 3.0, std: 2.0, log1p: true }];
    FittedFeatures { fields, dense }
}

/// The two files of an untrained run of `model`.
fn files(model: &str, fitted: &FittedFeatures, share_embeddings: bool) -> (Vec<u8>, String) {
    let mut spec = RunSpec::default();
    (spec.network.embedding_size, spec.network.hidden, spec.network.share_embeddings) = (2, vec![3], share_embeddings);
    let plan = spec.plan(&model_preset(model).unwrap(), 9);
    let sheet = WeightsSheet::new(&plan, fitted);
    let towers = tower_names(&plan.model);
    let are_shared = sheet.plan.network.share_embeddings || towers.len() == 1;
    let mut shapes: Vec<(String, Vec<usize>)> = Vec::new();
    for field in &fitted.fields {
        let owners = if are_shared { vec![String::new()] } else { towers.iter().map(|t| format!("{t}.")).collect() };
        shapes.extend(owners.iter().map(|owner| (format!("embedding.{owner}{}.weight", field.name), vec![4, 2])));
    }
    for tower in &towers {
        for (layer, [inputs, outputs]) in [[5, 3], [3, 1]].into_iter().enumerate() {
            shapes.push((format!("tower.{tower}.{layer}.weight"), vec![inputs, outputs]));
            shapes.push((format!("tower.{tower}.{layer}.bias"), vec![outputs]));
        }
    }
    let zeros = [0u8; 4 * 16];
    let view = |shape: &[usize]| {
        TensorView::new(Dtype::F32, shape.to_vec(), &zeros[..4 * shape.iter().product::<usize>()]).unwrap()
    };
    let weights = safetensors::serialize(shapes.iter().map(|(name, shape)| (name, view(shape))), None).unwrap();
    (weights, serde_json::to_string(&sheet).unwrap())
}

fn model(name: &str, fitted: &FittedFeatures, share_embeddings: bool) -> ModelProto {
    let (weights, sheet) = files(name, fitted, share_embeddings);
    ModelProto::decode(from_files(&weights, &sheet).unwrap().as_slice()).unwrap()
}

fn names(values: &[ValueInfoProto]) -> Vec<&str> {
    values.iter().map(|value| value.name.as_str()).collect()
}

fn count(graph: &GraphProto, operator: &str) -> usize {
    graph.node.iter().filter(|node| node.op_type == operator).count()
}

#[test]
fn the_messages_are_onnx_s() {
    let model = ModelProto::decode(MESSAGES).unwrap();
    assert_eq!(
        (model.ir_version, model.producer_name.as_str(), model.producer_version.as_str()),
        (7, "a producer", "0.1")
    );
    assert_eq!(model.doc_string, "words");
    let sets: Vec<(&str, i64)> = model.opset_import.iter().map(|set| (set.domain.as_str(), set.version)).collect();
    assert_eq!(sets, [("", 13), ("ai.onnx.ml", 2)]);
    assert_eq!((model.metadata_props[0].key.as_str(), model.metadata_props[0].value.as_str()), ("seed", "3"));
    let graph = model.graph.as_ref().unwrap();
    assert_eq!(graph.name, "messages");
    let node = &graph.node[0];
    assert_eq!((&node.input[..], &node.output[..]), (&["colour".to_owned()][..], &["ids".to_owned()][..]));
    assert_eq!([&node.name, &node.op_type, &node.domain], ["encoder", "LabelEncoder", "ai.onnx.ml"]);
    let [default, keys, values] = node.attribute.as_slice() else { panic!("{:?}", node.attribute) };
    assert_eq!((default.name.as_str(), default.i, default.kind()), ("default_int64", Some(1), AttributeKind::Int));
    assert_eq!((keys.strings.clone(), keys.kind()), (vec![b"red".to_vec(), Vec::new()], AttributeKind::Strings));
    assert_eq!((values.ints.as_slice(), values.kind()), (&[2, 0][..], AttributeKind::Ints));
    let weights = &graph.initializer[0];
    assert_eq!((weights.name.as_str(), weights.dims.as_slice()), ("weights", &[1, 2][..]));
    assert_eq!((weights.data_type(), &weights.raw_data[..4]), (DataType::Float, &1.5f32.to_le_bytes()[..]));
    let (input, output) = (&graph.input[0], &graph.output[0]);
    assert_eq!((input.name.as_str(), input.doc_string.as_str()), ("colour", "a colour"));
    let tensor = |value: &ValueInfoProto| value.r#type.clone().unwrap().tensor_type.unwrap();
    assert_eq!((tensor(input).elem_type(), tensor(output).elem_type()), (DataType::String, DataType::Int64));
    let extents: Vec<Extent> =
        tensor(output).shape.unwrap().dim.into_iter().map(|dimension| dimension.value.unwrap()).collect();
    assert_eq!(extents, [Extent::Param("N".to_owned()), Extent::Value(3)]);
    assert_eq!(ModelProto::decode(model.encode_to_vec().as_slice()).unwrap(), model);
}

#[test]
fn columns_go_in_and_the_tree_s_probabilities_come_out() {
    let model = model("esm2", &fitted("colour"), true);
    let graph = model.graph.as_ref().unwrap();
    assert_eq!(names(&graph.input), ["colour", "person", "price"]);
    assert_eq!(names(&graph.output), ["p_ctr", "p_cvr", "p_ctavr", "p_ctcvr", "p_y1", "p_y2", "p_y3", "p_y4"]);
    assert_eq!(graph.output[1].doc_string, "P(cvr, given a yes to y1) = y2 · y3 + (1 − y2) · y4");
    assert_eq!(graph.output[3].doc_string, "P(ctcvr) = y1 · (y2 · y3 + (1 − y2) · y4)");
    assert!(graph.input[2].doc_string.contains("NaN where missing"), "{}", graph.input[2].doc_string);
    let seed = model.metadata_props.iter().find(|property| property.key == "seed").unwrap();
    assert_eq!((graph.name.as_str(), seed.value.as_str()), ("esm2-9", "9"));
}

#[test]
fn what_towers_share_is_there_once() {
    let shared = model("esm2", &fitted("colour"), true).graph.unwrap();
    let own = model("esm2", &fitted("colour"), false).graph.unwrap();
    let counts = |graph| ["LabelEncoder", "Tanh", "Gather", "Concat", "Gemm"].map(|operator| count(graph, operator));
    assert_eq!(counts(&shared), [2, 1, 2, 1, 8]);
    assert_eq!(counts(&own), [2, 1, 8, 4, 8]);
}

#[test]
fn towers_that_no_answer_is_read_off_are_left_out() {
    for (name, left_out) in [("escm2_dr", "imputation"), ("dcmt", "counterfactual"), ("esmm", "nothing")] {
        let graph = model(name, &fitted("colour"), true).graph.unwrap();
        assert_eq!(count(&graph, "Gemm"), 4, "{name}");
        let of_tower = format!("tower.{left_out}.");
        assert!(graph.initializer.iter().all(|tensor| !tensor.name.starts_with(&of_tower)), "{name}");
    }
}

#[test]
fn a_column_called_like_an_output_is_an_input_of_another_name() {
    let graph = model("esmm", &fitted("p_ctr"), true).graph.unwrap();
    assert_eq!(names(&graph.input), ["p_ctr_2", "person", "price"]);
    assert!(graph.input[0].doc_string.starts_with("Column \"p_ctr\""), "{}", graph.input[0].doc_string);
    assert_eq!(names(&graph.output), ["p_ctr", "p_cvr", "p_ctcvr"]);
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (weights, sheet) = files("esmm", &fitted("colour"), true);
    let (_, of_another_log) = files("esmm", &fitted("shape"), true);
    let (_, of_other_towers) = files("esm2", &fitted("colour"), true);
    let refused = |weights: &[u8], sheet: &str| from_files(weights, sheet).unwrap_err();
    assert!(matches!(refused(&weights[..40], &sheet), OnnxError::File(_)));
    assert!(matches!(refused(&weights, &sheet[..40]), OnnxError::Sheet(_)));
    for (sheet, tensor) in [(of_another_log, "embedding.shape.weight"), (of_other_towers, "tower.y1.0.weight")] {
        let message = refused(&weights, &sheet).to_string();
        assert!(message.contains(tensor), "{message}");
    }
}
